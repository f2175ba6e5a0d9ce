"""What `promote status` says where no environment has a version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promote.model import Image

_FEW = 3  # folders that one line names


def lines(running: Mapping[str, Sequence[Image]], kinds: Sequence[str], applied: Sequence[str]) -> list[str]:
    """`running` are all environments with their images, `kinds` objects with other versions, `applied` folders."""
    found = [f"no version of an image was found in any environment: {', '.join(running)}"]
    if applied:
        some = f"{', '.join(applied[:_FEW])}{', …' if len(applied) > _FEW else ''}"
        found.append(f"they apply {some} by objects of Flux or Argo CD: name such folders in promote.yaml instead")
    if kinds:
        found.append(
            f"`promote drift` compares the versions in objects of the kind {', '.join(kinds)}; to move them, name "
            "each under `versions` in promote.yaml"
        )
    named = dict.fromkeys(image.short_name for images in running.values() for image in images)
    if named or not (kinds or applied):
        which = f": {', '.join(named)}" if named else ""
        found.append(f"an image without a tag gets one with `promote bump ENV IMAGE=TAG --add`{which}")
    return found
