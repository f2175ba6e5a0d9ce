"""Whether the branches of a pull request are still what was judged, before a merge and, on a server, after it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from promote.changes import trailers
from promote.changes.trailers import SOURCE
from promote.errors import Blocked, HeadMoved, MergedUnjudged, PromoteError, RaceLost, UsageError
from promote.forge.protocol import OWN, UPDATE, Forge, PullRequest
from promote.repository.line import Line
from promote.system.progress import report


def there(commit: str | None, branch: str, pull: PullRequest, line: Line) -> str:
    """The commit of a branch of a pull request; raises Blocked where the last fetch found none."""
    if commit:
        return commit
    advice = UPDATE if branch == pull.head else "push it, or close the pull request"
    raise Blocked(f"the branch {branch} of pull request #{pull.number} is not on '{line.remote}': {advice}")


def insist_on_same(pull: PullRequest, line: Line, judged: Sequence[tuple[str, str]], tip: str, head: str) -> None:
    """Raise HeadMoved if its branch has moved since it was `judged`, or its target was not just added to."""
    for base, one in judged:
        name, old, new = pull.head, one, head
        if one == head:
            if line.repository.is_ancestor(base, tip):
                continue
            # What the target lost may be in the branch, and would come back with it.
            name, old, new = pull.base, base, tip
        raise HeadMoved(
            f"the branch {name} has moved while pull request #{pull.number} was judged, from {old[:12]} to {new[:12]}"
            f"{', which is not built on it' if name == pull.base else ''}: nothing was merged; look at it, then run "
            "the merge again"
        )


def insist_on_start(pull: PullRequest, line: Line, tip: str) -> None:
    """Raise Blocked if the target has lost the commit on which promote decided the pull request.

    A merge would bring back what was taken out of the target, of which the pull request says nothing.
    """
    repository = line.repository
    message = repository.message(pull.head_commit) if pull.head.startswith(OWN) else ""
    for parent in repository.parents(pull.head_commit) if message else ():
        is_start = trailers.holds(message, [(SOURCE, parent)])
        with suppress(UsageError):  # nothing in common, as in a shallow clone: then Git cannot merge, either
            if is_start and repository.merge_base(parent, tip) != parent:
                raise Blocked(
                    f"pull request #{pull.number} was decided on {parent[:12]}, which {pull.base} has lost: a merge "
                    f"would bring it back; {UPDATE}"
                )


def insist_on_tip(pull: PullRequest, line: Line, tip: str) -> None:
    """Raise RaceLost if the target is not at `tip` any more: a server does not look when it merges."""
    ref = f"refs/heads/{pull.base}"
    if line.repository.remote_refs(line.remote, ref).get(ref) != tip:
        raise RaceLost(f"the branch {pull.base} has moved while pull request #{pull.number} was judged")


def insist_on_judged(forge: Forge, pull: PullRequest, line: Line, tip: str, merged: str) -> None:
    """Raise MergedUnjudged if the server's merge `merged` is not onto `tip` or what was added to that.

    Then the target was rewritten between the last look and the merge. The pull request gets a line that says so. Not
    noticed are a fast-forward to a branch that has `tip` itself, and what the remote does not show (any more).
    """
    repository = line.repository
    try:
        repository.fetch(line.remote, [f"refs/heads/{pull.base}"])
        start = merged if merged == pull.head_commit else repository.parents(merged)[0]
        if repository.is_ancestor(tip, start):
            return
        is_back = repository.is_ancestor(tip, merged)
        way = f"git revert {'-m 1 ' * (len(repository.parents(merged)) > 1)}{merged}"
    except PromoteError as error:
        report(f"whether {pull.base} was rewritten before #{pull.number} was merged is not known: {error}")
        return
    with suppress(PromoteError):  # the exit code and the message say it, too
        now = forge.get(pull.number)
        note = f"Merged onto {start}, which lacks {tip}: the target was rewritten after this was judged."
        forge.update(pull.number, now.title, f"{now.body.rstrip()}\n\n{note}\n")
    raise MergedUnjudged(
        f"pull request #{pull.number} is merged, but {pull.base} was rewritten meanwhile: it had lost {tip[:12]}, on "
        f"which this was judged{', and the merge brought that back' if is_back else ''}. Look at what {pull.base} "
        f"has now; `{way}` takes the merge back"
    )
