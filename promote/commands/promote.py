"""`promote FROM TO`: the versions of one environment, proposed for another."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import dataclass

from promote.cluster.client import Address
from promote.commands import options
from promote.commands.result import Result
from promote.errors import NetworkError, PartlyDone
from promote.forge.protocol import PullRequest
from promote.output import live, outcomes, plans, wording
from promote.promotion import follow, promote, rollout
from promote.promotion.deliver import Delivery, deliver
from promote.promotion.promote import Edge
from promote.promotion.proposal import Proposal
from promote.promotion.rollout import Moved, Waited
from promote.repository.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Options(Edge):
    """An edge, and how far to take its promotion; `timeout` is in seconds, and for the merge and the rollout."""

    dry_run: bool = False
    no_pr: bool = False
    auto_merge: bool = False
    wait: bool = False
    timeout: float = 3600
    kubeconfig: str | None = None
    context: str | None = None


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    options.edge(parser)
    options.dry_run(parser)
    options.option(parser, "--no-pr", action="store_true", help="push the branch, but open no pull request")
    options.option(parser, "--auto-merge", action="store_true", help="merge as soon as the forge allows it")
    waits = "wait until it is merged and, where a cluster is known, until the promoted versions run there"
    options.option(parser, "--wait", action="store_true", help=waits)
    options.timeout(parser, "--wait")
    options.cluster(parser)


def run(given: Options) -> Result:
    """Plan, prove, check, commit, push, and open or renew one pull request; nothing of it on a dry run."""
    workspace = Workspace.here()
    branch = promote.branch_of(workspace.known(given.source), workspace.known(given.target))
    proposal, published = deliver(
        workspace,
        Delivery(branch, pull_request=not given.no_pr, dry_run=given.dry_run),
        lambda tip, tree: promote.propose(workspace, tip, tree, given, branch),
        wording.promotion,
    )
    text = [*plans.proposal_text(proposal), *plans.published_text(published)]
    answer = plans.proposal_json(proposal, published)
    pull, is_there = published.pull_request, not proposal.plan.changes
    if given.dry_run or proposal.exit_code or not (pull or (is_there and given.wait)):
        return Result(answer, text, proposal.exit_code)
    more, code = _follow(workspace, pull, given) if pull else ([], 0)
    if code or not given.wait:
        return Result(answer, [*text, *more], code)
    waited = _roll_out(workspace, proposal, given)
    if waited is None:
        note = f"note: promote.yaml states no cluster of {given.target} (`cluster`), so no rollout was waited for"
        return Result(answer, [*text, *more, note])
    done = 0 if waited.is_done else PartlyDone.exit_code
    return Result(answer | {"rollout": live.waited_json(waited)}, [*text, *more, *live.waited_text(waited)], done)


def _roll_out(workspace: Workspace, proposal: Proposal, given: Options) -> Waited | None:
    """Wait until the promoted versions run, if there is a cluster to ask; raises PartlyDone if it does not answer."""
    if not (proposal.environment.cluster or given.kubeconfig or given.context):
        return None
    changes = proposal.plan.changes
    moved = Moved(changes, proposal.tip.commit) if changes else None
    try:
        return rollout.wait(workspace, given.target, Address(given.kubeconfig, given.context), given.timeout, moved)
    except NetworkError as error:
        raise PartlyDone(f"{given.target} has the versions in Git, but then: {error}") from error


def _follow(workspace: Workspace, pull: PullRequest, given: Options) -> tuple[list[str], int]:
    """Merge and wait, as far as asked for; raises PartlyDone where the forge fails, for the rest is done."""
    text: list[str] = []
    try:
        if given.auto_merge:
            done = follow.auto_merge(workspace, pull, given.despite)
            text += [done] if isinstance(done, str) else outcomes.merged_text(done)
            if not isinstance(done, str) and not done.is_merged:
                return text, 3
        if not given.wait:
            return text, 0
        waited, code = follow.wait(workspace.forge(), pull.number, given.timeout)
    except NetworkError as error:
        raise PartlyDone(f"pull request #{pull.number} is open ({pull.url}), but then: {error}") from error
    return [*text, waited], code
