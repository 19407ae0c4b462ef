"""A workspace: the folder that holds `environments/`, and what of it is rendered and committed."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.base.characters import visible
from generator.base.errors import GenError, ProblemsError
from generator.base.nearest import did_you_mean
from generator.base.problem import Problem
from generator.base.resources import data_root
from generator.components.catalogue import Catalogue, read_catalogue
from generator.documents.reader import parse, read_source
from generator.documents.schema import Schemas
from generator.spec.component_checks import component_problems
from generator.spec.layers import Layer, problem_at
from generator.spec.references import unknown

PLATFORM_FILE = "platform.yaml"
WORKSPACE_FILE = "workspace.yaml"
# What lies beside a platform's environments and is none: the last two are read by tests, not by gen.
_NO_ENVIRONMENT = (PLATFORM_FILE, "traceability.yaml", "compliance.yaml")


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
            near = did_you_mean(platform, self.environments) or f"Known: {_listed(self.environments)}."
            raise GenError(f"There is no platform '{platform}' below environments/. {near}")
        pairs = tuple(
            (name, env)
            for name, environments in sorted(self.environments.items())
            for env in environments
            if platform in (None, name)
            and (env == environment if environment else all_environments or env in self.committed[name])
        )
        if not pairs:
            raise GenError(self._nothing_chosen(platform, environment))
        return pairs

    def stale_trees(self) -> tuple[str, ...]:
        """Return the rendered trees below output/ whose environment is gone, as "<platform>/<environment>", sorted."""
        rendered = (path.parent for path in (self.root / "output").glob("[!.]*/[!.]*/inventory.json"))
        trees = ((tree.parent.name, tree.name) for tree in rendered)
        return tuple(sorted(f"{name}/{env}" for name, env in trees if env not in self.environments.get(name, ())))

    def _nothing_chosen(self, platform: str | None, environment: str | None) -> str:
        known = {env for name, envs in self.environments.items() if platform in (None, name) for env in envs}
        of = f" of platform '{platform}'" if platform else ""
        if not known:
            folder = platform or "<platform>"
            return (
                f"{self.root / 'environments'} holds no environment{of}. "
                f"Write environments/{folder}/{PLATFORM_FILE} and one <environment>.yaml beside it."
            )
        if environment:
            near = did_you_mean(environment, known) or f"Known: {_listed(known)}."
            return f"There is no environment '{environment}'{of}. {near}"
        return (
            f"environments/{WORKSPACE_FILE} lists no environment{of}. Add one, or name it with --env: {_listed(known)}."
        )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none yet"


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
    """Return the workspace at `root`; raises ProblemsError for mistakes in its own file, file names or components."""
    schemas = Schemas(data_root() / "schemas")
    catalogue = read_catalogue((data_root() / "templates", root / "templates"), schemas)
    folder = root / "environments"
    environments = {
        path.parent.name: tuple(
            sorted(file.stem for file in path.parent.glob("[!.]*.yaml") if file.name not in _NO_ENVIRONMENT)
        )
        for path in sorted(folder.glob(f"[!.]*/{PLATFORM_FILE}"))
    }
    committed, problems = _committed(folder, environments, schemas)
    problems = (*problems, *_file_names(folder, environments, schemas), *component_problems(catalogue, schemas))
    if problems:
        raise ProblemsError(problems)
    return Workspace(root, environments, committed, schemas, catalogue)


def _file_names(folder: Path, environments: Mapping[str, tuple[str, ...]], schemas: Schemas) -> Iterator[Problem]:
    """Yield what is wrong with the names of platforms' folders and files: they become names of objects and labels."""
    name = {"$ref": "common.schema.json#/$defs/name"}
    schema = {"propertyNames": name, "additionalProperties": {"items": name}}
    # As they print: a name that is not UTF-8 would be no string to the validator.
    named = {visible(platform): [visible(env) for env in listed] for platform, listed in environments.items()}
    for found in schemas.parameter_violations(schema, named):
        platform = str(found.path[0])
        index = found.path[1] if len(found.path) > 1 else None
        file = f"{platform}/{named[platform][index]}.yaml" if isinstance(index, int) else platform
        yield Problem(rule="spec/file-name", message=found.message, hint=found.hint, file=f"environments/{file}")
    for path in sorted((*folder.glob("[!.]*.yml"), *folder.glob("[!.]*/[!.]*.yml"))):
        file = path.relative_to(folder.parent).as_posix()
        yield Problem(rule="spec/file-name", message="not read.", hint=f"Name it {path.stem}.yaml.", file=file)
    for path in sorted({path.parent for path in folder.glob("[!.]*/[!.]*.yaml")}):
        if path.name not in environments and not (path / "platform.yml").exists():
            file = f"environments/{path.name}"
            message, hint = f"there is no {PLATFORM_FILE} here.", "Write what is true in all its environments."
            yield Problem(rule="spec/file-name", message=message, hint=hint, file=file)


def _committed(
    folder: Path, environments: Mapping[str, tuple[str, ...]], schemas: Schemas
) -> tuple[Mapping[str, tuple[str, ...]], tuple[Problem, ...]]:
    file = folder / WORKSPACE_FILE
    if not os.path.lexists(file):
        return environments, ()
    try:
        source = read_source(file, f"environments/{WORKSPACE_FILE}", within=folder.parent)
    except ProblemsError as error:
        return {}, error.problems  # the names of the other files are checked all the same
    parsed, problems = parse(source)
    problems = problems or schemas.check("workspace", parsed, source)
    if problems:
        return {}, problems
    written: Any = parsed
    chosen: dict[str, list[str]] = written["render"]
    layer = Layer(source, (), written)
    return (
        {name: tuple(chosen.get(name, ())) for name in environments},
        tuple(_not_there(layer, chosen, environments)),
    )


def _not_there(
    layer: Layer, chosen: Mapping[str, list[str]], environments: Mapping[str, tuple[str, ...]]
) -> Iterator[Problem]:
    for name, listed in chosen.items():
        if name not in environments:
            message, hint = unknown("platform", name, environments)
            yield problem_at([layer], ("render", name), "spec/unknown-platform", message, hint, key=True)
            continue
        for index, environment in enumerate(listed):
            if environment not in environments[name]:
                message, hint = unknown("environment", environment, environments[name])
                yield problem_at([layer], ("render", name, index), "spec/unknown-environment", message, hint)
