"""Reads from Git, in one pass and by one process, which versions files had on the line of a branch."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import NamedTuple

from promote.errors import GitError, UsageError
from promote.git.runner import Git
from promote.system import durations

_GONE, _SUBMODULE = "000000", "160000"
# Git compares each entry of a tree with each path: with more than these, it is asked for their common folder.
_FEW_PATHS = 12
_BLOBS = 400  # contents that are asked for at once: a pipe holds their hashes
# What is read at its end need not be written commit by commit.
_AT_ONCE = {"GIT_FLUSH": "0"}


@dataclass(frozen=True, slots=True)
class Commit:
    """The data of a commit that history needs; `when` is the committer's date, ISO 8601 with its offset."""

    sha: str
    author: str
    when: str
    subject: str


class Step(NamedTuple):
    """A commit that changed a file, and the blob of the file after it, or None where it was deleted."""

    commit: Commit
    path: str
    blob: str | None


class HistoryReader(Git):
    """The part of a repository that reads history; all of it on the line of first parents.

    Merge, squash and rebase all leave one commit on that line for one change, so every clone sees the same sequence.
    """

    def insist_on_history(self) -> None:
        """Raise UsageError in a shallow clone, whose history is cut off."""
        if self._git("rev-parse", "--is-shallow-repository").strip() == "true":
            raise UsageError("this clone is shallow, but history is needed: run `git fetch --unshallow`")

    def steps(self, tip: str, paths: Iterable[str], since: str = "") -> Iterator[Step]:
        """The changes of files on the line to `tip`, oldest first; only those after the commit `since`, if given.

        One process reads them all. The changes of one commit follow one another.
        """
        wanted = {self._whole(path): path for path in paths}
        log = self._done(
            "log", "--no-color", "--first-parent", "--diff-merges=first-parent", "--reverse", "--raw", "-z",
            "--no-abbrev", "--no-renames", "--no-relative", "--encoding=UTF-8", "--format=%H%x00%an%x00%cI%x00%s",
            # Most commits change one of many paths: without a look ahead, which of them do is not asked twice.
            *(["--sparse"] if len(wanted) > _FEW_PATHS else []),
            f"{since}..{tip}" if since else tip, "--", *_asked(wanted), env=_AT_ONCE,
        )  # fmt: skip
        fields = iter(os.fsdecode(log.stdout).split("\0"))
        commit: Commit | None = None
        for field in fields:
            entry = field.lstrip("\n")
            if entry.startswith(":") and commit is not None:
                _, mode, _, blob, _ = entry.split(" ")
                path = next(fields)
                if path in wanted:
                    yield Step(commit, wanted[path], None if mode in (_GONE, _SUBMODULE) else blob)
            elif entry:
                author, when, subject = next(fields), next(fields), next(fields)
                # Versions of Git write UTC in different ways.
                when = durations.instant(when).isoformat()
                commit = Commit(entry, _unicode(author), when, _unicode(subject))

    def follows(self, older: str, newer: str) -> bool:
        """Whether `older` is on the line of first parents to `newer`; not where one of them is unknown."""
        if older == newer:
            return True
        done = self._try("rev-list", "--first-parent", "--parents", f"{older}..{newer}")
        lines = done.text.split("\n") if done.code == 0 else []
        return len(lines) > 1 and lines[-2].split(" ")[1:2] == [older]

    def blobs(self, shas: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """The contents of blobs with their hashes, each once, by one process; raises GitError for a missing one.

        Few of them are in memory at the same time.
        """
        left = iter(dict.fromkeys(shas))
        first = next(left, None)
        if first is None:
            return
        with self.dialogue("cat-file", "--batch") as talk:
            left = chain([first], left)
            while some := list(islice(left, _BLOBS)):
                talk.send("".join(f"{sha}\n" for sha in some).encode())
                for sha in some:
                    header = talk.line().split()
                    if header[-1:] == [b"missing"]:
                        raise GitError(f"object {sha} is missing from this clone: run `git fsck`, or clone it again")
                    yield sha, talk.read(int(header[2]) + 1)[:-1]


def current(state: Mapping[str, str], paths: Iterable[str]) -> str | None:
    """The blob of the first of `paths` that exists in `state`."""
    return next((state[path] for path in paths if path in state), None)


def _asked(paths: Collection[str]) -> list[str]:
    """The paths that Git is asked for: `paths`, or a folder that all of them are in."""
    if len(paths) <= _FEW_PATHS:
        return sorted(paths)
    common = posixpath.commonpath(paths)
    return [common] if common else []


def _unicode(text: str) -> str:
    """`text` with a replacement for each byte that is not UTF-8: a commit may claim any encoding."""
    return text if text.isascii() else os.fsencode(text).decode("utf-8", "replace")
