"""Explains in one line why kustomize cannot build: the file and line of the fault, and how to fix it.

Kustomize wraps its reason once per folder, names files without their folders, and often gives no line. So the files
are also inspected here. A fault that only kustomize finds is located by the names in its message.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from promote.errors import RenderError, nearest
from promote.git import sparse
from promote.kustomize import documents, misfits
from promote.kustomize.files import FILE_NAMES, LFS, LFS_PROBLEM, UNPROVED, at
from promote.yamltext import places, reader

REMOTE = re.compile(r"://|^[\w.-]+@|^[\w.-]+\.[a-z]+/[^/]+/[^/]+|\?ref=")
_WRAPPING = (
    r"accumulating (?:resources|components): ",
    r"accumulateDirectory: ",
    r"accumulation err='accumulating resources from '[^']*': (?:'[^']*' must resolve to a file': )?",
    r"recursed accumulation of path '[^']*': ",
    r"accumulating resources from '[^']*': ",
    r"couldn't make target for path '[^']*': ",
    r"loader\.New ",
    r": must build at directory: .*",
    r"evalsymlink failure on '[^']*' : ",
    r"merging from generator &\{0x[0-9a-f]+ [^}]*\}: ",
)
# An object, as Go prints it.
_OBJECT = re.compile(r'\bid resid\.ResId\{Gvk:resid\.Gvk\{[^{}]*Kind:"([^"]*)"[^{}]*\}, Name:"([^"]*)"[^{}]*\}')
_FOLDER = re.compile(r"(?:recursed accumulation of path|couldn't make target for path) '([^']*)'")
_FOLDERS = ("components", "bases")
_PATCHES = ("patches", "patchesStrategicMerge", "patchesJson6902")
_FILES = ("resources", *_FOLDERS, "patchesStrategicMerge", "configurations", "crds", "transformers", "generators")
_PATHS = ("patches", "patchesJson6902", "replacements")
_GENERATORS = ("configMapGenerator", "secretGenerator")
_OF_GENERATORS = ("files", "envs", "env")
_NOT_IN_GIT = f"; if it must not be in Git, {UNPROVED}"
_OUTSIDE = (
    "is outside of this folder: name a kustomization, or set `kustomize: {load_restrictor: none}` in promote.yaml"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the file, the line and the problem."""

    file: Path
    line: int
    problem: str


@dataclass(slots=True)
class _Files:
    """What was read below one kustomization, each with its file: kustomizations, objects, patches, configurations."""

    layers: list[tuple[Path, Node]] = field(default_factory=list)
    objects: list[tuple[Path, Node]] = field(default_factory=list)
    patches: list[tuple[Path, Node]] = field(default_factory=list)
    configurations: list[tuple[Path, Node]] = field(default_factory=list)


def fault(folder: Path, reason: str) -> Fault | None:
    """Why kustomize, which gave this `reason`, cannot build `folder`; None if this is uncertain."""
    files = _Files()
    found = list(_walk(folder.resolve(), files, set()))
    # Kustomize accepts some faults, so those that its reason names come first.
    named = [one for one in found if _mentions(reason, one)]
    return next(iter([*named, *_from_reason(files, reason), *found]), None)


def essence(reason: str) -> str:
    """Kustomize's `reason` without its wrapping, and with readable paths."""
    for pattern in _WRAPPING:
        reason = re.sub(pattern, "", reason)
    reason = _OBJECT.sub(r"\1 '\2'", reason)
    here = str(Path.cwd().resolve())
    reason = reason.replace(f"{here}/", "").replace(here, ".").removeprefix("`: ")
    # The removed wrapping may have left one of its quotes.
    for quote in "'\"":
        if reason.count(quote) % 2:
            reason = reason[:-1] if reason.endswith(quote) else reason.removeprefix(quote)
    return reason


def _mentions(reason: str, one: Fault) -> bool:
    if "YAML" in one.problem:
        return "yaml" in reason.lower() or "mapping key" in reason
    name = re.search("'([^']+)'", one.problem)
    return name is not None and name[1] in reason


def _walk(folder: Path, files: _Files, seen: set[Path]) -> Iterator[Fault]:
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
    if not roots or not isinstance(roots[0], MappingNode):
        return
    files.layers.append((file, roots[0]))
    for key, item, name in _references(roots[0]):
        yield from _of_reference(file, key, item, name, files, seen)


def _of_reference(file: Path, key: str, item: Node, name: str, files: _Files, seen: set[Path]) -> Iterator[Fault]:
    path = at(file.parent, name)
    line = item.start_mark.line + 1
    if path is None:
        more = _NOT_IN_GIT if key == "secretGenerator" else misfits.close(name, _siblings(file.parent, name))
        more = sparse.hint(Path(os.path.normpath(file.parent / name))) or more
        yield Fault(file, line, f"`{key}` names '{name}', which does not exist{more}")
    elif path.is_dir() and not any((path / one).is_file() for one in FILE_NAMES):
        yield Fault(
            file, line, f"`{key}` names the folder '{name}', which has no kustomization.yaml{sparse.hint(path)}"
        )
    elif path.is_dir():
        yield from _walk(path, files, seen)
    elif key in _FOLDERS:
        yield Fault(file, line, f"`{key}` names '{name}', which is a file: name the folder of a kustomization")
    elif key in ("resources", "configurations", *_PATCHES) and path not in seen and path.is_file():
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
    for key in [] if places.text(root, "kind").endswith("List") else lacks:
        yield Fault(file, root.start_mark.line + 1, f"this object has no '{key}': add it")


def _siblings(folder: Path, name: str) -> list[str]:
    """The entries of the folder that `name` leads to, written like `name`."""
    above = at(folder, str(Path(name).parent))
    prefix = name[: len(name) - len(Path(name).name)] if not name.endswith("/") else ""
    return [f"{prefix}{entry.name}" for entry in above.iterdir()] if above and above.is_dir() else []


def _references(root: Node) -> Iterator[tuple[str, Node, str]]:
    """Every local file or folder that a kustomization names: the key, the node of the name, and the name."""
    for key, item in _named(root):
        name = item.value.rpartition("=")[2] if key in _GENERATORS and isinstance(item, ScalarNode) else item.value
        if isinstance(item, ScalarNode) and "\n" not in name and not REMOTE.search(name):
            yield key, item, name


def _named(root: Node) -> Iterator[tuple[str, Node]]:
    yield from ((key, item) for key in _FILES for item in places.items(root, key))
    for key in _PATHS:
        yield from ((key, path) for entry in places.items(root, key) if (path := places.field(entry, "path")))
    for key in _GENERATORS:
        for entry in places.items(root, key):
            yield from ((key, item) for names in _OF_GENERATORS for item in _one_or_more(entry, names))


def _one_or_more(entry: Node, key: str) -> list[Node]:
    value = places.field(entry, key)
    return [value] if isinstance(value, ScalarNode) else list(places.items(entry, key))


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


def _from_reason(files: _Files, reason: str) -> Iterator[Fault]:
    """What kustomize found when it combined files that are valid by themselves."""
    inner = _FOLDER.findall(reason)
    layers = [(file, root) for file, root in files.layers if not inner or str(file.parent) == inner[-1]]
    yield from (Fault(*one) for one in misfits.found(layers, files.configurations, reason))
    if match := re.search(r"no (?:resource )?matches for Id ([^;\s]+)", reason):
        yield from _without_object(files, match[1])
    if match := re.search(r"operation does not apply: .*?(?:path|key): \"?(/[^\s\":]+)", reason):
        yield from _operation(files, match[1])
    if match := re.search(r'Name:"([^"]*)".* (does not exist; cannot|exists; .*must be) merge or replace', reason):
        yield from (_merges if match[2].startswith("does not") else _made_again)(files, match[1])
    if match := re.search(r"security; file '([^']*)' is not in or below '([^']*)'", reason):
        yield from _naming(files, Path(match[1]), _OUTSIDE, match[2])
    if match := re.search(r"apiVersion for (\w+) should be (\S+)$", reason):
        yield from _of_other_version(files, match[1], match[2])
    if match := re.search(r"cycle detected: candidate root '([^']*)'", reason):
        yield from _naming(files, Path(match[1]), "includes this kustomization: break the cycle")
    if match := re.search(r"merging resources from '([^']*)': may not add resource with an already", reason):
        yield from _twice(files, match[1], reason)


def _of_other_version(files: _Files, kind: str, wanted: str) -> Iterator[Fault]:
    for file, root in files.layers:
        said = places.text(root, "apiVersion")
        if said not in ("", wanted) and (places.text(root, "kind") or "Kustomization") == kind:
            yield Fault(file, places.key_line(root, "apiVersion"), f"`apiVersion` is '{said}': write {wanted}")


def _without_object(files: _Files, who: str) -> Iterator[Fault]:
    """A patch for an object that does not exist; `who` is `Kind.version.group/name.namespace`."""
    kind, _, rest = who.partition(".")
    name = rest.partition("/")[2].rpartition(".")[0]
    others = {places.text(places.field(root, "metadata"), "name") for _, root in files.objects
              if places.text(root, "kind") == kind} - {name}  # fmt: skip
    for file, line, body in _patches(files):
        metadata = places.field(body, "metadata")
        if places.text(body, "kind") == kind and metadata and places.text(metadata, "name") == name:
            yield Fault(
                file, line + places.key_line(metadata, "name"), f"this patch is for {kind} '{name}', which does "
                f"not exist{nearest(name, others)}; correct the name, or give the patch a target"
            )  # fmt: skip


def _operation(files: _Files, path: str) -> Iterator[Fault]:
    for file, line, body in _patches(files):
        for operation in body.value if isinstance(body, SequenceNode) else ():
            # kustomize names the whole path, or the part of it that is missing.
            if places.text(operation, "path").startswith(path):
                yield Fault(
                    file, line + operation.start_mark.line + 1, f"the path '{places.text(operation, 'path')}' does "
                    "not exist in an object that this patch is for; correct the path or the target, or add its parent"
                )  # fmt: skip


def _patches(files: _Files) -> Iterator[tuple[Path, int, Node]]:
    """Every patch: its file, the lines before it there, and its body."""
    for file, root in files.layers:
        for entry in places.items(root, "patches"):
            inline = places.field(entry, "patch")
            if isinstance(inline, ScalarNode):
                before = inline.start_mark.line + (inline.style in ("|", ">"))
                yield from ((file, before, body) for body in documents.nodes(inline.value))
    yield from ((file, 0, body) for file, body in files.patches)


def _merges(files: _Files, name: str) -> Iterator[Fault]:
    entries = [(file, entry) for file, root in files.layers for key in _GENERATORS
               for entry in places.items(root, key)]  # fmt: skip
    others = {places.text(entry, "name") for _, entry in entries if not places.text(entry, "behavior")}
    for file, entry in entries:
        if places.text(entry, "name") == name and places.text(entry, "behavior"):
            behavior = places.text(entry, "behavior")
            problem = (
                f"`behavior: {behavior}` needs another '{name}', but there is none{nearest(name, others - {name})}"
            )
            yield Fault(file, places.key_line(entry, "name"), problem)


def _made_again(files: _Files, name: str) -> Iterator[Fault]:
    # The layers are from top to bottom: the first of the two is the one that changes the other.
    for file, root in files.layers:
        for entry in (one for key in _GENERATORS for one in places.items(root, key)):
            if places.text(entry, "name") == name and not places.text(entry, "behavior"):
                problem = f"what this builds on has '{name}', too: add `behavior: merge` or `behavior: replace`"
                yield Fault(file, places.key_line(entry, "name"), problem)
                return


def _twice(files: _Files, name: str, reason: str) -> Iterator[Fault]:
    inner = _FOLDER.findall(reason)
    for file, root in files.layers:
        lines = [item.start_mark.line + 1 for item in places.items(root, "resources") if item.value == name]
        if lines and (not inner or str(file.parent) == inner[-1]):
            yield Fault(file, lines[-1], f"'{name}' has an object that another entry already has: keep one of them")


def _naming(files: _Files, path: Path, problem: str, folder: str = "") -> Iterator[Fault]:
    """Each line, of the kustomization in `folder` if given, that names `path`, with what the `problem` with it is."""
    for file, root in files.layers:
        for key, item, name in _references(root) if folder in ("", str(file.parent)) else ():
            if at(file.parent, name) == path:
                yield Fault(file, item.start_mark.line + 1, f"`{key}` names '{name}', which {problem}")
