"""Adds items to an environment's own `images:` where a version has none there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from promote.model import Image, Version
from promote.promotion.situation import Situation
from promote.versions.found import Versions


def edited(here: Situation, wanted: Mapping[str, Image | Version]) -> tuple[Situation, Versions]:
    """The situation with all images that it has then, and the versions with those that are `wanted`.

    What has an item in the environment's own `images:` is edited there, and everything else gets one.
    """
    places = here.versions.own.entries.keys() | here.versions.bundles
    own = {name: target for name, target in wanted.items() if name in places}
    known = {image.name: image for image in here.images}
    new, unversioned = [], []
    for name, target in wanted.items():
        if name in own:
            continue
        version = target.version if isinstance(target, Image) else target
        if name in known and known[name].version == version:
            continue
        # What other layers rename is found by the name that it has by then.
        name_there = known[name].repository if name in known else name
        new.append(Image(name_there, name_there, version))
        if name not in known:
            unversioned.append(Image(name, name, Version()))
    after = here.versions.with_versions(own).with_entries(new)
    return replace(here, added=tuple(unversioned)), after
