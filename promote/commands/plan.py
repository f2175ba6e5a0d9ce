"""`promote plan FROM TO`: what a promotion would do, with nothing written anywhere."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import dataclass, field

from promote.commands import options
from promote.commands.result import Result
from promote.output import plans
from promote.promotion import promote
from promote.promotion.deliver import Published
from promote.promotion.promote import Edge
from promote.repository.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for."""

    source: str
    target: str
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    allow_other_changes: bool = False
    despite: Mapping[str, str] = field(default_factory=dict)


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    options.edge(parser)


def run(given: Options) -> Result:
    """The plan on the shared branch's tip, its rendered difference and its verdict; exit 4 or 3 as a promotion."""
    workspace = Workspace.here()
    tip = workspace.local_tip()
    edge = Edge(given.source, given.target, given.only, given.exclude, given.allow_other_changes, given.despite)
    with workspace.at(tip.commit) as tree:
        proposal = promote.propose(workspace, tip, tree, edge)
    answer = plans.plan_json(proposal.plan, Published(), proposal.verdict)
    return Result(answer, plans.proposal_text(proposal), proposal.exit_code)
