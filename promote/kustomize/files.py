"""The file names of a kustomization, and the kustomization file of a folder."""

from __future__ import annotations

import errno
from pathlib import Path

FILE_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")


def at(folder: Path, name: str) -> Path | None:
    """What `name` leads to from `folder`, without links; None where that is nothing, or can be nothing."""
    try:
        path = (folder / name).resolve()
        return path if path.exists() else None
    except OSError as error:
        # A text in place of a name, such as a patch in one line, may be too long for one.
        if error.errno != errno.ENAMETOOLONG:
            raise
    except (RuntimeError, ValueError):
        pass  # links that lead in a circle, or a name with a null byte
    return None


def kustomization_of(folder: Path) -> Path | None:
    """The file in `folder` that kustomize would build, if there is one."""
    return next((folder / name for name in FILE_NAMES if (folder / name).is_file()), None)
