"""A workspace: the folder that holds `environments/`, and what of it is rendered and committed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.base.errors import GenError, ProblemsError
from generator.base.nearest import did_you_mean
from generator.base.resources import data_root
from generator.components.catalogue import Catalogue, read_catalogue
from generator.documents.reader import parse, read_source
from generator.documents.schema import Schemas

PLATFORM_FILE = "platform.yaml"
WORKSPACE_FILE = "workspace.yaml"


@dataclass(frozen=True, slots=True)
class Workspace:
    """root: the folder; environments: platform → names of its environments; committed: those that are rendered."""

    root: Path
    environments: Mapping[str, tuple[str, ...]]
    committed: Mapping[str, tuple[str, ...]]
    schemas: Schemas
    catalogue: Catalogue

    def output(self, platform: str, environment: str) -> Path:
        """Return the folder of an environment's rendered tree."""
        return self.root / "output" / platform / environment

    def chosen(
        self, platform: str | None, environment: str | None, *, all_environments: bool = False
    ) -> tuple[tuple[str, str], ...]:
        """Return the (platform, environment) pairs that a command means; without an environment, the committed ones.

        Raises GenError when nothing is meant.
        """
        if platform is not None and platform not in self.environments:
            near = did_you_mean(platform, self.environments)
            raise GenError(f"There is no platform '{platform}' below environments/. {near}".strip())
        pairs = tuple(
            (name, env)
            for name, environments in sorted(self.environments.items())
            for env in environments
            if platform in (None, name)
            and (env == environment if environment else all_environments or env in self.committed[name])
        )
        if not pairs:
            known = sorted({env for environments in self.environments.values() for env in environments})
            near = did_you_mean(environment or "", known) or f"Known: {', '.join(known) or 'none yet'}."
            raise GenError(f"There is no environment '{environment}'. {near}" if environment else _nothing(self.root))
        return pairs


def _nothing(root: Path) -> str:
    return (
        f"{root / 'environments'} holds no environment. Write environments/<platform>/{PLATFORM_FILE} and one "
        "<environment>.yaml beside it."
    )


def find_root(start: Path) -> Path:
    """Return the nearest folder from `start` upwards that holds `environments/`; raises GenError without one."""
    for folder in (start, *start.parents):
        if (folder / "environments").is_dir():
            return folder
    raise GenError(
        f"No workspace: neither {start} nor a folder above it holds environments/. Go to your workspace, or name it "
        "with --workspace."
    )


def open_workspace(root: Path) -> Workspace:
    """Return the workspace at `root`; raises ProblemsError for mistakes in its own file or its components."""
    schemas = Schemas(data_root() / "schemas")
    catalogue = read_catalogue((data_root() / "templates", root / "templates"), schemas)
    folder = root / "environments"
    environments = {
        path.parent.name: tuple(sorted(file.stem for file in path.parent.glob("*.yaml") if file.name != PLATFORM_FILE))
        for path in sorted(folder.glob(f"*/{PLATFORM_FILE}"))
    }
    return Workspace(root, environments, _committed(folder, environments, schemas), schemas, catalogue)


def _committed(
    folder: Path, environments: Mapping[str, tuple[str, ...]], schemas: Schemas
) -> Mapping[str, tuple[str, ...]]:
    file = folder / WORKSPACE_FILE
    if not file.is_file():
        return environments
    source = read_source(file, f"environments/{WORKSPACE_FILE}")
    parsed, problems = parse(source)
    problems = problems or schemas.check("workspace", parsed, source)
    if problems:
        raise ProblemsError(problems)
    tree: Any = parsed
    chosen: dict[str, tuple[str, ...]] = {name: tuple(listed) for name, listed in tree["render"].items()}
    for name, listed in chosen.items():
        for environment in listed:
            if environment not in environments.get(name, ()):
                raise GenError(
                    f"{source.shown} names {name}/{environment}, which is not there. Write "
                    f"environments/{name}/{environment}.yaml, or remove the entry."
                )
    return {name: chosen.get(name, ()) for name in environments}
