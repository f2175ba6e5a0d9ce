"""Where a kustomization has a value of another type, in the words of kustomize built by older and newer Gos."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from promote.kustomize import misfits

FILE = Path("kustomization.yaml")


@pytest.mark.parametrize(
    ("text", "before", "since", "problem"),
    [
        ("labels:\n- a: b\n- text\n", "Go struct field Kustomization.labels of type types.Label",
         "Kustomization.labels.1 of type types.Label", (3, "`labels` has a text, but it takes a mapping")),
        ("images:\n- name: x\n  newTag: 4\n", "Go struct field Image.images.newTag of type string",
         "Go struct field Kustomization.images.0.newTag of type string",
         (3, "`images.newTag` has a number, but it takes a text: put it in quotes")),
    ],
)  # fmt: skip
def test_the_place_is_found_in_the_words_of_each_go(
    text: str, before: str, since: str, problem: tuple[int, str]
) -> None:
    given = "string" if "text" in text else "number"
    root = yaml.compose(text)
    assert root is not None
    layers = [(FILE, root)]
    for where in (before, since):
        reason = f"invalid Kustomization: json: cannot unmarshal {given} into {where}"
        assert [*misfits.found(layers, [], reason)] == [(FILE, *problem)], where
