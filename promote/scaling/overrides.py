"""The file `scale.yaml` of an overlay: the numbers that `promote scale` sets, in place of the default ones.

Each document is a PatchTransformer of Kustomize. The overlay lists the file last in `transformers:`, which Kustomize
runs after everything else, so a number applies wherever the default one is written. A patch without a target is for
one object, by its final name and namespace, and fails where that is gone. Without the file and its line, the overlay
is what it was before, byte for byte.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from yaml.nodes import Node, ScalarNode

from promote.errors import ConfigError
from promote.fix import block_scalars, edits
from promote.fix.edits import ValueChange
from promote.kustomize import documents
from promote.model import Identity
from promote.scaling.services import Number
from promote.yamltext import places, reader

FILE_NAME = "scale.yaml"
_HEAD = """\
# Written by `promote scale`: numbers of replicas in place of the default ones, which are written elsewhere.
# `promote scale ENV --all --default` deletes this file.
"""
_ENTRY = """\
apiVersion: builtin
kind: PatchTransformer
metadata:
  name: {title}
patch: |-
  apiVersion: {version}
  kind: {kind}
  metadata:
    name: {name}
{namespace}  spec:
    {field}: {count}
"""
_SEPARATOR = re.compile(r"^---[ \t]*\r?\n", re.MULTILINE)
_COMMENTS = re.compile(r"(?:[ \t]*(?:#.*)?\r?\n)*")


@dataclass(frozen=True, slots=True)
class Override:
    """One number: its object, and the field of the object's spec."""

    owner: Identity
    field: str
    count: int

    def is_for(self, number: Number) -> bool:
        """Whether it takes the place of `number`."""
        return (number.owner, number.field) == (self.owner, self.field)


@dataclass(frozen=True, slots=True)
class ScaleFile:
    """The text of one scale.yaml, and the overrides in it in the order of its documents; `source` is its path."""

    source: str
    text: str = ""
    overrides: tuple[Override, ...] = ()

    @classmethod
    def parse(cls, data: bytes | None, source: str) -> ScaleFile:
        """Read the file; raises ConfigError, with the line, for anything that `promote scale` does not write."""
        if data is None:
            return cls(source)
        text = reader.decoded(data, source)
        nodes = documents.nodes(text)
        if not nodes and not _COMMENTS.fullmatch(text):
            raise ConfigError(f"{source}:1: this is not YAML: correct it, or delete the file and its line")
        return cls(source, text, tuple(_override(node, source) for node in nodes))

    def of(self, number: Number) -> Override | None:
        """The override of `number`, if there is one."""
        return next((one for one in self.overrides if one.is_for(number)), None)

    def with_count(self, number: Number, count: int) -> ScaleFile:
        """The file with `count` in place of `number`: one scalar changes, or one document is added."""
        there = self.of(number)
        if there is None:
            start = f"{self.text.rstrip()}\n---\n" if self.overrides else self.text or _HEAD
            return self.parse((start + _entry(number.owner, number.field, count)).encode(), self.source)
        root = documents.nodes(self.text)[self.overrides.index(there)]
        edited = _counted(self.text, root, there.field, count)
        return self.parse(edited.encode(), self.source)

    def without(self, gone: Override) -> ScaleFile:
        """The file without one document; without text when it was the last one."""
        if self.overrides == (gone,):
            return ScaleFile(self.source)
        chunks = _SEPARATOR.split(self.text)
        # A separator may come before the first document, too.
        filled = [position for position, chunk in enumerate(chunks) if documents.nodes(chunk)]
        position = filled[self.overrides.index(gone)]
        head = _COMMENTS.match(chunks[position])
        rest = chunks[:position] + chunks[position + 1 :]
        if position == filled[0] and head:
            rest[position] = head[0] + rest[position]
        return self.parse("---\n".join(rest).encode(), self.source)

    @property
    def data(self) -> bytes | None:
        """The bytes of the file; None where there is nothing in it, so that it is deleted."""
        return self.text.encode() if self.overrides else None


def _entry(owner: Identity, field: str, count: int) -> str:
    parts = (owner.kind.lower(), owner.namespace, owner.name)
    return _ENTRY.format(
        title="-".join(part for part in parts if part),
        version=owner.api_version,
        kind=owner.kind,
        name=edits.as_yaml(owner.name),
        namespace=f"    namespace: {edits.as_yaml(owner.namespace)}\n" if owner.namespace else "",
        field=field,
        count=count,
    )


def _counted(text: str, root: Node, field: str, count: int) -> str:
    """The text with another number in the patch of the document `root`."""
    patch = places.field(root, "patch")
    if not isinstance(patch, ScalarNode):
        return text
    inner = block_scalars.text_of(patch)
    (body,) = documents.nodes(inner)
    made = edits.edit(inner, body, reader.value(body), ValueChange(("spec", field), count))
    return block_scalars.outward(text, patch, made).applied(text)


def _override(node: Node, source: str) -> Override:
    match reader.value(node):
        case {"kind": "PatchTransformer", "patch": str(patch), **rest} if "target" not in rest:
            bodies = [reader.value(body) for body in documents.nodes(patch)]
        case _:
            bodies = []
    match bodies:
        case [{"spec": dict(spec)} as body] if len(spec) == 1:
            ((field, count),) = spec.items()
            if isinstance(field, str) and isinstance(count, int) and documents.identity(body).name:
                return Override(documents.identity(body), field, count)
    line = node.start_mark.line + 1
    raise ConfigError(
        f"{source}:{line}: `promote scale` keeps its numbers in this file, and did not write this: "
        "move it to another file"
    )
