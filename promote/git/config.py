"""What a repository's own Git configuration may do: name remotes and people, but start no program.

A clone's `.git/config` is its user's. That of a folder from an archive or from a cache is somebody else's, and Git
itself compares only owners. So programs are taken from the user's and the machine's configuration alone. Where the
repository's own asks for one, it is ignored if promote can do without, and refused if it decides how a remote is
reached.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from promote.errors import ConfigError

# Git lists keys in lower case, apart from the names in their middle. What reaches a remote by a program of its own:
_REFUSED = re.compile(
    r"core\.(sshcommand|gitproxy|askpass)|credential\.(.*\.)?helper|remote\..*\.(uploadpack|receivepack|vcs)"
    r"|protocol\.(.*\.)?allow|fetch\.bundleuri",
    re.DOTALL,
)
# Without it, a server on the way to a remote, such as a proxy of `http.proxy`, gets the user's credential.
_VERIFIED = re.compile(r"http\.(.*\.)?sslverify", re.DOTALL)
_TRUE = {"true", "yes", "on", "1"}
_HARMLESS = {"", "never"}  # an empty list of helpers, and a protocol that is forbidden
_TRANSPORT = re.compile(r"[A-Za-z0-9][A-Za-z0-9+.-]*::")  # `ext::sh -c …`: a program instead of a URL
_ADDRESS = re.compile(r"remote\..*\.(url|pushurl)", re.DOTALL)
_REWRITTEN = re.compile(r"url\.(.*)\.(insteadof|pushinsteadof)", re.DOTALL)
# What promote needs only in the user's own form, by default Git's.
_USERS = {
    "core.attributesfile": os.devnull,
    "core.excludesfile": os.devnull,
    "gpg.openpgp.program": "gpg",
    "gpg.program": "gpg",
    "gpg.ssh.defaultkeycommand": "",
    "gpg.ssh.program": "ssh-keygen",
    "gpg.x509.program": "gpgsm",
}
# What nothing here needs, each with what switches it off unless the user has the same name.
_OFF = (
    (re.compile(r"(filter\..*\.)[a-z]+", re.DOTALL), {"clean": "", "smudge": "", "process": "", "required": "false"}),
    (re.compile(r"(hook\..*\.)[a-z]+", re.DOTALL), {"enabled": "false"}),
)
_DRIVER = re.compile(r"merge\..*\.driver", re.DOTALL)
_OWN = ("local", "worktree")


class Setting(NamedTuple):
    """One line of a configuration: whose it is, which file has it, its key and its value."""

    scope: str
    origin: str
    key: str
    value: str

    @property
    def place(self) -> str:
        """The file that has it."""
        return self.origin.removeprefix("file:")


def parse(listing: str) -> list[Setting]:
    """What `git config --list --null --show-scope --show-origin` printed."""
    fields = listing.split("\0")
    lines = zip(fields[::3], fields[1::3], fields[2::3], strict=False)
    return [Setting(scope, origin, *entry.partition("\n")[::2]) for scope, origin, entry in lines]


def insist(settings: Sequence[Setting]) -> None:
    """Raise ConfigError for a setting of the repository's own that would make it unsafe to reach a remote.

    It would start a program, or nobody would verify that the remote is the one that its URL names. One that the
    user's own configuration has in the same words is the user's.
    """
    users = {(one.key, one.value) for one in settings if one.scope not in _OWN}
    for one in settings:
        if one.scope not in _OWN or (one.key, one.value) in users:
            continue
        problem = "can start a program, and a repository must not choose one" if _starts_a_program(one) else ""
        if _VERIFIED.fullmatch(one.key) and one.value.casefold() not in _TRUE:
            problem = "lets anybody pass for the remote and get your credential"
        if problem:
            raise ConfigError(
                f"{one.key} in {one.place} {problem}: remove it, "
                f"or move it to your own configuration with `git config --global {one.key} VALUE`"
            )


def _starts_a_program(one: Setting) -> bool:
    if _ADDRESS.fullmatch(one.key):
        return _TRANSPORT.match(one.value) is not None
    if rewritten := _REWRITTEN.fullmatch(one.key):
        return _TRANSPORT.match(rewritten[1]) is not None
    return _REFUSED.fullmatch(one.key) is not None and one.value not in _HARMLESS


def overrides(settings: Sequence[Setting]) -> dict[str, str]:
    """Keys with the values that take the place of what the repository's own configuration says."""
    own = [one.key for one in settings if one.scope in _OWN]
    users = {one.key: one.value for one in settings if one.scope not in _OWN}
    found = {key: users.get(key, usual) for key, usual in _USERS.items() if key in own}
    for pattern, switches in _OFF:
        for name in {match[1] for key in own if (match := pattern.fullmatch(key))}:
            found |= {f"{name}{key}": users.get(f"{name}{key}", value) for key, value in switches.items()}
    return found


def drivers(settings: Sequence[Setting]) -> list[Setting]:
    """The programs for merges that the repository's own configuration names."""
    return [one for one in settings if one.scope in _OWN and _DRIVER.fullmatch(one.key)]


def environment(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The variables that give Git further settings, after those that are in our own environment.

    Not options: a name with `=` would end there, and a URL with credentials would be seen by others.
    """
    given = os.environ.get("GIT_CONFIG_COUNT") or "0"
    first = int(given) if given.isdecimal() else 0
    found: dict[str, str] = {}
    for number, (key, value) in enumerate(pairs, first):
        found |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        found["GIT_CONFIG_COUNT"] = str(number + 1)
    return found


def insist_on_place(settings: Sequence[Setting], root: Path, folder: Path) -> None:
    """Raise ConfigError if the repository's own configuration puts its files elsewhere than around `folder`."""
    here = next((one for one in (folder, *folder.parents) if (one / ".git").exists()), root)
    for one in settings:
        if one.key == "core.worktree" and one.scope in _OWN and here.resolve() != root.resolve():
            raise ConfigError(f"core.worktree in {one.place} leads to {root}: remove it, or run promote there")
