"""`promote rollback ENV`: restores earlier images by one commit, and holds the bad versions."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from promote.cluster.client import Address
from promote.commands import editing, options
from promote.commands.result import Result
from promote.errors import UsageError
from promote.output import wording
from promote.promotion import rollback
from promote.promotion.deliver import Delivery, branch_of, deliver
from promote.promotion.rollback import Decision, Request
from promote.repository.workspace import Workspace
from promote.strategy import failed


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for; `to` is a revision's number, `to_commit` any commit."""

    environment: str
    services: tuple[str, ...] = ()
    everything: bool = False
    failed_rollouts: bool = False
    to: int | None = None
    to_commit: str | None = None
    again: bool = False
    reason: str = ""
    pr: bool = False
    dry_run: bool = False
    allow_other_changes: bool = False
    despite: Mapping[str, str] = field(default_factory=dict)
    kubeconfig: str | None = None
    context: str | None = None


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    options.environment(parser)
    parser.add_argument("services", nargs="*", default=[], metavar="NAME", help="services to roll back")
    options.option(parser, "--all", dest="everything", action="store_true", help="roll all of the environment back")
    aborted = "roll back what Argo Rollouts has aborted, or Flagger has failed, in the cluster"
    options.option(parser, "--failed-rollouts", action="store_true", help=aborted)
    options.option(parser, "--to", type=int, metavar="N", help="to revision N of `promote history ENV`")
    options.option(parser, "--to-commit", metavar="SHA", help="to what ran at this commit")
    further = "further back than the rollback that was the last change"
    options.option(parser, "--again", action="store_true", help=further)
    options.option(parser, "--reason", default="", metavar="TEXT", help="why; it is kept with the hold")
    options.pull_request(parser)
    options.dry_run(parser)
    options.allow_others(parser)
    new_ones = "roll back although the checks find what neither the environment nor the restored version had"
    options.option(parser, "--despite-findings", metavar="REASON", help=new_ones)
    options.cluster(parser)


def run(given: Options) -> Result:
    """Restore the images in one commit on the shared branch, or by a pull request with --pr.

    What this same command has done already is not done again: whoever repeats it may not know that it was.
    """
    if given.failed_rollouts:
        if given.services or given.everything:
            raise UsageError("--failed-rollouts finds the services itself: name none, and leave --all out")
        found = failed.find(Workspace.here(), given.environment, Address(given.kubeconfig, given.context))
        if not found:
            return Result({"changed": False, "failed": []}, [f"no rollout has failed in {given.environment}"])
        reason = given.reason or "; ".join(f"{one.name}: {one.reason}" for one in found)
        names = tuple(dict.fromkeys(image for one in found for image in one.images))
        given = replace(given, services=names, reason=reason)
    request = Request(
        given.environment,
        given.services,
        given.everything,
        given.to,
        given.to_commit,
        given.again,
        given.reason,
        given.allow_other_changes,
        not given.pr,
        given.despite.get("findings"),
    )
    request.insist_on_sense()
    workspace = Workspace.here()
    branch = branch_of("rollback", workspace.known(given.environment)) if given.pr else None
    first = Decision()
    proposal, published = deliver(
        workspace,
        Delivery(branch, dry_run=given.dry_run),
        lambda tip, tree: rollback.propose(workspace, tip, tree, request, first),
        wording.rollback,
    )
    return editing.result(proposal, published)
