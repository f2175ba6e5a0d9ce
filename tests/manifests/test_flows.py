from __future__ import annotations

import pytest

from tests.manifests.flows import STRANGERS, allowed, declared, pods
from tests.manifests.render import ENVIRONMENTS, overlay, selects


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_exactly_the_declared_flows_are_allowed(environment: str) -> None:
    found, expected = allowed(overlay(environment)), declared(overlay(environment))
    assert found - expected == set(), "allowed, but not in flows.yaml"
    assert expected - found == set(), "in flows.yaml, but not allowed"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_both_ends_of_a_flow_allow_it(environment: str) -> None:
    flows = allowed(overlay(environment))
    names = {pod.name for pod in pods(overlay(environment))}
    rendered = [flow for flow in flows if flow.peer in names]
    sent = {(flow.of, flow.peer, flow.port) for flow in rendered if flow.direction == "egress"}
    received = {(flow.peer, flow.of, flow.port) for flow in rendered if flow.direction == "ingress"}
    assert sent == received


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_stranger_is_a_peer(environment: str) -> None:
    strangers = {str(pod) for pod in STRANGERS if pod.name == "stranger"} | {"anywhere", "0.0.0.0/0", "::/0"}
    assert [flow for flow in allowed(overlay(environment)) if flow.peer in strangers] == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_workload_has_a_policy_of_its_own_or_its_kind(environment: str) -> None:
    policies = [each["spec"]["podSelector"] for each in overlay(environment).kind("NetworkPolicy")]
    for pod in pods(overlay(environment)):
        assert any(selector and selects(selector, pod.labels) for selector in policies), pod.name


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_only_the_two_namespace_wide_policies_select_every_pod(environment: str) -> None:
    wide = [each for each in overlay(environment).kind("NetworkPolicy") if not each["spec"]["podSelector"]]
    assert {each["metadata"]["name"] for each in wide} == {"allow-dns", "default-deny"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_policy_states_its_directions(environment: str) -> None:
    for policy in overlay(environment).kind("NetworkPolicy"):
        directions = {key.capitalize() for key in policy["spec"].keys() & {"ingress", "egress"}}
        assert policy["spec"]["policyTypes"], policy["metadata"]["name"]
        assert directions <= set(policy["spec"]["policyTypes"]), policy["metadata"]["name"]
