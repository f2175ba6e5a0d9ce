"""Asks the policies' own evaluator, policies/lib/reachability.rego, who reaches whom in a render."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from tests.manifests.render import REPOSITORY, Object, Render, read_yaml

POLICIES = REPOSITORY / "policies"
LOADED = (*sorted(POLICIES.glob("lib/*.rego")), POLICIES / "network/flows.rego", POLICIES / "data/flows.yaml")
TABLE: dict[str, Any] = read_yaml(POLICIES / "data/flows.yaml")["flows"]
QUERY = """{name: answer |
    some name, target in input
    answer := {
        "parties": {id: party.title | some id, party in data.lib.parties.all_parties},
        "reachable": data.lib.reachability.reachable,
        "declared": data.lib.reachability.declared,
        "denied": {found.msg | some found in data.rules.network.flows.deny},
    } with input as target
}"""


class Flow(NamedTuple):
    """Who may open a connection to whom; a port as in 5672/TCP."""

    caller: str
    callee: str
    port: str


def names_resolved(caller: str) -> set[Flow]:
    """What allow-dns lets every pod do; test_dns.py compares the addresses with the clusters that have them."""
    ports = {"kube-dns": 53, "node-local-dns": 53, "dns-on-node": 53, "dns-service": 53, "openshift-dns": 5353}
    return {Flow(caller, one, f"{port}/{protocol}") for one, port in ports.items() for protocol in ("TCP", "UDP")}


@dataclass(frozen=True)
class Reach:
    """What both ends of a render allow, what the table declares for it, and what network.flows says."""

    reachable: frozenset[Flow]
    declared: frozenset[Flow]
    denied: frozenset[str]


def reaches(targets: Mapping[str, Iterable[Object]]) -> dict[str, Reach]:
    """The answer for each of several targets, by its name, in one run of OPA."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({name: [{"contents": each} for each in target] for name, target in targets.items()}, file)
        file.flush()
        loaded = [part for path in LOADED for part in ("--data", str(path))]
        done = subprocess.run(
            [str(REPOSITORY / ".tools/bin/opa"), "eval", "--format", "raw", "--input", file.name, *loaded, QUERY],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout
    return {name: _reach(answer) for name, answer in json.loads(done.stdout).items()}


@cache
def reach(rendered: Render) -> Reach:
    """The answer for one render, which is asked for once."""
    return reaches({"": rendered.objects})[""]


def _reach(answer: Any) -> Reach:
    def flows(key: str) -> frozenset[Flow]:
        return frozenset(Flow(titles[one], titles[other], f"{port}/{name}") for one, other, name, port in answer[key])

    titles = answer["parties"]
    return Reach(flows("reachable"), flows("declared"), frozenset(answer["denied"]))
