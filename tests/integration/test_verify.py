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
        (nothing, {"notes.txt changes, where no version moves", "it moves no version"}),
    ],
)  # fmt: skip
def test_what_does_more_is_told(tiny: Sandbox, change: Callable[[Sandbox], None], told: set[str]) -> None:
    change(tiny)
    tiny.commit()
    assert told <= set(faults(tiny))


def test_the_first_commit_has_nothing_to_be_derived_from(tiny: Sandbox) -> None:
    assert "has no parent" in tiny.promote("verify", "HEAD", code=2).err
