"""The definition of a custom resource, in the target or elsewhere in the repository, serves as its schema."""

from __future__ import annotations

from pathlib import Path

import pytest

from promote.kustomize import documents
from tests.integration.checking import Repository

DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: carts.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Cart, plural: carts}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: {type: object, properties: {wheels: {type: integer}%s}}
"""
CART = "apiVersion: example.com/v1\nkind: Cart\nmetadata: {name: a, namespace: shop}\nspec: {wheels: %s}\n"


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    repository = Repository.bare(tmp_path / "shop")
    repository.keep_policies("documents")
    repository.write("files/cart.yaml", CART % "4")
    return repository


def schema_findings(found: object) -> list[str]:
    return [one["rule"] for one in found.json["findings"] if one["rule"].startswith(("schema.", "check.un"))]  # type: ignore[attr-defined]


@pytest.mark.parametrize("place", ["files/crd.yaml", "crds/cart.yaml", "charts/cart/crds/all.yml"])
def test_a_definition_serves_as_schema(shop: Repository, place: str) -> None:
    assert schema_findings(shop.check("files")) == ["schema.missing"]
    shop.write(place, DEFINITION % "")
    found = shop.check("files/cart.yaml" if place.startswith("charts") else "files")
    assert schema_findings(found) == []
    assert {one["documents"] - one["validated"] for one in found.json["targets"]} == {0}
    shop.write("files/cart.yaml", CART % "four")
    assert schema_findings(shop.check("files")) == ["schema.invalid"]


def test_what_is_remembered_does_not_outlive_a_definition_elsewhere(shop: Repository) -> None:
    shop.write("crds/cart.yaml", DEFINITION % "")
    assert schema_findings(shop.check("files")) == schema_findings(shop.check("files")) == []
    (shop.folder / "crds" / "cart.yaml").unlink()
    assert schema_findings(shop.check("files")) == ["schema.missing"]


def test_the_definition_in_the_target_comes_before_the_schemas_that_come_with_promote(shop: Repository) -> None:
    rollout = (
        DEFINITION.replace("example.com", "argoproj.io").replace("Cart", "Rollout").replace("v1\n", "v1alpha1\n")
    )
    head, _, rest = rollout.partition("spec:")
    shop.write("files/crd.yaml", head.replace("/v1alpha1", "/v1") + "spec:" + rest % "")
    shop.write(
        "files/cart.yaml", CART.replace("example.com/v1", "argoproj.io/v1alpha1").replace("Cart", "Rollout") % 1
    )
    assert schema_findings(shop.check("files")) == []


@pytest.mark.quick
@pytest.mark.parametrize(
    "broken",
    [
        "kind: CustomResourceDefinition # Cart\nspec: [",
        "kind: CustomResourceDefinition\nspec: {group: example.com, names: {kind: Cart}, versions: 1}\n",
        DEFINITION % ", other: {$ref: 'http://127.0.0.1:1/a.json'}",
        DEFINITION % ", other: {anyOf: [{$ref: 'file:///etc/passwd'}]}",
        DEFINITION.replace("group: example.com", "group: ../../x") % "",
    ],
)
def test_a_definition_that_cannot_serve_is_as_good_as_none(shop: Repository, broken: str) -> None:
    shop.write("crds/cart.yaml", broken)
    assert schema_findings(shop.check("files")) == ["schema.missing"]


def test_of_a_long_file_only_the_documents_in_question_are_parsed(
    shop: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []

    def watched(text: str, where: str) -> list[str]:
        if "CustomResourceDefinition" in text:
            parsed.append(text)
        return canonical(text, where)

    canonical = documents.canonical
    monkeypatch.setattr(documents, "canonical", watched)
    definition = DEFINITION % ""
    others = [
        definition.replace("Cart", "Wheel"),
        definition.replace("example.com", "example.org"),
        "kind: CustomResourceDefinition\nspec: [",
    ]
    shop.write("crds/all.yaml", "\n--- # first\n".join([*others[:2], definition, others[2]]).replace("\n", "\r\n"))
    assert schema_findings(shop.check("files")) == []
    [only] = parsed
    assert "kind: Cart" in only
    assert "group: example.com" in only


@pytest.mark.parametrize("other", [b"spec: [", "# \xe9".encode("latin-1")], ids=["not YAML", "not UTF-8"])
def test_an_invalid_document_hides_no_definition_in_its_file(shop: Repository, other: bytes) -> None:
    shop.write("crds/all.yaml", "")
    about_the_same = b"kind: CustomResourceDefinition # Cart of example.com\n"
    file = shop.folder / "crds" / "all.yaml"
    file.write_bytes(about_the_same + other + b"\n---\n" + (DEFINITION % "").encode())
    assert schema_findings(shop.check("files")) == []
