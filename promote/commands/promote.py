"""`promote FROM TO`: the versions of one environment, proposed for another."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import dataclass

from promote.commands import options
from promote.commands.result import Result
from promote.errors import NetworkError, PartlyDone
from promote.forge.protocol import PullRequest
from promote.output import outcomes, plans, wording
from promote.promotion import follow, promote
from promote.promotion.deliver import Delivery, deliver
from promote.promotion.promote import Edge
from promote.repository.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Options(Edge):
    """An edge, and how far to take its promotion; `timeout` is in seconds."""

    dry_run: bool = False
    no_pr: bool = False
    auto_merge: bool = False
    wait: bool = False
    timeout: float = 3600


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    options.edge(parser)
    options.dry_run(parser)
    options.option(parser, "--no-pr", action="store_true", help="push the branch, but open no pull request")
    options.option(parser, "--auto-merge", action="store_true", help="merge as soon as the forge allows it")
    options.option(parser, "--wait", action="store_true", help="wait until the pull request is merged")
    options.option(
        parser, "--timeout", type=float, default=3600, metavar="SECONDS", help="how long --wait waits (3600)"
    )


def run(given: Options) -> Result:
    """Plan, prove, check, commit, push, and open or renew one pull request; nothing of it on a dry run."""
    workspace = Workspace.here()
    branch = promote.branch_of(workspace.config.known(given.source), workspace.config.known(given.target))
    proposal, published = deliver(
        workspace,
        Delivery(branch, pull_request=not given.no_pr, dry_run=given.dry_run),
        lambda tip, tree: promote.propose(workspace, tip, tree, given),
        wording.promotion,
    )
    text = [*plans.proposal_text(proposal), *plans.published_text(published)]
    answer = plans.plan_json(proposal.plan, published, proposal.verdict)
    if published.pull_request is None:
        return Result(answer, text, proposal.exit_code)
    more, code = _follow(workspace, published.pull_request, given)
    return Result(answer, [*text, *more], code)


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
