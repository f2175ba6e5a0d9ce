"""A Gitea small enough for a test: it keeps pull requests, checks every request and fails on demand."""

from __future__ import annotations

import re
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

from tests.integration.forge_server import Answer, ForgeServer, Json, commit

OURS, FORKS = 7, 8
ONE = r"/api/v1/repos/([^/]+/[^/]+)"


class GiteaServer(ForgeServer):
    """One repository on 127.0.0.1. Whatever a client may not send ends up in `violations`."""

    def __init__(self, repository: str, token: str) -> None:
        super().__init__(repository, token)
        self.protection: Json = {"enable_status_check": False, "required_approvals": 0}
        self.scheduled: dict[int, str] = {}
        self.counts = True  # whether lists have the header with their length
        self.renamed_from = ""
        self.empty_for = 0  # how many questions are answered before the first push is registered

    def add_pull(self, head: str, base: str = "main", *, fork: str = "", **changes: Any) -> Json:
        """A pull request as Gitea shows it; `fork` is the account that its branch lives in."""
        number = len(self.pulls) + 1
        owner = fork or self.owner
        name = self.repository.partition("/")[2]
        pull: Json = {
            "id": 1000 + number,
            "url": f"https://gitea.example/{self.repository}/pulls/{number}",
            "html_url": f"https://gitea.example/{self.repository}/pulls/{number}",
            "number": number,
            "state": "open",
            "draft": False,
            "title": "a change",
            "body": "",
            "mergeable": True,
            "merged_at": None,
            "merge_commit_sha": None,
            "head": {
                "label": head,
                "ref": head,
                "sha": self.branches.get(head, commit(head)),
                "repo_id": FORKS if fork else OURS,
                "repo": {"full_name": f"{owner}/{name}", "owner": {"login": owner}},
            },
            "base": {"label": base, "ref": base, "sha": commit(base), "repo_id": OURS},
        }
        made = pull | changes
        self.pulls[number] = made | {"merged": made["merged_at"] is not None}
        return self.pulls[number]

    def review(self, number: int, who: str, state: str = "APPROVED", **changes: Any) -> None:
        """Somebody reviews the present head; a verdict dismisses the earlier ones of the same person."""
        reviews = self.reviews.setdefault(number, [])
        verdicts = ("APPROVED", "REQUEST_CHANGES")
        for earlier in reviews:
            if state in verdicts and earlier["user"]["login"] == who and earlier["state"] in verdicts:
                earlier["dismissed"] = True
        made: Json = {
            "id": 1 + sum(map(len, self.reviews.values())),
            "user": {"login": who},
            "team": None,
            "state": state,
            "commit_id": self.pulls[number]["head"]["sha"],
            "official": True,
            "stale": False,
            "dismissed": False,
        }
        reviews.append(made | changes)

    def set_status(self, sha: str, context: str, state: str) -> None:
        """An outer program reports on a commit; only the newest of each name is listed."""
        kept = [one for one in self.statuses.get(sha, []) if one["context"] != context]
        self.statuses[sha] = [*kept, {"context": context, "status": state}]

    def _check(self, handler: BaseHTTPRequestHandler, body: Any) -> None:
        super()._check(handler, body)
        self._expect(handler.headers.get("Accept") == "application/json", "JSON is accepted")
        authorization = handler.headers.get("Authorization")
        if urlsplit(handler.path).path.endswith(("/api/v1/version", "/api/v4/version")):
            self._expect(authorization is None, "a question has no token")
        else:
            self._expect(re.fullmatch(r"token \S+", authorization or ""), "a token authorizes")

    def _route(self, handler: BaseHTTPRequestHandler, body: Any) -> Answer:
        address = urlsplit(handler.path)
        if address.path == "/api/v1/version":
            return 200, {"version": "1.26.0"}, {}
        return self._refusal(handler) or self._dispatch(handler.command, address, body)

    def _refusal(self, handler: BaseHTTPRequestHandler) -> Answer | None:
        if handler.headers.get("Authorization") != f"token {self.token}":
            return _refuse(401, "user does not exist [uid: 0, name: ]")
        if self.renamed_from and f"/repos/{self.renamed_from}/" in handler.path:
            # As Gitea does: a path, whatever the method.
            return 301, "", {"Location": handler.path.replace(self.renamed_from, self.repository)}
        if self.empty_for and urlsplit(handler.path).path.endswith("/pulls"):
            return _refuse(404, "not found")
        return None

    def _dispatch(self, command: str, address: SplitResult, body: Any) -> Answer:
        routes: list[tuple[str, str, Callable[..., Answer]]] = [
            ("GET", ONE, self._repository),
            ("GET", rf"{ONE}/pulls", self._list),
            ("POST", rf"{ONE}/pulls", self._create),
            ("GET", rf"{ONE}/pulls/(\d+)", self._get),
            ("PATCH", rf"{ONE}/pulls/(\d+)", self._update),
            ("POST", rf"{ONE}/pulls/(\d+)/merge", self._merge),
            ("GET", rf"{ONE}/pulls/(\d+)/reviews", self._reviews),
            ("GET", rf"{ONE}/commits/([0-9a-f]{{40}})/status", self._statuses),
            ("GET", rf"{ONE}/branches/(main|release/1)", self._branch),
        ]
        for method, pattern, action in routes:
            match = re.fullmatch(pattern, address.path)
            if match and method == command:
                repository, *keys = match.groups()
                subjects = [self.pulls.get(int(key)) if key.isdecimal() else key for key in keys]
                if repository != self.repository or None in subjects:
                    return _refuse(404, "not found")
                query = {name: values[-1] for name, values in parse_qs(address.query).items()}
                return action(*subjects, body or query)
        self._expect(False, "the route is known")
        return _refuse(404, "not found")

    def _repository(self, _: Json) -> Answer:
        empty, self.empty_for = self.empty_for > 0, max(0, self.empty_for - 1)
        return 200, {"full_name": self.repository, "empty": empty}, {}

    def _list(self, wanted: Json) -> Answer:
        self._expect(set(wanted) <= {"state", "base_branch", "page", "limit"}, "filters are known")
        found = [
            pull
            for pull in self.pulls.values()
            if wanted.get("state", "open") in (pull["state"], "all")
            and wanted.get("base_branch", pull["base"]["ref"]) == pull["base"]["ref"]
        ]
        # The newest first, as Gitea sorts them.
        part, headers = self._page(found[::-1], wanted)
        return 200, part, headers

    def _page(self, found: list[Json], wanted: Json) -> tuple[list[Json], dict[str, str]]:
        """One page of a list, and the header with the length of the whole."""
        self._expect(int(wanted["limit"]) <= 50, "a page has at most 50 entries")
        size = min(int(wanted["limit"]), self.page_size)
        page = int(wanted["page"])
        headers = {"X-Total-Count": str(len(found))} if self.counts else {}
        # Made from ROOT_URL, which need not be the address that the client knows.
        headers["Link"] = f'<https://elsewhere.example/api/v1?page={page + 1}>; rel="next"'
        return found[(page - 1) * size : page * size], headers

    def _reviews(self, pull: Json, wanted: Json) -> Answer:
        return 200, *self._page(self.reviews.get(pull["number"], []), wanted)

    def _statuses(self, sha: str, wanted: Json) -> Answer:
        part, headers = self._page(self.statuses.get(sha, []), wanted)
        # Go writes an empty list as null.
        return 200, {"sha": sha, "state": "pending", "total_count": len(part), "statuses": part or None}, headers

    def _branch(self, name: str, _: Json) -> Answer:
        return 200, {"name": name, "protected": True, **self.protection}, {}

    def _create(self, body: Json) -> Answer:
        self._expect(set(body) == {"title", "body", "head", "base"}, "a new pull request has four fields")
        self._check_texts(body)
        head, base = body["head"], body["base"]
        if head not in self.branches:
            return _refuse(404, "not found")
        if self.branches[head] == self.branches.get(base):
            return _refuse(422, "Invalid PullRequest: There are no changes between the head and the base")
        twins = [pull for pull in self.pulls.values() if pull["state"] == "open" and pull["head"]["repo_id"] == OURS]
        if any((pull["head"]["ref"], pull["base"]["ref"]) == (head, base) for pull in twins):
            return _refuse(409, "pull request already exists for these targets [id: 1, issue_id: 1, head_repo_id: 7]")
        return 201, self.add_pull(head, base, title=body["title"], body=body["body"]), {}

    def _get(self, pull: Json, _: Json) -> Answer:
        return 200, pull, {}

    def _update(self, pull: Json, body: Json) -> Answer:
        self._expect(set(body) == {"title", "body"}, "an update has two fields")
        self._check_texts(body)
        pull.update(body)
        return 201, pull, {}

    def _merge(self, pull: Json, body: Json) -> Answer:
        later = body.get("merge_when_checks_succeed")
        fields = {"Do", "head_commit_id"} | ({"merge_when_checks_succeed"} if later else set())
        self._expect(set(body) == fields, "a merge names commit and method")
        self._expect(body.get("Do") in ("merge", "squash", "rebase"), "the method is known")
        if pull["merged"]:
            return _refuse(405, "The PR is already merged")
        if pull["state"] != "open":
            return _refuse(404, "not found")
        if self.not_mergeable:
            return _refuse(405, self.not_mergeable)
        return self._schedule(pull, body) if later else self._merge_now(pull, body)

    def _schedule(self, pull: Json, body: Json) -> Answer:
        if pull["number"] in self.scheduled:
            message = "pull request is already scheduled to auto merge when checks succeed [pull_id: 1]"
            return _refuse(409, message)
        self.scheduled[pull["number"]] = body["Do"]
        return 201, "", {}

    def _merge_now(self, pull: Json, body: Json) -> Answer:
        if body["head_commit_id"] != pull["head"]["sha"]:
            return _refuse(409, "head out of date")
        merged = commit(f"{body['Do']} of {pull['number']}")
        pull.update(state="closed", merged=True, merged_at="2024-05-06T07:08:09Z", merge_commit_sha=merged)
        return 200, "", {}


def _refuse(status: int, message: str) -> Answer:
    return status, {"message": message, "url": "https://gitea.example/api/swagger"}, {}
