"""The kustomizations that a target consists of, and which of their patches certainly change an object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from promote.errors import RenderError
from promote.kustomize import documents, files, selectors
from promote.kustomize.fields import PATCHES
from promote.kustomize.files import at, kustomization_of
from promote.model import Document
from promote.yamltext import places
from promote.yamltext.places import Place

_FOLDERS = ("components", "resources", "bases")
_TARGET = {"group", "version", "kind", "name", "namespace", "labelSelector"}


@dataclass(frozen=True, slots=True)
class Layer:
    """One kustomization, with the prefix and suffix that it and those above it add to the names of its objects.

    `sees_all` is true if its patches apply to every object of the target.
    """

    file: Path
    root: Node
    prefix: str = ""
    suffix: str = ""
    sees_all: bool = True

    def names(self, name: str) -> set[str]:
        """The names that an object may have here if its final name is `name`; empty if it cannot be here."""
        if not (name.startswith(self.prefix) and name.endswith(self.suffix)):
            return set()
        return {name, name.removeprefix(self.prefix).removesuffix(self.suffix)}


@dataclass(frozen=True, slots=True)
class Patch:
    """One patch: the layer that applies it, the file and line where its text starts, and its target.

    `inline` is the node of that text if it is within the kustomization.
    """

    layer: Layer
    file: Path
    offset: int
    body: Node
    target: Node | None
    inline: ScalarNode | None = None

    def place(self, document: Document, steps: Sequence[str]) -> Place | None:
        """How far the patch follows `steps` into `document`, or None unless it certainly patches that."""
        if not self._is_for(document):
            return None
        if isinstance(self.body, SequenceNode):
            return self._of_operations(document, steps)
        return self._shifted(places.follow(self.body, document.content, steps))

    def _is_for(self, document: Document) -> bool:
        names = self.layer.names(document.identity.name)
        if self.target is None:
            name = places.text(places.field(self.body, "metadata"), "name")
            return places.text(self.body, "kind") == document.identity.kind and name in names
        fields = {key.value: value.value for key, value in self.target.value}
        metadata = document.content.get("metadata") or {}
        return (
            fields.keys() <= _TARGET
            # Without a name it applies to all objects of this kustomization, which may not include this one.
            and (self.layer.sees_all or "name" in fields)
            and _matches(fields.get("kind"), {document.identity.kind})
            and _matches(fields.get("name"), names)
            and _selects(fields.get("labelSelector", ""), metadata.get("labels") or {})
        )

    def _of_operations(self, document: Document, steps: Sequence[str]) -> Place | None:
        """The last operation on the path to `steps`, if it wrote the rendered value there."""
        best = None
        for operation in self.body.value:
            value, path = places.field(operation, "value"), places.parts(places.text(operation, "path"))
            if value is None or path != list(steps[: len(path)]):
                continue
            rest = places.follow(value, places.value_at(document.content, path), steps[len(path) :])
            line = operation.start_mark.line + 1 if not rest.depth else rest.line
            best = self._shifted(Place(line, len(path) + rest.depth, rest.whole, rest.same))
        return best

    def operations(self, document: Document, steps: Sequence[str]) -> Iterator[tuple[list[str], Any]]:
        """The operations that write the value at `steps` in `document`, the last one first.

        Each as the steps from the body to that value, and the body as if it were rendered like the document.
        """
        body = self.body.value if isinstance(self.body, SequenceNode) and self._is_for(document) else []
        for number, operation in reversed(list(enumerate(body))):
            path = places.parts(places.text(operation, "path"))
            if places.field(operation, "value") is not None and path == list(steps[: len(path)]):
                rendered: list[Any] = [None] * len(body)
                rendered[number] = {"value": places.value_at(document.content, path)}
                yield [str(number), "value", *steps[len(path) :]], rendered

    def _shifted(self, place: Place) -> Place:
        return Place(place.line + self.offset, place.depth, place.whole, place.same)


def layers(folder: Path) -> Iterator[Layer]:
    """The kustomization in `folder` and those it builds on, the outermost first."""
    file = kustomization_of(folder)
    roots = read(file) if file else []
    if file and roots:
        yield from _below(Layer(file, roots[0]), frozenset({file}))


def _below(layer: Layer, seen: frozenset[Path]) -> Iterator[Layer]:
    prefix, suffix = places.text(layer.root, "namePrefix"), places.text(layer.root, "nameSuffix")
    here = replace(layer, prefix=layer.prefix + prefix, suffix=suffix + layer.suffix)
    yield here
    for key in _FOLDERS:
        for item in places.items(layer.root, key):
            folder = at(layer.file.parent, item.value) if isinstance(item, ScalarNode) else None
            file = kustomization_of(folder) if folder else None
            roots = read(file) if file and file not in seen else []
            if file and roots:
                inner = replace(here, file=file, root=roots[0], sees_all=here.sees_all and key == "components")
                yield from _below(inner, seen | {file})


def of(layer: Layer) -> list[Patch]:
    """The patches of one kustomization, the last one first, because it overrides the others."""
    found = [patch for key in PATCHES for item in places.items(layer.root, key) for patch in _read(layer, item)]
    # Kustomize runs these after all others.
    return [*found, *_transformers(layer)][::-1]


def _transformers(layer: Layer) -> Iterator[Patch]:
    """The patches of the PatchTransformers in files that the kustomization lists."""
    for item in places.items(layer.root, "transformers"):
        file = at(layer.file.parent, item.value) if isinstance(item, ScalarNode) else None
        for node in read(file) if file and file.is_file() else ():
            target, patch = places.field(node, "target"), places.field(node, "patch")
            if places.text(node, "kind") == "PatchTransformer" and isinstance(patch, ScalarNode):
                offset = patch.start_mark.line + (patch.style == "|")
                yield from _patches(layer, file, offset, documents.nodes(patch.value), target, patch)  # type: ignore[arg-type]


def read(file: Path) -> list[Node]:
    """The YAML documents of `file`; none if it cannot be read."""
    try:
        return documents.nodes(files.read(file))
    except (OSError, RenderError):
        return []


def _read(layer: Layer, item: Node) -> Iterator[Patch]:
    target = places.field(item, "target")
    inline = item if isinstance(item, ScalarNode) and "\n" in item.value else places.field(item, "patch")
    if isinstance(inline, ScalarNode):
        # After `patch: |-` each line of the text is a line of the file; in other styles only the first one is.
        bodies, file, offset = documents.nodes(inline.value), layer.file, inline.start_mark.line
        offset += inline.style == "|"
    else:
        named = item.value if isinstance(item, ScalarNode) else places.text(item, "path")
        file = at(layer.file.parent, named) or layer.file.parent
        bodies, offset = read(file) if file.is_file() else [], 0
    yield from _patches(layer, file, offset, bodies, target, inline if isinstance(inline, ScalarNode) else None)


def _patches(
    layer: Layer, file: Path, offset: int, bodies: Sequence[Node], target: Node | None, inline: ScalarNode | None
) -> Iterator[Patch]:
    for body in bodies:
        if isinstance(body, MappingNode | SequenceNode) and isinstance(target, MappingNode | None):
            yield Patch(layer, file, offset, body, target, inline)


def _matches(pattern: Any, texts: set[str]) -> bool:
    return pattern is None or (isinstance(pattern, str) and selectors.matches(pattern, texts))


def _selects(selector: str, labels: Mapping[str, Any]) -> bool:
    """Whether a selector of the simple form `a=b,c=d` selects `labels`; false for any other form."""
    wanted = [part.partition("=") for part in selector.split(",") if part]
    return all(labels.get(key.strip()) == value.lstrip("=").strip() for key, _, value in wanted)
