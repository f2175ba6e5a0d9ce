"""Checks what conftest parses by itself before it starts: tables, and the METADATA comments of Rego files.

OPA reads such a comment as YAML and follows its aliases without a limit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from promote.errors import ConfigError
from promote.yamltext import reader

# Where OPA sees one: in any comment that begins so, with the comments on the lines below that start in column 1.
# https://github.com/open-policy-agent/opa/blob/v1.10.1/v1/ast/parser.go, parseAnnotations
_METADATA = re.compile(r"#[ \t]*METADATA[^\n]*\n((?:#[^\n]*(?:\n|\Z))+)")


def rego(text: str, where: str) -> None:
    """Raise ConfigError, with the line, for a METADATA comment that is too large, too deep or refers to itself."""
    for line, block in blocks(text):
        # Empty lines before it, so that the error names the line of the file.
        reader.insist_on_limits("\n" * (line - 1) + block, where)


def blocks(text: str) -> Iterator[tuple[int, str]]:
    """The YAML of each METADATA comment of a Rego file, and the line, from 1, on which it starts."""
    line, counted = 1, 0
    for found in _METADATA.finditer(text):
        line += text.count("\n", counted, found.start(1))
        counted = found.start(1)
        yield line, re.sub(r"^# ?", "", found[1], flags=re.MULTILINE)


def tables(folder: Path) -> None:
    """Raise ConfigError, with file and line, for a table in `folder` that would fill the memory or the stack."""
    for file in sorted(path for path in folder.rglob("*") if path.suffix in reader.SUFFIXES and path.is_file()):
        where = f"{folder.parent.name}/{file.relative_to(folder.parent).as_posix()}"
        reader.insist_on_limits(reader.decoded(file.read_bytes(), where), where)


def text_of(file: Path, where: str) -> str:
    """The text of a Rego file; raises ConfigError if it is not UTF-8 or its METADATA must not be parsed."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{where}: it cannot be read: {error.strerror}") from None
    text = reader.decoded(data, where)
    rego(text, where)
    return text
