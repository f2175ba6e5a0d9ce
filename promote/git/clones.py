"""Clones of other repositories in the cache: only their objects count, and only this user can write them."""

from __future__ import annotations

from pathlib import Path

from promote.errors import ToolError
from promote.git import fetched
from promote.git.repository import Repository
from promote.system import cache, scratch
from promote.system.store import private

_FOLDER = "repositories"
# The user may well allow more. What a file of a repository names needs no more than these, and leads nowhere else:
# no helper of Git that starts a program, and no other server than the one that was named.
_FIXED = {
    "protocol.allow": "never",
    "protocol.https.allow": "always",
    "protocol.ssh.allow": "always",
    "protocol.file.allow": "always",
    "http.followredirects": "false",
}
# Who commits, and whether that is signed, as in the clone that promote runs in.
_PERSON = ("user.name", "user.email", "user.signingkey", "commit.gpgsign", "gpg.format")


def clone(address: str, remote: str, own: Repository) -> Repository:
    """A clone whose `remote` is the valid `address`; nothing is fetched yet.

    Commits in it are made as in the clone `own`. Raises ToolError where there is no place for it.
    """
    root = _folder(own.root) / cache.key(address)
    if not (root / ".git").is_dir():
        fetched.initialise(root, "sha1")
    people = {one.key: one.value for one in own.configuration() if one.key in _PERSON}
    # Not in a file: what another process writes there must not lead this one to another address.
    return Repository(root, {**people, **_FIXED, f"remote.{remote}.url": address})


def _folder(repository: Path) -> Path:
    kept = private(_FOLDER, repository)
    if kept is not None:
        return kept
    made = scratch.top() / _FOLDER
    try:
        made.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ToolError(f"cannot make a folder for clones in {made.parent}: {error.strerror}") from None
    return made
