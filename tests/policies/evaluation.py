"""Runs conftest over documents the way `promote check` does, and reads its answer."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from promote.checks import conftest
from promote.checks.conftest import EVALUATION, MAIN
from promote.checks.findings import Target
from promote.model import Identity
from promote.system.process import Completed, run

ROOT = Path(__file__).parents[2]
POLICIES = ROOT / "policies"
SHOP = Path(__file__).parent / "data"
# The first part of the ids in a folder, where it is not the name of the folder; as in policies/lib/rule_ids.rego.
PREFIXES = {"pod_security": "workloads"}
# Files of policies/lib with what the Rego tests share. Their names end in _test so that only tests load them.
SHARED_BY_TESTS = ("assert", "examples")

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says about one resource."""

    rule: str
    level: str
    message: str
    fix: str
    name: str
    container: str


@dataclass(frozen=True, slots=True)
class Report:
    """All findings, with the proof of what was looked at."""

    findings: tuple[Finding, ...]
    documents: int
    rules: tuple[str, ...]

    def denied(self, name: str | None = None) -> set[str]:
        """The rules that deny something, or something about the resource called `name`."""
        return {found.rule for found in self.findings if found.level == "deny" and name in {None, found.name}}


def tool(name: str, *arguments: str | Path, cwd: Path = ROOT) -> Completed:
    """Run one of the repository's pinned tools; they live too briefly for collecting garbage to pay.

    A hundred targets may take minutes on a slow machine, so only what hangs is stopped.
    """
    return run([ROOT / ".tools" / "bin" / name, *arguments], cwd=cwd, env={"GOGC": "800"}, timeout=1200)


def rule_files(policies: Path) -> list[Path]:
    """Every policy that is not a test."""
    return sorted(path for path in policies.rglob("*.rego") if not path.stem.endswith("_test"))


def rule_id(path: Path) -> str:
    """The id of the rule in a file; empty for a file that rules share."""
    folder = path.parent.name
    return "" if folder in {"policies", "lib"} else f"{PREFIXES.get(folder, folder)}.{path.stem}"


def good() -> list[Document]:
    """A fresh copy of the target that no rule objects to."""
    return copy.deepcopy(_good())


@functools.cache
def _good() -> list[Document]:
    return list(yaml.safe_load_all((Path(__file__).parent / "good.yaml").read_text()))


def evaluate(
    documents: Iterable[object],
    into: Path,
    *,
    data: Path = SHOP,
    policies: Path = POLICIES,
    only: frozenset[str] | None = None,
) -> Report:
    """Write `documents` into the directory `into` and ask the policies, or `only` these of them."""
    rendered = into / "rendered.yaml"
    # JSON is YAML, and a hundred times quicker to write.
    rendered.write_text("\n---\n".join(json.dumps(document) for document in documents))
    files = [path for path in rule_files(policies) if only is None or rule_id(path) in only or not rule_id(path)]
    loaded = [argument for path in files for argument in ("-p", path)]
    options = ["--combine", *loaded, "-d", data, "-n", "main", "-n", "evaluation", "-o", "json", "--no-color"]
    done = tool("conftest", "test", rendered, *options, cwd=into)
    assert done.stdout, done.error
    results = json.loads(done.stdout)
    (proof,) = (result["warnings"] for result in results if result["namespace"] == "evaluation")
    main = [result for result in results if result["namespace"] == "main"]
    return Report(
        tuple(
            _finding(level, entry)
            for result in main
            for level, key in (("deny", "failures"), ("warn", "warnings"))
            for entry in result.get(key, [])
        ),
        proof[0]["metadata"]["documents"],
        tuple(proof[0]["metadata"]["rules"]),
    )


@dataclass(frozen=True, slots=True)
class Judged:
    """The target that one defect made: what there was to judge in it, and what each rule found in which resource."""

    target: Target
    denied: frozenset[tuple[str, Identity]]
    warned: frozenset[tuple[str, Identity]]

    def rules(self, level: str = "deny") -> set[str]:
        """The rules that deny something, or warn of it."""
        return {rule for rule, _ in (self.denied if level == "deny" else self.warned)}


def judge(targets: Mapping[str, Iterable[Document]], into: Path) -> dict[str, Judged]:
    """What every rule finds in each target, by its name: all targets in one run of OPA.

    Starting a program for each target takes ten times as long as evaluating it.
    """
    combined = {name: [{"contents": document} for document in target] for name, target in targets.items()}
    (into / "targets.json").write_text(json.dumps(combined))
    loaded = [argument for path in (*rule_files(POLICIES), SHOP) for argument in ("--data", path)]
    found = "{[found.rule, found.resource] | some found in data.main.%s with input as target}"
    record = "[record | some record in data.evaluation.warn with input as target]"
    query = f"{{name: [{found % 'deny'}, {found % 'warn'}, {record}] | some name, target in input}}"
    done = tool("opa", "eval", "--format", "raw", "--input", into / "targets.json", *loaded, query, cwd=into)
    assert done.code == 0, done.error
    return {name: _judged(name, *found) for name, found in json.loads(done.stdout).items()}


def _judged(name: str, denied: list[Any], warned: list[Any], records: list[Any]) -> Judged:
    about = conftest.from_conftest([
        {"namespace": MAIN, "successes": 1},
        {"namespace": EVALUATION, "warnings": [{"metadata": record} for record in records]},
    ], name)  # fmt: skip
    target = Target(name, name, about.documents, about.documents, about.documents, about.rules, about.subjects)
    return Judged(target, *(frozenset((rule, _identity(who)) for rule, who in each) for each in (denied, warned)))


def _identity(who: Mapping[str, str]) -> Identity:
    return Identity(who["apiVersion"], who["kind"], who["namespace"], who["name"])


def _finding(level: str, entry: Document) -> Finding:
    said = entry["metadata"]
    return Finding(said["rule"], level, entry["msg"], said["fix"], said["resource"]["name"], said["container"])
