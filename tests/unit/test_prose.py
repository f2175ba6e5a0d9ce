"""Pages, comments and messages use none of the words that CONTRIBUTING.md lists as "do not write"."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TABLE = re.compile(r"^\| do not write \| write \| allowed \|\n\|[-|]+\|\n((?:\|.*\|\n)+)", re.MULTILINE)
FENCE = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`[^`\n]*`")
# The address of a link, and the text of a link to a test, which is the name of the test.
ADDRESS = re.compile(r"(?<=\])\([^)\s]*\)")
NAME_OF_TEST = re.compile(r"\[[^\]]*\]\([^)\s]*/test_\w+\.py\)")
REGO_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')

Lines = dict[int, str]  # the prose of a file, by line number
Reader = Callable[[str], Lines]


class Word(NamedTuple):
    """A row of the list: what it finds, and the phrases in which that is allowed."""

    pattern: re.Pattern[str]
    write: str
    allowed: re.Pattern[str] | None


class Area(NamedTuple):
    """Files that are read in the same way: glob patterns, and those to leave out."""

    files: tuple[str, ...]
    reader: Reader
    without: tuple[str, ...] = ()


@cache
def words() -> list[Word]:
    """The list in CONTRIBUTING.md."""
    (rows,) = TABLE.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows.splitlines()]
    return [Word(_any_of(found), write, _any_of(allowed) if allowed else None) for found, write, allowed in cells]


def _any_of(phrases: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, phrases.split(', ')))})\b".replace(r"\ ", " "), re.IGNORECASE)


def hits(lines: Lines) -> list[tuple[int, str]]:
    """The line and the advice for each listed word, also for phrases that are split between two lines."""
    numbers = sorted(lines)
    parts = [lines[number].strip() for number in numbers]
    starts = list(accumulate((len(part) + 1 for part in parts), initial=0))[:-1]
    text = " ".join(parts)
    found = []
    for word in words():
        allowed = [match.span() for match in word.allowed.finditer(text)] if word.allowed else []
        for match in word.pattern.finditer(text):
            if not any(start <= match.start() and match.end() <= end for start, end in allowed):
                line = numbers[bisect_right(starts, match.start()) - 1]
                found.append((line, f"'{match[0]}': write {word.write}"))
    return sorted(found)


def _numbered(text: str) -> Lines:
    return dict(enumerate(text.split("\n"), 1))


def plain(text: str) -> Lines:
    """All lines, without code spans."""
    return _numbered(SPAN.sub("CODE", text))


def markdown(text: str) -> Lines:
    """All lines of a page, without code, addresses, names of tests and the list itself."""
    for pattern in (FENCE, TABLE):
        text = pattern.sub(lambda match: "\n" * match[0].count("\n"), text)
    return plain(ADDRESS.sub("", NAME_OF_TEST.sub("CODE", text)))


def comments(text: str) -> Lines:
    """The lines of a YAML file that are comments, and comments behind values."""
    found = {number: re.search(r"(?:^|\s)#+\s(.*)$", line) for number, line in _numbered(text).items()}
    return {number: SPAN.sub("CODE", match[1]) if match else "" for number, match in found.items()}


def rego(text: str) -> Lines:
    """Comments, METADATA and strings."""
    found = {}
    for number, line in _numbered(text).items():
        strings = REGO_STRING.findall(line)
        is_comment = line.lstrip().startswith("#")
        said = line.lstrip("# \t") if is_comment else " … ".join(each[1:-1] for each in strings if " " in each)
        found[number] = SPAN.sub("CODE", said)
    return found


def python(text: str) -> Lines:
    """Comments, docstrings and other strings of more than one word."""
    lines = dict.fromkeys(range(1, text.count("\n") + 2), "")
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            lines[token.start[0]] += " " + SPAN.sub("CODE", token.string.lstrip("# "))
    for number, said in _strings(text):
        lines[number] += " " + SPAN.sub("CODE", said)
    return lines


def _strings(text: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            # A string that is written in several parts is reported at its first or its last line.
            for offset, line in enumerate(node.value.split("\n")):
                yield min(node.lineno + offset, node.end_lineno or node.lineno), line


# Pages whose words come from policies/.
MADE_FROM_POLICIES = ("docs/rules/*.md", "docs/architecture.md", "docs/images.md")
AREAS = {
    "README.md": Area(("README.md",), markdown),
    "CHANGELOG.md": Area(("CHANGELOG.md",), markdown),
    "CONTRIBUTING.md": Area(("CONTRIBUTING.md",), markdown),
    "docs": Area(("docs/**/*.md",), markdown, without=MADE_FROM_POLICIES),
    "components": Area(("components/**/README.md",), markdown),
    "manifests": Area(
        tuple(f"{folder}/**/*.yaml" for folder in ("base", "components", "overlays", "delivery")), comments
    ),
    ".github": Area((".github/**/*",), plain),
    "rules": Area(("policies/**/*.rego",), rego),
    "tables of rules": Area(("policies/data/*.yaml",), plain),
    "pages made from them": Area((*MADE_FROM_POLICIES,), markdown),
    "policies/README.md": Area(("policies/README.md",), markdown),
    "promote": Area(("promote/**/*.py",), python),
    "schemas of promote": Area(("promote/**/*.json",), plain),
    "tools/README.md": Area(("tools/README.md",), markdown),
}


def _files(area: Area) -> list[Path]:
    return sorted(path for path in _matching(area.files) - _matching(area.without) if path.is_file())


def _matching(patterns: tuple[str, ...]) -> set[Path]:
    return {path for pattern in patterns for path in ROOT.glob(pattern)}


@pytest.mark.parametrize("area", AREAS)
def test_an_area_uses_no_listed_word(area: str) -> None:
    files = _files(AREAS[area])
    assert files
    found = []
    for path in files:
        lines = AREAS[area].reader(path.read_text(encoding="utf-8"))
        found += [f"{path.relative_to(ROOT)}:{line}: {advice}" for line, advice in hits(lines)]
    assert found == [], "\n" + "\n".join(found)


def test_the_list_is_read_as_a_whole() -> None:
    section = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Words")[2]
    rows = [line for line in section.splitlines() if line.startswith("| ")]
    assert len(words()) == len(rows) - 1
    assert all(word.write for word in words())


@pytest.mark.parametrize(
    ("reader", "text", "lines"),
    [
        (markdown, "One\n\nMend it.\n", [3]),
        (markdown, "It is\n  no rule.\n", [1]),
        (markdown, "There\nis no rule.\n", []),
        (markdown, "It is no longer there.\n", []),
        (markdown, "It stands for all, and stands there.\n", [1]),
        (markdown, "A misspelled word, `mend` and [text](mend.md)\n", []),
        (markdown, "[a change beside images](../tests/test_a.py)\n", []),
        (markdown, "```sh\nmend\n```\nanew\n", [4]),
        (comments, "a: beside # told\n# anew\nb: 'x#anew'\n", [1, 2]),
        (rego, '# title: told\nx := "is no map"\ny := told\nz := "told"\n', [1, 2]),
        (python, 'x = told  # anew\ny = f"it is {told} thus"\nz = "told"\n', [1, 2]),
        (python, '"""One.\n\nTells two.\n"""\n', [3]),
        (python, "# It is\n# no rule.\n", [1]),
        (plain, "a: told # anew\n", [1, 1]),
    ],
)
def test_a_listed_word_is_found_with_its_line(reader: Reader, text: str, lines: list[int]) -> None:
    assert [line for line, _ in hits(reader(text))] == lines
