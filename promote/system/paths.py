"""Paths for messages, and changes of private copies."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

SETTINGS = "promote.yaml"
PRIVATE = "promote-tree-"  # how the name of every private copy of a commit or a checkout begins
_COPY = re.compile(rf"{PRIVATE}\w+/(?:(?:before|layered/\d+)/)?")
_WORD = re.compile(r"[^\s'\"]+")


def private_tree(path: Path) -> bool:
    """Whether `path` is the top of a private copy, which nothing in it may lead out of."""
    return path.name.startswith(PRIVATE)


def without_copies(text: str) -> str:
    """`text` without the path of a private copy, which is deleted by the time that somebody reads it."""
    return _WORD.sub(lambda word: _COPY.split(word[0])[-1], text)


def shown(path: Path, root: Path) -> str:
    """`path` as messages show it: relative to `root` if it is below it."""
    whole = path.resolve()
    return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else str(whole)


def top_of(path: Path) -> Path | None:
    """The nearest folder at or above `path` that has a promote.yaml or is the top of a Git repository."""
    tops = (one for one in (path, *path.parents) if (one / SETTINGS).is_file() or (one / ".git").exists())
    return next((one.resolve() for one in tops), None)


def is_inside(path: Path, root: Path) -> bool:
    """Whether `path`, with all links followed, is in `root`; a link that leads in a circle is not."""
    try:
        return is_content(path.resolve(), root.resolve())
    except (OSError, RuntimeError):
        return False


def is_content(path: Path, root: Path) -> bool:
    """Whether `path` is in the repository `root`, both without links, and not in Git's own folder there.

    In a checkout, that folder may have a credential.
    """
    return path.is_relative_to(root) and ".git" not in str(path)[len(str(root)) :].casefold().split("/")


def links_out(folder: Path, root: Path) -> Iterator[Path]:
    """The links below `folder` that lead out of `root`; links to folders are not followed further."""
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_symlink():
                    if not is_inside(Path(entry.path), root):
                        yield Path(entry.path)
                elif entry.is_dir():
                    waiting.append(Path(entry.path))


def create_file(path: Path, data: bytes) -> None:
    """Write a new file; raises FileExistsError where there is one, or a link."""
    with path.open("xb") as file:
        file.write(data)


def write_below(root: Path, files: Mapping[str, bytes | None]) -> None:
    """Give `files` below `root`, a private copy, new contents; one without contents is deleted."""
    for path, data in files.items():
        # A new file, since the old one may have another name, too.
        (root / path).unlink(missing_ok=True)
        if data is not None:
            (root / path).write_bytes(data)
