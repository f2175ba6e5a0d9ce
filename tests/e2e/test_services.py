"""Rolling updates of every service in both environments, and second versions of them."""

from __future__ import annotations

import json
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import cast

import pytest

from tests.e2e import endpoints
from tests.e2e.api import Object
from tests.e2e.endpoints import Endpoints
from tests.e2e.environments import Environment, describe
from tests.e2e.process import wait
from tests.manifests.render import COMPONENT, labels, name_of, render
from tests.manifests.variants import Workshop

SERVICES = ("api-gateway", "user-service", "ocr-service", "ocr-engine-service", "patient-queue-service")


def test_a_rollout_of_every_service_keeps_the_promised_pods_ready(environments: dict[str, Environment]) -> None:
    """Rolling updates: as many ready endpoints as the autoscaler promises, at every moment, in both environments."""
    with ExitStack() as stack:
        all_seen = [stack.enter_context(endpoints.watched(one.api, one.namespace)) for one in environments.values()]
        watching = list(zip(environments.values(), all_seen, strict=True))
        for one, seen in watching:
            wait(f"the autoscalers of {one.name} keep their minimum", partial(_too_few, one, seen), seconds=60)
            seen.forget()
        before = [{each: seen.now(each) for each in _promised(one)} for one, seen in watching]
        for one, _ in watching:
            one.apply(map(_with_other_image, _services(one)))
        for one, _ in watching:
            one.wait(map(_with_other_image, _services(one)))
        for (one, seen), old in zip(watching, before, strict=True):
            for service, promised in _promised(one).items():
                assert seen.fewest(service) >= promised, (one.name, service)
                assert not seen.now(service) & old[service], (one.name, service)
    for one, _ in watching:
        one.apply(_services(one))
        one.wait(_services(one))


def _too_few(environment: Environment, seen: Endpoints) -> str | None:
    found = {each: (len(seen.now(each)), least) for each, least in _promised(environment).items()}
    few = {each: ready for each, (ready, least) in found.items() if ready < least}
    return str(few) if few else None


def _services(environment: Environment) -> list[Object]:
    return [each for each in environment.kind("Deployment") if labels(each)[COMPONENT] == "service"]


def _with_other_image(deployment: Object) -> Object:
    text = json.dumps(deployment)
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    return cast("Object", json.loads(text.replace(container["image"], f"{container['image'][:-8]}0123abcd")))


def _promised(environment: Environment) -> dict[str, int]:
    """By Service, how many pods its autoscaler keeps at least."""
    found = {}
    for each in environment.kind("HorizontalPodAutoscaler", "ScaledObject"):
        name = each["spec"]["scaleTargetRef"]["name"]
        least = each["spec"].get("minReplicas", each["spec"].get("minReplicaCount"))
        found[name if name.endswith("-service") else f"{name}-service"] = least
    return found


@pytest.mark.parametrize("kind", ["green", "canary"])
def test_second_versions_of_every_service_are_admitted(environment: Environment, tmp_path: Path, kind: str) -> None:
    overlay = Workshop(tmp_path).two_versions(environment.name, **{kind: SERVICES})
    known = {environment.api.address(each) for each in environment.objects}
    added = [each for each in render(overlay).objects if environment.api.address(each) not in known]
    assert {name_of(each) for each in added if each["kind"] == "Deployment"} == {f"{one}-{kind}" for one in SERVICES}
    for each in added:
        assert environment.api.apply(each, dryRun="All").warnings == (), describe(each)
