"""Proves what an edit does to the rendered manifests: it moves the planned images, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from promote.errors import CheckDenied
from promote.kustomize.differences import Difference, others
from promote.kustomize.differences import differences as compared
from promote.model import Document, Identity, Image

_MOST_TIMES = 1_000  # that a text may be within another one
Place = tuple[Identity, str]  # an object, and the JSON pointer of a value in it
# Old and new texts other than images of containers, with the image's name; those without a name change no image.
Texts = Mapping[tuple[str, str], str]


class NotInUse(CheckDenied):
    """Nothing that is rendered uses the images `names`, so that a new version of them would change nothing."""

    def __init__(self, names: Sequence[str]) -> None:
        """The images that were to be moved."""
        self.names = frozenset(names)
        super().__init__(
            f"no container runs {', '.join(names)} in this version: an item of `images` matches nothing that is "
            "rendered: correct its name or remove it; or something else, such as replacements, sets the version; "
            f"a promotion leaves it out with --exclude {names[0]}"
        )


def insist(
    found: Sequence[Difference],
    before: Sequence[Image],
    after: Sequence[Image],
    allow_others: bool,
    values: Collection[Place] = (),
    texts: Texts | None = None,
) -> None:
    """Raise CheckDenied unless the differences are exactly the image moves from `before` to `after`, and `values`.

    `texts` may change too, wherever they are rendered. `allow_others` accepts further differences outside image
    fields, but never an unplanned image or a planned one that reaches no container.
    """
    texts = texts or {}
    new = {image.name: image.reference for image in after}
    planned = {(old.reference, new[old.name]): old.name for old in before if new[old.name] != old.reference}
    meant = {texts[move] for one in found for move in texts if is_move(one, move)}
    seen = {(one.old, one.new) for one in found if one.is_image}
    unplanned_images = {(one.old, one.new) for one in found if one.is_image and not is_meant(one, texts)}
    if stray := sorted(str(move[1]) for move in unplanned_images - planned.keys()):
        raise CheckDenied(f"the rendered manifests would also move to {', '.join(stray)}, {_why(planned)}")
    if idle := sorted(name for move, name in planned.items() if move not in seen and name not in meant):
        raise NotInUse(idle)
    places = [(one.resource, one.path) for one in found]
    if unchanged := [f"{who} {path}" for who, path in values if (who, path) not in places]:
        raise CheckDenied(f"the edit has no effect on {', '.join(unchanged)}: something overrides this value")
    rest = unplanned(found, values, texts)
    if rest and not allow_others:
        shown = "; ".join(map(place_of, rest[:5]))
        raise CheckDenied(
            f"the change touches more than images ({shown}): look at it, and pass --allow-other-changes"
        )


def _why(planned: Collection[tuple[str, str]]) -> str:
    """Why an image moves that is not planned, as far as the old texts of those that are say it."""
    if filled := ", ".join(sorted(old for old, _ in planned if "$(" in old)):
        return f"because `vars` fill in {filled}: change the text that they copy"
    return "which is not planned"


def insist_on_no_image(found: Sequence[Difference]) -> None:
    """Raise CheckDenied if what settings change are images of containers, which only versions may move."""
    if moved := sorted({str(one.new) for one in found if one.is_image}):
        raise CheckDenied(f"the settings that travel with the versions would also move to {', '.join(moved)}")


def unplanned(found: Sequence[Difference], values: Collection[Place], texts: Texts | None = None) -> list[Difference]:
    """The differences other than images of containers, the planned `values`, and `texts`."""
    return [one for one in others(found) if (one.resource, one.path) not in values and not is_meant(one, texts or {})]


def place_of(one: Difference) -> str:
    """The object and the field of a difference, for people."""
    return f"{one.resource} {one.path or '(the whole object)'}"


def is_meant(one: Difference, texts: Texts) -> bool:
    """Whether a difference is one of the `texts`, alone or within a longer text.

    In a selector it never is: that of a Deployment cannot change, and another one leads to other pods.
    """
    if any(key.lower().endswith("selector") for key in one.path.split("/")):
        return False
    return any(is_move(one, move) for move, name in texts.items() if name or not one.is_image)


def is_move(one: Difference, move: tuple[str, str]) -> bool:
    """Whether a difference is the move from one text to another, with everything around it as before."""
    if isinstance(one.old, dict | list) or isinstance(one.new, dict | list) or None in (one.old, one.new):
        return False
    old, new = str(one.old), str(one.new)
    if old == new or move[0] not in old or move[1] not in new:
        return False
    first, *parts = old.split(move[0])
    if len(parts) > _MOST_TIMES or not new.startswith(first):
        return False
    # Each time it may have moved or not; both may lead to the same place, which a pattern would try twice.
    ends = {len(first)}
    for part in parts:
        ends = {at + len(text + part) for at in ends for text in move if new.startswith(text + part, at)}
    return len(new) in ends


def followed(found: Sequence[Difference], texts: Texts) -> tuple[list[Difference], dict[tuple[str, str], str]]:
    """The differences with generated objects compared under the name without their hash, and `texts` with such names.

    A generated object has a hash of its content in its name: where only `texts` change in it, it is the same object,
    and what refers to it follows.
    """
    gone, come = (
        {
            replace(one.resource, name=one.resource.written_name): one
            for one in found
            if not one.path and isinstance(getattr(one, side), dict)
        }
        for side in ("old", "new")
    )
    renamed = dict(texts)
    kept = list(found)
    for who in gone.keys() & come.keys():
        old, new = gone[who], come[who]
        if old.resource == new.resource or not texts:
            continue
        inner = compared([_document(who, old.old, who.name)], [_document(who, new.new, who.name)])
        kept = [one for one in kept if one is not old and one is not new] + inner
        renamed[old.resource.name, new.resource.name] = next(iter(texts.values()))
    return kept, renamed


def _document(who: Identity, content: Mapping[str, Any], name: str) -> Document:
    return Document(who, {**content, "metadata": {**content.get("metadata", {}), "name": name}})
