"""What each message of `istioctl analyze` is worth when it sees only files, with the reason for each choice."""

from collections.abc import Mapping

from generator.base.problem import Severity

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO

SEVERITIES: Mapping[str, Severity] = {
    "IST0001": _ERROR,  # the analysis itself failed
    "IST0002": _WARNING,  # deprecated feature
    "IST0101": _ERROR,  # reference to nothing; see also UNSEEN
    "IST0106": _ERROR,  # Istio's webhook refuses it
    "IST0107": _WARNING,  # annotation on the wrong kind
    "IST0108": _WARNING,  # annotation that nobody knows
    "IST0109": _ERROR,  # two VirtualServices for one host: which one wins is not defined
    "IST0110": _ERROR,  # two Sidecars select one pod
    "IST0111": _ERROR,  # two Sidecars for a whole namespace
    "IST0112": _ERROR,  # no port although the Service has several
    "IST0116": _WARNING,  # one port, two protocols
    "IST0118": _INFO,  # the protocol is detected
    "IST0123": _WARNING,  # two kinds of injection labels
    "IST0125": _WARNING,  # annotation with a bad value
    "IST0130": _WARNING,  # a rule behind a rule that takes everything
    "IST0131": _INFO,  # a match that an earlier rule has too
    "IST0132": _WARNING,  # the Gateway serves none of the hosts
    "IST0133": _WARNING,  # Istio's webhook warns
    "IST0135": _INFO,  # deprecated annotation
    "IST0136": _INFO,  # alpha annotation
    "IST0137": _WARNING,  # two Services, one target port, different ports
    "IST0138": _WARNING,  # one certificate in two Gateways: HTTP/2 connections are reused for the wrong one
    "IST0140": _WARNING,  # a subset that the ingress gateway does not see
    "IST0143": _ERROR,  # listens on localhost only
    "IST0144": _WARNING,  # runs as the proxy's user: its traffic by-passes the proxy
    "IST0145": _ERROR,  # two Gateways, one port and host
    "IST0149": _WARNING,  # JWT claims without RequestAuthentication: in which namespace the gateway runs is a guess
    "IST0150": _WARNING,  # ExternalName with a TCP port
    "IST0151": _WARNING,  # EnvoyFilter: relative operation without priority
    "IST0152": _ERROR,  # EnvoyFilter: REPLACE where it is not allowed
    "IST0153": _ERROR,  # EnvoyFilter: ADD that is ignored
    "IST0154": _ERROR,  # EnvoyFilter: REMOVE that is ignored
    "IST0155": _WARNING,  # EnvoyFilter: relative operation with proxyVersion
    "IST0156": _ERROR,  # Gateway API CRD too old
    "IST0157": _WARNING,  # Telemetry without providers
    "IST0159": _ERROR,  # two Telemetries select one pod
    "IST0160": _ERROR,  # two Telemetries for a whole namespace
    "IST0165": _WARNING,  # a gateway that the implementation generates
    "IST0166": _WARNING,  # a selector on a Kubernetes Gateway
    "IST0167": _WARNING,  # a policy without effect
    "IST0172": _WARNING,  # Gateway API CRD soon too old
    "IST0176": _WARNING,  # Gateway API CRD too old for its kind
    "IST0177": _WARNING,  # two ServiceEntries, one host and port, two protocols
}
"""What a message amounts to; one that is in neither table counts as Istio ranks it."""

DROPPED: Mapping[str, str] = {
    "IST0102": "a namespace outside the mesh is a choice",
    "IST0103": "the proxy is injected at run time, so no manifest has it",
    "IST0126": "the mesh's networks are not in the tree",
    "IST0127": "there are no pods in files; our own rule on selectors reads pod templates",
    "IST0128": "Istio verifies against the system's certificates when none are named (since 1.24)",
    "IST0129": "as IST0128, for one port",
    "IST0134": "addresses are allocated automatically (since 1.25); the setting is istiod's, not in the tree",
    "IST0139": "a webhook's service is installed with its operator",
    "IST0141": "asks for permissions in a running cluster",
    "IST0142": "asks for the version of a running cluster",
    "IST0146": "the injector's webhook is not in the tree, so everything seems not to be injected",
    "IST0147": "as IST0146",
    "IST0148": "the injector's settings are not in the tree",
    "IST0158": "compares running pods",
    "IST0161": "no certificate is in the tree, only what fetches it",
    "IST0162": "istioctl makes up the ingress gateway and its ports when it reads files",
    "IST0163": "asks for an external control plane",
    "IST0164": "asks for an external control plane",
    "IST0168": "compares with an installed version",
    "IST0169": "compares with an installed version",
    "IST0170": "each cluster is analysed by itself",
    "IST0171": "files have no status",
    "IST0173": "there are no pods in files; our own rule on subsets reads pod templates",
    "IST0174": "istioctl reads no Services from files; our own rule on hosts does",
    "IST0175": "a setting of istiod, not in the tree",
}
"""Messages that say nothing when there is no cluster to ask, and why."""

UNSEEN: Mapping[str, str] = {
    "host": "istioctl reads no Services from files; our own rule on hosts does",
    "mirror host": "as host",
    "namespace": "istioctl reads no Namespaces from files; our own rule on namespaces does",
    "selector": "gateway pods come with a chart, and istioctl makes up those of istio-system",
    "credentialName": "the secret is fetched at run time; our own rules follow it to its ExternalSecret or Certificate",
}
"""Kinds of reference of IST0101 that files cannot answer, and why."""
