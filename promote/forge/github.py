"""GitHub and GitHub Enterprise through PyGithub: pull requests that survive time-outs without twins."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

from github import Auth, BadAttributeException, Github, GithubException, RateLimitExceededException
from github.GithubException import IncompletableObject
from github.PullRequest import PullRequest as Answer

from promote.errors import Blocked, NetworkError, PromoteError, RaceLost, UsageError
from promote.forge.base import Method, PullRequest, State
from promote.system.process import redact

MAX_BODY = 65_536
_CLOSE = "\n```\n\n</details>\n\n"
_CUT = "*Cut here: GitHub takes at most 65,536 characters. `promote plan` shows the rest.*"

_TIMEOUT = 20  # seconds, for each connection and each silence while reading
_PATIENCE = 60.0  # seconds that one call may wait between its tries, all together
_PAUSES = (1.0, 2.0, 4.0)
_LONGEST_REASON = 300

_REPOSITORY = re.compile(r"[a-z0-9][\w-]*/(?!\.{1,2}$)[\w.-]+", re.ASCII | re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9][a-z0-9.-]*(:\d+)?", re.IGNORECASE)
_API = re.compile(r"(https://[a-z0-9.-]+|http://(127\.0\.0\.1|localhost))(:\d+)?(/[\w./-]*)?", re.IGNORECASE)
_URL = re.compile(r"(https?|ssh|git\+ssh|git)://(?:[^/]*@)?([a-z0-9.-]+)(:\d+)?/(.+)", re.IGNORECASE)
_SCP = re.compile(r"(?:[^@:/\s]+@)?([a-z0-9.-]{2,}):(?!//)(.+)", re.IGNORECASE)

# Besides its own exceptions PyGithub lets requests' (all OSError) through, and whatever its code happens
# to stumble over when an answer is not what GitHub documents: assertions, failed look-ups, bad JSON.
_TROUBLE = (
    GithubException,
    BadAttributeException,
    OSError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)

# What GitHub refuses, matched against its status, GraphQL's error types and its reason; the first that fits.
_REFUSALS: tuple[tuple[str, type[PromoteError], str], ...] = (
    (r"401 ", UsageError, "the token in {variable} is wrong, revoked or out of date"),
    (r"403 |.*FORBIDDEN ", UsageError, "{variable} needs 'contents: write' and 'pull-requests: write' there"),
    (r"404 ", UsageError, "it does not exist, or the token in {variable} may not see it"),
    # Also a 405 at times: https://github.com/cli/cli/issues/8092
    (r"409 |.*branch was modified", RaceLost, "run the same command again"),
    (r"422 .*already exists", NetworkError, "GitHub does not show it yet, run the same command again"),
    (r".*auto.merge is not allowed", UsageError, "allow auto-merge in the repository's general settings"),
    # https://github.com/peter-evans/enable-pull-request-automerge/issues/343
    (
        r".*(clean|unstable) status|.*rules not configured",
        Blocked,
        "it waits for nothing on GitHub, so merge it, or require checks on its base branch",
    ),
    (r"405 |.*UNPROCESSABLE ", Blocked, "meet what GitHub asks for and try again"),
    (r"422 ", UsageError, "check that its branches are pushed and differ"),
    (r"", NetworkError, "run the same command again"),
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Token:
    """A credential and the environment variable that it came from, so that messages can name the latter."""

    variable: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Trouble:
    """One failed request: what to tell, whether to try again, and whether it may have worked after all."""

    error: PromoteError
    again: bool = False
    uncertain: bool = False
    wait: float = 0.0


class GitHub:
    """The Forge protocol over GitHub's API. The token is in no text that this class returns or raises."""

    name = "github"
    has_server = True

    def __init__(
        self,
        repository: str,
        api: str,
        token: Token,
        *,
        timeout: int = _TIMEOUT,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        # PyGithub prints what it logs from INFO on; at DEBUG that is every body, sent or received.
        logging.getLogger("github").setLevel(logging.WARNING)
        self.repository = repository
        self.api = api
        self._host = urlsplit(api).netloc
        self._token = token
        self._sleep = sleep
        client = Github(
            base_url=api,
            auth=Auth.Token(token.value),
            timeout=timeout,
            user_agent="promote",
            per_page=100,
            # Its own retries repeat any POST after a 5xx, and wait for as long as the server likes: see _ask.
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            # Addresses are built from ours instead of being read from the repository first.
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
        timeout: int = _TIMEOUT,
        sleep: Callable[[float], None] = time.sleep,
    ) -> GitHub:
        """The repository that a Git remote points at, with the address and the token that `environ` gives.

        Raises UsageError when the remote names no GitHub repository or no token is set.
        """
        host, repository = _parse(remote_url) or ("github.com", environ.get("GITHUB_REPOSITORY", ""))
        if not _REPOSITORY.fullmatch(repository):
            raise UsageError(
                f"the remote '{redact(remote_url)}' names no GitHub repository: point it at "
                "https://HOST/OWNER/REPOSITORY, or set GITHUB_REPOSITORY=OWNER/REPOSITORY"
            )
        api = _api(environ.get("GH_HOST") or host, environ)
        return cls(repository, api, _token(api, repository, environ), timeout=timeout, sleep=sleep)

    def find_open(self, head: str, base: str) -> PullRequest | None:
        """The open pull request from our own branch `head` (never a fork's) into `base`, if there is one."""
        return self._ask(self._whole, lambda: self._find(head, base))

    def list_open(self, base: str) -> tuple[PullRequest, ...]:
        """Every open pull request into `base`, by number; the head of a fork's reads `owner:branch`."""
        return self._ask(self._whole, lambda: tuple(sorted(self._open(base), key=lambda pull: pull.number)))

    def get(self, number: int) -> PullRequest:
        """One pull request; raises UsageError when there is none with this number."""
        return self._ask(self._one(number), lambda: _read(self._repo.get_pull(number).complete()))

    def open(self, head: str, base: str, title: str, body: str) -> PullRequest:
        """Open a pull request, or return the open one of this branch; never a second one."""
        return self._ask(
            self._whole,
            lambda: _read(self._repo.create_pull(base, head, title=title, body=_fit(body))),
            lambda: self._find(head, base),
        )

    def update(self, number: int, title: str, body: str) -> PullRequest:
        """Replace title and body."""

        def edit() -> PullRequest:
            pull = self._repo.get_pull(number)
            pull.edit(title=title, body=_fit(body))
            return _read(pull)

        return self._ask(self._one(number), edit)

    def merge(self, number: int, head_commit: str, base_commit: str, method: Method) -> str:
        """Merge `head_commit` and return the new base commit; a merge that has happened is not an error.

        GitHub offers no way to insist on `base_commit`: protect the branch with a required check for that.
        Raises RaceLost when the branch moved on and Blocked when GitHub's own rules stand against it.
        """

        del base_commit

        def merge() -> str:
            answer = self._repo.get_pull(number).merge(merge_method=method, sha=head_commit)
            if not answer.merged:
                raise ValueError(answer.message)
            return answer.sha

        return self._ask(self._one(number), merge, lambda: self._merged(number, head_commit))

    def enable_auto_merge(self, number: int, method: Method) -> None:
        """Have GitHub merge the commit that is the head now, once its requirements are met."""

        def enable() -> bool:
            pull = self._repo.get_pull(number).complete()
            if not pull.merged and (pull.auto_merge or {}).get("merge_method") != method:
                pull.enable_automerge(method.upper(), expected_head_oid=pull.head.sha)
            return True

        self._ask(self._one(number), enable)

    @property
    def _whole(self) -> str:
        return f"repository {self.repository}"

    def _one(self, number: int) -> str:
        return f"pull request #{number} in {self.repository}"

    def _open(self, base: str, **filters: str) -> Iterator[PullRequest]:
        # Filtered here too: when it follows a renamed repository's redirect, PyGithub drops the query.
        pulls = map(_read, self._repo.get_pulls(state="open", base=base, **filters))
        return (pull for pull in pulls if pull.state == "open" and pull.base == base)

    def _find(self, head: str, base: str) -> PullRequest | None:
        owner = self.repository.partition("/")[0]
        return next((pull for pull in self._open(base, head=f"{owner}:{head}") if pull.head == head), None)

    def _merged(self, number: int, head_commit: str) -> str | None:
        pull = self._repo.get_pull(number).complete()
        return pull.merge_commit_sha if pull.merged and pull.head.sha == head_commit else None

    def _ask(self, what: str, call: Callable[[], T], settled: Callable[[], T | None] = lambda: None) -> T:
        """Do `call`, again after passing trouble; where it may have worked unseen, ask `settled` first."""
        patience = _PATIENCE
        for pause in (*_PAUSES, None):
            try:
                return call()
            except _TROUBLE as error:
                trouble = self._explain(what, error)
            if trouble.uncertain and (done := _look(settled)) is not None:
                return done
            wait = max(trouble.wait, pause or 0.0)
            if not trouble.again or pause is None or wait > patience:
                break
            patience -= wait
            self._sleep(wait)
        # Outside `except`: the cause holds headers and bodies, and must not travel with our error.
        raise trouble.error

    def _explain(self, what: str, error: Exception) -> _Trouble:
        if isinstance(error, OSError):
            message = f"cannot reach {self._host} ({type(error).__name__}): run the same command again"
            return _Trouble(NetworkError(message), again=True, uncertain=True)
        if not isinstance(error, GithubException) or isinstance(error, IncompletableObject):
            message = (
                f"{self._host} did not answer as GitHub does: check that the remote's address is current "
                "and that no proxy interferes"
            )
            return _Trouble(NetworkError(message), uncertain=True)
        wait = _wait(error)
        if _is_rate_limit(error):
            message = f"{self._host} limits the rate of requests: run the same command again in {wait:.0f} s"
            return _Trouble(NetworkError(message), again=True, wait=wait)
        if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            message = f"{self._host} failed ({error.status}): run the same command again"
            return _Trouble(NetworkError(message), again=True, uncertain=True, wait=wait)
        return self._refusal(what, error)

    def _refusal(self, what: str, error: GithubException) -> _Trouble:
        types, reason = _reason(error)
        # The token first, then the cut: half a token is a secret too.
        reason = redact(reason.replace(self._token.value, "***"))[:_LONGEST_REASON]
        answer = f"{error.status} {types} {reason}"
        kind, advice = next(
            (kind, advice) for pattern, kind, advice in _REFUSALS if re.match(pattern, answer, re.IGNORECASE)
        )
        told = f"{what}: {reason} ({error.status}); {advice.format(variable=self._token.variable)}"
        # GitHub answers 405 also to merging what is merged already.
        exists = kind is NetworkError and "already exists" in reason
        return _Trouble(kind(told), again=exists, uncertain=exists or error.status == HTTPStatus.METHOD_NOT_ALLOWED)


def _look(settled: Callable[[], T | None]) -> T | None:
    try:
        return settled()
    except _TROUBLE:
        return None


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


def _head(pull: Answer) -> str:
    # A fork's branch may bear the name of ours; a colon, which no branch has, keeps the two apart.
    # The repository is missing once the fork has been deleted.
    if getattr(pull.head.repo, "id", None) == pull.base.repo.id:
        return pull.head.ref
    owner = (pull.head.label or "unknown").partition(":")[0]
    return f"{owner}:{pull.head.ref}"


def _fit(body: str) -> str:
    """The body as it is, or cut at a line so that it and a last line that says so are short enough."""
    if len(body) <= MAX_BODY:
        return body
    room = body[: MAX_BODY - len(_CLOSE) - len(_CUT)]
    kept = room.rpartition("\n")[0] or room
    fence = "\n```" if len(re.findall(r"^```", kept, re.MULTILINE)) % 2 else ""
    details = "\n\n</details>" * (kept.count("<details") > kept.count("</details"))
    return f"{kept}{fence}{details}\n\n{_CUT}"


def _headers(error: GithubException) -> Mapping[str, str]:
    return {name.lower(): value for name, value in (error.headers or {}).items()}


def _is_rate_limit(error: GithubException) -> bool:
    """Whether GitHub did nothing because of too many requests: REST says so in three ways, GraphQL in one."""
    return (
        isinstance(error, RateLimitExceededException)
        or error.status == HTTPStatus.TOO_MANY_REQUESTS
        or (error.status == HTTPStatus.FORBIDDEN and "retry-after" in _headers(error))
        or "RATE_LIMIT" in _reason(error)[0]
    )


def _wait(error: GithubException) -> float:
    """The seconds that GitHub asks to wait; where it asks without a number, the minute it documents."""
    headers = _headers(error)
    if (seconds := headers.get("retry-after", "")).isdecimal():
        return float(seconds)
    if not _is_rate_limit(error):
        return 0.0
    if headers.get("x-ratelimit-remaining") == "0" and headers.get("x-ratelimit-reset", "").isdecimal():
        return max(0.0, float(headers["x-ratelimit-reset"]) - time.time()) + 1
    return 60.0


def _reason(error: GithubException) -> tuple[str, str]:
    """GraphQL's error types, and what GitHub says in one line."""
    data: Any = error.data if isinstance(error.data, dict) else {}
    listed: Any = data.get("errors")
    errors = [one if isinstance(one, dict) else {"message": one} for one in listed or ()]
    types = " ".join(str(one["type"]) for one in errors if "type" in one)
    texts = [str(data.get("message") or "")]
    texts += [str(one.get("message") or f"{one.get('field')} {one.get('code')}") for one in errors]
    return types, " ".join(". ".join(filter(None, texts)).split()) or "refused without a reason"


def _parse(remote_url: str) -> tuple[str, str] | None:
    """The host (with an https port) and OWNER/REPOSITORY of a remote, or None when it names none."""
    if match := _URL.fullmatch(remote_url.strip()):
        scheme, host, port, path = match.groups()
        host += port if port and scheme.lower() == "https" else ""
    elif match := _SCP.fullmatch(remote_url.strip()):
        host, path = match.groups()
    else:
        return None
    repository = path.strip("/").removesuffix(".git")
    return (host.lower(), repository) if _REPOSITORY.fullmatch(repository) else None


def _api(host: str, environ: Mapping[str, str]) -> str:
    """The address of the API, without a slash at its end."""
    if api := environ.get("GITHUB_API_URL", "").rstrip("/"):
        if not _API.fullmatch(api):
            raise UsageError(
                "GITHUB_API_URL must be https://HOST/PATH without credentials (http only for this machine)"
            )
        return api
    if not _HOST.fullmatch(host):
        raise UsageError("GH_HOST must be a host name such as github.example.com")
    if host in ("github.com", "www.github.com", "ssh.github.com"):
        return "https://api.github.com"
    # https://docs.github.com/en/enterprise-cloud@latest/admin/data-residency
    return f"https://api.{host}" if host.endswith(".ghe.com") else f"https://{host}/api/v3"


def _token(api: str, repository: str, environ: Mapping[str, str]) -> Token:
    """The token that is meant for the API's host: one for github.com goes nowhere else unless asked to."""
    host = urlsplit(api).netloc
    variables = ["GH_TOKEN", "GITHUB_TOKEN"]
    if host != "api.github.com" and not host.endswith(".ghe.com"):
        # Naming the API is asking: GitHub's own runners do so on an Enterprise Server.
        others = variables if environ.get("GITHUB_API_URL") else []
        variables = ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN", *others]
    for variable in variables:
        if value := environ.get(variable, "").strip():
            # requests would print a value that does not fit into a header.
            if not re.fullmatch(r"[!-~]+", value):
                raise UsageError(f"{variable} holds spaces, line breaks or other characters no token has")
            return Token(variable, value)
    raise UsageError(
        f"no token for {host}: set {variables[0]} (or {variables[1]}) to one that may write contents and "
        f"pull requests of {repository}"
    )
