from __future__ import annotations

from typing import Any

import pytest
from yaml.nodes import Node

from promote.kustomize import documents
from promote.yamltext import places
from promote.yamltext.places import Place

TEXT = """\
kind: Pod
base: &base
  image: x
spec:
  containers:
    - name: first
      image: a
    - <<: *base
      name: second
      args: [--a, --b]
  hosts:
    - ip: 1
    - ip: 2
  flag: true
  none: ~
"""
RENDERED = {
    "spec": {
        "containers": [
            {"name": "added"},
            {"name": "second", "image": "x", "args": ["--b"]},
            {"name": "first", "image": "a"},
        ],
        "hosts": [{"ip": 1}, {"ip": 3}],
        "flag": True,
        "none": None,
    }
}


def root(text: str = TEXT) -> Node:
    (node,) = documents.nodes(text)
    return node


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        ("", Place(1, 0, True, False)),
        ("/spec/containers/2/image", Place(7, 4, True, True)),
        ("/spec/containers/1/image", Place(3, 4, True, True)),  # merged
        ("/spec/containers/1/args/0", Place(10, 5, True, True)),
        ("/spec/containers/1/resources", Place(8, 3)),
        ("/spec/containers/0", Place(5, 2)),  # another file's
        ("/spec/hosts/1", Place(13, 3, True, False)),  # unnamed: by position
        ("/spec/hosts/0/ip/deeper", Place(12, 4)),
        ("/spec/hosts/name", Place(11, 2)),
        ("/spec/flag", Place(14, 2, True, True)),
        ("/spec/none", Place(15, 2, True, True)),
        ("/absent/at/all", Place(1, 0)),
    ],
)
def test_a_pointer_is_followed_as_far_as_it_goes(pointer: str, place: Place) -> None:
    assert places.follow(root(), RENDERED, places.parts(pointer)) == place


def test_unnamed_items_of_a_changed_list_are_not_guessed() -> None:
    rendered = {"spec": {"hosts": [{"ip": 3}]}}
    assert places.follow(root(), rendered, ["spec", "hosts", "0"]) == Place(11, 2)


@pytest.mark.parametrize(
    ("text", "content", "same"),
    [
        ("a: {b: [1, x]}", {"a": {"b": [1, "x"]}}, True),
        ("a: {b: [1, x]}", {"a": {"b": [1]}}, False),
        ("a: {b: 1}", {"a": {"b": 1, "c": 2}}, False),
        ("a: 1", {"a": {"b": 1}}, False),
        ("a: x", {"a": ["x"]}, False),
        ("a: [x]", {"a": "x"}, False),
        ("a: {x: y}", {"a": "x"}, False),
        ("a: 'null'", {"a": "null"}, True),
        ("a: b", {"a": None}, False),
        ("a: false", {"a": False}, True),
    ],
)
def test_whether_yaml_says_a_value(text: str, content: Any, same: bool) -> None:
    assert places.says(root(text), content) is same


def test_pointers_are_unescaped() -> None:
    assert places.parts("/a~1b/c~0d/0") == ["a/b", "c~d", "0"]
    assert places.parts("") == []


def test_values_at_steps() -> None:
    assert places.value_at(RENDERED, ["spec", "hosts", "1", "ip"]) == 3
    assert places.value_at(RENDERED, ["spec", "hosts", "9", "ip"]) is None


def test_fields_of_what_is_no_mapping() -> None:
    assert places.field(None, "a") is None
    assert places.text(root("a: [b]"), "a") == ""
    assert places.items(root("a: b"), "a") == ()
    assert places.key_line(root("a: b\nc: d"), "c") == 2


def test_the_line_of_a_key_that_is_not_there_is_that_of_what_lacks_it() -> None:
    inner = places.field(root("a:\n  b: c"), "a")
    assert inner
    assert places.key_line(inner, "d") == 2
    assert places.key_line(root("[a, b]"), "d") == 1


def test_a_list_that_is_shorter_than_a_pointer_takes_it_is_not_followed() -> None:
    content = {"args": ["x", "y"]}
    assert places.follow(root("args: [v, w]"), content, ["args", "1"]).whole
    assert places.follow(root("args: [v, w]"), content, ["args", "2"]) == Place(1, 1)
    assert places.follow(root("args: [v]"), content, ["args", "1"]) == Place(1, 1)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/spec/containers/1/image", "/spec/containers/[b]/image"),
        ("/spec/containers/1", "/spec/containers/[b]"),
        ("/spec/args/1", "/spec/args/1"),
        ("/spec/containers/7/image", "/spec/containers/7/image"),
        ("/nothing/0/there", "/nothing/0/there"),
        ("", ""),
    ],
)
def test_items_of_lists_go_by_their_names(path: str, expected: str) -> None:
    content = {"spec": {"containers": [{"name": "a"}, {"name": "b", "image": "i"}], "args": ["x", "y"]}}
    assert places.named(content, places.parts(path)) == expected
