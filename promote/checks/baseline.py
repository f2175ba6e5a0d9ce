"""Which findings are the same, although lines, positions in lists and generated names have moved; which are new."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace

from promote.checks.findings import Base, Finding, Verdict, is_about_seeing
from promote.model import Identity

_DIGITS = 32  # of the hash, enough that no two findings share one


def key(finding: Finding) -> tuple[str, ...]:
    """What stays the same while files are edited around a finding; alike faults of one place share it."""
    who = finding.resource
    place = finding.place or finding.path
    return finding.rule, finding.target, who.kind, who.namespace, who.written_name, finding.container, place


def fingerprints(findings: Iterable[Finding]) -> list[str]:
    """A short name for each of the findings, each name once."""
    before: Counter[tuple[str, ...]] = Counter()
    names = []
    for finding in findings:
        parts = key(finding)
        names.append(hashlib.sha256(json.dumps([*parts, before[parts]]).encode()).hexdigest()[:_DIGITS])
        before[parts] += 1
    return names


def compared(
    verdict: Verdict,
    before: Iterable[Finding],
    base: Base,
    *,
    hides_nothing: bool = False,
    unchanged: Collection[tuple[str, Identity]] = (),
) -> Verdict:
    """The verdict with each finding marked old, if it was among those `before` at least as severely, or new.

    What is gone is listed as fixed. Of similar findings in one place, those with the same message are paired first.
    A finding that something was not inspected is never old, because it may hide anything, unless the caller knows
    that the change `hides_nothing`, or that the object in this target is `unchanged`.
    """
    left = {name: list(found) for name, found in _by_key(before).items()}
    status = dict.fromkeys(verdict.findings, False)
    for same_words in (True, False):
        for finding in verdict.findings:
            is_seen = hides_nothing or (finding.target, finding.resource) in unchanged
            if not status[finding] and (is_seen or not is_about_seeing(finding.rule)):
                status[finding] = _take(left.get(key(finding), []), finding, same_words)
    news = Counter(key(finding) for finding, old in status.items() if not old)
    fixed = [one for name, found in left.items() for one in found[news[name] :]]
    told = tuple(replace(finding, status="old" if old else "new") for finding, old in status.items())
    return replace(verdict, findings=told, base=base, fixed=tuple(fixed))


def _by_key(findings: Iterable[Finding]) -> dict[tuple[str, ...], list[Finding]]:
    found: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        found.setdefault(key(finding), []).append(finding)
    return found


def _take(candidates: list[Finding], finding: Finding, same_words: bool) -> bool:
    """Whether one of `candidates`, which is taken out of them, is `finding` as it was before."""
    for number, one in enumerate(candidates):
        if _weight(one) >= _weight(finding) and (not same_words or one.message == finding.message):
            del candidates[number]
            return True
    return False


def _weight(finding: Finding) -> int:
    """How severe a finding is: a warning that becomes a denial is new, and so is a finding whose waiver ended."""
    return 0 if finding.waiver else 1 if finding.level == "warn" else 2
