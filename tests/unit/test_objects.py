"""Which of several objects with one identity a finding is about."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from promote.checks.findings import Correction, Finding
from promote.checks.objects import Objects
from promote.kustomize.origins import Origin
from promote.kustomize.render import Rendered
from promote.model import Identity

WHO = Identity("v1", "Pod", "shop", "web")
FINDING = Finding("a.b", "deny", "t", WHO, "no")
A, B = Path("/a.yaml"), Path("/b.yaml")


def pod(*containers: dict[str, Any], namespace: str = "shop", kind: str = "Pod") -> dict[str, Any]:
    metadata = {"name": "web", "namespace": namespace}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": {"containers": list(containers)}}


def objects(*contents: dict[str, Any], files: tuple[Path, ...] = (A, B, B, B)) -> Objects:
    text = "---\n".join(f"{json.dumps(one)}\n" for one in contents)
    return Objects(Rendered("t", Path("/"), text, files[: len(contents)]))


def origin(held: Objects, finding: Finding) -> Origin | None:
    document = held.of(finding)
    return held.origin(document) if document else None


@pytest.mark.parametrize(
    ("finding", "number"),
    [
        (FINDING, 0),
        (replace(FINDING, path="/spec/containers/0"), 0),
        (replace(FINDING, path="/spec/containers/1"), 1),
        (replace(FINDING, path="/spec/containers/2/image"), 1),
        (replace(FINDING, container="more", path="/spec/containers/0/image"), 2),
        (replace(FINDING, path="/spec/containers/0/tty", correction=Correction("true")), 1),
        (replace(FINDING, path="/spec/containers/0", position=3), 3),
    ],
)
def test_the_likeliest_object_is_taken(finding: Finding, number: int) -> None:
    first, more = {"name": "web", "tty": True}, {"name": "more", "image": "x", "tty": True}
    held = objects(pod(first), pod({**first, "tty": False}, first, more), pod(more), pod(first))
    assert origin(held, finding) == [Origin(A, 0), Origin(B, 0), Origin(B, 1), Origin(B, 2)][number]


def test_what_the_target_does_not_hold() -> None:
    assert objects(pod()).of(replace(FINDING, resource=replace(WHO, name="other"))) is None
    assert objects(pod()).within("elsewhere") is None


def test_what_was_built_has_no_file_of_its_own() -> None:
    held = objects(pod(), files=())
    assert held.of(FINDING)
    assert origin(held, FINDING) is None


def test_a_namespace_is_where_something_runs() -> None:
    held = objects(pod(kind="ClusterRole", namespace=""), pod({"name": "web"}, namespace=""), pod(kind="Role"))
    running = held.within("")
    assert running
    assert running.identity.kind == "Pod"
    idle = held.within("shop")
    assert idle
    assert idle.identity.kind == "Role"
