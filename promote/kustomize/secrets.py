"""Which files hold secrets, as kustomizations and the files themselves say."""

from __future__ import annotations

from posixpath import dirname, join, normpath

from yaml.nodes import Node, ScalarNode

from promote.kustomize.reads import reads
from promote.kustomize.sheets import Sheets
from promote.yamltext import places

_GENERATOR = "secretGenerator"


def is_secret(sheets: Sheets, folder: str, path: str, inside: str = "") -> bool:
    """Whether the file at `path`, or what is `inside` of it, becomes a part of a Secret when `folder` is built."""
    sheet = sheets.sheet(path)
    roots = sheet.whole.roots if sheet else ()
    if any(places.text(root, "kind") == "Secret" for root in roots):
        return True
    if sheets.is_kustomization(path):
        named = inside.lstrip("/").replace("/", ".").partition(".")[0]
        return named == _GENERATOR if inside else any(places.items(root, _GENERATOR) for root in roots)
    files = [file for file in reads(sheets, folder) if sheets.is_kustomization(file)]
    return any(path in _generated(sheets, file) for file in files)


def _generated(sheets: Sheets, file: str) -> set[str]:
    """The files from which the secrets of a kustomization are generated."""
    sheet = sheets.sheet(file)
    entries = [entry for root in sheet.whole.roots[:1] for entry in places.items(root, _GENERATOR)] if sheet else []
    return {normpath(join(dirname(file), text.rpartition("=")[2])) for entry in entries for text in _files(entry)}


def _files(entry: Node) -> list[str]:
    items = [*places.items(entry, "files"), *places.items(entry, "envs"), places.field(entry, "env")]
    return [str(item.value) for item in items if isinstance(item, ScalarNode)]
