"""What the API server enforces on values although the schemas of Kubernetes allow it, by definition and version.

Enumerations come from the types of each version, by `tools/api_enumerations.py`. Forms, bounds and conflicts of
fields are those of the validation in k8s.io/kubernetes; `tests/e2e/test_validation.py` compares them with a server.
"""

from __future__ import annotations

from functools import cache as once
from pathlib import Path
from typing import Any

from promote.api import autoscaling, jobs, object_conflicts, object_fields, pod_conflicts, pod_fields
from promote.api.forms import AMOUNT, BASE64, INT32, Schema
from promote.yamltext import reader

_ENUMERATIONS = Path(__file__).with_name("enumerations.json")

# By the name of a format, the name of a definition, and the name of a definition and of a field in it.
FORMATS: dict[str, Schema] = {"int32": INT32, "byte": BASE64}
DEFINITIONS: dict[str, Schema] = {
    # The published schemas reject null, which meets both of their alternatives.
    "io.k8s.apimachinery.pkg.api.resource.Quantity": AMOUNT | {"oneOf": [{"type": ["number", "string", "null"]}]},
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": INT32 | {"oneOf": [{"type": ["integer", "string", "null"]}]},
}
FIELDS = {**autoscaling.FIELDS, **jobs.FIELDS, **object_fields.FIELDS, **pod_fields.FIELDS}
CONFLICTS = {
    **autoscaling.CONFLICTS,
    **jobs.CONFLICTS,
    **object_conflicts.CONFLICTS,
    **pod_conflicts.CONFLICTS,
}
# Objects that the server does not accept when they are empty, although their schemas require no field.
NEEDY = frozenset(
    {
        "io.k8s.api.admissionregistration.v1.RuleWithOperations",
        "io.k8s.api.admissionregistration.v1.WebhookClientConfig",
        "io.k8s.api.core.v1.EnvFromSource",
        "io.k8s.api.core.v1.Toleration",
        "io.k8s.api.core.v1.TopologySelectorTerm",
        "io.k8s.api.networking.v1.IngressBackend",
        "io.k8s.api.networking.v1.NetworkPolicyPeer",
    }
)


@once
def key() -> str:
    """Other constraints make other schemas."""
    return repr((FORMATS, DEFINITIONS, FIELDS, CONFLICTS, _ENUMERATIONS.read_bytes()))


def constrained(name: str, schema: Schema, version: str) -> Schema:
    """The definition `name` of Kubernetes `version` with what the API server asks beyond `schema`."""
    asked: Schema = schema | DEFINITIONS.get(name, {})
    fields = dict(asked.get("properties", {}))
    for constraints in (FIELDS.get(name, {}), _enumerations(name, version)):
        for field, constraint in constraints.items():
            if field not in fields:  # an older version may not know it
                continue
            # Keywords of the two must not replace each other.
            shared = fields[field].keys() & constraint.keys()
            fields[field] = {"allOf": [fields[field], constraint]} if shared else fields[field] | constraint
    if fields:
        asked["properties"] = fields
    conflicts = CONFLICTS.get(name, [])
    return asked | ({"allOf": conflicts} if conflicts else {})


def _enumerations(name: str, version: str) -> dict[str, Schema]:
    """By field of the definition `name`, the values that the API server of Kubernetes `version` accepts."""
    minor = int(version.partition(".")[2])
    found: dict[str, Schema] = {}
    for field, entry in _known().get(name, {}).items():
        values = [value for value, (first, last) in entry["values"].items() if first <= minor <= last]
        if not values:
            continue
        if entry["items"]:
            found[field] = {"items": {"enum": [value for value in values if value]}}
        else:
            # The server treats an empty text as absent unless the type is a pointer.
            absent = [None] if entry["pointer"] or "" in values else [None, ""]
            found[field] = {"enum": [*values, *absent]}
    return found


@once
def _known() -> dict[str, dict[str, dict[str, Any]]]:
    known: dict[str, dict[str, dict[str, Any]]] = reader.from_json(_ENUMERATIONS.read_bytes())
    return known
