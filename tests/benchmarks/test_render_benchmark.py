"""The render benchmark compares like with like: these run it on a small platform, and measure nothing."""

import shutil
from pathlib import Path

import pytest
import yaml

from benchmarks.render import Bench
from benchmarks.scenario import MANIFESTS, Size, names, release, write_workspace

SIZE = Size(services=3, regions=2)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Bench(tmp_path_factory.mktemp("bench"), SIZE)
    made.prepare()
    made.pair()
    return made.root


@pytest.fixture
def bench(rendered: Path, tmp_path: Path) -> Bench:
    """Return a copy that a test may change."""
    shutil.copytree(rendered, tmp_path, dirs_exist_ok=True)
    return Bench(tmp_path, SIZE)


def services(bench: Bench) -> dict[str, bytes]:
    """Return the files of the services by path; not those of Argo CD and of the platform's own components."""
    files = (path for name in names(SIZE.services) for path in bench.tree.glob(f"clusters/*/{name}/*"))
    return {str(path.relative_to(bench.tree)): path.read_bytes() for path in files}


def test_gen_renders_ten_objects_of_every_service_in_every_region(bench: Bench) -> None:
    rendered = services(bench)
    assert len(rendered) == SIZE.objects == 60
    assert len({path.rpartition("/")[2] for path in rendered}) == len(MANIFESTS) == 10


def test_the_bare_loop_writes_the_bytes_that_gen_renders(bench: Bench) -> None:
    assert bench.differing() == []


def test_a_file_that_differs_in_one_byte_is_noticed(bench: Bench) -> None:
    path = min(services(bench))
    changed = bench.bare / path
    changed.write_bytes(changed.read_bytes().replace(b"apiVersion", b"apiversion"))
    assert bench.differing() == [path]


def test_a_file_that_gen_did_not_write_is_noticed(bench: Bench) -> None:
    path = max(services(bench))
    (bench.tree / path).unlink()
    assert bench.differing() == [path]


def test_a_file_that_the_bare_loop_did_not_write_is_noticed(bench: Bench) -> None:
    (bench.bare / min(services(bench))).unlink()
    with pytest.raises(RuntimeError, match="wrote 59 files instead of 60"):
        bench.differing()


def test_a_release_changes_the_workload_of_one_service_and_nothing_else_of_the_services(bench: Bench) -> None:
    before = services(bench)
    name = names(SIZE.services)[1]
    release(bench.workspace, name, "77.0.1")
    bench.gen()
    after = services(bench)
    assert before.keys() == after.keys()
    assert sorted(path for path in before if before[path] != after[path]) == [
        f"clusters/region-{number}/{name}/deployment.yaml" for number in (1, 2)
    ]


def test_no_two_services_have_the_same_name_and_none_calls_a_later_one(tmp_path: Path) -> None:
    every = names(1000)
    assert len(set(every)) == len(every)
    write_workspace(tmp_path, Size(40, 1))
    platform = yaml.safe_load((tmp_path / "environments/emporium/platform.yaml").read_text("utf-8"))
    order = list(platform["services"])
    for name, service in platform["services"].items():
        assert all(order.index(callee) < order.index(name) for callee in service["calls"])
