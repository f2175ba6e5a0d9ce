from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from promote.kustomize import documents, patches, render
from promote.model import Document
from promote.yamltext import places
from promote.yamltext.places import Place

RENDERED = """\
kind: Deployment
metadata:
  name: shop-cart
  labels: {app: cart, tier: back}
spec:
  replicas: 3
  template:
    spec:
      containers:
        - {name: server, image: x}
"""


@pytest.fixture
def document() -> Document:
    (found,) = documents.read(RENDERED, "x")
    return found


def layers(folder: Path, **files: str) -> list[patches.Layer]:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path = path / "kustomization.yaml" if "." not in path.name else path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return list(patches.layers(folder / "top"))


def found(folder: Path, document: Document, pointer: str, **files: str) -> list[tuple[str, Place]]:
    steps = places.parts(pointer)
    return [
        (patch.file.relative_to(folder).as_posix(), place)
        for layer in layers(folder, **files)
        for patch in patches.of(layer)
        if (place := patch.place(document, steps))
    ]


TOP = "top/kustomization.yaml"
MERGE = """\
patches:
  - patch: |-
      kind: Deployment
      metadata: {name: %s}
      spec:
        replicas: 3
"""
MERGED = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop-cart}\nspec: {replicas: 1%s}\n"
REPLACED = "- {op: replace, path: /spec/replicas, value: 1%s}\n"
OPERATION = """\
patches:
  - target: {%s}
    patch: |-
      - {op: remove, path: /spec/replicas}
      - op: add
        path: /spec/replicas
        value: 3
"""


@pytest.mark.parametrize("name", ["shop-cart", "cart"])
def test_a_merge_patch_for_the_object_by_either_name(tmp_path: Path, document: Document, name: str) -> None:
    text = "namePrefix: shop-\n" + MERGE % name
    assert found(tmp_path, document, "/spec/replicas", top=text) == [(TOP, Place(7, 2, True, True))]


@pytest.mark.parametrize("text", [MERGE % "other", MERGE.replace("Deployment", "StatefulSet") % "shop-cart"])
def test_a_merge_patch_for_another_object(tmp_path: Path, document: Document, text: str) -> None:
    assert found(tmp_path, document, "/spec/replicas", top=text) == []


@pytest.mark.parametrize(
    "target",
    [
        "kind: Deployment", "kind: Deployment|Job, name: shop-cart", "name: .*-cart", "labelSelector: app=cart",
        'labelSelector: "app==cart,tier=back"', "group: apps, version: v1, kind: Deployment",
    ],
)  # fmt: skip
def test_an_operation_whose_target_is_the_object(tmp_path: Path, document: Document, target: str) -> None:
    assert found(tmp_path, document, "/spec/replicas", top=OPERATION % target) == [(TOP, Place(5, 2, True, True))]


@pytest.mark.parametrize(
    "target",
    ["kind: Job", "name: shop", "labelSelector: app=other", "labelSelector: app in (cart)", "name: '['",
     "annotationSelector: a=b", "kind: [Deployment]"],
)  # fmt: skip
def test_an_operation_that_is_not_surely_for_the_object(tmp_path: Path, document: Document, target: str) -> None:
    assert found(tmp_path, document, "/spec/replicas", top=OPERATION % target) == []


def test_the_inside_of_what_an_operation_adds(tmp_path: Path, document: Document) -> None:
    text = """\
patches:
  - target: {kind: Deployment}
    patch: |-
      - op: add
        path: /spec/template
        value:
          spec:
            containers:
              - name: server
                image: y
"""
    ((_, place),) = found(tmp_path, document, "/spec/template/spec/containers/0/image", top=text)
    assert place == Place(10, 6, True, False)


def test_operations_elsewhere(tmp_path: Path, document: Document) -> None:
    assert found(tmp_path, document, "/metadata/name", top=OPERATION % "kind: Deployment") == []


NAMED = "{path: %s, target: {group: apps, version: v1, kind: Deployment, name: shop-cart}}"
LISTS = {"patches": NAMED, "patchesJson6902": NAMED, "patchesStrategicMerge": "%s"}


@pytest.mark.parametrize("keys", list(permutations(LISTS, 2)))
def test_the_first_patch_is_the_one_that_kustomize_applies_last(
    tmp_path: Path, document: Document, keys: tuple[str, str]
) -> None:
    files = {"top": "resources: [deployment.yaml]\n", "top__deployment.yaml": f"apiVersion: apps/v1\n{RENDERED}"}
    for number, key in enumerate(keys):
        names = [f"{number}{replicas}.yaml" for replicas in (1, 2)]
        files["top"] += f"{key}: [{', '.join(LISTS[key] % name for name in names)}]\n"
        patch = REPLACED if key == "patchesJson6902" else MERGED
        files |= {f"top__{name}": patch % name.removesuffix(".yaml") for name in names}
    applied = [file for file, _ in found(tmp_path, document, "/spec/replicas", **files)]
    (rendered,) = render.kustomize(tmp_path / "top", "top").documents
    assert len(applied) == 4
    assert applied[0] == f"top/{str(rendered.content['spec']['replicas'])[1:]}.yaml"


def test_a_folded_patch_is_known_by_its_first_line(tmp_path: Path, document: Document) -> None:
    text = "patches:\n- patch: '{kind: Deployment, metadata: {name: shop-cart}, spec: {replicas: 3}}'\n"
    ((_, place),) = found(tmp_path, document, "/spec/replicas", top=text)
    assert place.line == 2


@pytest.mark.parametrize(
    "text",
    ["patches: text\n", "patches: [{}]\n", "patches: [{patch: text}]\n", "patches: [{patch: '{}', target: x}]\n"],
)
def test_what_is_no_patch(tmp_path: Path, document: Document, text: str) -> None:
    assert found(tmp_path, document, "/spec/replicas", top=text) == []


def test_layers_are_the_outermost_first_with_their_names(tmp_path: Path) -> None:
    found = layers(
        tmp_path,
        top="namePrefix: a-\ncomponents: [../part]\nresources: [../base, gone, ../top, https://x.example, {a: b}]\n",
        base="namePrefix: b-\nnameSuffix: -c\nresources: [../empty, ../bad]\n",
        part="nameSuffix: -d\n",
        empty="",
        bad="a: [\n",
    )
    assert [(layer.file.parent.name, layer.prefix, layer.suffix, layer.sees_all) for layer in found] == [
        ("top", "a-", "", True),
        ("part", "a-", "-d", True),
        ("base", "a-b-", "-c", False),
    ]
    assert found[2].names("a-b-x-c") == {"a-b-x-c", "x"}
    assert found[2].names("a-x") == set()


def test_a_nested_patch_needs_a_name_to_be_sure(tmp_path: Path, document: Document) -> None:
    top = "resources: [../base]\n"
    assert found(tmp_path, document, "/spec/replicas", top=top, base=OPERATION % "kind: Deployment") == []
    named = "namePrefix: shop-\n" + OPERATION % "kind: Deployment, name: cart"
    ((file, _),) = found(tmp_path, document, "/spec/replicas", top=top, base=named)
    assert file == "base/kustomization.yaml"


def test_a_folder_without_a_kustomization_has_no_layers(tmp_path: Path) -> None:
    assert list(patches.layers(tmp_path)) == []
