"""Changes network policies by one edge at a time: a rule, a peer, a block's exception or a port more or less."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from ipaddress import ip_network
from typing import Any, NamedTuple

from tests.manifests.render import NAME, Object, name_of
from tests.manifests.second_opinion import Case

PEERS = {"Egress": "to", "Ingress": "from"}
STRANGERS: dict[str, Object] = {
    "every pod here": {"podSelector": {}},
    "every named pod here": {"podSelector": {"matchExpressions": [{"key": NAME, "operator": "Exists"}]}},
    "kube-system": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}},
    "every pod of every namespace": {"namespaceSelector": {}},
    "an address": {"ipBlock": {"cidr": "203.0.113.7/32"}},
    "private addresses": {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}},
    "every address": {"ipBlock": {"cidr": "0.0.0.0/0"}},
}
PORTS: dict[str, Object] = {
    "another port": {"protocol": "TCP", "port": 8080},
    "a range of ports": {"protocol": "TCP", "port": 3000, "endPort": 9999},
    "a port by UDP": {"protocol": "UDP", "port": 5353},
}


class Place(NamedTuple):
    """One rule of one policy."""

    policy: int
    direction: str
    rule: int


def removals(policies: Sequence[Object]) -> Iterator[tuple[str, Case]]:
    """Each rule, each peer, each exception of a block and each port taken away, with words that say which."""
    for place in _places(policies):
        yield _without(policies, place)
        rule = _rules(policies, place)[place.rule]
        for field in (PEERS[place.direction], "ports"):
            for index, entry in enumerate(rule[field]):
                yield _without(policies, place, field, index)
                for number in range(len(entry.get("ipBlock", {}).get("except", []))):
                    yield _without(policies, place, field, index, "ipBlock", "except", number)


def additions(policies: Sequence[Object], workloads: Sequence[str]) -> Iterator[tuple[str, Case]]:
    """Each workload and each stranger let in where it is not, and ports opened, rule by rule."""
    peers = {name: {"podSelector": {"matchLabels": {NAME: name}}} for name in workloads} | STRANGERS
    for place in _places(policies):
        for field, entries in ((PEERS[place.direction], peers), ("ports", PORTS)):
            present = _rules(policies, place)[place.rule][field]
            for name, entry in entries.items():
                if not any(_covers(each, entry) for each in present):
                    yield _with(policies, place, field, name, entry)


def _covers(present: Object, entry: Object) -> bool:
    """Whether a peer or port is there already, or all the addresses of its block are."""
    if present == entry:
        return True
    if "ipBlock" not in present or "ipBlock" not in entry:
        return False
    inner, outer = ip_network(entry["ipBlock"]["cidr"]), ip_network(present["ipBlock"]["cidr"])
    left_out = map(ip_network, present["ipBlock"].get("except", []))
    return inner.version == outer.version and inner.subnet_of(outer) and not any(map(inner.overlaps, left_out))  # type: ignore[arg-type]


def _places(policies: Sequence[Object]) -> Iterator[Place]:
    for number, policy in enumerate(policies):
        for direction in PEERS:
            for rule in range(len(policy["spec"].get(direction.lower(), []))):
                yield Place(number, direction, rule)


def _rules(policies: Sequence[Object], place: Place) -> list[Any]:
    rules: list[Any] = policies[place.policy]["spec"][place.direction.lower()]
    return rules


def _without(policies: Sequence[Object], place: Place, *path: str | int) -> tuple[str, Case]:
    changed = copy.deepcopy(policies[place.policy])
    holder: Any = changed["spec"][place.direction.lower()]
    *way, last = (place.rule, *path)
    for step in way:
        holder = holder[step]
    del holder[last]
    return _case(policies, place, changed, f"without {' '.join(map(str, path)) or 'it'}")


def _with(policies: Sequence[Object], place: Place, field: str, name: str, entry: Object) -> tuple[str, Case]:
    changed = copy.deepcopy(policies[place.policy])
    changed["spec"][place.direction.lower()][place.rule][field].append(entry)
    return _case(policies, place, changed, f"with {name}")


def _case(policies: Sequence[Object], place: Place, changed: Object, what: str) -> tuple[str, Case]:
    name = f"{name_of(changed)} {place.direction.lower()} {place.rule} {what}"
    return name, Case((*policies[: place.policy], changed, *policies[place.policy + 1 :]), place.direction)
