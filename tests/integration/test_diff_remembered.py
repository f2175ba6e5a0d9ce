"""A comparison of renderings that is remembered is the one that a new comparison would give."""

from __future__ import annotations

from pathlib import Path

import pytest

from promote.checks import rendered_diff
from promote.checks.rendered_diff import Pair
from promote.errors import RenderError
from promote.kustomize import differences, render
from promote.kustomize.differences import Difference
from promote.model import Document
from promote.system import tools
from tests.integration import sandbox

pytestmark = pytest.mark.quick

MAP = "apiVersion: v1\nkind: %s\nmetadata: {name: a}\n%s: {a: %s}\n"


@pytest.fixture
def trees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Two trees with the same two folders."""
    for key, value in sandbox.environment(tmp_path).items():
        monkeypatch.setenv(key, value)
    for tree in ("old", "new"):
        for name in ("one", "two"):
            folder = tmp_path / tree / name
            folder.mkdir(parents=True)
            (folder / "kustomization.yaml").write_text("resources: [map.yaml]\n")
            (folder / "map.yaml").write_text(MAP % ("ConfigMap", "data", "b"))
    return tmp_path / "old", tmp_path / "new"


def _compare(trees: tuple[Path, Path]) -> dict[str, list[Difference]]:
    old, new = trees
    pairs = [Pair(name, old / name if (old / name).exists() else None, new / name) for name in ("one", "two")]
    return dict(rendered_diff.compare(pairs, old, new, new))


def _documents(folder: Path) -> list[Document]:
    return render.kustomize(folder, folder.name).documents if folder.exists() else []


def _fresh(trees: tuple[Path, Path]) -> dict[str, list[Difference]]:
    before, after = ({name: _documents(tree / name) for name in ("one", "two")} for tree in trees)
    return {name: differences.differences(before[name], after[name]) for name in before}


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        MAP % ("ConfigMap", "data", "c"),
        MAP % ("Secret", "stringData", "visible"),
        MAP % ("ConfigMap", "data", "2001-01-01"),
        MAP % ("ConfigMap", "other", "[1, 1.5, null, {b: true}]"),
        "",
    ],
)
def test_what_is_remembered_is_what_differs(
    text: str, trees: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    new = trees[1]
    (new / "two" / "map.yaml").write_text(text)
    (new / "two" / "more.yaml").write_text((MAP % ("ConfigMap", "data", "b")).replace("name: a", "name: more"))
    (new / "two" / "kustomization.yaml").write_text("resources: [map.yaml, more.yaml]\n")
    expected = _fresh(trees)
    assert expected["two"]
    assert _compare(trees) == expected
    with monkeypatch.context() as watched:
        watched.setattr(tools, "run", lambda *_, **__: pytest.fail("a program was started"))
        assert _compare(trees) == expected
    (new / "one" / "map.yaml").write_text(MAP % ("ConfigMap", "data", "d"))
    assert _compare(trees) == _fresh(trees) != expected
    kept = [path.read_text() for path in (trees[0].parent / "cache" / "differences").iterdir()]
    assert kept
    assert not [text for text in kept if "visible" in text]


def test_a_new_folder_has_everything_new(trees: tuple[Path, Path]) -> None:
    for name in ("kustomization.yaml", "map.yaml"):
        (trees[0] / "two" / name).unlink()
    (trees[0] / "two").rmdir()
    for _ in range(2):
        assert _compare(trees) == _fresh(trees)


def test_what_is_broken_in_both_trees_is_an_error_each_time(trees: tuple[Path, Path]) -> None:
    for tree in trees:
        (tree / "two" / "map.yaml").write_text("not: an object\n")
    for _ in range(2):
        with pytest.raises(RenderError, match="two"):
            _compare(trees)
