"""Which digests the tags of images had in environments: an index of all of them, remembered with its commit.

It is kept in parts by image, so that a question reads little of it. A part is found by a hash of its content: an
index never has a part of another one. If a part was lost, everything is read again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache as once
from typing import Any

from promote.model import Image
from promote.system import cache
from promote.yamltext.answers import Answers

_PARTS = 16

States = dict[str, dict[str, str]]  # by environment, the blobs of its files by path
_Part = dict[str, dict[tuple[str, str], None]]  # by image, its tags with their digests


class Lost(Exception):
    """A part of the index is not in the cache any more."""


class Digests:
    """The index called `key` in `store`, as it is remembered; an empty one where nothing is.

    `tip` is the commit that it was read at, empty for none. It has the environments `own`, whose files were `states`
    there.
    """

    def __init__(self, store: Answers, key: str, *, fresh: bool = False) -> None:
        kept = (None if fresh else store.get(key)) or {"tip": "", "own": [], "states": {}, "parts": {}}
        self.tip: str = kept["tip"]
        self.own: Sequence[str] = kept["own"]
        self.states: States = kept["states"]
        self._store, self._key = store, key
        self._kept: dict[str, str] = kept["parts"]  # by number, what each part is found by
        self._parts: dict[str, _Part] = {}
        self._changed = set[str]()

    def of(self, tags: Mapping[str, str]) -> dict[str, set[str]]:
        """By image, every digest that any environment ran with the image's tag in `tags`; raises Lost."""
        return {
            image: {digest for each, digest in self._part(image).get(image, ()) if each == tag}
            for image, tag in tags.items()
        }

    def add(self, images: Iterable[Image]) -> None:
        """Take note of what an environment ran; raises Lost."""
        for image in images:
            tag, digest = image.version.tag, image.version.digest
            if tag and digest and (tag, digest) not in (known := self._part(image.name).setdefault(image.name, {})):
                known[tag, digest] = None
                self._changed.add(_number(image.name))

    def keep(self, tip: str, own: Sequence[str], states: States) -> None:
        """Remember the index as that of the commit `tip`."""
        self.tip, self.own, self.states = tip, own, states
        for number in sorted(self._changed):
            part = {image: [text for pair in pairs for text in pair] for image, pairs in self._parts[number].items()}
            self._kept[number] = cache.key(self._key, json.dumps(part))
            self._store.put(self._kept[number], part)
        self._changed.clear()
        self._store.put(self._key, {"tip": tip, "own": own, "states": states, "parts": self._kept})

    def _part(self, image: str) -> _Part:
        number = _number(image)
        if number not in self._parts:
            self._parts[number] = self._read(self._kept[number]) if number in self._kept else {}
        return self._parts[number]

    def _read(self, key: str) -> _Part:
        content: dict[str, list[Any]] | None = self._store.get(key)
        if content is None:
            raise Lost
        return {image: dict.fromkeys(zip(texts[::2], texts[1::2], strict=True)) for image, texts in content.items()}


@once
def _number(image: str) -> str:
    """The part that an image is in."""
    return str(int(cache.key(image), 16) % _PARTS)
