"""`promote merge NUMBER`: a pull request is merged once its result, not its branch, passes the checks."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, replace

from promote import inspection, plan, process, render, report, verdict_report, workflow
from promote.checks import Verdict
from promote.commands.result import Result
from promote.config import Environment
from promote.errors import Blocked, ConfigError, PromoteError, UsageError
from promote.facts import Known
from promote.forge.base import Method, PullRequest
from promote.kustomization import FILE_NAMES
from promote.model import Change, Plan
from promote.workspace import Tree, Workspace


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for; without a method, the one of promote.yaml."""

    number: int
    method: Method | None = None


def run(options: Options) -> Result:
    """Check what the merge would leave on the shared branch, then merge; again from the start on a lost race.

    Raises Blocked for a conflict or a hold, and answers exit 3 where the merged result is denied.
    """
    workspace = Workspace.here()
    return workflow.retrying(lambda: _attempt(workspace, options.number, options.method or workspace.config.merge))


def _attempt(workspace: Workspace, number: int, method: Method) -> Result:
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
    verdict = _verdict(workspace, tip, replace(pull, head_commit=head))
    text = verdict_report.verdict_text(verdict)
    if verdict.denied:
        return Result(_json(pull, None, changed=False), [*text, f"pull request #{number} is not merged"], 3)
    merged = forge.merge(number, head, tip, method)
    return Result(_json(pull, merged, changed=True), [*text, f"pull request #{number} is merged: {merged[:12]}"])


def _verdict(workspace: Workspace, tip: str, pull: PullRequest) -> Verdict:
    repository = workspace.repository
    tree = repository.merge_tree(tip, pull.head_commit)
    if tree is None:
        raise Blocked(f"pull request #{pull.number} conflicts with {pull.base}: run its promotion again to renew it")
    with workspace.at(tip) as before, workspace.at(tree) as after:
        environments = _environments(after, repository.changed(tip, tree))
        _insist_on_holds(before, after, environments)
        with process.side_by_side(2) as pool:
            rendering = [pool.submit(render.kustomize, after.root / one.path, one.name) for one in environments]
            targets = [process.result(one) for one in rendering]
        verdict = inspection.inspect(targets, after.rules(), after.root)
        known = workspace.known(after, tip, pull.head_commit)
        if known is None:
            return verdict
        for one in environments:
            verdict = _with_change(verdict, before, after, one, known)
        return verdict


def _with_change(verdict: Verdict, before: Tree, after: Tree, environment: Environment, known: Known) -> Verdict:
    """The verdict, with what is wrong in the versions that the merge moves in one environment.

    What goes back and holds the version that it leaves is a rollback.
    """
    name = environment.name
    try:
        old, new = before.images(before.environment(name)), after.images(environment)
    except PromoteError:
        return verdict  # one that the merge brings moves nothing
    changes = plan.changes(old, new, after.config.services)
    held = [hold for hold in after.holds() if hold.environment == name]

    def rolled_back(change: Change) -> bool:
        return any(hold.refuses(name, change.image, change.old) for hold in held)

    told = replace(known, rolled_back=rolled_back)
    return workflow.judged(verdict, after, Plan("", name, changes), told) if changes else verdict


def _environments(after: Tree, changed: Sequence[str]) -> list[Environment]:
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


def _insist_on_holds(before: Tree, after: Tree, environments: Sequence[Environment]) -> None:
    """Raises Blocked when the merge would bring back a version that is held by now."""
    for environment in environments:
        try:
            there = before.images(environment)
        except ConfigError:
            continue  # the environment is new
        changes = plan.changes(there, after.images(environment), after.config.services)
        for gate in workflow.hold_gates(after, environment, changes):
            raise Blocked(f"{gate.subject}: {gate.reason} (lift it with `promote release`)")


def _json(pull: PullRequest, commit: str | None, changed: bool) -> report.Json:
    return {"pull_request": report.pull_json(pull), "commit": commit, "changed": changed}
