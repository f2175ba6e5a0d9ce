from __future__ import annotations

from dataclasses import replace

from promote.checks import baseline
from promote.checks.findings import NOWHERE, Finding, Target, Verdict, Waiver
from promote.checks.rules import Rule
from promote.model import Identity, Source
from promote.output import sarif
from promote.output.values import Json

CART = Identity("apps/v1", "Deployment", "shop", "cart")
RULES = (
    Rule("a.first", ("deny", "warn"), "First", "It must.", "do it", "high", "https://docs.example/first", "a.rego"),
    Rule("images.tag", ("warn",), "Tags", "They must.", "name one", "medium"),
)
DENIED = Finding("images.tag", "deny", "staging", CART, "no tag", "name one", "server", Source("a b/c.yaml", 3))
TARGETS = (Target("staging", "overlays/staging", 1, 1, 1),)
WAIVER = Waiver("it is old", "team", "OPS-1", "2026-05-31")


def run(*findings: Finding) -> Json:
    (only,) = sarif.log(Verdict(TARGETS, findings), RULES)["runs"]
    return dict(only)


def result(finding: Finding) -> Json:
    (only,) = run(finding)["results"]
    return dict(only)


def test_a_result() -> None:
    found = result(DENIED)
    assert (found["ruleId"], found["ruleIndex"], found["level"]) == ("images.tag", 1, "error")
    assert found["message"] == {"text": "no tag. Fix: name one."}
    assert found["suppressions"] == []
    assert found["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "a%20b/c.yaml", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 3},
            },
            "logicalLocations": [{"fullyQualifiedName": "Deployment/shop/cart/server", "kind": "resource"}],
        }
    ]


def test_each_rule_is_described_once_and_graded_as_code_scanning_grades() -> None:
    first, second = run()["tool"]["driver"]["rules"]
    assert (first["id"], first["helpUri"], first["help"]["text"]) == (
        "a.first", "https://docs.example/first", "It must.\nFix: do it.",
    )  # fmt: skip
    assert "helpUri" not in second
    assert [rule["defaultConfiguration"]["level"] for rule in (first, second)] == ["error", "warning"]
    assert [rule["properties"]["security-severity"] for rule in (first, second)] == ["8.0", "5.5"]


def test_a_rule_that_nobody_describes_has_its_own_entry() -> None:
    found = run(replace(DENIED, rule="rule.unnamed"))
    assert found["tool"]["driver"]["rules"][found["results"][0]["ruleIndex"]] == {"id": "rule.unnamed"}


def test_a_finding_without_a_line_is_at_its_target() -> None:
    (place,) = result(replace(DENIED, resource=NOWHERE, source=None))["locations"]
    assert place == {"physicalLocation": {"artifactLocation": {"uri": "overlays/staging", "uriBaseId": "%SRCROOT%"}}}


def test_a_file_outside_the_repository_has_its_whole_address() -> None:
    (place,) = result(replace(DENIED, source=Source("/srv/ü.yaml", 1)))["locations"]
    assert place["physicalLocation"]["artifactLocation"] == {"uri": "file:///srv/%C3%BC.yaml"}


def test_a_waived_result_is_suppressed_and_says_why() -> None:
    (suppression,) = result(replace(DENIED, waiver=WAIVER))["suppressions"]
    assert suppression["justification"] == "waived until 2026-05-31 by team (OPS-1): it is old"
    assert (suppression["kind"], suppression["status"]) == ("external", "accepted")


def test_fingerprints_outlive_moves_and_tell_findings_apart() -> None:
    at = replace(DENIED, path="/spec/containers/0/image", place="/spec/containers/[server]/image")
    moved = replace(at, source=Source("d.yaml", 99), path="/spec/containers/4/image", message="other words")
    others = [
        replace(at, place="/spec/containers/[proxy]/image"),
        replace(at, container="proxy"),
        replace(at, rule="images.digest"),
        replace(at, target="production"),
        replace(at, resource=replace(CART, name="a")),
        at,  # a second fault of the same place
    ]
    assert baseline.fingerprints([moved]) == baseline.fingerprints([at])
    prints = baseline.fingerprints([at, *others])
    assert len(set(prints)) == len(prints)


def test_a_generated_name_has_the_fingerprint_of_the_written_one() -> None:
    names = [replace(CART, kind="ConfigMap", name=f"cart{hash_}") for hash_ in ("-2tmf8hgb6c", "-7ddg4bk552", "")]
    assert len({baseline.fingerprints([replace(DENIED, resource=who)])[0] for who in names}) == 1
