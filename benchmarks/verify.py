"""`gen verify` over a large platform beside kubeconform alone on the same tree: `python -m benchmarks.verify`.

promtool, istioctl and the API server are left out of `gen verify` here: they are measured by themselves with `--whole`.
Both are new processes, in turn.
"""

import argparse
import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.processes import GEN, Run, run, spread
from benchmarks.scenario import ENVIRONMENT, PLATFORM, Size, write_workspace
from generator.cli.tools import toolbox
from generator.verify.kubeconform import command

GOAL_SECONDS, GOAL_RULES, GOAL_MEMORY = 10, 3, 1024
LEFT_OUT = ("--without", "promtool", "--without", "istioctl", "--without", "admission", "--allow-incomplete")


def kubeconform(workspace: Path) -> Run:
    """Run kubeconform alone, with the words that gen gives it."""
    words = command("1.36", toolbox(None, lambda _: None, ["kubeconform"]))
    folders = [str(workspace / "output" / PLATFORM / ENVIRONMENT / name) for name in ("argocd", "clusters")]
    return run((*words, *folders))


def verify(workspace: Path, *words: str) -> Run:
    """Run `gen verify`, its report as JSON."""
    return run((GEN, "verify", "--workspace", str(workspace), "--format", "json", *words))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--services", type=int, default=170)
    parser.add_argument("--regions", type=int, default=4)
    parser.add_argument("--where", type=Path, default=Path("/dev/shm"), help="a folder on tmpfs")  # noqa: S108
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--whole", action="store_true", help="run every stage once, too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gen-bench-", dir=options.where) as folder:
        workspace = Path(folder)
        write_workspace(workspace, Size(options.services, options.regions), whole=True)
        run((GEN, "render", "--workspace", folder))
        pairs = [(verify(workspace, *LEFT_OUT), kubeconform(workspace)) for _ in range(options.runs)]
        report = json.loads(pairs[-1][0].output)
        print(f"{report['objects']} objects; {len(report['problems'])} problems, {report['skipped']} skipped")
        print(f"gen verify        {spread([gen.seconds for gen, _ in pairs])} s; goal: under {GOAL_SECONDS}")
        print(f"kubeconform alone {spread([alone.seconds for _, alone in pairs])} s")
        print(f"ratio             {spread([gen.seconds / alone.seconds for gen, alone in pairs])}")
        print(f"largest memory    {max(gen.memory for gen, _ in pairs):.0f} MiB; goal: under {GOAL_MEMORY}")
        _stages([json.loads(gen.output) for gen, _ in pairs], statistics.median(a.seconds for _, a in pairs))
        if options.whole:
            whole = verify(workspace)
            print(f"with every stage  {whole.seconds:.1f} s, {whole.memory:.0f} MiB")
            _stages([json.loads(whole.output)], kubeconform(workspace).seconds)


def _stages(reports: list[dict[str, Any]], alone: float) -> None:
    """Print the seconds of each stage and their ratio to kubeconform alone."""
    print("| stage | s | to kubeconform alone |\n|---|--:|--:|")
    for index, stage in enumerate(reports[0]["stages"]):
        seconds = statistics.median(report["stages"][index]["seconds"] for report in reports)
        goal = f" (goal: under {GOAL_RULES})" if stage["name"] == "rules" else ""
        print(f"| {stage['name']} | {seconds:.2f}{goal} | {seconds / alone:.2f} |")


if __name__ == "__main__":
    main()
