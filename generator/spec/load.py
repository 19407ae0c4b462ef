"""Loads one environment of a platform: documents in, typed platform out, all problems together."""

from collections.abc import Mapping

from generator.base.errors import ProblemsError
from generator.base.problem import Problem, failed, sort_problems
from generator.documents.reader import parse, read_source
from generator.spec import build, checks, model
from generator.spec.documents import Documents
from generator.spec.layers import Layer
from generator.spec.parameters import parameter_problems
from generator.spec.workspace import PLATFORM_FILE, Workspace


def load(workspace: Workspace, platform: str, environment: str) -> model.Platform:
    """Return an environment of a platform, resolved.

    Raises ProblemsError with everything that is wrong: first what the documents are by themselves (YAML, schema), and
    once these are sound what they are together.
    """
    documents = read_documents(workspace, platform, environment)
    problems = sort_problems((*checks.problems(documents, platform), *parameter_problems(documents, workspace.schemas)))
    if failed(problems):
        raise ProblemsError(problems)
    return build.platform(documents, environment)


def read_documents(workspace: Workspace, platform: str, environment: str) -> Documents:
    """Return the documents of an environment as layers; raises ProblemsError unless each is valid by itself."""
    folder = f"environments/{platform}"
    written, problems = _read(workspace, f"{folder}/{PLATFORM_FILE}", "platform")
    chosen, more = _read(workspace, f"{folder}/{environment}.yaml", "environment")
    if problems or more:
        raise ProblemsError((*problems, *more))
    tier = str(chosen.tree.get("tier", ""))
    within = chosen.below("in")
    regions = chosen.tree.get("regions")
    return Documents(
        platform=written,
        tier=written.below("tiers", tier),
        environment=chosen,
        within={str(name): within.below(str(name)) for name in (regions if isinstance(regions, list) else ())},
        catalogue=workspace.catalogue,
    )


def _read(workspace: Workspace, shown: str, schema: str) -> tuple[Layer, tuple[Problem, ...]]:
    try:
        source = read_source(workspace.root / shown, shown, within=workspace.root)
    except ProblemsError as error:
        return Layer(None, (), {}), error.problems  # the other document is read all the same
    tree, problems = parse(source)
    problems = problems or workspace.schemas.check(schema, tree, source)
    return Layer(source, (), tree if isinstance(tree, Mapping) else {}), problems
