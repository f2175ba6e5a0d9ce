"""Adds items to an environment's own `images:` where a version has none there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from promote.errors import EditRefused
from promote.model import Image, Version
from promote.promotion import selection
from promote.promotion.situation import Situation
from promote.versions.found import Versions


def edited(here: Situation, wanted: Mapping[str, Image | Version]) -> tuple[Situation, Versions]:
    """The situation with the items that are new, and the versions with those that are `wanted`.

    What has an item in the environment's own `images:` is edited there, and everything else gets one.
    """
    places = here.versions.own.entries.keys() | here.versions.bundles
    own = {name: target for name, target in wanted.items() if name in places}
    known = {image.name: image for image in here.images}
    new = []
    for name, target in wanted.items():
        if name in own:
            continue
        version = target.version if isinstance(target, Image) else target
        if name in known and known[name].version == version:
            continue
        # What other layers rename is found by the name that it has by then.
        name_there = known[name].repository if name in known else name
        new.append(Image(name_there, name_there, version))
    after = here.versions.with_versions(own).with_entries(new)
    return replace(here, added=tuple(new)), after


def items(old: Versions, new: Versions) -> tuple[Image, ...]:
    """The items of the environment's own `images:` that only `new` has."""
    return tuple(image for image in new.own.images if image.name not in old.own.entries)


def derived(old: Versions, new: Versions) -> Versions:
    """`old` with the versions of `new`, and with the items that only `new` has, as `edited` adds them.

    Raises EditRefused for an item that `edited` would not add.
    """
    added = items(old, new)
    now = {image.name: image for image in selection.before_items(old.images, added)}
    for item in added:
        if item.repository != item.name or item.version in (Version(), now[item.name].version):
            raise EditRefused(f"the new item {item.name} of 'images' sets no version, or more than one")
    names = {item.name for item in added}
    moved = {one.name: one for one in new.images if one.name not in names}
    return old.with_versions(moved, whole=True).with_entries(added)
