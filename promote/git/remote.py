"""Git's remotes: their refs, fetching without touching refs, and pushes with a lease."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from promote.errors import NetworkError, PushDeclined, RaceLost, StillLocked, UsageError
from promote.git import config
from promote.git.runner import Git, reason
from promote.system import cache, process

ABSENT = ""  # the lease of a ref that must not exist yet
_RACE = ("stale info", "fetch first", "non-fast-forward", "reference already exists", "incorrect old value",
         " but expected ")  # fmt: skip
_LOCKED = ("failed to update ref", "cannot lock ref", "failed to lock")
_NAME_TAKEN = "; cannot create '"  # refs/heads/a prevents refs/heads/a/b: not a race, a retry does not help
_WITH_ANOTHER = "atomic push fail"
_DECLINED = "[remote rejected]"
_UNABLE = "(unpacker error)"  # the server cannot store what it got, as on a full disk
_LONGEST_REASON = 300  # characters
# Neither is copied: the first would move the user's remote-tracking refs, the second forbids pushing one ref.
_NOT_OURS = ("fetch", "mirror")


@dataclass(frozen=True, slots=True)
class Push:
    """One ref to move on the remote: to `commit` (None deletes it), only while it is at `expected`.

    `expected` is a hash, ABSENT for a ref that must be new, or None for a fast-forward only.
    """

    ref: str
    commit: str | None
    expected: str | None


class Remotes(Git):
    """Reads the remotes of a clone, and changes their refs."""

    def has_remote(self, remote: str) -> bool:
        """Whether this clone knows `remote`."""
        return bool(self._url(remote))

    def remote_url(self, remote: str) -> str:
        """The URL of `remote`, which may hold credentials; raises UsageError when there is no such remote."""
        if url := self._url(remote):
            return url
        raise UsageError(
            f"this clone has no remote '{remote}': add it with `git remote add {remote} URL`, "
            "or name another one in promote.yaml (git.remote)"
        )

    def place(self, remote: str, ref: str) -> str:
        """A ref of `remote`, by a name that is the same in all clones with this URL and has no credentials."""
        url = process.redact(self.remote_url(remote)).removeprefix("file://").rstrip("/").removesuffix(".git")
        return f"{url} {ref}"

    def default_branch(self, remote: str) -> str | None:
        """The branch that `remote` had as its default when this was cloned, as far as the clone knows."""
        prefix = f"refs/remotes/{remote}/"
        if name := self._try("symbolic-ref", "--quiet", f"{prefix}HEAD").text.strip():
            return name.removeprefix(prefix)
        usual = [f"{prefix}{name}" for name in ("main", "master")]
        known = self._git("for-each-ref", "--format=%(refname)", *usual).split()
        if len(known) == 1:
            return known[0].removeprefix(prefix)
        return self._try("symbolic-ref", "--quiet", "HEAD").text.strip().removeprefix("refs/heads/") or None

    def tracked(self, remote: str) -> list[str]:
        """The branches of `remote` that this clone knows."""
        prefix = f"refs/remotes/{remote}/"
        refs = self._git("for-each-ref", "--format=%(refname)", prefix).split()
        return [ref.removeprefix(prefix) for ref in refs if ref != f"{prefix}HEAD"]

    def server_branch(self, remote: str) -> str | None:
        """The branch that `remote` has as its default now, as its server says; None where it does not."""
        answer = self._network(remote, "ls-remote", "--quiet", "--symref", "--", remote, "HEAD")
        heads = [line.removeprefix("ref: refs/heads/") for line in answer.splitlines() if line.endswith("\tHEAD")]
        return heads[0].partition("\t")[0] if answer.startswith("ref: refs/heads/") else None

    def remotes(self) -> list[str]:
        """The names of all remotes."""
        return self._git("remote").split()

    def _url(self, remote: str) -> str:
        return self._try("config", "--get-all", f"remote.{remote}.url").text.partition("\n")[0]

    def remote_refs(self, remote: str, *patterns: str) -> dict[str, str]:
        """The hashes of the remote's refs that match the patterns; raises NetworkError if it cannot be read."""
        answer = self._network(remote, "ls-remote", "--quiet", "--", remote, *patterns)
        pairs = (line.split("\t") for line in answer.splitlines())
        return {ref: sha for sha, ref in pairs}

    def fetch(self, remote: str, refs: Iterable[str]) -> None:
        """Bring the objects of `refs` here, without touching refs or FETCH_HEAD.

        Raises RaceLost if one of them does not exist any more.
        """
        done = self._try_network(
            remote, "fetch", "--quiet", "--refmap=", "--no-tags", "--no-prune", "--no-recurse-submodules",
            "--no-write-fetch-head", "--no-write-commit-graph", "--no-auto-gc", "--", remote, *refs,
        )  # fmt: skip
        if "couldn't find remote ref" in done.error:
            raise RaceLost(f"a branch of '{remote}' was deleted in the meantime")
        if done.code != 0:
            raise NetworkError(f"git fetch failed: {reason(done.error, self.root)}")

    def remember(self, refs: Mapping[str, str]) -> None:
        """Keep the hashes of refs here, so that the next fetch asks only for what is newer.

        Where that fails, as next to another process, a later fetch takes longer.
        """
        lines = (f"update refs/kept/{cache.key(ref)} {sha}\n" for ref, sha in refs.items())
        self._try("update-ref", "--stdin", stdin="".join(lines).encode())

    def push(self, remote: str, *moves: Push) -> None:
        """Move refs on the remote, all or none; raises RaceLost when one is not where it was expected."""
        leases = [f"--force-with-lease={move.ref}:{move.expected}" for move in moves if move.expected is not None]
        specs = [f"{move.commit or ''}:{move.ref}" for move in moves]
        atomic = ["--atomic"] if len(moves) > 1 else []
        name, settings = self._untracked(remote)
        done = self._try_network(
            remote, "push", "--porcelain", "--no-follow-tags", "--no-recurse-submodules", *atomic, *leases, "--",
            name, *specs, env=settings,
        )  # fmt: skip
        if done.code != 0 and not self._arrived(remote, moves, done):
            raise self._push_failure(done, remote)

    def _untracked(self, remote: str) -> tuple[str, dict[str, str]]:
        """A second name for `remote`, and the environment that defines it, without remote-tracking refs.

        Pushing to `remote` itself would move them, and with them what the user's own
        `git push --force-with-lease` regards as seen. In the environment, because a URL may have credentials.
        """
        alias, prefix = f"{remote}-by-promote", f"remote.{remote}."
        listed = [entry.partition("\n") for entry in self._git("config", "-z", "--list").split("\0")]
        found = [(key.removeprefix(prefix), value) for key, _, value in listed if key.startswith(prefix)]
        pairs = [(f"remote.{alias}.{key}", value) for key, value in found if key not in _NOT_OURS]
        return alias, config.environment([*self.overrides.items(), *pairs])

    def _arrived(self, remote: str, moves: Sequence[Push], done: process.Completed) -> bool:
        """Whether a push that failed without an answer has moved the refs anyway."""
        if any(line.startswith("!") for line in done.text.splitlines()):
            return False
        try:
            refs = self.remote_refs(remote, *(move.ref for move in moves))
        except NetworkError:
            return False
        return all(refs.get(move.ref) == move.commit for move in moves)

    def _push_failure(self, done: process.Completed, remote: str) -> Exception:
        output = done.text + done.error
        if _NAME_TAKEN in output:
            line = next(line for line in done.error.splitlines() if _NAME_TAKEN in line)
            return UsageError(f"'{remote}' cannot create that branch: {line.partition('error: ')[2].strip()}")
        if any(sign in output for sign in _RACE):
            return RaceLost(f"a branch of '{remote}' has moved in the meantime")
        if any(sign in output for sign in _LOCKED):
            return StillLocked(f"'{remote}' cannot lock the branch: {reason(done.error)}")
        rejected = [line.split("\t")[-1] for line in process.redact(done.text).splitlines() if line.startswith("!")]
        # Each ref of an atomic push fails; only one of them says why.
        why = next((line for line in rejected if _WITH_ANOTHER not in line), reason(done.error))
        if _DECLINED not in why:
            return NetworkError(f"'{remote}' rejected the push: {why}")
        text = f"'{remote}' rejected the push: {why}{_said_by_server(done.error)}"
        return NetworkError(text) if _UNABLE in why else PushDeclined(text)


def _said_by_server(text: str) -> str:
    """What a server says of a push that it does not accept, as the end of a message."""
    lines = [line.removeprefix("remote: ").strip() for line in text.splitlines() if line.startswith("remote: ")]
    said = "; ".join(line.rstrip(".") for line in lines if any(map(str.isalpha, line)))
    return f": {said[:_LONGEST_REASON]}" if said else ""
