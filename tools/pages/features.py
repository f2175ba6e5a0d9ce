"""The table of requirements: the place of each, its proof, and what cannot be proved here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

ROWS = "tests/manifests/rows.yaml"
HEAD = f"""\
# Requirements and their proofs

MediQ's original README made 134 statements about its Kubernetes folder. This page lists each of them, where it is
implemented, and what proves it. It is generated from [{ROWS}](../{ROWS}).

- `make test` checks every rendered value and runs the tests for both environments.
- `make servers` runs the tests in `tests/servers`. `make e2e` runs those in `tests/e2e`.
- `promote check` denies violations of a rule.

The last column says what cannot be proved here:

- behaviour of programs that no package registry has: MySQL 8.4, Grafana, Loki and the edge's controller;
- behaviour of a cluster: it enforces policies, decides how to scale, and syncs;
- your own tasks: domains, addresses and accounts, in the [production checklist](production-checklist.md).
"""
COLUMNS = ("", "requirement", "where", "proof", "not proved here")
SHORT = ("area", "rows", "not fully proved here")

Row = dict[str, Any]


def pages(root: Path) -> dict[str, str]:
    """One page: a summary by area, then the whole table."""
    rows = yaml.safe_load((root / ROWS).read_text(encoding="utf-8"))
    areas = dict(_areas(rows))
    parts = [HEAD, _summary(areas), *(_area(title, found) for title, found in areas.items())]
    return {"docs/features.md": "\n".join(parts)}


def _areas(rows: list[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Each area with its rows: the first of them names it."""
    found: list[Row] = []
    for row in rows:
        if "area" in row:
            found = []
            yield row["area"], found
        found.append(row)


def _area(title: str, rows: list[Row]) -> str:
    return f"## {title}\n\n{_table(COLUMNS, [_cells(row) for row in rows])}"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cells(row: Row) -> tuple[str, ...]:
    where = ", ".join(f"[{place}](../{place})" for place in row["where"])
    return str(row["row"]), row["title"], where, ", ".join(_proofs(row)), row.get("cannot", "")


def _proofs(row: Row) -> Iterator[str]:
    proofs = row.get("proof", [])
    values = sum("of" in proof for proof in proofs)
    if values:
        yield f"{values} rendered value{'s' if values > 1 else ''}"
    for proof in proofs:
        if "test" in proof:
            file, _, name = proof["test"].partition("::")
            yield f"[{name.removeprefix('test_').replace('_', ' ')}](../{file})"
        if "rule" in proof:
            yield f"rule [{proof['rule']}](rules/{proof['rule']}.md)"


def _summary(areas: dict[str, list[Row]]) -> str:
    return _table(SHORT, [(title, _numbers(rows), _open(rows)) for title, rows in areas.items()])


def _numbers(rows: list[Row]) -> str:
    return f"{rows[0]['row']}–{rows[-1]['row']}"


def _open(rows: list[Row]) -> str:
    return ", ".join(str(row["row"]) for row in rows if "cannot" in row) or "none"
