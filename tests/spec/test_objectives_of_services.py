"""Objectives of a service, layer by layer; the messages are in examples/invalid/objectives-of-a-service."""

from pathlib import Path
from typing import Any

from specs import loaded, problems, write

MEASURED: dict[str, Any] = {"ports": {"http": 8000, "metrics": 9090}, "objectives": {"latency": {"p99": "250ms"}}}


def unmeasured_in_the_south(root: Path, **over: object) -> Path:
    """Write a platform whose catalog exports no metrics in the south, with what is said of it there."""
    there = {"ports": {"metrics": None}, **over}
    return write(root, {"services": {"catalog": MEASURED}}, {"in": {"south": {"services": {"catalog": there}}}})


def test_a_region_takes_all_objectives_away_with_the_port_that_they_are_measured_on(tmp_path: Path) -> None:
    platform = loaded(unmeasured_in_the_south(tmp_path, objectives=None))
    assert [platform.services[region]["catalog"].objectives.latency for region in ("north", "south")] == [
        {"p99": 250},
        {},
    ]


def test_objectives_that_stay_are_not_measured_without_the_port(tmp_path: Path) -> None:
    (problem,) = problems(unmeasured_in_the_south(tmp_path))
    assert "'catalog' has no metrics port to measure them on." in problem


def test_objectives_that_come_back_after_null_want_the_port(tmp_path: Path) -> None:
    spec = {"services": {"catalog": {**MEASURED, "objectives": None}}}
    there = {"ports": {"metrics": None}, "objectives": {"errors": "1%"}}
    (problem,) = problems(write(tmp_path, spec, {"in": {"south": {"services": {"catalog": there}}}}))
    assert "'catalog' has no metrics port to measure them on." in problem
