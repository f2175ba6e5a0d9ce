"""Turns a folder into Kubernetes documents, by kustomize where it has a kustomization."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from promote.errors import RenderError, UsageError
from promote.kustomize import diagnosis, documents
from promote.kustomize.files import FILE_NAMES, kustomization_of
from promote.model import Document
from promote.system import process, tools
from promote.system.paths import shown
from promote.yamltext import reader

_LARGEST = 32 << 20  # bytes of one file, with comments and indentation; all of it is in memory, several times
_MANIFESTS = (".yaml", ".yml", ".json")
_OBJECT = re.compile(rb"""^[ {]*["']?apiVersion["']?[ ]*:""", re.MULTILINE)
_BEGINNING = 1 << 16  # bytes in which an object says what it is


@dataclass(frozen=True)
class Rendered:
    """The manifests of one folder in canonical form; parsing waits until somebody asks.

    `files` are the documents' files, in order, where they were not rendered; `unread` is what lies beside them.
    """

    name: str
    folder: Path
    text: str
    files: tuple[Path, ...] = ()
    unread: tuple[Path, ...] = ()

    @cached_property
    def documents(self) -> list[Document]:
        """The parsed documents; raises RenderError when one is unreadable."""
        return documents.read(self.text, self.name)


def kustomize(folder: Path, name: str) -> Rendered:
    """Build the kustomization in `folder`; raises RenderError with kustomize's own reason."""
    done = tools.run("kustomize", "build", folder.resolve())
    if done.code != 0:
        raise RenderError(f"{name}: {_why(folder, done.error)}")
    return Rendered(name, folder, done.text)


def manifests(path: Path, name: str) -> Rendered:
    """The YAML and JSON files at or below `path`, as they are; raises UsageError where there are none.

    Raises RenderError where something below has to be built first.
    """
    below = sorted(_below(path)) if path.is_dir() else []
    _refuse_sources(below)
    files = [file for file in below if file.suffix.casefold() in _MANIFESTS] if path.is_dir() else [path]
    if not files:
        raise UsageError(f"{name}: no YAML or JSON file there; name a folder or a file with manifests")
    objects: list[tuple[str, Path]] = []
    characters = 0
    for file in files:
        for text in documents.canonical(read(file), shown(file, Path.cwd())):
            characters += len(text)
            objects.append((text, file.resolve()))
        if characters > reader.MOST_CHARACTERS:
            raise RenderError(f"{name}: more than {reader.MOST_CHARACTERS >> 20} MiB of objects: name parts of it")
    whole = documents.SEPARATOR.join(f"{text}\n" for text, _ in objects)
    read_ones = frozenset(files)
    unread = tuple(file for file in below if file not in read_ones)
    return Rendered(name, path, whole, tuple(file for _, file in objects), unread)


def _below(folder: Path) -> Iterator[Path]:
    """The files in `folder` but Git's own; raises RenderError where a link leads to a folder that stays unseen."""
    whole = folder.resolve()
    for parent, folders, names in os.walk(folder, onerror=_failed):
        folders[:] = [each for each in folders if each != ".git"]
        links = (Path(parent, each) for each in folders if Path(parent, each).is_symlink())
        for link in links:
            if not link.resolve().is_relative_to(whole):
                where = shown(link.parent, Path.cwd())
                raise RenderError(f"{where}/{link.name}: this link leads out of the folder: name its target, too")
        yield from (Path(parent, each) for each in names)


def _refuse_sources(files: Iterable[Path]) -> None:
    """Raise RenderError for a kustomization or a chart: its files are parts of manifests, and none themselves."""
    for file in files:
        if said := _source(file):
            raise RenderError(f"{shown(file, Path.cwd())}: {said}")


def _source(file: Path) -> str:
    """What is to be said of a file that is no manifest, but something that manifests are made of."""
    if file.name in FILE_NAMES:
        return "a kustomization below the folder is not built: name its own folder"
    if file.stem.casefold() == "kustomization" and file.suffix.casefold() in ("", *_MANIFESTS):
        return f"kustomize does not read this: call it {FILE_NAMES[0]}"
    return "a chart has to be rendered first: name the output of `helm template`" if file.name == "Chart.yaml" else ""


def side_by_side(
    targets: Iterable[tuple[Path, str]],
    load: Callable[[Path, str], Rendered] = kustomize,
    workers: int = 2,
) -> list[Rendered]:
    """Several folders, each with its name, some at a time; raises RenderError as `load` does.

    By default each must be a kustomization; `folder_or_file` takes anything.
    """
    with process.side_by_side(workers) as pool:
        rendering = [pool.submit(load, path, name) for path, name in targets]
        return [process.result(one) for one in rendering]


def resembles_object(file: Path) -> bool:
    """Whether a file that was not read begins like a Kubernetes object."""
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        return bool(_OBJECT.search(opened.read(_BEGINNING)))


def _failed(error: OSError) -> None:
    raise error


def folder_or_file(path: Path, name: str) -> Rendered:
    """What `path` holds: a kustomization is built, anything else is read as it is."""
    return kustomize(path, name) if kustomization_of(path) else manifests(path, name)


def read(file: Path) -> str:
    """The text of `file`; raises RenderError where it is no file of a bearable size, and with the line no UTF-8."""
    where = f"{shown(file.parent, Path.cwd())}/{file.name}"
    if not file.is_file():
        raise RenderError(f"{where}: this is not a file: remove it, or mend the link")
    if file.stat().st_size > _LARGEST:
        raise RenderError(f"{where}: more than {_LARGEST >> 20} MiB: split it")
    data = file.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RenderError(f"{shown(file, Path.cwd())}:{line}: this is not UTF-8: save it as UTF-8") from error


def _why(folder: Path, stderr: str) -> str:
    """Why kustomize could not build `folder`: the file and line at fault first, where they can be told."""
    reason = diagnosis.essence(_without_copies(_reason(stderr)))
    fault = diagnosis.fault(folder, _reason(stderr))
    if fault is None:
        return f"kustomize cannot build {folder.name}: {reason}"
    place = _without_copies(f"{shown(fault.file, Path.cwd().resolve())}:{fault.line}")
    return f"{place}: {fault.problem} (kustomize cannot build {folder.name}: {reason})"


def _reason(stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line.strip() and not line.startswith("# Warning")]
    return lines[-1].removeprefix("Error: ") if lines else "it gave no reason"


def _without_copies(text: str) -> str:
    # Where the private copy lies helps nobody: it is gone when this is read.
    return re.sub(r"[^\s'\"]*promote-tree-\w+/(?:before/)?", "", text)
