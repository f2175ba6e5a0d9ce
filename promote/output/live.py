"""What runs in a cluster, as JSON and as text."""

from __future__ import annotations

from collections.abc import Iterable

from promote.engines.protocol import Delivery
from promote.live.observed import Live, Seen
from promote.live.rollout import Waited
from promote.live.running import Running
from promote.model import shortened
from promote.output.values import Json


def live_json(seen: Live) -> Json:
    """An environment as it runs, as JSON."""
    return {
        "environment": seen.expected.environment.name,
        "commit": seen.expected.tip.commit,
        "context": seen.context,
        "workloads": [
            {
                "workload": one.workload,
                "namespace": one.namespace,
                "image": one.image,
                "running": dict(one.found),
                "ready": one.ready,
                "replicas": one.replicas,
                "pending": one.pending or None,
                "difference": one.difference or None,
            }
            for one in seen.running
        ],
        "engine": engine_json(seen.engine, seen.seen),
        "differences": seen.differences,
        "unhealthy": list(seen.unhealthy()),
        "notes": list(seen.notes),
    }


def engine_json(engine: Delivery | None, seen: Iterable[Seen]) -> Json | None:
    """What a sync engine says, as JSON."""
    if engine is None:
        return None
    return {
        "name": engine.engine,
        "objects": [
            {
                "kind": each.part.kind,
                "namespace": each.part.namespace,
                "name": each.part.name,
                "revision": each.part.revision or None,
                "sync": each.part.sync,
                "health": each.part.health,
                "synced": each.part.is_synced,
                "failures": list(each.part.failures),
                "paused": list(each.part.paused),
                "difference": each.difference or None,
            }
            for each in seen
        ],
        "advice": list(engine.advice),
        "unread": list(engine.unread),
    }


def live_text(seen: Live) -> list[str]:
    """An environment as it runs: where Git is, what the engine says, which images run, and in what they differ."""
    tip, name = seen.expected.tip, seen.expected.environment.name
    lines = [f"{name}: Git says {tip.label} at {tip.commit[:12]}; the cluster is {seen.context}"]
    parts = [each.part for each in seen.seen]
    lines += [f"  {one} is {one.sync}, {one.health}, at {one.revision[:12] or 'no commit'}" for one in parts]
    lines += ["", *_table(seen.running)]
    differences = [f"  {shortened(one)}" for one in seen.differences]
    lines += ["", "differs from Git:", *differences] if differences else ["", "runs what Git says"]
    if unhealthy := list(seen.unhealthy()):
        lines += ["", "not healthy:", *(f"  {shortened(one)}" for one in dict.fromkeys(unhealthy))]
    return [*lines, *_advice(seen.engine), *(f"note: {note}" for note in seen.notes)]


def _advice(engine: Delivery | None) -> list[str]:
    if engine is None:
        return []
    lines = (
        ["", f"unsafe settings of {engine.engine}:", *(f"  {one}" for one in engine.advice)] if engine.advice else []
    )
    return [*lines, *(f"note: {one}" for one in engine.unread)]


def _table(running: Iterable[Running]) -> list[str]:
    # Imported here: programs ask for JSON.
    from tabulate import tabulate

    rows = []
    for one in running:
        found = ", ".join(map(shortened, one.found)) or "nothing"
        if one.found and not one.difference:
            found = "same"
        rows.append([one.workload, shortened(one.image), found, f"{one.ready}/{one.replicas}"])
    table = tabulate(rows, ["", "Git", "running", "ready"], "plain", disable_numparse=True, preserve_whitespace=False)
    return [line.rstrip() for line in table.splitlines()]


def waited_json(waited: Waited) -> Json:
    """How a wait ended, as JSON."""
    return live_json(waited.live) | {
        "deployed": waited.is_done,
        "missing": list(waited.missing),
        "seconds": round(waited.seconds, 1),
    }


def waited_text(waited: Waited) -> list[str]:
    """How a wait ended; on a failure, what is missing and why."""
    seen, seconds = waited.live, f"{waited.seconds:.0f} s"
    name, tip = seen.expected.environment.name, seen.expected.tip.commit[:12]
    notes = [f"note: {note}" for note in seen.notes]
    if waited.is_done:
        return [f"{name} runs what {tip} says, after {seconds}", *_advice(seen.engine), *notes]
    lines = [f"{name} does not run what {tip} says, after {seconds}:"]
    lines += [f"  {shortened(one)}" for one in waited.missing]
    if why := list(dict.fromkeys(seen.unhealthy())):
        lines += ["not healthy:", *(f"  {shortened(one)}" for one in why)]
    return [*lines, *_advice(seen.engine), *notes]
