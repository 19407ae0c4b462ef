"""Pod Security: what each level refuses, and where that is an error."""

from pathlib import Path

import pytest
from trees import repository

from generator.base.problem import Problem, Severity
from generator.rules.catalogue import find_rule
from generator.rules.run import check

GOOD_POD = "securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}"
GOOD = "securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}"


def _found(root: Path, text: str, rule: str) -> tuple[Problem, ...]:
    return check(repository(root, {"x.yaml": text}), [find_rule(f"security/{rule}")])


def _namespace(level: str, version: str = "latest") -> str:
    labels = f"{{pod-security.kubernetes.io/enforce: {level}, pod-security.kubernetes.io/enforce-version: {version}}}"
    return f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, labels: {labels}}}\n---\n" if level else ""


def _workload(pod: str = GOOD_POD, container: str = GOOD, kind: str = "Deployment") -> str:
    return (
        f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: web, namespace: shop}}\nspec:\n  template:\n    spec:\n"
        f"      {pod}\n      containers:\n        - name: web\n          image: registry.example.com/web:1\n"
        f"          {container}\n"
    )


BASELINE = {
    "hostNetwork: true": "",
    "hostPID: true": "",
    "hostIPC: true": "",
    "volumes: [{name: data, hostPath: {path: /data}}]": "",
    "securityContext: {sysctls: [{name: kernel.msgmax, value: '1'}]}": "",
    "securityContext: {seccompProfile: {type: Unconfined}}": "",
    "securityContext: {appArmorProfile: {type: Unconfined}}": "",
    "securityContext: {windowsOptions: {hostProcess: true}}": "",
    "restartPolicy: Always": "securityContext: {privileged: true}",
    "dnsPolicy: Default": "securityContext: {capabilities: {add: [NET_ADMIN]}}",
    "priority: 0": "securityContext: {procMount: Unmasked}",
}


@pytest.mark.parametrize("level", ["baseline", "restricted", ""])
@pytest.mark.parametrize("pod", BASELINE)
def test_what_the_baseline_refuses_is_an_error_unless_a_namespace_allows_it(
    pod: str, level: str, tmp_path: Path
) -> None:
    text = _namespace(level) + _workload(pod, BASELINE[pod] or GOOD)
    (problem,) = _found(tmp_path, text, "pod-security-baseline")
    assert problem.severity is Severity.ERROR


@pytest.mark.parametrize("pod", BASELINE)
def test_a_namespace_that_is_privileged_on_purpose_has_no_errors(pod: str, tmp_path: Path) -> None:
    text = _namespace("privileged") + _workload(pod, BASELINE[pod] or GOOD, "DaemonSet")
    assert {item.severity for item in _found(tmp_path, text, "pod-security-baseline")} == {Severity.INFO}


def test_an_agent_of_the_nodes_without_labels_is_a_warning(tmp_path: Path) -> None:
    text = _workload("volumes: [{name: logs, hostPath: {path: /var/log}}]", kind="DaemonSet")
    assert {item.severity for item in _found(tmp_path, text, "pod-security-baseline")} == {Severity.WARNING}


def test_the_socket_of_the_runtime_is_an_error_even_for_an_agent(tmp_path: Path) -> None:
    text = _workload("volumes: [{name: d, hostPath: {path: /var/run/docker.sock}}]", kind="DaemonSet")
    assert {item.severity for item in _found(tmp_path, text, "pod-security-baseline")} == {Severity.ERROR}


RESTRICTED = {
    "runAsNonRoot": ("securityContext: {seccompProfile: {type: RuntimeDefault}}", GOOD),
    "seccomp": ("securityContext: {runAsNonRoot: true}", GOOD),
    "escalation": (GOOD_POD, "securityContext: {capabilities: {drop: [ALL]}}"),
    "capabilities": (GOOD_POD, "securityContext: {allowPrivilegeEscalation: false}"),
    "dropping another": (GOOD_POD, GOOD.replace("ALL", "NET_RAW")),
    "lower case": (GOOD_POD, GOOD.replace("ALL", "all")),
    "user": (GOOD_POD.replace("{runAsNonRoot", "{runAsUser: 0, runAsNonRoot"), GOOD),
    "volume": (f"{GOOD_POD}\n      volumes: [{{name: d, nfs: {{server: s, path: /}}}}]", GOOD),
}


@pytest.mark.parametrize("case", RESTRICTED)
def test_what_the_restricted_level_refuses_is_an_error_where_it_is_enforced(case: str, tmp_path: Path) -> None:
    text = _workload(*RESTRICTED[case])
    (problem,) = _found(tmp_path / "a", _namespace("restricted") + text, "pod-security-restricted")
    assert problem.severity is Severity.ERROR
    (problem,) = _found(tmp_path / "b", text, "pod-security-restricted")
    assert problem.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("pod", "container"),
    [
        (GOOD_POD, GOOD),
        (
            "restartPolicy: Always",
            GOOD.replace("{allow", "{runAsNonRoot: true, seccompProfile: {type: Localhost}, allow"),
        ),
        ("hostUsers: false\n      securityContext: {runAsUser: 0, seccompProfile: {type: RuntimeDefault}}", GOOD),
        (GOOD_POD, GOOD.replace("drop:", "add: [NET_BIND_SERVICE], drop:")),
        (f"{GOOD_POD}\n      volumes: [{{name: d, image: {{reference: a/b}}}}, {{name: e, csi: {{driver: d}}}}]", GOOD),
    ],
)
def test_pods_that_meet_the_restricted_level_are_fine(pod: str, container: str, tmp_path: Path) -> None:
    text = _namespace("restricted") + _workload(pod, container)
    assert _found(tmp_path / "a", text, "pod-security-restricted") == ()
    assert _found(tmp_path / "b", text, "pod-security-baseline") == ()


def test_windows_pods_need_no_linux_fields(tmp_path: Path) -> None:
    pod = "os: {name: windows}\n      securityContext: {runAsNonRoot: true}"
    assert _found(tmp_path, _namespace("restricted") + _workload(pod, "tty: false"), "pod-security-restricted") == ()


def test_an_old_version_of_the_standard_knows_fewer_checks(tmp_path: Path) -> None:
    container = GOOD + "\n          readinessProbe: {httpGet: {host: example.com, port: 80}}"
    old = _namespace("baseline", "v1.30") + _workload(container=container)
    assert _found(tmp_path / "a", old, "pod-security-baseline") == ()
    assert _found(tmp_path / "b", old.replace("v1.30", "v1.34"), "pod-security-baseline")


def test_init_containers_are_held_against_the_standard_too(tmp_path: Path) -> None:
    pod = f"{GOOD_POD}\n      initContainers: [{{name: init, image: registry.example.com/init:1}}]"
    found = _found(tmp_path, _namespace("restricted") + _workload(pod), "pod-security-restricted")
    assert {item.path.rpartition(".")[2] for item in found} == {"initContainers[0]"}


@pytest.mark.parametrize("label", ["enforce: strict", "enforce-version: '1.30'", "enfroce: baseline", "warn: none"])
def test_wrong_labels_of_pod_security_are_found(label: str, tmp_path: Path) -> None:
    text = f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: a, labels: {{pod-security.kubernetes.io/{label}}}}}\n"
    assert len(_found(tmp_path, text, "pod-security-label")) == 1


def test_a_user_of_root_with_the_demand_for_another_never_starts(tmp_path: Path) -> None:
    text = _workload(GOOD_POD.replace("{runAsNonRoot", "{runAsUser: 0, runAsNonRoot"))
    assert len(_found(tmp_path, text, "contradictory-security-context")) == 1


@pytest.mark.parametrize(
    "image",
    [
        "registry.example.com:5000/a/b_c.d:1.2.3",
        "nginx:1.27",
        "localhost/web:1",
        "Registry.example.com/web:1",
        f"registry.example.com/web@sha256:{'a' * 64}",
        f"registry.example.com/web:latest@sha256:{'a' * 64}",
        "ghcr.io/x/y__z/w-a:v1.2.3-rc.1_amd64",
    ],
)
def test_images_that_can_be_pulled_and_pinned_are_fine(image: str, tmp_path: Path) -> None:
    text = _workload().replace("registry.example.com/web:1\n", f"{image}\n")
    for rule in ("image-malformed", "image-latest", "image-placeholder", "image-mutable-tag"):
        assert _found(tmp_path / rule, text, rule) == ()


@pytest.mark.parametrize(
    "image",
    [
        "registry.example.com/Web:1",
        "'registry.example.com/web :1'",
        "registry.example.com/web::1",
        "'registry.example.com/web:'",
        "https://registry.example.com/web:1",
        f"registry.example.com/web@sha256:{'a' * 63}",
        "registry.example.com//web:1",
        "'registry.example.com/web:{{ .Values.tag }}'",
        "Shop/web:1",
    ],
)
def test_images_that_can_never_be_pulled_are_errors(image: str, tmp_path: Path) -> None:
    text = _workload().replace("registry.example.com/web:1\n", f"{image}\n")
    assert len(_found(tmp_path, text, "image-malformed")) == 1


@pytest.mark.parametrize("image", ["registry.example.com:5000/web", "web:latest"])
def test_an_image_without_a_version_is_an_error(image: str, tmp_path: Path) -> None:
    text = _workload().replace("registry.example.com/web:1\n", f"{image}\n")
    assert len(_found(tmp_path, text, "image-latest")) == 1


def test_an_image_whose_tag_a_kustomization_sets_has_a_tag(tmp_path: Path) -> None:
    files = {
        "base/web.yaml": _workload().replace("registry.example.com/web:1\n", "web\n"),
        "base/kustomization.yaml": "resources: [web.yaml]\n",
        "live/kustomization.yaml": "resources: [../base]\nimages: [{name: web, newTag: 1.2.3}]\n",
    }
    assert check(repository(tmp_path, files), [find_rule("security/image-latest")]) == ()


def test_the_image_that_injection_replaces_has_no_tag(tmp_path: Path) -> None:
    text = _workload().replace("registry.example.com/web:1\n", "auto\n").replace("- name: web", "- name: istio-proxy")
    assert _found(tmp_path, text, "image-latest") == ()
