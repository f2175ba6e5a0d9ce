"""The page of all images: what is known of each, and the version where a promotion does not move it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

HEAD = """\
# Images

What runs here, from the table [policies/data/images.yaml](../policies/data/images.yaml), by which the rule
[images.facts](rules/images.facts.md) judges every container. Versions of what others make are written in
[components/versions](../components/versions/kustomization.yaml) alone; those of MediQ's own images in `images:` of
each overlay, where `promote` moves them and `promote status` shows them.
The rule [images.retired](rules/images.retired.md) denies what nobody maintains any more.

Users, ports and paths were read in the named sources; no image was pulled where this was written.
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
