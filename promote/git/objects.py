"""The files of a commit, read from Git's objects as they are: no filter, attribute or replacement changes them.

What a tree names is never trusted. Git itself refuses the names that `_fault` lists when it checks a commit out, but
stores them, so that a commit can have them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import islice
from typing import Literal, Self

from promote.errors import GitError
from promote.git.runner import Git
from promote.system.dialogue import Dialogue
from promote.system.snapshot import LARGEST, Entry

_LARGEST_TREE, _LARGEST_LINK = 32 << 20, 4096  # bytes of one tree, and of the target of a link
_MOST_AT_ONCE = 64  # requests that are sent before their answers are read: a pipe holds them all
_MODE = re.compile(rb"([0-7]{5,6}) ([^\0]*)\0")
_KINDS: Mapping[bytes, Literal["file", "folder", "link", "module"]] = {
    b"04": "folder", b"10": "file", b"12": "link", b"16": "module",
}  # fmt: skip
# What HFS+ ignores in a name; Git's own list is in utf8.c.
_IGNORED = dict.fromkeys([*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF])


class CommitFiles:
    """The snapshot of one commit or tree. It starts Git with the first question, and ends it with the block."""

    def __init__(self, git: Git, commit: str) -> None:
        self._git, self._commit = git, commit
        self._started = ExitStack()
        self._talks: dict[str, Dialogue] = {}
        self._folders: dict[str, Mapping[str, Entry]] = {}
        self._trees: dict[str, Mapping[str, Entry]] = {}  # by hash: many folders may have the same content

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._started.close()

    def entries(self, folder: str) -> Mapping[str, Entry]:
        """As `Snapshot.entries`."""
        if folder not in self._folders:
            self._folders[folder] = self._read_folder(folder)
        return self._folders[folder]

    def target(self, link: str) -> str:
        """As `Snapshot.target`."""
        return os.fsdecode(self._whole(self._entry(link).sha, _LARGEST_LINK, link))

    def contents(self, files: Sequence[str]) -> Iterator[bytes | None]:
        """As `Snapshot.contents`."""
        return self._read([(self._entry(file).sha, file) for file in files], LARGEST)

    def _entry(self, path: str) -> Entry:
        folder, _, name = path.rpartition("/")
        return self.entries(folder)[name]

    def _read_folder(self, folder: str) -> Mapping[str, Entry]:
        above, _, name = folder.rpartition("/")
        if not folder:
            sha = f"{self._commit}^{{tree}}"
        elif (entry := self.entries(above).get(name)) and entry.kind == "folder":
            sha = entry.sha
        else:
            return {}
        if sha not in self._trees:
            where = folder or "the top folder"
            self._trees[sha] = _parsed(self._whole(sha, _LARGEST_TREE, where), where, len(self._commit) // 2)
        return self._trees[sha]

    def _whole(self, sha: str, largest: int, name: str) -> bytes:
        (data,) = self._read([(sha, name)], largest)
        if data is None:
            raise GitError(f"{name}: its object is larger than {largest:,} bytes: promote does not read it")
        return data

    def _read(self, objects: Iterable[tuple[str, str]], largest: int) -> Iterator[bytes | None]:
        """The contents of objects, given with a name for messages; None for one that is larger than `largest`.

        Sizes are asked first, because a small object may have a large content.
        """
        left = iter(objects)
        while chunk := list(islice(left, _MOST_AT_ONCE)):
            sizes = self._sizes(chunk)
            small = [sha for (sha, _), size in zip(chunk, sizes, strict=True) if size <= largest]
            waiting = len(small)
            talk = None
            if small:
                self._talk("--batch").send(_lines(small))
                # Nobody else uses it until all answers are read; the caller may stop before the end.
                talk = self._talks.pop("--batch")
            for size in sizes:
                data = None
                if talk is not None and size <= largest:
                    talk.line()
                    data = talk.read(size + 1)[:-1]
                    waiting -= 1
                if talk is not None and not waiting:
                    self._talks["--batch"], talk = talk, None
                yield data

    def _sizes(self, objects: Sequence[tuple[str, str]]) -> list[int]:
        talk = self._talk("--batch-check")
        talk.send(_lines(sha for sha, _ in objects))
        answers = [talk.line().split() for _ in objects]
        for answer, (_, name) in zip(answers, objects, strict=True):
            if not answer[-1].isdigit():
                raise GitError(f"{name}: its object is missing in this clone: fetch it again, or run `git fsck`")
        return [int(answer[-1]) for answer in answers]

    def _talk(self, mode: str) -> Dialogue:
        if mode not in self._talks:
            self._talks[mode] = self._started.enter_context(self._git.dialogue("cat-file", mode))
        return self._talks[mode]


def _lines(names: Iterable[str]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode()


def _parsed(tree: bytes, folder: str, digest: int) -> dict[str, Entry]:
    """The entries of a tree object whose hashes have `digest` bytes; raises GitError for an invalid one."""
    found: dict[str, Entry] = {}
    at = 0
    while at < len(tree):
        head = _MODE.match(tree, at)
        kind = _KINDS.get(head[1].rjust(6, b"0")[:2]) if head else None
        if head is None or kind is None or head.end() + digest > len(tree):
            raise GitError(f"{folder}: its tree object is damaged: run `git fsck`")
        name = os.fsdecode(head[2])
        if fault := _fault(name) or (name in found and "is there twice"):
            raise GitError(
                f"{folder}: the entry {name!r} {fault}: a commit with such a tree is malformed, "
                "perhaps on purpose, and promote does not read it"
            )
        at = head.end() + digest
        found[name] = Entry(kind, tree[head.end() : at].hex(), bool(int(head[1], 8) & 0o100))
    return found


def _fault(name: str) -> str:
    """Why no folder of a repository may have an entry called `name`; empty if it may."""
    if name in ("", ".", "..") or "/" in name:
        return "is not the name of a file"
    # NTFS ignores dots and spaces at the end, reads `:` as the start of a stream's name, and has short names.
    first = re.split(r"[:\\]", name.translate(_IGNORED).casefold(), maxsplit=1)[0].rstrip(". ")
    return "would be Git's own folder" if first in (".git", "git~1") else ""
