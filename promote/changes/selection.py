"""Which images move, and to what: decided from two lists of images and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from promote.errors import UsageError, nearest
from promote.model import Change, Image, Version


def wanted(source: Iterable[Image], target: Iterable[Image], chosen: frozenset[str]) -> dict[str, Version]:
    """By image name, the versions that promoting `chosen` images from `source` asks of `target`.

    Nothing is asked where one of them says no version.
    """
    now = {image.name: image.version for image in target if image.version.is_set}
    return {
        image.name: image.version
        for image in source
        if image.name in chosen
        and image.version.is_set
        and image.name in now
        and not _same(image.version, now[image.name])
    }


def _same(source: Version, target: Version) -> bool:
    """Whether `target` already runs what `source` names, as far as both say."""
    if source.digest and target.digest:
        # An entry that holds only a digest has no place for a tag.
        return source.digest == target.digest and (source.tag == target.tag or None in (source.tag, target.tag))
    return source.tag == target.tag and (source.digest is None or target.digest is not None)


def changes(
    before: Iterable[Image], after: Iterable[Image], services: Mapping[str, Sequence[str]]
) -> tuple[Change, ...]:
    """The images whose version or repository differs between two readings of one environment."""
    new = {image.name: image for image in after}
    return tuple(
        Change(service_of(old, services), old.name, old.version, new[old.name].version)
        for old in before
        if old.name in new and new[old.name].reference != old.reference
    )


def before_items(images: Sequence[Image], items: Sequence[Image]) -> tuple[Image, ...]:
    """What runs before `items` of `images:` are added, by the names that they give it; what has no version is new."""
    names = {item.name for item in items}
    known = {image.name: image for image in images}
    renamed = [replace(one, name=one.repository) if one.repository in names - known.keys() else one for one in images]
    new = names - {image.name for image in renamed}
    return (*renamed, *(Image(item.name, item.name, Version()) for item in items if item.name in new))


def missing(source: Iterable[Image], target: Iterable[Image], chosen: frozenset[str]) -> list[str]:
    """The chosen images that `source` has a version of and `target` has no entry for."""
    known = {image.name for image in target}
    return [image.name for image in source if image.version.is_set and image.name in chosen - known]


def unset(source: Iterable[Image], target: Iterable[Image], chosen: frozenset[str]) -> list[tuple[str, bool]]:
    """The chosen images with a version in only one of `source` and `target`; each with whether that is the source."""
    now = {image.name: image.version.is_set for image in target}
    return [
        (image.name, image.version.is_set)
        for image in source
        if image.name in chosen and now.get(image.name, True) != image.version.is_set
    ]


def service_of(image: Image, services: Mapping[str, Sequence[str]]) -> str:
    """The service that an image belongs to: the one promote.yaml maps to it, else its last path segment."""
    return next((name for name, images in services.items() if image.name in images), image.short_name)


def choose(
    images: Sequence[Image],
    services: Mapping[str, Sequence[str]],
    only: Sequence[str],
    exclude: Sequence[str],
) -> frozenset[str]:
    """The image names that `--only` and `--exclude` leave; raises UsageError for a name that is not an image."""
    chosen = {name for given in only for name in resolve(given, images, services)}
    if not only:
        chosen = {image.name for image in images}
    return frozenset(chosen - {name for given in exclude for name in resolve(given, images, services)})


def is_known(given: str, images: Sequence[Image], services: Mapping[str, Sequence[str]]) -> bool:
    """Whether `given` means images, and all of them are among `images`."""
    if given in services:
        return {image.name for image in images}.issuperset(services[given])
    return any(given in (image.name, image.short_name, image.repository) for image in images)


def resolve(given: str, images: Sequence[Image], services: Mapping[str, Sequence[str]], hint: str = "") -> list[str]:
    """The image names that `given` means: a service, an image's name, its last segment, or what it is renamed to.

    Raises UsageError when it means more than one image, or none: with the nearest names and the `hint`.
    """
    if given in services:
        return list(services[given])
    exact = [image.name for image in images if image.name == given]
    # Each once, though two environments may both have it.
    short = [image.name for image in images if image.short_name == given]
    found = list(dict.fromkeys(exact or short or [image.name for image in images if image.repository == given]))
    if len(found) > 1:
        raise UsageError(f"'{given}' could be {' or '.join(found)}: write the whole name")
    if not found:
        names = [*services, *(image.short_name for image in images)]
        raise UsageError(f"no image or service is called '{given}'{nearest(given, names)}{hint}")
    return found
