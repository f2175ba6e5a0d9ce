"""A forge without a server: pull requests are data in the shared repository itself.

One ref has a JSON file for each, and every change to it is a commit pushed with a lease. After a lost race
the records are read again, so two promoters can never open two pull requests for one branch. A merge moves
the branch and the record in one atomic push, and deletes the merged branch if a command of promote made it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TypeVar

from promote.errors import Blocked, RaceLost, UsageError
from promote.forge.protocol import OWN, UPDATE, Declaration, Method, PullRequest, Status
from promote.forge.records import record_of
from promote.git.repository import ABSENT, Push, Repository
from promote.system.races import until_won

REF = "refs/promote/pulls"
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class _Records:
    """The content of the ref when it was read."""

    commit: str
    pulls: dict[int, PullRequest]


class Local:
    """Pull requests kept under `refs/promote/pulls` of a remote."""

    name = "local"
    has_server = False

    def __init__(self, repository: Repository, remote: str) -> None:
        self._repository = repository
        self._remote = remote

    def find_open(self, head: str, base: str) -> PullRequest | None:
        """The open pull request from branch `head` into `base`, if there is one."""
        return _open_one(self._read(), head, base)

    def list_open(self, base: str) -> tuple[PullRequest, ...]:
        """Every open pull request into `base`, by number."""
        pulls = self._read().pulls
        return tuple(
            pulls[number] for number in sorted(pulls) if (pulls[number].state, pulls[number].base) == ("open", base)
        )

    def get(self, number: int) -> PullRequest:
        """One pull request; raises UsageError when there is none with this number."""
        return _known(self._read(), number)

    def open(self, head: str, base: str, title: str, body: str) -> PullRequest:
        """Open a pull request, or return the one that is open for the same branch."""

        def attempt(records: _Records) -> PullRequest:
            if there := _open_one(records, head, base):
                return there
            number = max(records.pulls, default=0) + 1
            made = PullRequest(number, f"local:{number}", title, body, head, base, self._tip(head), "open")
            self._write(records, made, f"open #{number}: {title}")
            return made

        return self._until_it_holds(attempt)

    def update(self, number: int, title: str, body: str) -> PullRequest:
        """Replace title and body."""

        def attempt(records: _Records) -> PullRequest:
            made = replace(_known(records, number), title=title, body=body)
            if made != records.pulls[number]:
                self._write(records, made, f"update #{number}: {title}")
            return made

        return self._until_it_holds(attempt)

    def merge(self, number: int, head_commit: str, base_commit: str, method: Method) -> str:
        """Merge if both branches are still at the checked commits (else RaceLost); return the new base commit."""
        records = self._read()
        pull = _known(records, number)
        if pull.state != "open":
            # It was open when it was judged.
            raise RaceLost(f"pull request {number} is already {pull.state}")
        if pull.head_commit != head_commit:
            raise RaceLost(f"the branch {pull.head} has moved since it was checked: run the merge again")
        merged = self._merged(pull, base_commit, method)
        record = self._record(records, replace(pull, state="merged"), f"merge #{number}: {pull.title}")
        moves = [Push(f"refs/heads/{pull.base}", merged, base_commit), Push(REF, record, records.commit)]
        # Only branches of promote are deleted: a record may name any branch, such as that of an environment.
        gone = None if pull.head.startswith(OWN) else head_commit
        self._repository.push(self._remote, *moves, Push(f"refs/heads/{pull.head}", gone, head_commit))
        return merged

    def approvals(self, number: int, commit: str) -> tuple[str, ...]:
        """Nobody: there are no reviews. Raises UsageError when there is no pull request with this number."""
        del commit
        self.get(number)
        return ()

    def statuses(self, commit: str) -> Mapping[str, Status]:
        """Nothing: there are no checks."""
        del commit
        return {}

    def enable_auto_merge(self, number: int, method: Method) -> None:
        """Refused: there is no server that could merge later."""
        del method
        raise UsageError(
            f"the local forge has no server that could merge #{number} later: use `promote merge {number}`"
        )

    def _merged(self, pull: PullRequest, base_commit: str, method: Method) -> str:
        repository = self._repository
        tree = repository.merge_tree(base_commit, pull.head_commit)
        if tree is None:
            raise Blocked(f"pull request {pull.number} conflicts with {pull.base}: {UPDATE}")
        if method == "merge":
            message = f"{pull.title}\n\nMerge pull request #{pull.number} from {pull.head}\n"
            return repository.commit_tree(tree, [base_commit, pull.head_commit], message)
        if method == "squash":
            return repository.commit_tree(tree, [base_commit], f"{pull.title} (#{pull.number})\n\n{pull.body}")
        tip = base_commit
        for commit in reversed(repository.ahead(base_commit, pull.head_commit)):
            if (tree := repository.cherry_tree(tip, commit)) is None:
                raise Blocked(f"pull request {pull.number} cannot be rebased: {UPDATE}")
            tip = repository.commit_tree(tree, [tip], repository.message(commit))
        return tip

    def _until_it_holds(self, attempt: Callable[[_Records], _Result]) -> _Result:
        return until_won(lambda: attempt(self._read()), lambda: self._repository.place(self._remote, REF))

    def _read(self) -> _Records:
        refs = self._repository.remote_refs(self._remote, REF, "refs/heads/*")
        if REF not in refs:
            return _Records(ABSENT, {})
        self._repository.fetch(self._remote, [REF])
        pulls = {}
        for name, data in self._repository.files(refs[REF]).items():
            pull = record_of(name, data, REF)
            # The branch itself has the current commit; the record is only used for merged pull requests.
            here = refs.get(f"refs/heads/{pull.head}") if pull.state == "open" else None
            pulls[pull.number] = replace(pull, head_commit=here or pull.head_commit)
        return _Records(refs[REF], pulls)

    def _tip(self, branch: str) -> str:
        ref = f"refs/heads/{branch}"
        refs = self._repository.remote_refs(self._remote, ref)
        if ref not in refs:
            raise UsageError(
                f"the branch {branch} is not on '{self._remote}': push it before a pull request is opened"
            )
        return refs[ref]

    def _write(self, records: _Records, pull: PullRequest, message: str) -> None:
        self._repository.push(self._remote, Push(REF, self._record(records, pull, message), records.commit))

    def _record(self, records: _Records, pull: PullRequest, message: str) -> str:
        files = {f"{pull.number}.json": json.dumps(asdict(pull), indent=2).encode() + b"\n"}
        if records.commit:
            return self._repository.commit(records.commit, files, message)
        return self._repository.commit_tree(self._repository.make_tree(files), [], message)


def _known(records: _Records, number: int) -> PullRequest:
    if number not in records.pulls:
        count = f"there are {len(records.pulls)}" if records.pulls else "there are none yet"
        raise UsageError(f"there is no pull request {number}: {count}")
    return records.pulls[number]


def _open_one(records: _Records, head: str, base: str) -> PullRequest | None:
    matching = (pull for pull in records.pulls.values() if (pull.head, pull.base, pull.state) == (head, base, "open"))
    return next(matching, None)


def _is_local(url: str) -> bool:
    return url.startswith(("file://", ".", "~")) or Path(url).is_absolute()


FORGE = Declaration(recognises=_is_local, connect=lambda repository, remote, _: Local(repository, remote))
