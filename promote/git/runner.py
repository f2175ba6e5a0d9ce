"""Starts Git in one repository, always with the same safe options; errors have the reason."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from promote.errors import GitError, NetworkError, TimedOut
from promote.git import config
from promote.system import process, settings
from promote.system.dialogue import Dialogue
from promote.system.process import Exactly

_LOCAL_TIMEOUT = 20  # seconds for reading the configuration, which may include a file that never ends
# The user's hooks look at the checkout, which is not what we commit and push. The others would start programs, write
# into .git outside our own index or elsewhere, accept a repository in a folder of the checkout, or change what Git
# prints and stores.
_SETTINGS = (
    "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.splitIndex=false", "core.alternateRefsCommand=true",
    "gc.auto=0", "maintenance.auto=false", "http.saveCookies=false", "transfer.bundleURI=false",
    "merge.renormalize=false", "merge.default=text", "push.negotiate=false", "safe.bareRepository=explicit",
    "submodule.recurse=false", "i18n.commitEncoding=UTF-8", "log.showSignature=false", "log.showRoot=true",
)  # fmt: skip
GIT = ("git", *(part for setting in _SETTINGS for part in ("-c", setting)))
# Without optional locks `git status` leaves the index as it is. Replacements and grafts of this clone would show
# other files than those of the commit, which everybody else gets. A path is not a pattern.
OWN = {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_REPLACE_OBJECTS": "1", "GIT_GRAFT_FILE": f"{os.devnull}/none",
       "GIT_LITERAL_PATHSPECS": "1"}  # fmt: skip
# Git adds this to every failure of a connection, after the reason that ssh or the server gave.
_NO_REASON = ("fatal: Could not read from remote repository.", "Please make sure you have the correct access rights",
              "and the repository exists.")  # fmt: skip

# A format or an extension such as reftable that this Git does not know.
TOO_NEW = ("unknown repository extension", "Expected git repo version", "unknown repository storage format")
_FULL = ("No space left on device", "Out of diskspace", "Disk quota exceeded", "File too large")


class Git:
    """Git in the repository whose top folder is `root`; paths are relative to `folder` in it, by default the top."""

    def __init__(self, root: Path, overrides: Mapping[str, str] | None = None, folder: str = "") -> None:
        self.root = root
        self.overrides = overrides or {}  # of its own configuration
        self._folder = "" if folder == "." else folder

    @property
    def folder(self) -> Path:
        """The folder of the checkout that paths are relative to."""
        return self.root / self._folder

    def _whole(self, path: str) -> str:
        """`path` as Git has it: relative to the top of the repository."""
        return posixpath.normpath(posixpath.join(self._folder, path))

    def _ours(self, path: str) -> str:
        """A path of Git as everyone else has it: relative to `folder`."""
        return posixpath.relpath(path, self._folder) if self._folder else path

    def _git(self, *arguments: str, stdin: bytes = b"") -> str:
        return self._done(*arguments, stdin=stdin).text

    def _done(self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> process.Completed:
        done = self._try(*arguments, stdin=stdin, env=env)
        if done.code != 0:
            raise GitError(f"git {arguments[0]} failed: {reason(done.error, self.root)}")
        return done

    def _try(self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> process.Completed:
        return process.run([*GIT, *arguments], cwd=self.root, stdin=stdin, env=self.environment(env))

    def dialogue(self, *arguments: str) -> AbstractContextManager[Dialogue]:
        """A Git process that answers requests."""
        return process.dialogue([*GIT, *arguments], cwd=self.root, env=self.environment())

    def environment(
        self, more: Mapping[str, str] | None = None, settings: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """What Git gets in its environment: `more`, the overrides of its configuration, and further `settings`."""
        return {**OWN, **config.environment({**self.overrides, **(settings or {})}.items()), **(more or {})}

    def configuration(self) -> list[config.Setting]:
        """Everything that is configured, with whose it is; raises GitError where that cannot be read."""
        options = ("--list", "--null", "--show-scope", "--show-origin")
        done = process.run([*GIT, "config", *options], cwd=self.root, timeout=_LOCAL_TIMEOUT)
        if done.code != 0:
            raise GitError(f"git config failed: {reason(done.error)}")
        return config.parse(os.fsdecode(done.stdout))

    def _network(self, remote: str, *arguments: str) -> str:
        done = self._try_network(remote, *arguments)
        if done.code != 0:
            advice = "check the remote's URL, your access and the network"
            raise NetworkError(f"git {arguments[0]} failed: {reason(done.error)}: {advice}")
        return done.text

    def _try_network(self, remote: str, *arguments: str, env: Mapping[str, str] | None = None) -> process.Completed:
        limit = settings.seconds(settings.GIT)
        try:
            # The user's credential helpers may need the tokens that no other Git gets.
            own = Exactly(process.environment(self.environment(env), secrets=True))
            return process.run([*GIT, *arguments], cwd=self.root, exactly=own, timeout=limit)
        except TimedOut:
            problem = f"the remote '{remote}' did not finish `git {arguments[0]}` within {limit:g} s"
        raise NetworkError(
            f"{problem}: check its URL and the network, and run the command again, "
            f"or allow more seconds by {settings.GIT}"
        )


def reason(text: str, root: Path | None = None) -> str:
    """The line of Git's output that has the reason: its last fatal one, or the last one before generic advice.

    Where Git wrote to the repository at `root` and found its disk full, it is followed by what to do.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("hint:")]
    reasons = [line for line in lines if line not in _NO_REASON] or lines or ["it gave no reason"]
    found = next((line for line in reversed(reasons) if line.startswith("fatal: ")), reasons[-1])
    if found.endswith(":"):
        # The rest is on the lines that follow, such as the name of an extension.
        found = " ".join(reasons[reasons.index(found) :])
    if any(sign in found for sign in TOO_NEW):
        found = f"{found}: a newer Git reads this repository"
    return f"{found}: make room in {root}, then run the command again" if root and is_full(text) else found


def is_full(text: str) -> bool:
    """Whether Git's output says that a disk is full here, and not that of a server."""
    lines = (line for line in text.splitlines() if not line.lstrip().startswith(("remote: ", "hint:")))
    return any(sign in line for line in lines for sign in _FULL)
