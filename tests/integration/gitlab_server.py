"""A GitLab small enough for a test: it keeps merge requests, checks every request and fails on demand."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from tests.integration.forge_server import Answer, ForgeServer, Json, commit

OURS, FORKS = 7, 8
BOT, START = 1, datetime(2026, 1, 31, 12, tzinfo=UTC)
ONE = r"/api/v4/projects/([^/]+)"
MERGE = {"sha", "squash", "auto_merge", "merge_when_pipeline_succeeds"}
ACTIVE = ("created", "pending", "running")


class GitLabServer(ForgeServer):
    """One project on 127.0.0.1. Whatever a client may not send ends up in `violations`."""

    URL, BODY, OPEN = "web_url", "description", "opened"

    def __init__(self, repository: str, token: str) -> None:
        super().__init__(repository, token)
        self.settings: Json = {"merge_method": "merge", "squash_option": "default_off"}
        self.members: dict[int, Json] = {}
        self.versions: dict[int, list[Json]] = {}
        self.gives_times = True  # whether approvals have the time
        self.names_next_page = True
        self.moved_from = ""
        self.minutes = 0

    def add_pull(self, head: str, base: str = "main", *, fork: str = "", **changes: Any) -> Json:
        """A merge request as GitLab shows it; `fork` is the account that its branch lives in."""
        number = len(self.pulls) + 1
        state = changes.pop("state", self.OPEN)
        merged = changes.pop("merged_at", None)
        pull: Json = {
            "id": 1000 + number,
            "iid": number,
            "project_id": OURS,
            "web_url": f"https://gitlab.example/{self.repository}/-/merge_requests/{number}",
            "state": "merged" if merged else state,
            "title": "a change",
            "description": None,
            "source_branch": head,
            "target_branch": base,
            "source_project_id": FORKS if fork else OURS,
            "target_project_id": OURS,
            "author": {"id": 99 if fork else BOT, "username": fork or "bot"},
            "sha": self.branches.get(head, commit(head)),
            "merge_commit_sha": None,
            "squash_commit_sha": None,
            "squash": False,
            "merge_when_pipeline_succeeds": False,
            "detailed_merge_status": "mergeable",
            "merge_status": "can_be_merged",
            "merge_error": None,
            "head_pipeline": None,
            "user": {"can_merge": True},
        }
        self.pulls[number] = pull | changes
        self.reviews[number] = []
        self.versions[number] = []
        self.notice(number)
        return self.pulls[number]

    def notice(self, number: int, head: str = "") -> None:
        """GitLab sees that a branch was pushed."""
        pull = self.pulls[number]
        pull["sha"] = head or pull["sha"]
        made = {"id": 5000 + 10 * number + len(self.versions[number]), "head_commit_sha": pull["sha"]}
        # The newest first.
        self.versions[number].insert(0, made | {"created_at": self.tick(), "state": "collected"})

    def tick(self) -> str:
        """The next time, as GitLab writes it."""
        self.minutes += 1
        return f"{START + timedelta(minutes=self.minutes):%Y-%m-%dT%H:%M:%S}.080Z"

    def approve(self, number: int, who: str, role: int = 40, **changes: Any) -> None:
        """Somebody approves. For GitLab it lasts until they revoke it, also after a push; `role` 0 is no member."""
        user = 100 + len(self.members)
        self.members[user] = {"id": user, "username": who, "state": "active", "access_level": role} | changes
        given: Json = {"user": {"id": user, "username": who}, "approved_at": self.tick()}
        self.reviews[number].append(given)

    def set_status(self, sha: str, name: str, status: str, **changes: Any) -> None:
        """A job or an outer program reports on a commit; those of other pipelines stay."""
        count = 1 + sum(map(len, self.statuses.values()))
        made = {"id": count, "sha": sha, "name": name, "status": status, "allow_failure": False}
        self.statuses.setdefault(sha, []).insert(0, made | changes)

    def allow(self, method: str) -> None:
        """Let the project merge in this way."""
        self.settings["merge_method"] = "ff" if method == "rebase" else "merge"

    def merged(self, number: int, method: str) -> str:
        """The commit of the base branch after a merge."""
        return str(self.pulls[number]["sha"]) if method == "rebase" else commit(f"{method} of {number}")

    def named(self, request: str) -> tuple[str, str]:
        """A request in GitHub's words as GitLab's."""
        method, suffix = request.split()
        return method.replace("PATCH", "PUT"), suffix.replace("/pulls", "/merge_requests")

    def _check(self, handler: BaseHTTPRequestHandler, body: Any) -> None:
        super()._check(handler, body)
        self._expect(handler.headers.get("Accept") == "application/json", "JSON is accepted")
        authorization = handler.headers.get("Authorization")
        # Whoever asks which forge it is asks about Gitea first.
        if urlsplit(handler.path).path in ("/api/v4/version", "/api/v1/version"):
            self._expect(authorization is None, "a question has no token")
        else:
            self._expect(re.fullmatch(r"Bearer \S+", authorization or ""), "a token authorizes")
            self._expect("/projects/" in handler.path, "everything is about the project")

    def _route(self, handler: BaseHTTPRequestHandler, body: Any) -> Answer:
        meta = {"X-Gitlab-Meta": '{"correlation_id":"01HY","version":"1"}'}
        address = urlsplit(handler.path)
        if handler.headers.get("Authorization") is None:
            return 401, {"message": "401 Unauthorized"}, meta
        if handler.headers["Authorization"] != f"Bearer {self.token}":
            problem = {"error": "invalid_token", "error_description": "Token was revoked. You have to re-authorize."}
            return 401, problem, meta
        if self.moved_from and f"/projects/{self.moved_from.replace('/', '%2F')}" in address.path:
            return self._moved(handler)
        status, content, headers = self._dispatch(handler.command, address, body)
        return status, content, meta | headers

    def _moved(self, handler: BaseHTTPRequestHandler) -> Answer:
        """As GitLab does: only what reads is led to the new address."""
        if handler.command != "GET":
            return _refuse(405, "Non GET methods are not allowed for moved projects")
        return 302, "", {"Location": handler.path.replace(self.moved_from.replace("/", "%2F"), str(OURS))}

    def _dispatch(self, command: str, address: SplitResult, body: Any) -> Answer:
        routes: list[tuple[str, str, Callable[..., Answer]]] = [
            ("GET", ONE, self._project),
            ("GET", rf"{ONE}/merge_requests", self._list),
            ("POST", rf"{ONE}/merge_requests", self._create),
            ("GET", rf"{ONE}/merge_requests/(\d+)", self._get),
            ("PUT", rf"{ONE}/merge_requests/(\d+)", self._update),
            ("PUT", rf"{ONE}/merge_requests/(\d+)/merge", self._merge),
            ("GET", rf"{ONE}/merge_requests/(\d+)/approvals", self._approvals),
            ("GET", rf"{ONE}/merge_requests/(\d+)/versions", self._versions),
            ("GET", rf"{ONE}/members/all/(\d+)", self._member),
            ("GET", rf"{ONE}/repository/branches/([^/]+)", self._branch),
            ("GET", rf"{ONE}/repository/commits/([0-9a-f]{{40}})/statuses", self._statuses),
        ]
        for method, pattern, action in routes:
            match = re.fullmatch(pattern, address.path)
            if match and method == command:
                project, *keys = match.groups()
                if project not in (self.repository.replace("/", "%2F"), str(OURS)):
                    return _refuse(404, "404 Project Not Found")
                subjects: list[Any] = [unquote(key) for key in keys]
                if "/merge_requests/" in pattern:
                    subjects = [self.pulls.get(int(key)) for key in keys]
                if None in subjects:
                    return _refuse(404, "404 Not found")
                query = {name: values[-1] for name, values in parse_qs(address.query).items()}
                return action(*subjects, body or query)
        self._expect(False, "the route is known")
        return _refuse(404, "404 Not Found")

    def _project(self, _: Json) -> Answer:
        return 200, {"id": OURS, "path_with_namespace": self.repository, **self.settings}, {}

    def _list(self, wanted: Json) -> Answer:
        known = {"state", "source_branch", "target_branch", "page", "per_page"}
        self._expect(set(wanted) <= known, "filters are known")
        self._expect(
            wanted.get("state") in (None, "opened", "closed", "locked", "merged", "all"), "the state is known"
        )
        found = [
            pull
            for pull in self.pulls.values()
            if wanted.get("state", "all") in (pull["state"], "all")
            and wanted.get("target_branch", pull["target_branch"]) == pull["target_branch"]
            and wanted.get("source_branch", pull["source_branch"]) == pull["source_branch"]
        ]
        # The newest first, as GitLab sorts them; a list does not say who may merge.
        return 200, *self._page([_without(pull, "user", "head_pipeline") for pull in found[::-1]], wanted)

    def _page(self, found: list[Json], wanted: Json) -> tuple[list[Json], dict[str, str]]:
        """One page of a list, and the headers that lead to the next."""
        self._expect(int(wanted["per_page"]) <= 100, "a page has at most 100 entries")
        size = min(int(wanted["per_page"]), self.page_size)
        page = int(wanted["page"])
        more = str(page + 1) if len(found) > page * size else ""
        headers = {"Link": f'<https://elsewhere.example/api/v4?page={page + 1}>; rel="next"'}
        return found[(page - 1) * size : page * size], headers | (
            {"X-Next-Page": more} if self.names_next_page else {}
        )

    def _create(self, body: Json) -> Answer:
        fields = {"source_branch", "target_branch", "title", "description"}
        self._expect(set(body) == fields, "a new merge request has four fields")
        self._check_texts({"title": body["title"], "body": body["description"]})
        head, base = body["source_branch"], body["target_branch"]
        if head == base:
            return _refuse(422, ["You can't use same project/branch for source and target"])
        for twin in self.pulls.values():
            same = (twin["source_branch"], twin["target_branch"], twin["source_project_id"]) == (head, base, OURS)
            if same and twin["state"] == "opened":
                problem = f"Another open merge request already exists for this source branch: !{twin['iid']}"
                return _refuse(409, [problem])
        return 201, self.add_pull(head, base, title=body["title"], description=self._stored(body["description"])), {}

    def _stored(self, description: str) -> str:
        """GitLab looks for quick actions first, without any \\r, and drops what ends a text."""
        text = description.replace("\r", "").rstrip()
        self._expect(not re.search(r"^\s*/[a-z]", text, re.MULTILINE | re.IGNORECASE), "nothing is an order")
        return text

    def _get(self, pull: Json, _: Json) -> Answer:
        return 200, pull, {}

    def _update(self, pull: Json, body: Json) -> Answer:
        self._expect(set(body) in ({"title", "description"}, {"squash"}), "an update has two fields, or no squash")
        if "title" in body:
            self._check_texts({"title": body["title"], "body": body["description"]})
            body = body | {"description": self._stored(body["description"])}
        pull.update(body)
        return 200, pull, {}

    def _approvals(self, pull: Json, _: Json) -> Answer:
        given = self.reviews[pull["iid"]]
        shown = given if self.gives_times else [_without(one, "approved_at") for one in given]
        return 200, {"approved": bool(given), "approved_by": shown}, {}

    def _versions(self, pull: Json, wanted: Json) -> Answer:
        return 200, *self._page(self.versions[pull["iid"]], wanted)

    def _member(self, user: str, _: Json) -> Answer:
        member = self.members.get(int(user))
        return (200, member, {}) if member and member["access_level"] else _refuse(404, "404 Not found")

    def _branch(self, name: str, _: Json) -> Answer:
        if name not in self.branches:
            return _refuse(404, "404 Branch Not Found")
        return 200, {"name": name, "commit": {"id": self.branches[name]}, "protected": name == "main"}, {}

    def _statuses(self, sha: str, wanted: Json) -> Answer:
        self._expect(set(wanted) <= {"page", "per_page"}, "filters are known")
        return 200, *self._page(self.statuses.get(sha, []), wanted)

    def _merge(self, pull: Json, body: Json) -> Answer:
        self._expect(set(body) <= MERGE and body.get("sha"), "a merge names the commit")
        self._expect(body.get("squash", True) is True, "nothing is said about a squash, or that it is wanted")
        later = body.get("auto_merge", False)
        self._expect(body.get("merge_when_pipeline_succeeds", False) == later, "old servers are asked, too")
        runs = (pull["head_pipeline"] or {}).get("status") in ACTIVE
        waits = later and (runs or pull["detailed_merge_status"] != "mergeable")
        if refusal := self._unmergeable(pull, body, waits):
            return refusal
        pull["squash"] = pull["squash"] or body.get("squash", False)
        if waits:
            pull["merge_when_pipeline_succeeds"] = True
            return 200, pull, {}
        self._expect(not later, "an automatic merge merges nothing at once")
        return self._merge_now(pull)

    def _unmergeable(self, pull: Json, body: Json, waits: bool) -> Answer | None:
        if not pull["user"]["can_merge"]:
            return _refuse(401, "401 Unauthorized")
        if self.not_mergeable:
            pull["merge_error"] = self.not_mergeable
            return _refuse(422, "Branch cannot be merged")
        if pull["state"] != "opened" or (pull["detailed_merge_status"] != "mergeable" and not waits):
            return _refuse(405, "405 Method Not Allowed")
        if body["sha"] != pull["sha"]:
            return _refuse(409, f"SHA does not match HEAD of source branch: {pull['sha']}")
        return None

    def _merge_now(self, pull: Json) -> Answer:
        number = pull["iid"]
        if self.settings["merge_method"] == "ff":
            pull["squash_commit_sha"] = commit(f"squash of {number}") if pull["squash"] else None
        else:
            pull["squash_commit_sha"] = commit(f"the one commit of {number}") if pull["squash"] else None
            pull["merge_commit_sha"] = commit(f"{'squash' if pull['squash'] else 'merge'} of {number}")
        pull.update(state="merged", detailed_merge_status="not_open")
        return 200, pull, {}


def _without(item: Json, *keys: str) -> Json:
    return {key: value for key, value in item.items() if key not in keys}


def _refuse(status: int, message: Any) -> Answer:
    return status, {"message": message}, {}
