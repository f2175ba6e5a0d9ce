"""The names that kustomize reads a kustomization by, and the file of a folder that has one."""

from __future__ import annotations

from pathlib import Path

FILE_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")


def kustomization_of(folder: Path) -> Path | None:
    """The file in `folder` that kustomize would build, if there is one."""
    return next((folder / name for name in FILE_NAMES if (folder / name).is_file()), None)
