"""What makes two findings the same one, although lines, positions in lists and generated names have moved."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable

from promote.checks import Finding

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
