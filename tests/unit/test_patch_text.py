from __future__ import annotations

from typing import Any

import jsonpatch
import pytest
import yaml

from promote.fix import edits, patch_text
from promote.fix.edits import ValueChange
from promote.model import Identity

CART = Identity("apps/v1", "Deployment", "shop", "cart")
RENDERED: dict[str, Any] = {
    "metadata": {"annotations": {"a/b~c": "x"}},
    "spec": {"containers": [{"name": "wait"}, {"name": "server", "tty": True}], "args": ["a"]},
}


@pytest.mark.parametrize(
    ("wanted", "operations"),
    [
        (ValueChange(("spec", "replicas"), 2), ["{op: add, path: /spec/replicas, value: 2}"]),
        (ValueChange(("spec", "a", "b"), "no"), ['{op: add, path: /spec/a, value: {b: "no"}}']),
        (ValueChange(("spec", "args"), None, remove=True), ["{op: remove, path: /spec/args}"]),
        (
            ValueChange(("metadata", "annotations", "a/b~c"), "y"),
            ['{op: replace, path: "/metadata/annotations/a~1b~0c", value: "y"}'],
        ),
        (
            ValueChange(("spec", "containers", "1", "tty"), False),
            [
                "{op: test, path: /spec/containers/1/name, value: server}",
                "{op: replace, path: /spec/containers/1/tty, value: false}",
            ],
        ),
    ],
)
def test_a_patch_does_what_is_wanted(wanted: ValueChange, operations: list[str]) -> None:
    lines = patch_text.text(patch_text.entry(CART, RENDERED, wanted))
    head = ["patches:", "  - target: {kind: Deployment, name: cart}", "    patch: |-"]
    assert lines == [*head, *(f"      - {one}" for one in operations)]
    (item,) = yaml.safe_load("\n".join(lines))["patches"]
    patched = jsonpatch.apply_patch(RENDERED, yaml.safe_load(item["patch"]))
    assert patched == edits.changed(RENDERED, wanted.steps, wanted)


def test_a_patch_does_not_touch_another_item() -> None:
    made = patch_text.entry(CART, RENDERED, ValueChange(("spec", "containers", "1", "tty"), False))
    moved = {"spec": {"containers": RENDERED["spec"]["containers"][::-1]}}
    with pytest.raises(jsonpatch.JsonPatchTestFailed):
        jsonpatch.apply_patch(moved, yaml.safe_load(made["patch"]))
