"""`promote FROM TO…`: proposes the versions of one environment for another, or for several."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from promote.cluster.client import Address
from promote.commands import options
from promote.commands.result import Result, refused, together
from promote.errors import NetworkError, PartlyDone, PromoteError
from promote.forge.protocol import PullRequest
from promote.live import rollout
from promote.live.rollout import Moved
from promote.output import live, outcomes, plans, wording
from promote.promotion import merge, promote
from promote.promotion.deliver import Delivery, deliver
from promote.promotion.promote import Edge, Fan
from promote.repository.environments import Environment
from promote.repository.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Options(Fan):
    """What to promote, and how far to take it; `timeout` is in seconds, and for the merge and the rollout."""

    dry_run: bool = False
    no_pr: bool = False
    auto_merge: bool = False
    wait: bool = False
    timeout: float = 3600
    kubeconfig: str | None = None
    context: str | None = None


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    options.fan(parser)
    options.dry_run(parser)
    options.option(parser, "--no-pr", action="store_true", help="push the branch, but open no pull request")
    options.option(parser, "--auto-merge", action="store_true", help="merge as soon as the forge allows it")
    waits = "wait until it is merged and, where a cluster is known, until the promoted versions run there"
    options.option(parser, "--wait", action="store_true", help=waits)
    options.timeout(parser, "--wait")
    options.cluster(parser)


def run(given: Options) -> Result:
    """Plan, prove, check, commit, push, and open or renew one pull request; nothing of it on a dry run.

    Separate ones are independent: what refuses one does not stop the others.
    """
    workspace = Workspace.here()
    groups = given.groups(workspace)
    if len(groups) == 1:
        return _promote(workspace, given, *groups[0])
    results = []
    for branch, edges in groups:
        try:
            results.append(_promote(workspace, given, branch, edges))
        except PromoteError as error:
            results.append(refused(given.source, edges[0].target, error))
    return together(results)


def _promote(workspace: Workspace, given: Options, branch: str, edges: Sequence[Edge]) -> Result:
    proposal, published = deliver(
        workspace,
        Delivery(branch, pull_request=not given.no_pr, dry_run=given.dry_run),
        lambda tip, tree: promote.propose_all(workspace, tip, tree, edges, branch),
        wording.promotion,
    )
    text = [*plans.proposal_text(proposal), *plans.published_text(published)]
    answer = plans.proposal_json(proposal, published)
    pull, is_there = published.pull_request, not proposal.files
    if given.dry_run or proposal.exit_code or not (pull or (is_there and given.wait)):
        return Result(answer, text, proposal.exit_code)
    more, code = _follow(workspace, pull, given, proposal.environment) if pull else ([], 0)
    if code or not given.wait:
        return Result(answer, [*text, *more], code)
    waits = []
    for one in proposal.every:
        if not one.layered_on:
            changes, tip = one.plan.changes, one.tip
            waits.append(_Wait(one.environment, Moved(changes, tip.commit, tip.place) if changes else None))
    if is_there:
        # Nothing is to be said of apps that have all of it, and yet they may not run it.
        waits = [_Wait(one) for one in promote.targets(workspace, edges)]
    return _with_rollouts(Result(answer, [*text, *more]), [_roll_out(workspace, one, given) for one in waits])


class _Wait(NamedTuple):
    """An environment that is waited for, and what was moved there; None for everything."""

    environment: Environment
    moved: Moved | None = None


def _with_rollouts(done: Result, rollouts: Sequence[Result]) -> Result:
    """The result with what was waited for; of several environments, the JSON has a list of it."""
    text = [line for one in (done, *rollouts) for line in one.text]
    code = next((one.exit_code for one in rollouts if one.exit_code), 0)
    waited = [one.json for one in rollouts if one.json]
    if not waited:
        return Result(done.json, text, code)
    return Result(done.json | {"rollout": waited[0] if len(rollouts) == 1 else waited}, text, code)


def _roll_out(workspace: Workspace, wanted: _Wait, given: Options) -> Result:
    """Wait until the promoted versions run, if there is a cluster to ask; raises PartlyDone if it does not answer."""
    name = wanted.environment.name
    if not (wanted.environment.cluster or given.kubeconfig or given.context):
        return Result(
            None, [f"note: promote.yaml states no cluster of {name} (`cluster`), so no rollout was waited for"]
        )
    try:
        waited = rollout.wait(workspace, name, Address(given.kubeconfig, given.context), given.timeout, wanted.moved)
    except NetworkError as error:
        raise PartlyDone(f"{name} has the versions in Git, but then: {error}") from error
    return Result(live.waited_json(waited), live.waited_text(waited), 0 if waited.is_done else PartlyDone.exit_code)


def _follow(workspace: Workspace, pull: PullRequest, given: Options, of: Environment) -> tuple[list[str], int]:
    """Merge and wait, as far as asked for; raises PartlyDone where the forge fails, for the rest is done."""
    text: list[str] = []
    try:
        if given.auto_merge:
            done = merge.auto_merge(workspace, pull, given.despite, of)
            text += [done] if isinstance(done, str) else outcomes.merged_text(done)
            if not isinstance(done, str) and not done.is_merged:
                return text, 3
        if not given.wait:
            return text, 0
        waited, code = merge.wait_until_merged(workspace.forge(of.place), pull.number, given.timeout)
    except NetworkError as error:
        raise PartlyDone(f"pull request #{pull.number} is open ({pull.url}), but then: {error}") from error
    return [*text, waited], code
