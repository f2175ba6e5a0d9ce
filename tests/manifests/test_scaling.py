"""docs/scaling.md, followed in a copy of the repository."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.manifests import numbers
from tests.manifests.render import ENVIRONMENTS, REPOSITORY, Render, name_of, overlay, render
from tools import quota

DECISION = (REPOSITORY / "docs/decisions/0006-autoscaling.md").read_text(encoding="utf-8")
PAGE = (REPOSITORY / "docs/scaling.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```yaml scale=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LIMITS = {
    "HorizontalPodAutoscaler": ("minReplicas", "maxReplicas"),
    "ScaledObject": ("minReplicaCount", "maxReplicaCount"),
}
PATCH = re.compile(r"^  # .*\n  - target: {kind: HorizontalPodAutoscaler, name: .*\n(?:    .*\n)+", re.MULTILINE)


def _put(file: Path, before: re.Pattern[str], after: str) -> None:
    text, count = before.subn(after, file.read_text(encoding="utf-8"))
    assert count, f"{file} has nothing like it"
    file.write_text(text, encoding="utf-8")


def _follow(folder: Path) -> None:
    """Put each block of the page in the place of the same lines with whatever numbers they have now."""
    numbers.copied(folder)
    for file, after in BLOCK.findall(PAGE):
        _put(folder / file, re.compile(re.sub(r"\d+", r"\\d+", re.escape(after))), after)


def _limits(rendered: Render) -> dict[str, tuple[int, int]]:
    return {
        name_of(each): (each["spec"][least], each["spec"][most])
        for kind, (least, most) in LIMITS.items()
        for each in rendered.kind(kind)
    }


def _shown() -> tuple[int, int]:
    """The limits of the gateway that the page shows."""
    ((least, most),) = re.findall(r"{minReplicas: (\d+), maxReplicas: (\d+)}", PAGE)
    return int(least), int(most)


@pytest.mark.slow
def test_one_line_scales_one_service(tmp_path: Path) -> None:
    _follow(tmp_path)
    limits = _limits(render(tmp_path / "overlays/production"))
    assert limits == {**_limits(overlay("production")), "api-gateway": _shown()}


@pytest.mark.slow
def test_the_page_changes_a_number_wherever_it_is(tmp_path: Path) -> None:
    _follow(tmp_path)
    promised = numbers.promised(tmp_path, "production")
    found = numbers.rendered(render(tmp_path / "overlays/production").objects)
    of_gateway = (promised[numbers.Key("autoscaling", "api-gateway", field)] for field in ("least", "most"))
    assert tuple(of_gateway) == _shown()
    for place, of_place in {"the overlay": found, **numbers.repeated(tmp_path)}.items():
        assert numbers.differences(place, of_place, tmp_path, "production") == []


@pytest.mark.slow
def test_a_larger_maximum_needs_a_larger_quota(tmp_path: Path) -> None:
    _follow(tmp_path)
    most = _shown()[1]
    file = tmp_path / "overlays/production/scaling/kustomization.yaml"
    _put(file, re.compile(f"maxReplicas: {most}"), f"maxReplicas: {2 * most}")
    rendered = render(file.parent.parent)
    (now,) = rendered.kind("ResourceQuota")
    needed = dict(line.split(": ") for line in quota.lines(quota.needed(rendered.objects)))
    assert int(needed["pods"].strip('"')) > int(now["spec"]["hard"]["pods"])


@pytest.mark.slow
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_without_its_own_limits_a_service_has_the_defaults(environment: str, tmp_path: Path) -> None:
    numbers.copied(tmp_path)
    file = tmp_path / "overlays" / environment / "scaling/kustomization.yaml"
    _put(file, PATCH, "")
    limits = _limits(render(file.parent.parent))
    assert set(limits.values()) == {_limits(overlay(environment))["user-service"]}


def test_no_deployment_that_scales_states_a_number() -> None:
    for environment in ENVIRONMENTS:
        for name in _limits(overlay(environment)):
            assert "replicas" not in overlay(environment).one("Deployment", name)["spec"], name


def test_the_decision_about_memory_has_the_numbers_of_production() -> None:
    promised = numbers.promised(REPOSITORY, "production")
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d+)Gi \| (\d+) % \| (\d+) MiB \| (\d+Gi) \|$", DECISION, re.MULTILINE)
    services = {key.of for key in promised if key.table == "autoscaling"}
    assert {name for name, *_ in rows} == services
    for name, request, target, full, limit in rows:
        assert promised[numbers.Key("resources", f"{name}/server", "requests.memory")] == f"{request}Gi"
        assert promised[numbers.Key("resources", f"{name}/server", "limits.memory")] == limit
        assert promised[numbers.Key("autoscaling", name, "memory")] == int(target)
        assert int(full) == int(request) * 1024 * int(target) // 100


def test_a_drain_in_production_leaves_a_pod_of_each_service() -> None:
    """Budgets let one pod go at a time, so the second one serves."""
    assert [name for name, (least, _) in _limits(overlay("production")).items() if least < 2] == []
