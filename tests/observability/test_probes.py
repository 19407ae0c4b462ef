"""Probes: each region asks the others that take requests, and what users ask."""

from pathlib import Path

from rendering import CHECKOUT, example_workspace, render

EXAMPLES = CHECKOUT / "templates" / "observability" / "probes" / "examples" / "valid"


def asked(example: str, region: str, target: Path) -> dict[str, str]:
    """Return the addresses that a region asks, by kind and name."""
    found = render(example_workspace(EXAMPLES / f"{example}.yaml", target), "shop", "example").of_kind("Probe", region)
    settings = [probe["spec"]["targets"]["staticConfig"] for probe in found.values()]
    return {f"{one['labels']['kind']} {one['labels']['target']}": one["static"][0] for one in settings}


def test_a_region_asks_the_others_and_what_users_ask_but_not_itself(tmp_path: Path) -> None:
    assert asked("regions-and-edge", "eu-west-1", tmp_path) == {
        "edge api": "https://api.example.com/health",
        "region ap-south-1": "https://api-ap.example.com/health/region",
        "region us-west-2": "https://api.example.com/health/region",
    }


def test_nobody_asks_a_drained_region_which_asks_the_others_all_the_same(tmp_path: Path) -> None:
    assert asked("drained", "us-west-2", tmp_path / "one") == {}
    assert asked("drained", "eu-west-1", tmp_path / "two") == {
        "region us-west-2": "https://api.example.com/health/region"
    }
