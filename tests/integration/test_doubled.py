"""A version in the `newName` of an item of `images:`, where the image that it renames has one of its own, too."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from promote.kustomize import render, versions
from promote.kustomize.sheets import Sheets
from promote.versions.images import ImagesFile
from tests.integration.sandbox import KUSTOMIZATION, Sandbox

pytestmark = pytest.mark.quick

STAGING = "overlays/staging/kustomization.yaml"
DIGEST, OTHER = "sha256:" + "0" * 64, "sha256:" + "9e" * 32
BELOW = ["", ":0.5", f"@{DIGEST}", f":0.5@{DIGEST}"]
ITEMS = [
    "newName: r.example:5000/b:1",
    f"newName: b@{OTHER}",
    f"newName: b:1@{OTHER}",
    f"newName: b:1, digest: '{OTHER}'",
    "newName: b:1, digest: ''",
    "newName: b, newTag: '1'",
    "newName: b",
    "newTag: '1'",
]


POD = "{{containers: [{{name: b, image: 'b{}'}}]}}"
KINDS = {
    "v1, kind: Pod": POD,
    "apps/v1, kind: Deployment": f"{{{{template: {{{{spec: {POD}}}}}}}}}",
    "batch/v1, kind: CronJob": f"{{{{jobTemplate: {{{{spec: {{{{template: {{{{spec: {POD}}}}}}}}}}}}}}}}}",
}


@pytest.mark.parametrize(("kind", "below", "item"), list(itertools.product(KINDS, BELOW, ITEMS)))
def test_what_kustomize_renders_decides(kind: str, below: str, item: str, tmp_path: Path) -> None:
    own = f"resources: [pod.yaml]\nimages: [{{name: b, {item}}}]\n".encode()
    (tmp_path / "kustomization.yaml").write_bytes(own)
    text = f"{{apiVersion: {kind}, metadata: {{name: b}}, spec: {KINDS[kind].format(below)}}}\n"
    (tmp_path / "pod.yaml").write_text(text)
    (document,) = render.kustomize(tmp_path, "b").documents
    sheets = Sheets(lambda path: file.read_bytes() if (file := tmp_path / path).is_file() else None)
    found = versions.find(sheets, ImagesFile.parse(own, "kustomization.yaml"), "", whole=True)
    (image,) = found.images or (None,)
    (rendered,) = re.findall(r"'image': '([^']+)'", str(document.content))
    assert bool(found.doubled) == (image is not None and rendered != image.reference), rendered
    assert all(rendered in said for said in found.doubled.values())


def test_it_is_named_where_it_is_written_and_stops_nothing_else(tiny: Sandbox) -> None:
    tiny.replace("base/deployments.yaml", "image: shop/api", 'image: "shop/api:0.5"')
    tiny.replace(STAGING, '    newTag: "1.2.0"  # the API\n', "    newName: eu/api:1.2.0\n")
    tiny.publish()
    why = (
        "overlays/staging/kustomization.yaml:5: newName of shop/api has the version 1.2.0, and "
        "base/deployments.yaml:10 the version 0.5: kustomize renders both, eu/api:1.2.0:0.5; "
        "write 'newName: eu/api' and 'newTag: \"1.2.0\"'"
    )
    for command in (("bump", "staging", "api=3"), ("bump", "staging", "api=3", "--commit")):
        assert tiny.promote(*command, code=3).err == f"promote: {why}\n"
    assert f"not moved: {why}" in tiny.promote("drift", "staging", "production", code=1).out
    said = tiny.promote("staging", "production").out
    assert f"not moved: {why}" in said
    assert '-    newTag: "2.0.0"\n+    newTag: "2.1.0"' in tiny.at_origin(
        "diff", "main", "promote/staging-to-production"
    )
    assert 'newTag: "1.1.0"' in tiny.at_origin("show", f"promote/staging-to-production:{KUSTOMIZATION}")
    (found,) = (
        one
        for one in tiny.promote("check", "staging", "--only", "images.tag", "--output", "json", code=3).json[
            "findings"
        ]
        if one["rule"] == "images.tag"
    )
    assert "uses eu/api:1.2.0:0.5, which has two versions" in found["message"]


def test_the_same_in_both_is_not_called_the_same(tiny: Sandbox) -> None:
    tiny.replace("base/deployments.yaml", "image: shop/api", 'image: "shop/api:0.5"')
    for path, version in ((STAGING, "1.2.0"), (KUSTOMIZATION, "1.1.0")):
        tiny.replace(path, f'    newTag: "{version}"  # the API\n', "    newName: eu/api:1.2.0\n")
    tiny.publish()
    tiny.promote("staging", "production", "--auto-merge")
    assert "have the same versions" not in tiny.promote("drift", "staging", "production", code=1).out
