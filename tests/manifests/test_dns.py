"""Every pod reaches the DNS of each cluster that docs/customizing.md names, and no other port of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address, ip_network

import pytest

from tests.manifests.render import (
    ENVIRONMENTS,
    REPOSITORY,
    WORKLOADS,
    Object,
    labels,
    name_of,
    overlay,
    pod_template,
    selects,
)

PAGE = REPOSITORY / "docs/customizing.md"
ADDRESS = re.compile(r"`(\d+(?:\.\d+){3})`")
PODS = re.compile(r"^pods `([^:]+): ([^`]+)` in `([^`]+)`$")
METADATA_SERVER = "169.254.169.254"


def _rows() -> Iterator[tuple[str, int]]:
    """Each resolver of the table, as an address or as the text that describes pods, and its port."""
    section = PAGE.read_text(encoding="utf-8").partition("## Use another cluster DNS")[2].partition("\n## ")[0]
    for resolver, port in re.findall(r"^\|[^|]+\| ([^|]*`[^|]*) \| (\d+) \|$", section, re.MULTILINE):
        yield from ((each, int(port)) for each in ADDRESS.findall(resolver) or [resolver])


RESOLVERS = tuple(_rows())


def _matches(peer: Object, resolver: str) -> bool:
    if "ipBlock" in peer:
        block = peer["ipBlock"]
        apart = [cidr for cidr in block.get("except", ()) if _contains(cidr, resolver)]
        return _contains(block["cidr"], resolver) and not apart
    pods = PODS.match(resolver)
    if not pods or "namespaceSelector" not in peer:
        return False
    key, value, namespace = pods.groups()
    home = {"kubernetes.io/metadata.name": namespace}
    return selects(peer["namespaceSelector"], home) and selects(peer.get("podSelector", {}), {key: value})


def _contains(cidr: str, resolver: str) -> bool:
    return bool(ADDRESS.match(f"`{resolver}`")) and ip_address(resolver) in ip_network(cidr)


def _opened(environment: str, workload: Object, resolver: str) -> set[tuple[str, int]]:
    """The ports at a resolver that the policies of a workload open."""
    own = labels(pod_template(workload))
    return {
        (port["protocol"], port["port"])
        for policy in overlay(environment).kind("NetworkPolicy")
        if selects(policy["spec"]["podSelector"], own)
        for rule in policy["spec"].get("egress", ())
        if any(_matches(peer, resolver) for peer in rule["to"])
        for port in rule["ports"]
    }


def test_the_table_names_the_common_ones() -> None:
    assert {METADATA_SERVER, "169.254.20.10", "10.96.0.10", "10.43.0.10", "172.20.0.10"} <= {
        each for each, _ in RESOLVERS
    }
    assert len([each for each, _ in RESOLVERS if PODS.match(each)]) == 3


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_pod_reaches_each_documented_resolver(environment: str) -> None:
    missing = [
        (name_of(workload), resolver)
        for workload in overlay(environment).kind(*WORKLOADS)
        for resolver, port in RESOLVERS
        if not {("UDP", port), ("TCP", port)} <= _opened(environment, workload, resolver)
    ]
    assert missing == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_resolver_is_allowed_that_the_page_does_not_name(environment: str) -> None:
    (policy,) = [each for each in overlay(environment).kind("NetworkPolicy") if name_of(each) == "allow-dns"]
    blocks = {
        peer["ipBlock"]["cidr"] for rule in policy["spec"]["egress"] for peer in rule["to"] if "ipBlock" in peer
    }
    assert blocks == {f"{each}/32" for each, _ in RESOLVERS if ADDRESS.match(f"`{each}`")}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_nobody_reaches_the_metadata_server_on_another_port(environment: str) -> None:
    for workload in overlay(environment).kind(*WORKLOADS):
        assert _opened(environment, workload, METADATA_SERVER) == {("UDP", 53), ("TCP", 53)}, name_of(workload)
