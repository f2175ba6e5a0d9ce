"""Asks kustomize from which file, and which object in it, each rendered object comes.

Its own `originAnnotations` say less and take more than ten times as long as rendering, because they record every
transformer at every object. Here a mirror of the files is rendered in which each object has a mark with its position.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from os.path import normpath
from pathlib import Path
from typing import Any, NamedTuple

from yaml import YAMLError
from yaml.nodes import MappingNode

from promote.kustomize import contents, documents, local_charts, options, patches
from promote.kustomize.fields import CHANGING
from promote.kustomize.files import at
from promote.kustomize.patches import Layer
from promote.model import Identity
from promote.yamltext import places, reader

_MARK = "promote.internal/origin"
GENERATORS = {"ConfigMap": "configMapGenerator", "Secret": "secretGenerator"}


class Origin(NamedTuple):
    """The file of an object, or the kustomization that generates it, and its position there, from 0."""

    file: Path
    number: int


def of(folder: Path) -> dict[Identity, Origin]:
    """Where every object of the kustomization in `folder` is written, by its identity with and without a hash.

    Marks change hashes: that of a Job, and of what is generated from a file that is a resource, too. So `find` looks
    for both names. Empty if kustomize cannot build it.
    """
    with tempfile.TemporaryDirectory(prefix="promote-origins-") as temporary:
        mirror = _Mirror(Path(temporary).resolve())
        mirror.fill(list(patches.layers(folder.resolve())))
        # This reads the same files as the real build: the other files of the mirror are links to the originals.
        reads = [mirror.root, *mirror.originals]
        done = options.build(mirror.at(folder.resolve()), reads, charts=mirror.has_charts, anywhere=True)
        if done.code != 0:
            return {}
        written: list[tuple[Identity, Origin]] = []
        # Of several with one identity, the first counts.
        for one in reversed(documents.read(done.text, folder.name)):
            mark = str(places.value_at(one.content, ["metadata", "annotations", _MARK]) or "")
            if mark.isdecimal() and int(mark) < len(mirror.marks):
                written.append((one.identity, mirror.marks[int(mark)]))
        return {_unhashed(who): origin for who, origin in written} | dict(written)


def find(who: Identity, origins: Mapping[Identity, Origin]) -> Origin | None:
    """Where an object is written, by what `of` says."""
    return origins.get(who) or origins.get(_unhashed(who))


def _unhashed(who: Identity) -> Identity:
    return replace(who, name=who.written_name)


def objects(file: Path) -> list[MappingNode]:
    """The objects in `file`, in the order of `Origin.number`; none if it cannot be read."""
    return [node for node in patches.read(file) if isinstance(node, MappingNode)]


@dataclass(slots=True)
class _Mirror:
    """A copy of the kustomizations below `root`, each at its own path; all other files are links to `originals`."""

    root: Path
    marks: list[Origin] = field(default_factory=list)
    has_charts: bool = False
    originals: list[Path] = field(default_factory=list)

    def at(self, path: Path) -> Path:
        """The path in the mirror for `path`."""
        return self.root / path.relative_to(path.anchor)

    def fill(self, layers: list[Layer]) -> None:
        """Write the files with marks, and link all others."""
        for layer in layers:
            self._write(layer.file, self._kustomization(layer))
            for item in places.items(layer.root, "resources"):
                file = at(layer.file.parent, str(item.value))
                if file and file.is_file() and not self.at(file).exists():
                    self._write(file, self._objects(file))
        for folder in dict.fromkeys(layer.file.parent for layer in layers):
            self._link(folder)
        self._link_elsewhere(layers)

    def _link_elsewhere(self, layers: list[Layer]) -> None:
        """Link charts, and what is named outside of the folder of its layer, where that is allowed."""
        named: list[Path] = []
        for layer in layers if options.used().helm else ():
            named += [layer.file.parent / chart.folder for chart in local_charts.of(layer.root)]
        self.has_charts = bool(named)
        for layer in layers if options.used().load_restrictor == "none" else ():
            texts = (str(one.value).rpartition("=")[2] for one in contents.scalars(layer.root, frozenset()))
            named += [layer.file.parent / text for text in texts]
        for path in named:
            # Like kustomize, without `..` first: so nothing can be written through a link to an original.
            plain = Path(normpath(path))
            found, target = at(plain, ""), self.at(plain)
            if found is not None and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                self._lead(target, found)

    def _write(self, file: Path, contents: Iterator[Any]) -> None:
        target = self.at(file)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            text = documents.SEPARATOR.join(f"{reader.json_text(one)}\n" for one in contents)
        except (TypeError, ValueError, YAMLError):
            return  # the file is linked instead, and kustomize may be able to read it
        if text:
            target.write_text(text, encoding="utf-8")

    def _link(self, folder: Path) -> None:
        for entry in folder.iterdir():
            target = self.at(entry)
            if target.is_dir() and not target.is_symlink() and not entry.is_symlink():
                self._link(entry)
            elif not target.exists() and entry.name != ".git":
                self._lead(target, entry)

    def _lead(self, target: Path, original: Path) -> None:
        target.symlink_to(original)
        self.originals.append(original)

    def _kustomization(self, layer: Layer) -> Iterator[Any]:
        content = reader.value(layer.root)
        for key in GENERATORS.values():
            entries = content.get(key) if isinstance(content, dict) else None
            if not isinstance(entries, list):
                continue
            content[key] = list(entries)  # a copy, because aliases may share the list
            for number, entry in enumerate(entries):
                if isinstance(entry, dict) and entry.get("behavior") not in CHANGING:
                    options = self._marked(entry.get("options") or {}, Origin(layer.file, number))
                    content[key][number] = {**entry, "options": options}
        yield content

    def _objects(self, file: Path) -> Iterator[Any]:
        """The objects of `file`, each with its mark."""
        for number, node in enumerate(objects(file)):
            content = reader.value(node)
            yield {**content, "metadata": self._marked(content.get("metadata") or {}, Origin(file, number))}

    def _marked(self, holder: Any, origin: Origin) -> Any:
        """A copy of `holder` with a mark among its annotations; a copy, because aliases may share the original."""
        annotations = (holder.get("annotations") or {}) if isinstance(holder, dict) else None
        if not isinstance(annotations, dict):
            return holder
        self.marks.append(origin)
        return {**holder, "annotations": {**annotations, _MARK: str(len(self.marks) - 1)}}
