"""`promote plan FROM TO…`: what a promotion would do, with nothing written anywhere."""

from __future__ import annotations

from argparse import ArgumentParser

from promote.commands import options
from promote.commands.result import Result, together
from promote.output import plans
from promote.promotion import promote
from promote.promotion.deliver import Published
from promote.promotion.promote import Fan
from promote.repository.workspace import Workspace

# What is asked for is the promotion, and nothing else.
Options = Fan


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    options.fan(parser)


def run(given: Options) -> Result:
    """The plan on the shared branch's tip, its rendered difference and its verdict; exit 4 or 3 as a promotion."""
    workspace = Workspace.here()
    groups = given.groups(workspace)
    tip = workspace.branches.local_tip(*(branch for branch, _ in groups))
    found = []
    for branch, edges in groups:
        with workspace.at(tip) as tree:
            found.append(promote.propose_all(workspace, tip, tree, edges, branch))
    results = [
        Result(plans.proposal_json(one, Published()), plans.proposal_text(one), one.exit_code) for one in found
    ]
    return together(results)
