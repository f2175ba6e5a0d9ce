"""Every policy says what it is, where its name says it is, and has a test beside it."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from promote.checks import coverage, rules
from tests.policies.evaluation import POLICIES, ROOT, SHARED_BY_TESTS, rule_files, rule_id, tool

# What holds for any repository, and comes with the rules.
GENERAL_TABLES = {"cluster", "retired_images"}
LIBRARY = sorted((POLICIES / "lib").glob("*.rego"))
RULES = [path for path in rule_files(POLICIES) if path.parent not in {POLICIES, POLICIES / "lib"}]


@pytest.fixture(scope="module")
def described() -> dict[str, dict[str, Any]]:
    """What each file says in the METADATA of its package, by path."""
    inspected = json.loads(tool("opa", "inspect", "--annotations", "--format", "json", "policies").stdout)
    return {
        entry["location"]["file"]: entry["annotations"]
        for entry in inspected["annotations"]
        if entry["annotations"]["scope"] == "package"
    }


def test_each_rule_describes_itself(described: dict[str, dict[str, Any]]) -> None:
    for path in RULES:
        said = described[str(path.relative_to(ROOT))]
        custom = said["custom"]
        assert said["title"][0].isupper(), path
        assert not said["title"].endswith("."), path
        assert said["description"].strip().endswith("."), path
        assert custom["id"] == rule_id(path)
        assert custom["severity"] in {"high", "medium", "low"}, path
        assert custom["profile"] in rules.PROFILES, path
        assert custom["fix"].strip(), path
        assert custom.get("docs", "https://").startswith("https://"), path
        assert set(custom) <= {"id", "profile", "general", "subjects", "severity", "fix", "docs"}, path
        assert custom.get("general", "warn") == "warn", path
        assert custom["profile"] in {"baseline", "restricted", "general"} or "general" not in custom, path


def test_each_rule_says_what_it_judges_in_words_that_are_known(described: dict[str, dict[str, Any]]) -> None:
    known = coverage.CLASSES | {coverage.TARGET, coverage.OWN}
    for path in RULES:
        said = described[str(path.relative_to(ROOT))]["custom"]["subjects"]
        assert said, path
        words = said if isinstance(said, list) else [said]
        strange = [word for word in words if not re.fullmatch(r"([a-z0-9.-]+/)?[A-Z]\w+", word)]
        assert set(strange) <= known, path
        assert (coverage.OWN in words) == ("\nsubjects contains " in path.read_text()), path


def _package(path: Path) -> str:
    """Rules about a change have an input of their own, so that the others' entry point must not gather them."""
    topic = path.parent.name
    return f"change.{path.stem}" if topic == "change" else f"rules.{topic}.{path.stem}"


def test_each_rule_can_be_read_without_rego() -> None:
    for path in RULES:
        text = path.read_text()
        assert text.startswith("# METADATA\n# title: "), path
        assert f"\npackage {_package(path)}\n" in text, path
        assert re.search(r"^(deny|warn) contains ", text, re.MULTILINE), path
        assert "rego.metadata" not in text, path


def test_each_rule_has_a_test() -> None:
    for path in RULES:
        test = path.with_name(f"{path.stem}_test.rego").read_text()
        assert test.startswith(f"package {_package(path)}_test\n"), path
        assert "test_accepts_" in test, path
        assert re.search(r"^test_(denies|warns)_", test, re.MULTILINE), path
        assert ".messages(" in test or '"msg":' in test or ".same(messages, " in test, path


def test_the_library_describes_and_tests_itself(described: dict[str, dict[str, Any]]) -> None:
    for path in rule_files(POLICIES / "lib"):
        assert described[str(path.relative_to(ROOT))]["description"].strip(), path
        assert path.with_name(f"{path.stem}_test.rego") in LIBRARY


def test_only_rules_of_the_system_read_its_own_tables() -> None:
    read = rules.select({str(path): path.read_text() for path in rule_files(POLICIES)}, "strict").tables
    # A table of exceptions may be absent: lib/tables lists those that may not.
    needed = set(re.findall(r'^missing contains "(\w+)"', (POLICIES / "lib" / "tables.rego").read_text(), re.M))
    assert read & needed == GENERAL_TABLES
    assert [table for table in sorted(read) if not (POLICIES / "data" / f"{table}.yaml").is_file()] == []


def test_titles_are_unique(described: dict[str, dict[str, Any]]) -> None:
    titles = Counter(said["title"] for said in described.values())
    assert [title for title, count in titles.items() if count > 1] == []


def test_every_test_belongs_to_a_policy() -> None:
    shared = {f"{name}_test" for name in SHARED_BY_TESTS}
    tests = {path for path in POLICIES.rglob("*_test.rego") if path.stem not in shared}
    assert tests == {path.with_name(f"{path.stem}_test.rego") for path in rule_files(POLICIES)}
