"""Reads the images of many kustomizations: files that differ only in versions and a namespace are parsed once.

Most commits change a tag or a digest and nothing else, and many environments differ in nothing else. The text
without these is a template. It is parsed with a distinct text in each place, which shows which image each place
belongs to; then the versions of other files with this template are filled in. A file in which this is not certain is
parsed itself.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import zip_longest

from promote.errors import ConfigError
from promote.model import Image, Version
from promote.versions.images import read_images

# The start of a line, and a version in it: only what every parser reads as this string, and a whole tag or digest.
_PLACE = re.compile(
    rb"""^([ -]*newTag: (?:"(?=[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"$)|(?=v[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}$))"""
    rb"""|[ -]*digest: (?:"(?=sha256:[0-9a-f]{64}"$)|(?=sha256:[0-9a-f]{64}$))"""
    # What makes one environment different from another, and no image: a name with a digit, which is always a string.
    rb"""|(?:namespace|namePrefix|nameSuffix): (?=[a-z][a-z-]{0,60}[0-9][a-z0-9-]{0,60}$|[a-z]+-[a-z0-9-]{0,60}$)"""
    rb""")([A-Za-z0-9_.:-]+)""",
    re.MULTILINE,
)
_NAMES = (b"namespace: ", b"namePrefix: ", b"nameSuffix: ")
_PARTS = 3  # of a text for each place: what is before the line, its start, and the version
_MOST = 500  # templates that are kept, and files of each
_LARGEST = 1 << 20  # bytes of a file; the limits of a file that is larger could be reached by its versions
_SOURCE = "kustomization.yaml"


class _Template:
    """The images of a template, and the positions of those places from which each gets its tag and digest.

    `names` are the places that belong to no image.
    """

    def __init__(self, images: Sequence[tuple[Image, int | None, int | None]], names: Collection[int]) -> None:
        self._places = images
        self._owners = {place: number for number, (_, *pair) in enumerate(images) for place in pair}
        self._names = tuple(names)
        # Of the file before with the same names: the next one has mostly the same versions.
        self._before: dict[tuple[bytes, ...], tuple[list[bytes], list[Image]]] = {}

    def filled(self, versions: list[bytes], known: dict[Image, Image]) -> tuple[Image, ...]:
        """The images with the `versions` of the places; equal ones are one object in `known`."""
        names = tuple([versions[place] for place in self._names])
        old, images = self._before.get(names) or ([], [image for image, *_ in self._places])
        pairs = enumerate(zip_longest(versions, old))
        changed = [place for place, (now, then) in pairs if now != then and place in self._owners]
        for number in {self._owners[place] for place in changed}:
            image, tag, digest = self._places[number]
            version = Version(
                image.version.tag if tag is None else versions[tag].decode(),
                image.version.digest if digest is None else versions[digest].decode(),
            )
            new = Image(image.name, image.repository, version)
            images[number] = known.setdefault(new, new)
        if len(self._before) >= _MOST:
            self._before.clear()
        self._before[names] = versions, images
        return tuple(images)


class Reader:
    """Reads kustomizations; `read` returns what `read_images` does, or nothing where that fails.

    `seen` are all images that it ever returned.
    """

    def __init__(self) -> None:
        self._templates: dict[tuple[bytes, ...], _Template | None] = {}
        self._known: dict[Image, Image] = {}

    @property
    def seen(self) -> Collection[Image]:
        """Every image of every kustomization that was read, once."""
        return self._known.keys()

    def read(self, data: bytes) -> tuple[Image, ...]:
        """The images of the kustomization `data`; none where it cannot be read."""
        if len(data) > _LARGEST:
            return self._parsed(data)
        parts = _PLACE.split(data)
        versions = parts[2::_PARTS]
        del parts[2::_PARTS]
        texts = tuple(parts)
        if texts not in self._templates:
            if len(self._templates) >= _MOST:
                self._templates.clear()
            self._templates[texts] = _template(texts, self._known)
        template = self._templates[texts]
        return template.filled(versions, self._known) if template else self._parsed(data)

    def _parsed(self, data: bytes) -> tuple[Image, ...]:
        return tuple(self._known.setdefault(image, image) for image in _images(data) or ())


def _tag(number: int) -> str:
    return f"v{number}.0.0"


def _digest(number: int) -> str:
    return f"sha256:{number:064x}"


def _name(number: int) -> str:
    return f"promote-place-{number}"


def _template(texts: Sequence[bytes], known: dict[Image, Image]) -> _Template | None:
    """What the places between the `texts` mean; None if one of them is not the version of exactly one image.

    Images that have none of the places are the same in all files: they become `known`.
    """
    starts = texts[1::2]
    names = {_name(number): number for number, start in enumerate(starts) if start.startswith(_NAMES)}
    distinct = [_distinct(number, start) for number, start in enumerate(starts)]
    lines = zip(texts[::2], starts, distinct, strict=False)
    text = b"".join(part for line, start, version in lines for part in (line, start, version.encode()))
    images = _images(text + texts[-1])
    if images is None or any(name in str(image) for name in names for image in images):
        return None
    by_text = {version: number for number, version in enumerate(distinct) if version not in names}
    found = []
    for image in images:
        version = image.version
        places = by_text.get(version.tag or ""), by_text.get(version.digest or "")
        found.append((known.setdefault(image, image) if places == (None, None) else image, *places))
    used = sorted(place for _, *pair in found for place in pair if place is not None)
    return _Template(found, names.values()) if used == sorted(by_text.values()) else None


def _distinct(number: int, start: bytes) -> str:
    """A text for a place that begins with `start`; of the same kind as what is there, and nowhere else."""
    if start.startswith(_NAMES):
        return _name(number)
    return _digest(number) if b"digest" in start else _tag(number)


def _images(data: bytes) -> tuple[Image, ...] | None:
    try:
        return read_images(data, _SOURCE)
    except ConfigError:
        # A commit that nobody could have built is not a revision. The current commit is read strictly elsewhere.
        return None
