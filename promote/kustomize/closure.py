"""Which files kustomize reads when it builds a folder, found without writing or building anything.

Whoever writes only these must be sure that there are no others. So a kustomization is understood only if every field
of it is known here, in its exact notation, and everything that it names exists. In doubt, the answer is "anything".
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from promote.errors import RenderError
from promote.kustomize import local_charts, options
from promote.kustomize.fields import ENTRIES, FILES, FOLDERS, PLAIN, PLUGINS
from promote.kustomize.files import FILE_NAMES
from promote.kustomize.inspected import REMOTE
from promote.system.snapshot import LARGEST, Found, LeadsOut, Snapshot, find, walk
from promote.yamltext import places, reader
from promote.yamltext.scalars import NULL, STRING

_OFTEN_INLINE = ("patchesStrategicMerge", *PLUGINS)
# Built-in transformers that name files in no field or, of patches, in one of two.
_TRANSFORMERS = frozenset(
    "AnnotationsTransformer HashTransformer ImageTagTransformer LabelTransformer LegacyOrderTransformer "  # noqa: SIM905
    "NamespaceTransformer PatchTransformer PatchJson6902Transformer PatchStrategicMergeTransformer "
    "PrefixTransformer SuffixTransformer PrefixSuffixTransformer ReplicaCountTransformer SortOrderTransformer".split()
)
_NAMING_A_FILE = ("path", "paths")


class _Doubt(Exception):
    """Something that is not understood here: kustomize may read anything."""


@dataclass(slots=True)
class _Closure:
    snapshot: Snapshot
    paths: set[str] = field(default_factory=set)
    built: set[str] = field(default_factory=set)

    def build(self, folder: str) -> None:
        """Add what the kustomization in `folder` reads."""
        if folder in self.built:
            return
        self.built.add(folder)
        entries = self.snapshot.entries(folder)
        named = [posixpath.join(folder, name) for name in FILE_NAMES if name in entries]
        if len(named) != 1:
            raise _Doubt
        file = find(self.snapshot, named[0])  # the name may be a link
        self._add(file)
        root = self._mapping(file.path)
        for key, value in root.value:
            self._field(named[0], folder, key, value)
        self._charts(named[0], folder, root)

    def _charts(self, file: str, folder: str, root: Node) -> None:
        """Add all files of the charts; faults in them are reported when they are rendered."""
        for chart in local_charts.of(root):
            for name in chart.values:
                self._add(self._found(file, folder, chart.node, name))
            top = self._found(file, folder, chart.node, chart.folder)
            self.paths.update(top.links)
            for path, entry in walk(self.snapshot, top.path):
                if entry.kind == "link":
                    self._add(find(self.snapshot, path))
                elif entry.kind == "file":
                    self.paths.add(path)

    def _field(self, file: str, folder: str, key: Node, value: Node) -> None:
        name = _string(key)
        if name in PLAIN or _is_null(value) or (name.casefold() in local_charts.FIELDS and options.used().helm):
            return
        if name in ENTRIES:
            for entry in [value] if name == "openapi" else _items(value):
                self._entry(file, folder, name, entry)
            return
        take = self._takers().get(name)
        if take is None:
            raise _Doubt
        inline = [item for item in _items(value) if name in _OFTEN_INLINE and "\n" in _string(item)]
        for item in inline if name in PLUGINS else ():
            _insist_on_transformers(_string(item).encode())
        for item in _items(value):
            if item not in inline and (found := self._found_or_remote(file, folder, item)) is not None:
                take(found)

    def _takers(self) -> Mapping[str, Callable[[Found], None]]:
        """By field that lists files or folders, what adds one of them."""
        return {
            "resources": self._resource,
            **dict.fromkeys(FOLDERS, self._folder),
            **dict.fromkeys((*FILES, "patchesStrategicMerge"), self._add),
            **dict.fromkeys(PLUGINS, self._plugin),
        }

    def _entry(self, file: str, folder: str, kind: str, entry: Node) -> None:
        known, naming = ENTRIES[kind]
        for name, value in _fields(entry, known, naming):
            if _is_null(value):
                continue
            for item in [value] if isinstance(value, ScalarNode) else _items(value):
                path = _string(item)
                if name == "files":
                    key, equals, path = path.rpartition("=")
                    if "=" in key or (equals and not key):
                        raise _Doubt
                self._add(self._found(file, folder, item, path))

    def _resource(self, found: Found) -> None:
        if found.entry is not None and found.entry.kind == "folder":
            self._folder(found)
        else:
            self._add(found)

    def _folder(self, found: Found) -> None:
        if found.entry is None or found.entry.kind != "folder":
            raise _Doubt
        self.paths.update(found.links)
        self.build(found.path)

    def _plugin(self, found: Found) -> None:
        self._add(found)
        _insist_on_transformers(self._read(found.path))

    def _add(self, found: Found) -> None:
        if found.entry is None or found.entry.kind != "file":
            raise _Doubt
        self.paths.update((*found.links, found.path))

    def _mapping(self, file: str) -> MappingNode:
        try:
            roots = reader.roots(self._read(file).decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise _Doubt from None
        if len(roots) != 1 or not isinstance(roots[0], MappingNode):
            raise _Doubt
        return roots[0]

    def _read(self, file: str) -> bytes:
        (data,) = self.snapshot.contents([file])
        if data is None:
            raise RenderError(f"{file}: the file has more than {LARGEST >> 20} MiB: split it")
        return data

    def _found_or_remote(self, file: str, folder: str, item: Node) -> Found | None:
        """What `item` names in the snapshot; None for an address, which is outside of it."""
        try:
            found = self._found(file, folder, item)
        except LeadsOut:
            if REMOTE.search(_string(item)):
                return None
            raise
        return None if found.entry is None and REMOTE.search(_string(item)) else found

    def _found(self, file: str, folder: str, item: Node, name: str | None = None) -> Found:
        """What `item` in `file` names; like kustomize, it resolves `..` before links."""
        name = _string(item) if name is None else name
        if not name or "\0" in name:
            raise _Doubt
        path = posixpath.normpath(posixpath.join(folder, name))
        try:
            return find(self.snapshot, name if posixpath.isabs(name) else path)
        except LeadsOut as error:
            raise LeadsOut(f"{file}:{item.start_mark.line + 1}: {error}") from None


def closure(snapshot: Snapshot, folder: str) -> frozenset[str] | None:
    """The files that kustomize reads to build `folder`, and the links that lead to them; None if that is not certain.

    Raises LeadsOut, with file and line, where one of them is outside of the snapshot, and RenderError where one is
    too large.
    """
    found = _Closure(snapshot)
    try:
        found.build(folder)
    except (_Doubt, local_charts.Unclear, RecursionError):
        return None
    return frozenset(found.paths)


def _items(node: Node) -> Iterator[Node]:
    if not isinstance(node, SequenceNode):
        raise _Doubt
    yield from node.value


def _fields(node: Node, known: frozenset[str], wanted: tuple[str, ...]) -> Iterator[tuple[str, Node]]:
    """The `wanted` fields of a mapping that has only `known` ones."""
    if not isinstance(node, MappingNode):
        raise _Doubt
    for key, value in node.value:
        if (name := _string(key)) not in known:
            raise _Doubt
        if name in wanted:
            yield name, value


def _string(node: Node) -> str:
    if not isinstance(node, ScalarNode) or node.tag != STRING:
        raise _Doubt
    return str(node.value)


def _is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.tag == NULL


def _insist_on_transformers(data: bytes) -> None:
    """Raise _Doubt unless every document is a built-in transformer that names no file."""
    roots = reader.roots(data.decode("utf-8", "replace"))
    for root in roots:
        keys = [_string(key) for key, _ in root.value] if isinstance(root, MappingNode) else []
        known = places.text(root, "apiVersion") == "builtin" and places.text(root, "kind") in _TRANSFORMERS
        if not known or any(key in _NAMING_A_FILE for key in keys):
            raise _Doubt
    if not roots:
        raise _Doubt
