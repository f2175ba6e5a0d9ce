"""`promote merge NUMBER`: a pull request is merged once its result, not its branch, passes the checks."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from promote.checks import inspection
from promote.checks.findings import Verdict
from promote.commands.overriding import Reasons
from promote.commands.result import Result
from promote.errors import Blocked, ConfigError, UsageError
from promote.forge.base import Forge, Method, PullRequest
from promote.gates import gates
from promote.gates.gates import Gates
from promote.kustomize import render
from promote.model import Change, Plan
from promote.output import plans, verdict_report, wording
from promote.output.plans import Json
from promote.promotion import selection, workflow
from promote.promotion.facts import Known
from promote.repository.config import Environment
from promote.repository.workspace import Tree, Workspace
from promote.system import clock
from promote.versions.kustomization import FILE_NAMES


@dataclass(frozen=True, slots=True)
class Options(Reasons):
    """What the command line asked for; without a method, the one of promote.yaml."""

    number: int
    method: Method | None = None


def run(options: Options) -> Result:
    """Check what the merge would leave on the shared branch, then merge; again from the start on a lost race.

    Raises Blocked for a conflict or a shut gate, and answers exit 3 where the merged result is denied.
    """
    workspace = Workspace.here()
    return workflow.retrying(lambda: _attempt(workspace, options))


def _attempt(workspace: Workspace, options: Options) -> Result:
    number, method = options.number, options.method or workspace.config.merge
    forge = workspace.forge()
    pull = forge.get(number)
    if pull.state == "merged":
        return Result(_json(pull, None, changed=False), [f"pull request #{number} is merged already"])
    if pull.state == "closed":
        raise UsageError(f"pull request #{number} is closed: open it again, or run the promotion again")
    refs = workspace.fetch(pull.head)
    tip = refs[workspace.base_ref]
    head = refs.get(f"refs/heads/{pull.head}")
    if head is None:
        raise Blocked(
            f"the branch {pull.head} of pull request #{number} is not on '{workspace.remote}': "
            "run its promotion again to renew it"
        )
    # The branch itself, not what the forge remembers of it: that may lag behind.
    verdict, plans = _verdict(workspace, tip, replace(pull, head_commit=head), options.despite)
    text = verdict_report.verdict_text(verdict)
    if verdict.denied:
        return Result(_json(pull, None, changed=False), [*text, f"pull request #{number} is not merged"], 3)
    _record(forge, pull, plans)
    merged = forge.merge(number, head, tip, method)
    return Result(_json(pull, merged, changed=True), [*text, f"pull request #{number} is merged: {merged[:12]}"])


def _record(forge: Forge, pull: PullRequest, plans: Sequence[Plan]) -> None:
    """Write into the pull request which gates it passes all the same, and why, unless it says so already."""
    said = dict.fromkeys(f"{key}: {why}" for one in plans for key, why in wording.override_trailers(one))
    if new := [line for line in said if line not in pull.body.splitlines()]:
        forge.update(pull.number, pull.title, "\n".join([pull.body.rstrip(), "", *new, ""]))


def _verdict(
    workspace: Workspace, tip: str, pull: PullRequest, despite: Mapping[str, str]
) -> tuple[Verdict, list[Plan]]:
    """What the checks say of the merged result, and what it moves; raises Blocked for a shut gate."""
    repository = workspace.repository
    tree = repository.merge_tree(tip, pull.head_commit)
    if tree is None:
        raise Blocked(f"pull request #{pull.number} conflicts with {pull.base}: run its promotion again to renew it")
    with workspace.at(tip) as before, workspace.at(tree) as after:
        affected = environments(after, repository.changed(tip, tree))
        moving = _moving(before, after, affected, despite)
        needed = after.judges_changes or any(there.gates != Gates() for there, _ in moving)
        known = workspace.known(before, tip, pull.head_commit, needed) if moving else None
        told = [_gated(before, after, there, made, known) for there, made in moving]
        if shut := [gate for made, _ in told for gate in made.blocked]:
            raise workflow.blocked(shut)
        targets = render.side_by_side((after.root / one.path, one.name) for one in affected)
        verdict = inspection.inspect(targets, after.rules(), after.root)
        for made, around in told:
            verdict = workflow.judged(verdict, after, made, around) if known else verdict
        return verdict, [made for made, _ in told]


def _moving(
    before: Tree, after: Tree, affected: Sequence[Environment], despite: Mapping[str, str]
) -> list[tuple[Environment, Plan]]:
    """The environments whose versions the merge moves, as the shared branch has them, and what is held of that.

    All that the shared branch knows are among them: the pull request may give them another name, or none.
    """
    found = []
    for name, there in {**{one.name: one for one in affected}, **before.config.environments}.items():
        try:
            old, new = before.images(there), after.images(after.config.environments.get(name, there))
        except ConfigError:
            continue  # one that the merge brings, or removes, moves nothing
        if changes := selection.changes(old, new, after.config.services):
            held = workflow.hold_gates(after, there, changes)
            found.append((there, Plan("", name, changes, held, despite=despite)))
    return found


def _gated(before: Tree, after: Tree, there: Environment, made: Plan, known: Known | None) -> tuple[Plan, Known]:
    """The plan with the gates of the shared branch, not of the pull request, and what is known around it.

    What goes back to a version that the environment ran, and holds the one that it leaves, is a rollback.
    """
    known = known or Known()
    name, past = there.name, known.past.get(there.name, ())
    held = [hold for hold in after.holds() if hold.environment == name]

    def rolled_back(change: Change) -> bool:
        ran = not past or any(gates.runs(revision, change.image, change.new) for revision in past)
        return ran and any(hold.refuses(name, change.image, change.old) for hold in held)

    made = gates.gated(made, before.images(there), known.past, there.gates, clock.now(), rolled_back)
    return made, replace(known, rolled_back=rolled_back)


def environments(after: Tree, changed: Sequence[str]) -> list[Environment]:
    """All that promote.yaml names or, where it names none, every folder whose kustomization the merge changes.

    Raises UsageError when there is nothing that could be checked.
    """
    known = list(after.config.environments.values())
    if not known:
        folders = {posixpath.dirname(path) for path in changed if posixpath.basename(path) in FILE_NAMES}
        known = [after.environment(folder or ".") for folder in sorted(folders) if (after.root / folder).is_dir()]
    if not known:
        raise UsageError("promote.yaml names no environment, and no kustomization changes: nothing can be checked")
    return known


def _json(pull: PullRequest, commit: str | None, changed: bool) -> Json:
    return {"pull_request": plans.pull_json(pull), "commit": commit, "changed": changed}
