"""Reads the files of a kustomization and of all below it, and finds the faults that show without kustomize."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from yaml.nodes import MappingNode, Node, ScalarNode

from promote.errors import RenderError
from promote.git import sparse
from promote.kustomize import documents, misfits
from promote.kustomize.fields import FOLDERS, GENERATED_FROM, PATCHES
from promote.kustomize.files import FILE_NAMES, LFS, LFS_PROBLEM, UNPROVED, at
from promote.yamltext import places, reader

REMOTE = re.compile(r"://|^[\w.-]+@|^[\w.-]+\.[a-z]+/[^/]+/[^/]+|\?ref=")
GENERATORS = ("configMapGenerator", "secretGenerator")
_FILES = ("resources", *FOLDERS, "patchesStrategicMerge", "configurations", "crds", "transformers", "generators")
_PATHS = ("patches", "patchesJson6902", "replacements")
_OF_KUSTOMIZE = "kustomize.config.k8s.io/"  # Kustomizations of Flux are objects
_NOT_IN_GIT = f"; if it must not be in Git, {UNPROVED}"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the file, the line, the problem, and advice on what promote.yaml can allow."""

    file: Path
    line: int
    problem: str
    advice: str = ""


@dataclass(slots=True)
class Inspected:
    """What was read below one kustomization, each with its file: kustomizations, objects, patches, configurations."""

    layers: list[tuple[Path, Node]] = field(default_factory=list)
    objects: list[tuple[Path, Node]] = field(default_factory=list)
    patches: list[tuple[Path, Node]] = field(default_factory=list)
    configurations: list[tuple[Path, Node]] = field(default_factory=list)


def walk(folder: Path, files: Inspected, seen: set[Path]) -> Iterator[Fault]:
    """The faults that are visible in the files of the kustomization in `folder` and of those below it."""
    kept = [folder / name for name in FILE_NAMES if (folder / name).is_file()]
    if not kept or kept[0] in seen:
        return
    file = kept[0]
    seen.add(file)
    if len(kept) > 1:
        yield Fault(
            kept[1], 1, f"{folder.name} has several kustomization files, also '{file.name}': keep one of them"
        )
    roots, broken = _read(file)
    yield from broken
    if not roots and not broken:
        yield Fault(file, 1, f"this '{file.name}' is empty: write what it builds, or remove what names its folder")
    if not roots or not isinstance(roots[0], MappingNode):
        return
    files.layers.append((file, roots[0]))
    for key, item, name in references(roots[0]):
        yield from _of_reference(file, key, item, name, files, seen)


def _of_reference(file: Path, key: str, item: Node, name: str, files: Inspected, seen: set[Path]) -> Iterator[Fault]:
    path = at(file.parent, name)
    line = item.start_mark.line + 1
    if path is None:
        problem = f"`{key}` names '{name}', which does not exist"
        if hint := sparse.hint(Path(os.path.normpath(file.parent / name))):
            yield Fault(file, line, problem + hint)
        elif key == "secretGenerator":
            yield Fault(file, line, problem, _NOT_IN_GIT)
        else:
            similar = misfits.close(name, _siblings(file.parent, name))
            yield Fault(file, line, problem + similar, "" if similar else _NOT_IN_GIT)
    elif path.is_dir() and not any((path / one).is_file() for one in FILE_NAMES):
        yield Fault(
            file, line, f"`{key}` names the folder '{name}', which has no kustomization.yaml{sparse.hint(path)}"
        )
    elif path.is_dir():
        yield from walk(path, files, seen)
    elif key in FOLDERS:
        yield Fault(file, line, f"`{key}` names '{name}', which is a file: name the folder of a kustomization")
    elif key in ("resources", "configurations", *PATCHES) and path not in seen and path.is_file():
        seen.add(path)
        roots, broken = _read(path)
        yield from broken
        kept = {"resources": files.objects, "configurations": files.configurations}.get(key, files.patches)
        kept += [(path, root) for root in roots]
        yield from (one for root in roots if key == "resources" for one in _no_object(path, root))


def _no_object(file: Path, root: Node) -> Iterator[Fault]:
    """The fields that `root` lacks to be an object, named as kustomize names them in its reason."""
    lacks = [key for key in ("apiVersion", "kind") if not places.text(root, key)]
    if not places.text(places.field(root, "metadata"), "name"):
        lacks.append("metadata.name")
        if places.text(root, "apiVersion").startswith(_OF_KUSTOMIZE):
            more = "move it to a folder of its own as kustomization.yaml, and name that folder"
            yield Fault(file, root.start_mark.line + 1, f"this is a kustomization without 'metadata.name': {more}")
            return
    for key in [] if places.text(root, "kind").endswith("List") else lacks:
        yield Fault(file, root.start_mark.line + 1, f"this object has no '{key}': add it")


def _siblings(folder: Path, name: str) -> list[str]:
    """The entries of the folder that `name` leads to, written like `name`."""
    above = at(folder, str(Path(name).parent))
    prefix = name[: len(name) - len(Path(name).name)] if not name.endswith("/") else ""
    return [f"{prefix}{entry.name}" for entry in above.iterdir()] if above and above.is_dir() else []


def references(root: Node) -> Iterator[tuple[str, Node, str]]:
    """Every local file or folder that a kustomization names: the key, the node of the name, and the name."""
    for key, item in _named(root):
        name = item.value.rpartition("=")[2] if key in GENERATORS and isinstance(item, ScalarNode) else item.value
        if isinstance(item, ScalarNode) and "\n" not in name and not REMOTE.search(name):
            yield key, item, name


def _named(root: Node) -> Iterator[tuple[str, Node]]:
    yield from ((key, item) for key in _FILES for item in places.items(root, key))
    for key in _PATHS:
        yield from ((key, path) for entry in places.items(root, key) if (path := places.field(entry, "path")))
    for key in GENERATORS:
        for entry in places.items(root, key):
            for names in GENERATED_FROM:
                value = places.field(entry, names)
                one_or_more = [value] if isinstance(value, ScalarNode) else places.items(entry, names)
                yield from ((key, item) for item in one_or_more)


def _read(file: Path) -> tuple[list[Node], list[Fault]]:
    """The documents of `file`, or why it is not YAML."""
    text = file.read_text(encoding="utf-8-sig", errors="replace")
    if text.startswith(LFS):
        return [], [Fault(file, 1, LFS_PROBLEM)]
    try:
        for _ in reader.load_all(text, ""):
            pass
    except RenderError as error:
        line, _, problem = str(error).removeprefix(":").partition(": ")
        if line.isdecimal():
            # A list is not an object, but the operations of a patch are a list.
            # The end of what is not closed is missing after the last line.
            at_fault = text.splitlines()[int(line) - 1 : int(line)]
            problem += ": indent with spaces" if any("\t" in one for one in at_fault) else ""
            return documents.nodes(text), [] if "has the type list" in problem else [Fault(file, int(line), problem)]
    return documents.nodes(text), []
