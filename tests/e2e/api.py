"""Asks the API server, and keeps the warnings that it answers with."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import urllib3

Object = dict[str, Any]

MANAGER = "gitops"
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')


class Refused(Exception):
    """The API server said no."""

    def __init__(self, status: int, message: str):
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


class Kind(NamedTuple):
    """How a kind is addressed."""

    path: str
    namespaced: bool


@dataclass(frozen=True)
class Answer:
    """What came back, and what the server warned of."""

    content: Object
    warnings: tuple[str, ...]


class Api:
    """The API server of one kubeconfig, as the user that it names."""

    def __init__(self, kubeconfig: Path):
        config = json.loads(kubeconfig.read_text(encoding="utf-8"))
        cluster = config["clusters"][0]["cluster"]
        self._server = cluster["server"]
        self._token = config["users"][0]["user"]["token"]
        # A watch and a few plain requests at once; every request is answered or fails within a minute.
        self._pool = urllib3.PoolManager(
            ca_certs=cluster["certificate-authority"], maxsize=4, retries=False, timeout=60.0
        )
        self._kinds: dict[tuple[str, str], Kind] = {}

    def close(self) -> None:
        self._pool.clear()

    def request(
        self, method: str, path: str, body: Object | None = None, *, media: str = "application/json", **query: str
    ) -> Answer:
        """Send one request; raise Refused unless it succeeds."""
        answer = self._pool.request(
            method,
            f"{self._server}{path}" + (f"?{urlencode(query)}" if query else ""),
            body=None if body is None else json.dumps(body),
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": media, "Accept": "application/json"},
        )
        content = json.loads(answer.data) if answer.data[:1] == b"{" else {"text": answer.data.decode()}
        if answer.status >= 300:
            raise Refused(answer.status, content.get("message") or str(content))
        headers = answer.headers.getlist("Warning")
        warnings = [text.replace('\\"', '"') for header in headers for text in _WARNING.findall(header)]
        return Answer(content, tuple(warnings))

    def watch(self, path: str, version: str) -> Iterator[Object]:
        """The events of a collection, until the server ends them."""
        query = urlencode({"watch": "1", "resourceVersion": version, "timeoutSeconds": "3000"})
        answer = self._pool.request(
            "GET",
            f"{self._server}{path}?{query}",
            headers={"Authorization": f"Bearer {self._token}"},
            preload_content=False,
            timeout=None,
        )
        buffer = b""
        for chunk in answer.stream(None):
            *lines, buffer = (buffer + chunk).split(b"\n")
            yield from map(json.loads, lines)

    def kind(self, version: str, kind: str) -> Kind:
        """Where a kind is served; Refused with 404 where it is not."""
        if (version, kind) not in self._kinds:
            base = f"/apis/{version}" if "/" in version else f"/api/{version}"
            for each in self.request("GET", base).content["resources"]:
                if "/" not in each["name"]:
                    self._kinds[version, each["kind"]] = Kind(f"{base}/%s{each['name']}", each["namespaced"])
        if (version, kind) not in self._kinds:
            raise Refused(404, f"{version} {kind} is not served")
        return self._kinds[version, kind]

    def namespaced_kinds(self) -> list[tuple[str, str]]:
        """Every kind that is listed by namespace, once, in the version that its group prefers."""
        groups = self.request("GET", "/apis").content["groups"]
        versions = ["v1", *(each["preferredVersion"]["groupVersion"] for each in groups)]
        found: dict[str, str] = {}
        for version in versions:
            base = f"/apis/{version}" if "/" in version else f"/api/{version}"
            for each in self.request("GET", base).content["resources"]:
                if each["namespaced"] and "list" in each["verbs"]:
                    found.setdefault(each["kind"], version)
        return [(version, kind) for kind, version in found.items()]

    def collection(self, version: str, kind: str, namespace: str = "") -> str:
        """The address of all objects of a kind, or of those in a namespace."""
        found = self.kind(version, kind)
        inside = f"namespaces/{namespace}/" if namespace and found.namespaced else ""
        return found.path % inside

    def address(self, item: Object) -> str:
        """The address of one object."""
        metadata = item["metadata"]
        collection = self.collection(item["apiVersion"], item["kind"], metadata.get("namespace", ""))
        return f"{collection}/{quote(metadata['name'])}"

    def apply(self, item: Object, *, manager: str = MANAGER, **query: str) -> Answer:
        """Apply on the server's side, with unknown fields and other managers' fields refused."""
        return self.request(
            "PATCH", self.address(item), item, media=APPLY, fieldManager=manager, fieldValidation="Strict", **query
        )

    def create(self, item: Object, **query: str) -> Answer:
        metadata = item["metadata"]
        path = self.collection(item["apiVersion"], item["kind"], metadata.get("namespace", ""))
        return self.request("POST", path, item, media="application/json", fieldValidation="Strict", **query)

    def merge(self, item: Object, patch: Object, *, subresource: str = "", **query: str) -> Object:
        return self.request("PATCH", self.address(item) + subresource, patch, media=MERGE, **query).content

    def get(self, item: Object) -> Object:
        """The live object that has this one's kind, namespace and name."""
        return self.request("GET", self.address(item)).content

    def find(self, version: str, kind: str, name: str, namespace: str = "") -> Object | None:
        """The object of that name, or None where there is none."""
        item = {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace}}
        try:
            return self.get(item)
        except Refused as refusal:
            if refusal.status == 404:
                return None
            raise

    def list(self, version: str, kind: str, namespace: str = "", **query: str) -> list[Object]:
        """All objects of a kind, each complete with its kind, as a list has them not."""
        content = self.request("GET", self.collection(version, kind, namespace), None, **query).content
        return [{**each, "apiVersion": version, "kind": kind} for each in content["items"]]

    def delete(self, item: Object) -> None:
        """Delete an object and what it owns; one that is gone is no error."""
        try:
            self.request("DELETE", self.address(item), {"propagationPolicy": "Background"})
        except Refused as refusal:
            if refusal.status != 404:
                raise
