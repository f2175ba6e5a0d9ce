"""Merges of which it looks as if they left an environment as it is: it is judged, and its gates are asked."""

from __future__ import annotations

import pytest

from tests.hostile.harness import Hostile
from tests.integration.test_check_definitions import CART, DEFINITION
from tests.integration.tiny import DEPLOYMENT

STAGING, PRODUCTION = "overlays/staging/kustomization.yaml", "overlays/production/kustomization.yaml"
PATCH = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: %s}\n"
MANY = """\
package main

deny contains {"msg": "there are many", "rule": "a.b"} if input[_].contents.spec.replicas == 99
"""


def link(hostile: Hostile, name: str, target: str) -> None:
    path = hostile.root / name
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def test_links_that_change_places(hostile: Hostile) -> None:
    """Every file has the content that it had, and the other patch comes last."""
    folder = "overlays/production"
    patches = "patches: [{path: one.yaml}, {path: two.yaml}]\n"
    files = {f"{folder}/{name}.yaml": PATCH % number for name, number in (("few", 2), ("many", 99))}
    overlay = (hostile.root / PRODUCTION).read_text() + patches
    hostile.write({PRODUCTION: overlay, **files, "policies/main.rego": MANY})
    link(hostile, f"{folder}/one.yaml", "many.yaml")
    link(hostile, f"{folder}/two.yaml", "few.yaml")
    main = hostile.commit()
    hostile.runs("check", code=0)
    link(hostile, f"{folder}/one.yaml", "few.yaml")
    link(hostile, f"{folder}/two.yaml", "many.yaml")
    hostile.runs("check", code=3, says=["there are many"])
    hostile.runs("merge", str(hostile.pull()), code=3, says=["there are many", "not checked again: staging"])
    assert hostile.git("rev-parse", "main", cwd=hostile.origin) == main


COMPONENT = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
WEB = DEPLOYMENT.format(name="web").replace("shop/web}", "shop/web}, {name: side, image: 'shop/side:1.0'}")
# Each lets production run another version, though no file says so where versions are looked for: by what comes to its
# kustomization, and by other files.
WAYS: dict[str, tuple[str, dict[str, str]]] = {
    "a-link-to-the-base": ("", {"shared/web.yaml": WEB.replace("side:1.0", "side:2.0")}),
    "a-patch": (
        """\
patches:
  - target: {kind: Deployment, name: web}
    patch: |
      - {op: replace, path: /spec/template/spec/containers/1/image, value: "shop/side:2.0"}
""",
        {},
    ),
    "a-replacement": (
        """\
configMapGenerator: [{name: x, literals: ["V=shop/side:2.0"]}]
replacements:
  - source: {kind: ConfigMap, name: x, fieldPath: data.V}
    targets:
      - {select: {kind: Deployment, name: web}, fieldPaths: [spec.template.spec.containers.1.image]}
""",
        {},
    ),
    "a-transformer": (
        """\
transformers:
  - |
    apiVersion: builtin
    kind: PatchTransformer
    metadata: {name: x}
    target: {kind: Deployment, name: web}
    patch: '[{"op": "replace", "path": "/spec/template/spec/containers/1/image", "value": "shop/side:2.0"}]'
""",
        {},
    ),
    "another-version-next-to-it": (
        "components: [more]\n",
        {
            "overlays/production/more/kustomization.yaml": f"{COMPONENT}resources: [more.yaml]\n",
            "overlays/production/more/more.yaml": DEPLOYMENT.format(name="more").replace(
                "shop/more", "shop/side:2.0"
            ),
        },
    ),
}


@pytest.mark.parametrize(
    "way", [name if name in ("a-link-to-the-base", "a-replacement") else pytest.param(name, marks=pytest.mark.slow)
            for name in WAYS]
)  # fmt: skip
@pytest.mark.parametrize("gate", ["hold", pytest.param("freeze", marks=pytest.mark.slow)])
def test_a_version_that_no_file_says_passes_no_closed_gate(hostile: Hostile, way: str, gate: str) -> None:
    hostile.git("mv", "base", "shared")
    link(hostile, "base", "shared")
    window = "start: 2020-01-01 00:00, end: 2099-01-01 00:00, timezone: UTC, reason: always"
    freeze = f", gates: {{freeze: [{{{window}}}]}}"
    settings = (hostile.root / "promote.yaml").read_text()
    changed = settings.replace("overlays/production", "overlays/production" + (freeze if gate == "freeze" else ""))
    hostile.commit({"shared/web.yaml": WEB, "promote.yaml": changed})
    if gate == "hold":
        hostile.runs("hold", "production", "side=2.0", "--reason", "it is bad", code=0)
        hostile.git("pull", "--quiet", "--ff-only", "origin", "main")
    added, files = WAYS[way]
    number = str(hostile.pull({PRODUCTION: (hostile.root / PRODUCTION).read_text() + added, **files}))
    reason = "side: 2.0 is held" if gate == "hold" else "always"
    hostile.runs("merge", number, code=4, says=[reason])
    if gate == "freeze":
        hostile.runs("merge", number, "--despite-freeze", "it must be", code=0)


FREEZE = "{start: 2020-01-01 00:00, end: 2099-01-01 00:00, timezone: UTC, reason: always}"
HELD = """\
holds:
  - {environment: production, image: shop/web, version: "1.0", reason: it is bad, since: "2026-01-01"}
"""


def frozen(hostile: Hostile) -> str:
    """A production that is frozen, and ran shop/web 0.9 before 1.0; its kustomization."""
    settings = (hostile.root / "promote.yaml").read_text()
    gates = f"overlays/production, gates: {{freeze: [{FREEZE}], soak: 1h}}"
    overlay = (hostile.root / PRODUCTION).read_text()
    hostile.commit({"promote.yaml": settings.replace("overlays/production", gates), "base/web.yaml": WEB})
    for version in ("0.9", "1.0"):
        hostile.commit({PRODUCTION: overlay.replace('"1.0"', f'"{version}"', 1)})
    return (hostile.root / PRODUCTION).read_text()


@pytest.mark.parametrize("depth", ["1", pytest.param("2", marks=pytest.mark.slow), ""])
@pytest.mark.parametrize("version", ["0.9", "6.6.6"])
def test_a_hold_makes_a_rollback_only_of_what_ran(hostile: Hostile, depth: str, version: str) -> None:
    """A stranger can write one. In a shallow clone nobody knows what ran, so that gates stay closed."""
    overlay = frozen(hostile)
    number = str(hostile.pull({PRODUCTION: overlay.replace('"1.0"', f'"{version}"', 1), "holds.yaml": HELD}))
    clone = hostile.root.parent / "clone/shallow"
    options = [f"--depth={depth}"] if depth else []
    hostile.git("clone", "--quiet", *options, f"file://{hostile.origin}", str(clone))
    is_rollback = not depth and version == "0.9"
    outcome = hostile.runs("merge", number, code=0 if is_rollback else 4, cwd=clone)
    assert is_rollback or "always" in outcome.err


@pytest.mark.parametrize("side", ["6.6.6", "0.9"])
def test_nothing_passes_a_freeze_next_to_a_rollback(hostile: Hostile, side: str) -> None:
    """A copy of the version that goes back does: a replacement or a second container may have it."""
    overlay = frozen(hostile).replace('"1.0"', '"0.9"', 1)
    added, files = WAYS["another-version-next-to-it"]
    files = {name: text.replace("side:2.0", f"side:{side}") for name, text in files.items()}
    number = str(hostile.pull({PRODUCTION: overlay + added, "holds.yaml": HELD, **files}))
    hostile.runs("merge", number, code=0 if side == "0.9" else 4, says=[] if side == "0.9" else ["always"])


OTHERWISE = {
    "another-name": ("production: {path: overlays/production", "prod: {path: overlays/production"),
    "no-name": ("  production: {path: overlays/production", "  # production: {path: overlays/production"),
    "another-folder": ("{path: overlays/production", "{path: overlays/old"),
}
QUICK = [("said", "another-folder"), ("next-to-it", "another-name"), ("in-its-layers", "no-name")]


@pytest.mark.parametrize(
    ("what", "how"),
    [pytest.param(what, how, marks=[] if (what, how) in QUICK else pytest.mark.slow)
     for what in ("said", "next-to-it", "in-its-layers") for how in OTHERWISE],
)  # fmt: skip
def test_a_folder_that_promote_yaml_names_otherwise_keeps_its_gates(hostile: Hostile, what: str, how: str) -> None:
    """What applies it to a cluster does not read promote.yaml."""
    overlay = frozen(hostile) + "components: [more]\n"
    hostile.commit({PRODUCTION: overlay, "overlays/production/more/kustomization.yaml": COMPONENT + "namespace: a\n"})
    settings = (hostile.root / "promote.yaml").read_text()
    changed = {"promote.yaml": settings.replace(*OTHERWISE[how])}
    if how == "another-folder":
        changed["overlays/old/kustomization.yaml"] = overlay.replace("components: [more]\n", "")
    if what == "said":
        changed[PRODUCTION] = overlay.replace('"1.0"', '"6.6"', 1)
    else:
        changed |= WAYS["another-version-next-to-it"][1]
    if what == "next-to-it":
        changed[PRODUCTION] = f"{overlay}# and more\n"
    hostile.runs("merge", str(hostile.pull(changed)), code=4, says=["always"])


@pytest.mark.slow
def test_a_definition_that_another_environment_renders(hostile: Hostile) -> None:
    """No file of production changes, and its object is invalid: for a merge, and for a check that remembers."""
    crd, cart = "overlays/staging/crd.yaml", "overlays/production/cart.yaml"
    hostile.commit({crd: DEFINITION % "", cart: CART % "4", STAGING: "resources: [crd.yaml]\n",
                    PRODUCTION: "resources: [cart.yaml]\n"})  # fmt: skip
    hostile.runs("check", code=0)
    bad = {crd: (DEFINITION % "").replace("integer", "string")}
    hostile.runs("merge", str(hostile.pull(bad)), code=3, says=["schema.invalid", "Cart/shop/a"])
    hostile.write(bad)
    hostile.runs("check", code=3, says=["schema.invalid", "Cart/shop/a"])
