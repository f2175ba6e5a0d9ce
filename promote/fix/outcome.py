"""What the fixer hands back: the bytes of the files that change, and what becomes of each finding."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from promote.checks.findings import Finding, Verdict


@dataclass(frozen=True, slots=True)
class Refusal:
    """A finding that was not fixed, and why; if a patch of one overlay can fix it, the file for it and its lines."""

    finding: Finding
    reason: str
    file: str = ""
    patch: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """The files that change, with their bytes before and after; the fixed and refused findings; the verdicts."""

    files: Mapping[str, tuple[bytes, bytes]]
    corrected: tuple[Finding, ...]
    refused: tuple[Refusal, ...]
    before: Verdict
    after: Verdict

    def diff(self) -> list[str]:
        """The changes as a patch that `git apply` takes."""
        return [line for name, (old, new) in self.files.items() for line in _diff(name, old.decode(), new.decode())]


def _diff(name: str, old: str, new: str) -> Iterator[str]:
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), f"a/{name}", f"b/{name}"
    )
    for line in lines:
        yield line.removesuffix("\n")
        if not line.endswith("\n"):
            yield "\\ No newline at end of file"
