"""Who must notice a mutant: the rule that denies it, or the test that fails, by the table `named.yaml`."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

TABLE = Path(__file__).parent / "named.yaml"


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """Who is named for the mutants whose titles have one of the patterns: rules or tests, or for a reason nobody."""

    mutants: tuple[str, ...]
    by: tuple[str, ...] = ()
    why: str = ""

    def __str__(self) -> str:
        return " or ".join(self.by) or "nobody"

    @property
    def tests(self) -> tuple[str, ...]:
        """Those who are tests."""
        return tuple(each for each in self.by if each.startswith("test_"))

    def fits(self, title: str) -> bool:
        """Whether this is about the mutant."""
        return any(fnmatch.fnmatchcase(title, pattern) for pattern in self.mutants)


NOBODY = Named(())


def table() -> list[Named]:
    """All who are named, in the order in which they are asked: the first that fits a title is the one."""
    entries = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return [Named(tuple(each["mutants"]), tuple(each.get("by", ())), each.get("why", "")) for each in entries]


def named(title: str, entries: Iterable[Named]) -> Named:
    """Who is named for a mutant; NOBODY where nobody thought of it."""
    return next((entry for entry in entries if entry.fits(title)), NOBODY)


def needless(titles: Iterable[str], entries: Sequence[Named]) -> Iterator[str]:
    """The patterns that decide about no mutant."""
    left = list(titles)
    for entry in entries:
        for pattern in entry.mutants:
            rest = [title for title in left if not fnmatch.fnmatchcase(title, pattern)]
            if len(rest) == len(left):
                yield f"{pattern} ({entry})"
            left = rest
