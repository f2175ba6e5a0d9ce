"""`promote status` of an environment in which something is wrong, next to others in which nothing is."""

from __future__ import annotations

import pytest

from tests.integration.sandbox import KUSTOMIZATION, Sandbox, tiny_overlay

DEMO = "overlays/demo/kustomization.yaml"
FAULTS = {
    "not YAML": ("resources: [../../base\n", f"{KUSTOMIZATION}:2: this is not YAML"),
    "a number": (
        "resources: [../../base]\nimages:\n- name: a\n  newTag: 1\n",
        f"{KUSTOMIZATION}:4: kustomize does not",
    ),
    "twice": ("images: [{name: a, newTag: b}, {name: a, newTag: b}]\n", "image 'a' has two items"),
    "two versions": ("images: [{name: a, newName: 'b:1', newTag: c}]\n", "a version in newName and in newTag"),
}


@pytest.fixture
def three(tiny: Sandbox) -> Sandbox:
    """Staging, production and a demo behind staging."""
    tiny.write(DEMO, tiny_overlay("demo", "1.1.0", "2.0.0"))
    tiny.replace("promote.yaml", "kubernetes:", "  demo: {path: overlays/demo, after: [staging]}\nkubernetes:")
    tiny.publish()
    return tiny


@pytest.mark.parametrize(("text", "told"), FAULTS.values(), ids=FAULTS)
def test_an_environment_that_cannot_be_read_hides_no_other(three: Sandbox, text: str, told: str) -> None:
    three.write(KUSTOMIZATION, text)
    three.publish("a mistake")
    answer = three.promote("status", "--output", "json", code=2).json
    assert sorted(answer["environments"]) == ["demo", "staging"]
    assert list(answer["errors"]) == ["production"]
    assert told in answer["errors"]["production"]
    assert [(one["from"], one["to"]) for one in answer["pending"]] == [("staging", "demo")]
    done = three.promote("status", code=2)
    assert "not shown: production: " in done.out
    assert told in done.out
    assert "to promote: promote staging demo  (api, web)" in done.out
    # The others go on.
    assert "api  1.1.0 → 1.2.0" in three.promote("plan", "staging", "demo").out
    assert told in three.promote("plan", "staging", "production", code=2).err


@pytest.mark.quick
def test_where_nothing_can_be_read_each_is_named(tiny: Sandbox) -> None:
    for name in ("staging", "production"):
        tiny.write(f"overlays/{name}/kustomization.yaml", "images: 1\n")
    tiny.publish("two mistakes")
    out = tiny.promote("status", code=2).out
    assert "no environment can be read\n" in out
    assert out.count("not shown: ") == 2


def test_an_image_of_several_versions_is_not_called_absent(tiny: Sandbox) -> None:
    tiny.replace("base/deployments.yaml", "image: shop/api", "image: shop/both:1.0.0")
    tiny.replace("base/deployments.yaml", "image: shop/web", "image: shop/both:2.0.0")
    for name in ("staging", "production"):
        tiny.write(f"overlays/{name}/kustomization.yaml", "resources: [../../base]\n")
    tiny.publish("two versions of one image")
    assert "both  several  several\n" in tiny.promote("status").out
    apart = tiny.promote("status", "--output", "json").json["apart"]
    assert apart.keys() == {"staging", "production"}
    assert [place.partition(":")[0] for place in apart["staging"]["shop/both"]] == ["base/deployments.yaml"] * 2


def test_images_that_are_called_alike_are_one_service_to_promote(tiny: Sandbox) -> None:
    for name, tag in (("staging", "2"), ("production", "1")):
        path = f"overlays/{name}/kustomization.yaml"
        tiny.write(path, tiny.read(path) + f"  - {{name: eu/api, newTag: '{tag}'}}\n")
    tiny.publish("two images called api")
    assert "to promote: promote staging production  (api, web)" in tiny.promote("status").out


def test_images_of_one_environment_that_are_called_alike_have_a_row_each(tiny: Sandbox) -> None:
    for name, tag in (("staging", "2"), ("production", "1")):
        path = f"overlays/{name}/kustomization.yaml"
        tiny.write(path, tiny.read(path) + f"  - {{name: eu/api, newTag: '{tag}'}}\n")
    tiny.publish("two images called api")
    rows = [line.split() for line in tiny.promote("status").out.splitlines()]
    assert [row for row in rows if row and row[0].endswith("api")] == [
        ["shop/api", "1.2.0", "1.1.0"],
        ["eu/api", "2", "1"],
    ]
    assert ["web", "2.1.0", "2.0.0"] in rows


@pytest.mark.quick
def test_what_a_hold_keeps_back_is_not_to_promote(tiny: Sandbox) -> None:
    tiny.promote("hold", "production", "api=1.2.0", "--reason", "it leaks")
    out = tiny.promote("status").out
    assert "to promote: promote staging production --exclude api  (web)" in out
    assert "held in production: shop/api 1.2.0: it leaks" in out
    assert [one["services"] for one in tiny.promote("status", "--output", "json").json["pending"]] == [["web"]]
    # The command does what the line says.
    assert "web  " in tiny.promote("plan", "staging", "production", "--exclude", "api").out
    tiny.promote("hold", "production", "web=2.1.0", "--reason", "it leaks, too")
    assert "to promote" not in tiny.promote("status").out
    assert tiny.promote("status", "--output", "json").json["pending"] == []


def test_a_digest_is_shown_with_as_many_digits_as_elsewhere(tiny: Sandbox) -> None:
    digest = "sha256:0123456789ab" + "c" * 52
    tiny.replace(KUSTOMIZATION, 'newTag: "1.1.0"  # the API', f"digest: {digest}")
    tiny.publish()
    (row,) = (line for line in tiny.promote("status").out.splitlines() if line.startswith("api"))
    assert row.split() == ["api", "1.2.0", "@sha256:0123456789ab"]
