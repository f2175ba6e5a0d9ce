"""Paths to fields as `replacements` of kustomize write them, `spec.containers.[name=api].image`."""

from __future__ import annotations

import re

from promote.kustomize import selectors
from promote.versions.spots import Path

_STEP = re.compile(r"\[[^\]]*\]|(?:\\.|[^.])+")
_ITEM = re.compile(r"\[(?P<field>[^=\]]*)=(?P<pattern>[^\]]*)\]")
_LITERAL = re.compile(r"[\w-]+")


def steps(path: str) -> tuple[str, ...]:
    """The steps of a path; a dot in brackets, or after a backslash, is a part of its step."""
    found = []
    for step in _STEP.findall(path):
        is_key = step.startswith("[") and "=" not in step
        found.append(step.strip("[]") if is_key else step.replace("\\.", "."))
    return tuple(found)


def keys(path: str) -> Path:
    """The same, if all of them are keys; nothing for a path through a list."""
    found = steps(path)
    return () if any(step in ("*", "-") or step.isdecimal() or _ITEM.fullmatch(step) for step in found) else found


def leads_to(path: str, pointer: Path, named: Path) -> bool:
    """Whether a path leads to the field at `pointer` of an object, which is `named` where items have names."""
    found = steps(path)
    return len(found) == len(pointer) == len(named) and all(map(_matches, found, pointer, named))


def _matches(step: str, key: str | int, name: str | int) -> bool:
    if step == "*":
        return True
    if item := _ITEM.fullmatch(step):
        if not isinstance(key, int) or item["field"] != "name":
            return False
        # kustomize finds the pattern anywhere in the name: `api` in `api-proxy`, too.
        pattern, whole = item["pattern"], str(name)
        return pattern in whole if _LITERAL.fullmatch(pattern) else selectors.matches(f".*(?:{pattern}).*", {whole})
    return str(key) == step
