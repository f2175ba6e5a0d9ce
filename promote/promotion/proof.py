"""Proves what an edit does to the rendered manifests: it moves the planned images, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from promote.errors import CheckDenied
from promote.kustomize.differences import Difference, others
from promote.model import Identity, Image

Place = tuple[Identity, str]  # an object, and the JSON pointer of a value in it


def insist(
    found: Sequence[Difference],
    before: Sequence[Image],
    after: Sequence[Image],
    allow_others: bool,
    values: Collection[Place] = (),
) -> None:
    """Raise CheckDenied unless the differences are exactly the image moves from `before` to `after`, and `values`.

    `allow_others` accepts further differences outside image fields, but never an unplanned image or a planned
    one that reaches no container.
    """
    new = {image.name: image.reference for image in after}
    planned = {(old.reference, new[old.name]): old.name for old in before if new[old.name] != old.reference}
    seen = {(difference.old, difference.new) for difference in found if difference.is_image}
    if stray := sorted(str(move[1]) for move in seen - planned.keys()):
        raise CheckDenied(f"the rendered manifests would also move to {', '.join(stray)}, which is not planned")
    if idle := sorted(name for move, name in planned.items() if move not in seen):
        raise CheckDenied(
            f"no container runs {', '.join(idle)}: the images entry matches nothing that is rendered; "
            "correct its name or remove it"
        )
    places = [(one.resource, one.path) for one in found]
    if unchanged := [f"{who} {path}" for who, path in values if (who, path) not in places]:
        raise CheckDenied(f"the edit has no effect on {', '.join(unchanged)}: something overrides this value")
    rest = unplanned(found, values)
    if rest and not allow_others:
        shown = "; ".join(f"{one.resource} {one.path or '(the whole object)'}" for one in rest[:5])
        raise CheckDenied(
            f"the change touches more than images ({shown}): look at it, and pass --allow-other-changes"
        )


def unplanned(found: Sequence[Difference], values: Collection[Place]) -> list[Difference]:
    """The differences other than images of containers and the planned `values`."""
    return [one for one in others(found) if (one.resource, one.path) not in values]
