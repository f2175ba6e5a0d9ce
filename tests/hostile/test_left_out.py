"""Merges of which it looks as if they left an environment as it is: it is judged, and its gates are asked."""

from __future__ import annotations

import pytest

from tests.hostile.harness import Hostile

PRODUCTION = "overlays/production/kustomization.yaml"
PATCH = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: %s}\n"
MANY = """\
package main

deny contains {"msg": "there are many", "rule": "a.b"} if input[_].contents.spec.replicas == 99
"""


def link(hostile: Hostile, name: str, target: str) -> None:
    path = hostile.root / name
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


@pytest.mark.quick
def test_links_that_change_places(hostile: Hostile) -> None:
    """Every file has the content that it had, and the other patch comes last."""
    folder = "overlays/production"
    patches = "patches: [{path: one.yaml}, {path: two.yaml}]\n"
    files = {f"{folder}/{name}.yaml": PATCH % number for name, number in (("few", 2), ("many", 99))}
    overlay = (hostile.root / PRODUCTION).read_text() + patches
    hostile.write({PRODUCTION: overlay, **files, "policies/main.rego": MANY})
    link(hostile, f"{folder}/one.yaml", "many.yaml")
    link(hostile, f"{folder}/two.yaml", "few.yaml")
    main = hostile.commit()
    hostile.runs("check", code=0)
    link(hostile, f"{folder}/one.yaml", "few.yaml")
    link(hostile, f"{folder}/two.yaml", "many.yaml")
    hostile.runs("check", code=3, says=["there are many"])
    hostile.runs("merge", str(hostile.pull()), code=3, says=["there are many", "not checked again: staging"])
    assert hostile.git("rev-parse", "main", cwd=hostile.origin) == main
