"""`promote switch ENV SERVICE --to COLOUR`: moves the traffic of a Service to its other colour by one commit."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import dataclass

from promote.cluster.client import Address
from promote.commands import options
from promote.commands.result import Result
from promote.errors import UsageError
from promote.output import plans, strategies
from promote.promotion.deliver import Delivery, branch_of, deliver
from promote.repository.workspace import Workspace
from promote.strategy import running, switch
from promote.strategy.switch import Request


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for."""

    environment: str
    service: str
    to: str = ""
    kubeconfig: str | None = None
    context: str | None = None
    pr: bool = False
    dry_run: bool = False


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    options.environment(parser)
    parser.add_argument("service", metavar="SERVICE", help="a Service, or a workload whose pods it selects")
    options.option(
        parser, "--to", default="", metavar="COLOUR", help="the colour that gets the traffic, such as green"
    )
    options.cluster(parser)
    options.pull_request(parser)
    options.dry_run(parser)


def run(given: Options) -> Result:
    """Change one label value of the selector on the shared branch, or by a pull request with --pr."""
    if not given.to:
        raise UsageError("name the colour that gets the traffic: --to blue, or what else the label of its pods says")
    workspace = Workspace.here()
    address = Address(given.kubeconfig, given.context)
    request = Request(given.environment, given.service, given.to, lambda one: running.pending(one, address))
    branch = branch_of("switch", workspace.known(given.environment), given.service) if given.pr else None
    proposal, published = deliver(
        workspace,
        Delivery(branch, dry_run=given.dry_run),
        lambda tip, tree: switch.propose(workspace, tip, tree, request),
        strategies.switch,
    )
    text = [*strategies.switch_text(proposal, given.service, given.to), *plans.published_text(published)]
    code = 0 if published.changed else proposal.exit_code
    json = {
        **plans.proposal_json(proposal, published),
        "service": given.service,
        "colour": given.to,
    }
    return Result(json, text, code)
