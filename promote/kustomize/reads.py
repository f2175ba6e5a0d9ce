"""Which files a kustomization names, in all its layers, read as text: to see what environments have in common.

It may name more files than kustomize reads, and it does not matter whether they exist. `closure` is exact instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from posixpath import dirname, isabs, join, normpath

from yaml.nodes import MappingNode, Node, ScalarNode

from promote.kustomize import charts, contents, image_transformers, remote_bases
from promote.kustomize.fields import NOT_FOLLOWED, PLAIN
from promote.kustomize.layer import Layer
from promote.kustomize.sheets import Sheets
from promote.versions import refs

_REMOTE = re.compile(r"://|^github\.com/|^git@|\?ref=")
# What a file must have somewhere to say a version.
HINTS = (b"image", b"tag:", b"digest:", charts.FIELD.encode(), b"?ref=", b"?version=")
_IMAGE = re.compile(r"image|\btag\b|newTag|VERSION")


def reads(sheets: Sheets, folder: str) -> frozenset[str]:
    """The files that building `folder` reads, as far as they are in the repository."""
    known = sheets.reads
    if folder in known:
        return known[folder]
    # Without recursion, because folders can build on one another to any depth, and in a circle.
    direct, seen, waiting = sheets.direct, {folder}, [folder]
    while waiting:
        here = waiting.pop()
        if here not in direct:
            direct[here] = _direct(sheets, here)
        waiting += direct[here][1] - seen
        seen |= direct[here][1]
    known[folder] = frozenset(file for here in seen for file in direct[here][0])
    return known[folder]


def not_followed(sheets: Sheets, files: Iterable[str], *, by_text: bool = False) -> list[str]:
    """What in these kustomizations may set versions in ways that are not followed, as `file:line (field)`.

    With `by_text`, what the files say of versions counts as followed, though only a rendering would show its effect.
    """
    found = []
    for file in sorted(files):
        sheet = sheets.sheet(file) if sheets.is_kustomization(file) else None
        for root in sheet.whole.roots[:1] if sheet else ():
            for key, value in _pairs(root):
                texts = [str(one.value) for one in contents.scalars(value, frozenset())]
                named = [_text(sheets, file, text) for text in texts] if key in NOT_FOLLOWED else []
                is_meant = key in NOT_FOLLOWED and any(map(_IMAGE.search, [*texts, *named]))
                remote = [text for text in texts if key in remote_bases.FIELDS and _REMOTE.search(text)]
                if by_text:
                    is_meant = is_meant and not _is_read(sheets, file, key)
                    remote = [text for text in remote if refs.parse(text) is None]
                if is_meant or remote:
                    found.append(f"{file}:{value.start_mark.line + 1} ({key})")
    return found


def _is_read(sheets: Sheets, file: str, key: str) -> bool:
    """Whether all that a field says of versions is read, or compared elsewhere."""
    sheet = sheets.sheet(file)
    if key == charts.FIELD or sheet is None:
        return key == charts.FIELD
    return key == image_transformers.FIELD and image_transformers.are_followed(
        Layer(sheets, dirname(file), sheet, None, {})
    )


def differing(sheets: Sheets, one: str, other: str) -> frozenset[str]:
    """The files that building only one of two folders reads, and perhaps some that both do.

    What both name is not looked at.
    """
    named = [set(_names(sheets, folder)) for folder in (one, other)]
    files = {file for folder in (one, other) if (file := sheets.kustomization(folder))}
    for path in named[0] ^ named[1]:
        files |= {path} if sheets.is_file(path) else reads(sheets, path)
    return frozenset(files)


def _direct(sheets: Sheets, folder: str) -> tuple[set[str], set[str]]:
    """The files that the kustomization in a folder names, with its own, and the folders."""
    files, folders = set(filter(None, [sheets.kustomization(folder)])), set()
    for path in _names(sheets, folder):
        if sheets.is_file(path):
            files.add(path)
        elif sheets.kustomization(path):
            folders.add(path)
    return files, folders


def _names(sheets: Sheets, folder: str) -> Iterator[str]:
    """The paths that the kustomization in a folder may name."""
    file = sheets.kustomization(folder)
    sheet = sheets.sheet(file) if file else None
    for root in sheet.whole.roots[:1] if sheet else ():
        for key, value in _pairs(root):
            for scalar in contents.scalars(value, frozenset()) if key not in PLAIN else ():
                text = str(scalar.value).rpartition("=")[2]
                if text and "\n" not in text and "\0" not in text and not isabs(text):
                    yield normpath(join(folder, text))


def _text(sheets: Sheets, file: str, name: str) -> str:
    """The text of the file that a kustomization names; empty where there is none."""
    path = normpath(join(file, "..", name)) if name and "\n" not in name and "\0" not in name else ""
    return ((sheets.data(path) if path else None) or b"").decode("utf-8", "replace")


def _pairs(root: Node) -> Iterator[tuple[str, Node]]:
    for key, value in contents.pairs(root) if isinstance(root, MappingNode) else ():
        yield (str(key.value) if isinstance(key, ScalarNode) else ""), value
