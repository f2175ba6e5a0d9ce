"""Which tags count as newer versions of an image: the rows of `follow` in promote.yaml."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promote.versions import semver
from promote.versions.semver import InvalidRange, Precedence, Range
from promote.yamltext.validation import Invalid

GROUP = "order"  # the named group of a pattern that has what tags are ordered by
# Numbers with what dates and times have between them; both have no sign and no fraction.
_NUMBERS = re.compile(r"v?([0-9]+(?:[-_.T]+[0-9]+)*)Z?")
_PARTIAL = re.compile(r"v?[0-9]+(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Follow:
    """One row: tags in the range `semver`, or those that `pattern` finds, or both.

    With a pattern, the text in its group `order` is what the range is about or, without one, numbers with `-`, `_`,
    `.` or `T` between them, such as 20260131T1200 or 2026.1.31, the first of which counts most.
    """

    semver: str | None = None
    pattern: str | None = None

    def __str__(self) -> str:
        return " ".join(one for one in (self.pattern, self.semver) if one)

    def range(self) -> Range | None:
        """The range of versions that match, None where the pattern alone decides."""
        return None if self.semver is None else Range.parse(self.semver)

    def order(self, text: str) -> Precedence | None:
        """Where a version is in the order of all; `text` is its tag or, with a pattern, what its group has found.

        None for a text that has no place in this order.
        """
        if self.semver is not None:
            return semver.precedence(text)
        found = _NUMBERS.fullmatch(text)
        return Precedence(tuple(map(int, re.findall("[0-9]+", found[1])))) if found else None

    def order_now(self, text: str) -> Precedence | None:
        """The same for the version that is there, which may also be `1.4`: then it counts as 1.4.0, as for rules."""
        if self.semver is not None and _PARTIAL.fullmatch(text):
            return semver.precedence(text + ".0" * (2 - text.count(".")))
        return self.order(text)

    def newest_first(self, texts: Mapping[str, str | None], now: str) -> Sequence[tuple[Precedence, Sequence[str]]]:
        """The tags that match, by their place in the order; several have the same if nothing says which is newer.

        `texts` are, by tag, what `order` reads. Of 1.4.0 and v1.4.0, that one is taken which is written as `now`.
        """
        allowed = self.range()
        found: dict[Precedence, list[str]] = {}
        for tag, text in texts.items():
            place = self.order(text) if text is not None else None
            if place is not None and (allowed is None or allowed.has(place)):
                found.setdefault(place, []).append(tag)
        has_v = now.startswith("v")
        return [
            (place, [tag for tag in found[place] if tag.startswith("v") == has_v] or found[place])
            for place in sorted(found, reverse=True)
        ]


def rows(entries: Mapping[str, Mapping[str, str]]) -> dict[str, Follow]:
    """The rows of `follow`, by the name of an image or a service; raises Invalid."""
    found = {name: Follow(**entry) for name, entry in entries.items()}
    for name, row in found.items():
        try:
            row.range()
        except InvalidRange as error:
            raise Invalid(["follow", name, "semver"], str(error)) from None
        if problem := _problem(row.pattern):
            raise Invalid(["follow", name, "pattern"], problem)
    return found


def _problem(pattern: str | None) -> str:
    """What is wrong with a pattern; nothing where it is valid."""
    if pattern is None:
        return ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            groups = re.compile(pattern, re.ASCII).groupindex
    except re.error as error:
        return f"it is not a regular expression of Python: {error.msg}"
    except (OverflowError, RecursionError):
        return "it is nested too deeply, or counts too far"
    return "" if GROUP in groups else f"it has no group (?P<{GROUP}>…), by which tags are ordered"
