"""Items of `images:` that match nothing, found without rendering anything."""

from __future__ import annotations

import re
from collections.abc import Sequence
from posixpath import dirname, join, normpath

from promote.kustomize import contents, remote_bases
from promote.kustomize.fields import NOT_FOLLOWED
from promote.kustomize.reads import reads
from promote.kustomize.sheets import Sheets
from promote.versions.fields import split
from promote.versions.images import ImagesFile
from promote.versions.slots import Slot
from promote.yamltext import places

# Kustomize takes the name of an item for a regular expression.
_PATTERN = re.compile(r"[*+?()\[\]{}|^$\\]")


def unmatched(sheets: Sheets, own: ImagesFile, folder: str, slots: Sequence[Slot]) -> tuple[str, ...]:
    """The items of `own`, the `images:` of the kustomization in `folder`, that no image in all of its layers matches.

    `slots` are the images of all these layers. Nothing is said where a layer may have others: a plugin, a chart, or
    what is not in the repository.
    """
    kustomizations = [file for file in reads(sheets, folder) if sheets.is_kustomization(file)]
    if not own.entries or any(_may_have_others(sheets, file) for file in kustomizations):
        return ()
    images = [image for slot in slots for image in (slot.written, slot.image)]
    known = {name for image in images for name in (image.repository, split(image.name)[0])}
    return tuple(name for name in own.entries if split(name)[0] not in known and not _PATTERN.search(name))


def _may_have_others(sheets: Sheets, file: str) -> bool:
    sheet = sheets.sheet(file)
    for root in sheet.whole.roots[:1] if sheet else ():
        if any(places.field(root, key) is not None for key in NOT_FOLLOWED):
            return True
        lists = [node for key in remote_bases.FIELDS if (node := places.field(root, key)) is not None]
        named = [text for node in lists for text in contents.scalars(node, frozenset())]
        paths = [normpath(join(dirname(file), str(one.value))) for one in named]
        if any(not sheets.is_file(path) and not sheets.kustomization(path) for path in paths):
            return True
    return sheet is None
