"""The manifests that the tests are about: those of this repository, with the default numbers of replicas.

`promote scale` sets other numbers for a time. A commit that scales a service must not fail the tests, so that they
use a copy without these numbers while there are any.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from promote.scaling import listing
from promote.scaling.overrides import FILE_NAME

CHECKOUT = Path(__file__).resolve().parents[1]
_COPIED = ("base", "components", "delivery", "docs", "overlays", "policies")
# Deleted when the process ends.
_COPY = tempfile.TemporaryDirectory(prefix="promote-defaults-")


def without_scaling(checkout: Path, copy: Path) -> Path:
    """`checkout` or, where an overlay has numbers of `promote scale`, its copy at `copy` without them."""
    scaled = sorted(checkout.glob(f"overlays/*/{FILE_NAME}"))
    if not scaled:
        return checkout
    for entry in checkout.iterdir():
        if entry.name in _COPIED:
            shutil.copytree(entry, copy / entry.name)
        elif entry.is_dir():
            (copy / entry.name).symlink_to(entry)
        else:
            shutil.copy(entry, copy / entry.name)
    for file in scaled:
        there = copy / file.relative_to(checkout)
        there.unlink()
        kustomization = there.with_name("kustomization.yaml")
        kustomization.write_bytes(listing.unlisted(kustomization.read_bytes(), str(kustomization)))
    return copy


DEFAULTS = without_scaling(CHECKOUT, Path(_COPY.name).resolve())
