"""Turns a folder into Kubernetes documents, with kustomize if it has a kustomization."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from promote.errors import RenderError, UsageError
from promote.git import sparse
from promote.kustomize import diagnosis, documents, local_charts, options, patches, references
from promote.kustomize.files import FILE_NAMES, at, is_manifest, kustomization_of, read
from promote.model import Document
from promote.system import process
from promote.system.paths import is_inside, shown, top_of, without_copies
from promote.yamltext import reader

_OBJECT = re.compile(rb"""^[ {]*["']?apiVersion["']?[ ]*:""", re.MULTILINE)
_LONGEST_REASON = 1 << 15  # characters of what kustomize says, which repeats what its input says
_BEGINNING = 1 << 16  # bytes in which an object must have its apiVersion


@dataclass(frozen=True)
class Rendered:
    """The manifests of one folder in canonical form; they are parsed on first use.

    `files` are the documents' files, in order, if they were not rendered; `unread` are the folder's other files.
    `skipped` are files that could not be read as manifests, and folders that must be built first, each with the
    reason; `excluded` are those that were left out by name.
    """

    name: str
    folder: Path
    text: str
    files: tuple[Path, ...] = ()
    unread: tuple[Path, ...] = ()
    skipped: tuple[tuple[Path, str], ...] = ()
    excluded: tuple[Path, ...] = ()

    @cached_property
    def documents(self) -> list[Document]:
        """The parsed documents; raises RenderError when one is unreadable."""
        return documents.read(self.text, self.name)


def kustomize(folder: Path, name: str) -> Rendered:
    """Build the kustomization in `folder`; raises RenderError with kustomize's own reason.

    First refuses anything that would make kustomize read more than files of the repository.
    """
    try:
        with references.local(folder) as local:
            done = options.build(local.folder.resolve(), local.reads, charts=local.has_charts)
    except RenderError as error:
        raise RenderError(f"{name}: {without_copies(error.problem)}", error.advice) from None
    if done.code != 0:
        problem, advice = _why(folder, done.error[:_LONGEST_REASON])
        raise RenderError(f"{name}: {problem}", advice)
    return Rendered(name, folder, done.text)


def manifests(path: Path, name: str, excluded: Sequence[str] = ()) -> Rendered:
    """The YAML and JSON files at or below `path`, as they are; raises UsageError where there are none.

    `excluded` are patterns for files and folders relative to `path` that are left out. What cannot be read, or must
    be built first, is skipped; raises RenderError if nothing else is left.
    """
    _insist_on_all(path, excluded)
    below = sorted(_below(path)) if path.is_dir() else [path]
    left_out = tuple(file for file in below if _is_excluded(file.relative_to(path), excluded))
    gone = set(left_out)
    kept = [file for file in below if file not in gone]
    _refuse_links_out(kept, path)
    skipped = [(file.parent, f"{shown(file, Path.cwd())}: {why}") for file in kept if (why := _source(file))]
    sources = {folder for folder, _ in skipped}
    others = [file for file in kept if not sources.intersection(file.parents)]
    files = [file for file in others if file == path or is_manifest(file.name)]
    unread = tuple(file for file in others if file != path and not is_manifest(file.name))
    if not files and not skipped:
        raise UsageError(f"{name}: no YAML or JSON file found; name a folder or a file with manifests")
    objects, unreadable = _objects(files, name)
    skipped += unreadable
    if skipped and not objects:
        raise RenderError(skipped[0][1])
    whole = documents.SEPARATOR.join(f"{text}\n" for text, _ in objects)
    return Rendered(name, path, whole, tuple(file for _, file in objects), unread, tuple(skipped), left_out)


def _objects(files: Iterable[Path], name: str) -> tuple[list[tuple[str, Path]], list[tuple[Path, str]]]:
    """The objects in the files, each with its file; and the files that cannot be read, each with the reason."""
    objects: list[tuple[str, Path]] = []
    unreadable: list[tuple[Path, str]] = []
    characters = 0
    for file in files:
        try:
            texts = documents.canonical(read(file), shown(file, Path.cwd()))
        except RenderError as error:
            unreadable.append((file, str(error)))
            continue
        characters += sum(map(len, texts))
        objects += [(text, file.resolve()) for text in texts]
        if characters > reader.MOST_CHARACTERS:
            limit = f"{reader.MOST_CHARACTERS >> 20} MiB"
            raise RenderError(f"{name}: more than {limit} of objects: check its parts separately")
    return objects, unreadable


def _insist_on_all(path: Path, excluded: Sequence[str]) -> None:
    """Raise RenderError if a sparse checkout leaves out a manifest: the others alone would look like all."""
    for name, gone in sparse.all_left_out(path).items():
        if is_manifest(name) and not _is_excluded(Path(name), excluded):
            raise RenderError(sparse.said(gone))


def _is_excluded(file: Path, patterns: Sequence[str]) -> bool:
    """Whether a pattern matches the file or a folder that it is in."""
    places = [part.as_posix() for part in (file, *file.parents)]
    return any(fnmatch.fnmatchcase(place, pattern.rstrip("/")) for place in places for pattern in patterns)


def _below(folder: Path) -> Iterator[Path]:
    """The files in `folder` except Git's own; raises RenderError for a link to a folder that would not be read."""
    whole = folder.resolve()
    for parent, folders, names in os.walk(folder, onerror=_failed):
        folders[:] = [each for each in folders if each != ".git"]
        links = (Path(parent, each) for each in folders if Path(parent, each).is_symlink())
        for link in links:
            if not link.resolve().is_relative_to(whole):
                where = shown(link.parent, Path.cwd())
                raise RenderError(f"{where}/{link.name}: this link leads out of the folder: name its target as well")
        yield from (Path(parent, each) for each in names)


def _refuse_links_out(files: Iterable[Path], folder: Path) -> None:
    """Raise RenderError for a link out of the repository that `folder` is in: anybody may have committed it."""
    top = top_of(folder)
    for link in (file for file in files if top and file.is_symlink() and file.is_file()):
        if top and not is_inside(link, top):
            where = shown(link.parent, Path.cwd())
            raise RenderError(f"{where}/{link.name}: this link leads out of the repository: replace it by the file")


def _source(file: Path) -> str:
    """The message for a file that is not a manifest but a source of manifests; empty for any other."""
    if file.name in FILE_NAMES:
        return "a kustomization in a subfolder is not built: name its folder"
    if file.stem.casefold() == "kustomization" and (is_manifest(file.name) or not file.suffix):
        return f"kustomize does not read this file name: rename it to {FILE_NAMES[0]}"
    return (
        "a Helm chart must be rendered first: check the output of `helm template`"
        if file.name == "Chart.yaml"
        else ""
    )


def side_by_side(
    targets: Iterable[tuple[Path, str]],
    load: Callable[[Path, str], Rendered] = kustomize,
    workers: int = 2,
) -> list[Rendered]:
    """Several folders, each with its name, in parallel; raises RenderError as `load` does.

    By default each must be a kustomization; `folder_or_file` accepts anything.
    """
    with process.side_by_side(workers) as pool:
        rendering = [pool.submit(load, path, name) for path, name in targets]
        return [process.result(one) for one in rendering]


def attempts(
    targets: Sequence[tuple[Path, str]], load: Callable[[Path, str], Rendered] = kustomize, workers: int = 2
) -> list[Rendered | RenderError]:
    """As `side_by_side`, with the error of each that cannot be rendered in its place."""

    def attempt(path: Path, name: str) -> Rendered | RenderError:
        try:
            return load(path, name)
        except RenderError as error:
            return error

    with process.side_by_side(workers) as pool:
        rendering = [pool.submit(attempt, path, name) for path, name in targets]
        return [process.result(one) for one in rendering]


def resembles_object(file: Path) -> bool:
    """Whether a file that was not read starts like a Kubernetes object."""
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        return bool(_OBJECT.search(opened.read(_BEGINNING)))


def _failed(error: OSError) -> None:
    raise error


def folder_or_file(path: Path, name: str, excluded: Sequence[str] = ()) -> Rendered:
    """The manifests at `path`: a kustomization is built, all else is read as it is, except what is `excluded`."""
    return kustomize(path, name) if kustomization_of(path) else manifests(path, name, excluded)


def _why(folder: Path, stderr: str) -> tuple[str, str]:
    """Why kustomize could not build `folder`, with the file and line of the fault first if they are known.

    Also returns advice on what promote.yaml can allow.
    """
    if refusal := local_charts.REFUSAL.search(stderr):
        return _why_helm(folder, refusal), ""
    reason = diagnosis.essence(without_copies(_reason(stderr)))
    fault = diagnosis.fault(folder, _reason(stderr))
    if fault is None:
        return f"kustomize cannot build {folder.name}: {reason}", ""
    place = without_copies(f"{shown(fault.file, Path.cwd().resolve())}:{fault.line}")
    return f"{place}: {fault.problem} (kustomize cannot build {folder.name}: {reason})", fault.advice


def _why_helm(folder: Path, refusal: re.Match[str]) -> str:
    """Why helm could not render a chart, with the place where the kustomization lists it."""
    said = " ".join(line for line in refusal["said"].split("\n") if line and not line.startswith(local_charts.NOISE))
    reason = without_copies(diagnosis.essence(said.removeprefix("Error: ")))
    for layer in patches.layers(folder.resolve()):
        for chart in local_charts.of(layer.root):
            path = at(layer.file.parent, chart.folder)
            if path is not None and f" {path} " in f"{refusal['command']} ":
                place = without_copies(f"{shown(layer.file, Path.cwd().resolve())}:{chart.node.start_mark.line + 1}")
                return f"{place}: helm cannot render '{chart.folder}': {reason}"
    return f"kustomize cannot build {folder.name}: helm cannot render a chart: {reason}"


def _reason(stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line.strip() and not line.startswith("# Warning")]
    return lines[-1].removeprefix("Error: ") if lines else "it gave no reason"
