"""What the API server refuses though the schemas of Kubernetes allow it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from promote.checks import api_constraints, schemas
from tests.integration.checking import Checked, Repository

POD = "/spec/template/spec/containers/0"
# By the path: what is refused there, each with words of the message, and what is accepted.
FORMS: dict[str, tuple[dict[Any, str], list[Any]]] = {
    "/spec/replicas": ({2**31: "maximum", -(2**31) - 1: "minimum", 5e9: "maximum"}, [2**31 - 1, 0]),
    "/metadata/labels/app": (
        {
            "a b": "this is not a valid label value",
            "-a": "this is not a valid label value",
            "é": "this is not a valid label value",
            "a" * 64: "maxLength",
        },
        ["", "a", "A-_.9", "a" * 63],
    ),
    f"{POD}/resources/limits/memory": (
        dict.fromkeys(["128 Mi", "1,5", "1.5.0", "Gi", "1GiB", "1mi", "", ".", "0x10"], "this is not a quantity"),
        ["128Mi", "1.5", "1.", ".5Gi", "1e3", "1E", "1E-3", "+1k", " 1Gi ", "500m", 5_000_000_000, 0.5],
    ),
    f"{POD}/livenessProbe/httpGet/port": ({2**31: "maximum"}, [80, "http"]),
    f"{POD}/ports/0/containerPort": ({0: "minimum", 65536: "maximum"}, [1, 65535]),
    f"{POD}/ports/0/name": (
        {
            "a-name-too-long1": "maxLength",
            "Http": "this is not a valid port name",
            "a--b": "this is not a valid port name",
            "80": "this is not a valid port name",
        },
        ["http", "a-name-as-long1", "8a"],
    ),
}
SECRETS: tuple[dict[Any, str], list[Any]] = (
    dict.fromkeys(["open sesame", "YWJ", "YWJj=", "YQ=", "YW-_"], "this is not base64"),
    ["", "YWJj", "YWI=", "YQ==", "YW\nJj\r\n", "AAAA" * 1000],
)


def deployment(name: str, path: str, value: Any) -> dict[str, Any]:
    container: dict[str, Any] = {
        "name": "a",
        "image": "a",
        "ports": [{"containerPort": 80, "name": "web"}],
        "resources": {"limits": {}},
        "livenessProbe": {"httpGet": {"port": 80}},
    }
    made = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "a", "labels": {}},
        "spec": {
            "selector": {"matchLabels": {"a": "b"}},
            "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [container]}},
        },
    }
    *steps, last = path.strip("/").split("/")
    at: Any = made
    for step in steps:
        at = at[int(step)] if isinstance(at, list) else at[step]
    at[last] = value
    return made


@pytest.fixture(scope="module")
def cases() -> dict[str, tuple[dict[str, Any], str, str]]:
    """By name: an object, the path in question and what must be said of it, nothing where it is right."""
    found: dict[str, tuple[dict[str, Any], str, str]] = {}
    for path, (wrong, right) in FORMS.items():
        for value, said in [*wrong.items(), *((one, "") for one in right)]:
            name = f"n{len(found)}"
            found[name] = (deployment(name, path, value), path, said)
    for value, said in [*SECRETS[0].items(), *((one, "") for one in SECRETS[1])]:
        name = f"n{len(found)}"
        metadata = {"name": name, "namespace": "a"}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"x": value}}
        found[name] = (secret, "/data/x", said)
    return found


@pytest.fixture(scope="module")
def checked(cases: dict[str, tuple[dict[str, Any], str, str]], tmp_path_factory: pytest.TempPathFactory) -> Checked:
    files = Repository.bare(tmp_path_factory.mktemp("forms") / "files")
    files.write("m/all.yaml", "".join(f"---\n{json.dumps(document)}\n" for document, _, _ in cases.values()))
    return files.check("m")


def test_each_form_is_asked_where_the_api_server_asks_it(
    cases: dict[str, tuple[dict[str, Any], str, str]], checked: Checked
) -> None:
    said = {
        one["resource"]["name"]: one["message"]
        for one in checked.json["findings"] if one["rule"] == "schema.invalid"
    }  # fmt: skip
    expected = {name: (path, words) for name, (_, path, words) in cases.items() if words}
    assert said.keys() == expected.keys()
    unsaid = {name for name, (path, words) in expected.items() if f"at {path}: {words}" not in said[name]}
    assert unsaid == set()


def test_no_value_of_a_secret_is_repeated(checked: Checked) -> None:
    assert "sesame" not in json.dumps(checked.json)


def test_the_schemas_have_what_is_asked_of_their_parts() -> None:
    """A definition that Kubernetes renames would lose it without a word."""
    for version in ("1.35", "1.36", "1.37"):
        known = schemas._definitions(version)
        asked = api_constraints.FIELDS
        assert api_constraints.DEFINITIONS.keys() | asked.keys() | api_constraints.CONFLICTS.keys() <= known.keys()
        assert all(fields.keys() <= known[name]["properties"].keys() for name, fields in asked.items())
