"""Semantic versions as tags of images, and ranges of them.

Precedence is that of https://semver.org/spec/v2.0.0.html#spec-item-11. Ranges have the operators that Flux and
Argo CD Image Updater read, too: https://github.com/Masterminds/semver#checking-version-constraints.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

_NUMBER = r"0|[1-9][0-9]*"
_PRE = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_VERSION = re.compile(rf"v?({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_PRE}))?")
# `1.4`, `1.x` and `*` leave out numbers.
_PART = rf"(?:\.({_NUMBER}|[xX*]))?"
_COMPARATOR = re.compile(rf"(>=|=>|<=|=<|!=|~>|[><=~^])?\s*v?({_NUMBER}|[xX*]){_PART}{_PART}(?:-({_PRE}))?")
_HYPHEN = re.compile(r"(\S+)\s+-\s+(\S+)")
_ENDING = re.compile(r"\s*,\s*|\s+|$")
_ALIASES = {"=>": ">=", "=<": "<=", "~>": "~"}
_NUMBERS = 3
_BEFORE, _AT, _AFTER = 0, 1, 2

PreRelease = tuple[tuple[int, int, str], ...]
Place = tuple["Precedence", int]


class InvalidRange(ValueError):
    """A text that is not a range; its own text says what is wrong."""


class Precedence(NamedTuple):
    """Where a version is in the order of all versions; a pre-release is before its release."""

    numbers: tuple[int, ...]
    is_release: bool = True
    pre: PreRelease = ()


_START: Place = (Precedence((0, 0, 0), False), _BEFORE)


def precedence(tag: str) -> Precedence | None:
    """The precedence of a tag such as 1.4.0, v1.4.0 or 1.4.0-rc.1; None for one that is not a whole version.

    Tags such as `1.4` and `1` are not: registries move them to other versions.
    """
    found = _VERSION.fullmatch(tag)
    if found is None:
        return None
    numbers = tuple(int(one) for one in found.groups()[:_NUMBERS])
    if found[4] is None:
        return Precedence(numbers)
    parts = found[4].split(".")
    if any(one.isdecimal() and len(one) > 1 and one.startswith("0") for one in parts):
        return None
    # Numbers are before texts, and texts are in the order of ASCII.
    return Precedence(numbers, False, tuple((0, int(one), "") if one.isdecimal() else (1, 0, one) for one in parts))


@dataclass(frozen=True, slots=True)
class _Interval:
    """All that lies between two places; `upper` is None where there is no end."""

    lower: Place
    upper: Place | None = None

    def has(self, version: Precedence) -> bool:
        return self.lower < (version, _AT) and (self.upper is None or (version, _AT) < self.upper)


@dataclass(frozen=True, slots=True)
class _Alternative:
    """Comparators that must all hold; each is a list of intervals, one of which must have the version."""

    comparators: tuple[tuple[_Interval, ...], ...]
    names_pre_release: bool

    def has(self, version: Precedence) -> bool:
        if not (version.is_release or self.names_pre_release):
            return False
        return all(any(one.has(version) for one in intervals) for intervals in self.comparators)


@dataclass(frozen=True, slots=True)
class Range:
    """A set of versions."""

    alternatives: tuple[_Alternative, ...]

    @classmethod
    def parse(cls, text: str) -> Range:
        """Read a range such as `>=1.4 <2`, `^1.4`, `~1.4.2`, `1.x` or `1.2 - 1.4 || 2.0.1`; raises InvalidRange.

        A pre-release is in it only where one of the versions next to each other in it is a pre-release. A bound
        without one leaves out those of that version: 2.0.0-rc.1 is not in `<2`.
        """
        return cls(tuple(_alternative(part) for part in text.split("||")))

    def has(self, version: Precedence) -> bool:
        """Whether a version is in it."""
        return any(one.has(version) for one in self.alternatives)


def _alternative(text: str) -> _Alternative:
    text = text.strip()
    if hyphen := _HYPHEN.fullmatch(text):
        text = f">={hyphen[1]} <={hyphen[2]}"
    comparators, is_pre, at = [], False, 0
    while at < len(text):
        found = _COMPARATOR.match(text, at)
        ending = _ENDING.match(text, found.end()) if found else None
        if found is None or ending is None:
            raise InvalidRange(f"'{text[at:]}' does not begin with a version such as >=1.4, ^1.4.2 or 1.x")
        comparators.append(_intervals(found[1] or "=", found.groups()[1:4], found[5]))
        is_pre = is_pre or found[5] is not None
        at = ending.end()
    if not comparators:
        raise InvalidRange("a range is empty: write one such as >=1.4 <2")
    return _Alternative(tuple(comparators), is_pre)


def _intervals(operator: str, written: Sequence[str | None], pre: str | None) -> tuple[_Interval, ...]:
    """The versions that one comparator allows."""
    numbers = [int(one) for one in itertools.takewhile(str.isdecimal, (one or "" for one in written))]
    if len(numbers) < _NUMBERS and (
        pre is not None or any(one and one.isdecimal() for one in written[len(numbers) :])
    ):
        raise InvalidRange("a version with a pre-release has three numbers, and none of them follows an x")
    whole = (*numbers, 0, 0, 0)[:_NUMBERS]
    exact = Precedence(whole) if pre is None else precedence(f"{'.'.join(map(str, whole))}-{pre}")
    if exact is None:
        raise InvalidRange(f"'{pre}' is not a pre-release: no number in it begins with 0")
    first: Place = (exact, _BEFORE)
    floor = (exact._replace(is_release=False), _BEFORE)
    end = (exact, _AFTER) if len(numbers) == _NUMBERS else _next(numbers)
    above = [_Interval(end)] if end else []
    # What may not change for `^` is up to the first number that is not zero.
    fixed = next((at for at, one in enumerate(numbers) if one), len(numbers) - 1) + 1
    return tuple({
        ">=": [_Interval(first)],
        ">": above,
        "<": [_Interval(_START, floor)],
        "<=": [_Interval(_START, end)],
        "!=": [_Interval(_START, first), *above],
        "^": [_Interval(first, _next(numbers[:fixed]))],
        "~": [_Interval(first, _next(numbers[:2]))],
        "=": [_Interval(first, end)],
    }[_ALIASES.get(operator, operator)])  # fmt: skip


def _next(numbers: Sequence[int]) -> Place | None:
    """Where the versions end that begin with these numbers; None for no numbers, which all versions begin with."""
    if not numbers:
        return None
    whole = (*numbers[:-1], numbers[-1] + 1, 0, 0)[:_NUMBERS]
    return Precedence(whole, False), _BEFORE
