"""What Gitea's failures mean: the message for the user, and whether to try again."""

from __future__ import annotations

import re
from http import HTTPStatus

from promote.errors import Blocked, NetworkError, PromoteError, RaceLost, UsageError
from promote.forge.address import Token
from promote.forge.attempts import Trouble
from promote.forge.gitea_http import Refused
from promote.system.process import redact

_LONGEST_REASON = 300
# When an answer is not what Gitea documents, reading it fails in many ways. All exceptions of requests are OSError.
TROUBLE = (Refused, OSError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
SCHEDULED = "already scheduled to auto merge"
EMPTY = "the repository is empty"
NOTHING_TO_WAIT_FOR = "auto-merge has nothing to wait for"
# A pattern for the status and the reason, the error, and the advice. The first match counts.
_REFUSALS: tuple[tuple[str, type[PromoteError], str], ...] = (
    (r"401 ", UsageError, "the token in {variable} is wrong, revoked or expired"),
    (r"403 ", UsageError, "the token in {variable} needs the scope 'write:repository', and its owner write access"),
    (r"404 ", UsageError, "it does not exist, has no pull requests, or the token in {variable} may not read it"),
    (rf"409 {EMPTY}", NetworkError, "Gitea has not registered its first push yet: run the same command again"),
    (r"409 .*already exists", NetworkError, "Gitea does not list it yet: run the same command again"),
    (r"409 .*out of date", RaceLost, "the branch has moved: run the same command again"),
    (r"409 .*conflict", Blocked, "run its promotion again to update it"),
    (r"405 .*try again later", Blocked, "it has conflicts, or Gitea still looks for them"),
    (rf"405 {NOTHING_TO_WAIT_FOR}", Blocked, "merge it now, or require checks or approvals on its base branch"),
    (r"405 |409 ", Blocked, "meet Gitea's requirements and try again"),
    (r"422 ", UsageError, "check that its branches are pushed and differ"),
    (r"423 ", UsageError, "the repository is archived"),
    (r"", NetworkError, "run the same command again"),
)
# Passing states: a branch or a pull request that Gitea does not know yet, a check for conflicts that still runs.
_PASSING = re.compile(rf"409 {EMPTY}|409 .*already exists|405 .*try again later", re.IGNORECASE)
# The work may be done already: by another run, or by our own request whose answer was lost.
_DONE = re.compile(r"405 |409 .*already exists", re.IGNORECASE)


def _wait(error: Refused) -> float:
    """The seconds that the server asks to wait; for a limit without a number, a minute."""
    if (seconds := error.headers.get("Retry-After", "")).isdecimal():
        return float(seconds)
    return 60.0 if error.status == HTTPStatus.TOO_MANY_REQUESTS else 0.0


def explain(what: str, error: Exception, host: str, token: Token, *, new: bool = False) -> Trouble:
    """What a failed request about `what` means; no text has the token. `new`: a 404 may pass after a first push."""
    if isinstance(error, OSError):
        message = f"cannot reach {host} ({type(error).__name__}): run the same command again"
        return Trouble(NetworkError(message), again=True, uncertain=True)
    if not isinstance(error, Refused):
        message = (
            f"the answer of {host} is not one of Gitea's API: check that the remote's address is correct "
            "and that no proxy interferes"
        )
        return Trouble(NetworkError(message), uncertain=True)
    wait = _wait(error)
    if error.status == HTTPStatus.TOO_MANY_REQUESTS or (error.status == HTTPStatus.FORBIDDEN and wait):
        message = f"{host} limits the rate of requests: run the same command again in {wait:.0f} s"
        return Trouble(NetworkError(message), again=True, wait=wait)
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        message = f"{host} failed ({error.status}): run the same command again"
        return Trouble(NetworkError(message), again=True, uncertain=True, wait=wait)
    return _refusal(what, error, token, new=new)


def _refusal(what: str, error: Refused, token: Token, *, new: bool) -> Trouble:
    # Remove the token before the cut: half a token is a secret too.
    reason = redact(" ".join(error.message.replace(token.value, "***").split()))[:_LONGEST_REASON]
    answer = f"{error.status} {reason}"
    kind, advice = next(
        (kind, advice) for pattern, kind, advice in _REFUSALS if re.match(pattern, answer, re.IGNORECASE)
    )
    said = reason or "refused without a reason"
    message = f"{what}: {said} ({error.status}); {advice.format(variable=token.variable)}"
    again = bool(_PASSING.match(answer)) or (new and error.status == HTTPStatus.NOT_FOUND)
    return Trouble(kind(message), again=again, uncertain=bool(_DONE.match(answer)))
