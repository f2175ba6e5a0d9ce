from __future__ import annotations

import pytest

from tests.integration.sandbox import KUSTOMIZATION, Sandbox

pytestmark = pytest.mark.quick


def test_versions_that_differ(tiny: Sandbox) -> None:
    tiny.replace(KUSTOMIZATION, '"2.0.0"\n', '"2.1.0"\n  - name: shop/job\n    newTag: "7"\n')
    tiny.publish()
    answer = tiny.promote("drift", "staging", "production", "--output", "json", code=1).json
    assert answer == {
        "from": "staging",
        "to": "production",
        "commit": tiny.tip(),
        "images": [
            {"service": "api", "image": "shop/api", "from": {"tag": "1.2.0", "digest": None},
             "to": {"tag": "1.1.0", "digest": None}},
            {"service": "job", "image": "shop/job", "from": None, "to": {"tag": "7", "digest": None}},
        ],
        "manifests": None,
        "unmoved": [],
        "unused": {"production": ["shop/job"]},
        "apart": {},
        "notes": [],
    }  # fmt: skip
    said = tiny.promote("drift", "production", "staging", code=1).out.splitlines()
    assert said[:2] == ["api: 1.1.0 in production, 1.2.0 in staging", "job: 7 in production, none in staging"]
    assert [line.partition(": nothing")[0] for line in said[2:]] == ["not in use: shop/job"]


def test_no_drift_is_left_by_a_promotion(tiny: Sandbox) -> None:
    tiny.promote("staging", "production", "--auto-merge")
    said = tiny.promote("drift", "staging", "production", "--manifests").out
    assert said == "staging and production have the same versions\n0 differences other than images\n"


@pytest.mark.slow
def test_manifests_that_differ_beside_namespace_and_hash(tiny: Sandbox) -> None:
    tiny.promote("staging", "production", "--auto-merge")
    tiny.git("pull", "--quiet", "origin", "main")
    for name, level in (("staging", "debug"), ("production", "info")):
        path = f"overlays/{name}/kustomization.yaml"
        added = f"configMapGenerator: [{{name: web, literals: [LEVEL={level}, WHERE={name}]}}]\n"
        tiny.write(path, tiny.read(path) + added)
    tiny.publish()
    answer = tiny.promote("drift", "staging", "production", "--manifests", "--output", "json", code=1).json
    who = {"apiVersion": "v1", "kind": "ConfigMap", "namespace": "NAMESPACE", "name": "web"}
    assert (answer["images"], answer["manifests"]) == (
        [],
        [{"resource": who, "path": "/data/LEVEL", "from": "debug", "to": "info"}],
    )
    assert tiny.promote("drift", "staging", "production").out == "staging and production have the same versions\n"


def test_one_environment_by_two_names(tiny: Sandbox) -> None:
    assert "are the same folder" in tiny.promote("drift", "staging", "overlays/staging", code=2).err


STALE = "  - {name: shop/gone, newTag: '1'}\n"


@pytest.mark.slow
def test_drift_names_items_that_match_nothing(tiny: Sandbox) -> None:
    tiny.write(KUSTOMIZATION, tiny.read(KUSTOMIZATION) + STALE)
    tiny.publish("an item of what is gone")
    said = "not in use: shop/gone: nothing that production renders runs this; correct the name in images"
    assert said in tiny.promote("drift", "staging", "production", code=1).out
    answer = tiny.promote("drift", "staging", "production", "--output", "json", code=1).json
    assert answer["unused"] == {"production": ["shop/gone"]}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "item"),
    [
        ("", "  - {name: 'shop/(gone|api)', newTag: '1'}\n"),
        ("", "  - {name: 'shop/api:latest', newTag: '1'}\n"),
        ("generators: [plugin.yaml]\n", STALE),
        ("helmCharts: [{name: shop}]\n", STALE),
        ("components: ['https://github.test/shop/more?ref=v1']\n", STALE),
    ],
    ids=["pattern", "tag", "plugin", "chart", "elsewhere"],
)
def test_an_item_that_may_match_is_not_called_stale(tiny: Sandbox, more: str, item: str) -> None:
    tiny.write(KUSTOMIZATION, more + tiny.read(KUSTOMIZATION) + item)
    tiny.write("overlays/production/plugin.yaml", "apiVersion: shop/v1\nkind: Maker\nmetadata: {name: maker}\n")
    tiny.publish("an item of what may be there")
    assert tiny.promote("drift", "staging", "production", "--output", "json", code=1).json["unused"] == {}


def test_images_that_are_called_alike_have_their_whole_names(tiny: Sandbox) -> None:
    for name, tag in (("staging", "2"), ("production", "1")):
        path = f"overlays/{name}/kustomization.yaml"
        tiny.write(path, tiny.read(path) + f"  - {{name: eu/api, newTag: '{tag}'}}\n")
    tiny.publish("two images called api")
    said = tiny.promote("drift", "staging", "production", code=1).out.splitlines()
    apart = ["shop/api: 1.2.0 in staging, 1.1.0 in production", "eu/api: 2 in staging, 1 in production"]
    assert [line for line in said if "api: " in line and "not in use" not in line] == apart


@pytest.mark.slow
def test_an_image_of_several_versions_is_not_called_absent(tiny: Sandbox) -> None:
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: cart-N}\n"
        "spec: {containers: [{name: cart, image: 'shop/cart:N'}]}\n"
    )
    pods = [pod.replace("N", number) for number in "12"]
    for stage, texts in (("staging", pods[1:]), ("production", pods)):
        path = f"overlays/{stage}/kustomization.yaml"
        tiny.write(path, tiny.read(path).replace("resources: [", "resources: [cart.yaml, "))
        tiny.write(f"overlays/{stage}/cart.yaml", "---\n".join(texts))
    tiny.publish("two versions of the cart in production")
    said = tiny.promote("drift", "staging", "production", code=1).out
    assert "shop/cart has different versions within production (overlays/production/cart.yaml:4, " in said
    assert "cart: " not in said
    answer = tiny.promote("drift", "staging", "production", "--output", "json", code=1).json
    assert {name: list(images) for name, images in answer["apart"].items()} == {"production": ["shop/cart"]}
    assert [line.partition(":")[0] for line in answer["apart"]["production"]["shop/cart"]] == 2 * [
        "overlays/production/cart.yaml"
    ]
    plan = tiny.promote("plan", "staging", "production", "--only", "api").out
    assert "no images entry" not in plan
    assert "no images entry" not in tiny.promote("plan", "staging", "production").out


@pytest.mark.slow
def test_several_versions_are_not_called_none(tiny: Sandbox) -> None:
    pods = [
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: cart-{number}}}\n"
        f"spec: {{containers: [{{name: cart, image: 'shop/cart:{number}'}}]}}\n"
        for number in "12"
    ]
    for stage in ("staging", "production"):
        tiny.write(f"overlays/{stage}/kustomization.yaml", "resources: [cart.yaml]\n")
        tiny.write(f"overlays/{stage}/cart.yaml", "---\n".join(pods))
    tiny.publish("two versions of the cart, and nothing else")
    said = tiny.promote("plan", "staging", "production").out
    assert "shop/cart has different versions within production" in said
    assert "nothing to do: production has everything that can be moved already" in said
    assert "no version of an image was found" not in said


def call(tiny: Sandbox, environment: str, registry: str, *services: str) -> None:
    """Give the images of an environment the names of one registry."""
    path = f"overlays/{environment}/kustomization.yaml"
    for service in services:
        tiny.replace(path, f"shop/{service}\n", f"shop/{service}\n    newName: {registry}/shop/{service}\n")


@pytest.mark.parametrize(
    ("services", "names"),
    [
        (("api",), "shop/api is called stage.example/shop/api in staging and live.example/shop/api in production"),
        (("api", "web"), "shop/api, shop/web are from stage.example in staging and live.example in production"),
    ],
)
def test_a_registry_for_each_environment_is_expected(tiny: Sandbox, services: tuple[str, ...], names: str) -> None:
    call(tiny, "staging", "stage.example", *services)
    call(tiny, "production", "live.example", *services)
    tiny.publish()
    tiny.promote("staging", "production", "--auto-merge")
    said = f"note: {names}: each keeps its name\n"
    assert said in tiny.promote("plan", "staging", "production").out
    same = "staging and production have the same versions\n"
    assert tiny.promote("drift", "staging", "production").out == same + said
    assert tiny.promote("drift", "staging", "production", "--output", "json").json["images"] == []
    tiny.git("pull", "--quiet", "origin", "main")
    tiny.replace("overlays/staging/kustomization.yaml", "1.2.0", "1.3.0")
    tiny.publish()
    said = "api: stage.example/shop/api 1.3.0 in staging, live.example/shop/api 1.2.0 in production"
    assert said in tiny.promote("drift", "staging", "production", code=1).out


def test_a_name_that_a_promotion_moves_is_a_difference(tiny: Sandbox) -> None:
    for environment in ("staging", "production"):
        call(tiny, environment, "old.example", "api")
    tiny.publish()
    tiny.promote("staging", "production", "--auto-merge")
    tiny.git("pull", "--quiet", "origin", "main")
    tiny.replace("overlays/staging/kustomization.yaml", "old.example", "new.example")
    tiny.publish()
    said = tiny.promote("drift", "staging", "production", code=1).out
    assert said == "api: new.example/shop/api 1.2.0 in staging, old.example/shop/api 1.2.0 in production\n"
    tiny.promote("staging", "production", "--auto-merge")
    assert tiny.promote("drift", "staging", "production").out == "staging and production have the same versions\n"
