"""Finds the versions of an environment in the files of its layers, and in places that promote.yaml declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from posixpath import join, normpath

from promote.kustomize import written
from promote.kustomize.sheets import Sheets
from promote.versions import declared as declaring
from promote.versions.declared import Declared
from promote.versions.found import Versions
from promote.versions.images import ImagesFile


def find(
    sheets: Sheets, own: ImagesFile, folder: str, declared: Sequence[Declared] = (), *, whole: bool = False
) -> Versions:
    """The versions of the environment in `folder`, whose kustomization has the `images:` of `own`.

    With such `images:`, other files are read only if they are in the folder too, unless `whole` is set, one of the
    items says no version, or what is in the folder copies versions into images of any layer.
    """
    says_all = bool(own.entries) and all(image.version.is_set for image in own.images)
    within = folder if says_all and not whole else None
    sheets.know(own)
    found, files, is_whole = written.slots(sheets, folder, within)
    paths = [*files, own.source]
    for one in declared:
        path = normpath(join(folder, one.file))
        data = sheets.data(path)
        if data is not None and (made := declaring.slot(one, data, path)):
            found[:] = [slot for slot in found if slot.places.isdisjoint(made.places)]
            found.append(made)
            paths.append(path)

    def again(changed: Mapping[str, bytes | None]) -> Versions:
        images = ImagesFile.parse(changed.get(own.source) or own.data, own.source)
        return find(sheets.with_files(changed), images, folder, declared, whole=is_whole)

    contents = {path: sheets.data(path) or b"" for path in dict.fromkeys(paths)} | {own.source: own.data}
    return Versions(own, found, contents, again, is_whole)
