"""YAML as the Kubernetes API server reads it, as a loader of PyYAML."""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

import yaml

from promote.yamltext.bounds import refusal
from promote.yamltext.scalars import MERGE

_Pair = tuple[yaml.Node, yaml.Node]

_TAG = "tag:yaml.org,2002:"
# Numbers as kubectl reads them (go.yaml.in/yaml/v2): no base 60 (`22:22`), but exponents without a point (`1e3`).
_NUMBERS = (
    (f"{_TAG}int", re.compile(r"[-+]?(0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)$")),
    (
        f"{_TAG}float",
        re.compile(r"[-+]?((\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|\.(inf|Inf|INF))$|\.(nan|NaN|NAN)$"),
    ),
)


# kubectl also reads these letters as booleans; PyYAML reads them as strings.
_SHORT_BOOLEANS = ((f"{_TAG}bool", re.compile("[yYnN]$")),)
_TEXTS = (f"{_TAG}str", MERGE)
# Dates stay strings, and so does `=`, which PyYAML takes for the name of a default value.
_NOT_RESOLVED = (f"{_TAG}timestamp", f"{_TAG}value", f"{_TAG}int", f"{_TAG}float")
_HIGHEST = 2**63
_SHOWN = 60  # characters of a value in a message
_BASES = {"0b": 2, "0o": 8, "0x": 16}


def _name(key: yaml.Node) -> tuple[str, object]:
    return (key.tag, key.value) if isinstance(key, yaml.ScalarNode) else ("", id(key))


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML as Kubernetes reads it: dates stay strings, duplicate keys are errors."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {
        first: [
            *(one for one in resolvers if one[0] not in _NOT_RESOLVED),
            *(_NUMBERS if first in "-+.0123456789" else _SHORT_BOOLEANS if first in "yYnN" else ()),
        ]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    bool_values: ClassVar[dict[str, bool]] = {**yaml.SafeLoader.bool_values, "y": True, "n": False}

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._checked: dict[int, yaml.Node] = {}

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Expand merge keys: a key of the mapping itself counts before those it merges, and of these the first.

        PyYAML 6.0.4 takes the last of them, and of a key with one letter what the mapping overrides.
        """
        # Called before merge keys are expanded, and again for the same node when others merge it.
        if id(node) not in self._checked:
            self._checked[id(node)] = node  # kept, so that its id stays its own
            self._refuse_repetition(node)
        merges = [value for key, value in node.value if key.tag == MERGE]
        if not merges:
            return
        # Before the rest, because it may merge itself.
        node.value = own = [pair for pair in node.value if pair[0].tag != MERGE]
        merged: list[_Pair] = []
        for part in (part for value in merges for part in (value.value if value.id == "sequence" else [value])):
            if not isinstance(part, yaml.MappingNode):
                raise refusal("'<<' can only merge mappings", part)
            self.flatten_mapping(part)
            merged = [*part.value, *merged]
        # Each key once, so that mappings that merge one another again and again stay small.
        node.value = list({_name(key): (key, value) for key, value in [*merged, *own]}.values())

    def _refuse_repetition(self, node: yaml.MappingNode) -> None:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                # In JSON every key is a string, so 1, 0x1 and "1" are the same key.
                name = key.value if key.tag in _TEXTS else self._key(key)
                if name in seen:
                    raise refusal(f"duplicate key '{key.value[:_SHOWN]}'", key)
                seen.add(name)

    def _key(self, node: yaml.ScalarNode) -> str:
        try:
            return json.dumps(self.construct_object(node)).strip('"')
        except TypeError:
            raise refusal(f"the key '{node.value[:_SHOWN]}' is not a string", node) from None

    def construct_document(self, node: yaml.Node) -> Any:
        """The value of a document; raises yaml.YAMLError for whatever is wrong with it."""
        try:
            return super().construct_document(node)
        except ValueError as error:
            raise refusal(str(error)[:_SHOWN], node) from None
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError):
            # Explicit tags lead PyYAML into these, as `!!bool maybe` does.
            raise refusal("a value is not what its tag says", node) from None

    def construct_integer(self, node: yaml.ScalarNode) -> int:
        """An integer as Go reads it: PyYAML does not know `0o17`, and has no largest integer."""
        text = node.value.replace("_", "").lower()
        digits = text.lstrip("+-")
        base = _BASES.get(digits[:2]) or (8 if digits.startswith("0") else 10)
        try:
            number = int(digits, base) * (-1 if text[0] == "-" else 1)
        except (ValueError, IndexError):
            raise refusal(f"{node.value[:_SHOWN]} is not a valid number; put a string in quotes", node) from None
        if not -_HIGHEST <= number < _HIGHEST:
            raise refusal(f"{node.value[:_SHOWN]} does not fit into the 64 bits of an integer in Kubernetes", node)
        return number


Loader.add_constructor(f"{_TAG}int", Loader.construct_integer)
Loader.add_constructor(f"{_TAG}timestamp", Loader.construct_yaml_str)


class Lenient(Loader):
    """YAML as Kubernetes reads it, but with duplicate keys: the caller names them, or leaves that to kustomize."""

    def _refuse_repetition(self, node: yaml.MappingNode) -> None:
        """Accept it."""


class Settings(Lenient):
    """YAML as PyYAML reads it: for files that only promote reads, in which `n` may be a name and dates are dates.

    The caller compares such a file with a schema, and names a duplicate key and its line.
    """

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = yaml.SafeLoader.yaml_implicit_resolvers
    bool_values: ClassVar[dict[str, bool]] = yaml.SafeLoader.bool_values


Settings.add_constructor(f"{_TAG}timestamp", yaml.SafeLoader.construct_yaml_timestamp)
Settings.add_constructor(f"{_TAG}value", yaml.SafeLoader.construct_yaml_str)  # `=`, which PyYAML cannot read itself
