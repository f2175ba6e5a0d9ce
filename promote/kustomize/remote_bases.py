"""The versions of other repositories that a kustomization builds on, by the commit or tag in their address."""

from __future__ import annotations

from promote.kustomize.layer import Layer
from promote.versions import refs
from promote.versions.atoms import Atom
from promote.versions.slots import Said, Slot

FIELDS = ("resources", "bases", "components")


def slots(layer: Layer) -> list[Slot]:
    """One for each address; those of one repository have its name."""
    found = []
    for item in (item for key in FIELDS for item in layer.items(key)):
        spot = item.spot
        ref = refs.parse(spot.text) if spot else None
        if spot is not None and ref is not None:
            atom = Atom((ref.repository,), item.pointer, "tag", spot, ref.before, ref.after)
            said = {atom.role: Said(layer.sheet.source, atom)}
            found.append(Slot("", frozenset(), (), False, said, called=ref.repository, is_bundle=True))
    return found
