"""Correct manifests in unusual forms that the rules about refusals and named objects leave alone."""

from pathlib import Path

import pytest
from trees import problems

RULES = frozenset(
    {
        "references/acme-solver",
        "references/admission-policy-missing",
        "references/admission-resource-unknown",
        "references/authorization-path",
        "references/certificate-other-host",
        "references/http-route-refused",
        "references/ingress-refused",
        "references/istio-value-refused",
        "references/kyverno-match-unknown",
        "references/pull-secret-type",
        "references/role-object-missing",
        "references/secret-contents",
        "references/secret-store-namespace",
        "references/secret-template-field",
        "reliability/analysis-metric",
        "reliability/anti-affinity-unmatched",
        "reliability/daemon-set-update",
        "reliability/hook-port",
        "reliability/job-policy-refused",
        "reliability/kafka-access-refused",
        "reliability/kafka-operator-missing",
        "reliability/kafka-topic-setting",
        "reliability/keda-trigger",
        "reliability/metric-type",
        "reliability/pod-refused",
        "reliability/postgres-refused",
        "reliability/resource-name",
        "reliability/unknown-value",
    }
)

CLEAN = {
    "extended resources and huge pages": """
apiVersion: v1
kind: Pod
metadata: {name: train, namespace: lab}
spec:
  containers:
    - name: train
      image: registry.example.com/train:1.0.0
      resources: {limits: {nvidia.com/gpu: 1, hugepages-2Mi: 64Mi, memory: 1Gi}}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: lab, namespace: lab}
spec: {hard: {requests.nvidia.com/gpu: "4", count/jobs.batch: "20", services.loadbalancers: "0"}}
""",
    "a webhook for a custom resource that is called like one of Kubernetes": """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: fleet}
webhooks:
  - name: devices.example.com
    rules: [{apiGroups: [fleet.example.com], apiVersions: [v1], operations: [CREATE], resources: [devices]}]
""",
    "a rule of Kyverno for a custom kind that is called like one of Kubernetes": """
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: routes}
spec:
  rules:
    - name: host
      match: {any: [{resources: {kinds: [Route, apps/v1/Deployment, "*/Pod*"]}}]}
      validate: {failureAction: Audit, message: No host., pattern: {spec: {host: "?*"}}}
""",
    "a route that redirects, and one that rewrites": """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop, namespace: shop}
spec:
  rules:
    - filters:
        - {type: RequestRedirect, requestRedirect: {path: {type: ReplaceFullPath, replaceFullPath: /}}}
    - matches: [{path: {type: RegularExpression, value: "v[12]/.*"}}]
      filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}]
      backendRefs: [{name: shop, port: 80}, {name: old, port: 80, weight: 0}]
""",
    "patterns of RE2 and status codes as retry conditions": """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop, namespace: shop}
spec:
  hosts: [shop]
  http:
    - match: [{uri: {regex: "(?i)/shop/\\\\pL+[[:digit:]]*\\\\z"}}]
      retries: {attempts: 2, retryOn: "503, connect-failure,refused-stream"}
      fault: {abort: {percentage: {value: 0.5}, httpStatus: 500}}
      route: [{destination: {host: shop}}]
""",
    "an ExternalSecret whose fields come from an extract, and functions in its template": """
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: shop, namespace: shop}
spec:
  secretStoreRef: {name: vault, kind: ClusterSecretStore}
  target: {template: {data: {url: "{{ .user }}:{{ .password | urlquery }}"}}}
  dataFrom: [{extract: {key: shop}}]
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: vault}
spec: {conditions: [{namespaces: [other]}, {namespaceSelector: {matchLabels: {team: shop}}}], provider: {}}
""",
    "a condition over the length of a result, and one over a scalar": """
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: errors, namespace: shop}
spec:
  args: [{name: service}]
  metrics:
    - name: none
      count: 1
      successCondition: len(result) == 0 || result[0] < 0.01
      provider: {prometheus: {query: 'rate(errors_total{job="{{args.service}}"}[2m])'}}
    - name: scalar
      interval: 1m
      count: 3
      failureLimit: 1
      successCondition: result < 0.01
      provider: {prometheus: {query: 'scalar(errors_total{job="{{args.service}}"})'}}
""",
    "a trigger whose metadata comes from the environment": """
apiVersion: keda.sh/v1alpha1
kind: ScaledJob
metadata: {name: work, namespace: shop}
spec:
  triggers:
    - {type: aws-sqs-queue, metadata: {queueURLFromEnv: QUEUE, awsRegion: eu-central-1}}
    - {type: our-own-scaler, metadata: {}}
""",
    "topics in the namespace that the operator watches, with numbers as strings": """
apiVersion: kafka.strimzi.io/v1
kind: Kafka
metadata: {name: events, namespace: kafka}
spec:
  kafka: {listeners: [{name: tls, port: 9093, type: internal, tls: true, authentication: {type: tls}}]}
  entityOperator: {topicOperator: {watchedNamespace: shop}}
---
apiVersion: kafka.strimzi.io/v1
kind: KafkaTopic
metadata: {name: orders, namespace: shop, labels: {strimzi.io/cluster: events}}
spec: {config: {retention.ms: "604800000", cleanup.policy: "compact,delete", min.cleanable.dirty.ratio: "0.5"}}
""",
    "a DaemonSet that surges": """
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: shop}
spec:
  selector: {matchLabels: {app: agent}}
  updateStrategy: {rollingUpdate: {maxSurge: 20%, maxUnavailable: 0}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: agent, image: "registry.example.com/agent:1.0.0"}]}
""",
    "an anti-affinity to pods of another workload": """
apiVersion: v1
kind: Pod
metadata: {name: noisy, namespace: shop, labels: {app: noisy}}
spec: {containers: [{name: noisy, image: "registry.example.com/noisy:1.0.0"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: calm, namespace: shop, labels: {app: calm}}
spec:
  containers: [{name: calm, image: "registry.example.com/calm:1.0.0"}]
  affinity:
    podAntiAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
        - {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: noisy}}}
        - {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: x}}, namespaces: [elsewhere]}
""",
    "a certificate with a wildcard": """
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: shop, namespace: shop}
spec: {secretName: shop-tls, dnsNames: ["*.example.com"], issuerRef: {name: internal}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: shop}
spec: {tls: [{hosts: [shop.example.com], secretName: shop-tls}]}
""",
    "a role for a lock that a controller makes": """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: lock, namespace: shop}
rules:
  - {apiGroups: [""], resources: [configmaps], verbs: [create]}
  - {apiGroups: [""], resources: [configmaps], resourceNames: [setting-lock], verbs: [create, update]}
""",
}


@pytest.mark.parametrize("name", CLEAN)
def test_what_is_right_in_another_form_is_left_alone(name: str, tmp_path: Path) -> None:
    found = [problem for problem in problems(tmp_path, CLEAN[name]) if problem.rule in RULES]
    assert [f"{problem.rule}: {problem.text()}" for problem in found] == []


def test_a_read_failure_limit_as_text_is_compared_with_the_count(tmp_path: Path) -> None:
    text = """
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: errors, namespace: shop}
spec:
  metrics:
    - {name: e, interval: 1m, count: "3", failureLimit: "4", provider: {web: {url: "https://example.com"}}}
"""
    found = [problem for problem in problems(tmp_path, text) if problem.rule == "reliability/analysis-metric"]
    assert [problem.message for problem in found] == [
        "failureLimit 4 is over count 3: the controller refuses the metric."
    ]


def test_an_unmatched_anti_affinity_is_an_error_only_when_a_label_of_the_pods_was_meant(tmp_path: Path) -> None:
    text = """
apiVersion: v1
kind: Pod
metadata: {name: shop, namespace: shop, labels: {app: shop}}
spec:
  containers: [{name: shop, image: "registry.example.com/shop:1.0.0"}]
  affinity:
    podAntiAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
        - {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: shopp}}}
        - {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: warehouse}}}
"""
    found = [problem for problem in problems(tmp_path, text) if problem.rule == "reliability/anti-affinity-unmatched"]
    assert sorted(str(problem.severity) for problem in found) == ["error", "warning"]
