"""Watches how many ready endpoints the Services of a namespace have, at every moment that the API server reports."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import urllib3

from tests.e2e.api import Api, Object

_SERVICE = "kubernetes.io/service-name"


class Endpoints:
    """What was seen so far: by Service, the names of the ready pods after each event."""

    def __init__(self) -> None:
        self.seen: dict[str, list[frozenset[str]]] = {}
        self._slices: dict[str, Object] = {}

    def now(self, service: str) -> frozenset[str]:
        """The pods that get traffic now."""
        return self.seen[service][-1]

    def fewest(self, service: str) -> int:
        """The smallest number of pods that got traffic at any moment."""
        return min(map(len, self.seen[service]))

    def forget(self) -> None:
        """Start again from what is there now."""
        self.seen = {service: moments[-1:] for service, moments in self.seen.items()}

    def note(self, event: str, each: Object) -> None:
        """Take over one event of an EndpointSlice."""
        name, service = each["metadata"]["name"], each["metadata"]["labels"].get(_SERVICE, "")
        self._slices.pop(name, None)
        if event != "DELETED":
            self._slices[name] = each
        own = [one for one in self._slices.values() if one["metadata"]["labels"].get(_SERVICE) == service]
        ends = [end for one in own for end in one["endpoints"] or [] if end["conditions"]["ready"]]
        pods = frozenset(end["targetRef"]["name"] for end in ends)
        self.seen.setdefault(service, []).append(pods)


@contextmanager
def watched(api: Api, namespace: str) -> Iterator[Endpoints]:
    """The endpoints of a namespace until the end of the block."""
    path = f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
    endpoints, ended = Endpoints(), threading.Event()
    first = api.request("GET", path).content
    for each in first["items"]:
        endpoints.note("ADDED", each)

    def follow() -> None:
        try:
            for event in api.watch(path, first["metadata"]["resourceVersion"]):
                if ended.is_set():
                    return
                endpoints.note(event["type"], event["object"])
        except urllib3.exceptions.HTTPError:
            # A watch ends with its server.
            if not ended.is_set():
                raise

    threading.Thread(target=follow, daemon=True).start()
    try:
        yield endpoints
    finally:
        ended.set()
