"""What happens to both environments when everything scales, breaks or is built again."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from tests.e2e.api import Object
from tests.e2e.environments import (
    CONFLICT,
    Environment,
    describe,
    insist_on_pods,
    job_of,
    roll_out_at_once,
    runs_by_the_clock,
    substance,
)
from tests.e2e.process import Unfinished, wait
from tests.manifests.render import name_of

RESTARTED = "kubectl.kubernetes.io/restartedAt"
# Written all the time by those who watch, and by no change of ours.
VOLATILE = {"Event", "Lease", "PodMetrics"}
# Where each kind of autoscaler has its smallest and its largest number.
LIMITS = {
    "HorizontalPodAutoscaler": ("minReplicas", "maxReplicas"),
    "ScaledObject": ("minReplicaCount", "maxReplicaCount"),
}
FULL = 120.0
QUIET = 5


def _surge(count: int, allowed: int | str) -> int:
    """How many pods more than `count` a rollout may run at once."""
    return allowed if isinstance(allowed, int) else math.ceil(count * int(allowed.rstrip("%")) / 100)


def _most(environment: Environment) -> dict[str, int]:
    """How many pods each autoscaled Deployment may have while it is rolled out at its largest."""
    live = {name_of(each): each for each in environment.live("Deployment")}
    most = {name: each["spec"]["replicas"] for name, each in live.items()}
    for scaler in environment.kind(*LIMITS):
        most[scaler["spec"]["scaleTargetRef"]["name"]] = scaler["spec"][LIMITS[scaler["kind"]][1]]
    return {
        name: count + _surge(count, live[name]["spec"]["strategy"].get("rollingUpdate", {}).get("maxSurge", 0))
        for name, count in most.items()
    }


def _restart(environment: Environment, value: str | None) -> None:
    """Start a rollout of every Deployment, or take it back."""
    for each in environment.kind("Deployment"):
        annotations = {"metadata": {"annotations": {RESTARTED: value}}}
        environment.api.merge(each, {"spec": {"template": annotations}})


def _hold(environment: Environment, *, largest: bool) -> None:
    """Let every autoscaler keep its largest number of pods from now on, or its smallest again."""
    for scaler in environment.kind(*LIMITS):
        least, most = LIMITS[scaler["kind"]]
        number = scaler["spec"][most if largest else least]
        environment.api.apply({**scaler, "spec": {**scaler["spec"], least: number}})
        wait(describe(scaler), partial(_not_held, environment, name_of(scaler), number), seconds=30)
        target = {
            "apiVersion": "apps/v1",
            "kind": scaler["spec"]["scaleTargetRef"]["kind"],
            "metadata": {"name": scaler["spec"]["scaleTargetRef"]["name"], "namespace": environment.namespace},
        }
        environment.api.merge(target, {"spec": {"replicas": number}}, subresource="/scale")


def _not_held(environment: Environment, name: str, number: int) -> str | None:
    """Whether an autoscaler has not heard of its smallest number yet; KEDA passes it on."""
    [least] = [each["spec"]["minReplicas"] for each in environment.autoscalers() if name_of(each) == name]
    return None if least == number else f"{least}, not {number}"


@contextmanager
def _full(environment: Environment) -> Iterator[dict[str, int]]:
    """Everything at its largest and in the middle of a rollout."""
    most = _most(environment)
    try:
        _hold(environment, largest=True)
        environment.wait(environment.kind("Deployment"), seconds=FULL)
        _restart(environment, "2026-01-01T00:00:00Z")
        # That passes.
        wait("the rollout begins everywhere", lambda: _below(environment, most), seconds=FULL, longest=0.3)
        yield most
    finally:
        _restart(environment, None)
        _hold(environment, largest=False)
        environment.wait(environment.kind("Deployment"), seconds=FULL)


def _below(environment: Environment, most: dict[str, int]) -> str | None:
    """Which Deployments have fewer pods than they may have."""
    live = environment.live("Deployment")
    for each in live:
        insist_on_pods(each)
    counts = {name_of(each): each["status"].get("replicas", 0) for each in live}
    low = {name: f"{count} of {most[name]}" for name, count in counts.items() if count < most[name]}
    return str(low) if low else None


def _refusals(environment: Environment) -> set[str]:
    events = environment.api.list("v1", "Event", environment.namespace, fieldSelector="reason=FailedCreate")
    return {f"{each['metadata']['uid']} {each['message']}" for each in events if CONFLICT not in each["message"]}


def test_the_quota_admits_the_full_surge(environment: Environment) -> None:
    refused = _refusals(environment)
    with _full(environment) as most:
        assert sum(most.values()) > len(most)
        jobs = [job_of(each) for each in environment.live("CronJob")]
        try:
            for each in jobs:
                environment.api.create(each)
            environment.wait(jobs)
            assert _refusals(environment) - refused == set()
        finally:
            for each in jobs:
                environment.api.delete(each)


def test_a_quota_that_is_one_pod_too_small_is_noticed(environments: dict[str, Environment]) -> None:
    environment = environments["staging"]
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "too-small", "namespace": environment.namespace},
        "spec": {"hard": {"count/replicasets.apps": "1000", "pods": str(_pods_at_most(environment) - 1)}},
    }
    environment.api.create(quota)
    try:
        wait(
            "the quota is counted",
            lambda: None if "used" in environment.api.get(quota)["status"] else "not",
            seconds=30,
        )
        with pytest.raises(Unfinished, match="exceeded quota: too-small"), _full(environment):
            pass
    finally:
        environment.api.delete(quota)


def _pods_at_most(environment: Environment) -> int:
    others = [
        each
        for each in environment.api.list("v1", "Pod", environment.namespace, fieldSelector="status.phase=Running")
        if each["metadata"]["ownerReferences"][0]["kind"] not in {"ReplicaSet", "Job"}
    ]
    return len(others) + sum(_most(environment).values())


def _fingerprints(environment: Environment) -> dict[str, str]:
    """Everything in the namespace, and what the environment has outside of it, without reports and scheduled runs."""
    found = {}
    for version, kind in environment.api.namespaced_kinds():
        if kind not in VOLATILE:
            for each in environment.api.list(version, kind, environment.namespace):
                if not runs_by_the_clock(each):
                    found[f"{version} {describe(each)}"] = _fingerprint(each)
    for each in environment.objects:
        if "namespace" not in each["metadata"]:
            found[describe(each)] = _fingerprint(environment.api.get(each))
    return found


def _fingerprint(live: Object) -> str:
    return hashlib.sha256(json.dumps(substance(live), sort_keys=True).encode()).hexdigest()


def _delete(environment: Environment, objects: list[Object]) -> None:
    """Delete objects in the opposite order of their waves, and wait until they and their pods are gone."""
    for each in reversed(objects):
        environment.api.delete(each)
    keys = [
        (each["apiVersion"], each["kind"], name_of(each), each["metadata"].get("namespace", "")) for each in objects
    ]

    def left() -> str | None:
        there = [f"{key[1]}/{key[2]}" for key in keys if environment.api.find(*key)]
        pods = [describe(each) for each in environment.api.list("v1", "Pod", environment.namespace)]
        return ", ".join(there + pods) or None

    wait(f"{environment.name} is deleted", left, seconds=FULL)


def _claims(environment: Environment) -> dict[str, tuple[str, str]]:
    """Each claim of the environment with what tells it from a later one of the same name, and its volume."""
    claims = environment.api.list("v1", "PersistentVolumeClaim", environment.namespace)
    return {name_of(each): (each["metadata"]["uid"], each["spec"].get("volumeName", "")) for each in claims}


def _at_rest(environment: Environment) -> dict[str, str]:
    """The fingerprints once nothing has changed for a few looks in a row."""
    seen: list[dict[str, str]] = []

    def moving() -> str | None:
        seen.append(_fingerprints(environment))
        return None if seen[-QUIET:] == [seen[-1]] * QUIET else "moving"

    wait(f"{environment.name} comes to rest", moving, seconds=60)
    return seen[-1]


@contextmanager
def _undisturbed(other: Environment) -> Iterator[None]:
    """Nothing of an environment changes meanwhile."""
    before = _at_rest(other)
    yield
    after = _fingerprints(other)
    assert {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)} == set()


def test_everything_is_built_again_and_data_stays(environments: dict[str, Environment]) -> None:
    changed = environments["production"]
    claims = _claims(changed)
    with _undisturbed(environments["staging"]):
        _delete(changed, [each for wave in changed.waves() for each in wave if each["kind"] != "Namespace"])
        assert _claims(changed) == claims
        roll_out_at_once(changed)
    assert _claims(changed) == claims
    assert changed.warnings == []


def test_a_lost_namespace_is_built_again_from_git(environments: dict[str, Environment]) -> None:
    changed = environments["staging"]
    with _undisturbed(environments["production"]):
        _delete(changed, [each for wave in changed.waves() for each in wave])
        roll_out_at_once(changed)
    assert changed.warnings == []
