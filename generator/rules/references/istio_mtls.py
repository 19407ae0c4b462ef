"""Which mutual TLS mode holds for a port of a pod: its own PeerAuthentication, its namespace's or the mesh's."""

from collections import defaultdict
from typing import TYPE_CHECKING

from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.selectors import selects
from generator.manifests.workload import Workload
from generator.rules.references.istio_registry import ROOT, SECURITY

if TYPE_CHECKING:
    from generator.manifests.object import Object


class PeerModes:
    """The PeerAuthentications of a cluster, looked up by pod and port."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.own: dict[str, list[Object]] = defaultdict(list)
        self.whole: dict[str, str] = {}
        for item in cluster.of("PeerAuthentication", SECURITY):
            if values.labels(item.value, "spec", "selector", "matchLabels"):
                self.own[item.namespace].append(item)
            else:
                self.whole[item.namespace] = item.text("spec", "mtls", "mode")

    def mode(self, pod: Workload, port: int | None) -> str:
        """Return STRICT, PERMISSIVE or DISABLE; "" when nothing in the tree tells or the pod has no sidecar."""
        if not self.in_mesh(pod):
            return ""
        for item in self.own[pod.namespace]:
            if selects(item.mapping("spec", "selector"), pod.labels):
                exact = item.text("spec", "portLevelMtls", str(port), "mode")
                stated = exact or item.text("spec", "mtls", "mode")
                if stated and stated != "UNSET":
                    return stated
        for namespace in (pod.namespace, ROOT):
            stated = self.whole.get(namespace, "")
            if stated and stated != "UNSET":
                return stated
        return ""

    def in_mesh(self, pod: Workload) -> bool:
        """Say whether a pod gets a sidecar, as far as labels tell: its own, else its namespace's."""
        key = "sidecar.istio.io/inject"
        metadata = values.mapping(pod.object.value, *pod.template, "metadata") if pod.template is not None else {}
        own = pod.labels.get(key) or values.text(metadata, "annotations", key)
        if own:
            return own == "true"
        labels = self.cluster.namespace_labels(pod.namespace)
        declared = self.cluster.get("", "Namespace", "", pod.namespace) is not None
        injected = labels.get("istio-injection") == "enabled" or "istio.io/rev" in labels
        return (injected or not declared) and not values.flag(pod.spec, "hostNetwork")
