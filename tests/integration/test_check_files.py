"""Files written by hand: what Kubernetes takes is read whole, all else is refused with file and line."""

from __future__ import annotations

import json
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path, PurePath
from unittest.mock import patch

import pytest
import yaml

from promote.checks import inspection
from promote.errors import PromoteError, RenderError, UsageError
from promote.kustomize import render
from promote.yamltext import reader
from tests.integration.checking import Checked, Repository

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: a}\n"
WRONG = "data: {number: 1}\n"


@pytest.fixture
def files(tmp_path: Path) -> Repository:
    repository = Repository.bare(tmp_path / "bare")
    repository.keep_policies("documents")
    return repository


def seen(found: Checked) -> int:
    (target,) = found.json["targets"]
    assert target["documents"] == target["evaluated"] == target["validated"]
    return int(target["documents"])


def wrong(found: Checked) -> dict[str, str]:
    """Where the documents with a number in them were found, by their names."""
    return {
        one["resource"]["name"]: f"{one['source']['file']}:{one['source']['line']}"
        for one in found.of("schema.invalid")
    }


def test_several_documents_some_empty(files: Repository) -> None:
    text = "\n---\n".join(["# only a comment", MAP % "a", "", "---", MAP % "b" + WRONG, "null", MAP % "c"])
    files.write("m/all.yaml", text + "\n---\n")
    found = files.check("m")
    assert (seen(found), wrong(found)) == (3, {"b": files.line("m/all.yaml", "number")})


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_json(files: Repository, suffix: str) -> None:
    document = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "a", "namespace": "a"},
        "data": {"n": 1},
    }
    files.write(f"m/a.{suffix}", json.dumps(document, indent="\t" if suffix == "json" else 2))
    found = files.check("m")
    assert (seen(found), wrong(found)) == (1, {"a": files.line(f"m/a.{suffix}", '"n"')})


def test_lists_within_lists(files: Repository) -> None:
    files.write("m/list.yaml", """\
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: a}}
  - apiVersion: v1
    kind: ConfigMapList
    items:
      - {apiVersion: v1, kind: ConfigMap, metadata: {name: b, namespace: a}}
      - apiVersion: v1
        kind: ConfigMap
        metadata: {name: c, namespace: a}
        data:
          number: 1
""")  # fmt: skip
    found = files.check("m")
    assert (seen(found), wrong(found)) == (3, {"c": files.line("m/list.yaml", "number")})


def test_windows_lines_and_a_byte_order_mark(files: Repository) -> None:
    text = (MAP % "a") + "---\n" + (MAP % "b") + WRONG
    files.write("m/a.yaml", b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    found = files.check("m")
    assert (seen(found), wrong(found)) == (2, {"b": "m/a.yaml:8"})


def test_anchors_and_merge_keys(files: Repository) -> None:
    files.write("m/a.yaml", """\
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: a, labels: &labels {app: a, tier: back}}
data:
  <<: *labels
  tier: front
  number: &number 1
  again: *number
""")  # fmt: skip
    found = files.check("m")
    assert seen(found) == 1
    assert {one["source"]["line"] for one in found.of("schema.invalid")} == {7, 8}


def test_words_that_yaml_parsers_disagree_on_reach_the_programs_as_the_cluster_reads_them(files: Repository) -> None:
    values = {
        "port": "22:22",
        "date": "2024-01-02",
        "exponent": "1e3",
        "word": "yes",
        "octal": "0777",
        "modern": "0o777",
        "letter": "y",
        "text": "1.2.3",
    }
    files.write("m/a.yaml", (MAP % "a") + "data:\n" + "".join(f"  {key}: {value}\n" for key, value in values.items()))
    messages = " ".join(one["message"] for one in files.check("m").of("schema.invalid"))
    assert [key for key in values if f"/data/{key}:" in messages] == [
        "exponent",
        "word",
        "octal",
        "modern",
        "letter",
    ]


def test_strange_characters_are_no_line_breaks(files: Repository) -> None:
    files.write("m/a.yaml", (MAP % "a") + 'data: {text: "\\u2028---\\u0085---\\n---\\n\\ufeff"}\n')
    assert seen(files.check("m")) == 1


@pytest.mark.thorough
def test_two_thousand_documents_and_a_large_one(files: Repository) -> None:
    big = MAP % "big" + "data:\n  text: |\n" + "    0123456789abcdef [*] --- {{x}}\n" * 30_000
    files.write("m/many.yaml", "---\n".join(MAP % f"m{number}" for number in range(2000)))
    files.write("m/more/big.yml", big)
    assert seen(files.check("m")) == 2001


# What is large is written when its test runs.
REFUSED: dict[str, tuple[str | bytes | Callable[[], str], int | None, str]] = {
    "a key twice": (MAP % "a" + "data: {a: x}\ndata: {b: y}\n", 5, "duplicate key 'data'"),
    "a key twice inside": (MAP % "a" + "data:\n  a: x\n  a: y\n", 6, "duplicate key 'a'"),
    "a key twice in two spellings": (MAP % "a" + "data: {1: a, 0x1: b}\n", 4, "duplicate key '0x1'"),
    "a key twice as word and as text": (MAP % "a" + 'data: {on: a, "true": b}\n', 4, "duplicate key 'true'"),
    "a number of 65 bits": (
        MAP % "a" + "data: {a: 9223372036854775808}\n",
        4,
        "9223372036854775808 does not fit into the 64 bits of an integer",
    ),
    "no number": (MAP % "a" + "data: {a: 089}\n", 4, "089 is not a valid number"),
    "a NUL byte": (MAP % "a" + "data: {a: \0}\n", 4, "control character"),
    "20 MB in one line": (lambda: MAP % "a" + f"data: {{a: {'QUJD' * 5_000_000}}}\n", 1, "the document has 19 MiB"),
    "20 MB in many keys": (
        lambda: MAP % "a" + "---\n" + MAP % "b" + "data:\n" + "".join(f"  k{n}: v\n" for n in range(1_800_000)),
        4,
        "accepts at most 3 MiB",
    ),
    "more values than fit": (MAP % "a" + f"data: [{'1,' * 300_000}]\n", None, "more than 300,000 keys and values"),
    "no UTF-8": ((MAP % "a").encode() + b"data: {a: \xff}\n", 4, "not UTF-8"),
    "no YAML": (MAP % "a" + "data: [\n", 5, "not YAML"),
    "a control character": (MAP % "a" + "data: {a: \x07}\n", 4, "control character"),
    "a tab": (MAP % "a" + "data:\n\ta: b\n", 5, "not YAML"),
    "a sentence": ("only words\n", 1, "the document has the type str, but a Kubernetes object is a mapping"),
    "a second document that is a list": (MAP % "a" + "---\n- a\n", 5, "the document has the type list"),
    "an unknown tag": (MAP % "a" + "data: !vault x\n", 4, "!vault"),
    "deep nesting": ("a: " + "[" * 100_000, 1, "nested too deeply"),
    "deep indentation": ("".join(" " * level + "a:\n" for level in range(1500)), 201, "nested too deeply"),
    "an alias to its parent": (MAP % "a" + "data: &a {a: *a}\n", 4, "expand to more than 3 MiB"),
    "an unknown alias": (MAP % "a" + "data: *nobody\n", 4, "undefined alias"),
    "not a number": (MAP % "a" + "data: {a: .nan}\n", None, "not JSON compliant"),
    "a list as key": (MAP % "a" + "data: {[a]: b}\n", 4, "unhashable key"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(files: Repository, name: str) -> None:
    content, line, message = REFUSED[name]
    files.write("m/bad.yaml", content() if callable(content) else content)
    with pytest.raises(RenderError) as refusal:
        files.check("m")
    assert message in str(refusal.value)
    assert str(refusal.value).startswith("m/bad.yaml:" + (f"{line}: " if line else ""))


def bomb(levels: int) -> str:
    """Nine times as much with every line."""
    lines = [f"  l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 9)}]" for level in range(1, levels)]
    return MAP % "a" + "data:\n  l0: &l0 lol\n" + "\n".join(lines) + "\n"


def merge_bomb(levels: int) -> str:
    lines = [f"  l{level}: &l{level} {{<<: [{', '.join([f'*l{level - 1}'] * 9)}]}}" for level in range(1, levels)]
    return MAP % "a" + "data:\n  l0: &l0 {a: b}\n" + "\n".join(lines) + "\n"


def test_files_that_together_are_too_large(files: Repository) -> None:
    for name in "abc":
        files.write(f"m/{name}.yaml", MAP % name + f"data: {{a: {'x' * 2_950_000}}}\n")
    with pytest.raises(RenderError, match=r"^m: more than 8 MiB of objects: check its parts separately$"):
        files.check("m")


def test_targets_that_together_are_too_large(files: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_NODES", 22)
    for name in "abc":
        files.write(f"{name}/one.yaml", MAP % name)
    files.check("a", "b")
    with pytest.raises(
        RenderError, match=r"^a, b, c: more than 8 MiB or 22 keys and values: check fewer targets at once"
    ):
        files.check("a", "b", "c")


def test_a_large_target_gets_the_same_verdict(files: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    files.write("m/a.yaml", MAP % "a" + "---\n" + MAP % "b" + "data: {a: 1}\n---\n" + MAP % "a")
    at_once = files.check("m")
    monkeypatch.setattr(inspection, "_SMALL", 0)
    assert files.check("m").json == at_once.json
    assert at_once.rules >= {"schema.invalid", "check.repeated"}


@pytest.mark.quick
def test_nothing_fits_that_aliases_make_of_nothing(files: Repository) -> None:
    empty = "a0: &a0 ['']\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
    files.write("m/bad.yaml", MAP % "a" + empty)
    with pytest.raises(RenderError, match="expand to more than 3 MiB"):
        files.check("m")


@pytest.mark.quick
@pytest.mark.parametrize("make", [bomb, merge_bomb])
def test_aliases_that_would_fill_the_memory_are_refused_in_little_memory(files: Repository, make: object) -> None:
    assert callable(make)
    files.write("m/bad.yaml", make(30))
    tracemalloc.start()
    try:
        with pytest.raises(PromoteError, match=r"m/bad\.yaml:\d+: this is not YAML: its aliases expand"):
            files.check("m")
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_few_aliases_are_no_bomb(files: Repository) -> None:
    files.write("m/good.yaml", bomb(4))
    assert seen(files.check("m")) == 1


@pytest.mark.quick
def test_a_folder_without_manifests(files: Repository) -> None:
    files.write("m/readme.txt", "nothing")
    with pytest.raises(UsageError, match="no YAML or JSON file"):
        files.check("m")


@pytest.mark.quick
def test_many_files_are_not_compared_with_each_other(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"{number}.yaml").write_text(MAP % f"a{number}")
        (tmp_path / f"{number}.txt").write_text("nothing")
    with patch.object(PurePath, "__hash__", autospec=True, side_effect=PurePath.__hash__) as hashed:
        rendered = render.manifests(tmp_path, "m", ["1*.yaml"])
    assert (len(rendered.files), len(rendered.unread), len(rendered.excluded)) == (189, 300, 111)
    assert 0 < hashed.call_count < 30 * 600


@pytest.mark.quick
def test_a_target_that_does_not_exist(files: Repository) -> None:
    with pytest.raises(UsageError, match="did you mean 'staging'"):
        files.check("stagin")


def test_one_file_is_a_target(files: Repository) -> None:
    files.write("m/a.yaml", MAP % "a" + WRONG)
    files.write("m/b.yaml", MAP % "b" + WRONG)
    assert wrong(files.check("m/b.yaml")) == {"b": "m/b.yaml:4"}


@pytest.mark.quick
def test_nothing_to_check_without_environments(tmp_path: Path) -> None:
    files = Repository.bare(tmp_path / "bare")
    (files.folder / "promote.yaml").unlink()
    with pytest.raises(UsageError, match="name a folder to check"):
        files.check()


def test_objects_of_one_name_in_two_namespaces_are_told_apart(files: Repository) -> None:
    files.write(
        "m/a.yaml",
        "---\n".join((MAP % "a").replace("namespace: a", f"namespace: {space}") + WRONG for space in "bcd"),
    )
    found = files.check("m").of("schema.invalid")
    lines = [(one["resource"]["namespace"], one["source"]["line"]) for one in found]
    assert sorted(lines) == [("b", 4), ("c", 9), ("d", 14)]


def link_to_itself(folder: Path) -> None:
    (folder / "a.yaml").symlink_to("a.yaml")


def link_to_nothing(folder: Path) -> None:
    (folder / "a.yaml").symlink_to("nowhere.yaml")


def link_out_of_the_folder(folder: Path) -> None:
    (folder.parent / "elsewhere").mkdir()
    (folder / "a").symlink_to("../elsewhere")


def pipe(folder: Path) -> None:
    os.mkfifo(folder / "a.yaml")


def device(folder: Path) -> None:
    (folder / "a.json").symlink_to("/dev/zero")


def huge_file(folder: Path) -> None:
    with (folder / "a.yaml").open("wb") as file:
        file.truncate(5 << 30)  # a hole: it takes no space


def folder_like_a_file(folder: Path) -> None:
    (folder / "a.yaml").mkdir()
    (folder / "a.yaml" / "b.yaml").write_text("- no object")


def binary_file(folder: Path) -> None:
    (folder / "a.yaml").write_bytes(b"\x7fELF\x02\x01\x01\0\0")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (link_to_itself, "m/a.yaml: this is not a file"),
        (link_to_nothing, "m/a.yaml: this is not a file"),
        (pipe, "m/a.yaml: this is not a file"),
        (device, "m/a.json: this is not a file"),
        (huge_file, "m/a.yaml: the file has more than 32 MiB"),
        (folder_like_a_file, "m/a.yaml/b.yaml:1: the document has the type list"),
        (binary_file, "m/a.yaml:1: this is not YAML: it contains a control character"),
    ],
)
def test_what_is_no_manifest_is_neither_waited_for_nor_passed_over(
    files: Repository, make: Callable[[Path], None], says: str
) -> None:
    files.write("m/good.yaml", MAP % "good" + WRONG)
    make(files.folder / "m")
    found = files.check("m")
    (skipped,) = found.of("check.skipped")
    assert skipped["level"] == "deny"
    assert skipped["message"].startswith(says)
    assert wrong(found) == {"good": "m/good.yaml:4"}
    assert found.result.exit_code == 3


@pytest.mark.quick
def test_nothing_else_is_judged_through_a_link_that_leads_out(files: Repository) -> None:
    files.write("m/good.yaml", MAP % "good")
    link_out_of_the_folder(files.folder / "m")
    with pytest.raises(RenderError, match=r"^m/a: this link leads out of the folder"):
        files.check("m")


def test_suffixes_in_any_case_are_read(files: Repository) -> None:
    for name in ("a.YAML", "b.Yml", "c.JSON"):
        files.write(f"m/{name}", MAP % name[0] if "J" not in name else json.dumps(yaml.safe_load(MAP % "c")))
    found = files.check("m")
    assert seen(found) == 3
    assert "unread" not in found.json["targets"][0]


def test_what_was_not_looked_at_is_named(files: Repository) -> None:
    files.write("m/a.yaml", MAP % "a")
    files.write("m/.git/c.txt", "kept by Git")
    for number in range(5):
        files.write(f"m/notes-{number}", "kind words, no apiVersion")
    files.write("m/sub/b.yaml.bak", MAP % "b")
    files.write("m/sub/c.txt", json.dumps(yaml.safe_load(MAP % "c")))
    found = files.check("m")
    assert {one["message"] for one in found.of("check.unread")} == {
        "sub/b.yaml.bak looks like a manifest and was not read",
        "sub/c.txt looks like a manifest and was not read",
    }
    assert {one["message"] for one in files.check("m", only=("check.unread",)).of("check.unread")} == {
        one["message"] for one in found.of("check.unread")
    }
    notes = [f"notes-{number}" for number in range(5)]
    assert found.json["targets"][0]["unread"] == [*notes, "sub/b.yaml.bak", "sub/c.txt"]
    assert f"m: not looked at: {', '.join(notes)} and 2 more" in found.result.text


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("kustomization.yaml", "a kustomization in a subfolder is not built: name its folder"),
        ("Kustomization", "a kustomization in a subfolder is not built: name its folder"),
        ("Kustomization.YML", "kustomize does not read this file name: rename it to kustomization.yaml"),
        ("Chart.yaml", "a Helm chart must be rendered first: check the output of `helm template`"),
    ],
)
def test_what_has_to_be_built_first_is_skipped_and_did_not_pass(files: Repository, name: str, says: str) -> None:
    files.write("m/a.yaml", MAP % "a" + WRONG)
    files.write(f"m/sub/{name}", "resources: []\n")
    files.write("m/sub/templates/b.yaml", "name: {{ .Values.name }}\n")
    found = files.check("m")
    assert [one["message"] for one in found.of("check.skipped")] == [f"m/sub/{name}: {says} (not judged)"]
    assert wrong(found) == {"a": "m/a.yaml:4"}
    assert found.json["targets"][0]["unread"] == ["sub"]
    assert "check.unread" not in found.rules
    without = files.check("m", skip=("sub",))
    assert not without.of("check.skipped")
    assert without.json["targets"][0]["unread"] == [f"sub/{name}", "sub/templates/b.yaml"]


@pytest.mark.parametrize("pattern", ["sub", "sub/", "*/values.yaml", "s?b/values.yaml", "sub/v*"])
def test_a_file_that_is_no_manifest_is_left_out_by_name(files: Repository, pattern: str) -> None:
    files.write("m/a.yaml", MAP % "a")
    files.write("m/sub/values.yaml", "- replicas\n")
    assert files.check("m").result.exit_code == 3
    found = files.check("m", skip=(pattern,))
    assert (found.result.exit_code, seen(found)) == (0, 1)
    assert files.check("m", skip=("values.yaml", "sub/a.yaml")).result.exit_code == 3


@pytest.mark.quick
def test_a_folder_in_which_everything_is_skipped(files: Repository) -> None:
    files.write("m/Chart.yaml", "name: a\n")
    files.write("m/templates/a.yaml", MAP % "a")
    with pytest.raises(RenderError, match="a Helm chart must be rendered first"):
        files.check("m")
    with pytest.raises(UsageError, match="no YAML or JSON file"):
        files.check("m", skip=("*",))


def test_links_within_the_folder_are_followed_once(files: Repository) -> None:
    files.write("m/below/a.yaml", MAP % "a")
    (files.folder / "m" / "round").symlink_to(".")
    (files.folder / "m" / "again").symlink_to("below")
    files.write("other/b.yaml", MAP % "b" + WRONG)
    (files.folder / "m" / "b.yaml").symlink_to("../other/b.yaml")
    found = files.check("m")
    assert (seen(found), set(wrong(found))) == (2, {"b"})
