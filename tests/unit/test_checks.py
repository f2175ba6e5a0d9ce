from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from promote.checks import completeness, conftest, findings, kubeconform, rules
from promote.checks.findings import NOWHERE, Finding, Target, Verdict, Waiver
from promote.errors import RenderError
from promote.model import Document, Identity, Source

CART = Identity("apps/v1", "Deployment", "shop", "cart")
FINDING = Finding("images.tag", "deny", "staging", CART, "no tag")
WAIVER = Waiver("it is being replaced", "team", "OPS-1", "2026-05-31")


def document(name: str, namespace: str = "shop", **metadata: str) -> Document:
    given = {"namespace": namespace, **({"name": name} if name else {}), **metadata}
    return Document(Identity("v1", "ConfigMap", namespace, name), {"metadata": given})


def answer(name: str, status: str = "statusValid", msg: str = "", **other: str) -> dict[str, str]:
    return {"version": "v1", "kind": "ConfigMap", "name": name, "status": status, "msg": msg, **other}


def invalid(*faults: str) -> list[Finding]:
    message = "problem validating schema. Check JSON formatting: " + " ".join(faults)
    _, found = kubeconform.from_kubeconform([answer("a", "statusInvalid", message)], "t", [document("a")])
    return found


def test_answers_are_matched_with_documents_one_by_one() -> None:
    known = [document("a", "one"), document("a", "two"), document("b")]
    wrong = answer("a", "statusInvalid", "- at '/data': got string, want object")
    validated, (finding,) = kubeconform.from_kubeconform([answer("a"), wrong, answer("c")], "t", known)
    assert (validated, finding.resource.namespace) == (2, "two")


def test_a_generated_name_is_known_by_how_kubeconform_writes_it() -> None:
    known = [document("", generateName="a-")]
    assert kubeconform.from_kubeconform([answer("a-{{ generateName }}")], "t", known) == (1, [])


def test_a_document_without_metadata_is_matched_too() -> None:
    nameless = Document(Identity("v1", "ConfigMap", "", ""), {})
    assert kubeconform.from_kubeconform([answer("")], "t", [nameless]) == (1, [])


def test_every_leaf_of_a_schema_error_is_a_finding() -> None:
    found = invalid(
        "- at '/spec': validation failed",
        "- at '/spec/replicas': got string, want null or integer",
        "- at '/spec': additional properties 'bar', 'a/b~c' not allowed",
    )
    assert [(one.path, one.rule) for one in found] == [
        ("/spec/replicas", "schema.invalid"),
        ("/spec/bar", "schema.invalid"),
        ("/spec/a~1b~0c", "schema.invalid"),
    ]
    assert found[1].message == "ConfigMap/shop/a: at /spec: the field 'bar' is unknown"
    assert found[1].fix.startswith("remove the unknown field")
    assert found[0].fix == "give /spec/replicas the type and value that the schema asks for"


def test_alternatives_of_one_place_are_one_finding() -> None:
    (found,) = invalid(
        "- at '/port': oneOf failed, none matched", "- at '/port': got array, want string",
        "- at '/port': got array, want integer",
    )  # fmt: skip
    assert found.message.endswith("at /port: got array, want string or got array, want integer")


def test_a_path_with_a_quote_in_it() -> None:
    wrong, unknown = invalid(
        r"- at '/data/it\'s': got number, want string", r"- at '/data': additional properties 'that\'s' not allowed"
    )
    assert (wrong.path, unknown.path) == ("/data/it's", "/data/that's")


def test_a_message_of_another_form_is_shown_as_it_is() -> None:
    (found,) = invalid("something else")
    assert "something else" in found.message


@pytest.mark.parametrize(
    ("message", "rule"),
    [("could not find schema for Cart", "schema.missing"), ("error unmarshalling resource", "schema.unreadable")],
)
def test_what_was_not_validated_is_not_counted(message: str, rule: str) -> None:
    validated, (finding,) = kubeconform.from_kubeconform([answer("a", "statusError", message)], "t", [document("a")])
    assert (validated, finding.rule, finding.level) == (0, rule, "deny")


def test_versions_that_agree_share_a_finding() -> None:
    other = replace(FINDING, message="other")
    found = kubeconform.across_versions({"1.35": [FINDING], "1.36": [FINDING, other, other]})
    assert [one.message for one in found] == ["no tag (Kubernetes 1.35, 1.36)", "other (Kubernetes 1.36)"]


def test_of_objects_with_one_identity_each_has_its_own_answer() -> None:
    wrong = answer("a", "statusInvalid", "- at '/data': got string, want object")
    known = [document("b"), document("a"), document("a")]
    _, found = kubeconform.from_kubeconform([answer("b"), answer("a"), wrong], "t", known)
    assert [one.position for one in found] == [1]
    _, alone = kubeconform.from_kubeconform([wrong], "t", known[:2])
    assert [one.position for one in alone] == [None]


def results(namespace: str, successes: int = 1, **lists: list[dict[str, Any]]) -> dict[str, Any]:
    return {"namespace": namespace, "successes": successes, **lists}


RECORD = {"msg": "evaluation", "metadata": {"documents": 3, "rules": ["a.b", "c.d"]}}


def test_conftests_answer_as_findings() -> None:
    metadata = {
        "rule": "images.tag", "fix": "do", "container": "server", "path": "/spec",
        "resource": {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "shop", "name": "cart"},
    }  # fmt: skip
    answers = [
        results("main", failures=[{"msg": "no tag", "metadata": metadata}], warnings=[{"msg": "hm"}]),
        results("evaluation", warnings=[RECORD]),
    ]
    judged = conftest.from_conftest(answers, "staging")
    found = judged.findings
    assert (judged.documents, judged.rules) == (3, ("a.b", "c.d"))
    assert found[0] == replace(FINDING, fix="do", container="server", path="/spec")
    assert (found[1].rule, found[1].level, found[1].resource) == ("rule.unnamed", "warn", NOWHERE)


def about_no_namespace(*names: str) -> str:
    subjects = {"pods": [["v1", "Pod", "", name] for name in names] + [["v1", "Pod", "shop", "other"]]}
    record = {"msg": "evaluation", "metadata": {"documents": 1, "rules": ["a.b"], "subjects": subjects}}
    who = {"apiVersion": "v1", "kind": "Namespace", "namespace": "", "name": ""}
    said = {"msg": "Namespace/: no policy", "metadata": {"rule": "a.b", "resource": who}}
    answers = [results("main", failures=[said]), results("evaluation", warnings=[record])]
    return conftest.from_conftest(answers, "t").findings[0].message


def test_a_finding_about_no_namespace_names_the_objects() -> None:
    assert about_no_namespace("b", "a") == "Pod/a, Pod/b without a namespace: no policy"
    assert about_no_namespace(*"dcab") == "Pod/a, Pod/b, Pod/c and 1 more without a namespace: no policy"
    assert about_no_namespace() == "objects without a namespace: no policy"


@pytest.mark.parametrize(
    ("answers", "seen"),
    [
        ([], (0, (), [])),
        ([results("main")], (0, (), [])),
        ([results("main", 0), results("evaluation", warnings=[RECORD])], (3, (), [])),
        ([results("evaluation", warnings=[RECORD])], (3, (), [])),
        ([results("main"), results("evaluation", warnings=[{"msg": "of somebody else"}])], (0, (), [])),
        ([results("main"), results("evaluation", warnings=[RECORD])], (3, ("a.b", "c.d"), [])),
    ],
)
def test_rules_count_only_where_they_are_gathered_and_named(answers: list[Any], seen: object) -> None:
    judged = conftest.from_conftest(answers, "t")
    assert (judged.documents, judged.rules, list(judged.findings)) == seen


def test_findings_that_the_record_tells() -> None:
    told = {"msg": "no tag", "rule": "images.tag", "fix": "do", "container": "", "path": "", "resource": {}}
    metadata = {**RECORD["metadata"], "denied": [told], "warned": [{**told, "rule": "a.b"}]}  # type: ignore[dict-item]
    answers = [results("main"), results("evaluation", warnings=[{"msg": "evaluation", "metadata": metadata}])]
    judged = conftest.from_conftest(answers, "t")
    assert [(one.rule, one.level, one.message) for one in judged.findings] == [
        ("images.tag", "deny", "no tag"), ("a.b", "warn", "no tag"),
    ]  # fmt: skip


def test_what_there_was_to_judge() -> None:
    cart, namespace = ["apps/v1", "Deployment", "shop", "cart"], Identity("v1", "Namespace", "", "shop")
    record = {"pods": [cart], "containers": [], "resources": [cart], "namespaces": ["shop"], "own": {"a.b": [cart]}}
    metadata = {"documents": 1, "rules": ["a.b"], "subjects": record}
    answers = [results("main"), results("evaluation", warnings=[{"msg": "evaluation", "metadata": metadata}])]
    one, none = frozenset({CART}), frozenset[Identity]()
    assert conftest.from_conftest(answers, "t").subjects == {
        "pods": one, "containers": none, "resources": one, "namespaces": frozenset({namespace}), "a.b": one,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("documents", "evaluated", "validated", "number", "expected"),
    [
        (2, 2, 2, 1, []),
        (2, 1, 2, 1, ["check.unevaluated"]),
        (2, 3, 2, 1, ["check.unevaluated"]),
        (2, 2, 1, 1, ["check.unvalidated"]),
        (2, 0, 2, 0, ["check.no_rules"]),
        (0, 0, 0, 0, ["check.nothing"]),
        (2, 1, 1, 1, ["check.unevaluated", "check.unvalidated"]),
    ],
)
def test_nothing_may_escape(documents: int, evaluated: int, validated: int, number: int, expected: list[str]) -> None:
    target = Target("t", "t", documents, evaluated, validated, ("a.b",) * number)
    assert [one.rule for one in completeness.unseen(target, {"1.36": validated})] == expected


def test_a_rule_that_took_no_part_is_missed() -> None:
    target = Target("t", "t", 1, 1, 1, ("a.b", "a.c"))
    (found,) = completeness.unseen(target, {"1.36": 1}, 3)
    assert (found.rule, found.message) == ("check.no_rules", "t: 2 of 3 rules were evaluated")
    assert completeness.unseen(target, {"1.36": 1}, 2) == []


def test_findings_are_in_one_order_and_stand_once() -> None:
    later = replace(FINDING, rule="z", source=Source("a", 1))
    warning = replace(FINDING, level="warn", rule="a")
    assert findings.in_order([warning, later, FINDING, later]) == (FINDING, later, warning)


def test_what_stands_twice() -> None:
    (finding,) = completeness.repeated([CART, CART, Identity("v1", "Pod", "", "a")], "t")
    assert finding.message == "Deployment/shop/cart is defined 2 times"


def test_waived_findings_do_not_deny() -> None:
    verdict = Verdict((), (replace(FINDING, waiver=WAIVER), replace(FINDING, level="warn")))
    assert (verdict.count("deny"), verdict.count("warn"), verdict.waived, verdict.denied) == (0, 1, 1, False)


def test_a_restriction_keeps_what_was_not_seen() -> None:
    names = ("images.tag", "images.digest", "check.nothing", "main.tables", "schema.missing", "schema.invalid")
    found = [replace(FINDING, rule=name) for name in names]
    kept = [one.rule for one in findings.restricted(found, ["images.tag"])]
    assert kept == ["images.tag", "check.nothing", "main.tables", "schema.missing"]
    assert findings.restricted(found, []) == found


def test_every_rule_of_our_own_is_listed() -> None:
    listed = {rule.id for rule in rules.OWN}
    found = completeness.unseen(Target("t", "t", 2, 1, 1, ("a.b",)), {"1.36": 1}) + completeness.unseen(
        Target("t", "t", 1, 0, 1), {}
    )
    found += (
        completeness.unseen(Target("t", "t", 0, 0, 0), {}) + completeness.repeated([CART, CART], "t") + invalid("x")
    )
    found += completeness.unrendered("t", "t", RenderError("x")).findings + tuple(completeness.unread(["a"], "t"))
    found += completeness.skipped([("a", "a:1: x")], "t")
    found += conftest.from_conftest([results("main", failures=[{"msg": "no"}])], "t").findings
    for message in ("could not find schema", "error"):
        found += kubeconform.from_kubeconform([answer("a", "statusError", message)], "t", [])[1]
    assert {one.rule for one in found} | {"main.input", "main.tables"} == {
        name for name in listed if not name.startswith("waivers.")
    }
