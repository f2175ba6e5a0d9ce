"""Changes of so many values that comparing them one by one would take hours."""

from __future__ import annotations

import pytest

from promote.changes.settings import _TOO_LARGE, _diff
from promote.versions.settings import Setting
from tests.hostile.harness import Hostile

PRODUCTION = "overlays/production/kustomization.yaml"
MANY = 20_000
OBJECTS = {
    "values": lambda first: "data:\n" + "".join(f"  k{n}: {first}{n}\n" for n in range(MANY)),
    "keys": lambda first: "data:\n" + "".join(f"  {first}{n}: x\n" for n in range(MANY)),
    "a-shifted-list": lambda first: f"list: [{first}" + "".join(f", {n}" for n in range(first == "b", MANY)) + "]\n",
}


@pytest.mark.parametrize(
    "what", [name if name == "values" else pytest.param(name, marks=pytest.mark.slow) for name in OBJECTS]
)
def test_many_values_of_one_object(hostile: Hostile, what: str) -> None:
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: many}\n"
    overlay = (hostile.root / PRODUCTION).read_text().replace("[../../base]", "[../../base, many.yaml]")
    file = "overlays/production/many.yaml"
    hostile.commit({PRODUCTION: overlay, file: head + OBJECTS[what]("a")})
    hostile.write({file: head + OBJECTS[what]("b")})
    hostile.runs("diff", "--base", "HEAD", code=1, says=["ConfigMap/many"])


@pytest.mark.quick
def test_a_long_setting_is_not_compared_line_by_line() -> None:
    """Each line is there often, but not so often that difflib leaves it out."""
    old, new = ("\n".join(f"k{n * step % 997}" for n in range(500_000)).encode() for step in (1, 7))
    assert _diff(Setting("web", "settings.env"), old, new, "settings.env") == _TOO_LARGE
    assert _diff(Setting("web", "settings.env"), b"A=1" * 1_000_000, b"A=2", "settings.env") == _TOO_LARGE
