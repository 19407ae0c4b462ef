"""The reachability stage: what NetworkPolicies and AuthorizationPolicies together let through is what the spec says."""

from collections.abc import Iterable, Iterator, Sequence

from generator.base.problem import ObjectRef, Problem, Severity
from generator.manifests.cluster import Cluster
from generator.manifests.clusters import Repository
from generator.manifests.problems import problem_at
from generator.spec.model import Platform
from generator.verify.outcome import Outcome
from generator.verify.reachability.declared import declared, instances, isolated, meshed, others, services_in
from generator.verify.reachability.endpoint import Connection, Endpoint
from generator.verify.reachability.mesh import Mesh
from generator.verify.reachability.network import EGRESS, INGRESS, Judgement, Network, Peers
from generator.verify.subject import Subject

# A port that nobody names: who may open it may open any.
_ANY_PORT = 9
_HINT = "Declare it in the caller's `calls`, or take it out of the policy."


def check_reachability(subjects: Sequence[Subject]) -> Outcome:
    """Return each connection that is let through and not declared, or declared and not let through.

    Only trees whose spec can be read are judged: the render stage reports the others.
    """
    problems: list[Problem] = []
    judged = 0
    for subject in subjects:
        if subject.platform is None:
            continue
        for region in subject.platform.regions:
            cluster = _cluster_of(subject.repository, region.name)
            if cluster is None:
                continue  # nothing was rendered there: the render stage says so
            check = _Check(cluster, subject.platform, region.name)
            problems += check.problems()
            judged += check.judged
    return Outcome(tuple(problems), note=f"{judged} possible connections")


def _cluster_of(repository: Repository, region: str) -> Cluster | None:
    """Return the cluster that the region's folder goes to."""
    folder = f"clusters/{region}/"
    for cluster in repository.clusters:
        if any(repository.manifests.relative(item).startswith(folder) for item in cluster.objects):
            return cluster
    return None


class _Check:
    """One region."""

    def __init__(self, cluster: Cluster, platform: Platform, region: str) -> None:
        self.region = region
        self.network = Network(cluster)
        self.mesh = Mesh(cluster, platform.mesh.namespace) if platform.mesh else None
        self.meshed = meshed(platform)
        self.isolated = isolated(platform)
        self.services = services_in(cluster, platform, region)
        self.others = [*others(platform), *instances(platform, region)]
        self.endpoints = {endpoint.name: endpoint for endpoint in (*self.services.values(), *self.others)}
        self.wanted = declared(platform, region)
        self.judged = 0

    def problems(self) -> Iterator[Problem]:
        """Yield what is open and not declared, and what is declared and closed."""
        for connection in self.connections():
            self.judged += 1
            layers = list(self.layers(connection, whole=connection in self.wanted))
            allowed = all(layer.allowed for layer in layers)
            if connection in self.wanted and not allowed:
                yield self.missing(connection, layers)
            elif connection not in self.wanted and allowed and layers:
                yield self.unexpected(connection, layers)

    def connections(self) -> Iterator[Connection]:
        """Yield the declared connections, and every other from or to a service that its policies do not rule out."""
        yield from sorted(self.wanted)
        everybody = Peers(self.endpoints.values())
        for target in self.services.values():
            for source in self.peers(target, everybody):
                yield from self.undeclared(source, target, target.ports)
        for source in self.services.values():
            ports = sorted({*self.network.egress_ports(source), _ANY_PORT})
            for target in self.others:
                yield from self.undeclared(source, target, target.ports or ports)

    def undeclared(self, source: Endpoint, target: Endpoint, ports: Iterable[int]) -> Iterator[Connection]:
        for port in ports if source is not target else ():
            connection = Connection(source.name, target.name, port)
            if connection not in self.wanted:
                yield connection

    def peers(self, target: Endpoint, everybody: Peers) -> Iterable[Endpoint]:
        """Return a superset of who can reach a service, by the layer that rules out most."""
        if target.namespace in self.isolated:
            return self.network.peers(target, everybody)
        if self.mesh and target.namespace in self.meshed:
            return self.mesh.peers(target, everybody.all)
        return everybody.all

    def layers(self, connection: Connection, *, whole: bool) -> Iterator[Judgement]:
        """Yield what each layer in the way says; unless `whole`, only up to the first that forbids."""
        source, target = self.endpoints[connection.source], self.endpoints[connection.target]
        port = connection.port
        if self.mesh and target.namespace in self.meshed and target.name in self.services:
            judgement = self.mesh.judge(source, target, port)
            yield judgement
            if not (judgement.allowed or whole):
                return
        if target.namespace in self.isolated:
            judgement = self.network.judge(INGRESS, target, source, port)
            yield judgement
            if not (judgement.allowed or whole):
                return
        if source.namespace in self.isolated:
            yield self.network.judge(EGRESS, source, target, port)

    def unexpected(self, connection: Connection, layers: Sequence[Judgement]) -> Problem:
        by = " and ".join(str(layer) for layer in layers)
        message = f"in {self.region}, {connection} is let through, but the spec does not declare it ({by})."
        return self.problem("reachability/undeclared", layers, message, _HINT)

    def missing(self, connection: Connection, layers: Sequence[Judgement]) -> Problem:
        closed = [layer for layer in layers if not layer.allowed]
        by = " and ".join(str(layer) for layer in closed)
        message = f"in {self.region}, the spec declares {connection}, but it is not let through ({by})."
        return self.problem(
            "reachability/closed", closed, message, "Let the policy allow it, or take it out of `calls`."
        )

    def problem(self, rule: str, layers: Sequence[Judgement], message: str, hint: str) -> Problem:
        by = next((place for layer in layers for place in layer.by), None)
        if by is None:
            reference = ObjectRef("networking.k8s.io", "NetworkPolicy", "", "")
            return Problem(rule=rule, severity=Severity.ERROR, object=reference, message=message, hint=hint)
        return problem_at(by[0], by[1], rule=rule, message=message, hint=hint)
