"""The policy on registries as an API server judges by it, as Kyverno has it do (a ValidatingAdmissionPolicy)."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from rendered import real_toolbox
from rendering import CHECKOUT, example_workspace

from generator.deliver.tree import render_tree
from generator.spec.load import load
from generator.spec.workspace import open_workspace
from generator.verify.admission.client import Client, Reply
from generator.verify.admission.server import Programs, serve

EXAMPLE = CHECKOUT / "templates" / "security" / "image-policy" / "examples" / "valid" / "everywhere.yaml"
POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
BINDINGS = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
OWN = "111122223333.dkr.ecr.us-west-2.amazonaws.com/shop"


def policy(folder: Path) -> dict[str, Any]:
    opened = open_workspace(example_workspace(EXAMPLE, folder))
    tree = render_tree(load(opened, "shop", "example"), opened.catalogue)
    (found,) = (d for d in tree.documents if d.object.kind == "ValidatingPolicy" and "/us-west-2/" in d.path)
    parsed: dict[str, Any] = yaml.safe_load(found.content)
    return parsed


def pod(name: str, *images: str, init: str = "") -> dict[str, Any]:
    spec: dict[str, Any] = {"containers": [{"name": f"c{i}", "image": image} for i, image in enumerate(images)]}
    if init:
        spec["initContainers"] = [{"name": "init", "image": init}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Return a client of an API server with the policy in force."""
    box = real_toolbox()
    programs = Programs(etcd=box.tools["etcd"], apiserver=box.tools["kube-apiserver"])
    written = policy(tmp_path_factory.mktemp("policy"))
    name = written["metadata"]["name"]
    kept = ("matchConstraints", "variables", "validations")
    spec = {"failurePolicy": "Fail", **{key: written["spec"][key] for key in kept}}
    binding = {"policyName": name, "validationActions": written["spec"]["validationActions"]}
    with serve(programs) as server:
        found = server.client
        api = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": name}}
        created = (
            found.request("POST", POLICIES, {**api, "kind": "ValidatingAdmissionPolicy", "spec": spec}),
            found.request("POST", BINDINGS, {**api, "kind": "ValidatingAdmissionPolicyBinding", "spec": binding}),
            *(
                found.request("POST", "/api/v1/namespaces", {"metadata": {"name": space}})
                for space in ("shop", "other")
            ),
        )
        assert [reply.status for reply in created] == [201] * len(created), [reply.message for reply in created]
        wait_until_in_force(found)
        yield found


def ask(client: Client, body: Mapping[str, Any], namespace: str = "shop") -> Reply:
    return client.request("POST", f"/api/v1/namespaces/{namespace}/pods?dryRun=All", body)


def wait_until_in_force(client: Client) -> None:
    """Wait until the API server has compiled the policy: some seconds after it was written."""
    for _ in range(200):
        if ask(client, pod("probe", "docker.io/library/never:1")).status == 422:
            return
        time.sleep(0.1)
    raise AssertionError("The policy is not in force after 20 seconds.")


@pytest.mark.parametrize(
    "image", [f"{OWN}/orders:1", "quay.io/strimzi/kafka:1", "ghcr.io/cloudnative-pg/a/b@sha256:" + "0" * 64]
)
def test_an_image_from_a_named_registry_is_admitted(client: Client, image: str) -> None:
    assert ask(client, pod("good", image)).status == 201


@pytest.mark.parametrize(
    "image",
    [
        "redis:7",
        "docker.io/library/redis:7",
        "quay.io/other/kafka:1",
        "quay.io/strimzi-like/kafka:1",
        f"{OWN}-evil/orders:1",
    ],
)
def test_an_image_from_elsewhere_is_refused_with_the_registries_that_would_do(client: Client, image: str) -> None:
    reply = ask(client, pod("bad", image))
    assert reply.status == 422
    assert f"images have to come from one of: {OWN}/, ghcr.io/cloudnative-pg/, quay.io/strimzi/" in reply.message


def test_one_container_among_several_is_enough_to_be_refused(client: Client) -> None:
    assert ask(client, pod("mixed", f"{OWN}/orders:1", "redis:7")).status == 422


def test_an_init_container_is_judged_too(client: Client) -> None:
    assert ask(client, pod("started", f"{OWN}/orders:1", init="redis:7")).status == 422


def test_other_namespaces_are_left_alone(client: Client) -> None:
    assert ask(client, pod("free", "redis:7"), "other").status == 201
