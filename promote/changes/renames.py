"""Decides whether a promotion also moves the name under which an environment fetches an image."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from promote.changes import selection
from promote.changes.situation import Situation
from promote.errors import EditRefused
from promote.gates.protocol import History
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
    target = here.environment.name
    kept, notes = [], []
    for image in there:
        old = now.get(image.name)
        if image.name not in chosen or old is None or image.repository == old.repository:
            continue
        names = f"{image.name} is called {image.repository} in {source} and {old.repository} in {target}"
        if is_kept(old, source, here.history):
            kept.append((image, old))
        elif _can_rename(here, replace(old, repository=image.repository)):
            moves = image.version.is_set and old.version.is_set and not image.version.matches(old.version)
            found[image.name] = Image(old.name, image.repository, image.version if moves else old.version)
            notes.append(f"{names}: the new name is promoted")
        else:
            notes.append(f"{names}: the new name is not promoted, because no newName here sets it; change it by hand")
    return found, [*about_kept(kept, source, target), *notes]


def is_kept(now: Image, source: str, history: History) -> bool:
    """Whether an image that has another name in the source keeps the one that it has `now` in the target.

    It does unless the source once had that name, too.
    """
    past = history.get(source, ())
    return not any(one.name == now.name and one.repository == now.repository for each in past for one in each.images)


def about_kept(pairs: Iterable[tuple[Image, Image]], source: str, target: str) -> list[str]:
    """What to say of images that have another name in each environment and keep it: one line for two registries."""
    found: dict[tuple[str, str], list[tuple[Image, Image]]] = {}
    for there, here in pairs:
        one, other = there.repository.split("/"), here.repository.split("/")
        while len(one) > 1 and len(other) > 1 and one[-1] == other[-1]:
            del one[-1], other[-1]
        found.setdefault(("/".join(one), "/".join(other)), []).append((there, here))
    lines = []
    for (first, second), ((there, here), *more) in found.items():
        said = f"{there.name} is called {there.repository} in {source} and {here.repository} in {target}"
        if more:
            names = ", ".join(image.name for image, _ in [(there, here), *more])
            said = f"{names} are from {first} in {source} and {second} in {target}"
        lines.append(f"{said}: each keeps its name")
    return lines


def _can_rename(here: Situation, target: Image) -> bool:
    try:
        here.versions.with_versions({target.name: target})
    except EditRefused:
        return False
    return True
