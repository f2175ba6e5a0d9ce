"""Merges a pull request once its result, not its branch, passes checks and gates; waits where a forge merges."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from promote.changes import trailers
from promote.changes.proposal import blocked
from promote.checks import completeness, target_policy
from promote.checks.criteria import criteria
from promote.checks.findings import Verdict
from promote.errors import Blocked, UsageError
from promote.forge.protocol import UPDATE, Forge, Method, PullRequest
from promote.gates import evaluation
from promote.gates.policy import Gate as PolicyGate
from promote.gates.protocol import Context
from promote.kustomize.files import FILE_NAMES, is_manifest
from promote.model import Plan
from promote.promotion import moved, policy, rewritten, unwritten
from promote.promotion.moved import Move
from promote.promotion.retry import retrying
from promote.proof import introduced, unbuilt, untouched
from promote.proof.prove import judge_change, with_findings
from promote.repository import holds, same_names
from promote.repository.environments import Environment, sibling
from promote.repository.line import Line
from promote.repository.tree import Tree
from promote.repository.workspace import Tip, Workspace
from promote.system import clock, deadline

_POLL = 5.0  # seconds between two questions to the forge


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of it: the new commit of its target branch, None where nothing was merged.

    `plans` are what it moves in each environment. `unbuilt` are environments that were not checked because they
    could not be built before either, `unchanged` those of which it changes no file.
    """

    pull_request: PullRequest
    commit: str | None = None
    verdict: Verdict | None = None
    plans: tuple[Plan, ...] = ()
    unbuilt: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()

    @property
    def is_merged(self) -> bool:
        """Whether the pull request is merged now; without a verdict, it was before."""
        return self.verdict is None or self.commit is not None


def merge(
    workspace: Workspace, number: int, method: Method | None, despite: Mapping[str, str], environment: str = ""
) -> Merged:
    """Check what the merge would leave on its target branch, then merge; again from the start if that has moved.

    The pull request is in the repository of `environment`, by default the one that promote runs in.
    Without `method`, promote.yaml of the target branch says how. Raises Blocked for a conflict or a closed gate,
    HeadMoved if the pull request is no longer what was judged, and merges nothing where the merged result is denied.
    Raises MergedUnjudged where a server merged onto a target that was rewritten at the last moment.
    """
    judged: list[tuple[str, str]] = []
    place = workspace.place_of(environment) if environment else ""
    return retrying(workspace, lambda: _attempt(workspace, number, method, despite, judged, place))


def _attempt(
    workspace: Workspace,
    number: int,
    method: Method | None,
    despite: Mapping[str, str],
    judged: list[tuple[str, str]],
    place: str,
) -> Merged:
    forge, line = workspace.forge(place), workspace.branches.line(place)
    pull = forge.get(number)
    if pull.state == "merged":
        return Merged(pull)
    if pull.state == "closed":
        raise UsageError(f"pull request #{number} is closed: open it again, or run the command that opened it")
    workspace.branches.fetch(pull.head, pull.base)
    heads = [(branch, workspace.branches.head(branch, place)) for branch in (pull.base, pull.head)]
    tip, head = (rewritten.there(commit, branch, pull, line) for branch, commit in heads)
    rewritten.insist_on_same(pull, line, judged, tip, head)
    judged[:] = [(tip, head)]
    # The branch itself, not what the forge remembers of it: that may lag behind.
    pull = replace(pull, head_commit=head)
    rewritten.insist_on_start(pull, line, tip)
    against = policy.against(workspace, tip, sibling(place, pull.base))
    judged_result, configured = _judge(workspace, against, pull, despite, forge)
    if judged_result.verdict and judged_result.verdict.denied:
        return judged_result
    _record(forge, pull, judged_result.plans)
    if forge.has_server:
        rewritten.insist_on_tip(pull, line, tip)
    commit = forge.merge(number, head, tip, method or configured)
    if forge.has_server:
        rewritten.insist_on_judged(forge, pull, line, tip, commit)
    return replace(judged_result, commit=commit)


def _record(forge: Forge, pull: PullRequest, plans: Sequence[Plan]) -> None:
    """Write into the pull request which closed gates it passes, and why, unless it says so already."""
    said = dict.fromkeys(f"{key}: {why}" for plan in plans for key, why in trailers.overrides(plan))
    if new := [line for line in said if line not in pull.body.splitlines()]:
        forge.update(pull.number, pull.title, "\n".join([pull.body.rstrip(), "", *new, ""]))


def _judge(
    workspace: Workspace, tip: Tip, pull: PullRequest, despite: Mapping[str, str], forge: Forge
) -> tuple[Merged, Method]:
    """What the checks say of the result, what it moves, and how to merge it; raises Blocked for a closed gate."""
    line = workspace.branches.line(tip.place)
    if (tree := line.repository.merge_tree(tip.commit, pull.head_commit)) is None:
        raise Blocked(f"pull request #{pull.number} conflicts with {pull.base}: {UPDATE}")
    same_names.insist_on_none(line.repository, tip.commit, tree, f"pull request #{pull.number}")
    merged = workspace.branches.completed(tip.moved(tree))
    with workspace.at(workspace.branches.completed(tip)) as before, workspace.at(merged) as after:
        policy.insist_on_own(workspace.config, before, after, tip, pull.base)
        changed, policy_files = line.changed(tip.commit, tree), target_policy.changed(before, after)
        affected = environments(after, changed)
        _insist_on_all(after, affected, policy_files)
        judges = criteria(after.root, after.config, after.installed)
        base = Context(Plan("", "", (), despite=despite), (), clock.now(), base=tip.commit, head=pull.head_commit,
                       pull_request=pull, forge=lambda: forge, holds=after.holds(), lands=True)  # fmt: skip
        as_before = untouched.same(before, after, affected)
        _insist_on_readers(pull, line, changed, len(as_before) < len(affected))
        moves = moved.moves(before, after, affected, base, changed, as_before)
        moves = moved.with_layers(before, after, _with_history(workspace, tip, before, moves), changed)
        plans = [_asked(move) for move in moves]
        _insist_on_open(plans)
        unchanged = as_before if untouched.may_be_left(before, after, changed, policy_files) else frozenset()
        affected = [one for one in affected if one.name not in unchanged]
        results = unbuilt.after_merge(before, after, affected, changed)
        unwritten_plans = unwritten.plans(before, after, results.rendered, unchanged, moves, base)
        _insist_on_open(unwritten_plans)
        verdict = introduced.judged(results.rendered, judges, after.root)
        verdict = introduced.by_merge(verdict, before, affected, results.rendered, judges)
        verdict = completeness.beside(verdict, results.unrendered)
        for plan, move in zip(plans, moves, strict=True):
            verdict = with_findings(verdict, judge_change(plan, move.context, judges))
        if not verdict.denied:
            brought = policy.change(policy_files, before, after, results, [one.context for one in moves], pull.base)
            about_policy = evaluation.evaluate(replace(base, policy=brought), [PolicyGate()])
            _insist_on_open([about_policy])
            plans += [about_policy] if brought else []
        left = results.unbuilt, tuple(sorted(unchanged))
        return Merged(pull, None, verdict, (*plans, *unwritten_plans), *left), before.config.merge


def _with_history(workspace: Workspace, tip: Tip, before: Tree, moves: Sequence[Move]) -> list[Move]:
    whole = [move.environment.name for move in moves if move.whole]
    history = workspace.histories(before.config.environments.values(), tip, whole) if moves else {}
    return [moved.with_history(move, history) for move in moves]


def _insist_on_all(after: Tree, affected: Sequence[Environment], policy_files: Sequence[str]) -> None:
    """If the merge changes the rules, which are for all environments, raise why one of these cannot be judged."""
    missing = [one for one in after.lacking.values() if one not in affected]
    if missing and target_policy.changes_rules(policy_files):
        after.environment(missing[0].name)


def _insist_on_readers(pull: PullRequest, line: Line, changed: Sequence[str], are_read: bool) -> None:
    """Raise UsageError where manifests of another repository change that no environment reads.

    Nobody would judge them: several repositories may promote into one, and each has rules and gates for its own
    environments only.
    """
    manifests = [one for one in changed if is_manifest(one) and posixpath.basename(one) != holds.FILE_NAME]
    if line.another and manifests and not are_read:
        raise UsageError(
            f"pull request #{pull.number} of {line.another} changes {posixpath.relpath(manifests[0], line.place)}, "
            "which no environment of promote.yaml reads: merge it where that is promoted from, or on the forge"
        )


def _asked(move: Move) -> Plan:
    """What the gates of the target branch say of a move, and those of the pull request, which may add some."""
    plan = evaluation.evaluate(move.context, move.environment.gates)
    if move.own is None or move.own.gates == move.environment.gates:
        return plan
    own = evaluation.evaluate(move.context, move.own.gates)
    return replace(plan, gates=tuple(dict.fromkeys([*plan.gates, *own.gates])))


def _insist_on_open(plans: Sequence[Plan]) -> None:
    """Raise Blocked if a gate is closed."""
    if closed := [result for plan in plans for result in plan.blocked]:
        raise blocked(closed)


def environments(after: Tree, changed: Sequence[str]) -> list[Environment]:
    """All that promote.yaml names or, without it, those found and every folder whose kustomization the merge changes.

    Those in repositories that cannot be read are left out. Raises UsageError when there is nothing to be checked.
    """
    known = list(after.readable.values())
    if not known or after.config.is_found:
        folders = {posixpath.dirname(path) for path in changed if posixpath.basename(path) in FILE_NAMES}
        folders = {posixpath.normpath(folder) for folder in folders} - {one.path for one in known}
        ours = sorted(one for one in folders if not one.startswith("..") and after.folder(one).is_dir())
        known += [after.config.environment(after.root, folder) for folder in ours]
    if not known:
        raise UsageError("promote.yaml names no environment, and no kustomization changes: nothing can be checked")
    return known


def auto_merge(workspace: Workspace, pull: PullRequest, despite: Mapping[str, str], of: Environment) -> Merged | str:
    """Have the forge merge once its requirements are met, and say so; one without a server is merged at once.

    `of` is an environment that the pull request is about.
    """
    forge = workspace.forge(of.place)
    if not forge.has_server:
        return merge(workspace, pull.number, None, despite, of.name if of.repository else "")
    forge.enable_auto_merge(pull.number, workspace.config.merge)
    return f"#{pull.number} will be merged by {forge.name} once its requirements are met"


def wait_until_merged(forge: Forge, number: int, timeout: float) -> tuple[str, int]:
    """Wait until the pull request is merged, for `timeout` seconds at most: what to say, and the exit code."""
    end = clock.elapsed() + timeout
    while (state := forge.get(number).state) == "open":
        if (left := end - clock.elapsed()) <= 0:
            return f"pull request #{number} is still open after {timeout:.0f} s", Blocked.exit_code
        clock.pause(min(_POLL, left))
        deadline.renew()
    if state == "closed":
        return f"pull request #{number} was closed without being merged", Blocked.exit_code
    return f"pull request #{number} is merged", 0
