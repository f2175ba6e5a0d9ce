"""Text from outside, escaped for the Markdown of a forge: it has no markup there, and mentions nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable

from promote.system import printable

# A character reference for a space without a width: it separates what a forge would join to a mention or a link.
_APART = "&#8203;"
_WRITTEN = str.maketrans(
    {"&": "&amp;", "<": "&lt;", "|": "&#124;", "`": "&#96;", "\0": _APART}
    | {character: f"\\{character}" for character in "\\*[]~"}
)
# Within a word it has no meaning.
_UNDERSCORE = re.compile(r"\b_|_\b|(?<=\W)_|_(?=\W)|^_|_$")
_LINKS = re.compile(r"(?<=@)|(?<=[#!])(?=[0-9])|(?<=:)(?=//)|(?<=www)(?=\.)|(?<=\bGH-)(?=[0-9])", re.IGNORECASE)


def inline(text: str) -> str:
    """`text` on one line of Markdown that shows exactly these characters: no markup, HTML, link or mention."""
    line = _LINKS.sub("\0", printable.one_line(text))
    return _UNDERSCORE.sub(r"\\_", line.translate(_WRITTEN))


def code(text: str, *, cell: bool = False) -> str:
    """`text` as code on one line; in a `cell` of a table without the character that ends one."""
    line = printable.one_line(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    padding = " " if line.startswith("`") or line.endswith("`") or not line else ""
    return f"{fence}{padding}{line.replace('|', '¦') if cell else line}{padding}{fence}"


def block(lines: Iterable[str], language: str) -> list[str]:
    """`lines` as a block of code, one line each."""
    shown = [printable.shown(line).replace("\n", "\\n") for line in lines]
    fence = "`" * max(3, 1 + max((len(run) for line in shown for run in re.findall("`+", line)), default=0))
    return [f"{fence}{language}", *shown, fence]
