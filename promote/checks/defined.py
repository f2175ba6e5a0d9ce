"""Schemas of custom resources from their definitions, which a target or the files of a repository have.

A definition in the target is what the API server will use, so it comes before the schemas that come with promote.
Definitions elsewhere in the repository are only looked for if a kind has no schema at all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from promote.checks import definitions, schemas
from promote.errors import PromoteError
from promote.kustomize import documents
from promote.kustomize.files import is_manifest
from promote.system.paths import is_inside
from promote.system.snapshot import LARGEST
from promote.yamltext import reader

Kind = tuple[str, str]  # apiVersion and kind

# Folders of other programs, in which nobody writes the definitions of this repository.
_FOREIGN = frozenset({"node_modules", "vendor"})
# How much of a repository is looked at: files, and bytes of those that define something.
_MOST_FILES, _MOST_BYTES = 20_000, 64 << 20


def in_targets(texts: Iterable[str], kinds: Collection[Kind], folder: Path) -> list[Path]:
    """Write the schemas of those `kinds` that canonical `texts` define to `folder`; that, if there is one."""
    chunks = (chunk for text in texts for chunk in _chunks(text, kinds))
    return _written((content for chunk in chunks for content in reader.load_all(chunk, "")), kinds, folder)


def in_repository(root: Path, kinds: Collection[Kind], folder: Path) -> list[Path]:
    """The same for what the files below `root` define; a document that is not understood defines nothing."""
    return _written(_files(root, kinds) if kinds else (), kinds, folder)


def _chunks(text: str, kinds: Collection[Kind]) -> list[str]:
    """The documents of a canonical text that may define one of `kinds`."""
    chunks = documents.split(text) if kinds and definitions.KIND in text else ()
    return [chunk for chunk in chunks if _may_define(chunk, kinds)]


def _files(root: Path, kinds: Collection[Kind]) -> Iterator[Any]:
    left = _MOST_BYTES
    for path in _manifests(root):
        # What is not UTF-8 is refused below, with its document alone.
        text = path.read_bytes().decode("utf-8-sig", "surrogateescape")
        if not _may_define(text, kinds):
            continue
        left -= path.stat().st_size
        if left < 0:
            return
        # Each document alone: most of a long file defines other kinds, and takes long to parse.
        for chunk in reader.SEPARATOR.split(text):
            if not _may_define(chunk, kinds):
                continue
            try:
                texts = documents.canonical(chunk, path.name)
            except PromoteError:
                continue
            yield from (reader.from_json(found) for found in texts)


def defines(file: Path) -> bool:
    """Whether a file may have the definition of a kind, or changes one."""
    return file.is_file() and file.stat().st_size <= LARGEST and definitions.KIND.encode() in file.read_bytes()


def disturbed(texts: Sequence[str], kinds: Collection[Kind]) -> list[bool]:
    """For each of the canonical `texts`, whether another one defines one of `kinds` that it has, and it does not.

    Or not in the same words: so what is found in it may be different without the other one.
    """
    own = [frozenset(_chunks(text, kinds)) for text in texts]
    uses = [documents.kinds(text) & set(kinds) if any(own) else set() for text in texts]
    return [
        any(_may_define(chunk, mine) for chunk in frozenset().union(*own) - here)
        for here, mine in zip(own, uses, strict=True)
    ]


def _manifests(root: Path) -> Iterator[Path]:
    number = 0
    for parent, folders, names in os.walk(root):
        folders[:] = sorted(each for each in folders if not each.startswith(".") and each not in _FOREIGN)
        for path in (Path(parent, name) for name in sorted(names) if is_manifest(name)):
            number += 1
            if number > _MOST_FILES:
                return
            if path.is_file() and is_inside(path, root) and path.stat().st_size <= LARGEST:
                yield path


def _may_define(text: str, kinds: Collection[Kind]) -> bool:
    """Whether a text has the words that a definition of one of `kinds` has: to parse a long one takes seconds."""
    if definitions.KIND not in text:
        return False
    groups = ((api_version.rpartition("/")[0], kind) for api_version, kind in kinds)
    return any(group in text and kind in text for group, kind in groups if group)


def _written(found: Iterable[Any], kinds: Collection[Kind], folder: Path) -> list[Path]:
    wanted = {name for kind in kinds if (name := schemas.file_below(*kind))}
    for name, schema in definitions.schemas(found):
        file = folder / name
        data = json.dumps(schema).encode()
        if name in wanted and not file.exists() and schemas.is_self_contained(data):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
    return [folder] if folder.is_dir() else []


def lacking(kinds: Iterable[Kind], folders: Sequence[Path], versions: Iterable[str]) -> set[Kind]:
    """Those of `kinds` that have a schema neither in `folders` nor, of their own, in each Kubernetes version."""
    built_in = [Path(schemas.location(version, ())).parent for version in versions]
    return {
        (api_version, kind)
        for api_version, kind in kinds
        if not any((folder / schemas.file_below(api_version, kind)).is_file() for folder in folders)
        and not all((folder / schemas.file_name(api_version, kind)).is_file() for folder in built_in)
    }
