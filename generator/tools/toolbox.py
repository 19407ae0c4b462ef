"""What was provisioned: where each tool and each schema lies on this machine."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from generator.tools.library import Library
from generator.tools.native import version_folder


@dataclass(frozen=True, slots=True)
class Toolbox:
    """Programs by name; the folder of native schemas (one below it a Kubernetes version); the library of CRDs."""

    tools: Mapping[str, Path]
    native: Path
    crds: Library

    def schema_locations(self) -> tuple[str, ...]:
        """Return kubeconform's `-schema-location` values: files only, never an address."""
        native = f"{self.native}/{{{{.NormalizedKubernetesVersion}}}}-standalone{{{{.StrictSuffix}}}}"
        return (
            f"{native}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json",
            f"{self.crds.schemas}/{{{{.Group}}}}/{{{{.ResourceKind}}}}_{{{{.ResourceAPIVersion}}}}.json",
        )

    def own_locations(self) -> tuple[str, ...]:
        """Return those of the schemas that we wrote, which count after all others: see `upstream`."""
        if not any(kind.own for kind in self.crds.kinds.values()):
            return ()
        return (f"{self.crds.own_schemas}/{{{{.Group}}}}/{{{{.ResourceKind}}}}_{{{{.ResourceAPIVersion}}}}.json",)

    def upstream(self) -> "Toolbox":
        """Return what judges a tree that we did not render: without the kinds whose definitions we wrote."""
        return replace(self, crds=self.crds.upstream())

    def schema_file(self, kubernetes: str, api_version: str, kind: str) -> Path | None:
        """Return the schema of a kind ("apps/v1", "Deployment") as kubeconform finds it, or None when there is none."""
        group, _, version = api_version.rpartition("/")
        suffix = f"{group.split('.')[0]}-{version}" if group else version
        candidates = [self.native / version_folder(kubernetes) / f"{kind.lower()}-{suffix.lower()}.json"]
        folders = (self.crds.schemas, self.crds.own_schemas) if self.own_locations() else (self.crds.schemas,)
        candidates += [folder / (group or version) / f"{kind.lower()}_{version}.json" for folder in folders]
        return next((path for path in candidates if path.is_file()), None)

    def definition(self, group: str, kind: str) -> Path | None:
        """Return the file (JSON) of the CRD of a custom kind, as upstream wrote it; None for one that no source has."""
        known = self.crds.kinds.get((group, kind))
        return known.definition if known else None

    def scope(self, group: str, kind: str) -> str | None:
        """Return "Namespaced" or "Cluster" for a custom kind; None for one that no source has."""
        known = self.crds.kinds.get((group, kind))
        return known.scope if known else None
