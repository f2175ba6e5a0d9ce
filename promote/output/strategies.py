"""What a switch and a canary say of themselves: their commits, and their results as JSON and as text."""

from __future__ import annotations

from promote.changes.proposal import Proposal
from promote.changes.trailers import SOURCE, TARGET, Trailers
from promote.model import shortened
from promote.output import plans, values, wording
from promote.output.values import Json
from promote.promotion.deliver import Wording
from promote.strategy.canary import Request, Step
from promote.strategy.conduct import Made, Outcome
from promote.system import printable


def switch(proposal: Proposal) -> Wording:
    """What a switch says of itself: the one label value that it changes."""
    name, (moved, *_) = proposal.environment.name, proposal.differences
    title = f"switch: {name} ({moved.resource.name} {moved.old}→{moved.new})"
    trailers = [(TARGET, name), ("Switched", f"{moved.resource} {moved.old} -> {moved.new}")]
    return _wording(proposal, title, trailers, f"promote switch {name} {moved.resource.name} --to {moved.old}")


def switch_text(proposal: Proposal, service: str, colour: str) -> list[str]:
    """A switch for people."""
    where = proposal.environment.name
    if not proposal.files:
        return [f"nothing to do: {service} in {where} has the traffic on {colour} already"]
    return [f"{where}: the traffic of {service} moves to {colour}", *plans.proof_text(proposal)]


def canary(proposal: Proposal, request: Request, step: Step | None, reason: str) -> Wording:
    """What a step of a canary says of itself or, where there is none, the way back."""
    name, version = proposal.environment.name, request.version
    what = f"{request.service} {version.tag or version.shortened}"
    done = {None: "taken back", "prepare": "prepared", "finish": "stable", "withdraw": "canary withdrawn"}
    share = done.get(step.kind if step else None) or (f"{step.share} %" if step else "")
    trailers = [(TARGET, name), ("Canary", f"{request.service} {version}"), ("Canary-Step", share)]
    if step is None:
        trailers += [("Canary-Reason", " ".join(reason.split())), ("Rollback-Of", proposal.tip.commit)]
    undo = f"promote canary {name} {request.service} {request.name}={version} --abort"
    return _wording(proposal, f"canary: {name} ({what}, {share})", trailers, undo)


def _wording(proposal: Proposal, title: str, trailers: Trailers, undo: str) -> Wording:
    every = [*trailers, *proposal.overrides, (SOURCE, proposal.tip.commit)]
    body = wording.body(title, proposal.plan, proposal.verdict, proposal.differences, undo, proposal.also)
    lines = [shortened(f"{one.resource} {one.path}: {one.old} -> {one.new}") for one in proposal.differences]
    return Wording(printable.one_line(title), wording.message(title, lines, every), body)


def outcome_json(outcome: Outcome, request: Request) -> Json:
    """How a run of a canary ended, as JSON."""
    return {
        "environment": request.environment,
        "service": request.service,
        "version": values.version_json(request.version),
        "stable": values.version_json(outcome.stable),
        "canary": values.version_json(outcome.canary),
        "share": outcome.share,
        "commits": [_made_json(one) for one in outcome.made],
        "waiting": outcome.waiting or None,
        "failed": outcome.failed or None,
        "changed": bool(outcome.made),
    }


def _made_json(made: Made) -> Json:
    step = made.step
    return {
        "step": step.kind if step else "rollback",
        "share": step.share if step and step.kind != "finish" else None,
        **({"repository": made.published.repository} if made.published.repository else {}),
        "commit": made.published.commit,
    }


def outcome_text(outcome: Outcome, request: Request) -> list[str]:
    """How a run of a canary ended, for people."""
    lines = [
        f"{one.step.kind if one.step else 'rollback'}: {plans.place_text(one.published)}" for one in outcome.made
    ]
    lines.append(f"{request.service} has {outcome.stable.shortened}; "
                 f"its canary has {outcome.canary.shortened} and {outcome.share}")  # fmt: skip
    if outcome.failed:
        lines.append(f"{request.version.shortened} was taken back and is held: {outcome.failed}")
    elif outcome.waiting:
        lines.append(f"waiting: {outcome.waiting}; run it again")
    return lines
