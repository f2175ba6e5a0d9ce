"""The files of a commit or of a checkout, to look at before anything is written: names, links, contents.

A path is text relative to the top, such as `overlays/production`; the top itself is an empty text.
"""

from __future__ import annotations

import posixpath
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from promote.errors import GitError, RenderError

LARGEST = 32 << 20  # bytes of one file
_MOST_DIFFERENCES = 100_000  # paths
_MOST_LINKS = 40  # as Linux follows them


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a folder; `sha` is its Git object where it comes from a commit. A module is a submodule."""

    kind: Literal["file", "folder", "link", "module"]
    sha: str = ""
    executable: bool = False


class Snapshot(Protocol):
    """Files that do not change while they are read."""

    def entries(self, folder: str) -> Mapping[str, Entry]:
        """What is directly in `folder`, without following links; nothing if there is no such folder.

        Raises GitError for names that no repository may have.
        """
        ...

    def target(self, link: str) -> str:
        """What the link at the path `link` points to, as it is written."""
        ...

    def contents(self, files: Sequence[str]) -> Iterator[bytes | None]:
        """The bytes of each of `files`, in their order; None for one that is larger than LARGEST."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """Where a path leads: the path without links, what is there if anything is, and the links on the way."""

    path: str
    entry: Entry | None
    links: tuple[str, ...]


class LeadsOut(RenderError):
    """A path or a link leads out of the repository (exit 2)."""


def find(snapshot: Snapshot, path: str) -> Found:
    """What `path` leads to; raises LeadsOut where that, or a link on the way, is outside of the snapshot."""
    left, here, links = deque(path.split("/")), list[str](), list[str]()
    entry: Entry | None = Entry("folder")
    if path.startswith("/"):
        raise LeadsOut(_leads_out(links, path))
    while left and entry is not None and len(links) <= _MOST_LINKS:
        part = left.popleft()
        if part == ".." and not here:
            raise LeadsOut(_leads_out(links, path))
        if part in ("", ".", ".."):
            entry = entry if entry.kind == "folder" else None
            here = here[:-1] if part == ".." else here
            continue
        entry = snapshot.entries("/".join(here)).get(part)
        here.append(part)
        if entry is not None and entry.kind == "link":
            links.append("/".join(here))
            target = snapshot.target(links[-1])
            if target.startswith("/"):
                raise LeadsOut(_leads_out(links, path))
            left.extendleft(reversed(target.split("/")))
            here.pop()
            entry = Entry("folder") if target and "\0" not in target else None
    return Found("/".join(here), None if left else entry, tuple(dict.fromkeys(links)))


def _leads_out(links: Sequence[str], path: str) -> str:
    if not links:
        return f"{path}: this path leads out of the repository: name something inside it"
    through = f", through {links[-1]}" if links[-1] != links[0] else ""
    return f"{links[0]}: this link leads out of the repository{through}: let it point at something inside it"


def walk(snapshot: Snapshot, top: str) -> Iterator[tuple[str, Entry]]:
    """Everything below the folder `top`, without following links, a folder before what is in it."""
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        for name, entry in snapshot.entries(folder).items():
            path = posixpath.join(folder, name)
            yield path, entry
            if entry.kind == "folder":
                waiting.append(path)


def differing(one: Snapshot, other: Snapshot) -> Iterator[str]:
    """The paths of files, links and submodules in which two commits differ; folders that are the same are not read.

    Raises GitError where these are too many to be compared.
    """
    waiting, number = [""], 0
    while waiting:
        folder = waiting.pop()
        before, after = one.entries(folder), other.entries(folder)
        for name in sorted(before.keys() | after.keys()):
            pair = {before.get(name), after.get(name)} - {None}
            if before.get(name) == after.get(name):
                continue
            path = posixpath.join(folder, name)
            if any(entry.kind == "folder" for entry in pair if entry):
                waiting.append(path)
            if any(entry.kind != "folder" for entry in pair if entry):
                yield path
            number += 1
            if number > _MOST_DIFFERENCES:
                raise GitError(
                    f"{folder}: the commits differ in more than {_MOST_DIFFERENCES:,} files: split the change"
                )


def changes_mode(one: Snapshot, other: Snapshot, path: str) -> bool:
    """Whether a path of both is a link, a submodule or executable in one of them only."""
    folder, name = posixpath.split(path)
    before, after = (files.entries(folder).get(name) for files in (one, other))
    return before is not None and after is not None and replace(before, sha="") != replace(after, sha="")
