"""Every rule denies its defect in rendered manifests, wherever it is, and nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from promote.checks import coverage
from promote.checks.policies import Policies
from promote.checks.rules import Rule
from promote.model import Identity
from tests.policies.defects import DEFECTS, InTarget, workload
from tests.policies.evaluation import POLICIES, ROOT, Document, Judged, Report, evaluate, good, judge

PLACED = {rule: defect for rule, defect in DEFECTS.items() if not isinstance(defect, InTarget)}
NAMESPACE = Identity("v1", "Namespace", "", "")
IN_TARGET = {rule: defect for rule, defect in DEFECTS.items() if isinstance(defect, InTarget)}


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return evaluate(good(), tmp_path_factory.mktemp("good"))


@pytest.fixture(scope="module")
def described() -> dict[str, Rule]:
    found = Policies(POLICIES).described(ROOT)
    by_id = {rule.id: rule for rule in found}
    assert len(by_id) == len(found), "an id is given twice"
    return by_id


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """All defects of pods and containers at once, each in a workload of its own."""
    workloads = [document for rule, defect in PLACED.items() for document in defect.workloads(rule)]
    return evaluate(good() + workloads, tmp_path_factory.mktemp("placed"))


def test_good_manifests_pass(untouched: Report) -> None:
    assert untouched.findings == ()


def test_every_rule_has_a_defect(untouched: Report) -> None:
    assert set(DEFECTS) == set(untouched.rules)


def test_rules_report_the_ids_in_their_metadata(untouched: Report, described: dict[str, Rule]) -> None:
    ours = {rule.id for rule in described.values() if rule.file}
    assert set(untouched.rules) == {name for name in ours if not name.startswith("change.")}


@pytest.mark.slow
@pytest.mark.parametrize("rule", PLACED)
def test_rule_denies_its_defect_in_every_place(rule: str, placed: Report) -> None:
    defect = PLACED[rule]
    names = [document["metadata"]["name"] for document in defect.workloads(rule)]
    assert {name: placed.denied(name) for name in names} == {name: {rule} | defect.also for name in names}


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Judged]:
    """What is found in the target that each defect makes of the good one."""
    targets = {rule: good() for rule in DEFECTS}
    for rule, target in targets.items():
        defect = DEFECTS[rule]
        if isinstance(defect, InTarget):
            defect.change(target)
        else:
            target.extend(list(defect.workloads(rule))[:1])
    return judge(targets, tmp_path_factory.mktemp("broken"))


def test_each_rule_denies_its_defect_in_one_place(broken: dict[str, Judged]) -> None:
    for rule, defect in PLACED.items():
        workload, *_ = defect.workloads(rule)
        name = workload["metadata"]["name"]
        assert {found for found, who in broken[rule].denied if who.name == name} == {rule} | defect.also, rule


def test_each_rule_finds_its_defect_in_the_target(broken: dict[str, Judged]) -> None:
    for rule, defect in IN_TARGET.items():
        assert broken[rule].rules(defect.level) == {rule} | defect.also, rule


def test_each_rule_finds_faults_in_what_it_says_it_judges(
    broken: dict[str, Judged], described: dict[str, Rule]
) -> None:
    """Or in the namespace of that, which is what a rule complains about where something is missing."""
    for rule in DEFECTS:
        judged = coverage.subjects(rule, described[rule].subjects, broken[rule].target)
        homes = {replace(NAMESPACE, name=who.namespace) for who in judged}
        found = {who for name, who in broken[rule].denied | broken[rule].warned if name == rule}
        assert found, f"{rule}: its defect shows nothing"
        assert found - judged - homes == set(), rule


def test_conftest_denies_what_opa_denies(broken: dict[str, Judged], tmp_path: Path) -> None:
    target = good()
    for rule in ("namespaces.pod_security", "workloads.replicas_with_hpa"):
        IN_TARGET[rule].change(target)
    expected = broken["namespaces.pod_security"].rules() | broken["workloads.replicas_with_hpa"].rules()
    assert evaluate(target, tmp_path).denied() == expected


@pytest.mark.slow
def test_every_finding_says_what_to_do(placed: Report) -> None:
    assert [found for found in placed.findings if not (found.message and found.fix and found.name)] == []


def test_a_missing_namespace_is_a_warning(tmp_path: Path) -> None:
    target = good()
    del next(document for document in target if document["kind"] == "Secret")["metadata"]["namespace"]
    (found,) = evaluate(target, tmp_path).findings
    assert (found.rule, found.level) == ("namespaces.explicit", "warn")


def test_evaluation_counts_the_documents(untouched: Report, tmp_path: Path) -> None:
    assert untouched.documents == len(good())
    assert evaluate([*good(), None, {"kind": "List", "items": []}], tmp_path).documents == len(good()) + 2


def test_a_defect_in_a_list_is_found(tmp_path: Path) -> None:
    pod = workload("Pod", "cart", {"containers": "none"})
    target: list[Document] = [{"apiVersion": "v1", "kind": "List", "items": [pod]}]
    assert "workloads.pod_template" in evaluate(target, tmp_path).denied("cart")


def test_missing_tables_are_denied(tmp_path: Path) -> None:
    empty = tmp_path / "data"
    empty.mkdir()
    messages = {found.message for found in evaluate(good(), tmp_path, data=empty).findings}
    assert "the table retired_images is missing" in messages


def test_the_tables_of_this_repository_are_complete(tmp_path: Path) -> None:
    found = evaluate(good(), tmp_path, data=POLICIES / "data").findings
    assert [finding for finding in found if finding.rule == "main.tables"] == []


def test_texts_name_a_namespace_only_where_there_is_one() -> None:
    """Objects may state none: `add Secret web to namespace ` says nothing."""
    files = [file for file in POLICIES.rglob("*.rego") if file != POLICIES / "lib" / "references.rego"]
    assert not [file for file in files if re.search(r"\b(to|in) namespace %s", file.read_text())]
