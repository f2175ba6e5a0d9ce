"""Schemas of custom resources, and kinds, that would make kubeconform fetch or read something else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.hostile.harness import Hostile
from tests.integration.tiny import CONFIG

pytestmark = pytest.mark.quick

GROUP = "example.com"
OBJECT = f"apiVersion: {GROUP}/v1\nkind: Thing\nmetadata: {{name: thing}}\n"


def with_thing(hostile: Hostile, schema: str, text: str = OBJECT) -> None:
    hostile.commit({
        "promote.yaml": CONFIG + "schemas: [schemas]\n",
        f"schemas/{GROUP}/thing_v1.json": schema,
        "base/thing.yaml": text,
        "base/kustomization.yaml": "resources: [web.yaml, cart.yaml, thing.yaml]\n",
    })  # fmt: skip


REFERENCES: dict[str, Any] = {
    "ref": {"$ref": "{url}/s.json"},
    "ref-deep-inside": {"properties": {"metadata": {"anyOf": [{"$ref": "{url}/s.json#/a"}]}}},
    "metaschema": {"$schema": "{url}/meta", "type": "object"},
    "dynamic-ref": {"$schema": "https://json-schema.org/draft/2020-12/schema", "$dynamicRef": "{url}/s.json#a"},
    "base": {"$id": "{url}/", "allOf": [{"$ref": "#/x"}], "x": {}},
    "file": {"$ref": "file://{outside}/secret.txt"},
    "upwards": {"$ref": "../../../outside/secret.txt"},
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "command"),
    [
        pytest.param(
            name, command, marks=[] if (name, command) == ("ref", "check") else pytest.mark.thorough
        )
        for name in REFERENCES
        for command in ("check", "plan staging production")
    ],
)  # fmt: skip
def test_a_schema_that_refers_to_something_else_is_refused(hostile: Hostile, name: str, command: str) -> None:
    text = json.dumps(REFERENCES[name]).replace("{url}", hostile.watcher.url)
    with_thing(hostile, text.replace("{outside}", str(hostile.outside)))
    hostile.runs(*command.split(), code=2, says=["thing_v1.json", "leads out of this schema"])


def test_a_reference_in_escapes_is_refused(hostile: Hostile) -> None:
    with_thing(hostile, f'{{"\\u0024ref": "{hostile.watcher.url}/s.json"}}')
    hostile.runs("check", code=2, says=["thing_v1.json", "leads out of this schema"])


@pytest.mark.slow
def test_a_schema_that_refers_to_itself_is_used(hostile: Hostile) -> None:
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/$defs/a", "$defs": {"a": {}}}
    with_thing(hostile, json.dumps(schema))
    hostile.runs("check", code=0, says=["3 validated"])


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["../../../outside/x", "a/../../b", "a" * 300], ids=["up", "through", "long"])
def test_a_kind_that_is_a_path_is_refused(hostile: Hostile, kind: str) -> None:
    with_thing(hostile, "{}", OBJECT.replace("Thing", kind))
    hostile.runs("check", code=2, says=["cannot be the apiVersion and kind"])
