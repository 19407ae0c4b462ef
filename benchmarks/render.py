"""The whole of `gen render` beside a bare Jinja2 loop that writes the same files: `python -m benchmarks.render`.

Both are new processes that write into fresh folders, in turn. The bare loop is given its values ready-made; `gen` reads
and checks the spec, derives, plans, renders, hashes, and writes Argo CD's Applications and the inventory besides.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contexts import contexts
from benchmarks.processes import GEN, Run, run, spread
from benchmarks.scenario import ENVIRONMENT, MANIFESTS, PLATFORM, Size, names, release, write_workspace

BARE = str(Path(__file__).parent / "bare" / "write.py")
GOAL_RATIO, GOAL_MEMORY = 4, 512
TABLE = (1_000, 2_500, 5_000, 10_000, 20_000)  # objects


@dataclass(frozen=True, slots=True)
class Pair:
    """One run of each; seconds that the bare process spent on reading its contexts, and on its loop."""

    gen: Run
    bare: Run
    read: float
    loop: float

    @property
    def ratio(self) -> float:
        """Wall time, whole processes."""
        return self.gen.seconds / (self.bare.seconds - self.read)

    @property
    def processor_ratio(self) -> float:
        """Processor time, whole processes: what other work on the machine hardly disturbs."""
        return self.gen.processor / (self.bare.processor - self.read)


@dataclass(frozen=True, slots=True)
class Bench:
    """A folder with a generated workspace, the contexts for the bare loop, and what both write."""

    root: Path
    size: Size

    def prepare(self) -> None:
        """Write the workspace and the contexts; the folder must be empty."""
        write_workspace(self.workspace, self.size)
        self.contexts.write_text(json.dumps(contexts(self.workspace)), "utf-8")

    @property
    def workspace(self) -> Path:
        """The workspace that gen renders."""
        return self.root / "workspace"

    @property
    def contexts(self) -> Path:
        """The values that the bare loop is given."""
        return self.root / "contexts.json"

    @property
    def tree(self) -> Path:
        """The rendered tree of the one environment."""
        return self.workspace / "output" / PLATFORM / ENVIRONMENT

    @property
    def bare(self) -> Path:
        """What the bare loop writes."""
        return self.root / "bare"

    def gen(self) -> Run:
        """Run `gen render` on what is there."""
        return run((GEN, "render", "--workspace", str(self.workspace)))

    def pair(self) -> Pair:
        """Run both into fresh folders."""
        self.clear()
        gen = self.gen()
        bare = run((sys.executable, BARE, str(self.contexts), str(self.bare)))
        spent = json.loads(bare.output)
        return Pair(gen, bare, spent["read"], spent["loop"])

    def clear(self) -> None:
        """Remove what both wrote."""
        for folder in (self.workspace / "output", self.bare):
            shutil.rmtree(folder, ignore_errors=True)

    def differing(self) -> list[str]:
        """Return the files of the bare loop that gen did not write with the same bytes."""
        written = sorted(path.relative_to(self.bare) for path in self.bare.rglob("*.yaml"))
        if len(written) != self.size.objects:
            raise RuntimeError(f"the bare loop wrote {len(written)} files instead of {self.size.objects}")
        return [str(path) for path in written if not _same(self.tree / path, self.bare / path)]


def _same(one: Path, other: Path) -> bool:
    return one.is_file() and one.read_bytes() == other.read_bytes()


@contextmanager
def bench(where: Path, size: Size) -> Iterator[Bench]:
    """Make a bench in a new folder, removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="gen-bench-", dir=where) as folder:
        made = Bench(Path(folder), size)
        made.prepare()
        yield made


def compare(where: Path, size: Size, runs: int) -> None:
    """Print how gen compares with the bare loop, and what a second and a small change cost."""
    with bench(where, size) as made:
        made.pair()  # for the file cache and the bytecode
        pairs = [made.pair() for _ in range(runs)]
        different = made.differing()
        files = sum(path.is_file() for path in made.tree.rglob("*"))
        print(f"{size.services} services in {size.regions} regions: {size.objects} objects of services, {files} files")
        if different:
            raise SystemExit(f"{len(different)} files differ from the bare loop's, the first: {different[0]}")
        print(f"the bare loop writes the same bytes: {size.objects} of {size.objects} files are equal")
        print(f"gen render           {spread([pair.gen.seconds for pair in pairs])} s")
        print(
            f"bare Jinja2          {spread([pair.bare.seconds - pair.read for pair in pairs])} s, contexts ready-made"
        )
        print(f"ratio                {spread([pair.ratio for pair in pairs])}; goal: at most {GOAL_RATIO}")
        print(f"  in processor time  {spread([pair.processor_ratio for pair in pairs])}")
        print(
            f"  to the loop alone  {spread([pair.gen.seconds / pair.loop for pair in pairs])}, Python already started"
        )
        print(f"largest memory       {max(pair.gen.memory for pair in pairs):.0f} MiB; goal: under {GOAL_MEMORY}")
        print(f"nothing changed      {spread([made.gen().seconds for _ in range(runs)])} s")
        print(f"one service released {spread(_releases(made, runs))} s")


def _releases(made: Bench, runs: int) -> list[float]:
    seconds = []
    for number in range(runs):
        release(made.workspace, names(made.size.services)[number % made.size.services], f"77.{number}.0")
        seconds.append(made.gen().seconds)
    return seconds


def growth(where: Path, regions: int, runs: int) -> None:
    """Print the cost of platforms of several sizes, the best of the runs, and of each object more than above it."""
    print("\n| objects | gen, s | bare, s | ratio | gen, µs an object | µs of each further object | MiB |")
    print("|--:|--:|--:|--:|--:|--:|--:|")
    before: tuple[int, float] | None = None
    for objects in TABLE:
        size = Size(objects // (len(MANIFESTS) * regions), regions)
        with bench(where, size) as made:
            made.pair()
            pairs = [made.pair() for _ in range(runs)]
        gen = min(pair.gen.seconds for pair in pairs)
        bare = min(pair.bare.seconds - pair.read for pair in pairs)
        memory = max(pair.gen.memory for pair in pairs)
        further = f"{(gen - before[1]) / (size.objects - before[0]) * 1e6:.0f}" if before else ""
        each = gen / size.objects * 1e6
        print(
            f"| {size.objects:,} | {gen:.2f} | {bare:.2f} | {gen / bare:.2f} | {each:.0f} | {further} | {memory:.0f} |"
        )
        before = (size.objects, gen)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--services", type=int, default=250)
    parser.add_argument("--regions", type=int, default=4)
    parser.add_argument("--where", type=Path, default=Path("/dev/shm"), help="a folder on tmpfs")  # noqa: S108
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--no-growth", action="store_true", help="leave out the table of sizes")
    options = parser.parse_args()
    compare(options.where, Size(options.services, options.regions), options.runs)
    if not options.no_growth:
        growth(options.where, options.regions, max(3, options.runs // 2))


if __name__ == "__main__":
    main()
