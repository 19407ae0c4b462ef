"""A region installed into a real API server, by helm and by kubectl: what lies there is what the manifests say."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from rendered import own_cache, real_toolbox
from rendering import CHECKOUT, talai

from generator.cli.tools import cache_at
from generator.deliver.tree import Narrowing, render_tree
from generator.spec.load import load
from generator.spec.workspace import open_workspace
from generator.tree.rendered import rendered_files
from generator.verify.admission import crds
from generator.verify.admission.server import Programs, serve

REGION = "us-west-2"
INSTALL = ("upgrade", "--install", "talai", "charts/talai", "-n", "talai", "--create-namespace", "--take-ownership")
VALUES = ("-f", f"charts/talai/values-{REGION}.yaml")


@dataclass(frozen=True, slots=True)
class Site:
    """A tree with all forms, and how its tools reach a cluster."""

    tree: Path
    config: Path

    def run(self, tool: str, *words: str) -> str:
        """Return what a tool prints; it must succeed."""
        done = self.attempt(tool, *words)
        assert done.returncode == 0, f"{tool} {' '.join(words)}: {done.stderr}"
        return done.stdout

    def attempt(self, tool: str, *words: str) -> "subprocess.CompletedProcess[str]":
        binary = str(real_toolbox().tools[tool])
        environ = {"HOME": str(self.config.parent), "KUBECONFIG": str(self.config), "PATH": "/usr/bin:/bin"}
        return subprocess.run(
            [binary, *words], cwd=self.tree, env=environ, capture_output=True, text=True, check=False, timeout=120
        )

    def missing(self, *, labels: bool = True) -> list[str]:
        """Return where the cluster does not have what the manifests of the region say."""
        files = sorted((self.tree / "clusters" / REGION).rglob("*.yaml"))
        manifests = {path: yaml.load(path.read_text("utf-8"), yaml.CSafeLoader) for path in files}
        kinds = {f"{item['kind']}.{'.'.join(_group(item))}".rstrip(".") for item in manifests.values()}
        listed = json.loads(self.run("kubectl", "get", "-A", "-o", "json", ",".join(sorted(kinds))))["items"]
        there = {_key(item): item for item in listed}
        found: list[str] = []
        for path, manifest in manifests.items():
            if not labels:
                del manifest["metadata"]["labels"]["app.kubernetes.io/managed-by"]
            found += _absent(manifest, there.get(_key(manifest)), f"{path.parent.name}/{path.stem}")
        return found


def _group(item: dict[str, Any]) -> list[str]:
    """Return version and group, as kubectl takes them behind a kind; nothing of the group that has no name."""
    group, slash, version = item["apiVersion"].partition("/")
    return [version, group] if slash else []


def _key(item: dict[str, Any]) -> tuple[str, ...]:
    metadata = item["metadata"]
    return item["apiVersion"], item["kind"], metadata.get("namespace", ""), metadata["name"]


def _absent(wanted: Any, found: Any, path: str) -> Iterator[str]:
    """Yield the paths at which a value is not there; what the server adds does not matter."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for name, value in wanted.items():
            yield from _absent(value, found.get(name), f"{path}.{name}")
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for index, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from _absent(one, other, f"{path}[{index}]")
    elif wanted != found and not (found is None and (wanted is False or wanted == "")):
        yield path  # but what says no more than nothing: the server keeps neither false nor an empty text


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return talai's tree beside a cluster with the definitions of its operators, and nothing else in it."""
    root = tmp_path_factory.mktemp("site")
    opened = open_workspace(CHECKOUT)
    forms = Narrowing(forms=("manifests", "helm", "kustomize"))
    tree = render_tree(load(opened, "talai", "production"), opened.catalogue, forms)
    for name, file in rendered_files(tree).items():
        path = root / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    box = real_toolbox()
    kinds = {(str(o["apiVersion"]).rpartition("/")[0], str(o["kind"])) for o in talai().objects.values()}
    definitions = [found for kind in sorted(kinds) if (found := box.definition(*kind)) is not None]
    programs = Programs(etcd=box.tools["etcd"], apiserver=box.tools["kube-apiserver"])
    data = crds.data_with(crds.definitions_of([], definitions), programs, cache_at(own_cache()), lambda _: None)
    with serve(programs, data) as server:
        config = root / "home" / "config"
        config.parent.mkdir()
        cluster = {
            "server": f"https://127.0.0.1:{server.client.port}",
            "certificate-authority": str(server.folder / "certs" / "apiserver.crt"),
        }
        config.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": "own",
                    "contexts": [{"name": "own", "context": {"cluster": "own", "user": "own"}}],
                    "clusters": [{"name": "own", "cluster": cluster}],
                    "users": [{"name": "own", "user": {"token": server.client.token}}],
                }
            ),
            encoding="utf-8",
        )
        yield Site(root / "tree", config)


def test_a_region_lives_as_a_release_and_then_as_an_overlay(site: Site) -> None:
    """One history, since a cluster takes seconds to start: each step finds what the one before has left."""
    site.run("helm", *INSTALL, *VALUES)
    assert site.missing(labels=False) == []
    release = json.loads(site.run("kubectl", "get", "secret", "-n", "talai", "-o", "json"))["items"]
    assert [item["metadata"]["name"] for item in release] == ["sh.helm.release.v1.talai.v1"]

    site.run("helm", *INSTALL, *VALUES, "--set", "orchex.image.tag=2.5.0,orchex.ingress.enabled=false")
    assert {path.split(".")[0].split("[")[0] for path in site.missing(labels=False)} == {
        "orchex/rollout",
        "orchex/virtualservice-gateway",
        "orchex/authorizationpolicy",
        "orchex/networkpolicy",
    }
    site.run("helm", "rollback", "talai", "-n", "talai")
    assert site.missing(labels=False) == []

    site.run("helm", "uninstall", "talai", "-n", "talai")
    left = site.run(
        "kubectl", "get", "namespaces,deployments,services", "-A", "-l", "app.kubernetes.io/part-of=talai", "-o", "name"
    )
    namespaces = {o["metadata"]["name"] for o in talai().of_kind("Namespace", REGION).values()}
    assert {"data-pipeline", "istio-ingress", "istio-system", "monitoring", "talai", "talai-data"} <= namespaces
    assert set(left.split()) == {f"namespace/{name}" for name in namespaces}

    overlay = f"kustomize/regions/{REGION}"
    refused = site.attempt("kubectl", "apply", "--server-side", "-k", overlay)
    assert refused.returncode == 1
    assert "--force-conflicts" in refused.stderr  # the label of the namespaces is still Helm's
    site.run("kubectl", "apply", "--server-side", "--force-conflicts", "-k", overlay)
    assert site.missing() == []
    assert site.run("kubectl", "diff", "--server-side", "-k", overlay) == ""


def test_what_is_not_in_the_cluster_is_noticed() -> None:
    wanted = {"a": {"b": [1, 2]}, "c": "1"}
    assert list(_absent(wanted, {"a": {"b": [1, 2], "more": 1}, "c": "1", "more": 1}, "$")) == []
    assert list(_absent(wanted, {"a": {"b": [1]}, "c": 1}, "$")) == ["$.a.b", "$.c"]
    assert list(_absent({"a": False, "b": ""}, {"a": True, "b": "x"}, "$")) == ["$.a", "$.b"]
    assert list(_absent({"a": False, "b": "", "c": 0}, {}, "$")) == ["$.c"]
    assert list(_absent(wanted, None, "$")) == ["$"]
