"""`promote scale ENV SERVICE N`: sets the minimum number of pods by one commit, or restores the default."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import dataclass

from promote.cluster.client import Address
from promote.commands import options
from promote.commands.result import Result
from promote.errors import UsageError
from promote.output import plans, scaling
from promote.promotion import scale
from promote.promotion.deliver import Delivery, branch_of, deliver
from promote.promotion.scale import Request
from promote.repository.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for; `everything` is --all."""

    environment: str
    service: str | None = None
    count: int | None = None
    everything: bool = False
    default: bool = False
    status: bool = False
    live: bool = False
    kubeconfig: str | None = None
    context: str | None = None
    pr: bool = False
    dry_run: bool = False


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    options.environment(parser)
    parser.add_argument("service", nargs="?", metavar="SERVICE", help="a workload, or a service of promote.yaml")
    parser.add_argument("count", nargs="?", type=int, metavar="N", help="how many pods it has at least")
    options.option(parser, "--all", dest="everything", action="store_true", help="with --default: every service")
    options.option(parser, "--default", action="store_true", help="remove the number that scale set")
    options.option(parser, "--status", action="store_true", help="show the numbers in Git, and change nothing")
    options.option(parser, "--live", action="store_true", help="with --status: also show how many pods run")
    options.cluster(parser)
    options.pull_request(parser)
    options.dry_run(parser)


def run(given: Options) -> Result:
    """Show the numbers of an environment, or change them by one commit on the shared branch."""
    _insist_on_sense(given)
    workspace = Workspace.here()
    if given.status:
        with workspace.at(workspace.branches.local_tip()) as tree:
            environment, rows = scale.status(tree, given.environment)
        address = Address(given.kubeconfig, given.context)
        live = scale.pods(environment, rows, address) if given.live else None
        return Result(scaling.status_json(environment.name, rows, live), scaling.status_text(rows, live))
    request = Request(given.environment, given.service, given.count)
    branch = branch_of("scale", workspace.known(given.environment), given.service or "default") if given.pr else None
    change, published = deliver(
        workspace,
        Delivery(branch, dry_run=given.dry_run),
        lambda tip, tree: scale.propose(tip, tree, request),
        scaling.described,
    )
    text = [*scaling.change_text(change), *plans.published_text(published)]
    return Result(scaling.change_json(change, published), text, 0 if published.changed else change.exit_code)


def _insist_on_sense(given: Options) -> None:
    """Raise UsageError unless the words and options together mean one thing."""
    named, number = given.service is not None, given.count is not None
    if given.live and not given.status:
        raise UsageError("--live needs --status: nothing is changed in a cluster")
    if given.status:
        wrong = named or given.everything or given.default
        advice = "--status shows every service: leave the other words out"
    elif given.default:
        wrong = number or named == given.everything
        advice = "--default takes SERVICE or --all, and no number"
    else:
        wrong = not (named and number) or given.everything
        advice = "write SERVICE and a number, --all --default, or --status"
    if wrong:
        raise UsageError(f"{advice}; see `promote scale --help`")
