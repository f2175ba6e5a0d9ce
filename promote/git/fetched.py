"""Commits of other repositories, fetched by their hash and kept in the cache."""

from __future__ import annotations

import shutil
import tempfile
import threading
from functools import cache as once
from pathlib import Path

from promote.errors import GitError, NetworkError, TimedOut
from promote.git.repository import Repository
from promote.git.runner import GIT, reason
from promote.system import cache, process, turns

_TIMEOUT = 300  # seconds
# Nothing of the address, and nothing that a server says, may choose another protocol, address or program.
_FIXED = (
    "-c", "protocol.allow=never", "-c", "http.followRedirects=false", "-c", "fetch.fsckObjects=true",
)  # fmt: skip
_FETCHING = threading.Lock()
_OBJECT_FORMATS = {40: "sha1", 64: "sha256"}


@once
def fetched(address: str, commit: str, protocol: str) -> Repository:
    """A repository in the cache that has `commit`, a whole hash, of the one at `address`; it is fetched once.

    Raises NetworkError if the address does not have it, GitError if what is kept does not have its hash.
    """
    root = cache.folder() / "remotes" / cache.key(address, _OBJECT_FORMATS[len(commit)])
    repository = Repository(root)
    if not (root / ".git").is_dir():
        initialise(root, _OBJECT_FORMATS[len(commit)])
    # Git fails where two fetch into one repository, as two environments with different commits of it do.
    with _FETCHING, turns.turn(f"fetch into {root}"):
        if not repository.holds([f"{commit}^{{commit}}"]):
            _fetch(root, address, commit, protocol)
    # The names of objects are the hashes of their contents; this reads and compares them.
    done = process.run([*GIT, "fsck", "--no-progress", "--no-dangling", "--no-reflogs", commit], cwd=root)
    if done.code != 0 or not repository.holds([f"{commit}^{{commit}}"]):
        raise GitError(f"{root} does not hold what its hashes say ({reason(done.error)}): delete this folder")
    return repository


def initialise(root: Path, object_format: str) -> None:
    """Make an empty repository at `root`, with nothing of the user's template, unless another process is quicker."""
    root.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".", dir=root.parent))
    done = process.run([*GIT, "init", "--quiet", "--template=", f"--object-format={object_format}"], cwd=made)
    try:
        if done.code != 0:
            raise GitError(f"git init failed: {reason(done.error, root.parent)}")
        made.rename(root)
    except OSError:
        if not root.is_dir():  # otherwise another process was quicker
            raise
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _fetch(root: Path, address: str, commit: str, protocol: str) -> None:
    command = [
        *GIT, *_FIXED, "-c", f"protocol.{protocol}.allow=always", "fetch", "--quiet", "--depth=1", "--no-tags",
        "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-gc", "--end-of-options", address, commit,
    ]  # fmt: skip
    own = process.Exactly(process.environment({"GIT_ALLOW_PROTOCOL": protocol}, secrets=True))
    try:
        done = process.run(command, cwd=root, exactly=own, timeout=_TIMEOUT)
    except TimedOut as error:
        raise NetworkError(f"{address}: {error}: run the command again") from None
    if done.code != 0:
        raise NetworkError(f"cannot fetch {commit} from {address}: {reason(done.error, root)}")
