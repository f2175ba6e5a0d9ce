"""How an item of `images:` writes an image: which of Kustomize's fields holds the name, tag and digest."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from promote.errors import ConfigError, EditRefused, NoPlace
from promote.model import Image, Version, check_digest, check_tag

# Only ambiguous text is refused. `${TAG}` is not a valid tag, but another program may replace it.
_SHAPES = {
    "name": (re.compile(r".+"), "a name"),
    "newName": (re.compile(r"(?:[^@]*/)?[^@:/]+(?::[^@:/]+)?(?:@[^@]+)?"), "NAME[:TAG][@DIGEST]"),
    "newTag": (re.compile(r"(?!sha(?:256|512):)[^@]+(?:@[^@]+)?"), "TAG[@DIGEST], or use the field 'digest'"),
    "digest": (re.compile(r"[^@]+"), "a digest without '@'"),
}
FIELDS = tuple(_SHAPES)

# https://github.com/distribution/reference/blob/v0.6.0/reference.go#L4-L26
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]+)?/)?"
_SEGMENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_HOST}{_SEGMENT}(?:/{_SEGMENT})*")


def check_field(at: str, field: str, text: str) -> None:
    """Raise ConfigError, with the place `at`, when `text` cannot be split into name, tag and digest."""
    if not text.isprintable() or " " in text:
        raise ConfigError(f"{at}: {field} contains white space or control characters; delete them")
    shape, meaning = _SHAPES[field]
    if not shape.fullmatch(text):
        raise ConfigError(f"{at}: {field} cannot be {text!r}; write {meaning}")


def image_of(at: str, fields: Mapping[str, str]) -> Image:
    """The image that the non-empty `fields` of an item describe, concatenated as kustomize does.

    A version inside newName, without a separate digest, applies to manifests without a version: kustomize
    appends theirs. Raises ConfigError, with the place `at`, if the result would have two tags or two digests.
    """
    name, digest = fields["name"], fields.get("digest")
    repository, in_name = split(fields["newName"]) if "newName" in fields else (split(name)[0], Version())
    tag, _, tag_digest = fields.get("newTag", "").partition("@")
    if tag and in_name.is_set:
        raise ConfigError(f"{at}: image {name!r} has a version in newName and in newTag; keep one of them")
    if digest and (tag_digest or in_name.digest):
        raise ConfigError(f"{at}: image {name!r} has two digests; delete one of them")
    return Image(name, repository, Version(tag or in_name.tag, digest or tag_digest or in_name.digest))


def split(reference: str) -> tuple[str, Version]:
    """The repository and the version of an image reference, `repository[:tag][@digest]`."""
    rest, _, digest = reference.partition("@")
    # A colon before the last slash is a registry's port.
    folder, slash, last = rest.rpartition("/")
    last, _, tag = last.partition(":")
    return folder + slash + last, Version(tag or None, digest or None)


def goal_of(
    at: str,
    fields: Mapping[str, str],
    image: Image,
    target: Image | Version,
    *,
    whole: bool = False,
    empties: bool = False,
    check: Callable[[str], str] = check_tag,
) -> Image:
    """The new image of the item that has `image`: `target`, as far as the item's fields can express it.

    `whole` says that a `target` without a digest has none, so that one which is written in the same text as the tag
    goes, and with `empties` also one in a field of its own, or a tag where the `target` has none. Raises NoPlace,
    with the place `at`, if an outdated part would remain, EditRefused for a name that cannot be set, and UsageError
    for an invalid digest, or a tag that `check` refuses.
    """
    if isinstance(target, Version):
        target = replace(image, version=target)
    moved = target.repository != image.repository
    if moved and (problem := _rename_problem(fields, target.repository)):
        raise EditRefused(f"{at}: image {image.name!r} {problem}")
    version = image.version
    if target.version != version:
        drops = whole and (empties or "digest" not in fields) and None not in (version.tag, target.version.tag)
        drops_tag = whole and empties and "digest" in fields and "@" not in fields.get("newTag", "")
        if problem := _version_problem(version, target.version, check, drops_digest=drops, drops_tag=drops_tag):
            raise NoPlace(f"{at}: image {image.name!r} {problem}", image.name)
        has_place = version.tag or "newTag" in fields
        version = replace(target.version, tag=target.version.tag if has_place else None)
    return replace(image, repository=target.repository, version=version)


def _rename_problem(fields: Mapping[str, str], repository: str) -> str | None:
    if "newName" not in fields:
        return f"has no newName to change to {repository!r}; add one by hand"
    if not _REPOSITORY.fullmatch(repository):
        return f"cannot be renamed to {repository!r}: this is not a valid image name; correct it"
    return None


def _version_problem(
    now: Version, wanted: Version, check: Callable[[str], str], *, drops_digest: bool, drops_tag: bool
) -> str | None:
    if wanted.tag is not None:
        check(wanted.tag)
    if wanted.digest is not None:
        check_digest(wanted.digest)
    if not now.is_set:
        return "has no version to replace; let --add give it one"
    if now.digest and not wanted.digest and not drops_digest:
        return (
            "has a digest, which would not match a new tag; give the new digest too (for a promotion, `promote pin` "
            "gives it to the source), or delete the old one by hand"
        )
    if now.tag and not wanted.tag and not (drops_tag and wanted.digest):
        return "has a tag, which would not match a new digest; give the new tag too, or delete the old one by hand"
    return None


def texts_of(fields: Mapping[str, str], goal: Image) -> dict[str, str]:
    """The fields that must change to express `goal`, with their new texts; each part stays in its field.

    A new digest goes to `digest`, if the item has this field, also an empty one.
    """
    is_inline = "@" in fields.get("newTag", "") or "@" in fields.get("newName", "") or "digest" not in fields
    inline = goal.version if is_inline else replace(goal.version, digest=None)
    digest = "" if is_inline else goal.version.digest or ""
    texts = {"newTag": str(inline), "digest": digest, "newName": goal.repository}
    if "newName" in fields and split(fields["newName"])[1].is_set:
        texts["newName"] = replace(goal, version=inline).reference
    return {field: text for field, text in texts.items() if fields.get(field, text) != text}
