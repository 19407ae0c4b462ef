"""References that lead nowhere, through kinds and fields other than those of the pages."""

from pathlib import Path

import pytest
from reference_trees import CLUSTER, HTTP, RULES, deployment, env, errors, found, service
from trees import repository

from generator.rules.run import check

HPA = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop, namespace: shop}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}, maxReplicas: 3}
---
"""
WRONG = {
    "a port by another protocol": (
        "references/service-port-unknown",
        deployment("shop", HTTP) + service("shop", "port: 80, targetPort: http, protocol: UDP"),
    ),
    "a number that no container has": (
        "references/service-port-unknown",
        deployment("shop", HTTP) + service("shop", "port: 80, targetPort: 8081"),
    ),
    "a target without its API group": (
        "references/scale-target-missing",
        deployment("shop") + HPA.replace("apiVersion: apps/v1, ", ""),
    ),
    "a target that cannot be scaled": ("references/scale-target-missing", HPA.replace("Deployment", "DaemonSet")),
    "a vertical beside a horizontal scaler": (
        "references/two-scalers",
        deployment("shop")
        + HPA
        + """
apiVersion: autoscaling.k8s.io/v1
kind: VerticalPodAutoscaler
metadata: {name: shop, namespace: shop}
spec: {targetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}, updatePolicy: {updateMode: Auto}}
""",
    ),
    "a secret in another namespace": (
        "references/secret-missing",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: login, namespace: blog}\nstringData: {a: b}\n---"
        + deployment("shop", ", envFrom: [{secretRef: {name: login}}]"),
    ),
    "a file by subPath that the map does not hold": (
        "references/config-map-key-missing",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: files, namespace: shop}\ndata: {app.yaml: a}\n---"
        + deployment(
            "shop",
            ", volumeMounts: [{name: files, mountPath: /app.yml, subPath: app.yml}]",
            "      volumes: [{name: files, configMap: {name: files}}]",
        ),
    ),
    "an init container's mount": (
        "references/volume-missing",
        deployment(
            "shop", more="      initContainers: [{name: a, image: a, volumeMounts: [{name: none, mountPath: /none}]}]"
        ),
    ),
    "a misspelt namespace of an address": (
        "references/host-unknown",
        deployment("shop", env("http://shop.shpo.svc:80")) + service("shop", "port: 80"),
    ),
    "a misspelt short host": (
        "references/host-unknown",
        deployment("checkout", env("chekout", "CHECKOUT_HOST")) + service("checkout", "port: 80"),
    ),
    "a port that an operator's service does not have": (
        "references/host-port-unknown",
        CLUSTER + deployment("shop", env("postgres://orders-rw:5433/app")),
    ),
    "a ServiceAccount by its user name": (
        "references/service-account-missing",
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: shop, namespace: shop}\n---\n"
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: shop}\n"
        "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\n"
        "subjects: [{kind: User, name: 'system:serviceaccount:shop:shpo', apiGroup: rbac.authorization.k8s.io}]\n",
    ),
    "the port of the Service in a policy": (
        "references/policy-port-unknown",
        deployment("shop", HTTP)
        + deployment("web", HTTP)
        + """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  egress: [{to: [{podSelector: {matchLabels: {app: shop}}}], ports: [{port: 80}]}]
""",
    ),
    "a key that a Certificate does not write": (
        "references/secret-key-missing",
        "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: shop, namespace: shop}\n"
        "spec: {secretName: shop-tls, dnsNames: [a.example.com], issuerRef: {name: a}}\n---\n"
        + deployment("shop", ", env: [{name: P, valueFrom: {secretKeyRef: {name: shop-tls, key: cert.pem}}}]"),
    ),
    "a ConfigMap of a CronJob": (
        "references/config-map-missing",
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a, namespace: shop}\nspec: {schedule: '* * * * *',"
        " jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: a,"
        " envFrom: [{configMapRef: {name: none}}]}]}}}}}\n",
    ),
    "metrics of Strimzi without their ConfigMap": (
        "references/config-map-missing",
        "apiVersion: kafka.strimzi.io/v1\nkind: Kafka\nmetadata: {name: a, namespace: kafka}\nspec: {kafka:"
        " {metricsConfig: {type: jmxPrometheusExporter, valueFrom: {configMapKeyRef: {name: none, key: a}}}}}\n",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_leads_nowhere_is_an_error(case: str, tmp_path: Path) -> None:
    rule, text = WRONG[case]
    assert rule in errors(tmp_path, text)


def test_a_secret_is_a_warning_where_the_tree_makes_none(tmp_path: Path) -> None:
    text = deployment("shop", ", envFrom: [{secretRef: {name: login}}]")
    assert [(item.rule, item.severity) for item in found(tmp_path, text)] == [("references/secret-missing", "warning")]


def test_a_missing_source_with_several_keys_is_told_once(tmp_path: Path) -> None:
    text = deployment(
        "shop",
        ", volumeMounts: [{name: a, mountPath: /a}]",
        "      volumes: [{name: a, configMap: {name: none, items: [{key: a, path: a}, {key: b, path: b}]}}]",
    )
    assert [item.rule for item in found(tmp_path, text)] == ["references/config-map-missing"]


def test_replicas_are_left_alone_where_argo_cd_ignores_them(tmp_path: Path) -> None:
    text = deployment("shop").replace("spec:\n  selector", "spec:\n  replicas: 3\n  selector", 1) + HPA
    application = """
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop, namespace: argocd}
spec:
  project: default
  source: {repoURL: https://git.example.com/shop.git, path: shop}
  destination: {server: https://kubernetes.default.svc, namespace: shop}
  ignoreDifferences: [{group: apps, kind: Deployment, jsonPointers: [/spec/replicas]}]
"""
    rules = [rule for rule in RULES if rule.id == "references/replicas-beside-scaler"]
    assert check(repository(tmp_path / "ignored", {"shop/a.yaml": text, "argocd/a.yaml": application}), rules) == ()
    assert check(repository(tmp_path / "compared", {"shop/a.yaml": text}), rules) != ()
