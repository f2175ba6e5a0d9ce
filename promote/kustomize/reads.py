"""Which files a kustomization names, in all its layers, read as text: to see what environments have in common.

It may name more files than kustomize reads, and it does not matter whether they exist. `closure` is exact instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from posixpath import isabs, join, normpath

from yaml.nodes import MappingNode, Node, ScalarNode

from promote.kustomize import contents
from promote.kustomize.sheets import Sheets

# Fields that name no file, and may be long.
_PLAIN = frozenset({"images", "labels", "commonLabels", "commonAnnotations", "replicas", "vars", "metadata"})
# Fields through which versions may reach the objects in ways that are not followed.
_OTHERS = ("replacements", "transformers", "generators", "vars", "helmCharts", "helmChartInflationGenerator")
_REMOTE = re.compile(r"://|^github\.com/|^git@|\?ref=")
_IMAGE = re.compile(r"image|\btag\b|newTag|VERSION")


def reads(sheets: Sheets, folder: str) -> frozenset[str]:
    """The files that building `folder` reads, as far as they are in the repository."""
    known = sheets.reads
    if folder not in known:
        known[folder] = frozenset()  # of a folder that builds on itself
        known[folder] = frozenset(_read(sheets, folder))
    return known[folder]


def not_followed(sheets: Sheets, files: Iterable[str]) -> list[str]:
    """What in these kustomizations may set versions in ways that are not followed, as `file:line (field)`."""
    found = []
    for file in sorted(files):
        sheet = sheets.sheet(file) if sheets.is_kustomization(file) else None
        for root in sheet.whole.roots[:1] if sheet else ():
            for key, value in _pairs(root):
                texts = [str(one.value) for one in contents.scalars(value, frozenset())]
                named = [_text(sheets, file, text) for text in texts] if key in _OTHERS else []
                is_meant = key in _OTHERS and any(map(_IMAGE.search, [*texts, *named]))
                if is_meant or (key in ("resources", "components", "bases") and any(map(_REMOTE.search, texts))):
                    found.append(f"{file}:{value.start_mark.line + 1} ({key})")
    return found


def _read(sheets: Sheets, folder: str) -> Iterator[str]:
    file = sheets.kustomization(folder)
    sheet = sheets.sheet(file) if file else None
    if file is None or sheet is None:
        return
    yield file
    for root in sheet.whole.roots[:1]:
        for key, value in _pairs(root):
            for scalar in contents.scalars(value, frozenset()) if key not in _PLAIN else ():
                text = str(scalar.value).rpartition("=")[2]
                if text and "\n" not in text and "\0" not in text and not isabs(text):
                    yield from _named(sheets, normpath(join(folder, text)))


def _named(sheets: Sheets, path: str) -> Iterator[str]:
    if sheets.data(path) is not None:
        yield path
    elif not path.startswith("../..") and sheets.kustomization(path):
        yield from reads(sheets, path)


def _text(sheets: Sheets, file: str, name: str) -> str:
    """The text of the file that a kustomization names; empty where there is none."""
    path = normpath(join(file, "..", name)) if name and "\n" not in name and "\0" not in name else ""
    return ((sheets.data(path) if path else None) or b"").decode("utf-8", "replace")


def _pairs(root: Node) -> Iterator[tuple[str, Node]]:
    for key, value in contents.pairs(root) if isinstance(root, MappingNode) else ():
        yield (str(key.value) if isinstance(key, ScalarNode) else ""), value
