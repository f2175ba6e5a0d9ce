"""Services: whether there is a ready endpoint behind each of them."""

from __future__ import annotations

from collections.abc import Iterator

from promote.cluster.client import Object
from promote.cluster.resources import ENDPOINT_SLICES, SERVICES
from promote.health.protocol import Check, Row, Subject

_NAME = "kubernetes.io/service-name"


def look(subject: Subject) -> Iterator[Row]:
    """One row per Service that selects pods."""
    ready: dict[tuple[str, str], set[str]] = {}
    for one in subject.items(ENDPOINT_SLICES):
        metadata = one["metadata"]
        service = (metadata["namespace"], (metadata.get("labels") or {}).get(_NAME, ""))
        ready.setdefault(service, set()).update(_ready(one))
    for one in subject.items(SERVICES):
        namespace, name = one["metadata"]["namespace"], one["metadata"]["name"]
        if one["spec"].get("selector"):
            number = len(ready.get((namespace, name), ()))
            yield Row(f"Service/{name}", "ok" if number else "failed", f"{number or 'no'} ready endpoints")


def _ready(one: Object) -> Iterator[str]:
    """The pods that are ready; one with two families of addresses is in two slices."""
    for endpoint in one.get("endpoints") or ():
        # By the API's definition, an endpoint that says nothing is ready.
        if (endpoint.get("conditions") or {}).get("ready", True) and endpoint.get("addresses"):
            yield (endpoint.get("targetRef") or {}).get("name") or endpoint["addresses"][0]


CHECK = Check("Services", look)
