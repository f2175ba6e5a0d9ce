"""What decides a canary, without a repository: shares, levels, the order of steps, and what Prometheus says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.errors import Blocked, ConfigError, NetworkError, UsageError
from promote.kustomize import documents
from promote.model import Document, Image, Version
from promote.repository.canary import DEFAULTS, Check
from promote.repository.canary import Canary as Settings
from promote.strategy import canary, objects, traffic
from promote.strategy.canary import Canary
from promote.strategy.conduct import judge
from promote.strategy.prometheus import _largest, _reason
from promote.strategy.traffic import ByReplicas, Traffic

OLD, NEW, OTHER = Version("1"), Version("2"), Version("3")


def _deployment(name: str, **spec: Any) -> Document:
    labels = {"app": name.removesuffix("-canary"), "track": "canary" if name.endswith("-canary") else "stable"}
    return _object("Deployment", name, {"template": {"metadata": {"labels": labels}}, **spec})


def _object(kind: str, name: str, spec: Any) -> Document:
    content = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
    return Document(documents.identity(content), content)


def _service(name: str, **labels: str) -> Document:
    return _object("Service", name, {"selector": labels})


STABLE, SECOND = _deployment("a"), _deployment("a-canary", replicas=0)
BOTH = [_service("a", app="a", track="stable"), _service("a-canary", app="a", track="canary")]


def _route(*backends: tuple[str, int | None]) -> Document:
    found = [{"name": name} | ({} if weight is None else {"weight": weight}) for name, weight in backends]
    return _object("HTTPRoute", "r", {"rules": [{"backendRefs": found[:1]}, {"backendRefs": found}]})


@given(st.integers(1, 50), st.integers(1, 99), st.integers(1, 99))
def test_a_larger_share_is_never_fewer_pods(pods: int, one: int, other: int) -> None:
    by = ByReplicas(SECOND, pods)
    low, high = sorted((one, other))
    assert 1 <= by.level_of(low) <= by.level_of(high)
    assert by.level_of(0) == 0


@given(st.integers(1, 50), st.integers(1, 99))
def test_no_number_of_pods_is_nearer_to_the_share(pods: int, share: int) -> None:
    def off(level: int) -> float:
        return abs(level - pods * share / (100 - share))

    level = ByReplicas(SECOND, pods).level_of(share)
    assert off(level) <= off(level + 1)
    assert level == 1 or off(level) <= off(level - 1)


def test_the_second_rule_has_both_weights() -> None:
    by = traffic.between([*BOTH, _route(("a", 75), ("a-canary", 25))], STABLE, SECOND)
    assert (by.level, by.prepares) == (25, True)
    changed = [(one.path, one.now, one.value) for one in by.settings(50)]
    rule = "/spec/rules/1/backendRefs"
    assert changed == [(f"{rule}/0/weight", 75, 50), (f"{rule}/1/weight", 25, 50)]


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ([*BOTH, _route(("a", 100), ("a-canary", None))], "write a weight for both"),
        ([*BOTH, _route(("a", 100), ("a-canary", 0), ("b", 0))], "has other backends too"),
        (BOTH, "nothing splits traffic between a and a-canary"),
        ([], "nothing splits traffic between a and a-canary"),
    ],
)
def test_traffic_that_nothing_splits_is_refused(found: list[Document], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        traffic.between(found, STABLE, SECOND)


def test_replicas_that_something_else_sets_are_refused() -> None:
    behind = [_service("a", app="a")]
    assert traffic.between(behind, STABLE, SECOND).level == 0
    target = {"scaleTargetRef": {"kind": "Deployment", "name": "a-canary"}, "maxReplicas": 3}
    for found, second in (
        (behind, _deployment("a-canary")),
        ([*behind, _object("HorizontalPodAutoscaler", "x", target)], SECOND),
    ):
        with pytest.raises(UsageError, match="needs `replicas: 0` in Git"):
            traffic.between(found, STABLE, second)


def test_the_minimum_of_the_autoscaler_is_the_number_of_pods() -> None:
    target = {"scaleTargetRef": {"kind": "Deployment", "name": "a"}, "minReplicas": 5, "maxReplicas": 9}
    by = traffic.between([_service("a", app="a"), _object("HorizontalPodAutoscaler", "x", target)], STABLE, SECOND)
    assert (by.level_of(50), by.now) == (5, "0 of 5 pods, 0 % of the traffic")


def test_a_service_that_selects_two_workloads_of_one_name_is_one() -> None:
    front, second = _service("front", app="a"), _object("StatefulSet", "a", STABLE.content["spec"])
    assert objects.service([front, STABLE, second], "a") == front


@dataclass(frozen=True)
class _At:
    """Traffic of which only the level counts."""

    level: int
    prepares: bool = True

    def level_of(self, share: int) -> int:
        return share


def _state(stable: Version, second: Version, level: int, *, prepares: bool = True) -> Canary:
    images = Image("a", "a", stable), Image("a-canary", "a", second)
    by = cast("Traffic", _At(level, prepares))
    return Canary(cast("Any", None), cast("Any", None), STABLE, SECOND, *images, by)


@pytest.mark.parametrize(
    ("stable", "second", "level", "prepares", "step"),
    [
        (OLD, OLD, 0, True, ("prepare", 0, "none")),
        (OLD, NEW, 0, True, ("shift", 5, "ready")),
        (OLD, OLD, 0, False, ("start", 5, "none")),
        (OLD, NEW, 0, False, ("start", 5, "none")),
        (OLD, NEW, 5, True, ("shift", 50, "metrics")),
        (OLD, NEW, 7, True, ("shift", 50, "metrics")),
        (OLD, NEW, 50, True, ("finish", 0, "metrics")),
        (OLD, NEW, 90, True, ("finish", 0, "metrics")),
        (NEW, NEW, 50, True, ("withdraw", 0, "metrics")),
        (NEW, NEW, 0, True, ("done", 0, "metrics")),
    ],
)
def test_the_next_step_follows_from_what_is_there(
    stable: Version, second: Version, level: int, prepares: bool, step: tuple[str, int, str]
) -> None:
    found = canary.following(_state(stable, second, level, prepares=prepares), NEW, (5, 50, 100))
    assert (found.kind, found.share, found.proof) == step


def test_steps_that_end_early_stay_there_and_another_version_is_not_disturbed() -> None:
    assert canary.following(_state(OLD, NEW, 50), NEW, (5, 50)).kind == "stay"
    with pytest.raises(Blocked, match="has traffic with 3: finish that canary"):
        canary.following(_state(OLD, OTHER, 5), NEW, (5, 50))


@pytest.mark.parametrize(
    ("result", "number"),
    [
        ({"resultType": "vector", "result": []}, None),
        ({"resultType": "vector", "result": [{"value": [0, "0.25"]}, {"value": [0, "0.5"]}]}, 0.5),
        ({"resultType": "vector", "result": [{"value": [0, "0.25"]}, {"value": [0, "NaN"]}]}, None),
        ({"resultType": "vector", "result": [{"value": [0, "+Inf"]}]}, float("inf")),
        ({"resultType": "scalar", "result": [0, "3"]}, 3.0),
    ],
)
def test_the_largest_number_counts_and_what_is_no_number_is_no_data(result: object, number: float | None) -> None:
    assert _largest({"data": result}) == number


@pytest.mark.parametrize("content", [{}, [], {"data": {"resultType": "string", "result": [0, "x"]}}, None])
def test_what_is_no_result_is_refused(content: object) -> None:
    with pytest.raises(ConfigError, match="no number as its result"):
        _largest(content)


@pytest.mark.parametrize(
    ("answers", "verdict", "reason"),
    [
        ((0.05, 1.0), "good", "errors is 0.05, latency is 1"),
        ((0.06, None), "bad", "errors of a is 0.06, above 0.05"),
        ((0.06, 2.0), "bad", "errors of a is 0.06, above 0.05, latency of a is 2, above 1"),
        ((0.01, None), "unknown", "no data for latency of a"),
        ((NetworkError("gone"), 0.1), "unknown", "gone"),
        ((float("inf"), 0.1), "bad", "errors of a is inf, above 0.05"),
    ],
)
def test_one_bad_check_is_enough_and_none_may_be_unknown(
    answers: tuple[float | Exception | None, ...], verdict: str, reason: str
) -> None:
    left = list(answers)

    def ask(query: str) -> float | None:
        assert 'pod=~"a-[a-z0-9]+-[a-z0-9]+"' in query
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert judge(Settings("http://p"), ask, "a", "s", "n") == (verdict, reason)


def test_a_query_names_what_it_is_about_and_keeps_other_dollars() -> None:
    check = Check("x", 'a{w="$workload", s="$service", n="$namespace", r=~"b$"} $other', 1)
    assert check.about("W", "S", "N") == 'a{w="W", s="S", n="N", r=~"b$"} $other'
    assert [one.name for one in DEFAULTS] == ["errors", "latency"]


@pytest.mark.parametrize("content", [{"error": "x" * 9_000_000}, {"error": ["x\n"] * 1_000_000}, ["error"], None])
def test_a_reason_of_prometheus_is_one_short_line(content: object) -> None:
    """A hold keeps it, and holds.yaml of more than 3 MiB is not read."""
    assert len(_reason(content)) <= 300
    assert "\n" not in _reason(content)
