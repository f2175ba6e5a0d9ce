"""A GitHub small enough for a test: it keeps pull requests, checks every request and fails on demand."""

from __future__ import annotations

import re
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.integration.forge_server import Answer, ForgeServer, Json, commit

MUTATION = re.compile(
    r"mutation Mutation\(\$input: EnablePullRequestAutoMergeInput!\) "
    r"\{ enablePullRequestAutoMerge\(input: \$input\) \{ .* \} \}"
)


class GitHubServer(ForgeServer):
    """One repository on 127.0.0.1. Whatever a client may not send ends up in `violations`."""

    def __init__(self, repository: str, token: str) -> None:
        super().__init__(repository, token)
        self.check_runs: dict[str, list[Json]] = {}
        self.auto_merge_error: Json | None = None

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

    def _check(self, handler: BaseHTTPRequestHandler, body: Any) -> None:
        super()._check(handler, body)
        headers = handler.headers
        self._expect(re.fullmatch(r"(token|Bearer) \S+", headers.get("Authorization", "")), "a token authorizes")
        self._expect(
            re.search(r"\*/\*|application/(vnd\.github(\.v3)?\+)?json", headers.get("Accept", "")),
            "JSON is accepted",
        )

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


def _refuse(status: int, message: str) -> Answer:
    return status, {"message": message, "documentation_url": "https://docs.github.com/rest"}, {}


def _invalid(error: Json) -> Answer:
    return 422, {"message": "Validation Failed", "errors": [error]}, {}
