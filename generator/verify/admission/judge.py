"""Sends one object, and the Pod of its template, to the API server, and says what is wrong with them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from time import monotonic, sleep
from typing import Any

from generator.base.errors import GenError
from generator.base.problem import Severity
from generator.manifests.finding import Finding
from generator.manifests.object import Object
from generator.verify.admission import crds
from generator.verify.admission.client import Client, Reply
from generator.verify.admission.ground import APPLY, APPLY_MEDIA
from generator.verify.admission.pods import is_native, pod_of
from generator.verify.admission.replies import Complaint, complaints
from generator.verify.admission.resources import Resource, Resources

_DRY_RUN = {"dryRun": "All", "fieldManager": "gen", "fieldValidation": "Strict"}
_PATIENCE = 10.0
_HINTS = {
    "pod-security": "Mend the pod template, or give the namespace another level.",
    "unknown-kind": "Correct apiVersion and kind, or put its CustomResourceDefinition into the tree.",
}


@dataclass(frozen=True, slots=True)
class Judge:
    """A server with everything on it that its verdicts need; refusals: why a definition is not served, by name."""

    client: Client
    resources: Resources
    refusals: Mapping[str, str]

    def findings(self, item: Object) -> tuple[Finding, ...]:
        """Return what is wrong with an object; never an empty answer for one that was not judged."""
        found = list(self._own(item))
        pod = pod_of(item)
        if pod is not None:
            found += self._of_template(item, found, pod.path, pod.manifest)
        return tuple(
            Finding(
                rule=f"admission/{each.reason}",
                object=item,
                path=each.path,
                message=each.message,
                hint=_HINTS.get(each.reason, ""),
                severity=each.severity,
            )
            for each in dict.fromkeys(found)
        )

    def _own(self, item: Object) -> Iterator[Complaint]:
        resource = self.resources.by_kind.get((item.group, item.version, item.kind))
        if resource is None:
            yield Complaint("unknown-kind", ("apiVersion",), self._unknown(item))
            return
        if (item.group, item.kind) == (crds.GROUP, crds.KIND) and item.name in self.refusals:
            yield Complaint(
                "not-established", ("spec", "names"), f"the definition is not served: {self.refusals[item.name]}."
            )
        reply = self._send(item, resource)
        has_template = pod_of(item) is not None
        for complaint in complaints(reply, item.value):
            # A workload with a template is only warned of what its Pod is judged for.
            if not (has_template and complaint.reason == "pod-security"):
                yield complaint

    def _of_template(
        self, item: Object, found: list[Complaint], path: tuple[str | int, ...], manifest: Mapping[str, Any]
    ) -> Iterator[Complaint]:
        namespace = item.namespace or "default"
        pods = self.resources.by_kind["", "v1", "Pod"]
        reply = self._patiently("POST", pods.collection(namespace, **_DRY_RUN), manifest, "application/json")
        said = {(each.path, each.message) for each in found}
        refused = is_native(item) and any(each.severity is Severity.ERROR for each in found)
        for complaint in complaints(reply, manifest):
            placed = replace(complaint, path=(*path, *complaint.path))
            # What is wrong with the template itself, the server has said of a native workload too, perhaps otherwise.
            repeated = refused and complaint.reason not in {"pod-security", "forbidden", "warning"}
            if not repeated and (placed.path, placed.message) not in said:
                yield placed

    def _send(self, item: Object, resource: Resource) -> Reply:
        namespace = (item.namespace or "default") if resource.namespaced else ""
        value = item.value
        if resource.namespaced and isinstance(value.get("metadata"), dict):
            value = {**value, "metadata": {**value["metadata"], "namespace": namespace}}
        if resource.patchable and _addressable(item):
            where = resource.item(namespace, item.name, **_DRY_RUN, force=APPLY["force"])
            return self._patiently("PATCH", where, value, APPLY_MEDIA)
        return self._patiently("POST", resource.collection(namespace, **_DRY_RUN), value, "application/json")

    def _patiently(self, method: str, where: str, value: Mapping[str, Any], media: str) -> Reply:
        """Return the server's verdict; what only says that the server is not so far yet is asked for again."""
        deadline = monotonic() + _PATIENCE
        while True:
            reply = self.client.request(method, where, value, media=media)
            if "status unknown for quota" not in reply.message and reply.status not in {429, 503}:
                break
            if monotonic() > deadline:
                raise GenError(f"The API server for admission gives no verdict: {reply.message}.")
            sleep(0.05)
        if reply.status == 401 or "could not find the requested resource" in reply.message:
            raise GenError(f"The API server for admission does not take a request ({where}): {reply.message}.")
        return reply

    def _unknown(self, item: Object) -> str:
        served = self.resources.versions(item.group, item.kind)
        version = f"{item.group}/{item.version}" if item.group else item.version
        more = f" It serves {', '.join(served)}." if served else ""
        return f"the API server does not know {item.kind} of {version}.{more}"


def _addressable(item: Object) -> bool:
    """Say whether an object's name can stand in an address; the server's words on one that can't come on creation."""
    return (
        bool(item.name)
        and item.name not in {".", ".."}
        and not set(item.name) & set("/%")
        and item.text("metadata", "name") == item.name
    )
