"""Asks our own evaluator, and network-config-analyzer, which knows nothing of it, what network policies allow.

Both see the same pods, the unknown ones included, and one direction by itself where that is asked: where only one end
is changed, what both ends allow may stay the same. Pods that may have any labels are left out: no analyzer has them.
"""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import yaml

from tests.manifests.reachability import LOADED, TABLE
from tests.manifests.render import REPOSITORY, WORKLOADS, Object, Render, without_hash

QUERY = """{name: answer |
    some name, target in input
    answer := {
        "parties": data.lib.parties.all_parties,
        "starts": data.lib.reachability.starts,
        "allowed": data.lib.reachability.allowed,
        "reachable": data.lib.reachability.reachable,
        "denied": {found.msg | some found in data.rules.network.flows.deny},
    } with input as target
}"""

# Besides policies: pods, and what the table makes others depend on.
SEEN = {
    *WORKLOADS,
    "Namespace",
    *(other["with"].split("/")[1] for other in TABLE["others"].values() if "with" in other),
} - {"NetworkPolicy"}

Flows = frozenset[tuple[str, str, str, int]]


@dataclass(frozen=True)
class Case:
    """Network policies, and the one direction in which they are looked at; none means both together."""

    policies: tuple[Object, ...]
    direction: str = ""

    def seen(self) -> list[Object]:
        """The policies as if they were about that direction alone."""
        if not self.direction:
            return list(self.policies)
        return [
            _only(each, self.direction) for each in self.policies if self.direction in each["spec"]["policyTypes"]
        ]


def _only(policy: Object, direction: str) -> Object:
    kept = {"podSelector", direction.lower()}
    spec = {key: value for key, value in policy["spec"].items() if key in kept}
    return policy | {"spec": spec | {"policyTypes": [direction]}}


@dataclass(frozen=True)
class Answer:
    """What our own evaluator makes of a case: what it allows, what the rule denies, what it tells apart."""

    flows: Flows
    denied: frozenset[str]
    parties: list[Any]
    starts: list[int]

    @property
    def addresses(self) -> set[str]:
        """An address for each block."""
        return {address_in(party["block"], self.parties) for party in self.parties if "block" in party}


def ours(rendered: Render, cases: Mapping[str, Case]) -> dict[str, Answer]:
    """What policies/lib/reachability.rego makes of each case, in one run of OPA."""
    others = [slim(each) for each in rendered.objects if each["kind"] in SEEN]
    targets = {name: [{"contents": each} for each in (*others, *case.policies)] for name, case in cases.items()}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(targets, file)
        file.flush()
        loaded = [part for path in LOADED for part in ("--data", str(path))]
        opa = str(REPOSITORY / ".tools/bin/opa")
        command = [opa, "eval", "--format", "raw", "--input", file.name, *loaded, QUERY]
        answers = json.loads(_run(command, more={"GOGC": "800"}))
    return {name: _answer(answer, cases[name]) for name, answer in answers.items()}


def slim(document: Object) -> Object:
    """What counts for reachability: who an object is, and of a workload the labels and the ports."""
    short: Object = {key: document[key] for key in ("apiVersion", "kind", "metadata")}
    if document["kind"] in WORKLOADS:
        short["spec"] = copy.deepcopy(document["spec"])
        pod = short["spec"].get("jobTemplate", short)["spec"]["template"]
        containers = [
            {"name": "x", "image": "x", "ports": each.get("ports", [])} for each in pod["spec"]["containers"]
        ]
        pod["spec"] = {"containers": containers}
    return short


def _answer(answer: Any, case: Case) -> Answer:
    parties = list(answer["parties"].values())
    names = {number: _name(party, parties) for number, party in answer["parties"].items()}
    flows = frozenset(
        (names[one], names[other], protocol, port)
        for one, other, protocol, port in answer["allowed"].get(case.direction, answer["reachable"])
        if names[one] and names[other]
    )
    return Answer(flows, frozenset(answer["denied"]), parties, answer["starts"])


def _name(party: Any, parties: list[Any]) -> str:
    """The address that stands for a block; else the title as a name of a pod; nothing for pods with any labels."""
    if "block" in party:
        return address_in(party["block"], parties)
    return str(party["title"]).replace(" ", ".") if party["labels"] is not None else ""


def address_in(block: str, parties: Iterable[Any]) -> str:
    """The first address of a block that lies in no narrower one."""
    whole = ip_network(block)
    blocks = [ip_network(party["block"]) for party in parties if "block" in party]
    narrower = [each for each in blocks if each != whole and each.version == whole.version and each.subnet_of(whole)]  # type: ignore[arg-type]
    number = int(whole.network_address)
    while inside := [each for each in narrower if ip_address(number) in each]:
        number = max(int(each.broadcast_address) for each in inside) + 1
    return str(ip_address(number))


def theirs(rendered: Render, cases: Mapping[str, Case], answers: Mapping[str, Answer]) -> dict[str, Flows]:
    """What network-config-analyzer makes of each case, for the pods, ports and addresses of our own answers."""
    parties = next(iter(answers.values())).parties
    addresses = sorted(set().union(*(answers[name].addresses for name in cases)))
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump_all(_endpoints(rendered, parties), file)
        file.flush()
        asked = {
            "endpoints": file.name,
            "namespace": rendered.kind("Namespace")[0]["metadata"]["name"],
            "addresses": addresses,
            "cases": {
                name: {"policies": case.seen(), "direction": case.direction, "starts": answers[name].starts}
                for name, case in cases.items()
            },
        }
        driver = [sys.executable, str(Path(__file__).with_name("nca_driver.py"))]
        found = json.loads(_run(driver, json.dumps(asked), {"PYTHONPATH": str(REPOSITORY / ".tools/nca")}))
    unknown = {name: set(addresses) - answers[name].addresses for name in cases}
    return {
        name: frozenset((one, other, *rest) for one, other, *rest in flows if not {one, other} & unknown[name])
        for name, flows in found.items()
    }


def _endpoints(rendered: Render, parties: list[Any]) -> list[Object]:
    """The rendered workloads, Jobs under the names in our flows, and a pod for each other party."""
    workloads = [
        each | {"metadata": each["metadata"] | {"name": without_hash(each)}}
        for each in rendered.objects
        if each["kind"] in (*WORKLOADS, "Namespace")
    ]
    pods = [_pod(party) for party in parties if "resource" not in party and "block" not in party and _name(party, [])]
    known = {each["metadata"]["name"] for each in rendered.kind("Namespace")}
    strange = sorted({pod["metadata"]["namespace"] for pod in pods} - known)
    namespaces = [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
        }
        for name in strange
    ]
    return [*namespaces, *workloads, *pods]


def _pod(party: Any) -> Object:
    metadata = {"name": _name(party, []), "namespace": party["namespace"], "labels": party["labels"]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"containers": [{"name": "x", "image": "x"}]},
        "status": {"podIP": "192.0.2.1", "hostIP": "192.0.2.1"},
    }


def _run(command: list[str], text: str = "", more: Mapping[str, str] | None = None) -> str:
    environment = os.environ | dict(more or {})
    done = subprocess.run(
        command, input=text, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
