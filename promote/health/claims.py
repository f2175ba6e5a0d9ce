"""PersistentVolumeClaims: whether each one has its volume."""

from __future__ import annotations

from collections.abc import Iterator

from promote.cluster.resources import CLAIMS
from promote.health.protocol import Check, Row, Subject


def look(subject: Subject) -> Iterator[Row]:
    """One row per claim."""
    for one in subject.items(CLAIMS):
        spec, status = one["spec"], one.get("status") or {}
        phase, name = status.get("phase", "Unknown"), f"PersistentVolumeClaim/{one['metadata']['name']}"
        if phase == "Bound":
            size = (status.get("capacity") or {}).get("storage", "unknown")
            yield Row(name, "ok", f"Bound, {size}")
        else:
            yield Row(name, "failed", f"{phase}; storage class {spec.get('storageClassName') or 'not set'}")


CHECK = Check("Claims", look)
