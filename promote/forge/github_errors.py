"""What GitHub's failures mean: the message for the user, and whether to try again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from github import BadAttributeException, GithubException, RateLimitExceededException
from github.GithubException import IncompletableObject

from promote.errors import Blocked, NetworkError, PromoteError, RaceLost, UsageError
from promote.forge.address import Token
from promote.forge.attempts import LONGEST_REASON, Trouble, passing, refusal, retry_after, unanswered
from promote.system.process import redact

# PyGithub raises its own exceptions and those of requests (all OSError). When an answer is not what GitHub documents,
# its code fails in many ways: assertions, failed look-ups, invalid JSON.
TROUBLE = (
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
# GitHub's refusals: a pattern for its status, GraphQL's error types and its reason. The first match counts.
_REFUSALS: tuple[tuple[str, type[PromoteError], str], ...] = (
    (r"401 ", UsageError, "the token in {variable} is wrong, revoked or expired"),
    (
        r"403 |.*FORBIDDEN ",
        UsageError,
        "the token in {variable} needs the permissions 'contents: write' and 'pull-requests: write'",
    ),
    (r"404 ", UsageError, "it does not exist, or the token in {variable} may not read it"),
    # Also a 405 at times: https://github.com/cli/cli/issues/8092
    (r"409 |.*branch was modified", RaceLost, "run the same command again"),
    (r"422 .*already exists", NetworkError, "GitHub does not list it yet: run the same command again"),
    (r".*auto.merge is not allowed", UsageError, "allow auto-merge in the repository's general settings"),
    # https://github.com/peter-evans/enable-pull-request-automerge/issues/343
    (
        r".*(clean|unstable) status|.*rules not configured",
        Blocked,
        "auto-merge has nothing to wait for: merge it now, or require checks on its base branch",
    ),
    (r"405 |.*UNPROCESSABLE ", Blocked, "meet GitHub's requirements and try again"),
    (r"422 ", UsageError, "check that its branches are pushed and differ"),
    (r"", NetworkError, "run the same command again"),
)


def _headers(error: GithubException) -> Mapping[str, str]:
    return {name.lower(): value for name, value in (error.headers or {}).items()}


def _is_rate_limit(error: GithubException) -> bool:
    """Whether GitHub refused because of too many requests: REST reports this in three ways, GraphQL in one."""
    return (
        isinstance(error, RateLimitExceededException)
        or error.status == HTTPStatus.TOO_MANY_REQUESTS
        or (error.status == HTTPStatus.FORBIDDEN and "retry-after" in _headers(error))
        or "RATE_LIMIT" in _reason(error)[0]
    )


def _wait(error: GithubException) -> float:
    """The seconds that GitHub asks to wait; if it does not say, the minute that it documents."""
    headers = _headers(error)
    default = 60.0 if _is_rate_limit(error) else 0.0
    if default and headers.get("x-ratelimit-remaining") == "0" and headers.get("x-ratelimit-reset", "").isdecimal():
        default = max(0.0, float(headers["x-ratelimit-reset"]) - time.time()) + 1
    return retry_after(headers.get("retry-after", ""), default)


def _reason(error: GithubException) -> tuple[str, str]:
    """GraphQL's error types, and GitHub's reason in one line."""
    data: Any = error.data if isinstance(error.data, dict) else {}
    listed: Any = data.get("errors")
    errors = [one if isinstance(one, dict) else {"message": one} for one in listed or ()]
    types = " ".join(str(one["type"]) for one in errors if "type" in one)
    texts = [str(data.get("message") or "")]
    texts += [str(one.get("message") or f"{one.get('field')} {one.get('code')}") for one in errors]
    return types, " ".join(". ".join(filter(None, texts)).split()) or "refused without a reason"


def explain(what: str, error: Exception, host: str, token: Token) -> Trouble:
    """What a failed request about `what` means; no text has the token."""
    if not isinstance(error, GithubException) or isinstance(error, IncompletableObject):
        return unanswered(error, host, "GitHub")
    if trouble := passing(error.status, host, _wait(error), is_limit=_is_rate_limit(error)):
        return trouble
    types, reason = _reason(error)
    # Remove the token before the cut: half a token is a secret too.
    reason = redact(reason.replace(token.value, "***"))[:LONGEST_REASON]
    answer = f"{error.status} {types} {reason}"
    kind, advice = refusal(answer, _REFUSALS)
    message = f"{what}: {reason} ({error.status}); {advice.format(variable=token.variable)}"
    # GitHub also answers 405 if the pull request is already merged.
    exists = kind is NetworkError and "already exists" in reason
    return Trouble(kind(message), again=exists, uncertain=exists or error.status == HTTPStatus.METHOD_NOT_ALLOWED)
