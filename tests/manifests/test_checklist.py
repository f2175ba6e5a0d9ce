"""The production checklist ticks nothing that is not proved, and every page's links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.manifests.render import REPOSITORY

PAGE = REPOSITORY / "docs/production-checklist.md"
ITEM = re.compile(r"^- \[([ x])\] (.*)$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
RULE = re.compile(r"\]\(rules/([\w.]+)\.md\)")
LINK = re.compile(r"\]\(([^)\s]+)\)")
# What the seed's own list asked for, and what it asked of whoever changes something.
SUBJECTS = range(124, 135)


def _sections(text: str) -> dict[int, list[tuple[bool, str]]]:
    """The lines of each numbered section: whether it is ticked, and what it says."""
    parts = re.split(r"^## (\d+) .*$", text, flags=re.MULTILINE)
    found = zip(parts[1::2], parts[2::2], strict=True)
    return {int(number): [(tick == "x", said) for tick, said in ITEM.findall(body)] for number, body in found}


def unproved(text: str) -> list[str]:
    """The ticked lines without evidence, or with evidence that is not there, and the open ones that show nothing."""
    items = [item for items in _sections(text).values() for item in items]
    return [said for ticked, said in items if not (_is_proved(said) if ticked else "Shown by " in said)]


def _is_proved(said: str) -> bool:
    tests, rules = TEST.findall(said), RULE.findall(said)
    there = [_defines(REPOSITORY / file, name) for file, name in tests]
    there += [(REPOSITORY / "policies" / f"{rule.replace('.', '/')}.rego").is_file() for rule in rules]
    return bool(there) and all(there)


def _defines(file: Path, name: str) -> bool:
    return file.is_file() and f"\ndef {name}(" in file.read_text(encoding="utf-8")


def dead(page: Path, text: str) -> list[str]:
    """The links of a page that lead to no file, or to no heading of it."""
    return [link for link in LINK.findall(text) if not re.match(r"https?:", link) and not _leads(page, link)]


def _leads(page: Path, link: str) -> bool:
    path, _, heading = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists():
        return False
    return not heading or (target.is_file() and heading in _headings(target.read_text(encoding="utf-8")))


def _headings(text: str) -> set[str]:
    """What forges make of headings: lower case, no punctuation, hyphens."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.*)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}


def test_the_checklist_has_every_subject_in_order() -> None:
    sections = _sections(PAGE.read_text(encoding="utf-8"))
    assert list(sections) == list(SUBJECTS)
    for number, items in sections.items():
        assert any(ticked for ticked, _ in items), number
        assert any(not ticked for ticked, _ in items), number


def test_a_tick_has_its_evidence() -> None:
    assert unproved(PAGE.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("- [x] done", True),
        ("- [x] done: `tests/manifests/test_checklist.py::test_nowhere`", True),
        ("- [x] done: `tests/nowhere.py::test_a_tick_has_its_evidence`", True),
        ("- [x] done: [rule](rules/images.nowhere.md)", True),
        ("- [x] done: `tests/manifests/test_checklist.py::test_a_tick_has_its_evidence`", False),
        ("- [x] done: [rule](rules/images.facts.md)", False),
        ("- [ ] yours", True),
        ("- [ ] yours. Shown by `kubectl get pods`", False),
    ],
)
def test_a_tick_without_evidence_is_noticed(line: str, complaint: bool) -> None:
    assert bool(unproved(f"## 124 Something\n\n{line}\n")) is complaint


def _pages() -> list[Path]:
    folders = ("docs", "components", "policies", "tools", "base", "overlays", "delivery")
    found = [path for folder in folders for path in (REPOSITORY / folder).rglob("*.md")]
    return sorted([*REPOSITORY.glob("*.md"), *found])


def test_every_link_of_every_page_leads_somewhere() -> None:
    lost = {str(page.relative_to(REPOSITORY)): dead(page, page.read_text(encoding="utf-8")) for page in _pages()}
    assert {page: links for page, links in lost.items() if links} == {}


@pytest.mark.parametrize(
    ("link", "lost"),
    [
        ("[here](runbook.md)", False),
        ("[here](runbook.md#alerts)", False),
        ("[here](#128-alerts-reach-the-team)", False),
        ("[here](https://example.com/nowhere)", False),
        ("[here](nowhere.md)", True),
        ("[here](runbook.md#nowhere)", True),
        ("[here](#nowhere)", True),
    ],
)
def test_a_dead_link_is_noticed(link: str, lost: bool) -> None:
    assert bool(dead(PAGE, link)) is lost
