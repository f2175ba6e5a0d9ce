"""The order in which a sync engine applies an environment: waves for Argo CD, tiers for Flux."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.manifests.render import (
    COMPONENT,
    ENVIRONMENTS,
    NAME,
    REPOSITORY,
    Object,
    containers,
    identity,
    labels,
    name_of,
    overlay,
    read_kustomization,
    render,
)
from tests.manifests.variants import COVERING, Variant, Workshop

WAVE, TIER = "argocd.argoproj.io/sync-wave", "mediq.io/tier"
TIERS = {
    "-5": "roles",
    "-3": "foundation",
    "-2": "datastores",
    "-1": "migrations",
    "0": "services",
    "1": "smoke",
    "2": "routes",
}
AUTOSCALING = "autoscaling"
KINDS = {
    "-5": "Namespace Role ClusterRole",
    "-3": "ServiceAccount RoleBinding ClusterRoleBinding NetworkPolicy ConfigMap"
    " SealedSecret ExternalSecret SecretStore"
    " ResourceQuota LimitRange PriorityClass StorageClass",
    "0": "Deployment CronJob",
    "2": "HorizontalPodAutoscaler ScaledObject TriggerAuthentication"
    " Ingress Gateway HTTPRoute NginxProxy ClientSettingsPolicy ProxySettingsPolicy RateLimitPolicy"
    " SnippetsPolicy Issuer Certificate",
}
SCALERS = ("HorizontalPodAutoscaler", "ScaledObject", "TriggerAuthentication")
BY_KIND = {kind: wave for wave, kinds in KINDS.items() for kind in kinds.split()}
JOBS = {"redis-bootstrap": "-2", "migrations-user": "-1", "migrations-queue": "-1", "smoke-test": "1"}

both = pytest.mark.parametrize("environment", ENVIRONMENTS)


def _promised(item: Object) -> str:
    if item["kind"] == "Job":
        return JOBS[labels(item)[NAME]]
    if item["kind"] in {"Issuer", "Certificate"} and labels(item).get(COMPONENT) == "internal-tls":
        return "-3"  # No data store starts without its Secret.
    return BY_KIND.get(item["kind"]) or ("-2" if labels(item).get(COMPONENT) == "datastore" else "0")


def _misplaced(objects: tuple[Object, ...]) -> list[tuple[str, str, str]]:
    found = []
    for each in objects:
        annotations, wave = each["metadata"].get("annotations") or {}, _promised(each)
        tier = AUTOSCALING if each["kind"] in SCALERS else TIERS[wave]
        if (annotations.get(WAVE), annotations.get(TIER)) != (wave, tier):
            found.append(identity(each))
    return found


@both
def test_everything_has_its_wave_and_tier(environment: str) -> None:
    assert _misplaced(overlay(environment).objects) == []


@pytest.mark.slow
@pytest.mark.parametrize("names", COVERING, ids=lambda names: names[0])
def test_whatever_a_component_brings_has_its_wave_and_tier(workshop: Workshop, names: Variant) -> None:
    variant = tuple(name.replace("ENV", "staging") for name in names)
    assert _misplaced(render(workshop.overlay("staging", variant)).objects) == []


def _kustomizations(environment: str) -> dict[str, Object]:
    found = render(REPOSITORY / "delivery/flux").kind("Kustomization")
    prefix = f"mediq-{environment}-"
    return {name_of(each).removeprefix(prefix): each["spec"] for each in found if name_of(each).startswith(prefix)}


@both
def test_each_tier_of_flux_waits_for_the_one_before(environment: str) -> None:
    tiers = list(dict.fromkeys(TIERS.values()))
    kustomizations = _kustomizations(environment)
    assert kustomizations.keys() == {*tiers, AUTOSCALING}
    for before, tier in [*zip([None, *tiers], tiers, strict=False), ("smoke", AUTOSCALING)]:
        waits = [each["name"] for each in kustomizations[tier].get("dependsOn", [])]
        assert waits == ([f"mediq-{environment}-{before}"] if before else [])
        assert kustomizations[tier]["wait"] is True


@both
def test_each_tier_of_flux_asks_for_itself(environment: str) -> None:
    for tier, spec in _kustomizations(environment).items():
        (patch,) = spec["patches"]
        assert patch["target"] == {"annotationSelector": f"{TIER}!={tier}"}


@pytest.mark.slow
@pytest.mark.parametrize(("environment", "tier"), [("staging", "datastores"), ("production", "services")])
def test_a_tier_of_flux_is_its_part_of_the_whole(environment: str, tier: str, tmp_path: Path) -> None:
    for name in ("base", "components", "overlays"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    spec = _kustomizations(environment)[tier]
    folder = tmp_path / spec["path"]
    content = read_kustomization(folder)
    # As Flux does before it builds.
    content["patches"] += spec["patches"]
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    whole = [each for each in overlay(environment).objects if each["metadata"]["annotations"][TIER] == tier]
    assert sorted(render(folder).objects, key=identity) == sorted(whole, key=identity)


@both
def test_the_smoke_test_asks_a_rendered_service(environment: str) -> None:
    job = overlay(environment).one("Job", "smoke-test")
    (container,) = containers(job)
    (host, port, path) = re.findall(r"http://([\w-]+):(\d+)(/\w+)", container["command"][-1])[0]
    service = overlay(environment).one("Service", host)
    assert int(port) in [each["port"] for each in service["spec"]["ports"]]
    (gateway,) = containers(overlay(environment).one("Deployment", "api-gateway"))
    assert path == gateway["readinessProbe"]["httpGet"]["path"]
    assert container["image"] == gateway["image"]
