"""Production's autoscalers follow the queues and the requests, with KEDA and a real Prometheus.

The rendered ScaledObjects decide, except that all their times are shorter. What brokers and pods say of themselves is
played (tests/e2e/traffic.py). Each fixture goes on from the one before: busy, then blind, then idle again.
"""

from __future__ import annotations

import copy
import math
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from tests.e2e import metrics
from tests.e2e.api import Object
from tests.e2e.environments import Environment, condition
from tests.e2e.process import wait
from tests.e2e.traffic import Load
from tests.manifests.render import NAME, name_of

# Windows and periods are that many times shorter than what is rendered, and so is the time that a rate is over.
FASTER = 10
RATE = re.compile(r"\[2m\]")
# How late a condition may be, how long before a change the autoscaler may have looked last, and how much earlier than
# the API server it notes a change.
LATE, SYNC, EARLY = 1.5, 2.0, 0.5
LOOK = 0.3  # the longest pause between two looks
STEP, WHOLE = 60.0, 120.0

# What there is to do, and how many pods that makes: one for each 1000 requests a second, 5 and 50 messages.
REQUESTS = 4500.0
QUEUES = {"ocr_service_queue": 18, "patient_queue_service_queue": 180}
BUSY = {"api-gateway": 5, "ocr-service": 4, "patient-queue-service": 4}
# Four pods at 90 % of their processor make five at 75 %.
SHARE = 0.9
BY_USAGE = {**BUSY, "ocr-service": 5}


def _faster(scaled: Object) -> Object:
    changed = copy.deepcopy(scaled)
    for rules in _behavior(changed).values():
        rules["stabilizationWindowSeconds"] //= FASTER
        for policy in rules["policies"]:
            policy["periodSeconds"] //= FASTER
    for trigger in changed["spec"]["triggers"]:
        if "query" in trigger["metadata"]:
            trigger["metadata"]["query"], count = RATE.subn(f"[{120 // FASTER}s]", trigger["metadata"]["query"])
            assert count
    return changed


def _behavior(scaled: Object) -> Object:
    found: Object = scaled["spec"]["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    return found


class Size(NamedTuple):
    """A number of pods, and two looks between which the autoscaler asked for it."""

    after: float
    before: float
    pods: int


@dataclass
class Scaling:
    """The scaled services of an environment, and how many pods each was asked to have."""

    environment: Environment
    scaled: dict[str, Object]
    sizes: dict[str, list[Size]] = field(default_factory=dict)
    looked: float = 0.0

    @property
    def load(self) -> Load:
        return self.environment.cluster.traffic.loads[self.environment.namespace]

    @property
    def least(self) -> dict[str, int]:
        return {name: each["spec"]["minReplicaCount"] for name, each in self.scaled.items()}

    def look(self) -> dict[str, int]:
        """The numbers of pods now, which are remembered where they have changed."""
        begin = time.monotonic()
        deployments = self.environment.api.list("apps/v1", "Deployment", self.environment.namespace)
        end = time.monotonic()
        for deployment in deployments:
            if (name := name_of(deployment)) in self.scaled:
                history, count = self.sizes.setdefault(name, []), deployment["spec"]["replicas"]
                if not history or history[-1].pods != count:
                    history.append(Size(self.looked, end, count))
        self.looked = begin
        return {name: history[-1].pods for name, history in self.sizes.items()}

    def forget(self) -> float:
        """Remember nothing but the numbers of now; what time it is."""
        self.sizes.clear()
        self.look()
        return time.monotonic()

    def wait(self, wanted: dict[str, int], *, seconds: float) -> None:
        said = "the services scale"
        wait(said, lambda: None if (now := self.look()) == wanted else str(now), seconds=seconds, longest=LOOK)

    def autoscaler(self, name: str) -> Object:
        [found] = [each for each in self.environment.autoscalers() if name_of(each) == name]
        return found

    def pods(self, name: str) -> list[Object]:
        return self.environment.api.list("v1", "Pod", self.environment.namespace, labelSelector=f"{NAME}={name}")


@pytest.fixture(scope="module")
def scaling(environments: dict[str, Environment]) -> Iterator[Scaling]:
    """Production at its smallest, with shorter times."""
    environment = environments["production"]
    rendered = environment.kind("ScaledObject")
    scaling = Scaling(environment, {name_of(each): _faster(each) for each in rendered})
    try:
        environment.apply(scaling.scaled.values())
        wait("every metric is known", lambda: _unknown(scaling), seconds=STEP)
        scaling.wait(scaling.least, seconds=STEP)
        yield scaling
    finally:
        scaling.load.requests, scaling.load.silent = 0.0, False
        scaling.load.queues.clear()
        environment.apply(rendered)


def _unknown(scaling: Scaling) -> str | None:
    for name, scaled in scaling.scaled.items():
        scaler = scaling.autoscaler(name)
        if scaler["spec"]["behavior"]["scaleDown"]["stabilizationWindowSeconds"] != _window(scaled, "scaleDown"):
            return f"{name}: the old times"
        active = condition(scaler, "ScalingActive")
        if not active or active["status"] != "True" or len(scaler["status"]["currentMetrics"]) != 3:
            return f"{name}: {active}"
    return None


def _window(scaled: Object, direction: str) -> int:
    return int(_behavior(scaled)[direction]["stabilizationWindowSeconds"])


@pytest.fixture(scope="module")
def busy(scaling: Scaling) -> tuple[Scaling, float]:
    """There is a lot to do, and the services have grown by it; since when."""
    start = scaling.forget()
    scaling.load.requests = REQUESTS
    scaling.load.queues.update(QUEUES)
    scaling.wait(BUSY, seconds=WHOLE)
    return scaling, start


def test_each_service_has_the_pods_that_its_load_asks_for(busy: tuple[Scaling, float]) -> None:
    scaling, _ = busy
    for name, count in BUSY.items():
        [external] = [each for each in scaling.autoscaler(name)["status"]["currentMetrics"] if "external" in each]
        target = scaling.autoscaler(name)["spec"]["metrics"]
        [wanted] = [each["external"]["target"]["averageValue"] for each in target if "external" in each]
        assert scaling.least[name] < count < scaling.scaled[name]["spec"]["maxReplicaCount"]
        assert external["external"]["current"]["averageValue"] != "0"
        assert wanted in ("1k", "5", "50")


@pytest.mark.parametrize("name", BUSY)
def test_a_service_grows_by_a_quarter_in_each_period(busy: tuple[Scaling, float], name: str) -> None:
    scaling, start = busy
    history = scaling.sizes[name]
    assert history[1].before >= start + _window(scaling.scaled[name], "scaleUp") - SYNC
    [policy] = _behavior(scaling.scaled[name])["scaleUp"]["policies"]
    for each in history[1:]:
        count, before = each.pods, _size(history, each.before - policy["periodSeconds"])
        assert before < count <= math.ceil(before * (1 + policy["value"] / 100)), history


def _size(history: list[Size], moment: float) -> int:
    """The newest number of pods that may have been asked for at a moment, or the first one that is known."""
    return [each.pods for each in history if each.after <= moment + EARLY or each is history[0]][-1]


@pytest.fixture(scope="module")
def blind(busy: tuple[Scaling, float]) -> Scaling:
    """Neither a pod nor a broker has answered for longer than an autoscaler waits before it removes pods."""
    scaling, _ = busy
    scaling.forget()
    scaling.load.silent = True
    wait("every autoscaler is blind for long enough", lambda: _sighted(scaling), seconds=WHOLE, longest=LOOK)
    return scaling


def _sighted(scaling: Scaling) -> str | None:
    scaling.look()
    for name, scaled in scaling.scaled.items():
        active = condition(scaling.autoscaler(name), "ScalingActive")
        if not active or active["reason"] != "FailedGetExternalMetric":
            return f"{name}: {active}"
        age = datetime.now(UTC) - datetime.fromisoformat(active["lastTransitionTime"])
        if age.total_seconds() <= _window(scaled, "scaleDown") + LATE:
            return f"{name}: for {age}"
    return None


def test_missing_metrics_remove_and_add_no_pod(blind: Scaling) -> None:
    assert {name: [each.pods for each in history] for name, history in blind.sizes.items()} == {
        name: [count] for name, count in BUSY.items()
    }


@pytest.fixture(scope="module")
def by_usage(blind: Scaling) -> Iterator[Scaling]:
    """Still blind, but one service is short of processor."""
    pods = blind.pods("ocr-service")
    [container] = pods[0]["spec"]["containers"]
    millicores = _millicores(container["resources"]["requests"]["cpu"])
    metrics.use(blind.environment.api, pods, cpu=f"{round(millicores * SHARE)}m")
    try:
        blind.wait(BY_USAGE, seconds=WHOLE)
        yield blind
    finally:
        metrics.use(blind.environment.api, blind.pods("ocr-service"))


def _millicores(quantity: str) -> int:
    return int(quantity[:-1]) if quantity.endswith("m") else int(quantity) * 1000


def test_the_usage_of_processors_scales_without_the_other_metrics(by_usage: Scaling) -> None:
    assert by_usage.look() == BY_USAGE


@pytest.fixture(scope="module")
def idle(by_usage: Scaling) -> tuple[Scaling, float]:
    """Everybody answers again, and has nothing to do; since when."""
    scaling = by_usage
    metrics.use(scaling.environment.api, scaling.pods("ocr-service"))
    scaling.load.requests = 0.0
    scaling.load.queues.clear()
    start = scaling.forget()
    scaling.load.silent = False
    scaling.wait(scaling.least, seconds=WHOLE)
    return scaling, start


@pytest.mark.parametrize("name", BUSY)
def test_a_service_shrinks_by_a_tenth_in_each_period_after_its_window(idle: tuple[Scaling, float], name: str) -> None:
    scaling, _ = idle
    history = scaling.sizes[name]
    [policy] = _behavior(scaling.scaled[name])["scaleDown"]["policies"]
    for each in history[1:]:
        count, before = each.pods, _size(history, each.before - policy["periodSeconds"])
        assert before > count >= math.floor(before * (1 - policy["value"] / 100)), history
