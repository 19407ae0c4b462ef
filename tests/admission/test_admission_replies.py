from typing import Any

import pytest

from generator.base.problem import Severity
from generator.verify.admission.client import Reply
from generator.verify.admission.fields import read_field
from generator.verify.admission.replies import Complaint, complaints

_DEPLOYMENT = {
    "metadata": {"labels": {"app.kubernetes.io/name": "shop", "tier": "a b"}},
    "spec": {
        "template": {
            "metadata": {"labels": {"app": "x"}},
            "spec": {"containers": [{"name": "a"}, {"name": "b", "ports": [{"containerPort": 80}]}]},
        },
    },
}


@pytest.mark.parametrize(
    ("field", "path"),
    [
        ("spec.template.spec.containers[1].image", ("spec", "template", "spec", "containers", 1, "image")),
        ('.spec.template.spec.containers[name="b"].image', ("spec", "template", "spec", "containers", 1, "image")),
        (
            '.spec.template.spec.containers[name="b"].ports[containerPort=80,protocol="TCP"].name',
            ("spec", "template", "spec", "containers", 1, "ports", 0, "name"),
        ),
        ("metadata.labels[app.kubernetes.io/name]", ("metadata", "labels", "app.kubernetes.io/name")),
        ("metadata.labels.app.kubernetes.io/name", ("metadata", "labels", "app.kubernetes.io/name")),
        ("spec.template.labels", ("spec", "template", "metadata", "labels")),
        ("spec.absent[0].other", ("spec", "absent", 0, "other")),
        ("spec.absent[a=1]", ("spec", "absent", "a=1")),
    ],
)
def test_fields_are_read_against_the_object(field: str, path: tuple[str | int, ...]) -> None:
    assert read_field(field, _DEPLOYMENT) == path


def _status(message: str, reason: str = "", status: int = 400, **details: Any) -> Reply:
    return Reply(status, {"kind": "Status", "message": message, "reason": reason, "details": details})


def test_each_cause_is_a_complaint_of_its_own() -> None:
    causes = [
        {"reason": "FieldValueInvalid", "message": 'Invalid value: "a b": a valid label', "field": "metadata.labels"},
        {"reason": "FieldValueRequired", "message": "Required value", "field": "[]"},
    ]
    assert complaints(_status("two things", "Invalid", 422, causes=causes), _DEPLOYMENT) == (
        Complaint("invalid", ("metadata", "labels", "tier"), 'Invalid value: "a b": a valid label.'),
        Complaint("invalid", (), "Required value."),
    )


def test_checks_of_pod_security_are_told_apart_though_their_words_have_commas() -> None:
    message = (
        'pods "x" is forbidden: violates PodSecurity "restricted:latest": unrestricted capabilities (container "b" '
        'must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or containers "a", "b" must)'
    )
    found = complaints(_status(message, "Forbidden", 403), {"spec": {"containers": [{"name": "a"}, {"name": "b"}]}})
    assert [each.path for each in found] == [("spec", "containers", 1), ("spec",)]
    assert [each.reason for each in found] == ["pod-security"] * 2


def test_a_refusal_without_any_known_form_is_still_a_complaint() -> None:
    assert complaints(Reply(418, {}), {}) == (Complaint("status-418", (), "refused with HTTP status 418."),)
    empty = 'pods "x" is forbidden: violates PodSecurity "restricted:latest": '
    assert len(complaints(_status(empty, "Forbidden", 403), {})) == 1


def test_an_address_outside_of_this_servers_own_range_is_no_complaint() -> None:
    said = "failed to allocate IP 172.20.0.10: the provided IP (172.20.0.10) is not in the valid range."
    cause = {"message": said, "field": "spec.clusterIPs"}
    assert complaints(_status(said, "Invalid", 422, causes=[cause]), {}) == ()


def test_warnings_are_complaints_except_of_the_finalizer_that_argo_cd_documents() -> None:
    known = '"resources-finalizer.argocd.argoproj.io": prefer a domain-qualified finalizer name including a path (/)'
    other = known.replace("resources-finalizer.argocd.argoproj.io", "shop")
    said = tuple(f"metadata.finalizers: {each}" for each in (known, other))
    (found,) = complaints(Reply(200, {}, said), {})
    assert (found.path, found.severity) == (("metadata", "finalizers"), Severity.WARNING)
    assert found.message.startswith('"shop"')
