from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools import docs


def making(pages: dict[str, str]) -> docs.Generator:
    return lambda _: pages


def test_generated_pages_are_what_they_are_made_from() -> None:
    stale = docs.stale(docs.ROOT, docs.made(docs.ROOT, docs.generators()))
    assert stale == [], f"run `make docs` and commit {', '.join(stale)}"


def test_a_page_is_written_with_a_notice_and_then_fresh(tmp_path: Path) -> None:
    pages = docs.made(tmp_path, {"tools/pages/one.py": making({"docs/one/a.md": "A\n", "README.md": "B\n"})})
    assert docs.write(tmp_path, pages) == ["README.md", "docs/one/a.md"]
    assert (tmp_path / "docs/one/a.md").read_text().startswith(docs.NOTICE + "tools/pages/one.py")
    assert (tmp_path / "README.md").read_text() == "B\n"
    assert docs.stale(tmp_path, pages) == []


def test_a_changed_page_is_stale(tmp_path: Path) -> None:
    pages = docs.made(tmp_path, {"one": making({"docs/a.md": "A\n"})})
    docs.write(tmp_path, pages)
    (tmp_path / "docs/a.md").write_text("by hand")
    assert docs.stale(tmp_path, pages) == ["docs/a.md"]


def test_a_page_that_nothing_makes_is_stale_and_goes(tmp_path: Path) -> None:
    docs.write(tmp_path, docs.made(tmp_path, {"one": making({"docs/a.md": "A\n"})}))
    (tmp_path / "docs/by-hand.md").write_text("# Mine\n")
    assert docs.write(tmp_path, {}) == ["docs/a.md"]
    assert [file.name for file in (tmp_path / "docs").iterdir()] == ["by-hand.md"]


def test_two_generators_of_one_page_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"two makes docs/a\.md"):
        docs.made(tmp_path, dict.fromkeys(("one", "two"), making({"docs/a.md": ""})))


def test_the_index_lists_every_page_once_with_one_line() -> None:
    folder = docs.ROOT / "docs"
    text = (folder / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^- \[([^\]]+)\]\(([^)]+)\): \S.*$", text, re.MULTILINE)
    assert [name for name, target in listed if name != target] == []
    # The pages of single rules have an index of their own.
    pages = {page.relative_to(folder).as_posix() for page in folder.rglob("*.md")}
    pages = {page for page in pages if not page.startswith("rules/")} - {"README.md"} | {"rules/README.md"}
    assert sorted(target for _, target in listed) == sorted(pages)


def test_the_readme_is_short_and_links_to_the_index() -> None:
    text = (docs.ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.split()) <= 1100
    assert "](docs/README.md)" in text
