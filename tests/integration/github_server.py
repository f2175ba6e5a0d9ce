"""A GitHub small enough for a test: it keeps pull requests, checks every request and fails on demand."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

Json = dict[str, Any]
Answer = tuple[int, Any, dict[str, str]]

MUTATION = re.compile(
    r"mutation Mutation\(\$input: EnablePullRequestAutoMergeInput!\) "
    r"\{ enablePullRequestAutoMerge\(input: \$input\) \{ .* \} \}"
)


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    body: Any


@dataclass
class Fault:
    """What one later request gets instead of a proper answer; with `works`, after its work is done."""

    method: str
    suffix: str
    status: int = 0
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)
    works: bool = False


def commit(name: str) -> str:
    return hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()


class GitHubServer:
    """One repository on 127.0.0.1. Whatever a client may not send ends up in `violations`."""

    def __init__(self, repository: str, token: str) -> None:
        self.repository = repository
        self.owner = repository.partition("/")[0]
        self.token = token
        self.branches: dict[str, str] = {}
        self.pulls: dict[int, Json] = {}
        self.reviews: dict[int, list[Json]] = {}
        self.statuses: dict[str, list[Json]] = {}
        self.check_runs: dict[str, list[Json]] = {}
        self.violations: list[str] = []
        self.seen: list[Seen] = []
        self.page_size = 100
        self.not_mergeable = ""
        self.auto_merge_error: Json | None = None
        self._faults: list[Fault] = []
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.github = self
        self.api = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> GitHubServer:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def fail(
        self,
        request: str,
        status: int,
        body: Any = "<html>Unicorn!</html>",
        *,
        headers: dict[str, str] | None = None,
        works: bool = False,
        times: int = 1,
    ) -> None:
        """The next requests like `request` ("POST /pulls") get this answer."""
        method, suffix = request.split()
        self._faults += [Fault(method, suffix, status, body, headers or {}, works) for _ in range(times)]

    def hang(self, request: str, *, works: bool = False) -> None:
        """The next request like `request` gets no answer before the client gives up."""
        method, suffix = request.split()
        self._faults.append(Fault(method, suffix, works=works))

    def add_pull(self, head: str, base: str = "main", *, fork: str = "", **changes: Any) -> Json:
        """A pull request as GitHub shows it; `fork` is the account that its branch lives in."""
        number = len(self.pulls) + 1
        owner = fork or self.owner
        name = self.repository.partition("/")[2]
        pull: Json = {
            "url": f"{self.api}/repos/{self.repository}/pulls/{number}",
            "html_url": f"https://github.example/{self.repository}/pull/{number}",
            "id": 1000 + number,
            "node_id": f"PR_{number}",
            "number": number,
            "state": "open",
            "title": "a change",
            "body": None,
            "merged_at": None,
            "auto_merge": None,
            "merge_commit_sha": commit(f"test merge {number}"),
            "head": {
                "label": f"{owner}:{head}",
                "ref": head,
                "sha": self.branches.get(head, commit(head)),
                "repo": {"id": 8 if fork else 7, "full_name": f"{owner}/{name}"},
            },
            "base": {
                "label": f"{self.owner}:{base}",
                "ref": base,
                "sha": commit(base),
                "repo": {"id": 7, "full_name": self.repository},
            },
        }
        self.pulls[number] = pull | changes
        return self.pulls[number]

    def review(self, number: int, who: str, state: str = "APPROVED", **changes: Any) -> None:
        """Somebody reviews the present head of a pull request."""
        made: Json = {
            "id": 1 + sum(map(len, self.reviews.values())),
            "user": {"login": who, "id": 1, "type": "User"},
            "state": state,
            "commit_id": self.pulls[number]["head"]["sha"],
            "author_association": "MEMBER",
            "body": "",
        }
        self.reviews.setdefault(number, []).append(made | changes)

    def set_status(self, sha: str, context: str, state: str) -> None:
        """An outer program reports on a commit; what it said before is still there."""
        self.statuses.setdefault(sha, []).insert(0, {"context": context, "state": state})

    def run_check(self, sha: str, name: str, conclusion: str | None) -> None:
        """A check run of a commit; without a conclusion, it still runs."""
        status = "completed" if conclusion else "in_progress"
        made = {"name": name, "status": status, "conclusion": conclusion}
        self.check_runs.setdefault(sha, []).append(made)

    def sent(self, method: str, suffix: str = "") -> list[Seen]:
        """The requests so far with this method whose path ends like this."""
        return [one for one in self.seen if one.method == method and _path(one.path).endswith(suffix)]

    def answer(self, handler: BaseHTTPRequestHandler, body: Any) -> Answer | None:
        """Check one request and do its work; None stands for silence."""
        with self._lock:
            self.seen.append(Seen(handler.command, handler.path, body))
            self._check(handler, body)
            fault = self._fault(handler.command, handler.path)
            if fault is None or fault.works:
                answer = self._route(handler, body)
        if fault is None:
            return answer
        if fault.status:
            return fault.status, fault.body, fault.headers
        self._expect(self._closing.wait(10), "a client gives up in time")
        return None

    def _fault(self, method: str, path: str) -> Fault | None:
        for fault in self._faults:
            if fault.method == method and _path(path).endswith(fault.suffix):
                self._faults.remove(fault)
                return fault
        return None

    def _check(self, handler: BaseHTTPRequestHandler, body: Any) -> None:
        headers = handler.headers
        self._expect(re.fullmatch(r"(token|Bearer) \S+", headers.get("Authorization", "")), "a token authorizes")
        self._expect(
            re.search(r"\*/\*|application/(vnd\.github(\.v3)?\+)?json", headers.get("Accept", "")),
            "JSON is accepted",
        )
        self._expect(headers.get("User-Agent") == "promote", "the user agent is named")
        if handler.command in ("POST", "PATCH", "PUT"):
            self._expect(headers.get("Content-Type") == "application/json", "a body is declared as JSON")
            self._expect(isinstance(body, dict), "a body is a JSON object")
        else:
            self._expect(body is None, "a GET has no body")
        self._expect(self.token not in handler.path, "the token is in no address")

    def _expect(self, holds: object, rule: str) -> None:
        if not holds:
            self.violations.append(f"{rule}: {self.seen[-1].method} {self.seen[-1].path}")

    def _route(self, handler: BaseHTTPRequestHandler, body: Any) -> Answer:
        if handler.headers.get("Authorization", "").partition(" ")[2] != self.token:
            return _refuse(401, "Bad credentials")
        # A renamed repository is reached by its number.
        path = urlsplit(handler.path).path.replace("/repositories/7/", f"/repos/{self.repository}/")
        routes: list[tuple[str, str, Callable[..., Answer]]] = [
            ("GET", r"/repos/([^/]+/[^/]+)/pulls", self._list),
            ("POST", r"/repos/([^/]+/[^/]+)/pulls", self._create),
            ("GET", r"/repos/([^/]+/[^/]+)/pulls/(\d+)", self._get),
            ("PATCH", r"/repos/([^/]+/[^/]+)/pulls/(\d+)", self._update),
            ("PUT", r"/repos/([^/]+/[^/]+)/pulls/(\d+)/merge", self._merge),
            ("GET", r"/repos/([^/]+/[^/]+)/pulls/(\d+)/reviews", self._reviews),
            ("GET", r"/repos/([^/]+/[^/]+)/statuses/([0-9a-f]{40})", self._statuses),
            ("GET", r"/repos/([^/]+/[^/]+)/commits/([0-9a-f]{40})/check-runs", self._check_runs),
            ("POST", r"/graphql", self._graphql),
        ]
        for method, pattern, action in routes:
            match = re.fullmatch(pattern, path)
            if match and method == handler.command:
                repository, *keys = match.groups() or (self.repository,)
                subjects = [key if len(key) == 40 else self.pulls.get(int(key)) for key in keys]
                if repository != self.repository or None in subjects:
                    return _refuse(404, "Not Found")
                query = parse_qs(urlsplit(handler.path).query)
                return action(*subjects, body or {name: values[-1] for name, values in query.items()})
        self._expect(False, "the route is known")
        return _refuse(404, "Not Found")

    def _list(self, wanted: Json) -> Answer:
        self._expect(set(wanted) <= {"state", "head", "base", "page", "per_page"}, "filters are known")
        found = [
            pull
            for pull in self.pulls.values()
            if wanted.get("state", "open") in (pull["state"], "all")
            and wanted.get("base", pull["base"]["ref"]) == pull["base"]["ref"]
            # GitHub ignores a head without an owner.
            and (":" not in wanted.get("head", "") or wanted["head"] == pull["head"]["label"])
        ]
        # The newest first, as GitHub sorts them.
        part, headers = self._page(found[::-1], "pulls", wanted)
        return 200, part, headers

    def _page(self, found: list[Json], path: str, wanted: Json) -> tuple[list[Json], dict[str, str]]:
        """One page of a list, and the header that leads to the next."""
        size = min(int(wanted.get("per_page", "30")), self.page_size)
        page = int(wanted.get("page", "1"))
        more = urlencode(wanted | {"page": str(page + 1)})
        link = f'<{self.api}/repos/{self.repository}/{path}?{more}>; rel="next"'
        return found[(page - 1) * size : page * size], {"Link": link} if len(found) > page * size else {}

    def _reviews(self, pull: Json, wanted: Json) -> Answer:
        number = pull["number"]
        return 200, *self._page(self.reviews.get(number, []), f"pulls/{number}/reviews", wanted)

    def _statuses(self, sha: str, wanted: Json) -> Answer:
        return 200, *self._page(self.statuses.get(sha, []), f"statuses/{sha}", wanted)

    def _check_runs(self, sha: str, wanted: Json) -> Answer:
        self._expect(wanted.get("filter") == "latest", "only the latest runs count")
        found = self.check_runs.get(sha, [])
        part, headers = self._page(found, f"commits/{sha}/check-runs", wanted)
        return 200, {"total_count": len(found), "check_runs": part}, headers

    def _create(self, body: Json) -> Answer:
        self._expect(set(body) == {"title", "body", "head", "base"}, "a new pull request has four fields")
        self._check_texts(body)
        head, base = body["head"], body["base"]
        if head not in self.branches:
            return _invalid({"resource": "PullRequest", "field": "head", "code": "invalid"})
        if self.branches[head] == self.branches.get(base):
            return _invalid({"code": "custom", "message": f"No commits between {base} and {head}"})
        twins = [pull for pull in self.pulls.values() if pull["state"] == "open"]
        if any((pull["head"]["label"], pull["base"]["ref"]) == (f"{self.owner}:{head}", base) for pull in twins):
            message = f"A pull request already exists for {self.owner}:{head}."
            return _invalid({"resource": "PullRequest", "code": "custom", "message": message})
        return 201, self.add_pull(head, base, title=body["title"], body=body["body"]), {}

    def _get(self, pull: Json, _: Json) -> Answer:
        return 200, pull | {"merged": pull["merged_at"] is not None}, {}

    def _update(self, pull: Json, body: Json) -> Answer:
        self._expect(set(body) == {"title", "body"}, "an update has two fields")
        self._check_texts(body)
        pull.update(body)
        return self._get(pull, body)

    def _check_texts(self, body: Json) -> None:
        self._expect(body.get("title"), "a title is not empty")
        self._expect(len(body.get("body", "")) <= 65_536, "a body has at most 65,536 characters")

    def _merge(self, pull: Json, body: Json) -> Answer:
        self._expect(set(body) == {"sha", "merge_method"}, "a merge names commit and method")
        self._expect(body.get("merge_method") in ("merge", "squash", "rebase"), "the method is known")
        if pull["state"] != "open":
            return _refuse(405, "Pull Request is not mergeable")
        if body["sha"] != pull["head"]["sha"]:
            return _refuse(409, "Head branch was modified. Review and try the merge again.")
        if self.not_mergeable:
            return _refuse(405, self.not_mergeable)
        merged = commit(f"{body['merge_method']} of {pull['number']}")
        pull.update(state="closed", merged_at="2024-05-06T07:08:09Z", merge_commit_sha=merged)
        return 200, {"sha": merged, "merged": True, "message": "Pull Request successfully merged"}, {}

    def _graphql(self, body: Json) -> Answer:
        self._expect(set(body) == {"query", "variables"}, "GraphQL has a query and variables")
        self._expect(MUTATION.fullmatch(body.get("query", "")), "the only mutation enables auto-merge")
        wanted = body["variables"]["input"]
        self._expect(
            set(wanted) == {"pullRequestId", "mergeMethod", "expectedHeadOid"},
            "auto-merge names three things",
        )
        if self.auto_merge_error:
            return 200, {"data": {"enablePullRequestAutoMerge": None}, "errors": [self.auto_merge_error]}, {}
        pull = next(pull for pull in self.pulls.values() if pull["node_id"] == wanted["pullRequestId"])
        self._expect(wanted["expectedHeadOid"] == pull["head"]["sha"], "auto-merge expects the head")
        pull["auto_merge"] = {"merge_method": wanted["mergeMethod"].lower()}
        return 200, {"data": {"enablePullRequestAutoMerge": {"clientMutationId": None}}}, {}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    github: GitHubServer

    def handle_error(self, *_: object) -> None:
        """A client that gave up waiting is expected; anything else is a request nobody foresaw."""
        if not isinstance(sys.exception(), ConnectionError):
            self.github.violations.append(repr(sys.exception()))


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _handle(self) -> None:
        size = int(self.headers.get("Content-Length", "0"))
        body = json.loads(self.rfile.read(size)) if size else None
        answer = self.server.github.answer(self, body)
        if answer is None:
            self.close_connection = True
            return
        status, content, headers = answer
        data = (content if isinstance(content, str) else json.dumps(content)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = _handle  # noqa: N815 http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 http.server's name
        """The tests read `seen` instead."""


def _path(path: str) -> str:
    return urlsplit(path).path


def _refuse(status: int, message: str) -> Answer:
    return status, {"message": message, "documentation_url": "https://docs.github.com/rest"}, {}


def _invalid(error: Json) -> Answer:
    return 422, {"message": "Validation Failed", "errors": [error]}, {}
