from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.manifests.render import ENVIRONMENTS, Object, dig, name_of, overlay

HERE = Path(__file__).parent
ROWS: list[dict[str, Any]] = yaml.safe_load((HERE / "rows.yaml").read_text(encoding="utf-8"))
PROMISED = {*range(1, 11), 16, 17, 19, 20, 21, 22, *range(49, 59), *range(60, 70), 72, 73, *range(75, 81)}
PROMISED |= {70, 83, 84, 89, 90, 91, *range(106, 109), 110, 111}
PROMISED |= {12, 13, 14, 23, 24, 36, 71, 74, *range(85, 89), *range(92, 98), 109, 132}
PROMISED |= {11, 15, 18, 29, 30, 59, 81, 82, *range(98, 106), 112, 113, *range(116, 124)}


def _values() -> list[Any]:
    return [
        pytest.param(row, environment, id=f"{row['row']}-{environment}-{row['of']}-{row['path']}")
        for row in ROWS
        if "of" in row
        for environment in ENVIRONMENTS
        if row.get("only", environment) == environment
    ]


def _objects(row: dict[str, Any], environment: str) -> list[Object]:
    if row["of"].startswith("every "):
        found = overlay(environment).services(row["of"].removeprefix("every "))
        return [each for each in found if name_of(each) not in row.get("but", [])]
    kind, _, name = row["of"].partition("/")
    return [overlay(environment).one(kind, name)]


@pytest.mark.parametrize(("row", "environment"), _values())
def test_row(row: dict[str, Any], environment: str) -> None:
    objects = _objects(row, environment)
    assert objects
    for each in objects:
        value = dig(each, row["path"])
        if "has" in row:
            assert {key: value.get(key) for key in row["has"]} == row["has"], name_of(each)
        else:
            assert value == row.get(environment, row.get("is")), name_of(each)


def test_every_promise_has_a_row() -> None:
    assert {row["row"] for row in ROWS} == PROMISED


def test_every_entry_says_what_it_expects() -> None:
    for row in ROWS:
        expects = {"test", "is", "has"} & row.keys() or {*ENVIRONMENTS} <= row.keys()
        assert expects, row


def test_every_named_test_exists() -> None:
    written = "\n".join(path.read_text(encoding="utf-8") for path in HERE.glob("test_*.py"))
    functions = set(re.findall(r"^def (test_\w+)\(", written, flags=re.MULTILINE))
    assert {row["test"] for row in ROWS if "test" in row} <= functions
