"""Custom resource definitions as JSON schemas that refuse a field the definition does not know.

Imports nothing else of promote: `make setup` makes the schemas that come with promote of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Schema = dict[str, Any]
KIND = "CustomResourceDefinition"

# Words that JSON Schema does not know, or that say nothing about whether a value is valid.
_NO_CONSTRAINT = ("x-kubernetes-", "nullable", "default", "description", "example", "externalDocs", "title")
# What every resource has, also one that is written within another.
_COMMON = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}


def strict(schema: Schema) -> Schema:
    """The same schema as plain JSON Schema, closed wherever it lists its fields."""
    result = {key: value for key, value in schema.items() if not key.startswith(_NO_CONSTRAINT)}
    if isinstance(schema.get("properties"), dict):
        result["properties"] = {
            name: strict(field) if isinstance(field, dict) else field for name, field in schema["properties"].items()
        }
        if schema.get("x-kubernetes-embedded-resource"):
            result["properties"] |= {name: one for name, one in _COMMON.items() if name not in result["properties"]}
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            result.setdefault("additionalProperties", False)
    # `allOf`, `anyOf`, `oneOf` and `not` stay as they are: the fields they judge are listed outside of them.
    for key in ("items", "additionalProperties"):
        if isinstance(result.get(key), dict):
            result[key] = strict(result[key])
    if schema.get("x-kubernetes-int-or-string"):
        result["type"] = ["integer", "string"]
        if result.get("format") == "int-or-string":
            del result["format"]
    return {"anyOf": [{"type": "null"}, result]} if schema.get("nullable") else result


def resource(schema: Schema) -> Schema:
    """The schema of a whole resource: as the definition says, and with what every resource has."""
    result = strict(schema)
    result["properties"] = result.get("properties", {}) | _COMMON
    result["required"] = sorted({"apiVersion", "kind", "metadata", *result.get("required", [])})
    return result


def schemas(documents: Iterable[Any]) -> Iterator[tuple[str, Schema]]:
    """The file name and the schema of each served version of each definition; a malformed one is left out."""
    for document in documents:
        if not isinstance(document, Mapping) or document.get("kind") != KIND:
            continue
        try:
            yield from list(_of_definition(document["spec"]))
        except (AttributeError, KeyError, TypeError, ValueError):
            continue


def _of_definition(spec: Mapping[str, Any]) -> Iterator[tuple[str, Schema]]:
    for version in spec["versions"]:
        if version["served"]:
            name = f"{spec['group']}/{spec['names']['kind'].lower()}_{version['name']}.json"
            # In v1beta1, all versions may have one schema, or none.
            said = version.get("schema") or spec.get("validation") or {}
            yield name, resource(said.get("openAPIV3Schema") or {"x-kubernetes-preserve-unknown-fields": True})
