"""Versions that `replacements` copy into containers: a text in a ConfigMap, a file or another object moves them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promote.kustomize import render, versions
from promote.kustomize.sheets import Sheets
from promote.versions.found import Versions
from promote.versions.images import ImagesFile
from tests.integration.sandbox import BRANCH, Sandbox
from tests.integration.test_versions_elsewhere import OVERLAY, POD, Kind, overlay, write
from tests.replacing import FORMS, OTHER, OWN, PLACES, SOURCES, TARGETS, Case

CASES = [case for case in map(Case, *zip(*product(FORMS, SOURCES, TARGETS, PLACES), strict=True)) if case.is_built]
# A label and the images of two containers follow the same line, one of them as a whole.
COPIED = """\
configMapGenerator:
  - {name: versions, envs: [versions.env]}
replacements:
  - path: versions.yaml
"""
ENTRIES = """\
- source: {kind: ConfigMap, name: versions, fieldPath: data.API}
  targets:
    - select: {kind: Deployment, name: api}
      fieldPaths: ["spec.template.spec.containers.[name=api].image"]
      options: {delimiter: ":", index: 1}
    - select: {kind: Deployment, name: api}
      fieldPaths: [metadata.labels.version]
      options: {create: true}
- source: {kind: Deployment, name: api, fieldPath: "spec.template.spec.containers.[name=api].image"}
  targets:
    - select: {kind: Job, name: migrate}
      fieldPaths: ["spec.template.spec.containers.*.image"]
"""
LINES = "# API=v1.1.0\nLOG=v1.1.0\nAPI=VERSION\n"
JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {name: migrate}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: migrate, image: placeholder}]
"""
REPLACED = Kind(
    overlay(COPIED) | {"versions.env": LINES, "versions.yaml": ENTRIES},
    base={"api.yaml": POD.replace("IMAGE", "shop/api:v0"), "job.yaml": JOB},
)
PLACE = "overlays/production/versions.env"


def images(files: Mapping[str, bytes], folder: Path) -> list[str]:
    """What kustomize gives the containers."""
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    objects = (one.content for one in render.kustomize(folder / "env", "env").documents)
    pods = (one["spec"]["template"]["spec"] for one in objects if one["kind"] in ("Deployment", "Job"))
    return sorted(container["image"] for pod in pods for container in pod["containers"])


def found(files: Mapping[str, bytes]) -> Versions:
    return versions.find(Sheets(files.get), ImagesFile.parse(files[OWN], OWN), "env")


def references(files: Mapping[str, bytes]) -> list[str]:
    return sorted(image.reference for image in found(files).images)


@settings(suppress_health_check=list(HealthCheck))
@given(st.sampled_from(CASES))
def test_kustomize_renders_the_versions_that_are_found_and_edited(
    tmp_path_factory: pytest.TempPathFactory, case: Case
) -> None:
    old, new = case.version("v1", None), case.version("v2", OTHER)
    before = case.files(old)
    assert references(before) == images(before, tmp_path_factory.mktemp("old"))
    here = found(before)
    after = before | here.with_versions({case.name: new}).changes(here)
    assert after == case.files(new)
    assert references(after) == images(after, tmp_path_factory.mktemp("new"))
    assert [one.version for one in found(after).images if one.name == case.name] == [new]


def test_from_status_to_rollback(tiny: Sandbox) -> None:
    write(tiny, REPLACED, {"staging": "v1.1.0", "production": "v1.0.0"})
    restored, promoted = (LINES.replace("VERSION", version) for version in ("v1.0.0", "v1.2.0"))
    status = tiny.promote("status").out
    assert "v1.1.0" in status
    assert "v1.0.0" in status
    tiny.promote("bump", "staging", "api=v1.2.0", "--commit")
    plan = tiny.promote("plan", "staging", "production", "--output", "json").json
    assert [(one["image"], one["old"]["tag"], one["new"]["tag"]) for one in plan["changes"]] == [
        ("shop/api", "v1.0.0", "v1.2.0")
    ]
    assert "unmoved" not in plan or not plan["unmoved"]
    tiny.promote("staging", "production")
    assert tiny.show(PLACE, BRANCH).rstrip() == promoted.rstrip()
    tiny.promote("merge", "1")
    assert tiny.show(PLACE, "main").rstrip() == promoted.rstrip()
    assert tiny.at_origin("diff", "--name-only", "main^", "main").split() == [PLACE]
    assert "same versions" in tiny.promote("drift", "staging", "production").out
    tiny.promote("verify", tiny.tip())
    assert len(tiny.promote("history", "production", "--output", "json").json["revisions"]) > 1
    tiny.promote("rollback", "production", "api", "--reason", "slow")
    assert tiny.show(PLACE, "main").rstrip() == restored.rstrip()
    tiny.promote("verify", tiny.tip())
    tiny.promote("staging", "production", code=4)


@pytest.mark.quick
def test_an_image_that_would_move_too_and_is_not_followed_is_denied(tiny: Sandbox) -> None:
    targets = """\
- source: {kind: ConfigMap, name: versions, fieldPath: data.API}
  targets:
    - select: {name: api}
      fieldPaths: [&path "spec.template.spec.containers.0.image"]
      options: &tag {delimiter: ":", index: 1}
    - select: {labelSelector: app=web}
      fieldPaths: [*path]
      options: *tag
"""
    web = (
        POD.replace("api", "web").replace("IMAGE", "shop/web:v0").replace("{name: web}", "{name: web, labels: &l}", 1)
    )
    base = {"api.yaml": POD.replace("IMAGE", "shop/api:v0"), "web.yaml": web.replace("&l", "{app: web}")}
    files = overlay(COPIED) | {"versions.env": LINES, "versions.yaml": targets}
    write(tiny, Kind(files, base=base), {"staging": "v1.1.0", "production": "v1.0.0"})
    drift = tiny.promote("drift", "staging", "production", code=1).out
    assert "shop/web is v0 in base/web.yaml:11, but staging renders v1.1.0" in drift
    assert "would also move to shop/web:v1.1.0" in tiny.promote("staging", "production", code=3).err


def test_a_base_with_the_text_moves_all_environments_that_copy_it(tiny: Sandbox) -> None:
    base = {
        "api.yaml": POD.replace("IMAGE", "shop/api:v0"), "job.yaml": JOB,
        "versions.env": LINES.replace("VERSION", "v1.0.0"), "versions.yaml": ENTRIES,
    }  # fmt: skip
    write(tiny, Kind(overlay(""), base=base), {"staging": "", "production": ""})
    tiny.write("base/kustomization.yaml", "resources: [api.yaml, job.yaml]\n" + COPIED)
    tiny.publish()
    out = tiny.promote("bump", "staging", "api=v1.2.0", "--commit").out
    assert "production" in out
    assert tiny.show("base/versions.env", "main").rstrip() == LINES.replace("VERSION", "v1.2.0").rstrip()


# The tag that runs, in a variable, an annotation and a ConfigMap, and the whole image in another entry.
SHOWN = """\
images: [{name: shop/api, newTag: VERSION}]
replacements:
- source:
    kind: Deployment
    name: api
    fieldPath: "spec.template.spec.containers.[name=api].image"
    options: {delimiter: ":", index: 1}
  targets:
  - select: {kind: Deployment, name: api}
    fieldPaths: ["spec.template.spec.containers.[name=api].env.[name=ABOUT].value", metadata.annotations.about]
    options: {create: true}
  - select: {kind: ConfigMap, name: about}
    fieldPaths: [data.tag]
- source: {kind: Deployment, name: api, fieldPath: "spec.template.spec.containers.0.image"}
  targets:
  - select: {kind: ConfigMap, name: about}
    fieldPaths: [data.image]
"""
ABOUT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: about}\ndata: {tag: none, image: none}\n"
SHOWING = Kind(
    overlay(SHOWN),
    base={"api.yaml": POD.replace("IMAGE", "shop/api:v0") + "          env: [{name: ABOUT}]\n", "about.yaml": ABOUT},
)


def test_what_copies_the_version_that_runs_follows_it(tiny: Sandbox) -> None:
    write(tiny, SHOWING, {"staging": "v1.1.0", "production": "v1.0.0"})
    plan = tiny.promote("plan", "staging", "production").out
    for path in ("/data/image: shop/api:v1.1.0", "/data/tag: v1.1.0", "/env/0/value: v1.1.0"):
        assert path in plan
    tiny.promote("staging", "production")
    tiny.promote("merge", "1")
    tiny.git("pull", "--quiet", "origin", "main")
    assert "moves versions and nothing else" in tiny.promote("verify", "HEAD").out
    tiny.promote("rollback", "production", "api")
    assert "newTag: v1.0.0" in tiny.show("overlays/production/kustomization.yaml", "main")


@pytest.mark.parametrize("key", ["spec.selector.matchLabels.version", "spec.template.metadata.labels.version"])
def test_a_copy_in_a_selector_is_more_than_a_version(tiny: Sandbox, key: str) -> None:
    """Kubernetes refuses another selector of a Deployment, so the new version would never run."""
    copied = f"""\
images:
- name: shop/api
  newTag: VERSION
replacements:
- source:
    kind: Deployment
    name: api
    fieldPath: spec.template.spec.containers.0.image
    options: {{delimiter: ":", index: 1}}
  targets:
  - select: {{kind: Deployment, name: api}}
    fieldPaths: [{key}]
    options: {{create: true}}
"""
    kind = Kind(overlay(copied), base={"api.yaml": POD.replace("IMAGE", "shop/api:v0")})
    write(tiny, kind, {"staging": "v1.1.0", "production": "v1.0.0"})
    in_selector = "selector" in key
    planned = tiny.promote("plan", "staging", "production", code=3 if in_selector else 0)
    assert ("more than images" in planned.err and "/spec/selector" in planned.err) == in_selector


OF_VARS = """\
images: [{name: shop/api, newTag: VERSION}]
vars:
- name: IMAGE
  objref: {kind: Deployment, name: api, apiVersion: apps/v1}
  fieldref: {fieldpath: "spec.template.spec.containers[0].image"}
"""


@pytest.mark.quick
def test_what_vars_copy_from_an_image_moves_with_it(tiny: Sandbox) -> None:
    variable = "          env: [{name: OWN, value: 'of $(IMAGE)'}]\n"
    pod = POD.replace("IMAGE", "shop/api:v0") + variable
    write(tiny, Kind(overlay(OF_VARS), base={"api.yaml": pod}), {"staging": "v1.1.0", "production": "v1.0.0"})
    assert "v1.0.0 → v1.1.0" in tiny.promote("plan", "staging", "production").out
    tiny.promote("staging", "production", "--auto-merge")
    assert "newTag: v1.1.0" in tiny.show("overlays/production/kustomization.yaml", "main")


FILLED = """\
configurations: [vars.yaml]
vars:
- name: TAG
  objref: {kind: ConfigMap, name: version, apiVersion: v1}
  fieldref: {fieldpath: data.tag}
"""


@pytest.mark.quick
def test_a_version_that_vars_fill_in_is_reported_with_where(tiny: Sandbox) -> None:
    files = {
        "kustomization.yaml": OVERLAY.replace("[", "[version.yaml, ") + FILLED,
        "version.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: version}\ndata: {tag: VERSION}\n",
        "vars.yaml": "varReference: [{path: spec/template/spec/containers/image, kind: Deployment}]\n",
    }
    base = {"api.yaml": POD.replace("IMAGE", "shop/api:$(TAG)")}
    write(tiny, Kind(files, base=base), {"staging": "v1.1.0", "production": "v1.0.0"})
    drift = tiny.promote("drift", "staging", "production", code=1).out
    assert "shop/api is $(TAG) in base/api.yaml:11, but staging renders v1.1.0" in drift
    assert "may be set by overlays/production/kustomization.yaml:" in drift
    assert "note:" not in drift
    refused = tiny.promote("bump", "staging", "api=v1.2.0", code=3).err
    assert "because `vars` fill in shop/api:$(TAG): change the text that they copy" in refused
