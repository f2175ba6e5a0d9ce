"""A commit is derived anew from its parent: what promote made passes, and nothing that does more."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.sandbox import KUSTOMIZATION, Sandbox


def faults(tiny: Sandbox, code: int = 3) -> list[str]:
    answer = tiny.promote("verify", "HEAD", "--output", "json", code=code).json
    assert answer["verified"] == (code == 0)
    return list(answer["faults"])


def test_what_promote_makes_is_verified(tiny: Sandbox) -> None:
    tiny.promote("staging", "production", "--auto-merge")
    tiny.promote("rollback", "production", "api")
    tiny.git("pull", "--quiet", "origin", "main")
    answer = tiny.promote("verify", "HEAD", "--output", "json").json
    assert answer == {
        "commit": tiny.tip(),
        "parent": tiny.at_origin("rev-parse", "main^"),
        "environments": {
            "staging": [],
            "production": [{
                "service": "api", "image": "shop/api", "old": {"tag": "1.2.0", "digest": None},
                "new": {"tag": "1.1.0", "digest": None},
            }],
        },
        "holds": ["shop/api 1.2.0"],
        "unbuilt": [],
        "faults": [],
        "verified": True,
    }  # fmt: skip
    said = tiny.promote("verify", "HEAD^").out.splitlines()  # the merge, compared with the shared branch before it
    assert said[:2] == ["production: api 1.1.0→1.2.0", "production: web 2.0.0→2.1.0"]
    assert said[-1].endswith(" moves versions and nothing else")


PLAIN = "resources: [../../base]\nnamespace: shop-production\n"
ADDED = "images:\n  - name: shop/api\n    newTag: 1.2.0\n"


@pytest.mark.parametrize(
    ("base", "added"),
    [
        ("", "shop/api"),
        pytest.param("images: [{name: shop/api, newTag: 1.0.0}]\n", "shop/api", marks=pytest.mark.thorough),
        ("images: [{name: shop/api, newName: mirror/api, newTag: 1.0.0}]\n", "mirror/api"),
    ],
)
def test_what_add_inserts_is_verified(tiny: Sandbox, base: str, added: str) -> None:
    tiny.write("base/kustomization.yaml", tiny.read("base/kustomization.yaml") + base)
    tiny.write(KUSTOMIZATION, PLAIN)
    tiny.publish()
    tiny.promote("bump", "production", "shop/api=1.2.0", "--add", "--commit")
    tiny.git("pull", "--quiet", "origin", "main")
    assert f"- name: {added}\n    newTag: 1.2.0" in tiny.read(KUSTOMIZATION)
    assert "production: api" in tiny.promote("verify", "HEAD").out


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{PLAIN}{ADDED}".replace("1.2.0", "1.2.0  # ours"), "changes beyond its versions"),
        (f"{ADDED}{PLAIN}", "changes beyond its versions"),
        (f"{PLAIN}images: [{{name: shop/api, newTag: 1.2.0}}]\n", "changes beyond its versions"),
        (f"{PLAIN}{ADDED}    newName: evil/api\n", "sets no version, or more than one"),
        (f"{PLAIN}{ADDED}  - name: shop/nothing\n    newTag: 1.2.0\n", "no container runs shop/nothing"),
        (f"{PLAIN}{ADDED}  - name: shop/.*\n    newTag: 6.6.6\n", "which is not planned"),
        (f"{PLAIN}images:\n  - name: shop/web\n    newTag: 2.0.0\n", "it moves no version"),
        (f"{PLAIN}images:\n  - name: shop/api\n", "it moves no version"),
        (f"{PLAIN}{ADDED}namePrefix: a-\n", "changes beyond its versions"),
    ],
)
def test_an_item_that_add_would_not_insert_is_told(tiny: Sandbox, text: str, told: str) -> None:
    tiny.replace("base/deployments.yaml", "image: shop/web", "image: shop/web:2.0.0")
    tiny.write(KUSTOMIZATION, PLAIN)
    tiny.publish()
    tiny.write(KUSTOMIZATION, text)
    tiny.commit()
    assert told in "\n".join(faults(tiny))


def version(tiny: Sandbox) -> None:
    tiny.replace(KUSTOMIZATION, '"1.1.0"', '"1.2.0"')


def comment(tiny: Sandbox) -> None:
    version(tiny)
    tiny.replace(KUSTOMIZATION, "# the API", "# our API")


def replicas(tiny: Sandbox) -> None:
    version(tiny)
    tiny.replace(KUSTOMIZATION, "images:", "replicas: [{name: web, count: 3}]\nimages:")


def entry(tiny: Sandbox) -> None:
    tiny.replace(KUSTOMIZATION, '  - name: shop/web\n    newTag: "2.0.0"\n', "")


def base(tiny: Sandbox) -> None:
    version(tiny)
    tiny.replace("base/deployments.yaml", "image: shop/web}", "image: shop/web, command: [sh]}")


def notes(tiny: Sandbox) -> None:
    version(tiny)
    tiny.write("notes.txt", "by the way")
    tiny.replace("overlays/staging/kustomization.yaml", "# the API", "# our API")


def mode(tiny: Sandbox) -> None:
    version(tiny)
    (tiny.root / KUSTOMIZATION).chmod(0o755)


def nothing(tiny: Sandbox) -> None:
    tiny.write("notes.txt", "by the way")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (comment, {f"production: {KUSTOMIZATION} changes beyond its versions"}),
        (replicas, {f"production: {KUSTOMIZATION} changes beyond its versions",
                    "production: Deployment/shop-production/web /spec/replicas changes"}),
        (entry, {f"production: {KUSTOMIZATION} has no entry of shop/web any more", "it moves no version"}),
        (base, {"production: base/deployments.yaml changes beyond its versions",
                "staging: Deployment/shop-staging/web /spec/template/spec/containers/0/command changes",
                "production: Deployment/shop-production/web /spec/template/spec/containers/0/command changes"}),
        (notes, {"notes.txt changes, where no version moves",
                 "overlays/staging/kustomization.yaml changes, where no version moves"}),
        (mode, {f"{KUSTOMIZATION} changes its mode"}),
        (nothing, {"notes.txt changes, where no version moves", "it moves no version"}),
    ],
)  # fmt: skip
def test_what_does_more_is_told(tiny: Sandbox, change: Callable[[Sandbox], None], told: set[str]) -> None:
    change(tiny)
    tiny.commit()
    assert told <= set(faults(tiny))


@pytest.mark.quick
def test_the_first_commit_has_nothing_to_be_derived_from(tiny: Sandbox) -> None:
    assert "has no parent" in tiny.promote("verify", "HEAD", code=2).err


@pytest.mark.parametrize(
    "kept", ["", "  - {environment: staging, image: shop/web, version: '9', reason: y, since: '2'}\n"]
)
def test_a_hold_that_goes_is_reported(tiny: Sandbox, kept: str) -> None:
    """The next promotion would bring what was held."""
    held = "  - {environment: production, image: shop/web, version: '9', reason: x, since: '1'}\n"
    tiny.write("holds.yaml", f"holds:\n{held}{kept}")
    tiny.publish()
    tiny.replace(KUSTOMIZATION, "1.1.0", "1.2.0")
    tiny.write("holds.yaml", f"holds:\n{kept}" if kept else "holds: []\n")
    tiny.publish()
    assert faults(tiny) == ["the hold of shop/web 9 in production is gone"]
    tiny.git("reset", "--quiet", "--hard", "HEAD^")
    tiny.replace(KUSTOMIZATION, "1.1.0", "1.2.0")
    tiny.write("holds.yaml", f"holds:\n{kept}{held}")
    tiny.commit("the same holds in another order")
    assert faults(tiny, code=0) == []


@pytest.mark.slow
def test_an_environment_whose_versions_cannot_be_read_is_compared_as_rendered(tiny: Sandbox) -> None:
    """Kustomize reads `newname`; what a commit does not touch is no fault of it."""
    odd = "resources: [../../base]\nimages:\n  - name: shop/api\n    newname: shop/api\n    newTag: 1.0.0\n"
    tiny.write("overlays/qa/kustomization.yaml", odd)
    settings = tiny.read("promote.yaml").replace("environments:\n", "environments:\n  qa: {path: overlays/qa}\n")
    tiny.write("promote.yaml", settings)
    tiny.publish("an environment with a typing error")
    tiny.promote("staging", "production", "--auto-merge")
    tiny.git("pull", "--quiet", "origin", "main")
    assert faults(tiny, code=0) == []
    tiny.replace("overlays/qa/kustomization.yaml", "1.0.0", "1.0.1")
    tiny.publish("a version that nothing else reads")
    assert any(one.startswith("qa: it cannot be compared: ") for one in faults(tiny))
