"""What kustomize finds when it combines files that are valid by themselves, located by the names in its reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from yaml.nodes import Node, ScalarNode, SequenceNode

from promote.errors import nearest
from promote.kustomize import documents, misfits
from promote.kustomize.files import at
from promote.kustomize.inspected import GENERATORS, Fault, Inspected, references
from promote.yamltext import places

_FOLDER = re.compile(r"(?:recursed accumulation of path|couldn't make target for path) '([^']*)'")
_OUTSIDE = (
    "is outside of this folder: name a kustomization, or set `kustomize: {load_restrictor: none}` in promote.yaml"
)


def found(files: Inspected, reason: str) -> Iterator[Fault]:
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


def _of_other_version(files: Inspected, kind: str, wanted: str) -> Iterator[Fault]:
    for file, root in files.layers:
        said = places.text(root, "apiVersion")
        if said not in ("", wanted) and (places.text(root, "kind") or "Kustomization") == kind:
            yield Fault(file, places.key_line(root, "apiVersion"), f"`apiVersion` is '{said}': write {wanted}")


def _without_object(files: Inspected, who: str) -> Iterator[Fault]:
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


def _operation(files: Inspected, path: str) -> Iterator[Fault]:
    for file, line, body in _patches(files):
        for operation in body.value if isinstance(body, SequenceNode) else ():
            # kustomize names the whole path, or the part of it that is missing.
            if places.text(operation, "path").startswith(path):
                yield Fault(
                    file, line + operation.start_mark.line + 1, f"the path '{places.text(operation, 'path')}' does "
                    "not exist in an object that this patch is for; correct the path or the target, or add its parent"
                )  # fmt: skip


def _patches(files: Inspected) -> Iterator[tuple[Path, int, Node]]:
    """Every patch: its file, the lines before it there, and its body."""
    for file, root in files.layers:
        for entry in places.items(root, "patches"):
            inline = places.field(entry, "patch")
            if isinstance(inline, ScalarNode):
                before = inline.start_mark.line + (inline.style in ("|", ">"))
                yield from ((file, before, body) for body in documents.nodes(inline.value))
    yield from ((file, 0, body) for file, body in files.patches)


def _merges(files: Inspected, name: str) -> Iterator[Fault]:
    entries = [(file, entry) for file, root in files.layers for key in GENERATORS
               for entry in places.items(root, key)]  # fmt: skip
    others = {places.text(entry, "name") for _, entry in entries if not places.text(entry, "behavior")}
    for file, entry in entries:
        if places.text(entry, "name") == name and places.text(entry, "behavior"):
            behavior = places.text(entry, "behavior")
            problem = (
                f"`behavior: {behavior}` needs another '{name}', but there is none{nearest(name, others - {name})}"
            )
            yield Fault(file, places.key_line(entry, "name"), problem)


def _made_again(files: Inspected, name: str) -> Iterator[Fault]:
    # The layers are from top to bottom: the first of the two is the one that changes the other.
    for file, root in files.layers:
        for entry in (one for key in GENERATORS for one in places.items(root, key)):
            if places.text(entry, "name") == name and not places.text(entry, "behavior"):
                problem = f"what this builds on has '{name}', too: add `behavior: merge` or `behavior: replace`"
                yield Fault(file, places.key_line(entry, "name"), problem)
                return


def _twice(files: Inspected, name: str, reason: str) -> Iterator[Fault]:
    inner = _FOLDER.findall(reason)
    for file, root in files.layers:
        lines = [item.start_mark.line + 1 for item in places.items(root, "resources") if item.value == name]
        if lines and (not inner or str(file.parent) == inner[-1]):
            yield Fault(file, lines[-1], f"'{name}' has an object that another entry already has: keep one of them")


def _naming(files: Inspected, path: Path, problem: str, folder: str = "") -> Iterator[Fault]:
    """Each line, of the kustomization in `folder` if given, that names `path`, with what the `problem` with it is."""
    for file, root in files.layers:
        for key, item, name in references(root) if folder in ("", str(file.parent)) else ():
            if at(file.parent, name) == path:
                yield Fault(file, item.start_mark.line + 1, f"`{key}` names '{name}', which {problem}")
