"""`promote explain FROM TO`: what blocks a promotion, how to get past it, and when it opens."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import replace

from promote.commands import options
from promote.commands.result import Result
from promote.output import outcomes, plans
from promote.promotion import explain, promote
from promote.promotion.deliver import Published
from promote.promotion.promote import Edge
from promote.repository.workspace import Workspace

# What is asked for is one edge, and nothing else.
Options = Edge


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    options.edge(parser)


def run(given: Options) -> Result:
    """Every obstacle to the promotion as it would be now; exit 4 or 3 as the promotion itself."""
    workspace = Workspace.here()
    branch = promote.branch_of(workspace.known(given.source), workspace.known(given.target))
    tip = workspace.branches.local_tip(branch)
    # Other changes are obstacles, too, and must not hide the rest.
    edge = replace(given, allow_other_changes=True)
    with workspace.at(tip) as tree:
        proposal = promote.propose_all(workspace, tip, tree, [edge], branch)
    found = explain.explain(proposal, given.allow_other_changes)
    answer = plans.proposal_json(proposal, Published())
    reasons = ["", *outcomes.explanation_text(found)] if proposal.plan.changes else []
    return Result(answer | outcomes.explanation_json(found), [*plans.plans_text(proposal), *reasons], found.exit_code)
