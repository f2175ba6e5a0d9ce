"""Gitea and Forgejo through their HTTP API: a retry after a time-out never opens a second pull request."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from promote.forge.address import Token
from promote.forge.attempts import TIMEOUT, Attempts, fit
from promote.forge.gitea_address import locate
from promote.forge.gitea_errors import EMPTY, NOTHING_TO_WAIT_FOR, SCHEDULED, TROUBLE, explain, reason
from promote.forge.json_api import Api, Dialect, Refused
from promote.forge.protocol import Method, PullRequest, State, Status

T = TypeVar("T")


def _counted(headers: Mapping[str, str], seen: int) -> bool:
    # Older servers do not count every list.
    total = headers.get("X-Total-Count", "")
    return total.isdecimal() and seen >= int(total)


_DIALECT = Dialect("token", "limit", 50, _counted, reason)
_VERDICTS = ("APPROVED", "REQUEST_CHANGES")
# The values of a commit status; all others are failures, also for Gitea itself.
_STATUSES: Mapping[str, Status] = {"success": "success", "skipped": "success", "pending": "pending"}


class Gitea:
    """The Forge protocol over Gitea's API. No text that this class returns or raises has the token."""

    name = "gitea"
    has_server = True

    def __init__(
        self,
        repository: str,
        api: str,
        token: Token,
        *,
        timeout: int = TIMEOUT,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.repository = repository
        self.api = api
        self._host = urlsplit(api).netloc
        self._token = token
        self._attempts = Attempts(TROUBLE, self._host, sleep)
        self._http = Api(f"{api}/repos/{repository}", token, timeout, _DIALECT)

    def __repr__(self) -> str:
        return f"Gitea({self.repository!r}, {self.api!r})"

    @classmethod
    def from_remote(
        cls,
        remote_url: str,
        environ: Mapping[str, str],
        *,
        timeout: int = TIMEOUT,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Gitea:
        """The repository that a Git remote points at, with the address and the token that `environ` gives.

        Raises UsageError if the remote is not a repository on a server, or if no token is set.
        """
        repository, api, token = locate(remote_url, environ)
        return cls(repository, api, token, timeout=timeout, sleep=sleep)

    def find_open(self, head: str, base: str) -> PullRequest | None:
        """The open pull request from our own branch `head` (never a fork's) into `base`, if there is one."""
        return self._ask(self._whole, lambda: self._find(head, base))

    def list_open(self, base: str) -> tuple[PullRequest, ...]:
        """Every open pull request into `base`, by number; the head of a fork's reads `owner:branch`."""
        return self._ask(self._whole, lambda: self._open(base))

    def get(self, number: int) -> PullRequest:
        """One pull request; raises UsageError when there is none with this number."""
        return self._ask(self._one(number), lambda: _read(self._pull(number)))

    def open(self, head: str, base: str, title: str, body: str) -> PullRequest:
        """Open a pull request, or return the open one of this branch; never a second one."""
        wanted = {"head": head, "base": base, "title": title, "body": fit(body, "Gitea")}
        return self._ask(
            f"branch {head} in {self._whole}",
            lambda: self._registered(lambda: _read(self._http.ask("POST", "pulls", wanted)[0])),
            lambda: self._find(head, base),
            new=True,
        )

    def update(self, number: int, title: str, body: str) -> PullRequest:
        """Replace title and body."""
        wanted = {"title": title, "body": fit(body, "Gitea")}
        return self._ask(self._one(number), lambda: _read(self._http.ask("PATCH", f"pulls/{number}", wanted)[0]))

    def merge(self, number: int, head_commit: str, base_commit: str, method: Method) -> str:
        """Merge `head_commit` and return the new base commit; an earlier merge of it is not an error.

        Gitea cannot check `base_commit`: protect the branch with a required check for that.
        Raises RaceLost if the branch has moved, and Blocked if Gitea's own rules forbid the merge.
        """
        del base_commit
        wanted = {"Do": method, "head_commit_id": head_commit}

        def merge() -> str:
            _require_open(_read(self._pull(number)))
            self._http.ask("POST", f"pulls/{number}/merge", wanted)
            # The answer is empty. The branch may be gone or moved by now, so only the state counts.
            merged = self._pull(number)
            if not merged["merged"]:
                raise ValueError("a merge that merged nothing")
            return _text(merged["merge_commit_sha"])

        return self._ask(self._one(number), merge, lambda: self._merged(number, head_commit))

    def approvals(self, number: int, commit: str) -> tuple[str, ...]:
        """Who approves exactly `commit`: people whose reviews are official, by the last verdict of each."""

        def read() -> tuple[str, ...]:
            # Oldest first. A comment or a review that is not submitted yet changes no verdict.
            reviews = list(self._http.pages(f"pulls/{number}/reviews"))
            last = {_text(one["user"]["login"]): one for one in reviews if one["state"] in _VERDICTS and one["user"]}
            return tuple(sorted(name for name, review in last.items() if _approves(review, commit)))

        return self._ask(self._one(number), read)

    def statuses(self, commit: str) -> Mapping[str, Status]:
        """The newest status of each name."""

        def read() -> Mapping[str, Status]:
            found = self._http.pages(f"commits/{commit}/status", key="statuses")
            return {_text(one["context"]): _STATUSES.get(_text(one["status"]), "failure") for one in found}

        return self._ask(f"statuses of {commit[:12]} in {self.repository}", read)

    def enable_auto_merge(self, number: int, method: Method) -> None:
        """Have Gitea merge once its requirements are met; a merge that is scheduled already keeps its method."""

        def enable() -> bool:
            pull = _read(self._pull(number))
            if pull.state == "merged":
                return True
            _require_open(pull)
            branch, _ = self._http.ask("GET", f"branches/{quote(pull.base)}")
            if not (branch["enable_status_check"] or branch["required_approvals"]):
                # Gitea would merge at once.
                raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, NOTHING_TO_WAIT_FOR)
            wanted = {"Do": method, "head_commit_id": pull.head_commit, "merge_when_checks_succeed": True}
            try:
                self._http.ask("POST", f"pulls/{number}/merge", wanted)
            except Refused as refused:
                if SCHEDULED not in refused.message:
                    raise
            return True

        self._ask(self._one(number), enable)

    @property
    def _whole(self) -> str:
        return f"repository {self.repository}"

    def _one(self, number: int) -> str:
        return f"pull request #{number} in {self.repository}"

    def _pull(self, number: int) -> Any:
        return self._http.ask("GET", f"pulls/{number}")[0]

    def _open(self, base: str) -> tuple[PullRequest, ...]:
        wanted = {"state": "open", "base_branch": base}
        pulls = self._registered(lambda: [_read(pull) for pull in self._http.pages("pulls", wanted)])
        # Also filtered here: older servers ignore `base_branch`. A list that grows meanwhile repeats entries.
        found = {pull.number: pull for pull in pulls if pull.state == "open" and pull.base == base}
        return tuple(found[number] for number in sorted(found))

    def _find(self, head: str, base: str) -> PullRequest | None:
        return next((pull for pull in self._open(base) if pull.head == head), None)

    def _registered(self, call: Callable[[], T]) -> T:
        """Do `call`; Gitea denies that there are pull requests until it has registered the first push."""
        try:
            return call()
        except Refused as refused:
            if refused.status != HTTPStatus.NOT_FOUND:
                raise
            if self._http.ask("GET", "")[0]["empty"]:
                raise Refused(HTTPStatus.CONFLICT, EMPTY) from None
        # It may have been registered between the two requests.
        return call()

    def _merged(self, number: int, head_commit: str) -> str | None:
        data = self._pull(number)
        pull = _read(data)
        merged = pull.state == "merged" and pull.head_commit == head_commit
        return _text(data["merge_commit_sha"]) if merged else None

    def _ask(
        self,
        what: str,
        call: Callable[[], T],
        settled: Callable[[], T | None] = lambda: None,
        *,
        new: bool = False,
    ) -> T:
        return self._attempts.make(
            call, lambda error: explain(what, error, self._host, self._token, new=new), settled
        )


def _text(value: Any) -> str:
    """What Gitea always gives; raises TypeError where an answer is not Gitea's."""
    if not isinstance(value, str) or not value:
        raise TypeError("a text is missing")
    return value


def _require_open(pull: PullRequest) -> None:
    # Gitea says of a closed pull request that it does not exist.
    if pull.state != "open":
        raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, f"it is not mergeable because it is {pull.state}")


def _read(data: Any) -> PullRequest:
    number = data["number"]
    if not isinstance(number, int):
        raise TypeError("a number is missing")
    state: State = "merged" if data["merged"] else "open" if data["state"] == "open" else "closed"
    return PullRequest(
        number=number,
        url=_text(data["html_url"]),
        title=_text(data["title"]),
        body=data["body"] or "",
        head=_head(data["head"], data["base"]),
        base=_text(data["base"]["ref"]),
        head_commit=_text(data["head"]["sha"]),
        state=state,
    )


def _head(head: Any, base: Any) -> str:
    # A fork's branch may have the name of ours; a colon, which no branch name has, distinguishes the two.
    # The repository is missing once the fork has been deleted.
    if head["repo_id"] == base["repo_id"]:
        return _text(head["ref"])
    owner = head["repo"]["owner"]["login"] if head["repo"] else "unknown"
    return f"{_text(owner)}:{_text(head['ref'])}"


def _approves(review: Any, commit: str) -> bool:
    counts = review["official"] and not review["dismissed"]
    return bool(counts and review["state"] == "APPROVED" and review["commit_id"] == commit)
