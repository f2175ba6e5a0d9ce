"""The first error of a file against its JSON Schema, in one sentence and with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from reprlib import Repr
from typing import Any, NamedTuple

import yaml

from promote.errors import nearest
from promote.yamltext.scalars import MERGE, STRING

_TYPES = {"object": "a mapping", "array": "a list", "string": "a string", "boolean": "true or false"}
_KINDS = {
    dict: "a mapping",
    list: "a list",
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number",
}

# In a schema, `$` is the end of the text. For Python it is also a place before a newline that ends the text.
_END = re.compile(r"(\\.|\[\]?(?:\\.|[^]\\])*\])|\$", re.DOTALL)
# How values are shown in messages: whole, unless they are long.
_VALUES = Repr()
_VALUES.maxstring = _VALUES.maxother = _VALUES.maxlong = 120


class Invalid(ValueError):
    """A value at `path` of a file: the schema allows it, and it is still invalid."""

    def __init__(self, path: Sequence[str | int], problem: str) -> None:
        super().__init__(problem)
        self.path = path


class Fault(NamedTuple):
    """One error, and its line counted from 1."""

    line: int
    message: str


def fault(root: yaml.Node | None, content: object, schema: Mapping[str, Any]) -> Fault | None:
    """The first error in the document `root`, which has the value `content`, or None."""
    # Imported here: it costs more than everything else a command loads.
    from jsonschema import Draft202012Validator, validators
    from jsonschema.exceptions import best_match

    for key in _nodes(root):
        return key
    strict = validators.extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]  # it has no annotations
    error = best_match(strict(schema).iter_errors(content))
    if error is None:
        return None
    message, key_at_fault = explain(error)
    return Fault(line_of(root, [*error.absolute_path, *key_at_fault]), message)


def _pattern(_: Any, pattern: str, instance: object, __: Any) -> Iterator[Exception]:
    """The keyword `pattern`, as JSON Schema defines it."""
    from jsonschema import ValidationError

    if isinstance(instance, str) and not re.search(_END.sub(lambda found: found[1] or r"\Z", pattern), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _nodes(node: yaml.Node | None) -> Iterator[Fault]:
    """What no settings may have: keys that JSON could not have, and texts that cannot be the name of anything."""
    if isinstance(node, yaml.ScalarNode) and "\0" in node.value:
        yield Fault(node.start_mark.line + 1, r"a text with the character \0 cannot name anything; remove it")
    seen: set[str] = set()
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    for key, _ in pairs:
        line = key.start_mark.line + 1
        if key.tag not in (STRING, MERGE):
            yield Fault(line, f"the key '{key.value}' is not a string; put it in quotes")
        if key.value in seen:
            yield Fault(line, f"duplicate key '{key.value}'; delete one of them")
        seen.add(key.value)
    items = node.value if isinstance(node, yaml.SequenceNode) else []
    for child in (*items, *(part for pair in pairs for part in pair)):
        yield from _nodes(child)


def explain(error: Any) -> tuple[str, list[str]]:
    """A sentence for a schema error, and the key that it is about, if it is about one."""
    where = ".".join(str(part) for part in error.absolute_path) or "the file"
    if error.validator == "additionalProperties":
        unknown = next(key for key in error.instance if key not in error.schema["properties"])
        return f"unknown key '{unknown}'{nearest(unknown, error.schema['properties'])}", [unknown]
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        return f"{where} lacks the key '{missing}'; add it", []
    if error.validator == "type":
        found = "empty" if error.instance is None else _KINDS.get(type(error.instance), "a date")
        advice = "; put it in quotes" if error.validator_value == "string" and found != "empty" else ""
        return f"{where} is {found} but must be {_TYPES[error.validator_value]}{advice}", []
    if error.validator == "enum":
        return f"{where} cannot be '{error.instance}'{nearest(str(error.instance), error.validator_value)}", []
    if "propertyNames" in error.absolute_schema_path:
        return f"'{error.instance}' cannot be a name in {where}: {error.schema['description']}", [error.instance]
    return f"{where} cannot be {_VALUES.repr(error.instance)}: {error.schema['description']}", []


def line_of(node: yaml.Node | None, path: Sequence[str | int]) -> int:
    """The line, from 1, of the deepest node of `path` that the document has."""
    found = 1
    for part in path:
        if isinstance(node, yaml.MappingNode):
            pairs = [(key, value) for key, value in node.value if key.value == part]
            if not pairs:
                break
            found, node = pairs[0][0].start_mark.line + 1, pairs[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            found = node.start_mark.line + 1
    return found
