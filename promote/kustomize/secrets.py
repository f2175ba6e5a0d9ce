"""Which files hold secrets, as kustomizations and the files themselves say."""

from __future__ import annotations

from posixpath import dirname, join, normpath

from yaml.nodes import ScalarNode

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
    found = set()
    for entry in places.items(sheet.whole.roots[0], _GENERATOR) if sheet and sheet.whole.roots else ():
        for item in (*places.items(entry, "files"), *places.items(entry, "envs"), places.field(entry, "env")):
            if isinstance(item, ScalarNode):
                found.add(normpath(join(dirname(file), str(item.value).rpartition("=")[2])))
    return found
