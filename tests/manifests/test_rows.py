"""Every promise is proved for both environments, or says what cannot be proved here and why."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.manifests.render import ENVIRONMENTS, REPOSITORY, Object, dig, name_of, overlay, read_yaml
from tests.policies.evaluation import POLICIES, rule_files, rule_id

ROWS: list[dict[str, Any]] = read_yaml(REPOSITORY / "tests/manifests/rows.yaml")
LAST = 134
PROOFS = ("of", "test", "rule")


def _proofs(kind: str) -> list[dict[str, Any]]:
    return [{"row": row["row"], **proof} for row in ROWS for proof in row.get("proof", []) if kind in proof]


def _objects(proof: dict[str, Any], environment: str) -> list[Object]:
    if proof["of"].startswith("every "):
        found = overlay(environment).services(proof["of"].removeprefix("every "))
        return [each for each in found if name_of(each) not in proof.get("but", [])]
    kind, _, name = proof["of"].partition("/")
    return [overlay(environment).one(kind, name)]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_row_is_true(environment: str) -> None:
    for proof in _proofs("of"):
        if proof.get("only", environment) != environment:
            continue
        objects = _objects(proof, environment)
        assert objects, proof["row"]
        for each in objects:
            value = dig(each, proof["path"])
            if "has" in proof:
                value = {key: value.get(key) for key in proof["has"]}
            assert value == proof.get("has", proof.get(environment, proof.get("is"))), (proof["row"], name_of(each))


def test_every_promise_has_one_row() -> None:
    assert [row["row"] for row in ROWS] == list(range(1, LAST + 1))
    titles = [row["title"] for row in ROWS]
    assert len(set(titles)) == len(titles)


def test_every_row_is_proved_or_says_what_cannot_be() -> None:
    for row in ROWS:
        assert row.keys() <= {"row", "area", "title", "where", "proof", "cannot"}, row["row"]
        assert row.get("proof") or row.get("cannot"), row["row"]
        assert row["where"], row["row"]


def test_every_proof_says_what_it_expects() -> None:
    for row in ROWS:
        for proof in row.get("proof", []):
            assert sum(kind in proof for kind in PROOFS) == 1, proof
            expects = {"is", "has"} & proof.keys() or {*ENVIRONMENTS} <= proof.keys()
            assert expects or "of" not in proof, proof
        said = [str(proof) for proof in row.get("proof", [])]
        assert len(set(said)) == len(said), row["row"]


def test_every_place_exists() -> None:
    places = [(row["row"], place) for row in ROWS for place in row["where"]]
    assert [each for each in places if not (REPOSITORY / each[1]).exists()] == []


def test_every_named_test_exists() -> None:
    functions = {
        f"{path.relative_to(REPOSITORY)}::{name}"
        for path in (REPOSITORY / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    }
    assert {proof["test"] for proof in _proofs("test")} - functions == set()


def test_every_named_rule_denies_something() -> None:
    defects = (REPOSITORY / "tests/policies/defects.py").read_text(encoding="utf-8")
    files = {rule_id(path): path for path in rule_files(POLICIES)}
    for proof in _proofs("rule"):
        assert "\ndeny contains " in files[proof["rule"]].read_text(encoding="utf-8"), proof
        assert f'"{proof["rule"]}":' in defects, proof
