from __future__ import annotations

import json
from pathlib import Path

import pytest

from promote.api import constraints
from promote.checks import schemas
from promote.errors import ConfigError

DEFINITIONS = {
    "a": {"description": "prose", "properties": {"b": {"$ref": "#/$defs/b"}, "description": {"type": "string"}}},
    "b": {"items": [{"$ref": "#/$defs/a"}], "x-kubernetes-list-type": "set"},
    "unused": {},
}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROMOTE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize(
    ("api_version", "kind", "name"),
    [
        ("v1", "Pod", "pod-v1.json"),
        ("apps/v1", "Deployment", "deployment-apps-v1.json"),
        ("networking.k8s.io/v1", "NetworkPolicy", "networkpolicy-networking-v1.json"),
        ("../../v1", "Pod", "pod--v1.json"),
    ],
)
def test_files_are_named_as_kubeconform_names_them(api_version: str, kind: str, name: str) -> None:
    assert schemas.file_name(api_version, kind) == name


def test_a_schema_holds_all_that_it_needs_and_no_more() -> None:
    whole = {
        "$id": "x", "$schema": "y", "description": "prose", "required": ["a"],
        "properties": {"a": {"$ref": "/api/_definitions.json#/$defs/a"}},
    }  # fmt: skip
    made = schemas.self_contained(whole, DEFINITIONS, "1.36")
    assert made == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "required": ["a"],
        "properties": {"a": {"$ref": "#/$defs/a"}},
        "$defs": {
            "a": {"properties": {"b": {"$ref": "#/$defs/b"}, "description": {"type": "string"}}},
            "b": {"items": [{"$ref": "#/$defs/a"}]},
        },
    }


def test_a_location_has_the_schemas_of_known_kinds_only(cache: Path) -> None:
    kinds = [("v1", "ConfigMap"), ("example.com/v1", "Cart"), ("", ""), ("v1", "../ConfigMap")]
    place = schemas.location("1.36", kinds)
    (made,) = cache.rglob("*.json")
    assert place == str(made.with_name("{{.ResourceKind}}{{.KindSuffix}}.json"))
    assert made.name == "configmap-v1.json"
    assert json.loads(made.read_bytes())["properties"]["kind"]["enum"] == ["ConfigMap"]


def test_a_made_schema_is_not_made_again(cache: Path) -> None:
    schemas.location("1.36", [("v1", "ConfigMap")])
    (made,) = cache.rglob("*.json")
    made.write_text("mine")
    schemas.location("1.36", [("v1", "ConfigMap")])
    assert made.read_text() == "mine"


def test_validity_does_not_change_with_the_prose() -> None:
    """What is left of a Deployment's schema still knows every field of it."""
    definitions = schemas._definitions("1.36")
    source = json.loads((schemas._source("1.36") / "deployment-apps-v1.json").read_bytes())
    made = schemas.self_contained(source, definitions, "1.36")
    for name, schema in made["$defs"].items():
        assert schema.get("properties", {}).keys() == definitions[name].get("properties", {}).keys(), name
        assert schema.get("required") == definitions[name].get("required"), name
        assert schema.get("additionalProperties") == definitions[name].get("additionalProperties") or isinstance(
            schema["additionalProperties"], dict
        )
    assert len(json.dumps(made)) < len(json.dumps(definitions)) / 15


def test_an_unknown_version() -> None:
    with pytest.raises(ConfigError, match=r"there are no schemas of Kubernetes 1\.99"):
        schemas.location("1.99", [("v1", "ConfigMap")])


def test_a_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    schemas._package.cache_clear()
    monkeypatch.setattr(schemas, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match="the package kubernetes-validate is missing: install gitops-promote"):
        schemas.location("1.36", [])


def test_every_version_with_schemas_has_enumerations() -> None:
    folders = (schemas._package() / "kubernetes-json-schema").glob("v1.*.0-local-strict")
    minors = {int(folder.name.split(".")[1]) for folder in folders}
    known = {
        minor
        for fields in constraints._known().values()
        for entry in fields.values()
        for first, last in entry["values"].values()
        for minor in range(first, last + 1)
    }
    assert minors <= known


def test_an_enumeration_has_the_values_of_its_version() -> None:
    toleration = {"properties": {"operator": {"type": "string"}}}
    made = {
        version: constraints.constrained("io.k8s.api.core.v1.Toleration", toleration, version)["properties"]
        for version in ("1.34", "1.35")
    }
    assert made["1.34"]["operator"]["enum"] == ["Equal", "Exists", None, ""]
    assert made["1.35"]["operator"]["enum"] == ["Equal", "Exists", "Gt", "Lt", None, ""]


def test_a_list_and_a_pointer_have_no_empty_value() -> None:
    claim = {"properties": {"accessModes": {"type": "array"}, "volumeMode": {"type": "string"}}}
    made = constraints.constrained("io.k8s.api.core.v1.PersistentVolumeClaimSpec", claim, "1.36")["properties"]
    assert "" not in made["accessModes"]["items"]["enum"]
    assert made["volumeMode"]["enum"] == ["Block", "Filesystem", None]
