"""Asks every gate of an environment about a change, now or at another time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from promote.gates import registry
from promote.gates.protocol import Context, Gate, Judgement, Need
from promote.model import Plan

_STEPS = 100  # windows that follow one another without a gap in which to go


def evaluate(context: Context, gates: Sequence[Gate]) -> Plan:
    """The plan with the results, facts and remarks of all `gates`; what moves no version and no policy passes."""
    judged = context.plan.changes or context.policy
    asked = [one for one in gates if one.stops_rollbacks or not context.is_rollback] if judged else []
    judgements = {one.name: one.judge(context) if one in asked else Judgement() for one in gates}
    results = []
    for name, judgement in judgements.items():
        # A closed gate lets a change pass where there is a reason, which is recorded; an open one needs none.
        reason = context.plan.despite.get(name)
        results += [
            one if one.passed or reason is None else replace(one, passed=True, despite=reason)
            for one in judgement.results
        ]
    return replace(
        context.plan,
        gates=tuple(results),
        facts={one.name: judgements[one.name].facts for one in gates if one.measures},
        remarks=tuple(remark for judgement in judgements.values() for remark in judgement.remarks),
        overrides={name: judgement.override for name, judgement in judgements.items() if judgement.override},
    )


def needs(gates: Iterable[Gate]) -> frozenset[Need]:
    """What any of the gates cannot do without."""
    return frozenset[Need]().union(*(gate.needs for gate in gates))


def earliest(context: Context, gates: Sequence[Gate]) -> datetime | None:
    """When all gates are open for the first time, if nothing else changes; None where time alone opens them never.

    By the time that one gate opens, another may have closed.
    """
    now = context.now
    for _ in range(_STEPS):
        closed = evaluate(replace(context, now=now), gates).blocked
        opens = [result.until for result in closed if result.until]
        if len(opens) < len(closed):
            return None
        if not opens:
            return now
        now = max(opens)
    return None


def ways(names: Iterable[str]) -> str:
    """How to get past the named gates, each once."""
    known = registry.load()
    return " ".join(known[name].way for name in dict.fromkeys(names))
