"""Each key of promote.yaml, changed by a pull request: `merge` still judges by the settings of the shared branch.

The shared branch freezes production, holds a version there, wants a soak time, and denies an annotation by a rule of
its own. A pull request that sets the held version, or brings the annotation, may say what it likes in promote.yaml.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from promote.repository.schema import schema
from tests.hostile.harness import Hostile
from tests.integration.tiny import FILES

FREEZE = {"start": "2020-01-01 00:00", "end": "2098-01-01 00:00", "timezone": "UTC", "reason": "the audit"}
CHECK = {"name": "errors", "query": "up", "above": 1}
SETTINGS: dict[str, Any] = {
    "environments": {
        "dev": {"path": "overlays/dev"},
        "staging": {"path": "overlays/staging"},
        "production": {
            "path": "overlays/production",
            "live": True,
            "gates": {"freeze": [FREEZE], "soak": "4w", "combination": "deny"},
            "cluster": {"context": "one"},
            "engine": {"kind": "argocd"},
            "canary": {"prometheus": "http://127.0.0.1:9", "checks": [CHECK]},
        },
    },
    "services": {"web": ["shop/web"]},
    "git": {"remote": "origin", "branch": "main"},
    "forge": {"kind": "local"},
    "kubernetes": ["1.36"],
    "deny": "all",
    "versions": [{"name": "tool", "file": "tools.env", "path": "TOOL"}],
    "with": [{"service": "web", "file": "web.env"}],
    "follow": {"shop/web": {"semver": "^1"}},
    "registries": {"example.invalid": {"private": False}},
}
RULE = """\
package main

deny contains {"msg": "this annotation is not allowed", "rule": "a.b"} if {
\tsome document in input
\tdocument.contents.metadata.annotations.weak
}
"""
HOLD = """\
holds:
  - {environment: production, image: shop/web, version: "1.1", reason: it loses orders, since: 2026-01-01}
"""
VERSION = {
    "overlays/production/kustomization.yaml": FILES["overlays/production/kustomization.yaml"].replace(
        '"1.0"', '"1.1"', 1
    )
}
DENIED = {"base/web.yaml": FILES["base/web.yaml"].replace("{name: web}", "{name: web, annotations: {weak: x}}", 1)}

# What a pull request says, by key. In a key, `*` is production, or the first item of a list.
# Settings by which a pull request is judged: those of the shared branch count, and its own count in addition.
JUDGED: Mapping[str, Any] = {
    "environments.*.path": "overlays/other", "environments.*.live": False, "environments.*.unrendered": "warn",
    "environments.*.after": ["dev"], "environments.*.gates.freeze.*.start": "2097-01-01 00:00",
    "environments.*.gates.freeze.*.end": "2020-01-02 00:00", "environments.*.gates.freeze.*.timezone": "Asia/Tokyo",
    "environments.*.gates.freeze.*.reason": "none", "environments.*.gates.soak": "1m",
    "environments.*.gates.combination": "warn", "services.*": ["shop/web", "shop/cart"], "kubernetes": ["1.37"],
    "policies": "lax", "profile": "baseline", "deny": "introduced", "schemas": ["lax"],
    "versions.*.name": "web", "versions.*.file": "kustomization.yaml", "versions.*.path": "images.0.newTag",
    "with.*.service": "cart", "with.*.file": "kustomization.yaml", "with.*.path": "images.0.newTag",
}  # fmt: skip
# What the checkout or the shared branch decides, and a pull request never.
NOT_ITS_OWN: Mapping[str, Any] = {
    "git.remote": "elsewhere", "git.branch": "hostile", "forge.kind": "github", "forge.merge": "squash",
    "remotes": ["example.invalid/x/y"], "kustomize.helm": True, "kustomize.load_restrictor": "none",
}  # fmt: skip
# What `merge` does not use.
UNUSED: Mapping[str, Any] = {
    "environments.*.cluster.context": "two", "environments.*.cluster.namespace": "two",
    "environments.*.engine.kind": "flux", "environments.*.engine.context": "two",
    "environments.*.engine.namespace": "two", "environments.*.engine.name": "two",
    "environments.*.canary.prometheus": "http://127.0.0.1:1", "environments.*.canary.interval": "1s",
    "environments.*.canary.duration": "1s", "environments.*.canary.patience": "1s",
    "environments.*.canary.checks.*.name": "other", "environments.*.canary.checks.*.query": "down",
    "environments.*.canary.checks.*.above": 9, "follow.*.semver": ">0", "follow.*.pattern": "^(?P<order>[0-9]+)$",
    "registries.*.private": True, "registries.*.plain_http": True, "registries.*.mirror": "example.invalid:1",
}  # fmt: skip
# Where an environment is: a new place is refused (exit 2), because nobody has read it yet.
PLACES: Mapping[str, Any] = {
    "environments.*.branch": "release",
    "environments.*.repository": "https://example.invalid/x",
}
KEYS = {**JUDGED, **NOT_ITS_OWN, **UNUSED, **PLACES}


def keys(node: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """The keys of a schema that have no keys below them."""
    inner = {f"{path}.{name}": one for name, one in node.get("properties", {}).items()}
    for name, one in (("*", node.get("additionalProperties")), ("*", node.get("items"))):
        if isinstance(one, dict) and (name == "*") and (node is not one) and one.get("type") in ("object", "array"):
            inner[f"{path}.{name}"] = one
    if not inner:
        yield path.removeprefix(".")
    for name, one in inner.items():
        yield from keys(one, name)


def changed(key: str) -> dict[str, Any]:
    """The settings with another value of one key."""
    settings: Any = copy.deepcopy(SETTINGS)
    here, steps = settings, key.split(".")
    for before, step in zip(["", *steps], steps[:-1], strict=False):
        at = (
            ("production" if before == "environments" else next(iter(here)) if isinstance(here, dict) else 0)
            if step == "*"
            else step
        )
        here = here.setdefault(at, {}) if isinstance(here, dict) else here[at]
    last = next(iter(here)) if steps[-1] == "*" else steps[-1]
    if key == "follow.*.pattern":
        here.clear()
    here[last] = KEYS[key]
    result: dict[str, Any] = settings
    return result


def test_every_key_is_classified() -> None:
    assert set(keys(schema())) == set(KEYS)
    assert len(KEYS) == sum(map(len, (JUDGED, NOT_ITS_OWN, UNUSED, PLACES)))


@pytest.fixture
def guarded(hostile: Hostile) -> Hostile:
    """The repository with all that stops a pull request."""
    lax = RULE.partition("deny")[0]
    hostile.commit({
        "promote.yaml": json.dumps(SETTINGS), "holds.yaml": HOLD, "policies/main.rego": RULE,
        "lax/main.rego": lax + 'deny contains {"msg": "never", "rule": "a.b"} if count(input) < 0\n',
        "lax/evaluation.rego": FILES["policies/evaluation.rego"],
        "overlays/dev/kustomization.yaml": FILES["overlays/production/kustomization.yaml"],
        "overlays/other/kustomization.yaml": FILES["overlays/production/kustomization.yaml"],
    })  # fmt: skip
    return hostile


def stays(hostile: Hostile, files: Mapping[str, str], settings: object, codes: tuple[int, ...]) -> str:
    """What `merge` says of a pull request with these files and settings, which it must not merge."""
    number = hostile.pull({**files, "promote.yaml": json.dumps(settings)})
    before = hostile.git("rev-parse", "main", cwd=hostile.origin)
    said = hostile.runs("merge", str(number), code=codes)
    assert hostile.git("rev-parse", "main", cwd=hostile.origin) == before
    return said.out + said.err


@pytest.mark.parametrize(
    "key", [pytest.param(one, marks=() if one in JUDGED else pytest.mark.thorough) for one in KEYS]
)
def test_a_held_version_stays_out(guarded: Hostile, key: str) -> None:
    said = stays(guarded, VERSION, changed(key), (2,) if key in PLACES else (4,))
    assert key in PLACES or ("the audit" in said and "it loses orders" in said)


@pytest.mark.parametrize(
    "key", [pytest.param(one, marks=() if one in JUDGED else pytest.mark.thorough) for one in KEYS]
)
def test_what_a_rule_denies_stays_out(guarded: Hostile, key: str) -> None:
    said = stays(guarded, DENIED, changed(key), (2,) if key in PLACES else (3, 4))
    assert key in PLACES or "this annotation is not allowed" in said


@pytest.mark.quick
def test_all_keys_at_once(guarded: Hostile) -> None:
    settings: dict[str, Any] = {"environments": {"production": {"path": "overlays/other"}}, "policies": "lax"}
    assert "the audit" in stays(guarded, VERSION | {"holds.yaml": "holds: []\n"}, settings, (4,))


@pytest.mark.slow
def test_a_change_of_settings_alone_is_merged(guarded: Hostile) -> None:
    number = guarded.pull({"promote.yaml": json.dumps(changed("environments.*.canary.interval"))})
    guarded.runs("merge", str(number), code=0)
