"""Merges a pull request once its result, not its branch, passes the checks and the gates."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from promote.checks import inspection
from promote.checks.criteria import criteria
from promote.checks.findings import Verdict
from promote.errors import Blocked, ConfigError, UsageError
from promote.forge.protocol import Forge, Method, PullRequest
from promote.gates import evaluation
from promote.gates.protocol import Context, History
from promote.kustomize import render
from promote.kustomize.files import FILE_NAMES
from promote.model import Change, Hold, Plan
from promote.promotion import selection, trailers
from promote.promotion.deliver import retrying
from promote.promotion.proposal import blocked
from promote.promotion.prove import judge_change, with_findings
from promote.repository.config import Environment
from promote.repository.workspace import Tree, Workspace
from promote.system import clock


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of it: the new commit of the shared branch, None where nothing was merged."""

    pull_request: PullRequest
    commit: str | None = None
    verdict: Verdict | None = None

    @property
    def is_merged(self) -> bool:
        """Whether the pull request is merged now; without a verdict, it was before."""
        return self.verdict is None or self.commit is not None


@dataclass(frozen=True, slots=True)
class _Move:
    """What the merge does to one environment, as the shared branch has it; `images` are those before it."""

    environment: Environment
    context: Context


def merge(workspace: Workspace, number: int, method: Method, despite: Mapping[str, str]) -> Merged:
    """Check what the merge would leave on the shared branch, then merge; again from the start on a lost race.

    Raises Blocked for a conflict or a closed gate, and merges nothing where the merged result is denied.
    """
    return retrying(lambda: _attempt(workspace, number, method, despite))


def _attempt(workspace: Workspace, number: int, method: Method, despite: Mapping[str, str]) -> Merged:
    forge = workspace.forge()
    pull = forge.get(number)
    if pull.state == "merged":
        return Merged(pull)
    if pull.state == "closed":
        raise UsageError(f"pull request #{number} is closed: open it again, or run the promotion again")
    refs = workspace.fetch(pull.head)
    tip = refs[workspace.base_ref]
    head = refs.get(f"refs/heads/{pull.head}")
    if head is None:
        raise Blocked(
            f"the branch {pull.head} of pull request #{number} is not on '{workspace.remote}': "
            "run its promotion again to update it"
        )
    # The branch itself, not what the forge remembers of it: that may lag behind.
    pull = replace(pull, head_commit=head)
    verdict, plans = _judge(workspace, tip, pull, despite, forge)
    if verdict.denied:
        return Merged(pull, None, verdict)
    _record(forge, pull, plans)
    return Merged(pull, forge.merge(number, head, tip, method), verdict)


def _record(forge: Forge, pull: PullRequest, plans: Sequence[Plan]) -> None:
    """Write into the pull request which closed gates it passes, and why, unless it says so already."""
    said = dict.fromkeys(f"{key}: {why}" for plan in plans for key, why in trailers.overrides(plan))
    if new := [line for line in said if line not in pull.body.splitlines()]:
        forge.update(pull.number, pull.title, "\n".join([pull.body.rstrip(), "", *new, ""]))


def _judge(
    workspace: Workspace, tip: str, pull: PullRequest, despite: Mapping[str, str], forge: Forge
) -> tuple[Verdict, list[Plan]]:
    """What the checks say of the merged result, and what it moves; raises Blocked for a closed gate."""
    repository = workspace.repository
    tree = repository.merge_tree(tip, pull.head_commit)
    if tree is None:
        raise Blocked(f"pull request #{pull.number} conflicts with {pull.base}: run its promotion again to update it")
    with workspace.at(tip) as before, workspace.at(tree) as after:
        affected = environments(after, repository.changed(tip, tree))
        judges = criteria(after.root, after.config, after.installed)
        base = Context(Plan("", "", ()), (), clock.now(), base=tip, head=pull.head_commit, pull_request=pull,
                       forge=lambda: forge, holds=after.holds(), lands=True)  # fmt: skip
        moves = _moves(before, after, affected, despite, base)
        history = workspace.histories(before.config.environments.values(), tip) if moves else {}
        moves = [_with_history(move, history) for move in moves]
        plans = [evaluation.evaluate(move.context, move.environment.gates) for move in moves]
        if closed := [result for plan in plans for result in plan.blocked]:
            raise blocked(closed)
        targets = render.side_by_side([(after.folder(one.path), one.name) for one in affected])
        verdict = inspection.inspect(targets, judges, after.root)
        for plan, move in zip(plans, moves, strict=True):
            verdict = with_findings(verdict, judge_change(plan, move.context, judges))
        return verdict, plans


def _moves(
    before: Tree, after: Tree, affected: Sequence[Environment], despite: Mapping[str, str], base: Context
) -> list[_Move]:
    """The environments whose versions the merge moves, with the gates of the shared branch, not of the pull request.

    All that the shared branch knows are among them: the pull request may give them another name, or none.
    """
    found = []
    for name, there in {**{one.name: one for one in affected}, **before.config.environments}.items():
        try:
            old, new = before.images(there), after.images(after.config.environments.get(name, there))
        except ConfigError:
            continue  # one that the merge brings, or removes, moves nothing
        if changes := selection.changes(old, new, after.config.services):
            context = replace(base, plan=Plan("", name, changes, despite=despite), images=old)
            found.append(_Move(there, context))
    return found


def _with_history(move: _Move, history: History) -> _Move:
    """The move with what ran before it.

    What goes back to a version that the environment ran, and holds the one that it leaves, is a rollback.
    """
    name, past = move.environment.name, history.get(move.environment.name, ())
    held: list[Hold] = [hold for hold in move.context.holds if hold.environment == name]

    def goes_back(change: Change) -> bool:
        ran = not past or any(revision.runs(change.image, change.new) for revision in past)
        return ran and any(hold.refuses(name, change.image, change.old) for hold in held)

    return replace(move, context=replace(move.context, history=history, goes_back=goes_back))


def environments(after: Tree, changed: Sequence[str]) -> list[Environment]:
    """All that promote.yaml names or, where it names none, every folder whose kustomization the merge changes.

    Raises UsageError when there is nothing that could be checked.
    """
    known = list(after.config.environments.values())
    if not known:
        folders = {posixpath.dirname(path) for path in changed if posixpath.basename(path) in FILE_NAMES}
        known = [after.environment(folder or ".") for folder in sorted(folders) if after.folder(folder).is_dir()]
    if not known:
        raise UsageError("promote.yaml names no environment, and no kustomization changes: nothing can be checked")
    return known
