from __future__ import annotations

import json
from pathlib import Path

import pytest

from promote.errors import RenderError
from promote.kustomize import documents
from promote.model import Identity, Source
from promote.system.paths import shown
from promote.yamltext import reader

POD = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  namespace: b\n"


def test_an_identity_reads_as_a_path() -> None:
    assert str(Identity("v1", "Pod", "b", "a")) == "Pod/b/a"
    assert str(Identity("v1", "Namespace", "", "a")) == "Namespace/a"
    assert str(Source("a.yaml", 3)) == "a.yaml:3"


@pytest.mark.parametrize("metadata", ["", "metadata:\n", "metadata: text\n", "metadata: {name: null}\n"])
def test_an_identity_may_lack_everything(metadata: str) -> None:
    (document,) = documents.read(f"kind: Pod\n{metadata}", "x")
    assert document.identity == Identity("", "Pod", "", "")


def test_kinds_are_found_without_parsing() -> None:
    text = (
        "kind: 'Pod'\nspec:\n  kind: Other\napiVersion: \"v1\"\n---\n" + '{"kind": "Job", "apiVersion": "batch/v1"}\n'
    )
    assert documents.kinds(text) == {("v1", "Pod"), ("batch/v1", "Job")}


def test_split_takes_exact_separators_only() -> None:
    assert documents.split("a: |\n  ---\n---\n\n---\nb: 1\n") == ["a: |\n  ---\n", "b: 1\n"]


def test_a_document_that_parsing_loses_is_an_error() -> None:
    with pytest.raises(RenderError, match="x: 2 documents were rendered but 1 were read"):
        documents.read(f"{POD}---\n# nothing\n", "x")


def test_canonical_is_a_line_of_json_for_each_object() -> None:
    assert documents.canonical(f"{POD}--- # note\nkind: List\nitems: [{{kind: A}}, {{kind: B}}]\n", "x") == [
        '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "b"}}',
        '{"kind": "A"}',
        '{"kind": "B"}',
    ]


def test_a_list_without_items_is_an_object() -> None:
    assert documents.canonical("kind: AllowList\nitems: {a: b}\n", "x") == [
        '{"kind": "AllowList", "items": {"a": "b"}}'
    ]


def test_dates_stay_text_and_keys_become_text() -> None:
    assert documents.canonical("a: 2024-01-02\n1: true\n", "x") == ['{"a": "2024-01-02", "1": true}']


def test_line_separators_are_escaped() -> None:
    (line,) = documents.canonical('a: "\\u2028\\u0085\\ufeff"\n', "x")
    assert line == '{"a": "\\u2028\\u0085\\ufeff"}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2\n", "x:2: this is not YAML: duplicate key 'a'"),
        ("a: 1\n1: 2\n'1': 3\n", "x:3: this is not YAML: duplicate key '1'"),
        ("a: [\n", "x:2: this is not YAML: "),
        ("a: \x07\n", "x:1: this is not YAML: it contains a control character"),
        ("a: &a [*a]\n", "x:1: this is not YAML: its aliases expand to more than 3 MiB"),
        ("- a\n", "x:1: the document has the type list, but a Kubernetes object is a mapping"),
        ("a: .inf\n", "x: Out of range float values are not JSON compliant"),
        ("a: 0x_\n", "x:1: this is not YAML: 0x_ is not a valid number"),
        ("a: " + "{a: " * 201, "x:1: this is not YAML: it is nested too deeply"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(RenderError) as refusal:
        documents.canonical(text, "x")
    assert str(refusal.value).startswith(message)


def test_many_brackets_are_no_deep_nesting() -> None:
    (line,) = documents.canonical("a: [" + "[], " * 300 + "]\n", "x")
    assert line.count("[]") == 300


@pytest.mark.parametrize("name", ["x", "image"])  # PyYAML 6.0.4 takes a key with one letter in another way
@pytest.mark.parametrize(
    ("text", "merged"),
    [
        ("b: &b {<<: *a, %s: 2, z: 3}\nc: {<<: *b, z: 4}\n", {"%s": 2, "z": 4}),
        ("b: &b {%s: 2, z: 3}\nc: {<<: [*a, *b]}\n", {"%s": 1, "z": 3}),
        ("b: &b {%s: 2, z: 3}\nc: {<<: [*b, *a]}\n", {"%s": 2, "z": 3}),
        ("b: &b {<<: *a, z: 3}\nc: {%s: 4, <<: [*b, *a]}\n", {"%s": 4, "z": 3}),
        ("b: &b {z: 3}\nc: {<<: [{<<: [*b, *a], z: 5}, *a]}\n", {"%s": 1, "z": 5}),
    ],
)
def test_merged_keys_are_those_of_yaml(name: str, text: str, merged: dict[str, int]) -> None:
    (line,) = documents.canonical(f"a: &a {{{name}: 1}}\n{text.replace('%s', name)}", "x")
    assert json.loads(line)["c"] == {key.replace("%s", name): value for key, value in merged.items()}


def test_a_shared_scalar_of_a_million_characters_is_a_bomb_too() -> None:
    text = f"a: &a {'x' * 1_000_000}\nb: [{', '.join(['*a'] * 20)}]\n"
    with pytest.raises(RenderError, match="expand to more than 3 MiB"):
        documents.canonical(text, "x")


def test_nodes_of_a_text_that_is_no_yaml_are_none() -> None:
    assert documents.nodes("a: [\n") == []
    found = documents.nodes("a: b\n---\nkind: List\nitems:\n- a: b\n")
    assert [node.start_mark.line for node in found] == [0, 4]


def test_paths_are_shown_relative_to_the_root(tmp_path: Path) -> None:
    assert shown(tmp_path / "a" / ".." / "b", tmp_path) == "b"
    assert shown(Path("/elsewhere"), tmp_path) == "/elsewhere"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("a: b\n", 3),
        ("a: b\n---\nc:\n- d\n-\n  - e\n", 9),
        ('{"a": [1, [], {}, "x, y: z"]}\n', 7),
        ("? a\n? b\n", 5),
        ("a:\n  b: {c: d, e: [f]}\n", 10),
    ],
)
def test_how_many_values_a_text_has(text: str, number: int) -> None:
    assert reader.size(text) == number
    assert reader.at_most(text) >= number
