"""Reads the images of many versions of one kustomization: files that differ only in versions are parsed once.

Most commits change a tag or a digest and nothing else. The text without these is a template. It is parsed with a
distinct version in each place, which shows which image each place belongs to; then the versions of other files with
this template are filled in. A file in which this is not certain is parsed itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from promote.errors import ConfigError
from promote.model import Image, Version
from promote.versions.images import read_images

# Only what every parser reads as this string, in a line of its own, and what is a whole tag or digest.
_PLACE = re.compile(
    rb"""^([ -]*newTag: )(?:"([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})"|(v[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}))$"""
    rb"""|^([ -]*digest: )("?)(sha256:[0-9a-f]{64})\5$""",
    re.MULTILINE,
)
_MOST = 500  # templates that are kept
_LARGEST = 1 << 20  # bytes of a file; the limits of a file that is larger could be reached by its versions
_SOURCE = "kustomization.yaml"


@dataclass(frozen=True, slots=True)
class _Template:
    """The images of a template, and the positions of those places from which each gets its tag and digest."""

    images: tuple[tuple[Image, int | None, int | None], ...]
    seen: dict[tuple[int, str | None, str | None], Image] = field(default_factory=dict)

    def filled(self, versions: list[str], known: dict[Image, Image]) -> tuple[Image, ...]:
        """The images with the `versions` of the places; equal ones are one object in `known`."""
        found = []
        for number, (image, tag, digest) in enumerate(self.images):
            own = (
                image.version.tag if tag is None else versions[tag],
                image.version.digest if digest is None else versions[digest],
            )
            filled = self.seen.get((number, *own))
            if filled is None:
                new = Image(image.name, image.repository, Version(*own))
                filled = self.seen[number, *own] = known.setdefault(new, new)
            found.append(filled)
        return tuple(found)


class Reader:
    """Reads kustomizations; `read` returns what `read_images` does, or nothing where that fails."""

    def __init__(self) -> None:
        self._templates: dict[bytes, _Template | None] = {}
        self._known: dict[Image, Image] = {}

    def read(self, data: bytes) -> tuple[Image, ...]:
        """The images of the kustomization `data`; none where it cannot be read."""
        if len(data) > _LARGEST:
            return self._parsed(data)
        versions: list[str] = []

        def keep(match: re.Match[bytes]) -> bytes:
            versions.append((match[2] or match[3] or match[6]).decode())
            return _distinct(match, len(versions) - 1)

        text = _PLACE.sub(keep, data)
        if text not in self._templates:
            if len(self._templates) >= _MOST:
                self._templates.clear()
            self._templates[text] = _template(text, len(versions))
        template = self._templates[text]
        return template.filled(versions, self._known) if template else self._parsed(data)

    def _parsed(self, data: bytes) -> tuple[Image, ...]:
        return tuple(self._known.setdefault(image, image) for image in _images(data) or ())


def _distinct(match: re.Match[bytes], number: int) -> bytes:
    """The line with the version that no other place of the template has."""
    if match[1]:
        version = _tag(number).encode()
        return match[1] + (b'"' + version + b'"' if match[2] else version)
    return match[4] + match[5] + _digest(number).encode() + match[5]


def _tag(number: int) -> str:
    return f"v{number}.0.0"


def _digest(number: int) -> str:
    return f"sha256:{number:064x}"


def _template(text: bytes, places: int) -> _Template | None:
    """What the places of the template `text` mean; None if one of them is not the version of exactly one image."""
    images = _images(text)
    if images is None:
        return None
    by_text = {write(number): number for number in range(places) for write in (_tag, _digest)}
    found = []
    for image in images:
        version = image.version
        found.append((image, by_text.get(version.tag or ""), by_text.get(version.digest or "")))
    used = [place for _, *pair in found for place in pair if place is not None]
    return _Template(tuple(found)) if sorted(used) == list(range(places)) else None


def _images(data: bytes) -> tuple[Image, ...] | None:
    try:
        return read_images(data, _SOURCE)
    except ConfigError:
        # A commit that nobody could have built is not a revision. The current commit is read strictly elsewhere.
        return None
