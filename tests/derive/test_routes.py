"""Routes to a host: callers with one policy share a route, and whoever has none gets the default."""

from dataclasses import replace

from rendering import talai

from generator.derive.traffic import DEFAULT_POLICY, RETRY_ON, Route, routes
from generator.spec.model import CallPolicy, Service
from generator.spec.units import DEFAULT_CALL


def caller(name: str) -> Service:
    return replace(talai().platform.services["us-west-2"]["orchex"], name=name)


def labels(name: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": name}


SLOW, FAST, ONCE = CallPolicy(60_000, 2), CallPolicy(2_000, 1), CallPolicy(5_000, 0)
TO_ALL = Route("others", (), "10s", {"attempts": DEFAULT_POLICY.retries, "retryOn": RETRY_ON})


def test_one_policy_of_all_callers_is_one_route_without_a_match() -> None:
    found = routes([(caller("a"), SLOW), (caller("b"), SLOW)])
    assert found == (Route("others", (), "1m", {"attempts": 2, "retryOn": RETRY_ON}),)


def test_several_policies_are_a_match_each_and_a_default_at_the_end() -> None:
    found = routes([(caller("a"), SLOW), (caller("b"), FAST), (caller("c"), SLOW)])
    assert [route.callers for route in found] == [(labels("a"), labels("c")), (labels("b"),), ()]
    assert [route.timeout for route in found] == ["1m", "2s", "10s"]
    assert [route.name for route in found] == ["from-a", "from-b", "others"]
    assert found[-1] == TO_ALL


def test_callers_with_the_default_policy_need_no_match_of_their_own() -> None:
    found = routes([(caller("a"), DEFAULT_POLICY), (caller("b"), FAST)])
    assert [route.callers for route in found] == [(labels("b"),), ()]


def test_a_call_without_retries_turns_those_of_the_mesh_off() -> None:
    assert routes([(caller("a"), ONCE)]) == (Route("others", (), "5s", {"attempts": 0}),)


def test_a_host_that_nobody_calls_is_reached_by_the_default() -> None:
    assert routes([]) == (TO_ALL,)


def test_no_attempt_is_cut_short_by_a_timeout_of_its_own() -> None:
    (route,) = routes([(caller("a"), CallPolicy(10_000, 3))])
    assert route == Route("others", (), "10s", {"attempts": 3, "retryOn": RETRY_ON})


def test_a_call_that_says_nothing_has_the_policy_that_is_everybodys_route() -> None:
    assert DEFAULT_CALL == DEFAULT_POLICY
