"""Adds versions to an environment's own `images:` that it does not set yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from promote.changes import selection
from promote.changes.proposal import Proposal
from promote.changes.situation import Situation
from promote.errors import EditRefused, NoPlace
from promote.model import Image, Version
from promote.versions.found import Versions


def edited(here: Situation, wanted: Mapping[str, Image | Version], add: bool) -> tuple[Situation, Versions]:
    """The situation with what is new, and the versions with those that are `wanted`; nothing is new without `add`.

    What has a version in the environment's own `images:` is edited there. An item without one gets it, and everything
    else gets an item.
    """
    if not add:
        return here, _present(here.versions, wanted)
    settled, entries = here.versions.settled, here.versions.own.entries
    own = {name: target for name, target in wanted.items() if name in settled}
    known = {image.name: image for image in here.images}
    new = []
    for name, target in wanted.items():
        if name in own:
            continue
        version = target.version if isinstance(target, Image) else target
        if name in known and known[name].version == version:
            continue
        if name in entries:
            repository = target.repository if isinstance(target, Image) else entries[name].image.repository
            new.append(Image(name, repository, version))
            continue
        # What other layers rename is found by the name that it has by then.
        name_there = known[name].repository if name in known else name
        new.append(Image(name_there, name_there, version))
    after = here.versions.with_versions(own).with_entries(new)
    return replace(here, added=tuple(new)), after


def possible(
    here: Situation, wanted: Mapping[str, Image | Version], add: bool, insist: bool
) -> tuple[Situation, Versions, tuple[str, ...]]:
    """As `edited`, but without services that have a place that cannot take the version; and why it cannot.

    Raises NoPlace for the first of these services if nothing else is wanted, or with `insist`.
    """
    asked, lines = dict(wanted), list[str]()
    while True:
        try:
            return *edited(here, asked, add), tuple(lines)
        except NoPlace as error:
            services = {image.name: selection.service_of(image, here.services) for image in here.images}
            stuck = services.get(error.image)
            rest = {name: target for name, target in asked.items() if services.get(name) != stuck}
            if insist or error.image not in asked or not rest:
                raise
            others = ", ".join(name for name in asked if name not in rest and name != error.image)
            lines.append(f"{error}{f'; {others} of the same service waits for it' if others else ''}")
            asked = rest


def hinting(proposal: Proposal, here: Situation, add: bool) -> Proposal:
    """The proposal, which says how to leave alone the environments that get the version from the same file."""
    others = ", ".join(one.environment.name for one in proposal.also if one.shared)
    if add or not others or here.versions.settled.issuperset(change.image for change in proposal.plan.changes):
        return proposal
    name = proposal.environment.name
    way = f"--add says it in {here.versions.source}, for {name} alone"
    return proposal.noting(f"what changes is also the version of {others}: {way}")


def _present(versions: Versions, wanted: Mapping[str, Image | Version]) -> Versions:
    """The versions with those that are `wanted`, where they are written now.

    A refusal names --add if another layer says the version, in a form that has no place for the new one.
    """
    try:
        return versions.with_versions(wanted)
    except NoPlace as error:
        if error.image not in versions.beneath:
            raise
        more = f"; or --add says it in {versions.source}, for this environment alone"
        raise NoPlace(f"{error}{more}", error.image) from None


def items(old: Versions, new: Versions) -> tuple[Image, ...]:
    """The items of the environment's own `images:` that only `new` has, or only `new` gives a version."""
    before = {name: entry.image for name, entry in old.own.entries.items()}
    return tuple(
        image
        for image in new.own.images
        if image.name not in before or (image.version.is_set and not before[image.name].version.is_set)
    )


def derived(old: Versions, new: Versions) -> Versions:
    """`old` with the versions of `new`, and with what only `new` has in its own `images:`, as `edited` adds it.

    Raises EditRefused for an item that `edited` would not add.
    """
    added = items(old, new)
    now = {image.name: image for image in selection.before_items(old.images, added)}
    for item in added:
        is_renamed = item.repository != item.name and item.name not in old.own.entries
        if is_renamed or item.version in (Version(), now[item.name].version):
            raise EditRefused(f"the new item {item.name} of 'images' sets no version, or more than one")
    names = {item.name for item in added}
    moved = {one.name: one for one in new.images if one.name not in names}
    return old.with_versions(moved, whole=True).with_entries(added)
