"""GitHub through PyGithub: a retry after a time-out never opens a second pull request."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

from github import Auth, Github
from github.PullRequest import PullRequest as Answer
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester

from promote.forge.address import Token
from promote.forge.attempts import TIMEOUT, Attempts, fit
from promote.forge.github_address import locate
from promote.forge.github_errors import TROUBLE, explain
from promote.forge.protocol import Method, PullRequest, State, Status
from promote.system import http

T = TypeVar("T")

# Anybody may review a pull request of a public repository. https://docs.github.com/en/graphql/reference/enums
_TRUSTED = ("OWNER", "MEMBER", "COLLABORATOR")
_VERDICTS = ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")
# The values of `state` of a commit status, and of `conclusion` of a check run; all others are failures.
_STATUSES: Mapping[str | None, Status] = {
    "success": "success",
    "neutral": "success",
    "skipped": "success",
    "pending": "pending",
    None: "pending",
}
_FROM_BEST_TO_WORST: tuple[Status, ...] = ("success", "pending", "failure")


# One for all connections, which so stay open between two requests.
_session = http.session()


class _Http(HTTPRequestsConnectionClass):
    """PyGithub's connection, with limits on what it reads."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.session = _session

    def close(self) -> None:
        """Nothing: the session stays."""


class _Https(HTTPSRequestsConnectionClass):
    """The same with TLS."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.session = _session

    def close(self) -> None:
        """Nothing: the session stays."""


class GitHub:
    """The Forge protocol over GitHub's API. No text that this class returns or raises has the token."""

    name = "github"
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
        # PyGithub prints its log messages from INFO on; at DEBUG they have every request and response body.
        logging.getLogger("github").setLevel(logging.WARNING)
        self.repository = repository
        self.api = api
        self._host = urlsplit(api).netloc
        self._token = token
        self._attempts = Attempts(TROUBLE, self._host, sleep)
        Requester.injectConnectionClasses(_Http, _Https)
        client = Github(
            base_url=api,
            auth=Auth.Token(token.value),
            timeout=timeout,
            user_agent="promote",
            per_page=100,
            # Its own retries repeat any POST after a 5xx, and wait as long as the server asks for: see _ask.
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            # Addresses are built from `api` instead of being requested from GitHub first.
            lazy=True,
        )
        self._repo = client.get_repo(repository)

    def __repr__(self) -> str:
        return f"GitHub({self.repository!r}, {self.api!r})"

    @classmethod
    def from_remote(
        cls,
        remote_url: str,
        environ: Mapping[str, str],
        *,
        timeout: int = TIMEOUT,
        sleep: Callable[[float], None] = time.sleep,
    ) -> GitHub:
        """The repository that a Git remote points at, with the address and the token that `environ` gives.

        Raises UsageError if the remote is not a GitHub repository, or if no token is set.
        """
        repository, api, token = locate(remote_url, environ)
        return cls(repository, api, token, timeout=timeout, sleep=sleep)

    def find_open(self, head: str, base: str) -> PullRequest | None:
        """The open pull request from our own branch `head` (never a fork's) into `base`, if there is one."""
        return self._ask(self._about_repository, lambda: self._find(head, base))

    def list_open(self, base: str) -> tuple[PullRequest, ...]:
        """Every open pull request into `base`, by number; the head of a fork's reads `owner:branch`."""
        return self._ask(
            self._about_repository, lambda: tuple(sorted(self._open(base), key=lambda pull: pull.number))
        )

    def get(self, number: int) -> PullRequest:
        """One pull request; raises UsageError when there is none with this number."""
        return self._ask(self._about_pull(number), lambda: _read(self._repo.get_pull(number).complete()))

    def open(self, head: str, base: str, title: str, body: str) -> PullRequest:
        """Open a pull request, or return the open one of this branch; never a second one."""
        return self._ask(
            self._about_repository,
            lambda: _read(self._repo.create_pull(base, head, title=title, body=fit(body, "GitHub"))),
            lambda: self._find(head, base),
        )

    def update(self, number: int, title: str, body: str) -> PullRequest:
        """Replace title and body."""

        def edit() -> PullRequest:
            pull = self._repo.get_pull(number)
            pull.edit(title=title, body=fit(body, "GitHub"))
            return _read(pull)

        return self._ask(self._about_pull(number), edit)

    def merge(self, number: int, head_commit: str, base_commit: str, method: Method) -> str:
        """Merge `head_commit` and return the new base commit; an earlier merge of it is not an error.

        GitHub cannot check `base_commit`: protect the branch with a required check for that.
        Raises RaceLost if the branch has moved, and Blocked if GitHub's own rules forbid the merge.
        """
        del base_commit

        def merge() -> str:
            answer = self._repo.get_pull(number).merge(merge_method=method, sha=head_commit)
            if not answer.merged:
                raise ValueError(answer.message)
            return answer.sha

        return self._ask(self._about_pull(number), merge, lambda: self._merged(number, head_commit))

    def approvals(self, number: int, commit: str) -> tuple[str, ...]:
        """Who approves exactly `commit`: owners, members and collaborators, by the last verdict of each."""

        def read() -> tuple[str, ...]:
            # Oldest first. A comment or a review that is not submitted yet changes no verdict.
            reviews = self._repo.get_pull(number).get_reviews()
            last = {
                review.user.login: review for review in reviews if _given(review.state) in _VERDICTS and review.user
            }
            return tuple(
                sorted(
                    name
                    for name, review in last.items()
                    if review.state == "APPROVED"
                    and review.commit_id == commit
                    and review.author_association in _TRUSTED
                )
            )

        return self._ask(self._about_pull(number), read)

    def statuses(self, commit: str) -> Mapping[str, Status]:
        """Commit statuses and check runs by name; of two with the same name, the worse one."""

        def read() -> Mapping[str, Status]:
            found: dict[str, Status] = {}
            place = self._repo.get_commit(commit)
            for status in place.get_statuses():  # newest first, older ones of the same name included
                found.setdefault(_given(status.context), _STATUSES.get(status.state, "failure"))
            for run in place.get_check_runs(filter="latest"):
                here = _STATUSES.get(run.conclusion, "failure")
                found[run.name] = max(found.get(run.name, here), here, key=_FROM_BEST_TO_WORST.index)
            return found

        what = f"checks of {commit[:12]} in {self.repository}, which need 'checks: read' and 'statuses: read'"
        return self._ask(what, read)

    def enable_auto_merge(self, number: int, method: Method) -> None:
        """Have GitHub merge the commit that is the head now, once its requirements are met."""

        def enable() -> bool:
            pull = self._repo.get_pull(number).complete()
            if not pull.merged and (pull.auto_merge or {}).get("merge_method") != method:
                pull.enable_automerge(method.upper(), expected_head_oid=pull.head.sha)
            return True

        self._ask(self._about_pull(number), enable)

    @property
    def _about_repository(self) -> str:
        return f"repository {self.repository}"

    def _about_pull(self, number: int) -> str:
        return f"pull request #{number} in {self.repository}"

    def _open(self, base: str, **filters: str) -> Iterator[PullRequest]:
        # Also filtered here: PyGithub drops the query when it follows the redirect of a renamed repository.
        pulls = map(_read, self._repo.get_pulls(state="open", base=base, **filters))
        return (pull for pull in pulls if pull.state == "open" and pull.base == base)

    def _find(self, head: str, base: str) -> PullRequest | None:
        owner = self.repository.partition("/")[0]
        return next((pull for pull in self._open(base, head=f"{owner}:{head}") if pull.head == head), None)

    def _merged(self, number: int, head_commit: str) -> str | None:
        pull = self._repo.get_pull(number).complete()
        return pull.merge_commit_sha if pull.merged and pull.head.sha == head_commit else None

    def _ask(self, what: str, call: Callable[[], T], settled: Callable[[], T | None] = lambda: None) -> T:
        return self._attempts.make(call, lambda error: explain(what, error, self._host, self._token), settled)


def _read(pull: Answer) -> PullRequest:
    state: State = "open" if pull.state == "open" else "merged" if pull.merged_at else "closed"
    return PullRequest(
        number=pull.number,
        url=pull.html_url,
        title=pull.title,
        body=pull.body or "",
        head=_head(pull),
        base=pull.base.ref,
        head_commit=pull.head.sha,
        state=state,
    )


def _given(text: str | None) -> str:
    """What GitHub always gives; raises ValueError where an answer is not GitHub's."""
    if not text:
        raise ValueError("a field is missing")
    return text


def _head(pull: Answer) -> str:
    # A fork's branch may have the name of ours; a colon, which no branch name has, distinguishes the two.
    # The repository is missing once the fork has been deleted.
    if getattr(pull.head.repo, "id", None) == pull.base.repo.id:
        return pull.head.ref
    owner = (pull.head.label or "unknown").partition(":")[0]
    return f"{owner}:{pull.head.ref}"
