from __future__ import annotations

import os
from pathlib import Path

import pytest

from promote.checks.inputs import Inputs

OVERLAY = """\
namespace: shop
images:
  - name: shop/api
    newTag: "1.0"{first}
{between}  - name: shop/web
    newTag: "2.0"
resources: [web.yaml]
"""


@pytest.mark.parametrize(
    ("first", "between"),
    [("", ""), ("  # the API", ""), ("", "# the web\n"), ("", "\n"), ("", "  # the web\n")],
    ids=["plain", "a comment after a tag", "a comment between", "an empty line", "an indented comment"],
)
def test_comments_among_images_leave_no_doubt(tmp_path: Path, first: str, between: str) -> None:
    file = tmp_path / "kustomization.yaml"
    (tmp_path / "web.yaml").write_text("{}\n")
    hashes = set()
    for text in (OVERLAY, OVERLAY.replace("2.0", "2.1")):
        file.write_text(text.format(first=first, between=between))
        hashes.add(Inputs(tmp_path).of(tmp_path))
    assert len(hashes) == 2
    assert None not in hashes


@pytest.mark.parametrize(
    ("names", "kustomization"),
    [
        (("one.yaml", "two.yaml"), "patches: [{path: one.yaml}, {path: two.yaml}]\n"),
        (("one.yaml", "two.yaml"), "resources: [one.yaml, two.yaml]\n"),
        (("one.yaml", "two.yaml"), "configMapGenerator: [{name: x, files: [a=one.yaml, b=two.yaml]}]\n"),
        (("one.env", "two.env"), "configMapGenerator: [{name: x, envs: [one.env, two.env]}]\n"),
        (("one", "two"), "components: [one, two]\n"),
        (("one/kustomization.yaml", "two/kustomization.yaml"), "components: [one, two]\n"),
        (("inner/one", "inner/two"), "components: [inner/one/../one, inner/two]\n"),
    ],
)
def test_links_that_change_places_count(tmp_path: Path, names: tuple[str, str], kustomization: str) -> None:
    """All files that are read stay as they are, but in another order, or for another key."""
    (tmp_path / "kustomization.yaml").write_text(kustomization)
    for name in ("a", "b"):
        (tmp_path / "real" / name).mkdir(parents=True)
        (tmp_path / "real" / name / "kustomization.yaml").write_text(f"namePrefix: {name}-\n")
        (tmp_path / "real" / f"{name}.file").write_text(f"{name}=1\n")
    targets = ["kustomization.yaml"] if names[0].endswith("/kustomization.yaml") else []
    hashes = set()
    for order in (("a", "b"), ("b", "a")):
        for name, target in zip(names, order, strict=True):
            link = tmp_path / name
            link.unlink(missing_ok=True)
            link.parent.mkdir(exist_ok=True)
            file = f"{target}.file" if "." in name and not targets else target
            real = tmp_path.joinpath("real", file, *targets)
            link.symlink_to(os.path.relpath(real, link.parent))
        hashes.add(Inputs(tmp_path).of(tmp_path))
    assert len(hashes) == 2
    assert None not in hashes
