from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.errors import EditRefused
from promote.fix import edits
from promote.fix.edits import ValueChange
from promote.kustomize import documents
from promote.yamltext import reader

SECURE = ("spec", "containers", "1", "securityContext")
# As rendered: with the container in another position than in the file.
RENDERED = {
    "kind": "Pod",
    "spec": {"containers": [{"name": "added"}, {"name": "server", "securityContext": {"privileged": True}}], "a": 1},
}
BLOCK = """\
# head
kind: Pod
spec:
  containers:
    - name: server  # the one
      securityContext:  # why
        privileged: true  # sic
      args: [x]

  # about a
  a: 1
"""
FLOW = "kind: Pod\nspec: {containers: [{name: server, securityContext: {privileged: true}}], a: 1}\n"


def wanted(value: Any, *more: str) -> ValueChange:
    return ValueChange((*SECURE, *more), value)


def removed(*steps: str) -> ValueChange:
    return ValueChange(steps, None, remove=True)


def edited(text: str, what: ValueChange, content: dict[str, Any] = RENDERED) -> str:
    (root,) = documents.nodes(text)
    return edits.edit(text, root, content, what).applied(text)


@pytest.mark.parametrize(
    ("what", "old", "new"),
    [
        (wanted(False, "privileged"), "privileged: true  # sic\n", "privileged: false  # sic\n"),
        (wanted(False, "escalate"), "# sic\n", "# sic\n        escalate: false\n"),
        (
            wanted(["ALL"], "capabilities", "drop"),
            "# sic\n", "# sic\n        capabilities: {drop: [ALL]}\n",
        ),
        (ValueChange(("spec", "b"), "yes"), "  a: 1\n", '  a: 1\n  b: "yes"\n'),
        (ValueChange(("metadata", "name"), "cart"), "  a: 1\n", "  a: 1\nmetadata: {name: cart}\n"),
        (ValueChange(("spec", "containers", "1", "args"), ["z", "*"]), "args: [x]", 'args: [z, "*"]'),
        (ValueChange(("spec", "containers", "1", "tty"), False), "args: [x]\n", "args: [x]\n      tty: false\n"),
        (removed("spec", "a"), "  a: 1\n", ""),
        (removed("spec", "containers", "1", "args"), "      args: [x]\n", ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_block_style(what: ValueChange, old: str, new: str, newline: str) -> None:
    assert BLOCK.count(old) == 1
    expected = BLOCK.replace(old, new)
    assert edited(BLOCK.replace("\n", newline), what) == expected.replace("\n", newline)


@pytest.mark.parametrize(
    ("what", "old", "new"),
    [
        (wanted(False, "privileged"), "privileged: true", "privileged: false"),
        (wanted(False, "escalate"), "privileged: true", "privileged: true, escalate: false"),
        (removed("spec", "a"), ", a: 1", ""),
        (removed("spec", "containers", "1", "name"), "name: server, ", ""),
        (ValueChange(("spec", "b", "c"), 1), "a: 1", "a: 1, b: {c: 1}"),
    ],
)
def test_flow_style(what: ValueChange, old: str, new: str) -> None:
    assert FLOW.count(old) == 1
    assert edited(FLOW, what) == FLOW.replace(old, new)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("spec:\n  a: 1", "spec:\n  a: 1\n  b: 2"),
        ("spec:\n  a: |\n    text\n", "spec:\n  a: |\n    text\n  b: 2\n"),
        ("spec:\n  a:\n    - x\n    - y: z # c\n# end\n", "spec:\n  a:\n    - x\n    - y: z # c\n  b: 2\n# end\n"),
        ("spec:\n  b:\n", "spec:\n  b: 2\n"),
        ("spec:\n  b: ~\n", "spec:\n  b: 2\n"),
        ("spec: {}\n", "spec: {b: 2}\n"),
        ("spec:\n", "spec: {b: 2}\n"),
        ("spec:  # none\nz: 1\n", "spec: {b: 2}  # none\nz: 1\n"),
        ("spec: {a: [1,\n  2]}\n", "spec: {a: [1,\n  2], b: 2}\n"),
        ('{"spec": {"a": 1}}', '{"spec": {"a": 1, b: 2}}'),
    ],
)
def test_where_a_value_is_put(text: str, expected: str) -> None:
    assert edited(text, ValueChange(("spec", "b"), 2), {"spec": {}}) == expected


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("spec:\n  b:\n    - x: 1\n    - y\n  c: 1\n", 'spec:\n  b:\n    - z\n    - "*"\n  c: 1\n'),
        ("spec:\n  b:\n  - x\n\n# end\n", 'spec:\n  b:\n  - z\n  - "*"\n\n# end\n'),
        ("spec:\n  b:\n  - x", 'spec:\n  b:\n  - z\n  - "*"'),
    ],
)
def test_items_on_lines_of_their_own(old: str, new: str, newline: str) -> None:
    text = old.replace("\n", newline)
    assert edited(text, ValueChange(("spec", "b"), ["z", "*"]), {"spec": {"b": []}}) == new.replace("\n", newline)


@pytest.mark.parametrize(
    ("text", "what", "reason"),
    [
        ("x: &x {b: 1}\nspec: *x\n", ValueChange(("spec", "b"), 2), "a YAML anchor uses this value in other places"),
        ("x: &x {b: 1}\nspec: {<<: *x}\n", ValueChange(("spec", "b"), 2), "a merge key"),
        ("x: &x {b: 1}\nspec:\n  a: *x\n", ValueChange(("spec", "c"), 2), "is an alias"),
        ("x: &x {a: 1}\nspec: {a: *x}\n", ValueChange(("spec", "b"), 2), "is an alias"),
        ("x: &x {a: 1}\nspec: {a: *x, b: 1}\n", removed("spec", "b"), "would not have the intended content"),
        ("spec: {b: &b 1}\n", ValueChange(("spec", "b"), 2), "has an anchor or tag"),
        ("spec: {b: !!int 1}\n", ValueChange(("spec", "b"), 2), "has an anchor or tag"),
        ("spec:\n  b: |\n    x\n", ValueChange(("spec", "b"), 2), "spans several lines"),
        ("spec:\n  b:\n    c: 1\n", ValueChange(("spec", "b"), 2), "spans several lines"),
        ("spec: {b: [1,\n  2]}\n", ValueChange(("spec", "b"), 2), "spans several lines"),
        ("spec:\n  b:\n    - 1  # why\n    - 2\n", ValueChange(("spec", "b"), [3]), "has comments"),
        ("spec: 1\n", ValueChange(("spec", "b"), 2), "must be set in a mapping"),
        ("spec: {}\n", ValueChange(("spec", "b", "0", "c"), 2), "the list that the value belongs to"),
        ("spec: {}\n", removed("spec", "b"), "not written in this file"),
        ("spec: {b: 1}\n", removed("spec", "b"), "the only key of its mapping"),
        ("spec: [{b: 1}]\n", removed("spec", "0"), "the only key of its mapping"),
        ("spec:\n  - b: 1\n    c: 2\n", removed("spec", "0", "b"), "line also has other content"),
        ("spec: {b: 1}\x85", ValueChange(("spec", "b"), 2), "line breaks other than LF and CRLF"),
    ],
)  # fmt: skip
def test_what_is_refused(text: str, what: ValueChange, reason: str) -> None:
    with pytest.raises(EditRefused, match=reason):
        edited(text, what, {"spec": [{}] if "[{" in text or "- b" in text else {}})


def test_only_the_object_that_was_meant() -> None:
    text = "a: {b: 1}\n---\na: {b: 1}\n---\n# last\n"
    _, second, _ = documents.nodes(text)
    made = edits.edit(text, second, {"a": {"b": 1}}, ValueChange(("a", "b"), 2))
    assert made.applied(text) == "a: {b: 1}\n---\na: {b: 2}\n---\n# last\n"


# PyYAML writes a lone y or n without quotes, which Kubernetes reads as a boolean.
_WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=4).filter(lambda word: word not in {"y", "n"})
_TEXTS = st.text(max_size=6).filter(lambda text: text not in {"y", "Y", "n", "N"})
_SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | _TEXTS
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=3)
)


@given(st.dictionaries(_WORDS, _VALUES, min_size=1, max_size=4), st.lists(_WORDS, min_size=1, max_size=3), _VALUES)
def test_whatever_is_written_is_what_was_wanted_and_nothing_else(content: Any, steps: list[str], value: Any) -> None:
    import yaml

    what = ValueChange(tuple(steps), value)
    for flow in (True, False, None):
        text = yaml.safe_dump(content, default_flow_style=flow, allow_unicode=False, sort_keys=False)
        try:
            changed = edited(text, what, content)
        except EditRefused:
            continue
        (found,) = (reader.value(node) for node in documents.nodes(changed))
        assert found == edits.changed(content, steps, what)


@given(_VALUES)
def test_values_are_spelled_so_that_they_are_read_back(value: Any) -> None:
    (node,) = documents.nodes(f"a: {edits.as_yaml(value)}\n")
    assert reader.value(node) == {"a": value}
