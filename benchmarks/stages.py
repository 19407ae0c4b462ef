"""Which stage finds how many defects of the corpus in tests/defects: `python -m benchmarks.stages`.

Each defect is made in a copy of its clean tree, and each stage judges all copies; what it says of the clean tree too
does not count. The table is the one in docs/verification.md. It takes some minutes.
"""

import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path += [str(TESTS / "defects"), str(TESTS)]

from corpus import TREES, defects  # noqa: E402  (their folders come first)
from rendered import means  # noqa: E402

from generator.base.problem import Severity  # noqa: E402
from generator.verify.run import verify  # noqa: E402
from generator.verify.subject import folder_subject  # noqa: E402

STAGES = ("kubeconform", "promtool", "istioctl", "admission", "rules")
COLUMNS = ("defects", *STAGES, "by one stage alone", "warning only")


def errors(roots: Mapping[str, Path], stage: str) -> Mapping[str, Counter[tuple[str, str]]]:
    """Return the errors of a stage in each of several trees by rule and file."""
    subjects = [folder_subject(root, name, "1.36") for name, root in roots.items()]
    found: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for problem in verify(subjects, means(), [stage]).problems:
        if problem.severity is Severity.ERROR:
            name, _, file = problem.file.partition("/")
            found[name][problem.rule, file] += 1
    return found


def main() -> None:
    corpus = list(defects())
    caught: dict[str, Counter[str]] = defaultdict(Counter)
    by: dict[int, set[str]] = defaultdict(set)
    with tempfile.TemporaryDirectory() as folder:
        roots = {str(number): defect.mutated(Path(folder, str(number))) for number, defect in enumerate(corpus)}
        for stage in STAGES:
            print(stage, file=sys.stderr)
            clean, found = errors(TREES, stage), errors(roots, stage)
            for number, defect in enumerate(corpus):
                if found[str(number)] - clean[defect.tree]:
                    by[number].add(stage)
    for number, defect in enumerate(corpus):
        group = defect.caught_by[0].rule.partition("/")[0]
        caught[group].update(["defects", *by[number]])
        if len(by[number]) < 2:
            caught[group]["by one stage alone" if by[number] else "warning only"] += 1
        print(f"{defect.tree}: {defect.name}: {', '.join(sorted(by[number])) or 'a warning'}", file=sys.stderr)
    print(f"| what the corpus names | {' | '.join(COLUMNS)} |\n|---|{'--:|' * len(COLUMNS)}")
    total: Counter[str] = Counter()
    for group, counts in sorted(caught.items()):
        total += counts
        print(f"| {group} | {' | '.join(str(counts[name]) for name in COLUMNS)} |")
    print(f"| all | {' | '.join(str(total[name]) for name in COLUMNS)} |")


if __name__ == "__main__":
    main()
