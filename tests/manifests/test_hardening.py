"""Every workload, whatever it is for, has the same hardening, to the last line."""

from __future__ import annotations

import pytest

from tests.manifests.render import (
    COMPONENT,
    ENVIRONMENTS,
    NAME,
    WORKLOADS,
    Object,
    containers,
    labels,
    name_of,
    overlay,
    pod_template,
)

OF_CONTAINER = {
    "runAsNonRoot": True,
    "privileged": False,
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}

both = pytest.mark.parametrize("environment", ENVIRONMENTS)


@both
def test_every_container_is_hardened_to_the_last_line(environment: str) -> None:
    for workload in overlay(environment).kind(*WORKLOADS):
        for container in containers(workload):
            assert container["securityContext"] == OF_CONTAINER, f"{name_of(workload)}/{container['name']}"
            assert container["imagePullPolicy"] == "IfNotPresent", name_of(workload)


@both
def test_every_pod_is_hardened_to_the_last_line(environment: str) -> None:
    for workload in overlay(environment).kind(*WORKLOADS):
        found = dict(pod_template(workload)["spec"]["securityContext"])
        # By whom each image is run is the rules' to say: images.facts, workloads.identity.
        assert {found.pop(each, None) is None for each in ("runAsUser", "runAsGroup", "fsGroup")} == {False}
        # A volume that stays has an owner; changing all of it at each start takes minutes.
        stays = workload["kind"] in ("Deployment", "StatefulSet")
        owned = {"fsGroupChangePolicy": "OnRootMismatch"} if stays else {}
        expected = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}, **owned}
        assert found == expected, name_of(workload)


@both
def test_no_account_mounts_its_token_by_itself(environment: str) -> None:
    for account in overlay(environment).kind("ServiceAccount"):
        assert account["automountServiceAccountToken"] is False, name_of(account)


@both
def test_every_selector_is_the_two_labels_that_never_change(environment: str) -> None:
    rendered = overlay(environment)
    for workload in rendered.kind("Deployment", "StatefulSet"):
        selector = {each: labels(workload)[each] for each in (NAME, COMPONENT)}
        assert workload["spec"]["selector"] == {"matchLabels": selector}, name_of(workload)
        assert labels(pod_template(workload)).items() >= selector.items()
    for service in rendered.kind("Service"):
        assert {NAME, COMPONENT} <= service["spec"]["selector"].keys(), name_of(service)


@both
def test_every_workload_that_stays_is_evicted_one_by_one(environment: str) -> None:
    rendered = overlay(environment)
    lasting = rendered.kind("Deployment", "StatefulSet")
    budgets: dict[str, Object] = {name_of(each): each["spec"] for each in rendered.kind("PodDisruptionBudget")}
    assert budgets == {
        name_of(each): {
            "maxUnavailable": 1,
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": each["spec"]["selector"],
        }
        for each in lasting
    }
