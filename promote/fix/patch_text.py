"""Writes the patch that sets one value of one rendered object, for a person to add to an overlay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promote.fix.edits import ValueChange, as_yaml
from promote.model import Identity
from promote.yamltext import places


def entry(who: Identity, content: Mapping[str, Any], wanted: ValueChange) -> dict[str, Any]:
    """The item for `patches:` of a kustomization that makes the change with JSON 6902 operations."""
    patch = "".join(f"- {as_yaml(one)}\n" for one in _operations(content, wanted))
    return {"target": {"kind": who.kind, "name": who.name}, "patch": patch}


def text(made: Mapping[str, Any]) -> list[str]:
    """The same item as the lines of a kustomization."""
    lines = str(made["patch"]).splitlines()
    return [
        "patches:",
        f"  - target: {as_yaml(made['target'])}",
        "    patch: |-",
        *(f"      {line}" for line in lines),
    ]


def _operations(content: Mapping[str, Any], wanted: ValueChange) -> list[dict[str, Any]]:
    present = [places.value_at(content, wanted.steps[: depth + 1]) is not None for depth in range(len(wanted.steps))]
    end = present.index(False) + 1 if False in present else len(present)
    value = wanted.value
    for step in reversed(wanted.steps[end:]):
        value = {step: value}
    last: dict[str, Any] = {"op": "remove" if wanted.remove else "replace" if all(present) else "add"}
    last["path"] = _pointer(*wanted.steps[:end])
    return [*_tests(content, wanted.steps[:end]), last if wanted.remove else last | {"value": value}]


def _tests(content: Mapping[str, Any], steps: tuple[str, ...]) -> list[dict[str, Any]]:
    """`test` operations for the names of list items, because the paths only have their positions."""
    found = []
    for depth, step in enumerate(steps):
        name = places.value_at(content, [*steps[: depth + 1], "name"])
        if step.isdecimal() and isinstance(name, str):
            found.append({"op": "test", "path": _pointer(*steps[: depth + 1], "name"), "value": name})
    return found


def _pointer(*steps: str) -> str:
    from jsonpointer import escape

    return "".join(f"/{escape(step)}" for step in steps)
