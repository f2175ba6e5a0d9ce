"""Checks that the remote itself names the shared branch, and not only the checkout, which may be a stranger's."""

from __future__ import annotations

from collections.abc import Callable

from promote.errors import UsageError
from promote.repository.line import Line
from promote.system.paths import SETTINGS


def insist(shared: Line, named_at: Callable[[str], str | None], *, is_certain: bool) -> None:
    """Raise UsageError if the remote has another shared branch: its default one, or what promote.yaml there names.

    promote.yaml of the checkout, which names `shared`, may be that of a pull request, which must not decide by whose
    rules a merge is judged, and which other repositories are used. `named_at` reads the shared branch from
    promote.yaml of a commit. Where the remote does not say, the checkout's is accepted unless it must be certain.
    """
    default = said = shared.repository.server_branch(shared.remote)
    if default not in (None, shared.branch):
        found = shared.fetch([f"refs/heads/{default}"])
        said = next((named_at(commit) for commit in found.values()), None)
    if said != shared.branch and (said or is_certain):
        known = f"that of its default branch {default} says {said}" if said else f"its default branch is {default}"
        raise UsageError(
            f"{SETTINGS} of the checkout says git.branch: {shared.branch}, but on '{shared.remote}' {known}: run the "
            f"command in a checkout of the branch whose rules apply, or commit a {SETTINGS} with git.branch to "
            f"{default}"
        )
