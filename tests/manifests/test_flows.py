from __future__ import annotations

from collections import Counter

import pytest

from tests.manifests.reachability import TABLE, Flow, Reach, reach, reaches
from tests.manifests.render import ENVIRONMENTS, Render, labels, name_of, overlay, pod_template, render, selects
from tests.manifests.render import WORKLOADS as KINDS
from tests.manifests.variants import COVERING, Workshop

both = pytest.mark.parametrize("environment", ENVIRONMENTS)


@pytest.fixture(scope="module")
def variants(workshop: Workshop) -> dict[str, Reach]:
    """What is reachable with each component switched on, in each environment."""
    rendered: dict[str, Render] = {environment: overlay(environment) for environment in ENVIRONMENTS}
    for environment in ENVIRONMENTS:
        for names in COVERING:
            variant = tuple(name.replace("ENV", environment) for name in names)
            rendered[f"{environment} with {names[0]}"] = render(workshop.overlay(environment, variant))
    return reaches({name: each.objects for name, each in rendered.items()})


@both
def test_exactly_the_declared_flows_are_allowed(environment: str) -> None:
    found = reach(overlay(environment))
    assert found.reachable - found.declared == set(), "allowed, but not in policies/data/flows.yaml"
    assert found.declared - found.reachable == set(), "in policies/data/flows.yaml, but not allowed"
    assert found.denied == set()


@pytest.mark.slow
def test_exactly_the_declared_flows_are_allowed_with_every_component(variants: dict[str, Reach]) -> None:
    assert [name for name, found in variants.items() if found.reachable != found.declared] == []
    assert [denied for found in variants.values() for denied in found.denied] == []


@pytest.mark.slow
def test_every_name_of_the_table_is_somebody(variants: dict[str, Reach]) -> None:
    """A misspelt name would declare nothing, and its row would look as if it did."""
    talking = {end for found in variants.values() for flow in found.declared for end in (flow.caller, flow.callee)}
    known = talking | TABLE["groups"].keys() | {"every pod"}
    assert _names() <= known
    assert TABLE["others"].keys() <= known & _names()


def _names() -> set[str]:
    ends = [row[end] for row in TABLE["allowed"] for end in ("from", "to")]
    return {name for end in ends for name in (end if isinstance(end, list) else [end])}


def test_every_row_says_why_and_stands_once() -> None:
    keys = {"from", "to", "ports", "protocol", "why"}
    assert [row for row in TABLE["allowed"] if not keys - {"protocol"} <= row.keys() <= keys or not row["why"]] == []
    flows = Counter(
        Flow(str(row["from"]), str(row["to"]), f"{port}/{row.get('protocol', 'TCP')}")
        for row in TABLE["allowed"]
        for port in row["ports"]
    )
    assert [flow for flow, number in flows.items() if number > 1] == []


def test_only_names_are_resolved_by_everybody() -> None:
    opened = {(str(row["to"]), *row["ports"]) for row in TABLE["allowed"] if row["from"] == "every pod"}
    others = {port for to, *ports in opened if to != "openshift-dns" for port in ports}
    assert (others, opened - {("openshift-dns", 5353)} == {one for one in opened if 53 in one}) == ({53}, True)


@both
def test_every_workload_has_a_policy_of_its_own_or_its_kind(environment: str) -> None:
    policies = [each["spec"]["podSelector"] for each in overlay(environment).kind("NetworkPolicy")]
    for workload in overlay(environment).kind(*KINDS):
        own = labels(pod_template(workload))
        assert any(selector and selects(selector, own) for selector in policies), name_of(workload)


@both
def test_only_the_two_namespace_wide_policies_select_every_pod(environment: str) -> None:
    wide = [each for each in overlay(environment).kind("NetworkPolicy") if not each["spec"]["podSelector"]]
    assert {each["metadata"]["name"] for each in wide} == {"allow-dns", "default-deny"}


@both
def test_a_policy_states_its_directions(environment: str) -> None:
    for policy in overlay(environment).kind("NetworkPolicy"):
        directions = {key.capitalize() for key in policy["spec"].keys() & {"ingress", "egress"}}
        assert policy["spec"]["policyTypes"], policy["metadata"]["name"]
        assert directions <= set(policy["spec"]["policyTypes"]), policy["metadata"]["name"]
