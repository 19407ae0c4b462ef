"""Random platforms that a person could have written, with regions that differ in whatever a spec lets differ."""

import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from hostile import INDICATORS, NUMBERS, TEXTS, WORDS

Tree = dict[str, Any]
_T = TypeVar("_T")

# What no spec may hold as it stands is left out: a byte order mark, and the line separators of Unicode.
STRINGS = [text for text in (*WORDS, *NUMBERS, *INDICATORS, *TEXTS) if not set(text) & set("\ufeff\u2028\u2029")]
NAMES = ("web", "api", "search", "no", "y", "e2e", "queue-worker")
_AZURE = {"tenant": "11111111-2222-3333-4444-555555555555", "client": "66666666-7777-8888-9999-000000000000"}
REGIONS: Mapping[str, tuple[str, Tree]] = {
    "us-east-1": ("aws", {"role": "arn:aws:iam::111122223333:role/x"}),
    "us-west-2": ("aws", {"role": "arn:aws:iam::111122223333:role/y"}),
    "europe-west1": (
        "gcp",
        {"project": "odd-prod", "serviceAccount": "external-secrets@odd-prod.iam.gserviceaccount.com"},
    ),
    "north": ("azure", {"vault": "https://odd-vault.vault.azure.net", **_AZURE}),
    "basement": ("rack", {}),
}
# Systems that the platform may have: what the mesh, the gateway and Prometheus need in namespaces.
SYSTEMS = {
    "mesh": {"istio-system": {"podSecurity": "privileged", "isolated": False}},
    "gateway": {"istio-ingress": {"podSecurity": "baseline", "isolated": False}},
    "monitoring": {"monitoring": {"podSecurity": "baseline", "isolated": False}},
}


class OddPlatform:
    """One platform by the number of its seed: its two documents, which the checks of specs may still refuse."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  (which platforms are tried, not a secret)
        self._names = self._some(NAMES, 1, 4)
        self._secrets = self._yes(0.6)
        self._sections = self._chosen_sections()
        spaces = self._some(("maps", "reports", "no"), 1, 3)
        self._spaces: Tree = {name: self._namespace() for name in spaces}
        self._homes = {name: self._one(spaces) for name in self._names}
        self._regions = [name for name in self._some(REGIONS, 2, 4) if REGIONS[name][1] or not self._secrets]
        self._regions = self._regions or ["us-east-1"]

    def documents(self) -> tuple[Tree, Tree]:
        """Return the platform's document and the environment's."""
        systems = {name: space for section in self._sections for name, space in SYSTEMS[section].items()}
        platform: Tree = {
            "name": "odd",
            "gitops": {
                "repository": "https://git.example.com/odd.git",
                "mode": self._one(("hub", "per-region")),
                "delivery": self._one(("manifests", "helm", "kustomize")),
            },
            "clouds": {"rack": {"provider": "other", "storage": {"standard": "ceph-block", "fast": "nvme"}}},
            "regions": {name: self._region(name) for name in self._regions},
            "namespaces": {**self._spaces, **systems},
            "external": {
                "geocoder": {"hosts": ["geo.example.org"], "tls": "originate" if self._meshed() else "passthrough"},
                "imagery": {"hosts": ["one.example.org", "two.example.org"], "port": 8443},
            },
            "defaults": {"service": {"ports": {"http": 8000}, "resources": {"cpu": "100m", "memory": "256Mi"}}},
            "services": {name: {"namespace": self._homes[name], **self._service(name)} for name in self._names},
            **self._sections,
        }
        if self._secrets:
            platform["secrets"] = self._declared_secrets()
        overrides = {name: {"services": self._overrides(platform["services"])} for name in self._regions}
        return platform, {"regions": self._regions, "in": overrides}

    def _chosen_sections(self) -> Tree:
        sections: Tree = {"mesh": {}} if self._yes(0.75) else {}
        if sections and self._secrets and self._yes(0.7):
            sections["gateway"] = {"certificate": "gateway-tls"}
        if self._yes(0.7):
            sections["monitoring"] = {"objectLabels": {"release": self._one(("x", "true"))}}
        return sections

    def _meshed(self) -> bool:
        return "mesh" in self._sections and all(space["mesh"] for space in self._spaces.values())

    def _namespace(self) -> Tree:
        space: Tree = {"mesh": "mesh" in self._sections and self._yes(0.85), "isolated": self._yes(0.75)}
        if self._yes(0.3):
            space["quota"] = {"cpu": "80", "memory": "400Gi", "pods": 500}
        if self._yes(0.4):
            space["operators"] = self._some(("oncall", "null", "0x1"), 1, 2)
        return space

    def _region(self, name: str) -> Tree:
        cloud, store = REGIONS[name]
        region: Tree = {"cloud": cloud, "zones": [f"{name}-a"], "registry": self._one((f"{name}.example.net", "odd"))}
        if "gateway" in self._sections:
            region["host"] = f"{name}.example.com"
        return {**region, "secretStore": store} if self._secrets else region

    def _declared_secrets(self) -> Tree:
        keys = {"tls.crt": "crt", "tls.key": "key"}
        secrets: Tree = {
            f"db-{space}": {"namespace": space, "keys": {"url": f"db-{space}-url", "true": f"db-{space}-true"}}
            for space in self._spaces
        }
        if "gateway" in self._sections:
            secrets["gateway-tls"] = {"namespace": "istio-ingress", "type": "kubernetes.io/tls", "keys": keys}
        return secrets

    def _overrides(self, services: Mapping[str, Tree]) -> Tree:
        """Return what a region says of services. What it lacks, nobody calls there."""
        gone = {name for name in services if len(services) > 1 and self._yes(0.15)}
        said: Tree = {name: self._differences(name) for name in services if name not in gone and self._yes(0.7)}
        for name, service in services.items():
            calls = {**service.get("calls", {}), **said.get(name, {}).get("calls", {})}
            if name not in gone and gone & calls.keys():
                own = said.setdefault(name, {})
                own["calls"] = {**own.get("calls", {}), **dict.fromkeys(sorted(gone & calls.keys()))}
        return {**said, **dict.fromkeys(sorted(gone))}

    def _differences(self, name: str) -> Tree:
        service = self._service(name)
        kept = {key: value for key, value in service.items() if self._yes(0.4)}
        if "volumes" in kept:
            kept["workload"] = "StatefulSet"
        return kept

    def _service(self, name: str) -> Tree:
        service: Tree = {"image": self._image(), "scale": self._scale(), "ports": self._ports()}
        parts: Mapping[str, Any] = {
            "config": self._texts(("LOG_LEVEL", "Y", "NULL", "TRUE")),
            "env": self._texts(("TZ", "N", "FALSE")),
            "podAnnotations": self._texts(("a.example.com/b", "x", "example.com/true")),
            "nodeSelector": dict.fromkeys(self._some(("disk", "true", "1"), 0, 2), self._one(("", "yes", "1e3"))),
            "tolerations": [{"key": "1", "value": self._one(("", "no")), "effect": "NoSchedule"}],
            "resources": {
                "cpu": self._one(("250m", "1")),
                "memory": "1Gi",
                "limits": {"memory": self._one(("2Gi", None))},
            },
            "health": {"ready": self._one(("/r", "/")), "start": self._one(("1s", "1h"))},
            "alerts": self._alerts(),
            "delivery": self._one(("manifests", "helm", "kustomize")),
            "calls": self._calls(name),
        }
        service |= {key: value for key, value in parts.items() if self._yes(0.5)}
        if self._yes(0.3):
            service["workload"] = "StatefulSet"
            volumes = self._some(("data", "no"), 0, 2)
            service["volumes"] = {each: {"size": self._one(("1Gi", "9Gi")), "path": f"/d/{each}"} for each in volumes}
        if self._secrets and self._yes(0.4):
            service["secrets"] = {f"db-{self._homes[name]}": {"DB_URL": self._one(("url", "true"))}}
        if "gateway" in self._sections and self._spaces[self._homes[name]]["mesh"] and self._yes(0.4):
            service["exposes"] = {"paths": [f"/{name}{self._one(('', '/v1'))}"], "timeout": self._one(("5s", "30s"))}
        return service

    def _image(self) -> Tree:
        tags = ("1.2.3", "1e3", "0x1F", "20261120", "true", "012", "1_000", "7-" + "a" * 70, "1.0.")
        image: Tree = {"tag": self._one(tags)} if self._yes(0.9) else {}
        if not image or self._yes(0.3):
            image["digest"] = "sha256:" + self._one("0123abc") * 64
        return image

    def _scale(self) -> Tree:
        low = self._one((1, 2, 3))
        scale: Tree = {"min": low, "max": self._one((low, low + 4, 1000)), "cpu": "70%"}
        return {**scale, "memory": self._one(("80%", None))} if self._yes(0.5) else scale

    def _ports(self) -> Tree:
        ports: Tree = {"metrics": self._one((9090, 9102, None))}
        return (
            {**ports, "http": self._one((8080, 50051)), "service": self._one((80, 8080))} if self._yes(0.4) else ports
        )

    def _alerts(self) -> Tree:
        watched = {"watches": self._one(("restarts", "memory")), "for": "5m", "severity": "high"}
        summary = self._one(("High {{ $labels.x }}", "a: b # c", "{{ braces"))
        names = self._some(("PodCrashLooping", "Yes", "Null"), 0, 2)
        return {name: {**watched, "above": self._one(("1%", "90%")), "summary": summary} for name in names}

    def _calls(self, name: str) -> Tree:
        callees = [each for each in self._some((*self._names, "geocoder", "imagery"), 0, 3) if each != name]
        policy: Tree = {"timeout": self._one(("2s", "20s")), "retries": self._one((0, 7))}
        return {each: policy if each != "imagery" and self._meshed() and self._yes(0.6) else {} for each in callees}

    def _texts(self, names: Sequence[str]) -> Tree:
        return {
            name: "".join(self._one(STRINGS) for _ in range(self._one((1, 1, 3)))) for name in self._some(names, 0, 2)
        }

    def _yes(self, share: float) -> bool:
        return self._random.random() < share

    def _one(self, choices: Sequence[_T]) -> _T:
        return self._random.choice(choices)

    def _some(self, items: Iterable[_T], low: int, high: int) -> list[_T]:
        found: Collection[_T] = list(items)
        return self._random.sample(list(found), self._random.randint(low, min(high, len(found))))
