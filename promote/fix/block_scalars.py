"""Edits inside a block scalar of a YAML file, such as `patch: |-`, as edits of that file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from yaml.nodes import ScalarNode

from promote.errors import EditRefused
from promote.fix.edits import Edit
from promote.kustomize import documents
from promote.yamltext import reader

_HEADER = re.compile(r"\|[-+]?[ \t]*(#.*)?$")


def text_of(node: ScalarNode) -> str:
    """The text that an inner edit applies to; raises EditRefused if `node` is not a literal block (`|`).

    Without the line breaks at its end, which depend on the header of the block and not on its lines.
    """
    if node.style != "|":
        raise EditRefused("the patch is not a block scalar, `patch: |-`; change it by hand")
    return str(node.value).rstrip("\n")


def outward(text: str, node: ScalarNode, inner: Edit) -> Edit:
    """The `inner` edit of the text in `node`, as an edit of the file's whole `text`.

    Raises EditRefused unless the file then has the changed text and everything else as before.
    """
    inside = text_of(node)
    lines = text.split("\n")
    first = node.start_mark.line + 1
    header = text[node.start_mark.index :].partition("\n")[0].rstrip("\r")
    if not _HEADER.fullmatch(header):
        raise EditRefused("the patch's block has an anchor, a tag or an indentation indicator; change it by hand")
    indent = len(lines[first]) - len(lines[first].lstrip(" "))
    start = inner.start
    if not inner.text and inner.end == len(inside) and inside[:start].endswith("\n"):
        start -= 1  # also the line break before it; otherwise an empty line would remain

    whole_lines = not inner.text and all(inside[:end].endswith("\n") or not end for end in (start, inner.end))

    def at(offset: int) -> int:
        number, column = inside.count("\n", 0, offset), offset - (inside.rfind("\n", 0, offset) + 1)
        before = sum(len(line) + 1 for line in lines[: first + number])
        # An empty line may have no indentation.
        return before + (0 if whole_lines else min(indent + column, len(lines[first + number].rstrip("\r"))))

    newline = "\r\n" if lines[first].endswith("\r") else "\n"
    written = inner.text.replace("\n", newline + " " * indent)
    made = Edit(at(start), at(inner.end), written)
    _insist_on_meaning(text, made.applied(text), inside, inner.applied(inside))
    return made


def _insist_on_meaning(before: str, after: str, old: str, new: str) -> None:
    """Raise EditRefused unless every text `old` is `new`, which refuses the edit where `old` occurs twice."""

    def chomped(value: Any, replaced: Mapping[str, str]) -> Any:
        if isinstance(value, dict):
            return {key: chomped(one, replaced) for key, one in value.items()}
        if isinstance(value, list):
            return [chomped(one, replaced) for one in value]
        text = value.rstrip("\n") if isinstance(value, str) else value
        return replaced.get(text, text) if isinstance(text, str) else text

    expected = [chomped(reader.value(node), {old: new.rstrip("\n")}) for node in documents.nodes(before)]
    if [chomped(reader.value(node), {}) for node in documents.nodes(after)] != expected:
        raise EditRefused("the edited file would not have the intended content; change it by hand")
