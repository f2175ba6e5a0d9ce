"""Asks the rules, and then the tests of the manifests, whether they notice a mutant."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.manifests.render import Object
from tests.mutation.manifests import Mutant
from tests.policies.evaluation import POLICIES, rule_files, tool

_AT_ONCE = 100  # starting OPA costs as much as evaluating a few of them
_QUERY = """{name: rules |
    some name, mutant in input.mutants
    before := array.slice(input.target, 0, mutant.number)
    after := array.slice(input.target, mutant.number + 1, count(input.target))
    target := array.flatten([before, mutant.instead, after])
    rules := {found.rule | some found in data.main.deny with input as target}
}"""


def denials(objects: Sequence[Object], mutants: Sequence[Mutant], folder: Path) -> dict[int, frozenset[str]]:
    """The rules that deny each mutant, by its place in the list; not those that deny what is not mutated."""
    parts = _parts(list(enumerate(mutants)))
    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(lambda part: _ask(objects, part[1], folder / f"{part[0]}.json"), enumerate(parts))
        return {number: rules for answer in answers for number, rules in answer}


def _parts(all_of_them: list[tuple[int, Mutant]]) -> list[list[tuple[int, Mutant]]]:
    return [all_of_them[start : start + _AT_ONCE] for start in range(0, len(all_of_them), _AT_ONCE)]


def _ask(
    objects: Sequence[Object], part: Iterable[tuple[int, Mutant]], file: Path
) -> Iterator[tuple[int, frozenset[str]]]:
    asked = {
        number: {"number": mutant.number, "instead": [{"contents": it} for it in [mutant.of(objects)] if it]}
        for number, mutant in part
    }
    file.write_text(json.dumps({"target": [{"contents": it} for it in objects], "mutants": asked}))
    loaded = [argument for path in (*rule_files(POLICIES), POLICIES / "data") for argument in ("--data", path)]
    done = tool("opa", "eval", "--format", "raw", "--input", file, *loaded, _QUERY)
    file.unlink()
    assert done.code == 0, done.error
    answer: dict[str, list[Any]] = json.loads(done.stdout)
    return ((int(number), frozenset(map(str, rules))) for number, rules in answer.items())
