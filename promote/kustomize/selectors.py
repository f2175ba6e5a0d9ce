"""Patterns of a patch's target, which anybody may write: matched as kustomize does, but never for long.

Kustomize's patterns (https://github.com/google/re2/wiki/Syntax) take time in proportion to the text. Those of Python
may take longer than anybody waits, so only what cannot is tried.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_LONGEST_PATTERN, _LONGEST_TEXT = 1_000, 300  # characters; the name of an object has 253 at most
_MOST = 3  # repetitions that a text may be divided among, and groups
_ONE = re.compile(r"\\.|\[\^?\]?[^\]]*\]", re.DOTALL)  # what stands for one character, whatever it has in it
_REPEATED_GROUP = re.compile(r"\)[*+?{]")


def matches(pattern: str, texts: Collection[str]) -> bool:
    """Whether the pattern matches one of the texts as a whole.

    False for a pattern that is not valid or not simple, and for a text that is too long for a name.
    """
    try:
        return _is_quick(pattern) and any(re.fullmatch(pattern, text) for text in texts if len(text) <= _LONGEST_TEXT)
    except re.error:
        return False


def _is_quick(pattern: str) -> bool:
    """Whether Python tries few ways to match: each takes longer by the length of the text for each repetition."""
    if len(pattern) > _LONGEST_PATTERN:
        return False
    plain = _ONE.sub("x", pattern)
    groups = plain.count("(")
    # Only one alternative at a time takes part, unless groups follow one another.
    parts = [plain] if groups else plain.split("|")
    repetitions = max(len(re.findall(r"[*+?{]", part)) for part in parts)
    return groups <= _MOST and repetitions <= _MOST and not _REPEATED_GROUP.search(plain)
