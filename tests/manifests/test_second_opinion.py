"""Our evaluator of network policies and an independent one agree, as things are and with every edge changed."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

import pytest

from tests.manifests.edges import additions, removals
from tests.manifests.render import ENVIRONMENTS, STAGING_IS_SLOW, WORKLOADS, Render, overlay, without_hash
from tests.manifests.second_opinion import Case, ours, theirs

DIRECTIONS = ("Egress", "Ingress")
CHUNKS = 24


def _policies(rendered: Render) -> tuple[dict[str, object], ...]:
    return tuple(rendered.kind("NetworkPolicy"))


def _mutants() -> dict[str, Case]:
    rendered = overlay("production")
    names = [without_hash(each) for each in rendered.kind(*WORKLOADS)]
    policies = _policies(rendered)
    return dict(removals(policies)) | dict(additions(policies, names))


@pytest.mark.slow
@pytest.mark.parametrize("environment", STAGING_IS_SLOW)
def test_an_independent_analyzer_finds_the_same_flows(environment: str) -> None:
    rendered = overlay(environment)
    cases = {name or "both": Case(_policies(rendered), name) for name in ("", *DIRECTIONS)}
    answers = ours(rendered, cases)
    assert {name: answer.flows for name, answer in answers.items()} == theirs(rendered, cases, answers)
    assert all(answers["both"].flows)
    assert {name: answer.denied for name, answer in answers.items()} == dict.fromkeys(cases, frozenset())


def test_both_environments_have_the_same_policies() -> None:
    """So that it is enough to change those of one."""
    specs = [[each["spec"] for each in overlay(environment).kind("NetworkPolicy")] for environment in ENVIRONMENTS]
    assert specs[0] == specs[1]


@pytest.mark.slow
def test_some_changed_edges_are_seen_by_both() -> None:
    mutants = _mutants()
    _both_see(dict(islice(mutants.items(), 0, None, len(mutants) // 12)))


@pytest.mark.thorough
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_changed_edge_is_seen_by_both(chunk: int) -> None:
    _both_see(dict(islice(_mutants().items(), chunk, None, CHUNKS)))


def _both_see(mutants: Mapping[str, Case]) -> None:
    """Both evaluators find the same flows in each mutant, and the rule denies what changes them.

    Nothing is changed by letting in once more who is let in already, and nothing by a peer that has no port of the
    name which the rule opens; the rule denies that, too. Without any one edge something is always missing.
    """
    rendered = overlay("production")
    cases = {name: Case(_policies(rendered), name) for name in DIRECTIONS} | dict(mutants)
    answers = ours(rendered, cases)
    found = theirs(rendered, cases, answers)
    assert [name for name in cases if answers[name].flows != found[name]] == [], "the evaluators differ"
    changed = {name for name, case in mutants.items() if found[name] != found[case.direction]}
    assert [name for name in changed if not answers[name].denied] == [], "the rule sees nothing"
    assert [name for name in mutants if " without " in name and name not in changed] == [], "an edge too many"
    denied = {name for name in mutants if answers[name].denied}
    assert [name for name in denied - changed if not _opens_nothing(answers[name].denied)] == []


def _opens_nothing(denied: frozenset[str]) -> bool:
    return all("a peer has no effect" in message for message in denied)
