"""Sparse checkouts, in which Git leaves out files that a commit has."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from promote.errors import ConfigError, GitError
from promote.git.runner import GIT, OWN, reason
from promote.system import process
from promote.system.dialogue import Dialogue


def left_out(path: Path) -> str:
    """A file that the checkout leaves out and that is `path` or below it, relative to the top; empty if none is."""
    return next(iter(all_left_out(path).values()), "")


def all_left_out(path: Path) -> dict[str, str]:
    """Every such file: by its name relative to `path`, that relative to the top.

    Git is started only in a sparse checkout.
    """
    # For a name that is too long, `Path.is_dir` raises an error; `os.path.isdir` returns False.
    there = next((one for one in (path, *path.parents) if os.path.isdir(one)), None)  # noqa: PTH112
    top = _top(there) if there else None
    if top is None or there is None or not (_git_folder(top) / "info/sparse-checkout").is_file():
        return {}
    asked = ("ls-files", "-t", "-z", "--full-name", "--", os.path.relpath(path, there))
    done = process.run([*GIT, *asked], cwd=there, env=OWN)
    names = [os.fsdecode(one[2:]) for one in done.stdout.split(b"\0") if one.startswith(b"S ")]
    return {os.path.relpath(top / name, path): name for name in names if not os.path.lexists(top / name)}


@contextmanager
def contents(folder: Path, largest: int) -> Iterator[Callable[[str], bytes | None]]:
    """A function that reads a file that the checkout of `folder` leaves out, by its name relative to the top.

    It says None where the file has more than `largest` bytes, and raises GitError where Git cannot read it. Git is
    started with the first question, and only once for all of them.
    """
    with ExitStack() as started:
        talks: dict[str, Dialogue] = {}

        def asked(mode: str, name: str) -> tuple[Dialogue, list[bytes]]:
            if mode not in talks:
                talks[mode] = started.enter_context(process.dialogue([*GIT, "cat-file", mode], cwd=folder, env=OWN))
            talks[mode].send(os.fsencode(f":0:{name}\n"))
            return talks[mode], talks[mode].line().split()

        def read(name: str) -> bytes | None:
            if "\n" in name:
                raise GitError("its name has a line break")
            _, size = asked("--batch-check", name)
            if not size[-1].isdigit():
                raise GitError(f"git cat-file failed: {name} is missing: run `git fsck`")
            if int(size[-1]) > largest:
                return None
            talk, _ = asked("--batch", name)
            return talk.read(int(size[-1]) + 1)[:-1]

        yield read


def with_text(folder: Path, text: str) -> list[str]:
    """The files that the checkout of `folder` leaves out and that have `text`, relative to the top.

    Raises GitError where Git cannot read one.
    """
    top = _top(folder)
    gone = set(all_left_out(top).values()) if top else set()
    if not gone:
        return []
    asked = ("grep", "--cached", "--files-with-matches", "--null", "--fixed-strings", "-e", text)
    done = process.run([*GIT, *asked], cwd=top, env=OWN)
    if done.code > 1:
        raise GitError(f"git grep failed: {reason(done.error)}")
    return [name for name in os.fsdecode(done.stdout).split("\0") if name in gone]


def insist(path: Path, about: str = "") -> None:
    """Raise ConfigError if the checkout leaves out `path`, or a file below it; `about` says what that is."""
    if gone := left_out(path):
        raise ConfigError(said(gone, about))


def hint(path: Path) -> str:
    """The end of a message about something that is not at `path`, or below it, if the checkout leaves that out."""
    name = left_out(path)
    return f"; {said(name, ', for example')}" if name else ""


def said(gone: str, about: str = "") -> str:
    """That the checkout leaves out the file `gone`, and how to get it; `about` says what that is."""
    folder = gone.rpartition("/")[0]
    way = f"`git sparse-checkout add {folder}` adds its folder" if folder else "`git sparse-checkout disable` adds it"
    return f"this checkout is sparse and leaves out {gone}{about}: {way}"


def _top(folder: Path) -> Path | None:
    """The top of the checkout that has `folder`."""
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), None)


def _git_folder(top: Path) -> Path:
    """The folder of Git of a checkout, which is elsewhere for a work tree that was added."""
    git = top / ".git"
    try:
        return git if git.is_dir() else top / git.read_text(errors="replace").removeprefix("gitdir: ").rstrip("\n")
    except OSError:
        return git
