"""Compare the template engine with bare Jinja2 without a sandbox that writes the same bytes.

Run from the top of the checkout: `.venv/bin/python benchmarks/templating.py --services 250`.
Each of the services has values of its own and ten objects. Both sides begin each round with cold caches; the best of
some rounds is printed, in microseconds an object, with the ratio.
"""

import argparse
import gc
import time
from collections.abc import Callable

import jinja2

from generator.templating import emit
from generator.templating.engine import Engine
from generator.templating.language import environment

OBJECTS = 10  # of each service

TEMPLATE = """\
# Made by gen from benchmark/service.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: [[ name ]]
  namespace: [[ namespace ]]
  labels: [[ labels ]]
spec:
  replicas: [[ scale.min ]]
  selector:
    matchLabels: [[ selector ]]
  template:
    metadata:
      labels: [[ labels ]]
    spec:
      serviceAccountName: [[ name ]]
      terminationGracePeriodSeconds: [[ grace ]]
      containers:
        - name: [[ name ]]
          image: [[ image ]]
          args:
[% for arg in arguments %]
            - [[ arg ]]
[% endfor %]
          ports:
[% for port in ports %]
            - name: [[ port.name ]]
              containerPort: [[ port.number ]]
[% endfor %]
          resources: [[ resources ]]
          readinessProbe:
            httpGet:
              path: [[ probe.path ]]
              port: [[ probe.port ]]
            periodSeconds: [[ probe.period ]]
---
apiVersion: v1
kind: Service
metadata:
  name: [[ name ]]
  namespace: [[ namespace ]]
  labels: [[ labels ]]
spec:
  selector: [[ selector ]]
  ports:
[% for port in ports %]
    - name: [[ port.name ]]
      port: [[ port.number ]]
      targetPort: [[ port.name ]]
[% endfor %]
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: [[ name ]]
  namespace: [[ namespace ]]
  labels: [[ labels ]]
automountServiceAccountToken: false
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: [[ name ]]
  namespace: [[ namespace ]]
  labels: [[ labels ]]
spec:
  minReplicas: [[ scale.min ]]
  maxReplicas: [[ scale.max ]]
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: [[ name ]]
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: [[ scale.cpu ]]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: [[ name ]]
  namespace: [[ namespace ]]
  labels: [[ labels ]]
spec:
[% if scale.min > 1 %]
  maxUnavailable: 1
[% endif %]
  selector:
    matchLabels: [[ selector ]]
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: [[ name ]]
  namespace: [[ namespace ]]
  labels: [[ labels ]]
data: [[ config ]]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: [[ name ]]
  namespace: [[ namespace ]]
  labels: [[ labels ]]
spec:
  podSelector:
    matchLabels: [[ selector ]]
  policyTypes:
    - Ingress
  ingress:
[% for caller in callers %]
    - from:
        - podSelector:
            matchLabels:
              app.kubernetes.io/name: [[ caller ]]
[% endfor %]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: [[ name ]]
  namespace: [[ namespace ]]
  labels: [[ labels ]]
spec:
  hosts:
    - [[ host ]]
  http:
    - timeout: [[ timeout ]]
      retries:
        attempts: [[ retries ]]
        retryOn: 5xx,reset
      route:
        - destination:
            host: [[ host ]]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: [[ name ]]
  namespace: [[ namespace ]]
  labels: [[ labels ]]
spec:
  host: [[ host ]]
  trafficPolicy:
    connectionPool:
      tcp:
        maxConnections: [[ connections ]]
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: [[ name ]]
  namespace: [[ namespace ]]
  labels: [[ labels ]]
spec:
  selector:
    matchLabels: [[ selector ]]
  endpoints:
    - port: metrics
      interval: [[ interval ]]
"""

# How the bare template writes a mapping that the engine emits by itself: `<key>: [[ name ]]` becomes a loop of lines.
MAPPINGS = ("labels", "selector", "config")
RESOURCES = """\
resources:
            requests:
              cpu: [[ resources.requests.cpu ]]
              memory: [[ resources.requests.memory ]]
            limits:
              memory: [[ resources.limits.memory ]]
"""


def bare_source() -> str:
    """Return the template as one writes it for bare Jinja2: loops for mappings, and nothing quoted."""
    lines = []
    for line in TEMPLATE.splitlines():
        key, _, rest = line.partition(": [[ ")
        if rest.removesuffix(" ]]") in MAPPINGS:
            pad = " " * (len(key) - len(key.lstrip()) + 2)
            loop = f"[% for key, value in {rest.removesuffix(' ]]')}.items() %]"
            lines += [f"{key}:", loop, f"{pad}[[ key ]]: [[ value ]]", "[% endfor %]"]
        elif line.endswith("resources: [[ resources ]]"):
            lines.append(line.split("resources")[0] + RESOURCES.rstrip())
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def service(number: int) -> dict[str, object]:
    """Return the values of one service; those that can differ between services do."""
    name = f"service-{number:05}"
    labels = {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/part-of": "benchmark",
        "app.kubernetes.io/version": f"v2.{number}.1",
        "app.kubernetes.io/component": f"component-{number % 97}",
    }
    return {
        "name": name,
        "namespace": f"team-{number % 31}",
        "labels": labels,
        "selector": {"app.kubernetes.io/name": name},
        "image": f"registry.example/team/{name}:2.{number}.1",
        "arguments": [f"--listen=0.0.0.0:{8000 + number}", f"--name={name}", "--verbose"],
        "grace": 30 + number % 30,
        "ports": [{"name": "http", "number": 8000 + number}, {"name": "metrics", "number": 9000 + number}],
        "resources": {"requests": {"cpu": f"{number}m", "memory": f"{number}Mi"}, "limits": {"memory": f"{number}Gi"}},
        "probe": {"path": f"/health/{name}", "port": "http", "period": 5 + number % 10},
        "scale": {"min": 2 + number % 5, "max": 100 + number, "cpu": 50 + number % 40},
        "config": {f"SETTING_{key}": f"value {key} of {name}" for key in range(6)},
        "callers": [f"service-{number + step:05}" for step in (1, 2, 3)],
        "host": f"{name}.team-{number % 31}.svc.cluster.local",
        "timeout": f"{1 + number % 20}s",
        "retries": number % 4,
        "connections": 100 + number,
        "interval": f"{15 + number % 30}s",
    }


def ours() -> Callable[[dict[str, object]], str]:
    return Engine().compile("benchmark.yaml.j2", TEMPLATE).render


def bare() -> Callable[[dict[str, object]], str]:
    return environment().from_string(bare_source()).render


def seconds(make: Callable[[], Callable[[dict[str, object]], str]], services: int) -> tuple[float, list[str]]:
    """Return how long the rendering of distinct values takes, without compiling, and the texts."""
    render = make()
    emit.forget()
    values = [service(number) for number in range(services)]
    gc.collect()
    started = time.perf_counter()
    texts = [render(each) for each in values]
    return time.perf_counter() - started, texts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--services", type=int, default=250, help="distinct services, of ten objects each")
    parser.add_argument("--rounds", type=int, default=7, help="the best round counts")
    options = parser.parse_args()
    best: dict[Callable[[], Callable[[dict[str, object]], str]], tuple[float, list[str]]] = {}
    for make in (bare, ours) * options.rounds:
        taken, texts = seconds(make, options.services)
        best[make] = min(best.get(make, (taken, texts)), (taken, texts), key=lambda pair: pair[0])
    assert best[bare][1] == best[ours][1], "the two sides write different bytes"
    figures = {make: 1e6 * taken / (options.services * OBJECTS) for make, (taken, _) in best.items()}
    print(f"{options.services} services, {OBJECTS} objects each, jinja2 {jinja2.__version__}")
    print(f"bare Jinja2  {figures[bare]:6.2f} µs an object")
    print(f"this engine  {figures[ours]:6.2f} µs an object")
    print(f"ratio        {figures[ours] / figures[bare]:6.2f}")
    started = time.perf_counter()
    ours()
    print(f"compiling the template, with all checks: {1e3 * (time.perf_counter() - started):.1f} ms")


if __name__ == "__main__":
    main()
