"""Reads the images of many kustomizations: files that differ only in versions and a namespace are parsed once.

Most commits change a tag or a digest and nothing else, and many environments differ in nothing else. The text
without these is a template. It is parsed with a distinct text in each place, which shows which image each place
belongs to; then the versions of other files with this template are filled in. A file in which this is not certain is
parsed itself. Of a file that has the lines of the one before, only the other lines are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from itertools import accumulate, compress
from operator import ne

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
_MOST = 500  # templates that are kept
_MOST_BYTES = 8 << 20  # of the files that are kept to compare the next ones with
_LARGEST = 1 << 20  # bytes of a file; the limits of a file that is larger could be reached by its versions
_SOURCE = "kustomization.yaml"


class _Template:
    """The images of a template, and the positions of those places from which each gets its tag and digest.

    A place that belongs to none of the images is a name.
    """

    def __init__(self, images: Sequence[tuple[Image, int | None, int | None]]) -> None:
        self._images = images
        self._owners = {place: number for number, (_, *pair) in enumerate(images) for place in pair}

    def filled(self, versions: Sequence[bytes], known: dict[Image, Image]) -> list[Image]:
        """The images with the `versions` of the places; equal ones are one object in `known`."""
        return [self._image(number, versions, known) for number in range(len(self._images))]

    def refill(
        self, images: list[Image], places: Iterable[int], versions: Sequence[bytes], known: dict[Image, Image]
    ) -> None:
        """Renew those of `images` whose `places` have new `versions`."""
        for number in {self._owners[place] for place in places if place in self._owners}:
            images[number] = self._image(number, versions, known)

    def _image(self, number: int, versions: Sequence[bytes], known: dict[Image, Image]) -> Image:
        image, tag, digest = self._images[number]
        version = Version(
            image.version.tag if tag is None else versions[tag].decode(),
            image.version.digest if digest is None else versions[digest].decode(),
        )
        new = Image(image.name, image.repository, version)
        return known.setdefault(new, new)


class _Last:
    """A file that was read, with the template that it has; the next one about the same is mostly equal to it."""

    def __init__(self, data: bytes, parts: list[bytes], template: _Template, known: dict[Image, Image]) -> None:
        texts, starts, self._versions = parts[::_PARTS], parts[1::_PARTS], parts[2::_PARTS]
        numbers = accumulate(text.count(b"\n") for text in texts)
        # No place goes over the end of a line, and no line has two.
        self._places = {
            line: (place, start) for place, (line, start) in enumerate(zip(numbers, starts, strict=False))
        }
        self._lines = data.split(b"\n")
        self._template, self._known = template, known
        self.images = template.filled(self._versions, known)

    def become(self, data: bytes) -> bool:
        """Be the file `data`, if it differs in the versions of places only; after False it is neither."""
        before, self._lines = self._lines, data.split(b"\n")
        if len(before) != len(self._lines):
            return False
        changed = [*compress(range(len(before)), map(ne, before, self._lines))]
        for number in changed:
            place, start = self._places.get(number, (0, b""))
            found = _PLACE.match(self._lines[number])
            if not found or found[1] != start:
                return False
            self._versions[place] = found[2]
        self._template.refill(
            self.images, (self._places[number][0] for number in changed), self._versions, self._known
        )
        return True


class Reader:
    """Reads kustomizations; `read` returns what `read_images` does, or nothing where that fails.

    `seen` are all images that it ever returned.
    """

    def __init__(self) -> None:
        self._templates: dict[tuple[bytes, ...], _Template | None] = {}
        self._known: dict[Image, Image] = {}
        self._last: dict[str, _Last] = {}
        self._size = 0  # bytes of the files in it

    @property
    def seen(self) -> Collection[Image]:
        """Every image of every kustomization that was read, once."""
        return self._known.keys()

    def read(self, data: bytes, about: str = "") -> tuple[Image, ...]:
        """The images of the kustomization `data`; none where it cannot be read.

        It is read faster if it has most lines of the last one that was `about` the same.
        """
        if len(data) > _LARGEST:
            return self._parsed(data)
        last = self._last.get(about)
        if last and last.become(data):
            return tuple(last.images)
        parts = _PLACE.split(data)
        template = self._template(parts)
        if template is None:
            self._last.pop(about, None)
            return self._parsed(data)
        if self._size > _MOST_BYTES:
            self._last.clear()
            self._size = 0
        self._size += len(data)
        self._last[about] = _Last(data, parts, template, self._known)
        return tuple(self._last[about].images)

    def _template(self, parts: list[bytes]) -> _Template | None:
        """The template of a text that was split at its places; each is looked at once."""
        texts = tuple(part for number, part in enumerate(parts) if number % _PARTS != _PARTS - 1)
        if texts not in self._templates:
            if len(self._templates) >= _MOST:
                self._templates.clear()
            self._templates[texts] = _template(texts, self._known)
        return self._templates[texts]

    def _parsed(self, data: bytes) -> tuple[Image, ...]:
        return tuple(self._known.setdefault(image, image) for image in _images(data) or ())


def _template(texts: Sequence[bytes], known: dict[Image, Image]) -> _Template | None:
    """What the places between the `texts` mean; None if one of them is not the version of exactly one image.

    Images that have none of the places are the same in all files: they become `known`.
    """
    starts = texts[1::2]
    distinct = [_distinct(number, start) for number, start in enumerate(starts)]
    names = {version for version, start in zip(distinct, starts, strict=True) if start.startswith(_NAMES)}
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
    return _Template(found) if used == sorted(by_text.values()) else None


def _distinct(number: int, start: bytes) -> str:
    """A text for a place that begins with `start`; of the same kind as what is there, and nowhere else."""
    if start.startswith(_NAMES):
        return f"promote-place-{number}"
    return f"sha256:{number:064x}" if b"digest" in start else f"v{number}.0.0"


def _images(data: bytes) -> tuple[Image, ...] | None:
    try:
        return read_images(data, _SOURCE)
    except ConfigError:
        # A commit that nobody could have built is not a revision. The current commit is read strictly elsewhere.
        return None
