"""Gitea and Forgejo through their HTTP API: a retry after a time-out never opens a second pull request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

from promote.forge.attempts import fit
from promote.forge.gitea_address import locate
from promote.forge.gitea_errors import EMPTY, FAILURES, NOTHING_TO_WAIT_FOR, SCHEDULED, reason
from promote.forge.json_api import Dialect, Refused
from promote.forge.json_forge import JsonForge, require_open, text
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


class Gitea(JsonForge):
    """The Forge protocol over Gitea's API; the head of a fork's pull request reads `owner:branch`."""

    name = "gitea"
    _dialect = _DIALECT
    _failures = FAILURES
    _pulls = "pulls"
    _locate = staticmethod(locate)

    @staticmethod
    def _path(repository: str) -> str:
        return f"repos/{repository}"

    def _read(self, data: Any) -> PullRequest:
        return _read(data)

    def open(self, head: str, base: str, title: str, body: str) -> PullRequest:
        """Open a pull request, or return the open one of this branch; never a second one."""
        fields = {"head": head, "base": base, "title": title, "body": fit(body, "Gitea")}
        return self._ask(
            f"branch {head} in {self._about_repository}",
            lambda: self._registered(lambda: _read(self._http.ask("POST", "pulls", fields)[0])),
            lambda: self._find(head, base),
            new=True,
        )

    def update(self, number: int, title: str, body: str) -> PullRequest:
        """Replace title and body."""
        fields = {"title": title, "body": fit(body, "Gitea")}
        return self._ask(
            self._about_pull(number), lambda: _read(self._http.ask("PATCH", f"pulls/{number}", fields)[0])
        )

    def merge(self, number: int, head_commit: str, base_commit: str, method: Method) -> str:
        """Merge `head_commit` and return the new base commit; an earlier merge of it is not an error.

        Gitea cannot check `base_commit`: protect the branch with a required check for that.
        Raises RaceLost if the branch has moved, and Blocked if Gitea's own rules forbid the merge.
        """
        del base_commit
        fields = {"Do": method, "head_commit_id": head_commit}

        def merge() -> str:
            require_open(_read(self._pull(number)))
            self._http.ask("POST", f"pulls/{number}/merge", fields)
            # The answer is empty. The branch may be gone or moved by now, so only the state counts.
            return self._new_commit(self._pull(number))

        return self._ask(self._about_pull(number), merge, lambda: self._merged(number, head_commit))

    def approvals(self, number: int, commit: str) -> tuple[str, ...]:
        """Who approves exactly `commit`: people whose reviews are official, by the last verdict of each."""

        def read() -> tuple[str, ...]:
            # Oldest first. A comment or a review that is not submitted yet changes no verdict.
            reviews = list(self._http.pages(f"pulls/{number}/reviews"))
            last = {text(one["user"]["login"]): one for one in reviews if one["state"] in _VERDICTS and one["user"]}
            return tuple(
                sorted(
                    name
                    for name, one in last.items()
                    if one["official"]
                    and not one["dismissed"]
                    and one["state"] == "APPROVED"
                    and one["commit_id"] == commit
                )
            )

        return self._ask(self._about_pull(number), read)

    def statuses(self, commit: str) -> Mapping[str, Status]:
        """The newest status of each name."""

        def read() -> Mapping[str, Status]:
            found = self._http.pages(f"commits/{commit}/status", key="statuses")
            return {text(one["context"]): _STATUSES.get(text(one["status"]), "failure") for one in found}

        return self._ask(f"statuses of {commit[:12]} in {self.repository}", read)

    def enable_auto_merge(self, number: int, method: Method) -> None:
        """Have Gitea merge once its requirements are met; a merge that is scheduled already keeps its method."""

        def enable() -> bool:
            pull = _read(self._pull(number))
            if pull.state == "merged":
                return True
            require_open(pull)
            branch, _ = self._http.ask("GET", f"branches/{quote(pull.base)}")
            if not (branch["enable_status_check"] or branch["required_approvals"]):
                # Gitea would merge at once.
                raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, NOTHING_TO_WAIT_FOR)
            fields = {"Do": method, "head_commit_id": pull.head_commit, "merge_when_checks_succeed": True}
            try:
                self._http.ask("POST", f"pulls/{number}/merge", fields)
            except Refused as refused:
                if SCHEDULED not in refused.message:
                    raise
            return True

        self._ask(self._about_pull(number), enable)

    def _listed(self, base: str, head: str) -> list[PullRequest]:
        del head  # Gitea has no such filter
        query = {"state": "open", "base_branch": base}
        return self._registered(lambda: [_read(pull) for pull in self._http.pages("pulls", query)])

    def _new_commit(self, data: Any) -> str:
        if not data["merged"]:
            raise ValueError("a merge that merged nothing")
        return text(data["merge_commit_sha"])

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


def _read(data: Any) -> PullRequest:
    number = data["number"]
    if not isinstance(number, int):
        raise TypeError("a number is missing")
    state: State = "merged" if data["merged"] else "open" if data["state"] == "open" else "closed"
    return PullRequest(
        number=number,
        url=text(data["html_url"]),
        title=text(data["title"]),
        body=data["body"] or "",
        head=_head(data["head"], data["base"]),
        base=text(data["base"]["ref"]),
        head_commit=text(data["head"]["sha"]),
        state=state,
    )


def _head(head: Any, base: Any) -> str:
    # A fork's branch may have the name of ours; a colon, which no branch name has, distinguishes the two.
    # The repository is missing once the fork has been deleted.
    if head["repo_id"] == base["repo_id"]:
        return text(head["ref"])
    owner = head["repo"]["owner"]["login"] if head["repo"] else "unknown"
    return f"{text(owner)}:{text(head['ref'])}"
