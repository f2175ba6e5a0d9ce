from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from promote.checks import definitions
from tools import crd_schemas

DEFINITION = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.org}
spec:
  group: example.org
  names: {kind: Widget, plural: widgets}
  versions:
    - name: v1
      served: true
      schema:
        openAPIV3Schema:
          type: object
          description: prose
          required: [spec]
          properties:
            apiVersion: {type: string}
            kind: {type: string}
            metadata: {type: object}
            spec:
              type: object
              properties:
                default: {type: string, default: a, description: a field that is called like a keyword}
                port: {x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]}
                owner: {type: object, nullable: true, properties: {name: {type: string}}}
                labels: {type: object, additionalProperties: {type: string}}
                parts:
                  type: array
                  x-kubernetes-list-type: atomic
                  items: {type: object, properties: {size: {type: integer}}}
                values:
                  type: object
                  x-kubernetes-preserve-unknown-fields: true
                  properties: {a: {type: string}}
                either:
                  type: object
                  properties: {left: {type: string}, right: {type: string}}
                  oneOf: [{required: [left]}, {required: [right], properties: {right: {minLength: 1}}}]
    - name: v1alpha1
      served: false
      schema: {openAPIV3Schema: {type: object}}
"""


def validate(spec: dict[str, Any], **more: Any) -> None:
    [(_, schema)] = definitions.schemas(iter([yaml.safe_load(DEFINITION)]))
    resource = {"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": spec}
    jsonschema.validate(resource | more, schema)


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"default": "b"},
        {"port": 80},
        {"port": "http"},
        {"owner": None},
        {"owner": {"name": "x"}},
        {"labels": {"any": "name"}},
        {"parts": [{"size": 1}]},
        {"values": {"a": "x", "any": {"thing": 1}}},
        {"either": {"right": "x"}},
    ],
)
def test_what_the_definition_knows_is_accepted(spec: dict[str, Any]) -> None:
    validate(spec)


@pytest.mark.parametrize(
    "spec",
    [
        {"prot": 80},
        {"port": 1.5},
        {"owner": {"nmae": "x"}},
        {"labels": {"any": 1}},
        {"labels": None},
        {"parts": [{"sise": 1}]},
        {"values": {"a": 1}},
        {"either": {}},
        {"either": {"left": "x", "middle": "y"}},
    ],
)
def test_what_the_definition_does_not_know_is_refused(spec: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        validate(spec)


def test_a_resource_is_closed_at_its_top_and_open_in_its_metadata() -> None:
    validate({}, metadata={"name": "w", "annotations": {"a": "b"}})
    with pytest.raises(jsonschema.ValidationError, match="spce"):
        validate({}, spce={})


def test_a_schema_holds_no_word_of_kubernetes_alone() -> None:
    [(name, schema)] = definitions.schemas(iter([yaml.safe_load(DEFINITION)]))
    assert name == "example.org/widget_v1.json"
    assert [word for word in ("x-kubernetes", "nullable", "prose") if word in str(schema)] == []


def test_a_file_without_a_definition_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "other.yaml").write_text("kind: ConfigMap\n---\n- a list\n---\n")
    assert crd_schemas.main([str(tmp_path / "out"), str(tmp_path / "other.yaml")]) == 1
    assert "other.yaml holds no CustomResourceDefinition" in capsys.readouterr().err
