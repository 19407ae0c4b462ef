"""What the three forms of a large platform cost, rendered and proven equal: `python -m benchmarks.forms`.

`gen render` with manifests alone and with all forms; then the stages helm and kustomize, each by itself, and both at
once as `gen verify` runs them. Beside them the tools alone, on the same files: one helm and one kustomize for each
component and region, as many at once as there are processors.
"""

import argparse
import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import GEN, Run, run, spread
from benchmarks.scenario import ENVIRONMENT, PLATFORM, Size, write_workspace
from generator.cli.tools import toolbox
from generator.verify.forms.helm import check_helm
from generator.verify.forms.kustomize import check_kustomize
from generator.verify.forms.tool import Turn
from generator.verify.forms.tree import FormTree
from generator.verify.outcome import Outcome

GOAL_SECONDS = 60


def rendered(workspace: Path, forms: str) -> Run:
    """Render the platform in some forms into a fresh folder."""
    shutil.rmtree(workspace / "output", ignore_errors=True)
    return run((GEN, "render", "--workspace", str(workspace), "--form", forms))


def tree_of(workspace: Path, size: Size) -> FormTree:
    """Return the rendered platform as the stages see it."""
    root = workspace / "output" / PLATFORM / ENVIRONMENT
    manifests = {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.glob("clusters/*/*/*"))}
    regions = tuple(f"region-{number + 1}" for number in range(size.regions))
    return FormTree(root, f"output/{PLATFORM}/{ENVIRONMENT}", regions, manifests)


def tools_alone(tree: FormTree, helm: Path, kustomize: Path) -> None:
    """Run each tool once for each component and region."""
    commands = [
        [str(helm), "template", "x", str(values.parent), "--values", str(values)]
        for values in tree.root.glob("charts/*/charts/*/values-*.yaml")
    ]
    commands += [[str(kustomize), "build", str(overlay)] for overlay in tree.root.glob("kustomize/*/overlays/*")]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done in pool.map(lambda command: subprocess.run(command, capture_output=True, check=True), commands):
            assert done.stdout


@dataclass(frozen=True, slots=True)
class Cost:
    """Wall seconds, and processor seconds of this process and of the tools that it ran."""

    seconds: float
    own: float
    tools: float


def timed(work: Callable[[], None]) -> Cost:
    before, start = _processor(), time.perf_counter()
    work()
    seconds, after = time.perf_counter() - start, _processor()
    return Cost(seconds, after[0] - before[0], after[1] - before[1])


def _processor() -> tuple[float, float]:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    own, tools = (usage.ru_utime + usage.ru_stime for usage in usages)
    return own, tools


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--services", type=int, default=250)
    parser.add_argument("--regions", type=int, default=3)
    parser.add_argument("--where", type=Path, default=Path("/dev/shm"), help="a folder on tmpfs")  # noqa: S108
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    tools = toolbox(None, lambda _: None, ["helm", "kustomize"]).tools
    helm, kustomize = tools["helm"], tools["kustomize"]
    with tempfile.TemporaryDirectory(prefix="gen-bench-", dir=options.where) as folder:
        workspace, size = Path(folder), Size(options.services, options.regions)
        write_workspace(workspace, size, whole=True)
        plain = [rendered(workspace, "manifests") for _ in range(options.runs)]
        whole = [rendered(workspace, "manifests,helm,kustomize") for _ in range(options.runs)]
        tree = tree_of(workspace, size)
        for name, runs in (("manifests", plain), ("all forms", whole)):
            memory = max(each.memory for each in runs)
            print(f"gen render, {name}: {spread([each.seconds for each in runs])} s, {memory:.0f} MiB")
        print(f"{len(tree.manifests)} manifests in {options.regions} regions")
        alone, by_helm, by_kustomize, both = [], [], [], []
        for _ in range(options.runs):
            alone.append(timed(lambda: tools_alone(tree, helm, kustomize)))
            by_helm.append(timed(lambda: _tell("helm", check_helm([tree], helm, lambda _: None))))
            by_kustomize.append(timed(lambda: _tell("kustomize", check_kustomize([tree], kustomize, lambda _: None))))
            both.append(timed(lambda: _both(tree, helm, kustomize)))
    _print("helm", by_helm)
    _print("kustomize", by_kustomize)
    _print(f"both at once (goal: under {GOAL_SECONDS} s)", both)
    _print("the tools alone", alone)
    print(f"ratio {spread([mine.seconds / theirs.seconds for mine, theirs in zip(both, alone, strict=True)])}")
    own, others = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"largest memory       {own:.0f} MiB, of a tool {others:.0f} MiB")


def _print(name: str, costs: Sequence[Cost]) -> None:
    own, tools = spread([cost.own for cost in costs]), spread([cost.tools for cost in costs])
    print(f"{name}: {spread([cost.seconds for cost in costs])} s; processor: own {own} s, of the tools {tools} s")


def _both(tree: FormTree, helm: Path, kustomize: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        stages = [
            pool.submit(check_helm, [tree], helm, lambda _: None, Turn(2)),
            pool.submit(check_kustomize, [tree], kustomize, lambda _: None, Turn(2)),
        ]
        for stage in stages:
            _tell("both", stage.result())


def _tell(name: str, outcome: Outcome) -> None:
    print(f"{name}: {outcome.note}; {len(outcome.problems)} problems")
    for problem in outcome.problems[:5]:
        print(f"  {problem.rule} {problem.text()}")


if __name__ == "__main__":
    main()
