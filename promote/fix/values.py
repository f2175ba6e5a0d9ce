"""Finds the scalars in an environment's own files that decide rendered values, and gives them other values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from yaml.nodes import MappingNode, Node

from promote.checks.findings import Finding
from promote.checks.sources import Sources, Written
from promote.errors import EditRefused
from promote.fix import block_scalars, edits
from promote.fix.edits import Edit, ValueChange
from promote.kustomize import files, patches
from promote.kustomize.render import Rendered
from promote.model import Document
from promote.system.paths import shown
from promote.yamltext import places, reader

_REPLICAS = "/spec/replicas"


@dataclass(frozen=True, slots=True)
class Setting:
    """One value of a rendered object that is to become another: `path` is a JSON pointer, with a value there now."""

    document: Document
    path: str
    value: Any

    @property
    def steps(self) -> list[str]:
        """The steps of the path."""
        return places.parts(self.path)

    @property
    def now(self) -> Any:
        """The value that is rendered now."""
        return places.value_at(self.document.content, self.steps)


def decided(rendered: Rendered, root: Path, settings: Sequence[Setting]) -> dict[str, bytes]:
    """The files below the rendered folder in which these settings are written, with their new bytes, by path.

    A setting that is rendered already needs no edit. Files outside of the folder are left alone, because other
    environments may read them. Raises EditRefused for a value that no file of the folder has in a place that can be
    edited. Whoever publishes the files renders them, to prove what they do.
    """
    sources, made = Sources(rendered, root), dict[Path, list[Edit]]()
    for setting in settings:
        if setting.now != setting.value:
            file, edit = _edit(rendered, sources, setting, root)
            made.setdefault(file, []).append(edit)
    return {shown(file, root): _applied(file, found) for file, found in made.items()}


def _edit(rendered: Rendered, sources: Sources, setting: Setting, root: Path) -> tuple[Path, Edit]:
    """The edit of the place that has the rendered value."""
    who, folder = setting.document.identity, rendered.folder.resolve()
    elsewhere, reasons = "", list[str]()
    for written in _written(rendered, sources, setting):
        if not written.file.resolve().is_relative_to(folder):
            elsewhere = elsewhere or shown(written.file, root)
            continue
        try:
            wanted = ValueChange(tuple(setting.steps), setting.value)
            return written.file, edit_at(written, setting.document.content, wanted)
        except EditRefused as refusal:
            reasons.append(f"{shown(written.file, root)}: {refusal}")
    where = f"it is written in {elsewhere}, which other environments may read" if elsewhere else "no file has it"
    reason = next(iter(reasons), f"{where}: add a patch of this value to {shown(folder, root)}, then run it again")
    raise EditRefused(f"{who} {setting.path} cannot be edited in {rendered.name}: {reason}")


def _written(rendered: Rendered, sources: Sources, setting: Setting) -> Iterator[Written]:
    """The places that have the rendered value, the one that overrides the others first."""
    if setting.path == _REPLICAS:
        yield from _counts(rendered.folder, setting)
    about = Finding("", "deny", rendered.name, setting.document.identity, "", path=setting.path)
    for written in sources.written(about):
        node: Node = written.root
        steps = written.steps or tuple(setting.steps)
        content = written.content if written.steps else setting.document.content
        trail = places.trail(node, content, steps)
        if len(trail) == len(steps) and places.says(trail[-1][1], setting.now):
            yield written


def _counts(folder: Path, setting: Setting) -> Iterator[Written]:
    """The count in the kustomization's own list `replicas:`, which overrides its patches."""
    for layer in islice(patches.layers(folder.resolve()), 1):
        names = layer.names(setting.document.identity.name)
        for number, entry in enumerate(places.items(layer.root, "replicas")):
            if places.text(entry, "name") in names and isinstance(layer.root, MappingNode):
                content = reader.value(layer.root)
                yield Written(layer.file, layer.root, None, ("replicas", str(number), "count"), content)


def _applied(file: Path, made: Sequence[Edit]) -> bytes:
    """The bytes of the file with all edits; raises EditRefused where two of them touch the same text."""
    text, end = files.read(file), None
    for edit in sorted(dict.fromkeys(made), key=lambda one: one.start, reverse=True):
        if end is not None and edit.end > end:
            raise EditRefused(f"{file.name}: one value decides two that should differ: write each of them")
        text, end = edit.applied(text), edit.start
    return reader.encoded(text, file.read_bytes())


def edit_at(written: Written, content: Any, wanted: ValueChange) -> Edit:
    """The edit, in the text of its file, that makes what is written there what is wanted of the object `content`.

    Raises EditRefused where that cannot be done safely.
    """
    text = files.read(written.file)
    if written.steps:
        wanted, content = replace(wanted, steps=written.steps), written.content
    if written.inline is None:
        return edits.edit(text, written.root, content, wanted)
    inner = edits.edit(block_scalars.text_of(written.inline), written.root, content, wanted)
    return block_scalars.outward(text, written.inline, inner)
