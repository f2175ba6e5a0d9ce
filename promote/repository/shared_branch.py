"""Whether the shared branch is the one that the remote itself names, and not one that a stranger's checkout names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promote.errors import UsageError
from promote.system.paths import SETTINGS

if TYPE_CHECKING:
    from promote.repository.workspace import Workspace


def insist(workspace: Workspace, *, is_certain: bool) -> None:
    """Raise UsageError if the remote has another shared branch: its default one, or what promote.yaml there names.

    promote.yaml of the checkout may be that of a pull request, which must not decide by whose rules a merge is
    judged, and which other repositories are used. Where the remote does not say, the checkout's is accepted unless it
    must be certain.
    """
    shared, remote = workspace.config.branch, workspace.remote
    default = workspace.repository.server_branch(remote)
    said = _shared_by(workspace, default) if default not in (None, shared) else default
    if said != shared and (said or is_certain):
        known = f"that of its default branch {default} says {said}" if said else f"its default branch is {default}"
        raise UsageError(
            f"{SETTINGS} of the checkout says git.branch: {shared}, but on '{remote}' {known}: run the command "
            f"in a checkout of the branch whose rules apply, or commit a {SETTINGS} with git.branch to {default}"
        )


def _shared_by(workspace: Workspace, branch: str | None) -> str | None:
    """The shared branch, as promote.yaml on another `branch` of the remote says it; None where there is none."""
    found = workspace.line().fetch([f"refs/heads/{branch}"])
    return next((workspace.shared_at(commit) for commit in found.values()), None)
