"""Every image has its version in one place, and what is known of it in another."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from typing import Any

import pytest
import yaml

from tests.manifests.render import ENVIRONMENTS, REPOSITORY, WORKLOADS, containers, overlay

DATA = REPOSITORY / "policies/data"
TABLE: list[dict[str, Any]] = yaml.safe_load((DATA / "images.yaml").read_text(encoding="utf-8"))["images"]
VERSIONED = re.compile(r"^\s*-?\s*(?:image: \S+[:@]\S+|newTag: .*|digest: .*)$", re.MULTILINE)
PLACES = {"components/versions/kustomization.yaml"}
PLACES |= {f"overlays/{environment}/kustomization.yaml" for environment in ENVIRONMENTS}


def _repository(image: str) -> str:
    """The whole name of an image, without its version."""
    name = re.sub(r"(:[^/]*)?(@.*)?$", "", image)
    if "." in name.partition("/")[0]:
        return name
    return f"docker.io/{name}" if "/" in name else f"docker.io/library/{name}"


def test_versions_stand_in_one_place() -> None:
    for folder in ("base", "components", "overlays", "delivery"):
        for path in (REPOSITORY / folder).rglob("*.yaml"):
            place = str(path.relative_to(REPOSITORY))
            assert place in PLACES or VERSIONED.findall(path.read_text(encoding="utf-8")) == [], place


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_exactly_what_runs_is_known(environment: str) -> None:
    running = {
        _repository(each["image"]) for item in overlay(environment).kind(*WORKLOADS) for each in containers(item)
    }
    assert running == {row["repository"] for row in TABLE}
    assert len(TABLE) == len(running)


def test_the_images_that_are_not_pinned_yet_are_listed() -> None:
    listed = yaml.safe_load((DATA / "unpinned_images.yaml").read_text(encoding="utf-8"))["unpinned_images"]
    runs = [each["image"] for item in overlay("production").kind(*WORKLOADS) for each in containers(item)]
    # After `promote pin production`, the rows of what it pinned are to be deleted.
    assert sorted(listed) == sorted({_repository(image) for image in runs if "@" not in image})


def test_everything_known_has_a_source_and_somebody_who_maintains_it() -> None:
    for row in TABLE:
        assert row.keys() - {"shares", "user", "group"} == {"repository", "ports", "writes", "source", "maintained"}
        assert ("user" in row) == ("group" in row), row["repository"]
        assert row["source"], row["repository"]
        assert row["maintained"].startswith("by "), row["repository"]


def test_nothing_known_is_retired() -> None:
    retired = yaml.safe_load((DATA / "retired_images.yaml").read_text(encoding="utf-8"))["retired_images"]
    names = [each["repository"].replace("**/", "*") for each in retired]
    assert [row["repository"] for row in TABLE for name in names if fnmatch(row["repository"], name)] == []
