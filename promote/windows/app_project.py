"""The sync windows of an AppProject: those of promote.yaml, spliced into its file next to those of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from yaml.nodes import MappingNode, Node, SequenceNode

from promote.errors import ConfigError, EditRefused, UsageError
from promote.fix import edits
from promote.fix.edits import Edit, ValueChange
from promote.kustomize import documents
from promote.kustomize.files import is_manifest
from promote.windows.delivered import Source
from promote.windows.sync_windows import SyncWindow
from promote.yamltext import places, reader

_KEY = "syncWindows"
_MARK = "promote.yaml: "
API = "argoproj.io/"


def entry(window: SyncWindow, applications: Sequence[str]) -> dict[str, Any]:
    """The window as an item of `syncWindows`.

    People may sync by hand, because a rollback does not wait for the end of a freeze; and what began before a freeze
    is finished rather than left halfway.
    """
    return {
        "kind": "deny",
        "schedule": window.schedule,
        "duration": window.duration,
        "timeZone": window.zone,
        "applications": list(applications),
        "manualSync": True,
        "syncOverrun": True,
        "description": _MARK + window.reason,
    }


def lines(entries: Iterable[Mapping[str, Any]]) -> list[str]:
    """The items as lines of YAML."""
    found: list[str] = []
    for one in entries:
        keys = [f"{key}: {edits.as_yaml(value)}" for key, value in one.items()]
        found += [f"{'  ' if number else '- '}{key}" for number, key in enumerate(keys)]
    return found


def project(text: str, source: str) -> str:
    """The name of the AppProject in a file; raises UsageError where there is not exactly one."""
    return places.text(places.field(_project(text, source), "metadata"), "name")


def has_project(text: str) -> bool:
    """Whether a file has an AppProject."""
    return any(_is(node, "AppProject") for node in documents.nodes(text))


class Application(NamedTuple):
    """An Application of Argo CD: its name, its project, and what it syncs."""

    name: str
    project: str
    sources: tuple[Source, ...]


def applications(root: Path) -> list[Application]:
    """The Applications in the files below `root`."""
    found = []
    for file in sorted(root.rglob("*")):
        if not is_manifest(file.name) or not file.is_file():
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        if API in text and "Application" in text:
            for node in (node for node in documents.nodes(text) if _is(node, "Application")):
                spec = places.field(node, "spec")
                sources = [places.field(spec, "source"), *places.items(spec, "sources")]
                name = places.text(places.field(node, "metadata"), "name")
                read = (
                    Source(*(places.text(one, key) for key in ("path", "repoURL", "targetRevision")))
                    for one in sources
                )
                found.append(Application(name, places.text(spec, "project"), tuple(one for one in read if one.path)))
    return found


def with_windows(data: bytes, entries: Sequence[Mapping[str, Any]], source: str) -> bytes:
    """The file with exactly these entries among the sync windows of its AppProject; itself where it has them.

    Windows that promote did not write stay as they are, and so does every other byte. Raises EditRefused where no
    edit does only that.
    """
    text = data.decode()
    root = _project(text, source)
    spec = places.field(root, "spec")
    if not isinstance(spec, MappingNode):
        raise ConfigError(f"{source}:{root.start_mark.line + 1}: the AppProject has no spec: add it")
    content = reader.value(spec)
    old = content.get(_KEY) or []
    if [one for one in old if _is_own(one)] == list(entries):
        return data
    if _KEY in content and not old:
        return with_windows(_without_key(text, root).encode(), entries, source)
    wanted = [*(one for one in old if not _is_own(one)), *entries]
    made = _spliced(text, root, spec, old, entries)
    number = [node.start_mark.index for node in documents.nodes(text)].index(root.start_mark.index)
    expected = [reader.value(node) for node in documents.nodes(text)]
    expected[number]["spec"] = {key: value for key, value in content.items() if key != _KEY}
    expected[number]["spec"] |= {_KEY: wanted} if wanted else {}
    if [reader.value(node) for node in documents.nodes(made)] != expected:
        raise EditRefused(
            f"{source}: no edit was found that changes only `{_KEY}`; write each window on its own lines"
        )
    return made.encode()


def _spliced(
    text: str, root: Node, spec: MappingNode, old: Sequence[Any], entries: Sequence[Mapping[str, Any]]
) -> str:
    there = places.field(spec, _KEY)
    newline = "\r\n" if "\r\n" in text else "\n"
    if not spec.value:
        return text  # the proof refuses it
    if not isinstance(there, SequenceNode) or not there.value:
        column = spec.value[0][0].start_mark.column
        block = _block([f"{_KEY}:", *(f"  {line}" for line in lines(entries))], column, newline)
        return edits.new_line(text, edits.end_of(spec), block).applied(text)
    if not entries and all(map(_is_own, old)):
        return _without_key(text, root)
    if there.flow_style:
        return text  # the proof refuses it
    own = [item for item, value in zip(there.value, old, strict=True) if _is_own(value)]
    rest = [item for item, value in zip(there.value, old, strict=True) if not _is_own(value)]
    cuts = [_whole_lines(text, item) for item in own]
    block = _block(lines(entries), there.start_mark.column, newline)
    after = edits.end_of(rest[-1]) if rest else 0
    made = [Edit(start, end, "") for start, end in cuts]
    if entries:
        made.append(edits.new_line(text, after, block) if rest else Edit(cuts[0][0], cuts[0][0], block + newline))
    for one in sorted(made, key=lambda each: (each.start, each.end), reverse=True):
        text = one.applied(text)
    return text


def _block(rows: Sequence[str], column: int, newline: str) -> str:
    return newline.join(" " * column + row for row in rows)


def _whole_lines(text: str, item: Node) -> tuple[int, int]:
    start, end = text.rfind("\n", 0, item.start_mark.index) + 1, edits.end_of(item)
    if text[end - 1] != "\n":
        end = text.find("\n", end) + 1 or len(text)
    return start, end


def _without_key(text: str, root: Node) -> str:
    change = ValueChange(("spec", _KEY), None, remove=True)
    return edits.edit(text, root, reader.value(root), change).applied(text)


def _project(text: str, source: str) -> Node:
    found = [node for node in documents.nodes(text) if _is(node, "AppProject")]
    if len(found) != 1:
        raise UsageError(f"{source} has {len(found) or 'no'} AppProject: name the file of one")
    return found[0]


def _is(node: Node, kind: str) -> bool:
    return places.text(node, "kind") == kind and places.text(node, "apiVersion").startswith(API)


def _is_own(window: Any) -> bool:
    return isinstance(window, Mapping) and str(window.get("description", "")).startswith(_MARK)
