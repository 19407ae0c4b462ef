"""References that lead somewhere after all: what the rules about references must leave alone."""

from pathlib import Path

import pytest
from reference_trees import CLUSTER, HTTP, deployment, env, errors, service

CLEAN = {
    "a secret and a host that CloudNativePG makes": CLUSTER
    + deployment(
        "shop",
        ", envFrom: [{secretRef: {name: orders-app}}], env: [{name: PGHOST, value: orders-rw},"
        " {name: DB, value: 'postgres://orders-ro.shop.svc.cluster.local:5432/app'}]",
    ),
    "a service and a budget over pods of an operator": CLUSTER
    + """
apiVersion: v1
kind: Service
metadata: {name: orders-direct, namespace: shop}
spec:
  selector: {cnpg.io/cluster: orders, cnpg.io/instanceRole: primary}
  ports: [{port: 5432, targetPort: postgresql}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: orders, namespace: shop}
spec: {maxUnavailable: 1, selector: {matchLabels: {cnpg.io/cluster: orders}}}
""",
    "optional references": deployment(
        "shop",
        ", envFrom: [{configMapRef: {name: none, optional: true}}, {secretRef: {name: none, optional: true}}]",
    ),
    "a projected volume of what every namespace has": deployment(
        "shop",
        ", volumeMounts: [{name: ca, mountPath: /ca}]",
        "      volumes: [{name: ca, projected: {sources: [{configMap: {name: kube-root-ca.crt,"
        " items: [{key: ca.crt, path: ca.crt}]}}, {serviceAccountToken: {path: token}}]}}]",
    ),
    "claim templates as volumes": """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: queue, namespace: shop}
spec:
  selector: {matchLabels: {app: queue}}
  template:
    metadata: {labels: {app: queue}}
    spec: {containers: [{name: queue, image: "queue:1", volumeMounts: [{name: data, mountPath: /data}]}]}
  volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], storageClassName: gp3}}]
---
apiVersion: v1
kind: Pod
metadata: {name: reader, namespace: shop}
spec:
  containers: [{name: reader, image: "queue:1", volumeMounts: [{name: data, mountPath: /data}]}]
  volumes: [{name: data, persistentVolumeClaim: {claimName: data-queue-0}}]
""",
    "a certificate by annotation": service("shop", "name: http, port: 80, targetPort: http")
    + deployment("shop", HTTP)
    + """
apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata: {name: letsencrypt}
spec:
  acme:
    server: "https://acme.example.com"
    privateKeySecretRef: {name: letsencrypt}
    solvers: [{http01: {ingress: {ingressClassName: nginx}}}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: shop, annotations: {cert-manager.io/cluster-issuer: letsencrypt}}
spec:
  ingressClassName: nginx
  tls: [{hosts: [shop.example.com], secretName: shop-tls}]
  rules:
    - host: shop.example.com
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: shop, port: {name: http}}}}]}
""",
    "an action of the AWS controller": """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: shop, annotations: {alb.ingress.kubernetes.io/actions.redirect: "{}"}}
spec: {defaultBackend: {service: {name: redirect, port: {name: use-annotation}}}}
""",
    "a container that does not say which ports it has": deployment("shop")
    + service("shop", "port: 80, targetPort: 8080"),
    "a port that the mesh injects": deployment("shop", HTTP) + service("shop", "name: stats, port: 15090"),
    "built-in roles": """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: metrics}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:auth-delegator"}
subjects: [{kind: Group, name: ops, apiGroup: rbac.authorization.k8s.io}]
""",
    "two versions behind one service": service("shop", "port: 80, targetPort: 8080")
    + deployment("shop", HTTP)
    + deployment("shop-canary", HTTP).replace("{app: shop-canary}", "{app: shop, track: canary}"),
    "zero replicas beside a scaler": deployment("shop").replace(
        "spec:\n  selector", "spec:\n  replicas: 0\n  selector", 1
    )
    + """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop, namespace: shop}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}, maxReplicas: 3}
""",
    "a scaled object that takes an autoscaler over": deployment("shop")
    + """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop, namespace: shop}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}, maxReplicas: 3}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: shop, namespace: shop, annotations: {scaledobject.keda.sh/transfer-hpa-ownership: "true"}}
spec: {scaleTargetRef: {name: shop}, advanced: {horizontalPodAutoscalerConfig: {name: shop}}, triggers: []}
""",
    "addresses of others": deployment("shop", env("https://api.example.com:8443,redis.internal:6379"))
    + service("shop", "port: 80"),
    "a list of hosts without a proxy": deployment(
        "shop", env("localhost,.svc,.svc.cluster.local,10.0.0.0/8", "NO_PROXY")
    ),
    "an address that is put together": deployment("shop", env("http://$(NAME).$(SPACE).svc:80", "TARGET")).replace(
        "env: [", "env: [{name: NAME, value: a}, {name: SPACE, value: b}, "
    ),
    "a pod of a headless service": deployment("shop", HTTP + env("http://shop-0.shop.shop.svc.cluster.local:8080"))
    + service("shop", "port: 80, targetPort: http", ", clusterIP: None"),
    "the API server's own service": deployment("shop", env("https://kubernetes.default.svc")),
    "environment from an unknown secret": CLUSTER
    + deployment("shop", ", envFrom: [{secretRef: {name: orders-ca}}], env: [{name: A, value: $(SOMETHING)}]"),
    "a shell's own substitution": deployment("shop", ", command: [sh, -c, 'echo $(DATE)']"),
    "a monitor in a namespace that others run": """
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: ingress, namespace: monitoring}
spec:
  namespaceSelector: {matchNames: [ingress-nginx]}
  selector: {matchLabels: {app: ingress-nginx}}
  endpoints: [{port: metrics}]
""",
    "a peer in a namespace that others run": deployment("shop", HTTP)
    + """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: shop, namespace: shop}
spec:
  podSelector: {matchLabels: {app: shop}}
  ingress:
    - from:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
          podSelector: {matchLabels: {k8s-app: prometheus}}
      ports: [{port: 8080}, {port: 15090}]
  egress: [{ports: [{port: 53, protocol: UDP}]}, {to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 443}]}]
""",
    "a Secret that an ExternalSecret merges into": """
apiVersion: v1
kind: Secret
metadata: {name: shop, namespace: shop}
stringData: {user: shop}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: shop, namespace: shop}
spec:
  secretStoreRef: {name: vault, kind: ClusterSecretStore}
  target: {creationPolicy: Merge}
  data: [{secretKey: password, remoteRef: {key: shop}}]
---
"""
    + deployment("shop", ", env: [{name: P, valueFrom: {secretKeyRef: {name: shop, key: password}}}]"),
}


@pytest.mark.parametrize("case", CLEAN)
def test_what_leads_somewhere_is_no_error(case: str, tmp_path: Path) -> None:
    assert errors(tmp_path, CLEAN[case]) == set()
