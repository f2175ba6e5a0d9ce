"""`promote explain FROM TO`: what stands in the way of a promotion, how to get past it, and when it may go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from promote.checks.findings import Verdict
from promote.commands import promote
from promote.commands.promote import Options
from promote.commands.result import Result
from promote.errors import CheckDenied
from promote.gates import gates
from promote.kustomize import proof
from promote.model import Gate, Image
from promote.output import plans
from promote.promotion import workflow
from promote.promotion.facts import Known
from promote.promotion.workflow import Proposal, Published
from promote.repository.workspace import Workspace
from promote.system import clock, durations

__all__ = ["Options", "run"]

Obstacle = Mapping[str, str | None]


def run(options: Options) -> Result:
    """Every obstacle to the promotion as it would be now; exit 4 or 3 as the promotion itself."""
    workspace = Workspace.here()
    tip = workspace.local_tip()
    with workspace.at(tip.commit) as tree:
        # Before the proof writes the new versions there.
        images = tree.images(tree.environment(options.target))
        known = workspace.known(tree, tip.commit, needed=True) or Known()
        proposal = promote.propose(workspace, tip, tree, replace(options, allow_other_changes=True))
    lasting = _denials(proposal.verdict) + ([] if options.allow_other_changes else _others(proposal))
    obstacles = [*map(_shut, proposal.plan.blocked), *lasting]
    opens = gates.earliest(clock.now(), lambda now: _shut_at(proposal, images, known, now))
    earliest = None if lasting or opens is None else durations.moment(opens)
    code = workflow.exit_code(proposal) or (CheckDenied.exit_code if lasting else 0)
    answer = plans.plan_json(proposal.plan, Published(), proposal.verdict)
    text = [*plans.plan_text(proposal.plan), *(["", *_text(obstacles, earliest)] if proposal.plan.changes else [])]
    return Result({**answer, "obstacles": obstacles, "earliest": earliest}, text, code)


def _shut_at(proposal: Proposal, images: Sequence[Image], known: Known, now: datetime) -> tuple[Gate, ...]:
    """The gates that would be shut at another moment, were nothing changed until then."""
    held = tuple(gate for gate in proposal.plan.gates if gate.name == "hold")
    bare = replace(proposal.plan, gates=held)
    return gates.gated(bare, images, known.past, proposal.environment.gates, now).blocked


def _shut(gate: Gate) -> Obstacle:
    until = durations.moment(gate.until) if gate.until else None
    reason = f"{gate.subject}: {gate.reason}"
    return {"name": gate.name, "reason": reason, "until": until, "way": gates.WAYS[gate.name]}


def _denials(verdict: Verdict | None) -> list[Obstacle]:
    found = verdict.denials if verdict else []
    return [{"name": one.rule, "reason": one.message, "until": None, "way": one.fix} for one in found]


def _others(proposal: Proposal) -> list[Obstacle]:
    way = "look at it, and pass --allow-other-changes"
    return [
        {"name": "proof", "reason": f"{one.resource} {one.path} changes, too", "until": None, "way": way}
        for one in proof.others(proposal.differences)
    ]


def _text(obstacles: Sequence[Obstacle], earliest: str | None) -> list[str]:
    if not obstacles:
        return ["nothing stands in the way"]
    lines = [line for one in obstacles for line in (f"{one['name']}: {one['reason']}", f"  way: {one['way']}")]
    return [*lines, f"earliest by itself: {earliest or 'never'}"]
