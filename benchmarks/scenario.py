"""A generated platform of any size with values like those of real ones: every service differs from every other."""

import random
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from generator.base.resources import data_root

PLATFORM, ENVIRONMENT = "emporium", "production"
COMPONENT = "templates/workload/service"
# The shipped templates that make one object of every service here. Others depend on what a service asks for.
MANIFESTS = (
    "configmap",
    "destinationrule",
    "horizontalpodautoscaler",
    "networkpolicy",
    "poddisruptionbudget",
    "service",
    "serviceaccount",
    "servicemonitor",
    "virtualservice",
    "workload",
)
CLOUDS = ("aws", "gcp", "azure")
LEVELS = ("debug", "info", "warning", "error")
NAMESPACES = ("commerce", "customer-data", "fulfilment", "insight", "money")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


AREAS = _words(
    "account basket billing catalog checkout coupon customer delivery fraud identity inventory invoice ledger loyalty "
    "media notification order payment pricing profile promotion refund returns review search shipping stock tax "
    "warehouse wishlist"
)
ROLES = _words("api batch cache consumer export feed gateway import index mailer planner reader sync worker writer")
SETTINGS = _words("BATCH_SIZE CACHE_TTL FEATURE_FLAGS MAX_CONNECTIONS POOL_SIZE QUEUE_NAME RETRY_LIMIT TOPIC WINDOW")


@dataclass(frozen=True, slots=True)
class Size:
    """How large the platform is; each service makes ten objects in each region."""

    services: int
    regions: int

    @property
    def objects(self) -> int:
        return self.services * self.regions * len(MANIFESTS)


def write_workspace(root: Path, size: Size, *, whole: bool = False) -> None:
    """Write a workspace of one platform.

    It has a component for services of its own with just ten templates; with `whole`, the shipped one with all of them.
    """
    shipped = data_root() / COMPONENT
    for name in ("component.yaml", *(f"manifests/{name}.yaml.j2" for name in MANIFESTS)) if not whole else ():
        target = root / COMPONENT / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(shipped / name, target)
    folder = root / "environments" / PLATFORM
    folder.mkdir(parents=True)
    platform = _platform(size)
    tags = {name: {"image": {"tag": _version(name)}} for name in platform["services"]}
    environment = {"tier": "busy", "regions": list(platform["regions"]), "services": tags}
    _write(folder / "platform.yaml", platform)
    _write(folder / f"{ENVIRONMENT}.yaml", environment)


def release(root: Path, name: str, tag: str) -> None:
    """Give one service another version: the smallest change that people make every day."""
    path = root / "environments" / PLATFORM / f"{ENVIRONMENT}.yaml"
    environment = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
    environment["services"][name]["image"]["tag"] = tag
    _write(path, environment)


def names(services: int) -> list[str]:
    """Return the names of the services."""
    pairs = [f"{area}-{role}" for role in ROLES for area in AREAS]
    return [pairs[n % len(pairs)] + (f"-{n // len(pairs) + 1}" if n >= len(pairs) else "") for n in range(services)]


def _write(path: Path, tree: Mapping[str, object]) -> None:
    path.write_text(yaml.dump(tree, Dumper=yaml.CSafeDumper, sort_keys=False), "utf-8")


def _version(name: str) -> str:
    chance = random.Random(name)
    return f"{chance.randrange(9)}.{chance.randrange(30)}.{chance.randrange(100)}"


def _platform(size: Size) -> dict[str, dict[str, object]]:
    every = names(size.services)
    tree: dict[str, object] = {
        "name": PLATFORM,
        "description": "A shop as large as asked for",
        "gitops": {"repository": "https://git.example.com/emporium/platform.git"},
        "regions": {f"region-{number + 1}": _region(number) for number in range(size.regions)},
        "tiers": {"busy": {"users": 1_000_000, "defaults": {"service": {"scale": {"max": 12}}}}},
        "mesh": {},
        "monitoring": {"interval": "15s", "objectLabels": {"release": "prometheus"}},
        "namespaces": {name: {"mesh": True} for name in NAMESPACES}
        | {"monitoring": {"isolated": False}, "istio-system": {"isolated": False}},
        "secrets": {
            f"{name}-database": {"namespace": name, "keys": {"password": f"emporium-{name}-database"}}
            for name in NAMESPACES
        },
        "services": {name: _service(name, every[:number]) for number, name in enumerate(every)},
    }
    return tree  # type: ignore[return-value]


def _region(number: int) -> dict[str, object]:
    cloud = CLOUDS[number % len(CLOUDS)]
    stores: Mapping[str, Mapping[str, str]] = {
        "aws": {"role": f"arn:aws:iam::11112222{number:04}:role/external-secrets"},
        "gcp": {
            "project": f"emporium-{number}",
            "serviceAccount": f"secrets@emporium-{number}.iam.gserviceaccount.com",
        },
        "azure": {
            "vault": f"https://emporium-{number}.vault.azure.net",
            "tenant": "11111111-2222-3333-4444-555555555555",
            "client": "66666666-7777-8888-9999-000000000000",
        },
    }
    return {
        "cloud": cloud,
        "zones": [f"region-{number + 1}{zone}" for zone in "abc"],
        "registry": f"registry-{number + 1}.example.com/emporium",
        "secretStore": stores[cloud],
    }


def _service(name: str, earlier: list[str]) -> dict[str, object]:
    """Return a service that calls up to five of the earlier ones, so that the calls have no cycle."""
    chance = random.Random(f"service {name}")
    namespace = chance.choice(NAMESPACES)
    least = chance.randint(2, 5)
    callees = sorted(chance.sample(earlier, min(len(earlier), chance.randint(0, 5))))
    settings = sorted(chance.sample(SETTINGS, chance.randint(2, 6)))
    written: dict[str, object] = {
        "description": f"Does the {name.replace('-', ' ')} work",
        "namespace": namespace,
        "size": chance.choice(("small", "medium", "large")),
        "ports": {"http": 8000 + chance.randrange(900), "metrics": 9000 + chance.randrange(900)},
        "health": {"ready": f"/{name}/ready", "live": f"/{name}/live", "start": f"{chance.randint(1, 5)}m"},
        "scale": {"min": least, "max": least + chance.randint(3, 60), "cpu": f"{chance.randint(50, 85)}%"},
        "shutdown": {"delay": f"{chance.randint(5, 20)}s", "grace": f"{chance.randint(55, 90)}s"},
        "calls": {callee: _call(chance) for callee in callees},
        "config": {"LOG_LEVEL": chance.choice(LEVELS)} | {setting: _setting(setting, chance) for setting in settings},
    }
    if chance.random() < 0.5:
        written["secrets"] = {f"{namespace}-database": {"DATABASE_PASSWORD": "password"}}
    return written


def _call(chance: random.Random) -> dict[str, object]:
    return chance.choice(({}, {}, {"timeout": f"{chance.randint(1, 30)}s", "retries": chance.randint(0, 3)}))


def _setting(name: str, chance: random.Random) -> str:
    if name in {"QUEUE_NAME", "TOPIC"}:
        return f"{chance.choice(AREAS)}.{chance.choice(ROLES)}.v{chance.randint(1, 4)}"
    if name == "FEATURE_FLAGS":
        return ",".join(sorted(chance.sample(AREAS, 3)))
    return f"{chance.randint(1, 90)}s" if name in {"CACHE_TTL", "WINDOW"} else str(chance.randint(1, 5000))
