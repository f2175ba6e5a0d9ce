"""Versions that are not in `images:` of an environment: each kind of place, from bump to rollback."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from tests.integration.sandbox import BRANCH, Sandbox

POD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
        - name: api
          image: IMAGE  # of the API
"""
PATCH = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec: {template: {spec: {containers: [{name: api, image: "shop/api:VERSION"}]}}}
"""
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop}
spec:
  interval: 5m
  chart: {spec: {chart: shop, sourceRef: {kind: HelmRepository, name: shop}}}
"""
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop}
spec:
  project: default
  destination: {server: "https://kubernetes.default.svc"}
  source:
    repoURL: https://git.example.com/shop.git
    path: shop
"""
OVERLAY = "namespace: shop-ENVIRONMENT\nresources: [../../base]\n"


@dataclass(frozen=True)
class Kind:
    """A kind of place: files of an environment, with ENVIRONMENT and VERSION, which of them has it, and the base."""

    files: Mapping[str, str]
    place: str = "kustomization.yaml"
    name: str = "api"
    base: Mapping[str, str] = field(default_factory=lambda: {"api.yaml": POD.replace("IMAGE", "shop/api:0.9")})
    config: str = ""


def overlay(more: str) -> dict[str, str]:
    return {"kustomization.yaml": OVERLAY + more}


def application(more: str) -> dict[str, str]:
    return {"kustomization.yaml": "resources: [app.yaml]\n", "app.yaml": APPLICATION + more}


JSON_PATCH = "- op: replace\n  path: /spec/template/spec/containers/0/image\n  value: shop/api:VERSION # here\n"
INLINE = "patches:\n  - target: {kind: Deployment, name: api}\n    patch: |-\n      # which API\n"
KINDS = {
    "resource": Kind(
        {"kustomization.yaml": "resources: [api.yaml]\n", "api.yaml": POD.replace("IMAGE", "'shop/api:VERSION'")},
        "api.yaml",
    ),
    "component": Kind(
        overlay("components: [versions]\n")
        | {
            "versions/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
            "images: [{name: shop/api, newTag: VERSION}]\n"
        },
        "versions/kustomization.yaml",
    ),
    "strategic merge": Kind(overlay("patches: [{path: api.yaml}]\n") | {"api.yaml": PATCH}, "api.yaml"),
    "strategic merge, inline": Kind(overlay(INLINE + "      " + PATCH.replace("\n", "\n      ").rstrip(" "))),
    "JSON 6902": Kind(
        overlay("patches: [{path: api.yaml, target: {kind: Deployment}}]\n") | {"api.yaml": JSON_PATCH}, "api.yaml"
    ),
    "JSON 6902, inline": Kind(overlay(INLINE + "      " + JSON_PATCH.replace("\n", "\n      ").rstrip(" "))),
    "configured field": Kind(
        overlay("configurations: [images.yaml]\nimages: [{name: shop/api, newTag: VERSION}]\n")
        | {"images.yaml": "images: [{path: spec/runtime/image, kind: Shop}]\n"},
        base={
            "shop.yaml": "apiVersion: shop/v1\nkind: Shop\nmetadata: {name: s}\nspec: {runtime: {image: shop/api}}\n"
        },
    ),
    "HelmRelease": Kind(
        overlay("patches: [{path: values.yaml}]\n")
        | {
            "values.yaml": "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: shop}\n"
            "spec: {values: {image: {tag: VERSION}}}\n"
        },
        "values.yaml",
        base={"release.yaml": RELEASE + "  values:\n    image:\n      repository: shop/api\n"},
    ),
    "Application, kustomize": Kind(application("    kustomize: {images: ['shop/api:VERSION']}\n"), "app.yaml"),
    "Application, parameters": Kind(
        application("    helm:\n      parameters:\n        - name: image.tag\n          value: VERSION\n"),
        "app.yaml",
        "shop",
    ),
    "Application, values": Kind(
        application("    helm:\n      values: |\n        image: {repository: shop/api, tag: VERSION}\n"), "app.yaml"
    ),
    "Application, valuesObject": Kind(
        application("    helm: {valuesObject: {image: {repository: shop/api, tag: VERSION}}}\n"), "app.yaml"
    ),
    "declared literal": Kind(
        overlay("configMapGenerator:\n  - name: settings\n    literals: [LEVEL=info, SCHEMA=VERSION]\n"),
        name="schema",
        config="versions: [{name: schema, file: kustomization.yaml, path: configMapGenerator.settings.literals.1}]\n",
    ),
    "declared line": Kind(
        overlay("configMapGenerator: [{name: settings, envs: [versions.env]}]\n")
        | {"versions.env": "OTHER=VERSION\nSCHEMA=VERSION\n"},
        "versions.env",
        "schema",
        config="versions: [{name: schema, file: versions.env, path: SCHEMA}]\n",
    ),
}
ALWAYS = '{start: "Monday 00:00", end: "Sunday 23:59", timezone: UTC, reason: audit}'
QUICK = ("strategic merge", "JSON 6902, inline", "HelmRelease", "declared literal")


def kinds() -> list[object]:
    return [name if name in QUICK else pytest.param(name, marks=pytest.mark.thorough) for name in KINDS]


def write(tiny: Sandbox, kind: Kind, versions: Mapping[str, str]) -> None:
    """The files of both environments, on the shared branch."""
    tiny.git("rm", "-rq", "base", "overlays")
    config = "environments:\n  staging: {path: overlays/staging}\n  production: {path: overlays/production}\n"
    tiny.write("promote.yaml", config + 'kubernetes: ["1.36"]\n' + kind.config)
    for name, text in kind.base.items():
        tiny.write(f"base/{name}", text)
    tiny.write("base/kustomization.yaml", f"resources: [{', '.join(kind.base)}]\n")
    for environment, version in versions.items():
        for name, text in kind.files.items():
            filled = text.replace("ENVIRONMENT", environment).replace("VERSION", version)
            tiny.write(f"overlays/{environment}/{name}", filled)
    tiny.commit("versions")
    tiny.git("push", "--quiet", "origin", "main")


def changed(tiny: Sandbox, place: str, old: str, new: str) -> str:
    """The text of a place with another version, and nothing else changed; the last of several is the version."""
    before, _, after = tiny.read(place).rpartition(old)
    return before + new + after


@pytest.mark.parametrize("name", kinds())
def test_from_bump_to_rollback(tiny: Sandbox, name: str) -> None:
    kind = KINDS[name]
    write(tiny, kind, {"staging": "v1.1.0", "production": "v1.0.0"})
    staging, production = (f"overlays/{one}/{kind.place}" for one in ("staging", "production"))
    bumped = changed(tiny, staging, "v1.1.0", "v1.2.0")
    promoted = changed(tiny, production, "v1.0.0", "v1.2.0")
    restored = tiny.read(production)
    tiny.promote("bump", "staging", f"{kind.name}=v1.2.0", "--commit")
    assert tiny.show(staging, "main").rstrip("\n") == bumped.rstrip("\n")
    tiny.promote("staging", "production")
    # As a forge merges it; `promote merge` denies kinds without a schema, which some of these are.
    tiny.at_origin("update-ref", "refs/heads/main", tiny.tip(BRANCH), tiny.tip())
    assert tiny.show(production, "main").rstrip("\n") == promoted.rstrip("\n")
    assert tiny.at_origin("diff", "--name-only", "main^", "main").split() == [production]
    tiny.promote("verify", tiny.tip())
    tiny.promote("rollback", "production", kind.name, "--reason", "slow")
    assert tiny.show(production, "main").rstrip("\n") == restored.rstrip("\n")
    tiny.promote("staging", "production", code=4)


def test_explain_accepts_what_the_promotion_accepts(tiny: Sandbox) -> None:
    write(tiny, KINDS["HelmRelease"], {"staging": "v1.1.0", "production": "v1.0.0"})
    said = tiny.promote("explain", "staging", "production").out
    assert said.endswith("nothing blocks this promotion\n")


@pytest.mark.slow
def test_a_base_that_two_environments_share_is_changed_for_both(tiny: Sandbox) -> None:
    write(tiny, Kind(overlay("")), {"staging": "", "production": ""})
    tiny.write("promote.yaml", tiny.read("promote.yaml").replace(
        "production: {", f"production: {{gates: {{freeze: [{ALWAYS}]}}, "))  # fmt: skip
    tiny.publish()
    outcome = tiny.promote("bump", "staging", "api=1.0", "--commit", code=4)
    assert "production: audit" in outcome.err
    before = tiny.read("base/api.yaml")
    tiny.promote("bump", "staging", "api=1.0", "--commit", "--despite-freeze", "agreed")
    assert tiny.show("base/api.yaml", "main").rstrip() == before.replace("shop/api:0.9", "shop/api:1.0").rstrip()


def test_an_entry_is_added_for_one_environment_alone(tiny: Sandbox) -> None:
    write(
        tiny,
        Kind(overlay(""), base={"core.yaml": POD.replace("IMAGE", "shop/core:0.9")}),
        {"staging": "", "production": ""},
    )
    tiny.promote("bump", "staging", "core=1.0", "--commit", "--add")
    file, entry = "overlays/staging/kustomization.yaml", 'images:\n  - name: shop/core\n    newTag: "1.0"\n'
    assert tiny.show(file, "main") == OVERLAY.replace("ENVIRONMENT", "staging") + entry
    tiny.promote("staging", "production", "--add", "--auto-merge")
    file = "overlays/production/kustomization.yaml"
    assert tiny.show(file, "main") == OVERLAY.replace("ENVIRONMENT", "production") + entry
    tiny.promote("rollback", "production", "core")
    assert 'newTag: "0.9"' in tiny.show(file, "main")


def test_a_difference_that_cannot_be_moved_is_reported(tiny: Sandbox) -> None:
    labelled = POD.replace("{name: api}", "{name: api, labels: {app: api}}", 1)
    base = {"api.yaml": labelled.replace("IMAGE", "shop/api:0.9")}
    replaced = (
        "configMapGenerator: [{name: v, literals: [API=shop/api:VERSION]}]\n"
        "replacements:\n  - source: {kind: ConfigMap, name: v, fieldPath: data.API}\n"
        "    targets:\n      - select: {labelSelector: app=api}\n"
        "        fieldPaths: ['spec.template.spec.containers.0.image']\n"
    )
    write(tiny, Kind(overlay(replaced), base=base), {"staging": "v2", "production": "v1"})
    drift = tiny.promote("drift", "staging", "production", code=1).out
    assert "shop/api is 0.9 in base/api.yaml:11, but staging renders v2" in drift
    assert "overlays/production/kustomization.yaml:5 (replacements)" in drift
    assert "same versions" not in drift
    assert "cannot be moved" in tiny.promote("plan", "staging", "production").out


@pytest.mark.parametrize("digest", ["", f"@sha256:{'a' * 64}"])
def test_an_item_whose_name_has_the_tag_sets_the_version(tiny: Sandbox, digest: str) -> None:
    """Kustomize takes it for images of this tag alone."""
    own = overlay("images: [{name: 'shop/api:0.9', newTag: VERSION}]\n")
    base = {"api.yaml": POD.replace("IMAGE", f"shop/api:0.9{digest}")}
    write(tiny, Kind(own, base=base), {"staging": "v2", "production": "v1"})
    answer = tiny.promote("plan", "staging", "production", "--only", "shop/api", "--output", "json").json
    assert [(one["old"]["tag"], one["new"]["tag"]) for one in answer["changes"]] == [("v1", "v2")]
    refused = tiny.promote("plan", "staging", "production", "--only", "api", code=2).err
    assert "no image or service is called 'api'; did you mean 'api:0.9'?" in refused
    (revision,) = tiny.promote("history", "staging", "shop/api", "--output", "json").json["revisions"]
    assert [(one["image"], one["tag"]) for one in revision["images"]] == [("shop/api:v2", "v2")]


@pytest.mark.quick
def test_different_versions_of_one_image_are_left_and_reported(tiny: Sandbox) -> None:
    two = POD.replace("name: api}", "name: two}", 1).replace("IMAGE", "shop/api:0.8")
    base = {"api.yaml": POD.replace("IMAGE", "shop/api:0.9"), "two.yaml": two}
    write(tiny, Kind(overlay(""), base=base), {"staging": "", "production": ""})
    assert "shop/api has different versions" in tiny.promote("drift", "staging", "production", code=1).out
    refused = tiny.promote("bump", "staging", "shop/api=1.0", code=2)
    assert "base/api.yaml:11" in refused.err
    assert "base/two.yaml:11" in refused.err


def test_an_image_without_a_version_gets_one_when_it_is_asked_for(tiny: Sandbox) -> None:
    write(
        tiny,
        Kind(overlay(""), base={"api.yaml": POD.replace("IMAGE", "shop/api")}),
        {"staging": "", "production": ""},
    )
    refused = tiny.promote("bump", "staging", "api=1.0", code=2).err
    assert "no image or service is called 'api'; if this is an image that has no version yet, --add gives" in refused
    tiny.promote("bump", "staging", "shop/api=1.0", "--add")
    assert '- name: shop/api\n    newTag: "1.0"' in tiny.read("overlays/staging/kustomization.yaml")
