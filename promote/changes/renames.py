"""Decides whether a promotion also moves the name under which an environment fetches an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from promote.changes import selection
from promote.changes.situation import Situation
from promote.errors import EditRefused
from promote.model import Image, Version


def wanted(
    here: Situation, there: Sequence[Image], chosen: frozenset[str], source: str
) -> tuple[dict[str, Image | Version], list[str]]:
    """By image name, what promoting the `chosen` images of `there`, the environment `source`, asks; and notes.

    An image that has another name in each environment, such as that of its own registry, keeps it. Where the source
    had the name that the target has now, its new name is a change like any other, and is promoted.
    """
    now = {image.name: image for image in here.images}
    found: dict[str, Image | Version] = dict(selection.wanted(there, here.images, chosen))
    notes = []
    for image in there:
        if image.name not in chosen or image.name not in now or image.repository == now[image.name].repository:
            continue
        names = f"{image.name} is called {image.repository} in {source} and {now[image.name].repository} here"
        if not _was_called(here, source, now[image.name]):
            notes.append(f"{names}: each keeps its name")
        elif _can_rename(here, replace(now[image.name], repository=image.repository)):
            found[image.name] = _renamed(image, now[image.name])
            notes.append(f"{names}: the new name is promoted")
        else:
            notes.append(f"{names}: the new name is not promoted, because no newName here sets it; change it by hand")
    return found, notes


def _renamed(image: Image, now: Image) -> Image:
    is_same = image.version.matches(now.version) or not (image.version.is_set and now.version.is_set)
    return Image(now.name, image.repository, now.version if is_same else image.version)


def _was_called(here: Situation, source: str, now: Image) -> bool:
    """Whether the source once had the name that the target has now."""
    past = here.history.get(source, ())
    return any(one.name == now.name and one.repository == now.repository for each in past for one in each.images)


def _can_rename(here: Situation, target: Image) -> bool:
    try:
        here.versions.with_versions({target.name: target})
    except EditRefused:
        return False
    return True
