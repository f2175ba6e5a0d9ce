"""Text from outside as it may be shown: what would move a cursor, hide or reorder text is written as an escape.

A commit subject, a title, a name, a reason, a file name or a server's message may hold any character.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# C0 except tab and line feed, DEL and C1; marks and overrides of direction, and isolates; line and paragraph
# separators; characters without a width, tags and the selectors of variants that no font has; halves of characters.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
# How programs that run a command in CI recognise orders in its output: https://github.com/actions/runner and others.
_ORDER = re.compile(r"^(\s*):(?=:)|#(?=#\w*\[)")


def shown(text: str) -> str:
    """`text` with `\\x1b` or `\\u202e` for each character that a terminal must not get; tabs and lines stay."""
    return _HIDDEN.sub(_escaped, text)


def one_line(text: str) -> str:
    """`text` as one line, with single spaces, and escapes as `shown` writes them."""
    return shown(" ".join(text.split()))


def some_of(names: Sequence[str], most: int) -> str:
    """The first names, `most` of them, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def number_of(number: int, noun: str) -> str:
    """The number with its noun, which gets an `s` unless there is one."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def json_escaped(text: str) -> str:
    """The JSON `text` with the same characters as JSON's own escapes, which change no value."""
    return _HIDDEN.sub(lambda found: _halves(ord(found[0])), text)


def harmless(line: str, *, json: bool = False) -> str:
    """A line of output in which no runner of CI sees an order, such as `::add-mask::` or `##[error]`."""
    colon, hash_sign = ("\\u003a", "\\u0023") if json else ("\\x3a", "\\x23")
    return _ORDER.sub(lambda found: hash_sign if found[0] == "#" else found[1] + colon, line)


def _escaped(found: re.Match[str]) -> str:
    number = ord(found[0])
    if number < 0x100:  # noqa: PLR2004 what has two digits
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"  # noqa: PLR2004


def _halves(number: int) -> str:
    if number < 0x10000:  # noqa: PLR2004
        return f"\\u{number:04x}"
    return f"\\u{0xD800 + (number - 0x10000 >> 10):04x}\\u{0xDC00 + (number & 0x3FF):04x}"
