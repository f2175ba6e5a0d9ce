"""What `hold` and `release` share: holds.yaml changed by one commit on the shared branch."""

from __future__ import annotations

from collections.abc import Callable

from promote.commands.result import Result
from promote.output.plans import Json
from promote.promotion import workflow
from promote.repository import holds
from promote.repository.holds import Hold
from promote.repository.workspace import Tree, Workspace
from promote.system.git import Push

Edit = Callable[[Tree], tuple[bytes, list[Hold]]]


def commit(edit: Edit, verb: str, environment: str) -> Result:
    """Let `edit` decide on the shared branch's tip, and push what it made; again on a lost race."""
    workspace = Workspace.here()
    return workflow.retrying(lambda: _attempt(workspace, edit, verb, environment))


def _attempt(workspace: Workspace, edit: Edit, verb: str, environment: str) -> Result:
    tip = workspace.tip()
    with workspace.at(tip.commit) as tree:
        data, moved = edit(tree)
    shown = [f"{one.image} {one.version}" for one in moved]
    json: Json = {"environment": environment, "holds": shown, "commit": None, "changed": bool(moved)}
    if not moved:
        return Result(json, [f"nothing to {verb} in {environment}"])
    title = f"{verb}: {environment} ({', '.join(shown)})"
    made = workspace.repository.commit(tip.commit, {holds.FILE_NAME: data}, f"{title}\n")
    workspace.repository.push(workspace.remote, Push(workspace.base_ref, made, tip.commit))
    return Result(json | {"commit": made}, [f"{title}: {made[:12]} on {workspace.config.branch}"])
