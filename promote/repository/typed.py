"""Names of environments and folders as people type them."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from promote.errors import UnknownEnvironment


def typed(root: Path, name: str, known: Collection[str] = ()) -> str:
    """`name` as people type it: one of `known`, or a folder, absolute or relative to the current one.

    A folder below `root` is returned relative to `root`; anything else as it is.
    """
    if name in known:
        return name
    for path in (Path(os.path.abspath(name)), Path(name).resolve()):  # noqa: PTH100 a link stays the folder it names
        if path.is_dir() and path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    if Path(name).is_absolute():
        raise UnknownEnvironment(f"'{name}' leads outside the repository: name a folder below {root}")
    return name
