"""What `promote check` and `promote policies` print, for people and for programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft4Validator

from promote.checks.findings import NOWHERE, Base, Finding, Verdict, Waiver
from promote.commands import policies
from promote.errors import UsageError
from promote.model import Identity, Source
from promote.output import sarif
from tests.integration.checking import ENVIRONMENT, ROOT, Repository, surroundings, view
from tools.setup.go import download_modules
from tools.setup.work import Workplace

SARIF = "github.com/owenrumney/go-sarif/v3"
TOP = ["targets", "findings", "summary", "coverage", "notes"]
FINDING = ["rule", "level", "target", "resource", "container", "message", "fix", "source", "waiver"]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    repository = Repository.small(tmp_path_factory.mktemp("small"))
    repository.edit("cart.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false")
    repository.edit("cart.yaml", "spec:\n  selector", "spec:\n  replica: 1\n  selector")
    return repository


def promote(repository: Repository, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **ENVIRONMENT}
    command = [sys.executable, "-m", "promote", *arguments]
    return subprocess.run(
        command, cwd=repository.folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_json_has_exactly_the_keys_that_were_promised(small: Repository) -> None:
    done = promote(small, "check", "--output", "json")
    found = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (3, "")
    assert list(found) == TOP
    (target,) = found["targets"]
    assert target == {"name": "small", "path": ".", "documents": 5, "evaluated": 5, "validated": 5}
    for finding in found["findings"]:
        assert list(finding) == FINDING
        assert list(finding["resource"]) == ["apiVersion", "kind", "namespace", "name"]
        assert list(finding["source"]) == ["file", "line"]
    assert found["summary"] == {"deny": 2, "warn": 0, "waived": 0}


def test_json_of_a_finding(small: Repository) -> None:
    (finding,) = small.check().of("workloads.read_only_root")
    assert finding == {
        "rule": "workloads.read_only_root",
        "level": "deny",
        "target": "small",
        "resource": {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "shop", "name": "cart"},
        "container": "server",
        "message": "Deployment/cart: container server can write to its root filesystem",
        "fix": "securityContext: {readOnlyRootFilesystem: true}, with an emptyDir where the program writes",
        "source": {"file": "cart.yaml", "line": 30},
        "waiver": None,
    }


def test_text(small: Repository) -> None:
    done = promote(small, "check")
    assert done.returncode == 3
    lines = done.stdout.splitlines()
    assert "DENY  workloads.read_only_root  cart.yaml:30" in lines
    assert lines[-2:] == ["small: 5 documents rendered, 5 validated, 5 evaluated", "2 denied, 0 warnings"]


def test_coverage_says_what_the_rules_had_to_judge(small: Repository) -> None:
    lines = promote(small, "check", "--coverage").stdout.splitlines()
    assert lines[0].split() == ["rule", "target", "applied", "passed", "denied", "warned", "waived"]
    rows = {cells[0]: cells[1:] for cells in map(str.split, lines) if cells[1:2] == ["small"]}
    assert rows["workloads.read_only_root"] == ["small", "1", "0", "1", "0", "0"]
    assert rows["network.allow_all"] == ["small", "2", "2", "0", "0", "0"]
    assert rows["secrets.plain_secret"] == ["small", "0", "0", "0", "0", "0"]
    idle = sum(cells[1:2] == ["0"] for cells in rows.values())
    (said,) = (line for line in lines if " rules applied" in line)
    applied = f"{len(rows) - idle} of {len(rows)} rules applied"
    assert said == f"{applied}; {idle} had nothing to judge (--coverage lists them)"


def test_rules_with_nothing_to_judge_are_counted_in_text_and_named_in_json(small: Repository) -> None:
    names = json.loads(promote(small, "check", "--output", "json").stdout)["coverage"]["never_applied"]
    assert "secrets.plain_secret" in names
    for form in ("text", "markdown"):
        said = promote(small, "check", "--output", form).stdout
        assert f"{len(names)} had nothing to judge" in said.replace("&#45;", "-")
        assert not [name for name in names if name in said]


def test_github_shows_findings_beside_their_lines(small: Repository) -> None:
    lines = promote(small, "check", "--output", "github").stdout.splitlines()
    assert lines[0].startswith("::error file=cart.yaml,line=7,title=schema.invalid::Deployment/shop/cart: at /spec")
    assert lines[1].startswith("::error file=cart.yaml,line=30,title=workloads.read_only_root::Deployment/cart: ")
    assert [line for line in lines[2:] if line.startswith("::")] == []


def test_markdown_is_a_job_summary(small: Repository) -> None:
    lines = promote(small, "check", "--output", "markdown").stdout.splitlines()
    assert lines[0] == "❌ 2 denied, 0 warnings, 5 documents checked"
    assert "| small | 5 | 5 | 5 |" in lines
    assert [line.split(" | ")[1] for line in lines[-2:]] == ["schema.invalid", "workloads.read_only_root"]


# Waived, outside of the repository, about no object, new, old and fixed.
FOUND = Finding(
    "a.b", "deny", "t", Identity("v1", "Pod", "", "a"), "m", "f", "c", Source("/a b.yaml", 1), status="new"
)
WAIVED = replace(FOUND, waiver=Waiver("old", "team", "OPS-1", "2026-05-31"), status="old")
NOBODY = replace(FOUND, resource=NOWHERE, source=None, status="old")
EVERY_KIND = Verdict((), (FOUND, WAIVED, NOBODY), Base("0123"), (replace(FOUND, status=""),))


@pytest.fixture(scope="module")
def sarif_schema() -> Any:
    """The schema that OASIS publishes, from the module that tools/sarif/go.sum pins."""
    folder = download_modules(Workplace(ROOT, lock=0), "sarif", [SARIF])[SARIF]
    source = (folder / "pkg" / "report" / "v210" / "sarif" / "schema.go").read_text()
    return json.loads(source.split("`")[1])


def test_sarif_is_what_its_schema_describes(small: Repository, sarif_schema: Any) -> None:
    log = json.loads("\n".join(view(small.check().result, "sarif")))
    validator = Draft4Validator(sarif_schema)
    assert [error.message for error in validator.iter_errors(log)] == []
    assert [error.message for error in validator.iter_errors(sarif.log(EVERY_KIND, ()))] == []
    (only,) = log["runs"]
    # The schema does see what is wrong.
    only["results"][0]["level"] = "deny"
    assert [error.message for error in validator.iter_errors(log)] != []


def test_sarif_names_each_rule_and_the_line_of_each_finding(small: Repository) -> None:
    (only,) = json.loads(promote(small, "check", "--output", "sarif").stdout)["runs"]
    rules = only["tool"]["driver"]["rules"]
    assert {"workloads.read_only_root", "schema.invalid", "images.tag"} < {rule["id"] for rule in rules}
    places = {
        rules[one["ruleIndex"]]["id"]: one["locations"][0]["physicalLocation"]["region"]["startLine"]
        for one in only["results"]
    }
    assert places == {"schema.invalid": 7, "workloads.read_only_root": 30}


def test_junit_has_a_case_for_each_rule(small: Repository) -> None:
    (suite,) = ElementTree.fromstring(promote(small, "check", "--output", "junit").stdout)  # noqa: S314 our own
    assert (suite.get("name"), suite.get("failures"), suite.get("errors")) == ("small", "2", "0")
    names = {str(case.get("name")).partition(":")[0] for case in suite}
    assert {"images.tag", "check.nothing", "schema.invalid", "workloads.read_only_root"} < names


def test_only_one_rule(small: Repository) -> None:
    found = small.check(only=("schema.invalid",))
    assert (found.code, found.rules) == (3, {"schema.invalid"})
    assert small.check(only=("images.tag",)).code == 0


def test_only_never_hides_that_something_was_not_seen(small: Repository) -> None:
    small.write("m/a.yaml", "apiVersion: example.com/v1\nkind: Cart\nmetadata: {name: a}\n")
    found = small.check("m", only=("images.tag",))
    assert (found.code, found.rules) == (3, {"schema.missing"})


@pytest.mark.parametrize(
    ("name", "hint"),
    [("images.tga", "did you mean 'images.tag'?"), ("qqq", "`promote policies` lists them")],
)
def test_only_an_unknown_rule(small: Repository, name: str, hint: str) -> None:
    with pytest.raises(UsageError) as refusal:
        small.check(only=(name,))
    assert str(refusal.value).endswith(hint)
    done = promote(small, "check", "--only", name)
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.quick
def test_policies_lists_every_rule_once(small: Repository) -> None:
    listed = json.loads(promote(small, "policies", "--output", "json").stdout)["rules"]
    ids = [rule["id"] for rule in listed]
    assert ids == sorted(set(ids))
    files = [f for f in (ROOT / "policies").glob("*/*.rego") if not f.name.endswith("_test.rego")]
    assert len([rule for rule in listed if rule["file"]]) == len([f for f in files if f.parent.name != "lib"])
    for rule in listed:
        keys = ["id", "levels", "general", "severity", "profile", "title", "description", "fix", "docs", "file"]
        assert list(rule) == keys
        assert all(rule[key] for key in keys if key not in {"docs", "file"}), rule["id"]


@pytest.mark.quick
def test_policies_as_text(small: Repository) -> None:
    with surroundings(small.folder):
        text = "\n".join(policies.run(policies.Options()).text)
    assert "workloads.run_as_user  deny, high, restricted: Nothing runs as user 0\n" in text
    assert "namespaces.explicit  deny+warn, medium, strict: " in text
    assert "schema.missing  deny+warn, high, baseline, in general only a warning: Every kind has a schema\n" in text


@pytest.mark.quick
def test_rules_outside_the_repository_are_named_by_their_whole_path(tmp_path: Path) -> None:
    repository = Repository.small(tmp_path / "small")
    repository.append("promote.yaml", f"policies: {ROOT / 'policies'}\n")
    with surroundings(repository.folder):
        files = {rule["file"] for rule in policies.run(policies.Options()).json["rules"]}
    assert str(ROOT / "policies" / "images" / "tag.rego") in files
