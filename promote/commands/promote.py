"""`promote FROM TO`: the versions of one environment, proposed for another."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from promote.commands import merge
from promote.commands.overriding import Reasons
from promote.commands.result import Result
from promote.errors import Blocked, NetworkError, PartlyDone, UsageError
from promote.forge.base import Forge, PullRequest
from promote.model import Image, Plan
from promote.output import plans, wording
from promote.promotion import selection, workflow
from promote.promotion.workflow import Delivery, Proposal, Wording
from promote.repository.workspace import Tip, Tree, Workspace

_POLL = 5.0  # seconds between two questions to the forge


@dataclass(frozen=True, slots=True)
class Options(Reasons):
    """What the command line asked for; `timeout` is in seconds."""

    source: str
    target: str
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    dry_run: bool = False
    no_pr: bool = False
    auto_merge: bool = False
    wait: bool = False
    timeout: float = 3600
    allow_other_changes: bool = False


def run(options: Options) -> Result:
    """Plan, prove, check, commit, push, and open or renew one pull request; nothing of it on a dry run."""
    workspace = Workspace.here()
    branch = branch_of(workspace.config.known(options.source), workspace.config.known(options.target))
    proposal, published = workflow.deliver(
        workspace,
        Delivery(branch, pull_request=not options.no_pr, dry_run=options.dry_run),
        lambda tip, tree: propose(workspace, tip, tree, options),
        _describe,
    )
    text = [*plans.proposal_text(proposal), *plans.published_text(published)]
    answer = plans.plan_json(proposal.plan, published, proposal.verdict)
    pull = published.pull_request
    if pull is None:
        return Result(answer, text, workflow.exit_code(proposal))
    done = _finish(workspace, pull, options)
    return Result(answer, [*text, *done.text], done.exit_code)


def _finish(workspace: Workspace, pull: PullRequest, options: Options) -> Result:
    """Merge and wait, as far as asked for; raises PartlyDone where the forge fails, for the rest is done."""
    try:
        merged = _merge(workspace, pull, options) if options.auto_merge else Result(None, [])
        if merged.exit_code or not options.wait:
            return merged
        waited = _wait(workspace.forge(), pull.number, options.timeout)
    except NetworkError as error:
        raise PartlyDone(f"pull request #{pull.number} is open ({pull.url}), but then: {error}") from error
    return Result(None, [*merged.text, *waited.text], waited.exit_code)


def _describe(proposal: Proposal) -> Wording:
    made = proposal.plan
    title = wording.subject("promote", f"{made.source} → {made.target}", made.changes)
    return Wording(title, wording.promotion_trailers(made), f"promote rollback {made.target} --all")


def propose(workspace: Workspace, tip: Tip, tree: Tree, options: Options) -> Proposal:
    """The promotion as it would be on the commit that `tree` holds, proved and judged; nothing is published."""
    source, target = tree.environment(options.source), tree.environment(options.target)
    if source.path == target.path:
        raise UsageError(f"{options.source} and {options.target} are the same folder: name two environments")
    images, now = tree.images(source), tree.images(target)
    services = tree.config.services
    chosen = selection.choose((*images, *now), services, options.only, options.exclude)
    if options.only:
        # Left out in silence, it would look promoted.
        _insist_on_entries(chosen, tree.file(source), images)
        _insist_on_entries(chosen, tree.file(target), now)
    path, data = workflow.edited(tree, target, selection.wanted(images, now, chosen))
    changes = workflow.changes_of(tree, target, data)
    notes = [tip.note] if tip.note else []
    notes += [
        f"{name} has no images entry in {target.name}: left out" for name in selection.missing(images, now, chosen)
    ]
    held = workflow.hold_gates(tree, target, changes)
    made = Plan(source.name, target.name, changes, held, tuple(notes), despite=options.despite)
    made, known = workflow.gated(workspace, tip, tree, target, made)
    if not changes:
        return Proposal(tip, target, made, {})
    return workflow.prove(tip, tree, target, made, {path: data}, options.allow_other_changes, known)


def _insist_on_entries(chosen: Collection[str], path: str, images: Sequence[Image]) -> None:
    if lacking := sorted(set(chosen) - {image.name for image in images}):
        raise UsageError(f"{lacking[0]} has no images entry in {path}: add it, or leave it out of --only")


def branch_of(source: str, target: str) -> str:
    """The one branch that promotions along this edge use, so that a new one takes the place of the old."""
    return f"promote/{source.replace('/', '-')}-to-{target.replace('/', '-')}"


def _merge(workspace: Workspace, pull: PullRequest, options: Options) -> Result:
    forge = workspace.forge()
    if not forge.has_server:
        given = merge.Options(
            pull.number,
            despite_freeze=options.despite_freeze,
            despite_soak=options.despite_soak,
            despite_combination=options.despite_combination,
        )
        return merge.run(given)
    forge.enable_auto_merge(pull.number, workspace.config.merge)
    return Result(None, [f"#{pull.number} will be merged by {forge.name} once its requirements are met"])


def _wait(forge: Forge, number: int, timeout: float, sleep: Callable[[float], None] = time.sleep) -> Result:
    deadline = time.monotonic() + timeout
    while (state := forge.get(number).state) == "open":
        if time.monotonic() >= deadline:
            text = f"pull request #{number} is still open after {timeout:.0f} s"
            return Result(None, [text], Blocked.exit_code)
        sleep(min(_POLL, max(0.0, deadline - time.monotonic())))
    if state == "closed":
        return Result(None, [f"pull request #{number} was closed without being merged"], Blocked.exit_code)
    return Result(None, [f"pull request #{number} is merged"])
