"""Finds the file and line that a finding is about: where its value is written, or where the missing one belongs."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeAlias

from yaml.nodes import MappingNode, Node, ScalarNode

from promote import documents, patches, places, tools
from promote.checks import NOWHERE, Finding
from promote.documents import Document, Identity, Source
from promote.kustomization import FILE_NAMES
from promote.patches import Layer
from promote.places import Place
from promote.render import Rendered

_ORIGIN = "config.kubernetes.io/origin"
# Asked of a wrapper, so that no kustomization has to be changed to know where an object comes from.
_WRAPPER = "resources: [{}]\nbuildMetadata: [originAnnotations]\n"
_NAME_KEYS = ("newName", "name")
_IMAGE_KEYS = {"images.tag": ("newTag", *_NAME_KEYS), "images.digest": ("digest", "newTag", *_NAME_KEYS)}
_GENERATORS = {"ConfigMap": "configMapGenerator", "Secret": "secretGenerator"}


Origins: TypeAlias = Callable[[Path], Mapping[Identity, Path]]


class Written(NamedTuple):
    """An object or patch: its file, its node and, where it is a text within the file, the node of that."""

    file: Path
    root: Node
    inline: ScalarNode | None = None


class Sources:
    """Where the objects of one rendered target are written; nothing is read until the first question.

    `ask` answers as `origins` does, for whoever remembers what that said.
    """

    def __init__(self, rendered: Rendered, root: Path, ask: Origins | None = None) -> None:
        self._rendered = rendered
        self._ask = ask or origins
        self._root = root.resolve()
        self._read: dict[Path, list[Node]] = {}
        self._found: dict[Path, _Roots] = {}

    def of(self, finding: Finding) -> Source | None:
        """The place that `finding` is about, relative to the root; None where it is about no object."""
        if finding.resource == NOWHERE:
            return None
        document = self._documents.get(finding.resource)
        if document is None:
            return self._of_namespace(finding.resource)
        steps = places.parts(finding.path)
        return self._of_image(document, steps, finding.rule) or self._of_value(document, steps)

    def place(self, finding: Finding) -> str:
        """The path of `finding` with items of lists by their names."""
        document = self._documents.get(finding.resource)
        return places.named(document.content, places.parts(finding.path)) if document else finding.path

    def written(self, finding: Finding) -> Iterator[Written]:
        """What may spell what `finding` is about, the likeliest first; lists of operations are left out."""
        document = self._documents.get(finding.resource)
        if document is None:
            return
        steps = places.parts(finding.path)
        patched = [
            (place, Written(patch.file, patch.body, patch.inline))
            for layer in self._layers
            for patch in patches.of(layer)
            if isinstance(patch.body, MappingNode) and (place := patch.place(document, steps)) is not None
        ]
        yield from (written for place, written in patched if place.whole)
        file = self._file(document.identity)
        root = self._object(file, document.identity) if file and file.name not in FILE_NAMES else None
        if file and root is not None:
            yield Written(file, root)
        partly = [(place.depth, -number) for number, (place, _) in enumerate(patched) if not place.whole]
        yield from (patched[-number][1] for _, number in sorted(partly, reverse=True))

    @cached_property
    def _documents(self) -> dict[Identity, Document]:
        return {document.identity: document for document in reversed(self._rendered.documents)}

    @cached_property
    def _files(self) -> Mapping[Identity, Path]:
        """The file that each object is written in, or that generates it."""
        if self._rendered.files:
            whose = zip(self._rendered.documents, self._rendered.files, strict=True)
            return {document.identity: file for document, file in reversed(list(whose))}
        return self._ask(self._rendered.folder)

    def _file(self, who: Identity) -> Path | None:
        """The file that `who` is written in: where only one resource can be it, that one, else as kustomize says."""
        written = (
            set() if self._rendered.files else {file for layer in self._layers for file in self._may_hold(layer, who)}
        )
        return written.pop() if len(written) == 1 else self._files.get(who)

    def _may_hold(self, layer: Layer, who: Identity) -> Iterator[Path]:
        """The resources of `layer` with an object that is of the kind of `who` and may end up with its name."""
        names = layer.names(who.name)
        for item in places.items(layer.root, "resources") if names else ():
            file = (layer.file.parent / str(item.value)).resolve()
            # Looked at as text first: reading YAML with its lines is slow.
            text = _text(file)
            if who.kind not in text or not any(name in text for name in names):
                continue
            for root in self._roots(file):
                named = places.text(places.field(root, "metadata"), "name")
                if places.text(root, "kind") == who.kind and named in names:
                    yield file

    @cached_property
    def _layers(self) -> list[Layer]:
        return list(patches.layers(self._rendered.folder.resolve()))

    def _of_value(self, document: Document, steps: list[str]) -> Source | None:
        for layer in self._layers:
            place = _generated(layer.root, document, steps)
            if place and place.same:
                return self._source(layer.file, place.line)
        file = self._file(document.identity)
        origin = self._in_file(file, document, steps) if file else None
        if file and origin and origin.same:
            return self._source(file, origin.line)
        # The value is not what that file says, or not there at all: a patch may have written it.
        best_file, best = file, origin
        for patch_file, place in self._patched(document, steps):
            if place.same:
                return self._source(patch_file, place.line)
            if place.depth > (best.depth if best else 0):
                best_file, best = patch_file, place
        return self._source(best_file, best.line if best else 1) if best_file else None

    def _patched(self, document: Document, steps: list[str]) -> Iterator[tuple[Path, Place]]:
        for layer in self._layers:
            for patch in patches.of(layer):
                place = patch.place(document, steps)
                if place is not None:
                    yield patch.file, place

    def _in_file(self, file: Path, document: Document, steps: list[str]) -> Place | None:
        roots = self._roots(file)
        if self._layers and file.name in FILE_NAMES:
            return _generated(roots[0], document, steps) if roots else None
        root = self._object(file, document.identity)
        return None if root is None else places.follow(root, document.content, steps)

    def _object(self, file: Path, who: Identity) -> Node | None:
        """The object in `file` that became `who`."""
        if file not in self._found:
            self._found[file] = _Roots(self._roots(file))
        return self._found[file].root_of(who)

    def _of_image(self, document: Document, steps: list[str], rule: str) -> Source | None:
        """The entry of `images:` that set this image or, in the target's own kustomization, the list it lacks in."""
        if not _is_image(steps):
            return None
        repository = _repository(str(places.value_at(document.content, steps) or ""))
        for number, layer in enumerate(self._layers):
            for item in places.items(layer.root, "images"):
                # Further down, only the name that an entry gives is sure to be its own.
                names = [places.text(item, "newName"), places.text(item, "name")][: 1 if number else 2]
                if repository in names:
                    keys = [key for key in _IMAGE_KEYS.get(rule, _NAME_KEYS) if places.text(item, key)]
                    return self._source(layer.file, places.key_line(item, keys[0]))
            if not number and places.field(layer.root, "images") is not None:
                return self._source(layer.file, places.key_line(layer.root, "images"))
        return None

    def _of_namespace(self, who: Identity) -> Source | None:
        """Where a namespace is named that the target does not hold itself."""
        for layer in self._layers:
            if places.text(layer.root, "namespace") == who.name:
                return self._source(layer.file, places.key_line(layer.root, "namespace"))
        for document in self._rendered.documents:
            if document.identity.namespace == who.name:
                return self._of_value(document, ["metadata", "namespace"])
        return None

    def _roots(self, file: Path) -> list[Node]:
        if file not in self._read:
            self._read[file] = patches.read(file)
        return self._read[file]

    def _source(self, file: Path, line: int) -> Source:
        return Source(documents.shown(file, self._root), line)


def origins(folder: Path) -> dict[Identity, Path]:
    """The file behind every object of the kustomization in `folder`, as kustomize itself says.

    Asked only where the files themselves leave a doubt: it makes rendering take more than ten times as long.
    """
    with tempfile.TemporaryDirectory(prefix="promote-origins-") as temporary:
        wrapper = Path(temporary).resolve()
        target = os.path.relpath(folder.resolve(), wrapper).replace("'", "''")
        (wrapper / FILE_NAMES[0]).write_text(_WRAPPER.format(f"'{target}'"))
        done = tools.run("kustomize", "build", wrapper)
        if done.code != 0:
            return {}
        found = documents.read(done.text, folder.name)
        return {one.identity: file for one in reversed(found) if (file := _origin(one, wrapper))}


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""


def _origin(document: Document, base: Path) -> Path | None:
    annotations = (document.content.get("metadata") or {}).get("annotations") or {}
    for line in str(annotations.get(_ORIGIN, "")).splitlines():
        key, _, value = line.partition(": ")
        if key in ("path", "configuredIn"):
            return (base / value).resolve()
    return None


class _Roots:
    """The objects of one file by kind, name and namespace: a file may hold thousands."""

    def __init__(self, roots: Iterable[Node]) -> None:
        self._kinds: dict[str, dict[str, dict[str, Node]]] = {}
        for node in roots:
            metadata = places.field(node, "metadata")
            named = self._kinds.setdefault(places.text(node, "kind"), {})
            spaces = named.setdefault(places.text(metadata, "name"), {})
            spaces.setdefault(places.text(metadata, "namespace"), node)

    def root_of(self, who: Identity) -> Node | None:
        """The object that became `who`: the same kind and, unless it was renamed, the same name and namespace."""
        named = self._kinds.get(who.kind, {})
        alike = (spaces for name, spaces in named.items() if name and name in who.name)
        spaces = named.get(who.name) or next(alike, None) or next(iter(named.values()), {})
        return spaces.get(who.namespace) or next(iter(spaces.values()), None)


def _generated(root: Node, document: Document, steps: list[str]) -> Place | None:
    """The generator's entry that made an object, or its literal for the key at the end of `steps`."""
    who = document.identity
    name = who.written_name
    entries = places.items(root, _GENERATORS.get(who.kind, ""))
    alike = [entry for entry in entries if places.text(entry, "name") and name.endswith(places.text(entry, "name"))]
    if not alike:
        return None
    for literal in places.items(alike[0], "literals"):
        if steps[1:] and isinstance(literal, ScalarNode) and literal.value.partition("=")[0] == steps[1]:
            same = literal.value.partition("=")[2] == places.value_at(document.content, steps)
            return Place(literal.start_mark.line + 1, len(steps), True, same)
    return Place(alike[0].start_mark.line + 1, 0)


def _is_image(steps: list[str]) -> bool:
    return steps[-1:] == ["image"] and steps[-2:-1] != [] and steps[-2].isdecimal()


def _repository(image: str) -> str:
    path, _, last = image.partition("@")[0].rpartition("/")
    return "/".join(part for part in (path, last.partition(":")[0]) if part)
