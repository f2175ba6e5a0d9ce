"""GitLab through its HTTP API: a retry after a time-out never opens a second merge request."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from promote.forge import gitlab_answers as answers
from promote.forge.attempts import fit
from promote.forge.gitlab_address import locate
from promote.forge.gitlab_errors import (
    FAILURES,
    HOPELESS,
    LAGS,
    MAY_NOT_MERGE,
    METHOD,
    MOVED,
    NOTHING_TO_WAIT_FOR,
    STILL_CHECKED,
    reason,
    status_of,
    unmergeable,
)
from promote.forge.json_api import Dialect, Refused
from promote.forge.json_forge import JsonForge, require_open, text
from promote.forge.protocol import Method, PullRequest, Status

# https://docs.gitlab.com/api/rest/#pagination
_DIALECT = Dialect("Bearer", "per_page", 100, lambda headers, _: headers.get("X-Next-Page") == "", reason)
_DEVELOPER = 30  # the lowest role that may push: https://docs.gitlab.com/api/members/#roles
_NOT_MERGEABLE = (HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_ACCEPTABLE, HTTPStatus.UNPROCESSABLE_ENTITY)


class GitLab(JsonForge):
    """The Forge protocol over GitLab's API; the head of a fork's merge request reads `author:branch`."""

    name = "gitlab"
    _dialect = _DIALECT
    _failures = FAILURES
    _pulls = "merge_requests"
    _locate = staticmethod(locate)

    @staticmethod
    def _path(repository: str) -> str:
        return f"projects/{quote(repository, safe='')}"

    def _read(self, data: Any) -> PullRequest:
        return answers.pull_request(data)

    def open(self, head: str, base: str, title: str, body: str) -> PullRequest:
        """Open a merge request, or return the open one of this branch; never a second one."""
        fields = {"source_branch": head, "target_branch": base, "title": title, "description": _description(body)}
        return self._ask(
            f"branch {head} in {self._about_repository}",
            lambda: self._read(self._http.ask("POST", "merge_requests", fields)[0]),
            lambda: self._find(head, base),
        )

    def update(self, number: int, title: str, body: str) -> PullRequest:
        """Replace title and body."""
        fields = {"title": title, "description": _description(body)}
        return self._ask(
            self._about_pull(number),
            lambda: self._read(self._http.ask("PUT", f"merge_requests/{number}", fields)[0]),
        )

    def merge(self, number: int, head_commit: str, base_commit: str, method: Method) -> str:
        """Merge `head_commit` and return the new base commit; an earlier merge of it is not an error.

        GitLab cannot check `base_commit`: let the project merge only what is rebased, or require a pipeline.
        Raises RaceLost if the branch has moved, and Blocked if GitLab's own rules forbid the merge.
        """
        del base_commit

        def merge() -> str:
            data = self._pull(number)
            pull = self._read(data)
            require_open(pull)
            self._insist_on_head(pull, head_commit)
            fields = {"sha": head_commit, **self._method(data, method)}
            return self._new_commit(self._accept(data, fields))

        return self._ask(self._about_pull(number), merge, lambda: self._merged(number, head_commit))

    def approvals(self, number: int, commit: str) -> tuple[str, ...]:
        """Who has approved since `commit` is the head: active members who may push, without the author.

        An approval names no commit, and GitLab may keep it after a push, so its time decides.
        """

        def read() -> tuple[str, ...]:
            author = (self._pull(number)["author"] or {}).get("id")
            # First the approvals: one that is given after a push in between is for another commit.
            answer, _ = self._http.ask("GET", f"merge_requests/{number}/approvals")
            start = answers.since(self._http.pages(f"merge_requests/{number}/versions"), commit)
            if start is None:
                return ()
            found = answers.approvers(answer, start)
            return tuple(sorted(name for who, name in found if who != author and self._may_push(who)))

        return self._ask(self._about_pull(number), read)

    def statuses(self, commit: str) -> Mapping[str, Status]:
        """The newest job or external status of each name, of all pipelines of a commit."""
        return self._ask(
            f"statuses of {commit[:12]} in {self.repository}",
            lambda: answers.statuses(self._http.pages(f"repository/commits/{commit}/statuses")),
        )

    def enable_auto_merge(self, number: int, method: Method) -> None:
        """Have GitLab merge the commit that is the head now, once its requirements are met."""

        def enable() -> bool:
            data = self._pull(number)
            pull = self._read(data)
            if pull.state == "merged" or data["merge_when_pipeline_succeeds"]:
                return True
            require_open(pull)
            self._insist_on_head(pull, self._tip(pull.head))
            fields = self._method(data, method)
            if status_of(data) in HOPELESS:
                raise unmergeable(data, Refused(HTTPStatus.METHOD_NOT_ALLOWED, ""))
            waits = answers.waits(data, pull.head_commit)
            if not waits:
                # GitLab would merge at once, or might.
                why = STILL_CHECKED if waits is None else NOTHING_TO_WAIT_FOR
                raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, why)
            # The second name counts for servers before version 17.11.
            both = {"auto_merge": True, "merge_when_pipeline_succeeds": True}
            self._accept(data, {"sha": pull.head_commit, **both, **fields})
            return True

        self._ask(self._about_pull(number), enable)

    def _listed(self, base: str, head: str) -> list[PullRequest]:
        query = {"state": "opened", "target_branch": base, **({"source_branch": head} if head else {})}
        return [self._read(one) for one in self._http.pages("merge_requests", query)]

    def _tip(self, name: str) -> str:
        """The commit of a branch; empty if there is none."""
        try:
            branch, _ = self._http.ask("GET", f"repository/branches/{quote(name, safe='')}")
        except Refused as refused:
            if refused.status != HTTPStatus.NOT_FOUND:
                raise
            return ""
        return text(branch["commit"]["id"])

    def _insist_on_head(self, pull: PullRequest, commit: str) -> None:
        """Raise Refused if `commit` is not the head: GitLab notices a push some seconds later."""
        if pull.head_commit != commit:
            lags = commit and self._tip(pull.head) == commit
            raise Refused(HTTPStatus.CONFLICT, LAGS if lags else MOVED)

    def _method(self, data: Any, method: Method) -> Mapping[str, Any]:
        """What to send for `method`; raises Refused if the project merges otherwise, or the user may not merge."""
        if not data["user"]["can_merge"]:
            raise Refused(HTTPStatus.FORBIDDEN, f"{MAY_NOT_MERGE} {data['target_branch']}")
        forwards, squashes = self._ways()
        problem = ""
        if method != "squash" and squashes == "always":
            problem = "always squashes"
        elif method == "squash" and squashes == "never":
            problem = "does not allow to squash"
        elif method == "merge" and forwards:
            problem = "makes no merge commits"
        elif method == "rebase" and not forwards:
            problem = "makes merge commits"
        if problem:
            raise Refused(0, f"{METHOD} {problem}, so the method cannot be {method}")
        return {"squash": True} if method == "squash" else {}

    def _ways(self) -> tuple[bool, Any]:
        """Whether the project fast-forwards instead of making merge commits, and when it squashes."""
        project, _ = self._http.ask("GET", "")
        return text(project["merge_method"]) == "ff", project.get("squash_option")

    def _accept(self, data: Any, fields: Mapping[str, Any]) -> Any:
        number = answers.number(data["iid"])
        if data["squash"] and "squash" not in fields:
            # What somebody chose there counts, unless a merge asks for a squash.
            self._http.ask("PUT", f"merge_requests/{number}", {"squash": False})
        try:
            return self._http.ask("PUT", f"merge_requests/{number}/merge", fields)[0]
        except Refused as refused:
            if refused.status not in _NOT_MERGEABLE or "moved projects" in refused.message:
                raise
            why = unmergeable(self._pull(number), refused)
        raise why

    def _new_commit(self, data: Any) -> str:
        """The commit that a merge made on the base branch; raises ValueError where nothing is merged.

        Only a project that fast-forwards makes no merge commit, and one that does makes it also after a squash.
        https://docs.gitlab.com/user/project/merge_requests/methods/
        """
        if data["state"] != "merged" or not (data["merge_commit_sha"] or self._ways()[0]):
            raise ValueError("a merge that merged nothing")
        return text(data["merge_commit_sha"] or data["squash_commit_sha"] or data["sha"])

    def _may_push(self, user: int) -> bool:
        try:
            member, _ = self._http.ask("GET", f"members/all/{user}")
        except Refused as refused:
            if refused.status != HTTPStatus.NOT_FOUND:
                raise
            return False
        return text(member["state"]) == "active" and answers.number(member["access_level"]) >= _DEVELOPER


def _description(body: str) -> str:
    return fit(answers.harmless(body), "GitLab")
