"""`promote plan FROM TO`: what a promotion would do, with nothing written anywhere."""

from __future__ import annotations

from argparse import ArgumentParser

from promote.commands import options
from promote.commands.result import Result
from promote.output import plans
from promote.promotion import promote
from promote.promotion.deliver import Published
from promote.promotion.promote import Edge
from promote.repository.workspace import Workspace

# What is asked for is one edge, and nothing else.
Options = Edge


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    options.edge(parser)


def run(given: Options) -> Result:
    """The plan on the shared branch's tip, its rendered difference and its verdict; exit 4 or 3 as a promotion."""
    workspace = Workspace.here()
    branch = promote.branch_of(workspace.known(given.source), workspace.known(given.target))
    tip = workspace.local_tip(branch)
    with workspace.at(tip.commit) as tree:
        proposal = promote.propose(workspace, tip, tree, given, branch)
    answer = plans.proposal_json(proposal, Published())
    return Result(answer, plans.proposal_text(proposal), proposal.exit_code)
