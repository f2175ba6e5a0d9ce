"""The Helm charts that a kustomization renders: where they are, and what in them could lead out of the repository.

kustomize hands most of an entry to helm as arguments. So each field is known here, in its exact notation, and has a
form that is neither an option nor a template.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from promote.kustomize import contents, fields, files
from promote.yamltext import reader
from promote.yamltext.scalars import BOOLEAN, NULL, STRING

# As Go compares names; `helmChartInflationGenerator` is an old notation, which could name another program.
FIELDS = frozenset(map(str.casefold, fields.CHARTS))
_HOME = "charts"  # where kustomize looks for charts
_NAME = r"[a-zA-Z0-9_][\w.-]*"
_FORMS = {
    "name": rf"{_NAME}(?:/{_NAME})*",
    "version": r"[^/\\\s]+",
    "repo": r".*",
    "releaseName": r"[a-z0-9][a-z0-9.-]*",
    "namespace": r"[a-z0-9][a-z0-9.-]*",
    "kubeVersion": r"v?\d[\w.+-]*",
    "apiVersions": r"[a-zA-Z0-9][\w./-]*",
    "valuesMerge": r"merge|override|replace",
    "valuesFile": r"[^-\0\n][^\0\n]*",
    "additionalValuesFiles": r"[^-\0\n][^\0\n]*",
    "chartHome": r"[^-\0\n][^\0\n]*",
}
_LISTS = ("apiVersions", "additionalValuesFiles")
_SWITCHES = frozenset({"includeCRDs", "skipHooks", "skipTests", "devel", "debug"})
_VALUES = "valuesInline"

# What kustomize prints when helm fails: first what helm has said.
REFUSAL = re.compile(r"\AError: (?P<said>.*): unable to run: '(?P<command>.*?)' with env=", re.DOTALL)
NOISE = ("level=", "Use --debug flag", "time=")
_SCHEMA, _ARCHIVE = "values.schema.json", ".tgz"
# One that does not end is one text up to the end of the file, so that nothing is looked at twice.
_TEXTS = re.compile(r'("(?:[^"\\]|\\.)*+(?:"|\\?\Z))(\s*+:)?', re.DOTALL)
_REFERENCES = ("$ref", "$schema", "$dynamicRef", "$recursiveRef")
_KNOWN_SCHEMA = re.compile(r"https?://json-schema\.org/(draft-0[4-7]|draft/20(19-09|20-12))/schema#?")
# Functions of templates whose results differ each time.
_RANDOM = re.compile(
    rb"\b(?:rand\w*|shuffle|uuidv4|gen(?:CA|SelfSigned|Signed|Private)\w*|now|ago|date\w*|htmlDate\w*|htpasswd|bcrypt"
    rb"|encryptAES|derivePassword)\b"
)


class Unclear(ValueError):
    """What promote does not let kustomize hand to helm: the line, and what to do."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line
        self.problem = problem


class Chart(NamedTuple):
    """A chart: its folder and the values files, relative to the kustomization, and where that is written."""

    folder: str
    values: tuple[str, ...]
    node: Node


def of(root: Node) -> list[Chart]:
    """The charts of a kustomization; raises Unclear for an entry that is not understood."""
    said: dict[str, Node] = {}
    for key, value in contents.pairs(root) if isinstance(root, MappingNode) else ():
        name = str(key.value)
        if name.casefold() in FIELDS:
            if name not in ("helmCharts", "helmGlobals") or name in said:
                raise Unclear(key.start_mark.line + 1, f"write charts once, under `helmCharts`, not `{name}`")
            said[name] = value
    home = _home(said.get("helmGlobals"))
    return [_chart(entry, home) for entry in _items(said.get("helmCharts"))]


def _home(node: Node | None) -> str:
    for name, value in _fields(node):
        if name != "chartHome":
            line = value.start_mark.line + 1
            raise Unclear(line, f"helm gets settings from promote alone: remove `{name}` from `helmGlobals`")
        return _text(name, value) or _HOME
    return _HOME


def _chart(entry: Node, home: str) -> Chart:
    texts: dict[str, list[str]] = {}
    for name, value in _fields(entry):
        if name in _FORMS:
            texts[name] = [_text(name, item) for item in (_items(value) if name in _LISTS else [value])]
        elif name != _VALUES and not (name in _SWITCHES and value.tag in (BOOLEAN, NULL)):
            line = value.start_mark.line + 1
            raise Unclear(line, f"promote renders no chart with this `{name}`: correct or remove it")
    name, version, repo = (next(iter(texts.get(field, ())), "") for field in ("name", "version", "repo"))
    if not name:
        raise Unclear(entry.start_mark.line + 1, "a chart needs a `name`")
    parts = [home, f"{name}-{version}", name] if version and repo else [home, name]
    values = [*texts.get("valuesFile", ()), *texts.get("additionalValuesFiles", ())]
    return Chart(posixpath.join(*parts), tuple(filter(None, values)), entry)


def _fields(node: Node | None) -> Iterator[tuple[str, Node]]:
    """The fields of a mapping; raises Unclear for anything else, and for a field that is there twice."""
    if node is None or node.tag == NULL:
        return
    if not isinstance(node, MappingNode):
        raise Unclear(node.start_mark.line + 1, "this is not a mapping, which is needed here")
    seen = set[str]()
    for key, value in contents.pairs(node):
        if not isinstance(key, ScalarNode) or key.value in seen:
            raise Unclear(key.start_mark.line + 1, "this field is there twice, or its name is not text")
        seen.add(key.value)
        yield key.value, value


def _items(node: Node | None) -> Iterator[Node]:
    if isinstance(node, SequenceNode):
        yield from node.value
    elif node is not None and node.tag != NULL:
        raise Unclear(node.start_mark.line + 1, "this is not a list, which is needed here")


def _text(field: str, node: Node) -> str:
    """The text of a field, if it has the field's form; empty for null."""
    if node.tag == NULL:
        return ""
    if node.tag != STRING or not re.fullmatch(_FORMS[field], str(node.value), re.ASCII):
        raise Unclear(node.start_mark.line + 1, f"`{field}` is not written as promote accepts it: `{_FORMS[field]}`")
    return str(node.value)


def problem(name: str, file: Path) -> tuple[int, str] | None:
    """Where a file of a chart, by its `name` there, leads helm to something else, and what to do; None if nowhere."""
    if name.endswith(_ARCHIVE):
        return 1, "promote does not look into archives: unpack this chart (`tar -xzf`), and commit its files"
    return _outside(files.read(file)) if name == _SCHEMA else None


def _outside(schema: str) -> tuple[int, str] | None:
    """The first reference of a JSON schema to another document, which helm would open or fetch."""
    key = ""
    for found in _TEXTS.finditer(schema):
        try:
            text = str(reader.from_json(found[1]))
        except (ValueError, TypeError):
            text = found[1]
        if not found[2] and key in _REFERENCES and not (
            text.startswith("#") or (key == "$schema" and _KNOWN_SCHEMA.fullmatch(text))
        ):  # fmt: skip
            line = schema.count("\n", 0, found.start()) + 1
            return line, f"'{text}' is another document, which helm would open: copy what is needed into this file"
        key = text if found[2] else ""
    return None


def are_stable(contents_of: Iterable[bytes]) -> bool:
    """Whether none of these files uses a function of templates that gives another result each time."""
    return not any(b"{{" in data and _RANDOM.search(data) for data in contents_of)
