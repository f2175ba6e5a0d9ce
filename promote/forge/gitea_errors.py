"""What Gitea's failures mean: the message for the user, and whether to try again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from promote.errors import Blocked, NetworkError, PromoteError, RaceLost, UsageError
from promote.forge.json_forge import Failures
from promote.forge.protocol import UPDATE

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
    (r"409 .*conflict", Blocked, UPDATE),
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


def reason(data: Mapping[str, Any]) -> str:
    """Gitea's reason for a refusal; a conflict in Git comes as its output instead."""
    if "StdErr" in data:
        return f"merge conflict {data['StdErr']}"
    return str(data.get("message") or "")


FAILURES = Failures("Gitea", _REFUSALS, _PASSING, _DONE, limits=(HTTPStatus.FORBIDDEN,))
