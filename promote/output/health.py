"""The health of a running environment, as JSON and as a table."""

from __future__ import annotations

from collections import Counter

from promote.live.health import Health
from promote.model import shortened
from promote.output.values import Json


def health_json(found: Health) -> Json:
    """What every check says, as JSON."""
    return {
        "environment": found.environment,
        "context": found.context,
        "healthy": found.is_healthy,
        "checks": {
            one.name: [{"subject": row.subject, "state": row.state, "detail": row.detail} for row in one.rows]
            for one in found.checks
        },
    }


def health_text(found: Health) -> list[str]:
    """A table with a part for each check, and a last line with the verdict."""
    # Imported here: programs ask for JSON.
    from tabulate import tabulate

    lines = [f"{found.environment}: the cluster is {found.context}"]
    for check in found.checks:
        rows = [[f"  {row.state}", row.subject, shortened(row.detail)] for row in check.rows]
        table = tabulate(rows, tablefmt="plain", disable_numparse=True, preserve_whitespace=True)
        lines += [check.title, *(line.rstrip() for line in table.splitlines())] if rows else [f"{check.title}: none"]
    counts = Counter(row.state for check in found.checks for row in check.rows)
    said = ", ".join(f"{counts[state]} {state}" for state in ("failed", "warning", "unknown", "ok") if counts[state])
    return [*lines, f"{found.environment} is {'healthy' if found.is_healthy else 'NOT healthy'}: {said}"]
