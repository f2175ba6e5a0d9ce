"""The page of all images: the facts about each image, and the version of third-party images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

HEAD = """\
# Images

This page is generated from the table [policies/data/images.yaml](../policies/data/images.yaml). The rule
[images.facts](rules/images.facts.md) compares every container with this table.

- The versions of third-party images are only in [components/versions](../components/versions/kustomization.yaml).
- The versions of MediQ's own images are in `images:` of each overlay. `promote` changes them, and `promote status`
  shows them.
- Third-party images have no digest yet, because no registry could be asked when this was written. `promote pin
  production` asks for all digests and writes them; then delete the rows of
  [unpinned_images.yaml](../policies/data/unpinned_images.yaml). The rule
  [images.digest](rules/images.digest.md) warns about these images, and denies them in an environment that is `live`.
  It denies any other image in production without a digest.
- The rule [images.retired](rules/images.retired.md) denies images without a maintainer.

Users, ports and paths come from the named sources. No image was pulled to verify them.
"""
COLUMNS = ("image", "version", "user:group", "ports", "writes to", "source", "maintained")


def pages(root: Path) -> dict[str, str]:
    """One table of all images."""
    table = _read(root / "policies/data/images.yaml")
    versions = {each["name"]: str(each["newTag"]) for each in _read(root / "components/versions/kustomization.yaml")}
    rows = [COLUMNS, ("---",) * len(COLUMNS), *(_cells(row, versions) for row in table)]
    return {"docs/images.md": "\n".join([HEAD, *(f"| {' | '.join(row)} |" for row in rows), ""])}


def _read(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(file.read_text(encoding="utf-8"))["images"]
    return found


def _cells(row: dict[str, Any], versions: dict[str, str]) -> tuple[str, ...]:
    name = row["repository"].removeprefix("docker.io/").removeprefix("library/")
    return (
        f"`{name}`",
        versions.get(name, "each overlay's"),
        f"{row['user']}:{row['group']}" if "user" in row else "any",
        ", ".join(map(str, row["ports"])) or "none",
        ", ".join(f"`{path}`" for path in [*row["writes"], *row.get("shares", [])]) or "nothing",
        row["source"],
        row["maintained"],
    )
