"""Every promise is proved for both environments, or says what cannot be proved here and why."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.manifests.render import ENVIRONMENTS, REPOSITORY, Object, dig, name_of, overlay
from tests.policies.evaluation import POLICIES, rule_files, rule_id

ROWS: list[dict[str, Any]] = yaml.safe_load(
    (REPOSITORY / "tests/manifests/rows.yaml").read_text(encoding="utf-8"),
)
LAST = 134
PROOFS = ("of", "test", "rule")


def _proofs(kind: str) -> list[dict[str, Any]]:
    return [{"row": row["row"], **proof} for row in ROWS for proof in row.get("proof", []) if kind in proof]


def _values() -> list[Any]:
    return [
        pytest.param(proof, environment, id=f"{proof['row']}-{environment}-{proof['of']}-{proof['path']}")
        for proof in _proofs("of")
        for environment in ENVIRONMENTS
        if proof.get("only", environment) == environment
    ]


def _objects(proof: dict[str, Any], environment: str) -> list[Object]:
    if proof["of"].startswith("every "):
        found = overlay(environment).services(proof["of"].removeprefix("every "))
        return [each for each in found if name_of(each) not in proof.get("but", [])]
    kind, _, name = proof["of"].partition("/")
    return [overlay(environment).one(kind, name)]


@pytest.mark.parametrize(("proof", "environment"), _values())
def test_row(proof: dict[str, Any], environment: str) -> None:
    objects = _objects(proof, environment)
    assert objects
    for each in objects:
        value = dig(each, proof["path"])
        if "has" in proof:
            assert {key: value.get(key) for key in proof["has"]} == proof["has"], name_of(each)
        else:
            assert value == proof.get(environment, proof.get("is")), name_of(each)


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
