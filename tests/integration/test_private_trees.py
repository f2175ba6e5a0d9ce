"""Private copies of commits and checkouts: what is written, what it renders, and what is refused."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promote.errors import GitError, RenderError
from promote.git.objects import CommitFiles
from promote.git.repository import Repository
from promote.kustomize import render
from promote.repository.private_tree import PrivateTree
from promote.repository.workspace import Workspace
from promote.system.snapshot import LARGEST, LeadsOut
from tests.integration.tiny import FILES, Tiny, git

pytestmark = pytest.mark.quick

RENDERED = {"base/kustomization.yaml", "base/web.yaml", "base/cart.yaml"}


def written(root: Path) -> set[str]:
    """The files and links below `root`."""
    paths = (path for path in root.rglob("*") if path.is_symlink() or path.is_file())
    return {path.relative_to(root).as_posix() for path in paths}


def workspace(clone: Tiny) -> Workspace:
    return Workspace(Repository(clone.root))


@pytest.mark.slow
@pytest.mark.parametrize("is_checkout", [False, True])
def test_a_private_tree_has_only_what_is_needed(clone: Tiny, is_checkout: bool) -> None:
    """Its cost does not grow with the repository: 1.3 times at most with 5,000 files instead of 50."""
    commit = clone.commit({f"unrelated/{n % 7}/{n}.yaml": f"a: {n}\n" for n in range(300)})
    here = workspace(clone)
    with here.checkout_copy() if is_checkout else here.at(commit) as tree:
        assert written(tree.root) == {name for name in FILES if name.startswith(("promote.yaml", "policies/"))}
        tree.versions(tree.config.environments["staging"])
        tree.environment("production")
        rest = {"overlays/staging/kustomization.yaml", "overlays/production/kustomization.yaml"}
        assert written(tree.root) == set(FILES)
        assert set(FILES) >= RENDERED | rest
        copy = tree.root / "before"
        copy.mkdir()
        tree.link_build("overlays/production", copy)
        assert written(copy) == RENDERED | {"overlays/production/kustomization.yaml"}
        assert (copy / "base/web.yaml").stat().st_ino == (tree.root / "base/web.yaml").stat().st_ino


def test_in_doubt_the_whole_tree_is_written(clone: Tiny) -> None:
    (clone.root / "unrelated").mkdir()
    (clone.root / "unrelated/out").symlink_to("../..")
    (clone.root / "unrelated/in").symlink_to("../base")
    commit = clone.commit({"base/kustomization.yaml": "resources: [web.yaml, none.yaml]\n", "a/b": "x", "c": "y"})
    with workspace(clone).at(commit) as tree:
        tree.environment("production")
        assert written(tree.root) == {*FILES, "a/b", "c", "unrelated/in"}


def test_a_copy_is_byte_for_byte_that_of_the_object(clone: Tiny) -> None:
    """Attributes and filters change nothing: neither line ends nor encodings nor `$Id$`."""
    data = b"# $Id$\r\nkey: \xc3\xa4\r\n"
    clone.commit({"base/x.txt": data, "base/run": b"#!"}, push=False)
    (clone.root / "base/run").chmod(0o755)
    git(clone.root, "config", "filter.evil.smudge", "touch evil")
    clone.commit({".gitattributes": "* text=auto eol=lf ident filter=evil\n"}, push=False)
    git(clone.root, "config", "core.autocrlf", "true")
    with workspace(clone).at(git(clone.root, "rev-parse", "HEAD").strip()) as tree:
        tree.provide("base")
        blob = git(clone.root, "cat-file", "blob", "HEAD:base/x.txt")
        assert (tree.root / "base/x.txt").read_bytes() == os.fsencode(blob)
        assert os.access(tree.root / "base/run", os.X_OK)
    assert not (clone.root / "evil").exists()


def test_a_copy_of_the_checkout_has_what_git_would_commit(clone: Tiny) -> None:
    clone.write({".gitignore": "ignored.yaml\n", "base/ignored.yaml": "x", "base/new.yaml": "y"})
    (clone.root / "base/cart.yaml").unlink()
    (clone.root / "base/link").symlink_to("new.yaml")
    with workspace(clone).checkout_copy() as tree:
        tree.provide("base")
        assert {path.name for path in (tree.root / "base").iterdir()} == {
            "kustomization.yaml", "web.yaml", "new.yaml", "link",
        }  # fmt: skip
        assert (tree.root / "base/link").readlink() == Path("new.yaml")


LINKED = {"x/one": "two", "x/two": "../base/web.yaml", "x/folder": "../base", "x/chain/up": "../..", "x/self": "self"}


def test_links_inside_are_kept_and_their_targets_come_with_them(clone: Tiny) -> None:
    for name, target in LINKED.items():
        (clone.root / name).parent.mkdir(parents=True, exist_ok=True)
        (clone.root / name).symlink_to(target)
    with workspace(clone).at(clone.commit()) as tree:
        tree.provide("x/one")
        assert (tree.root / "x/one").read_text() == FILES["base/web.yaml"]
        tree.provide("x/folder/cart.yaml")
        assert (tree.root / "x/folder/cart.yaml").read_text() == FILES["base/cart.yaml"]
        tree.provide("x")
        assert {name for name in written(tree.root) if name.startswith("x/")} == set(LINKED)


def test_a_link_that_leads_out_is_refused_where_it_is_needed(clone: Tiny) -> None:
    (clone.root / "x/y").mkdir(parents=True)
    (clone.root / "x/y/out").symlink_to("../../../origin.git/HEAD")
    with workspace(clone).at(clone.commit()) as tree:
        for path in ("x/y/out", "x", "x/y"):
            with pytest.raises(LeadsOut, match=r"^x/y/out: this link leads out of the repository"):
                tree.provide(path)
        tree.provide_all()
        assert "x/y/out" not in written(tree.root)


def tree_with(clone: Tiny, *entries: tuple[bytes, bytes, str]) -> str:
    """A tree with these entries: mode, name, hash; no check of Git prevents it."""
    content = b"".join(mode + b" " + name + b"\0" + bytes.fromhex(sha) for mode, name, sha in entries)
    file = clone.root.parent / "tree"
    file.write_bytes(content)
    return git(clone.root, "hash-object", "-t", "tree", "--literally", "-w", str(file)).strip()


REFUSED = [
    b"/abs", b"../x", b"a/b", b"..", b".", b"", b".git", b".GIT", b".Git ", b".git.", b"GIT~1", b".git::$INDEX",
    ".g\u200cit".encode(), b".git\\config", "\ufeff.git".encode(),
]  # fmt: skip
ODD = [
    b".gitignore",
    b".github",
    b"..x",
    b"a\\b",
    b"\xe9.yaml",
    "ä".encode(),
    b"a b",
    b".git-x",
    b"x.git",
    b"con",
    b"-x",
]


@pytest.mark.slow
@pytest.mark.parametrize("name", REFUSED, ids=ascii)
def test_a_name_that_no_checkout_may_have_is_refused(clone: Tiny, name: bytes) -> None:
    blob = git(clone.root, "rev-parse", "HEAD:promote.yaml").strip()
    tree, problem = tree_with(clone, (b"100644", name, blob)), r"^the top folder: the entry .*: a commit with such a"
    with CommitFiles(Repository(clone.root), tree) as files, pytest.raises(GitError, match=problem):
        files.entries("")


def test_odd_names_are_written_as_they_are(clone: Tiny, tmp_path: Path) -> None:
    blob = git(clone.root, "rev-parse", "HEAD:promote.yaml").strip()
    tree = tree_with(clone, *((b"100644", name, blob) for name in (*ODD, b"Icon\r", b"\x1b[2J", b"A", b"a")))
    (tmp_path / "new").mkdir()
    with CommitFiles(Repository(clone.root), tree) as files, PrivateTree(files, tmp_path / "new") as private:
        private.provide_all()
        assert {os.fsencode(name) for name in written(tmp_path / "new")} == {*ODD, b"A", b"a"}
        with pytest.raises(RenderError, match=r"^'Icon\\r': this name is too long or has control characters"):
            private.provide("Icon\r")


def test_an_entry_that_is_there_twice_is_refused(clone: Tiny) -> None:
    blob, base = (git(clone.root, "rev-parse", f"HEAD:{name}").strip() for name in ("promote.yaml", "base"))
    tree = tree_with(clone, (b"120000", b"a", blob), (b"40000", b"a", base))
    with (
        CommitFiles(Repository(clone.root), tree) as files,
        pytest.raises(GitError, match="the entry 'a' is there twice"),
    ):
        files.entries("")


@pytest.mark.slow
@pytest.mark.parametrize("content", [b"100644 x", b"x\0" + b"y" * 20, b"777777 x\0" + b"y" * 20, b"100644 x\0short"])
def test_a_damaged_tree_is_refused(clone: Tiny, content: bytes) -> None:
    (clone.root.parent / "tree").write_bytes(content)
    sha = git(clone.root, "hash-object", "-t", "tree", "--literally", "-w", str(clone.root.parent / "tree")).strip()
    with (
        CommitFiles(Repository(clone.root), sha) as files,
        pytest.raises(GitError, match="its tree object is damaged"),
    ):
        files.entries("")


def test_two_processes_answer_all_who_ask_for_one_file_after_the_other(
    clone: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where somebody wants only the first of several answers while others ask."""
    started: list[str] = []
    dialogue = Repository.dialogue

    def counted(repository: Repository, *arguments: str) -> Any:
        started.append(arguments[-1])
        return dialogue(repository, *arguments)

    monkeypatch.setattr(Repository, "dialogue", counted)
    names = ["base/web.yaml", "base/cart.yaml", "promote.yaml"]
    with CommitFiles(Repository(clone.root), git(clone.root, "rev-parse", "HEAD").strip()) as files:
        for name in [*names, *names]:
            assert next(files.contents([name])) == FILES[name].encode()
        assert sorted(started) == ["--batch", "--batch-check"]
        several = files.contents(names)
        assert next(several) == FILES[names[0]].encode()
        assert next(files.contents(names[2:])) == FILES[names[2]].encode()
        assert [data for data in several if data] == [FILES[name].encode() for name in names[1:]]


@pytest.mark.slow
def test_a_file_that_is_too_large_is_refused_before_it_is_read(clone: Tiny) -> None:
    clone.write({"base/web.yaml": b"\0" * (LARGEST + 1)})
    with workspace(clone).at(clone.commit(push=False)) as tree:
        with pytest.raises(RenderError, match=r"^base/web.yaml: the file has more than 32 MiB"):
            tree.environment("production")
        # What others ask afterwards has its own answers.
        assert tree.provide("base/cart.yaml").read_text() == FILES["base/cart.yaml"]
        tree.provide_all()


def test_what_is_missing_in_the_object_database_is_reported(clone: Tiny) -> None:
    sha = clone.commit({"base/web.yaml": "other"}, push=False)
    blob = git(clone.root, "rev-parse", "HEAD:base/web.yaml").strip()
    (clone.root / f".git/objects/{blob[:2]}/{blob[2:]}").unlink()
    with workspace(clone).at(sha) as tree, pytest.raises(GitError, match=r"^base/web.yaml: its object is missing"):
        tree.environment("production")


OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{at: {name}}}\n"
TRANSFORMER = """\
apiVersion: builtin
kind: PrefixTransformer
metadata: {name: t}
prefix: p-
fieldSpecs: [{path: metadata/name}]
"""
PATCH = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{patched: yes-it-is}}\n"


def generated(draw: st.DrawFn, folder: str, number: int) -> tuple[dict[str, object], dict[str, str]]:
    """Lines of a kustomization, and the files that they name."""
    name = f"m{number}"
    parts: list[tuple[dict[str, object], dict[str, str]]] = [
        (
            {"configMapGenerator": [{"name": f"g{number}", "files": ["f.txt", "key=f.txt"], "envs": ["e.env"]}]},
            {"f.txt": "content\n", "e.env": "A=b\n"},
        ),
        ({"patchesStrategicMerge": ["p.yaml"]}, {"p.yaml": PATCH.format(name=name)}),
        (
            {"patches": [{"path": "p.json", "target": {"kind": "ConfigMap", "name": name}}]},
            {"p.json": '[{"op": "add", "path": "/data/new", "value": "x"}]'},
        ),
        ({"transformers": ["t.yaml"]}, {"t.yaml": TRANSFORMER}),
        ({"generatorOptions": {"disableNameSuffixHash": True}}, {}),
        ({"unknownField": "x"}, {}),
    ]
    weights = [draw(st.integers(0, 9)) for _ in parts]
    chosen = [part for part, weight in zip(parts, weights, strict=True) if weight > (8 if part is parts[-1] else 4)]
    lines = {key: value for keys, _ in chosen for key, value in keys.items()}
    return lines, {f"{folder}/{file}": text for _, files in chosen for file, text in files.items()}


@st.composite
def repositories(draw: st.DrawFn) -> dict[str, str]:
    """Files by path, links with `->`: an overlay of layers in many notations, and files that nothing needs."""
    files: dict[str, str] = {"overlay/unneeded.yaml": "x: y\n", "unneeded/kustomization.yaml": "resources: [none]\n"}
    below: list[str] = []
    for number in range(draw(st.integers(1, 4))):
        folder = draw(st.sampled_from(["layer{}", "deep/er/layer{}"])).format(number)
        up = "../" * (folder.count("/") + 1)
        own = draw(st.sampled_from(["o.yaml", "./sub/o.yaml", f"{up}{folder}/o.yaml"]))
        lines, more = generated(draw, folder, number)
        files |= more | {os.path.normpath(f"{folder}/{own}"): OBJECT.format(name=f"m{number}")}
        inner = [up + below.pop() for _ in below[-1:] if draw(st.booleans())]
        key = draw(st.sampled_from(["resources", "bases"]))
        lines |= {"resources": [own]} | ({key: inner} if key == "bases" else {"resources": [own, *inner]})
        kustomization = draw(st.sampled_from(["kustomization.yaml", "kustomization.yml", "Kustomization"]))
        files[f"{folder}/{kustomization}"] = f"{lines}\n"
        below.append(draw(st.sampled_from([folder, f"link{number}"])))
        files[f"link{number}"] = f"->{folder}"
    files["overlay/kustomization.yaml"] = f"{ {'resources': [f'../{one}' for one in below], 'namePrefix': 'o-'} }\n"
    return files


def put(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("->"):
            (root / name).symlink_to(text.removeprefix("->"))
        else:
            (root / name).write_text(text)


def rendered(folder: Path) -> str:
    """What kustomize makes of `folder`, or that it fails; its reason may name siblings of a missing file."""
    try:
        return render.kustomize(folder, "it").text
    except RenderError as error:
        return f"fails: {str(error).partition(' (kustomize')[0]}"


@pytest.mark.slow
@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=repositories())
def test_a_sparse_tree_renders_what_a_whole_tree_does(tmp_path: Path, files: dict[str, str]) -> None:
    compare_sparse_with_whole(tmp_path, files)


@pytest.mark.thorough
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=repositories())
def test_many_sparse_trees_render_what_whole_ones_do(tmp_path: Path, files: dict[str, str]) -> None:
    compare_sparse_with_whole(tmp_path, files)


def compare_sparse_with_whole(tmp_path: Path, files: dict[str, str]) -> None:
    for name in ("promote-tree-whole", "promote-tree-sparse"):
        shutil.rmtree(tmp_path / name, ignore_errors=True)
        (tmp_path / name).mkdir()
    whole, sparse = tmp_path / "promote-tree-whole", tmp_path / "promote-tree-sparse"
    put(whole, files)
    git(whole, "init", "--quiet", "--template=")
    git(whole, "add", "--all")
    tree = git(whole, "write-tree").strip()
    with CommitFiles(Repository(whole), tree) as snapshot, PrivateTree(snapshot, sparse) as private:
        private.provide_build("overlay")
        count = len(written(sparse))
        assert rendered(sparse / "overlay") == rendered(whole / "overlay")
    if "unknownField" not in str(files):
        assert count < len(files)
