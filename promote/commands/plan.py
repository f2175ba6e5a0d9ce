"""`promote plan FROM TO`: what a promotion would do, with nothing written anywhere."""

from __future__ import annotations

from promote.commands import promote
from promote.commands.promote import Options
from promote.commands.result import Result
from promote.output import plans
from promote.promotion import workflow
from promote.promotion.workflow import Published
from promote.repository.workspace import Workspace

__all__ = ["Options", "run"]


def run(options: Options) -> Result:
    """The plan on the shared branch's tip, its rendered difference and its verdict; exit 4 or 3 as a promotion."""
    workspace = Workspace.here()
    tip = workspace.local_tip()
    with workspace.at(tip.commit) as tree:
        proposal = promote.propose(workspace, tip, tree, options)
    answer = plans.plan_json(proposal.plan, Published(), proposal.verdict)
    return Result(answer, plans.proposal_text(proposal), workflow.exit_code(proposal))
