"""Every combination of components that components/README.md allows is built, and every component is checked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from promote.checks import inspection
from promote.checks.criteria import Criteria
from promote.checks.policies import Policies
from promote.kustomize import render
from tests.manifests.render import ENVIRONMENTS, REPOSITORY
from tests.manifests.variants import COVERING, Workshop, complaint, variants


@pytest.mark.thorough
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_allowed_combination_renders_without_a_word(tmp_path: Path, environment: str) -> None:
    allowed, workshop = variants(environment), Workshop(tmp_path)
    # Certificates in three ways at the edge that may have a canary, in two at the other; secrets, scaling, TLS to the
    # data stores, debugging.
    assert len(allowed) == (3 * 2 + 2) * 2 * 2 * 2 * 2
    folders = [workshop.overlay(environment, variant) for variant in allowed]
    assert len(set(folders)) == len(allowed)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(complaint, folders)) == {""}


def test_what_components_render_is_valid_and_no_rule_denies_it(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path)
    targets = [
        render.kustomize(
            workshop.overlay(environment, tuple(name.replace("ENV", environment) for name in names)), names[0]
        )
        for names, environment in zip(COVERING, reversed(ENVIRONMENTS), strict=True)
    ]
    two = workshop.two_versions("production", green=["api-gateway", "user-service"], canary=["ocr-service"])
    targets.append(render.kustomize(two, "two versions"))
    schemas = (REPOSITORY / ".tools/schemas", REPOSITORY / "tools/schemas")
    rules = Criteria(Policies(REPOSITORY / "policies"), schemas, ("1.35", "1.36", "1.37"))
    verdict = inspection.inspect(targets, rules, REPOSITORY)
    assert [found for found in verdict.findings if found.level == "deny"] == []
