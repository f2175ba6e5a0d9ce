"""`promote merge NUMBER`: a pull request is merged once its result, not its branch, passes the checks."""

from __future__ import annotations

from dataclasses import dataclass

from promote import inspection, plan, render, report, verdict_report, workflow
from promote.checks import Verdict
from promote.commands.result import Result
from promote.errors import Blocked, UsageError
from promote.forge.base import Method, PullRequest
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
    verdict = _verdict(workspace, tip, pull)
    text = verdict_report.verdict_text(verdict)
    if verdict.denied:
        return Result(_json(pull, None, changed=False), [*text, f"pull request #{number} is not merged"], 3)
    merged = forge.merge(number, pull.head_commit, tip, method)
    return Result(_json(pull, merged, changed=True), [*text, f"pull request #{number} is merged: {merged[:12]}"])


def _verdict(workspace: Workspace, tip: str, pull: PullRequest) -> Verdict:
    repository = workspace.repository
    tree = repository.merge_tree(tip, pull.head_commit)
    if tree is None:
        raise Blocked(f"pull request #{pull.number} conflicts with {pull.base}: run its promotion again to renew it")
    with workspace.at(tip) as before, workspace.at(tree) as after:
        _insist_on_holds(before, after)
        targets = [render.kustomize(after.root / one.path, one.name) for one in after.config.environments.values()]
        return inspection.inspect(targets, after.rules(), after.root)


def _insist_on_holds(before: Tree, after: Tree) -> None:
    """Raises Blocked when the merge would bring back a version that is held by now."""
    for environment in after.config.environments.values():
        if environment.name in before.config.environments:
            changes = plan.changes(before.images(environment), after.images(environment), after.config.services)
            for gate in workflow.hold_gates(after, environment, changes):
                raise Blocked(f"{gate.subject}: {gate.reason} (lift it with `promote release`)")


def _json(pull: PullRequest, commit: str | None, changed: bool) -> report.Json:
    return {"pull_request": report.pull_json(pull), "commit": commit, "changed": changed}
