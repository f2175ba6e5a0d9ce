"""Proves what an edit does to the rendered manifests: it moves the planned images, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from promote.errors import CheckDenied
from promote.kustomize.differences import Difference, others
from promote.model import Image


def insist(found: Sequence[Difference], before: Sequence[Image], after: Sequence[Image], allow_others: bool) -> None:
    """Raise CheckDenied unless the differences are exactly the image moves from `before` to `after`.

    `allow_others` accepts differences outside image fields, but never an unplanned image or a planned
    one that reaches no container.
    """
    new = {image.name: image.reference for image in after}
    planned = {(old.reference, new[old.name]): old.name for old in before if new[old.name] != old.reference}
    seen = {(difference.old, difference.new) for difference in found if difference.is_image}
    if unplanned := sorted(str(move[1]) for move in seen - planned.keys()):
        raise CheckDenied(f"the rendered manifests would also move to {', '.join(unplanned)}, which is not planned")
    if idle := sorted(name for move, name in planned.items() if move not in seen):
        raise CheckDenied(
            f"no container runs {', '.join(idle)}: the images entry matches nothing that is rendered; "
            "correct its name or remove it"
        )
    rest = others(found)
    if rest and not allow_others:
        shown = "; ".join(f"{one.resource} {one.path or '(the whole object)'}" for one in rest[:5])
        raise CheckDenied(
            f"the change touches more than images ({shown}): look at it, and pass --allow-other-changes"
        )
