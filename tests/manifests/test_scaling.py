"""docs/scaling.md, followed in a copy of the repository."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.manifests.render import ENVIRONMENTS, REPOSITORY, Render, name_of, overlay, render
from tests.manifests.variants import Workshop
from tools import quota

PAGE = (REPOSITORY / "docs/scaling.md").read_text(encoding="utf-8")
PATCH = re.compile(r"^  # .*\n  - target: {kind: HorizontalPodAutoscaler, name: .*\n(?:    .*\n)+", re.MULTILINE)


def _with(folder: Path, environment: str, before: str | re.Pattern[str], after: str) -> Render:
    Workshop(folder)
    file = folder / "overlays" / environment / "scaling/kustomization.yaml"
    text = file.read_text(encoding="utf-8")
    changed = before.sub(after, text) if isinstance(before, re.Pattern) else text.replace(before, after)
    assert changed != text
    file.write_text(changed, encoding="utf-8")
    return render(file.parent.parent)


def _limits(rendered: Render) -> dict[str, tuple[int, int]]:
    scalers = rendered.kind("HorizontalPodAutoscaler")
    return {name_of(each): (each["spec"]["minReplicas"], each["spec"]["maxReplicas"]) for each in scalers}


def _shown() -> tuple[str, str]:
    """What stands in the overlay now, and what the page puts in its place."""
    (after,) = re.findall(r"^```yaml scale\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return after.replace("minReplicas: 5", "minReplicas: 3"), after


def test_one_line_scales_one_service(tmp_path: Path) -> None:
    limits = _limits(_with(tmp_path, "production", *_shown()))
    assert limits == {**_limits(overlay("production")), "api-gateway": (5, 10)}


def test_a_larger_maximum_needs_a_larger_quota(tmp_path: Path) -> None:
    before, after = _shown()
    rendered = _with(tmp_path, "production", before, after.replace("maxReplicas: 10", "maxReplicas: 20"))
    (now,) = rendered.kind("ResourceQuota")
    needed = dict(line.split(": ") for line in quota.lines(quota.needed(rendered.objects)))
    assert int(needed["pods"].strip('"')) > int(now["spec"]["hard"]["pods"])


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_without_its_own_limits_a_service_has_the_defaults(environment: str, tmp_path: Path) -> None:
    limits = _limits(_with(tmp_path, environment, PATCH, ""))
    assert set(limits.values()) == {_limits(overlay(environment))["user-service"]}


def test_no_deployment_that_scales_states_a_number() -> None:
    for environment in ENVIRONMENTS:
        for name in _limits(overlay(environment)):
            assert "replicas" not in overlay(environment).one("Deployment", name)["spec"], name
