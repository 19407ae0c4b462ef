"""Who can open a connection, and what it can be opened to."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A pod, or an address outside the cluster (namespace "").

    ports maps the numbers of its ports to their names; principal is its identity in the mesh, "" for plain text.
    """

    name: str
    namespace: str
    labels: Mapping[str, str | None] = field(hash=False)
    ports: Mapping[int, str] = field(default_factory=dict, hash=False)
    principal: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Connection:
    """A connection from one endpoint to a port of another; names are unique among the endpoints of a region."""

    source: str
    target: str
    port: int

    def __str__(self) -> str:
        return f"{self.source} → {self.target}:{self.port}"
