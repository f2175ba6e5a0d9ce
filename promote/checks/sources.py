"""Finds the file and line that a finding is about: where its value is written, or where the missing one belongs."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode

from promote.checks.findings import NOWHERE, Finding
from promote.checks.objects import Objects
from promote.errors import ConfigError
from promote.kustomize import documents, generators, origins, patches
from promote.kustomize.fields import CHANGING
from promote.kustomize.files import FILE_NAMES, at
from promote.kustomize.generators import Said
from promote.kustomize.origins import Origin
from promote.kustomize.patches import Layer
from promote.kustomize.render import Rendered
from promote.model import Document, Identity, Source
from promote.system.paths import shown
from promote.versions.fields import split
from promote.versions.images import Entry, ImagesFile
from promote.yamltext import places, reader
from promote.yamltext.places import Place

_AMOUNTS = "resources"
_NAME_KEYS = ("newName", "name")
_IMAGE_KEYS = {"images.tag": ("newTag", *_NAME_KEYS), "images.digest": ("digest", "newTag", *_NAME_KEYS)}

Origins: TypeAlias = Callable[[Path], Mapping[Identity, Origin]]


class Written(NamedTuple):
    """An object or patch: its file, its node and, where it is a text within the file, the node of that.

    In a list of operations, `steps` lead to what is meant and `content` is that list, were it rendered.
    """

    file: Path
    root: Node
    inline: ScalarNode | None = None
    steps: tuple[str, ...] = ()
    content: Any = None


class Sources:
    """Where the objects of one rendered target are written; nothing is read until the first question.

    `ask` answers as `origins.of` does; a caller that remembers its answers passes it.
    """

    def __init__(self, rendered: Rendered, root: Path, ask: Origins | None = None) -> None:
        self._rendered = rendered
        self._objects = Objects(rendered)
        self._ask = ask or origins.of
        self._root = root.resolve()
        self._read: dict[Path, list[MappingNode]] = {}

    def of(self, finding: Finding) -> Source | None:
        """The place that `finding` is about, relative to the root; None where it is about no object."""
        if finding.resource == NOWHERE:
            return None
        document = self._objects.of(finding)
        if document is None:
            return self._of_namespace(finding.resource)
        steps = places.parts(finding.path)
        # What the `namespace:` of a kustomization may write.
        is_namespace = steps == ["metadata", "name" if document.identity.kind == "Namespace" else "namespace"]
        if is_namespace and (given := self._given(places.value_at(document.content, steps))):
            return given
        return self._of_image(document, steps, finding.rule) or self._of_value(document, steps) or self._of_charts()

    def place(self, finding: Finding) -> str:
        """The path of `finding` with items of lists by their names."""
        document = self._objects.of(finding)
        return places.named(document.content, places.parts(finding.path)) if document else finding.path

    def written(self, finding: Finding) -> Iterator[Written]:
        """The places that may define what `finding` is about, the likeliest first."""
        document = self._objects.of(finding)
        if document is None:
            return
        steps = places.parts(finding.path)
        for patch in (patch for layer in self._layers for patch in patches.of(layer)):
            for inner, content in patch.operations(document, steps):
                yield Written(patch.file, patch.body, patch.inline, tuple(inner), content)
        patched = [
            (place, Written(patch.file, patch.body, patch.inline))
            for layer in self._layers
            for patch in patches.of(layer)
            if isinstance(patch.body, MappingNode) and (place := patch.place(document, steps)) is not None
        ]
        yield from (written for place, written in patched if place.whole)
        origin = self._origin(document)
        root = self._node(origin) if origin else None
        if origin and root is not None and not self._generates(origin):
            yield Written(origin.file, root)
        partly = [(place.depth, -number) for number, (place, _) in enumerate(patched) if not place.whole]
        yield from (patched[-number][1] for _, number in sorted(partly, reverse=True))

    @cached_property
    def _origins(self) -> Mapping[Identity, Origin]:
        """Where kustomize says that each object is written, or what generates it."""
        return self._ask(self._rendered.folder)

    def _origin(self, document: Document) -> Origin | None:
        """Where `document` is written: what alone can have made it, or else what kustomize says."""
        if self._rendered.files:
            return self._objects.origin(document)
        who = document.identity
        made = {origin for layer in self._layers for origin in self._may_make(layer, who)}
        return made.pop() if len(made) == 1 else origins.find(who, self._origins)

    def _may_make(self, layer: Layer, who: Identity) -> Iterator[Origin]:
        """What in `layer` is of the kind of `who` and may end up with its name."""
        names = layer.names(who.written_name)
        for number, entry in enumerate(places.items(layer.root, origins.GENERATORS.get(who.kind, ""))):
            if places.text(entry, "name") in names and places.text(entry, "behavior") not in CHANGING:
                yield Origin(layer.file, number)
        for item in places.items(layer.root, "resources") if names else ():
            file = at(layer.file.parent, str(item.value))
            # Looked at as text first: reading YAML with its lines is slow.
            text = file.read_text(encoding="utf-8", errors="replace") if file and file.is_file() else ""
            if file is None or who.kind not in text or not any(name in text for name in names):
                continue
            for number, root in enumerate(self._roots(file)):
                named = places.text(places.field(root, "metadata"), "name")
                if places.text(root, "kind") == who.kind and named in names:
                    yield Origin(file, number)

    @cached_property
    def _layers(self) -> list[Layer]:
        return list(patches.layers(self._rendered.folder.resolve()))

    def _of_value(self, document: Document, steps: list[str]) -> Source | None:
        depth = places.outside(document.content, steps)
        steps, inner = steps[:depth], steps[depth:]
        if said := self._said(document, steps):
            file, place = said
            return self._source(file, _line_within(place, places.value_at(document.content, steps), inner))
        return self._nearest(document, steps)

    def _said(self, document: Document, steps: list[str]) -> Said | None:
        """What says the value that is rendered, if anything does."""
        return next((said for said in self._sayings(document, steps) if said.place.same), None)

    def _sayings(self, document: Document, steps: list[str]) -> Iterator[Said]:
        for layer in self._layers:
            yield from generators.counts(layer, document, steps)
        yield from self._generated(document, steps)
        yield from self._in_origin(document, steps)
        yield from self._patched(document, steps)

    def _nearest(self, document: Document, steps: list[str]) -> Source | None:
        """Where a value is written that no file has exactly as it is rendered, or where it belongs."""
        best = next(self._in_origin(document, steps), None)
        # Amounts are each environment's own: of several places as near, the outermost is meant.
        own = best is not None and _AMOUNTS in steps[: best.place.depth]
        for patched in self._patched(document, steps):
            nearer = patched.place.depth - (best.place.depth if best else 0)
            if nearer > 0 or (own and nearer == 0):
                best, own = patched, False
        return self._source(best.file, best.place.line) if best else None

    def _generated(self, document: Document, steps: list[str]) -> Iterator[Said]:
        who = document.identity
        for layer in self._layers:
            for entry in places.items(layer.root, origins.GENERATORS.get(who.kind, "")):
                if places.text(entry, "name") in layer.names(who.written_name):
                    yield generators.origin(entry, layer.file, steps, _text_at(document, steps))

    def _patched(self, document: Document, steps: list[str]) -> Iterator[Said]:
        for layer in self._layers:
            for patch in patches.of(layer):
                place = patch.place(document, steps)
                if place is not None:
                    yield Said(patch.file, place)

    def _in_origin(self, document: Document, steps: list[str]) -> Iterator[Said]:
        """The place in the file that the object comes from, if it is known."""
        origin = self._origin(document)
        if origin is None:
            return
        root = self._node(origin, document.identity.kind)
        if root is None:
            yield Said(origin.file, Place(1, 0))
        elif self._generates(origin):
            yield generators.origin(root, origin.file, steps, _text_at(document, steps))
        else:
            yield Said(origin.file, places.follow(root, document.content, steps))

    def _generates(self, origin: Origin) -> bool:
        return bool(self._layers) and origin.file.name in FILE_NAMES

    def _node(self, origin: Origin, kind: str = "") -> Node | None:
        """The object at `origin`, or the entry of the generator of `kind`s."""
        roots: Sequence[Node] = self._roots(origin.file)
        if self._generates(origin):
            roots = places.items(roots[0], origins.GENERATORS.get(kind, "")) if roots else ()
        return roots[origin.number] if origin.number < len(roots) else None

    def _of_image(self, document: Document, steps: list[str], rule: str) -> Source | None:
        """The entry of `images:` that set this image or, in the target's own kustomization, the list it lacks in.

        None if the object itself or a patch has the image exactly as it is rendered: then no entry changed it.
        """
        if steps[-1:] != ["image"] or len(steps) == 1 or not steps[-2].isdecimal():
            return None
        repository, _ = split(str(places.value_at(document.content, steps) or ""))
        lacks = rule in _IMAGE_KEYS and self._said(document, steps) is None
        for number, layer in enumerate(self._layers):
            for entry in _entries(layer):
                # Further down, only the name that an entry gives is sure to be its own.
                own = not number or "newName" in entry.nodes
                names = {entry.image.repository} | (set() if number else {entry.image.name})
                if own and repository in names:
                    return self._source(layer.file, entry.line(*_IMAGE_KEYS.get(rule, _NAME_KEYS)))
            if lacks and not number and places.field(layer.root, "images") is not None:
                return self._source(layer.file, places.key_line(layer.root, "images"))
        return None

    def _of_namespace(self, who: Identity) -> Source | None:
        """Where a namespace is named that the target does not hold itself."""
        if given := self._given(who.name):
            return given
        document = self._objects.within(who.name)
        return self._of_value(document, ["metadata", "namespace"]) if document else None

    def _of_charts(self) -> Source | None:
        """Where the charts are listed that make all objects whose place is not known."""
        for layer in self._layers:
            if places.field(layer.root, "helmCharts") is not None:
                return self._source(layer.file, places.key_line(layer.root, "helmCharts"))
        return None

    def _given(self, namespace: str) -> Source | None:
        """The line of the kustomization that puts objects into `namespace`."""
        for layer in self._layers:
            given = places.field(layer.root, "namespace")
            if isinstance(given, ScalarNode) and given.value == namespace:
                return self._source(layer.file, places.key_line(layer.root, "namespace"))
        return None

    def _roots(self, file: Path) -> Sequence[Node]:
        if file not in self._read:
            self._read[file] = origins.objects(file)
        return self._read[file]

    def _source(self, file: Path, line: int) -> Source:
        return Source(shown(file, self._root), line)


def _entries(layer: Layer) -> Iterable[Entry]:
    """The `images:` of a layer; none where nobody could edit them."""
    try:
        return ImagesFile.parse(layer.file.read_bytes(), layer.file.name).entries.values()
    except (OSError, ConfigError):
        return ()


def _text_at(document: Document, steps: list[str]) -> str:
    """The text that a generator was given: a Secret has it in base64."""
    value = str(places.value_at(document.content, steps))
    if document.identity.kind != "Secret":
        return value
    try:
        return base64.b64decode(value, validate=True).decode()
    except ValueError:
        return value


def _line_within(place: Place, text: Any, inner: list[str]) -> int:
    """The line that the `inner` steps lead to within a text that begins at `place`."""
    if not inner or not place.first:
        return place.line
    for root in documents.nodes(text)[:1]:
        with suppress(yaml.YAMLError):
            return place.first - 1 + places.follow(root, reader.value(root), inner).line
    return place.line
