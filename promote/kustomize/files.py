"""The file names of a kustomization, the kustomization file of a folder, and the text of a file."""

from __future__ import annotations

import errno
from pathlib import Path, PurePosixPath

from promote.errors import ConfigError, RenderError
from promote.system.paths import shown
from promote.yamltext import reader

LFS = "version https://git-lfs.github.com/spec/"  # how a pointer of Git LFS begins
LFS_PROBLEM = "this is a pointer of Git LFS, not the file: promote reads what is committed, so commit the file itself"
UNPROVED = "`unrendered: warn` for this environment in promote.yaml moves versions without a rendered proof"
KINDS = ("Kustomization", "Component")  # of a kustomization file that states one
FILE_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_LARGEST = 32 << 20  # bytes of one file, with comments and indentation; several copies of it are in memory


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


def is_manifest(name: str) -> bool:
    """Whether a file of this name may have objects; kustomize reads any other file, too, if something names it."""
    path = PurePosixPath(name)
    return path.suffix.casefold() in reader.SUFFIXES or path.name in FILE_NAMES


def read(file: Path) -> str:
    """The text of `file`; raises RenderError if it is not a file, is too large, or (with the line) is not UTF-8."""
    where = f"{shown(file.parent, Path.cwd())}/{file.name}"
    if not file.is_file():
        raise RenderError(f"{where}: this is not a file: remove it, or fix the link")
    if file.stat().st_size > _LARGEST:
        raise RenderError(f"{where}: the file has more than {_LARGEST >> 20} MiB: split it")
    try:
        return reader.decoded(file.read_bytes(), shown(file, Path.cwd()))
    except ConfigError as error:
        raise RenderError(str(error)) from None
