"""Every id that a finding can have is listed by `promote policies`, so that it is described and can be asked for."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from promote.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
ID = re.compile(r"[a-z]+\.[a-z_]+")
# The topics of what promote finds itself, whatever it is called.
OWN = {"check", "schema", "waivers", "main", "rule"}
SUFFIXES = {"rego", "yaml", "json", "py"}
LIST = ROOT / "promote/checks/rules.py"
SOURCES = [path for path in sorted((ROOT / "promote").rglob("*.py")) if path != LIST]
POLICIES = [path for path in sorted((ROOT / "policies").rglob("*.rego")) if not path.name.endswith("_test.rego")]


@pytest.fixture(scope="module")
def listed() -> set[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        lines: list[str] = []
        patch.setattr("builtins.print", lambda *words, **_: lines.extend(map(str, words)))
        assert main(["policies", "--output", "json"]) == 0
    return {rule["id"] for rule in json.loads("\n".join(lines))["rules"]}


def texts(node: ast.AST) -> Iterator[str]:
    """The texts within `node` that have the form of an id."""
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and ID.fullmatch(part.value):
            yield part.value


def given(tree: ast.AST) -> Iterator[str]:
    """The ids that `tree` itself gives to findings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding":
            yield from texts(node.args[0])


def of_own(tree: ast.AST) -> Iterator[str]:
    """The ids in `tree` that only a check of promote's own can have, wherever they come from to a finding."""
    for text in texts(tree):
        topic, _, name = text.partition(".")
        if topic in OWN and name not in SUFFIXES:
            yield text


@cache
def in_python() -> set[str]:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES]
    return {name for tree in trees for name in (*given(tree), *of_own(tree))}


@cache
def in_rego() -> set[str]:
    found = set()
    for path in POLICIES:
        text = path.read_text(encoding="utf-8")
        found.update(re.findall(r"^#   id: (\S+)$", text, re.MULTILINE))
        found.update(re.findall(rf'"((?:{"|".join(OWN)})\.[a-z_]+)"', text))
    return found


def test_every_id_in_the_code_is_listed(listed: set[str]) -> None:
    assert in_python() - listed == set()
    assert in_rego() - listed == set()


def test_every_listed_id_is_in_the_code(listed: set[str]) -> None:
    assert listed - in_python() - in_rego() == set()


def test_an_id_is_found_however_it_gets_to_a_finding() -> None:
    code = 'faults = [("check.new", "x")]\nFinding(rule or "other.new", "deny")\nopen("main.rego")\n'
    tree = ast.parse(code)
    assert {*given(tree), *of_own(tree)} == {"check.new", "other.new"}
