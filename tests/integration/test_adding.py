"""`--add`: a version in the environment's own `images:`, where only a name or another layer says one now."""

from __future__ import annotations

import pytest

from tests.integration.sandbox import BRANCH, KUSTOMIZATION, Sandbox

STAGING = "overlays/staging/kustomization.yaml"
PLAIN = "resources: [../../base]\nnamespace: shop-{}\n"
DIGEST = f"sha256:{'d' * 64}"
# An item of `images:` without a version, and the same with one.
ITEMS = {
    "lines": (
        "images:\n  - name: shop/api  # the API\n    newName: eu/api  # ours\n  # and the web\n  - name: shop/web\n",
        "images:\n  - name: shop/api  # the API\n    newName: eu/api  # ours\n    newTag: 1.2.0\n  # and the web\n"
        "  - name: shop/web\n",
    ),
    "last line": (
        "images:\n- newName: eu/api\n  name: shop/api",
        "images:\n- newName: eu/api\n  name: shop/api\n  newTag: 1.2.0",
    ),
    "braces": (
        "images: [{name: shop/api, newName: eu/api}, {name: shop/web}]\n",
        "images: [{name: shop/api, newName: eu/api, newTag: 1.2.0}, {name: shop/web}]\n",
    ),
    "CRLF": (
        "images:\r\n- name: shop/api\r\n- name: shop/web\r\n",
        "images:\r\n- name: shop/api\r\n  newTag: 1.2.0\r\n- name: shop/web\r\n",
    ),
    "a sign that PyYAML cannot read": (
        "namePrefix: =\nimages:\n- name: shop/api\n",
        "namePrefix: =\nimages:\n- name: shop/api\n  newTag: 1.2.0\n",
    ),
    "no version in the list": ("images: []\n", "images: [{name: shop/api, newTag: 1.2.0}]\n"),
}


@pytest.mark.parametrize(("before", "after"), ITEMS.values(), ids=ITEMS)
@pytest.mark.parametrize("base", ["", "images: [{name: shop/api, newTag: 1.0.0}]\n"], ids=["no version", "a base"])
def test_an_item_without_a_version_gets_one(tiny: Sandbox, before: str, after: str, base: str) -> None:
    tiny.write("base/kustomization.yaml", tiny.read("base/kustomization.yaml") + base)
    (tiny.root / KUSTOMIZATION).write_bytes((PLAIN.format("production") + before).encode())
    tiny.publish()
    if not base:
        assert "--add" in tiny.promote("bump", "production", "shop/api=1.2.0", code=2).err
    done = tiny.promote("bump", "production", "shop/api=1.2.0", "--add", "--commit", "--output", "json").json
    assert done["changes"][0]["old"] == {"tag": "1.0.0" if base else None, "digest": None}
    tiny.git("pull", "--quiet", "origin", "main")
    assert (tiny.root / KUSTOMIZATION).read_bytes().decode() == PLAIN.format("production") + after
    assert "production: api" in tiny.promote("verify", "HEAD").out


def test_an_item_with_a_name_alone_has_the_version_of_the_base(tiny: Sandbox) -> None:
    tiny.replace("base/deployments.yaml", "image: shop/api", "image: shop/api:1.0.0")
    for file, environment in ((STAGING, "staging"), (KUSTOMIZATION, "production")):
        tiny.write(file, PLAIN.format(environment) + "images:\n- name: shop/api\n  newName: eu/api\n")
    tiny.publish()
    status = tiny.promote("status", "--output", "json").json["environments"]
    assert [(one["image"], one["tag"]) for one in status["staging"]] == [("shop/api", "1.0.0")]
    # Without --add, it is set where it is written: for both.
    done = tiny.promote("bump", "staging", "api=1.1.0", "--commit", "--output", "json").json
    assert [one["to"] for one in done["targets"]] == ["staging", "production"]
    tiny.promote("bump", "staging", "api=1.2.0", "--add", "--commit")
    assert "newName: eu/api\n  newTag: 1.2.0\n" in tiny.show(STAGING, "main")
    assert "api: 1.2.0 in staging, 1.1.0 in production" in tiny.promote("drift", "staging", "production", code=1).out
    history = tiny.promote("history", "production", "api", "--output", "json").json["revisions"]
    assert [one["images"][0]["tag"] for one in history][:2] == ["1.1.0", "1.0.0"]


def test_a_promotion_gives_the_target_what_it_lacks(tiny: Sandbox) -> None:
    tiny.write(KUSTOMIZATION, PLAIN.format("production") + "images:\n- name: shop/api\n  newName: eu/api\n")
    tiny.publish()
    assert "left out (--add gives it one)" in tiny.promote("plan", "staging", "production").out
    tiny.promote("staging", "production", "--add", "--only", "api")
    assert tiny.show(KUSTOMIZATION, BRANCH).endswith("- name: shop/api\n  newName: eu/api\n  newTag: 1.2.0\n")
    tiny.promote("merge", "1")
    tiny.git("pull", "--quiet", "origin", "main")
    tiny.promote("bump", "production", "api=1.2.1", "--commit")
    tiny.promote("rollback", "production", "api")
    assert "newTag: 1.2.0" in tiny.show(KUSTOMIZATION, "main")


def test_a_digest_over_the_tag_of_a_base_needs_an_item(tiny: Sandbox) -> None:
    tiny.replace("base/deployments.yaml", "image: shop/api", "image: shop/api:1.0.0")
    tiny.write(STAGING, PLAIN.format("staging") + f"images: [{{name: shop/api, digest: '{DIGEST}'}}]\n")
    tiny.write(KUSTOMIZATION, PLAIN.format("production"))
    tiny.publish()
    way = f"or --add says it in {KUSTOMIZATION}, for this environment alone"
    for command in (("staging", "production"), ("bump", "production", f"api=@{DIGEST}")):
        refused = tiny.promote(*command, code=2).err
        assert "has a tag, which would not match a new digest" in refused
        assert way in refused
    tiny.promote("staging", "production", "--add")
    assert tiny.show(KUSTOMIZATION, BRANCH).endswith(f"images:\n  - name: shop/api\n    digest: {DIGEST}\n")
    tiny.promote("merge", "1")
    # An item of its own is no place for --add to say it instead.
    assert way not in tiny.promote("bump", "staging", "api=2", code=2).err


def test_how_to_leave_an_environment_alone_that_has_the_version_from_the_same_file(tiny: Sandbox) -> None:
    tiny.replace("base/deployments.yaml", "image: shop/api", "image: shop/api:1.0.0")
    for environment, file in (("staging", STAGING), ("production", KUSTOMIZATION)):
        tiny.write(file, PLAIN.format(environment) + "images: [{name: shop/web, newTag: 2.0.0}]\n")
    tiny.publish()
    hint = f"note: what changes is also the version of production: --add says it in {STAGING}, for staging alone"
    bump = ("bump", "staging", "api=1.1.0", "--dry-run")
    assert hint in tiny.promote(*bump).out
    assert "note: " not in tiny.promote(*bump, "--add").out
    assert "note: " not in tiny.promote("bump", "staging", "web=2.1.0", "--dry-run").out


def test_a_target_that_lacks_an_image_does_not_have_all_of_it(tiny: Sandbox) -> None:
    tiny.write(STAGING, PLAIN.format("staging") + "images: [{name: shop/api, newTag: 1.2.0}]\n")
    tiny.write(KUSTOMIZATION, PLAIN.format("production"))
    tiny.publish()
    out = tiny.promote("plan", "staging", "production").out
    assert "shop/api has no " in out
    assert "nothing to do: production has everything that can be moved already" in out


def test_an_environment_that_has_the_version_too_and_cannot_be_built_is_named(tiny: Sandbox) -> None:
    tiny.replace("base/deployments.yaml", "image: shop/api", "image: shop/api:1.0.0")
    tiny.write(STAGING, PLAIN.format("staging"))
    tiny.write(KUSTOMIZATION, PLAIN.format("production") + "components: [gone]\n")
    tiny.publish()
    said = "note: production would be built from base/deployments.yaml too, but cannot be built: not judged"
    assert said in tiny.promote("bump", "staging", "api=1.1.0", "--dry-run").out
    assert said not in tiny.promote("bump", "staging", "api=1.1.0", "--dry-run", "--add").out


PINNED = "images:\n- {name: shop/api, newTag: 1.1.0, digest: 'DIGEST'}\n- {name: shop/web, newTag: 2.0.0}\n"


@pytest.mark.quick
def test_what_has_no_place_for_its_version_keeps_no_other_service_back(tiny: Sandbox) -> None:
    tiny.write(KUSTOMIZATION, PLAIN.format("production") + PINNED.replace("DIGEST", DIGEST))
    tiny.publish()
    said = "not moved: overlays/production/kustomization.yaml:4: image 'shop/api' has a digest, which would not match"
    assert said in tiny.promote("plan", "staging", "production").out
    assert "has a digest, which would not match" in tiny.promote("staging", "production", "--only", "api", code=2).err
    answer = tiny.promote("staging", "production", "--output", "json").json
    assert [one["service"] for one in answer["changes"]] == ["web"]
    assert len(answer["unmoved"]) == 1
    assert DIGEST in tiny.show(KUSTOMIZATION, BRANCH)
    assert "newTag: 2.1.0" in tiny.show(KUSTOMIZATION, BRANCH)
    assert "api: 1.2.0 in staging" in tiny.promote("drift", "staging", "production", code=1).out


def test_images_of_one_service_wait_for_one_another(tiny: Sandbox) -> None:
    tiny.write(KUSTOMIZATION, PLAIN.format("production") + PINNED.replace("DIGEST", DIGEST))
    tiny.replace("promote.yaml", "kubernetes:", "services: {shop: [shop/api, shop/web]}\nkubernetes:")
    tiny.publish()
    # Nothing is left that could be promoted.
    assert "has a digest, which would not match" in tiny.promote("plan", "staging", "production", code=2).err


def test_why_a_new_name_is_not_promoted_is_the_real_reason(tiny: Sandbox) -> None:
    """The place has a name to change, and no room for the version."""
    before = "images:\n- {name: shop/api, newName: eu/api, newTag: 1.1.0}\n- {name: shop/web, newTag: 2.0.0}\n"
    tiny.write(STAGING, PLAIN.format("staging") + before)
    tiny.write(KUSTOMIZATION, PLAIN.format("production") + before.replace("1.1.0}", f"1.1.0, digest: '{DIGEST}'}}"))
    tiny.publish()
    tiny.write(STAGING, PLAIN.format("staging") + before.replace("eu/api, newTag: 1.1.0", "us/api, newTag: 1.2.0"))
    tiny.replace(STAGING, "2.0.0", "2.1.0")
    tiny.publish("a release")
    out = tiny.promote("plan", "staging", "production").out
    assert "because no newName here sets it" not in out
    assert "image 'shop/api' has a digest, which would not match a new tag" in out
    assert "web  2.0.0 → 2.1.0" in out


@pytest.mark.parametrize("value", ["", '""', "null"])
def test_an_empty_field_is_not_written_twice(tiny: Sandbox, value: str) -> None:
    tiny.write(KUSTOMIZATION, PLAIN.format("production") + f"images:\n- name: shop/api\n  newTag: {value}\n")
    tiny.publish()
    refused = tiny.promote("bump", "production", "api=1.2.0", "--add", code=2).err
    assert f"{KUSTOMIZATION}:4: newTag of shop/api is empty; write the value by hand" in refused


@pytest.mark.quick
def test_an_item_that_several_share_is_left(tiny: Sandbox) -> None:
    shared = "x: &api {name: shop/api}\nimages:\n- *api\n"
    tiny.write(KUSTOMIZATION, PLAIN.format("production") + shared)
    tiny.publish()
    before = tiny.read(KUSTOMIZATION)
    tiny.promote("bump", "production", "api=1.2.0", "--add", code=2)
    assert tiny.read(KUSTOMIZATION) == before
