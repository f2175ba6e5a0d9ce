"""Merges findings with one cause: a line from which several objects come, or a namespace that lacks something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from promote.checks.findings import Finding, Verdict
from promote.system import printable

_SHOWN = 3  # other objects in a message


def merged(verdict: Verdict) -> Verdict:
    """The verdict with one finding per cause, in the order of the first ones.

    The same finding of several objects, from the same line of a file, is one that lists these `objects`. So are all
    findings of one rule about one namespace.
    """
    groups: dict[tuple[Any, ...], list[Finding]] = {}
    for number, finding in enumerate(verdict.findings):
        groups.setdefault(_cause(finding) or (number,), []).append(finding)
    return replace(verdict, findings=tuple(_one(group) for group in groups.values()))


def _cause(finding: Finding) -> tuple[Any, ...]:
    """What findings of one cause have in common; empty for a finding that nothing else may share."""
    common = (finding.rule, finding.level, finding.target, finding.waiver, finding.status)
    if finding.resource.kind == "Namespace" and finding.resource.api_version == "v1":
        return (*common, finding.resource)
    if finding.source is None:
        return ()
    who = f"{finding.resource.kind}/{finding.resource.name}: "
    # The message is the same except for the name. Several faults in one line are several causes.
    said = finding.message.removeprefix(who) if finding.message.startswith(who) else ""
    return (*common, finding.source, finding.container, finding.fix, said) if said else ()


def _one(group: Sequence[Finding]) -> Finding:
    first = group[0]
    if len(group) == 1:
        return first
    objects = tuple(dict.fromkeys(one.resource for one in group))
    if len(objects) > 1:
        others = printable.some_of([f"{who.kind}/{who.name}" for who in objects[1:]], _SHOWN)
        return replace(first, message=f"{first.message} (and {others})", objects=objects)
    about = f"{first.resource.kind}/{first.resource.name}: "
    messages = dict.fromkeys(one.message.removeprefix(about) for one in group)
    fixes = dict.fromkeys(one.fix for one in group)
    return replace(first, message=about * first.message.startswith(about) + "; ".join(messages), fix="; ".join(fixes))
