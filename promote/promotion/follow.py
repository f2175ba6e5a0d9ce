"""What comes after a pull request is open: having it merged, and waiting for that."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from promote.errors import Blocked
from promote.forge.protocol import Forge, PullRequest
from promote.promotion.merge import Merged, merge
from promote.repository.environments import Environment
from promote.repository.workspace import Workspace
from promote.system import deadline as requests

_POLL = 5.0  # seconds between two questions to the forge


def auto_merge(workspace: Workspace, pull: PullRequest, despite: Mapping[str, str], of: Environment) -> Merged | str:
    """Have the forge merge once its requirements are met, and say so; one without a server is merged at once.

    `of` is an environment that the pull request is about.
    """
    forge = workspace.forge(of.place)
    if not forge.has_server:
        return merge(workspace, pull.number, None, despite, of.name if of.repository else "")
    forge.enable_auto_merge(pull.number, workspace.config.merge)
    return f"#{pull.number} will be merged by {forge.name} once its requirements are met"


def wait(forge: Forge, number: int, timeout: float, sleep: Callable[[float], None] = time.sleep) -> tuple[str, int]:
    """Wait until the pull request is merged, for `timeout` seconds at most: what to say, and the exit code."""
    deadline = time.monotonic() + timeout
    while (state := forge.get(number).state) == "open":
        if time.monotonic() >= deadline:
            return f"pull request #{number} is still open after {timeout:.0f} s", Blocked.exit_code
        sleep(min(_POLL, max(0.0, deadline - time.monotonic())))
        requests.renew()
    if state == "closed":
        return f"pull request #{number} was closed without being merged", Blocked.exit_code
    return f"pull request #{number} is merged", 0
