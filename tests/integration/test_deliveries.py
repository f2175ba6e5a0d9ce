"""Versions of what Flux and Argo CD take from elsewhere: reported where two environments differ, and declared."""

from __future__ import annotations

import pytest

from tests.integration.sandbox import BRANCH, Sandbox
from tests.integration.test_versions_elsewhere import RELEASE, Kind, overlay, write

RELEASED = overlay("patches: [{path: release.yaml}]\n") | {
    "release.yaml": "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: shop}\n"
    "spec: {chart: {spec: {version: VERSION}}}\n"
}
BASE = {"release.yaml": RELEASE}
KUSTOMIZATION_OF_FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: shop}
spec:
  path: ./apps/ENVIRONMENT
"""


@pytest.mark.slow
def test_versions_of_charts_are_reported_until_they_are_declared(tiny: Sandbox) -> None:
    write(tiny, Kind(RELEASED, base=BASE), {"staging": "1.1.0", "production": "1.0.0"})
    said = "HelmRelease/shop spec.chart.spec.version of shop: 1.1.0 in staging, 1.0.0 in production: declare it under"
    assert said in tiny.promote("drift", "staging", "production", code=1).out
    plan = tiny.promote("plan", "staging", "production").out
    assert f"not moved: {said}" in plan
    assert "nothing to do: no version of an image was found in staging or production" in plan
    status = tiny.promote("status").out
    assert (
        "`promote drift` compares the versions in objects of the kind HelmRelease; to move them, name each" in status
    )
    assert "--add" not in status
    declared = "versions: [{name: shop, file: release.yaml, path: spec.chart.spec.version}]\n"
    write(tiny, Kind(RELEASED, base=BASE, config=declared), {"staging": "1.1.0", "production": "1.0.0"})
    assert (
        tiny.promote("drift", "staging", "production", code=1).out == "shop: 1.1.0 in staging, 1.0.0 in production\n"
    )
    tiny.promote("staging", "production")
    tiny.at_origin("update-ref", "refs/heads/main", tiny.tip(BRANCH), tiny.tip())  # as a forge merges it
    assert "version: 1.1.0" in tiny.show("overlays/production/release.yaml", "main")
    assert "same versions" in tiny.promote("drift", "staging", "production").out


def test_an_environment_that_cannot_be_built_is_not_called_the_same(tiny: Sandbox) -> None:
    missing = {
        **RELEASED,
        "kustomization.yaml": RELEASED["kustomization.yaml"] + "configMapGenerator: [{files: [x]}]\n",
    }
    write(tiny, Kind(missing, base=BASE), {"staging": "1.1.0", "production": "1.0.0"})
    said = tiny.promote("drift", "staging", "production", code=1).out
    assert "what is rendered could not be compared" in said
    assert "and objects of the kind HelmRelease may set versions, too" in said


def test_folders_that_are_applied_are_named_where_nothing_else_has_a_version(tiny: Sandbox) -> None:
    files = {"kustomization.yaml": "resources: [sync.yaml]\n", "sync.yaml": KUSTOMIZATION_OF_FLUX}
    write(tiny, Kind(files), {"staging": "", "production": ""})
    for stage in ("staging", "production"):
        tiny.write(f"apps/{stage}/kustomization.yaml", "images: [{name: shop/web, newTag: '1'}]\n")
    tiny.publish("apps")
    said = "they apply apps/production, apps/staging by objects of Flux or Argo CD: name such folders in promote.yaml"
    assert said in tiny.promote("status").out


APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop}
spec: {source: {chart: shop, targetRevision: VERSION}}
"""
UNBUILT = "images: [{name: shop/web, newTag: '1'}]\nconfigMapGenerator: [{files: [x]}]\n"
OPERATION = "- {op: replace, path: /spec/chart/spec/version, value: VERSION}"
PATCH = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: shop}\n"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Kind(overlay(UNBUILT) | RELEASED | {"kustomization.yaml": RELEASED["kustomization.yaml"] + UNBUILT},
              base=BASE),
         "HelmRelease/shop spec.chart.spec.version of shop: 1.1.0 in staging, 1.0.0 in production"),
        (Kind({"kustomization.yaml": f"resources: [app.yaml]\n{UNBUILT}", "app.yaml": APPLICATION}),
         "Application/shop targetRevision of shop: 1.1.0 in staging, 1.0.0 in production"),
        (Kind(overlay(f"{UNBUILT}patches:\n  - patch: |-\n" + "".join(
            f"      {line}\n" for line in f"{PATCH}spec: {{chart: {{spec: {{version: VERSION}}}}}}".splitlines()
        )), base=BASE),
         "HelmRelease/shop spec.chart.spec.version of shop: 1.1.0 in staging, 1.0.0 in production"),
        (Kind(overlay(f"{UNBUILT}patches:\n  - target: {{kind: HelmRelease}}\n    patch: |-\n      {OPERATION}\n"),
              base=BASE),
         "and objects of the kind HelmRelease may set versions, too"),
    ],
    ids=["patch", "resource", "inline", "operation"],
)  # fmt: skip
def test_what_cannot_be_rendered_is_compared_as_it_is_written(tiny: Sandbox, kind: Kind, said: str) -> None:
    """Images that are the same do not make the rest the same."""
    write(tiny, kind, {"staging": "1.1.0", "production": "1.0.0"})
    out = tiny.promote("drift", "staging", "production", code=1).out
    assert said in out
    assert "same versions" not in out
    write(tiny, kind, {"staging": "1.0.0", "production": "1.0.0"})
    same = tiny.promote("drift", "staging", "production", code=1 if "may set" in said else 0).out
    assert ("same versions" in same) is ("may set" not in said)
