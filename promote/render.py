"""Turns a folder into Kubernetes documents, by kustomize where it has a kustomization."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from promote import documents, process, tools
from promote.documents import Document
from promote.errors import RenderError, UsageError
from promote.kustomization import FILE_NAMES

_MANIFESTS = (".yaml", ".yml", ".json")
# Asked of a wrapper, so that no kustomization has to be changed to know where an object comes from.
_WRAPPER = "resources: [{}]\nbuildMetadata: [originAnnotations]\n"


@dataclass(frozen=True)
class Rendered:
    """The manifests of one folder in canonical form; parsing waits until somebody asks.

    `base` is the folder that origin annotations are relative to; `files` are the documents' files, in
    order, where they were not rendered.
    """

    name: str
    folder: Path
    text: str
    base: Path
    files: tuple[Path, ...] = ()

    @cached_property
    def documents(self) -> list[Document]:
        """The parsed documents; raises RenderError when one is unreadable."""
        parsed = documents.read(self.text, self.name, self.base)
        if self.files:
            return [replace(one, origin=file) for one, file in zip(parsed, self.files, strict=True)]
        return parsed


def kustomize(folder: Path, name: str) -> Rendered:
    """Build the kustomization in `folder`; raises RenderError with kustomize's own reason."""
    with tempfile.TemporaryDirectory(prefix="promote-render-") as temporary:
        wrapper = Path(temporary).resolve()
        target = os.path.relpath(folder.resolve(), wrapper)
        (wrapper / FILE_NAMES[0]).write_text(_WRAPPER.format(_quoted(target)))
        done = process.run([tools.find("kustomize"), "build", wrapper])
    if done.code != 0:
        raise RenderError(f"{name}: kustomize cannot build {folder.name}: {_reason(done.error)}")
    return Rendered(name, folder, done.text, wrapper)


def manifests(path: Path, name: str) -> Rendered:
    """The YAML and JSON files at or below `path`, as they are; raises UsageError where there are none."""
    files = [path] if path.is_file() else sorted(f for f in path.rglob("*") if f.suffix in _MANIFESTS)
    if not files:
        raise UsageError(f"{name}: no YAML or JSON file there; name a folder or a file with manifests")
    texts = {file: _canonical(file) for file in files}
    whose = tuple(file.resolve() for file, text in texts.items() for _ in documents.split(text))
    return Rendered(name, path, documents.SEPARATOR.join(filter(None, texts.values())), path, whose)


def folder_or_file(path: Path, name: str) -> Rendered:
    """What `path` holds: a kustomization is built, anything else is read as it is."""
    if any((path / file).is_file() for file in FILE_NAMES):
        return kustomize(path, name)
    return manifests(path, name)


def _canonical(file: Path) -> str:
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RenderError(f"{file}: this is not UTF-8 (byte {error.start}): save it as UTF-8") from error
    return documents.canonical(text, str(file))


def _quoted(path: str) -> str:
    return "'" + path.replace("'", "''") + "'"


def _reason(stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line.strip() and not line.startswith("# Warning")]
    return lines[-1].removeprefix("Error: ") if lines else "it gave no reason"
