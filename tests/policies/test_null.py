"""A value that is null is judged as one that is absent, for that is what the API server makes of it."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path

from tests.manifests.render import Object, overlay
from tests.policies.evaluation import POLICIES, tool

Place = tuple[str | int, ...]

PLACES = 3  # of each object
# In these null is an empty text.
TEXTS = {"annotations", "data", "encryptedData", "hard", "labels", "limits", "matchLabels", "requests"}
# All rules ask this for what there is to judge.
QUESTION = "{name: found | some name, target in input; found := data.lib.documents.resources with input as target}"


def _places(value: object, at: Place = ()) -> Iterator[Place]:
    """Every key there is, by its way from the top."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield (*at, key)
            yield from _places(each, (*at, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _places(each, (*at, number))


def _changed(item: Object, place: Place, *, null: bool) -> Object:
    found = copy.deepcopy(item)
    holder: object = found
    for key in place[:-1]:
        holder = holder[key]  # type: ignore[index]
    assert isinstance(holder, dict)
    del holder[place[-1]]
    if null:
        holder[place[-1]] = None
    return found


def _is_text(item: Object, place: Place) -> bool:
    """Whether null has a meaning there."""
    return bool(TEXTS & {*place[-2:-1]}) or (item["kind"] == "Service" and place[-2:-1] == ("selector",))


def test_null_is_judged_as_absent(tmp_path: Path) -> None:
    chosen = random.Random(7)  # noqa: S311 the same places in every run
    target: dict[str, list[Object]] = {"null": [], "absent": []}
    for item in overlay("production").objects:
        fit = [place for place in _places(item) if not _is_text(item, place)]
        for place in chosen.sample(fit, min(PLACES, len(fit))):
            for name, contents in target.items():
                contents.append({"contents": _changed(item, place, null=name == "null")})
    (tmp_path / "target.json").write_text(json.dumps(target))
    options: list[str | Path] = ["--data", POLICIES / "lib", "--input", tmp_path / "target.json"]
    done = tool("opa", "eval", "--format", "raw", *options, QUESTION)
    found = json.loads(done.stdout)
    assert len(found["absent"]) == len(target["absent"]) > PLACES
    assert found["null"] == found["absent"]
