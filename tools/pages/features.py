"""The table of every promise: where it is kept, what proves it, and what cannot be proved here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

ROWS = "tests/manifests/rows.yaml"
BEGIN, END = "<!-- features: made by `make docs` -->\n", "<!-- end of features -->\n"
HEAD = f"""\
# What was promised, and what proves it

Made from [{ROWS}](../{ROWS}), whose every value and test `make test` tries in both environments; tests in
`tests/servers` run by `make servers`, those in `tests/e2e` by `make e2e`. A rule is what `promote check` denies by.
"""
COLUMNS = ("", "promised", "where", "proved by", "not proved here")
SHORT = ("", "promises", "with something that cannot be proved here")

Row = dict[str, Any]


def pages(root: Path) -> dict[str, str]:
    """The whole table, and its short form in the README."""
    rows = yaml.safe_load((root / ROWS).read_text(encoding="utf-8"))
    areas = dict(_areas(rows))
    parts = [HEAD, *(_area(title, found) for title, found in areas.items())]
    return {"docs/features.md": "\n".join(parts), "README.md": _readme(root, areas)}


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


def _readme(root: Path, areas: dict[str, list[Row]]) -> str:
    before, _, rest = (root / "README.md").read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    short = [(title, _numbers(rows), _open(rows)) for title, rows in areas.items()]
    return f"{before}{BEGIN}\n{_table(SHORT, short)}\n{END}{after}"


def _numbers(rows: list[Row]) -> str:
    return f"{rows[0]['row']}–{rows[-1]['row']}"


def _open(rows: list[Row]) -> str:
    return ", ".join(str(row["row"]) for row in rows if "cannot" in row) or "none"
