"""Denials for what a check did not see.

The verdict is never better than what was seen: every document that was rendered must be validated by every
schema set and evaluated by at least one rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from promote.checks.findings import NOWHERE, UNRENDERED, Finding, Level, Target, Verdict, in_order
from promote.errors import RenderError
from promote.model import Identity, Source

# A folder `policies` may have Rego files that other programs evaluate.
_NO_RULES = (
    "point `policies:` in promote.yaml at rules in packages below `rules`, "
    "or rename the folder `policies` to use those that come with promote"
)


def unseen(target: Target, validated: Mapping[str, int], expected: int = 1) -> list[Finding]:
    """Denials for every document that some stage did not see, and for missing ones of the `expected` rules."""
    if target.documents == 0:
        nothing = f"{target.name}: no document was rendered"
        return [Finding("check.nothing", "deny", target.name, NOWHERE, nothing, "name a folder that holds manifests")]
    faults = []
    if not target.rules:
        faults.append(("check.no_rules", "no rule was evaluated", _NO_RULES))
    elif len(target.rules) < expected:
        count = f"{len(target.rules)} of {expected} rules were evaluated"
        faults.append(("check.no_rules", count, "give every package under `rules` a deny or a warn"))
    if target.evaluated != target.documents and target.rules:
        count = f"{target.evaluated} of {target.documents} documents were evaluated by the rules"
        faults.append(("check.unevaluated", count, "report this: a document must not escape the rules"))
    for number in sorted(set(validated.values()) - {target.documents}):
        versions = ", ".join(version for version, seen in validated.items() if seen == number)
        count = f"{number} of {target.documents} documents were validated against Kubernetes {versions}"
        faults.append(("check.unvalidated", count, "see the findings `schema.*` of the same target"))
    return [
        Finding(rule, "deny", target.name, NOWHERE, f"{target.name}: {fault}", fix) for rule, fault, fix in faults
    ]


def unrendered(target: str, path: str, error: RenderError, level: Level = "deny") -> Verdict:
    """The verdict on a target that could not be rendered; a warning where promote.yaml accepts that."""
    source = Source(*error.place) if error.place else None
    remedy = "fix it, then check again: no rule has judged it" if level == "deny" else "read the change yourself"
    problem = str(error) if level == "deny" else error.problem
    finding = Finding(UNRENDERED, level, target, NOWHERE, problem, remedy, source=source)
    return Verdict((Target(target, path, 0, 0, 0),), (finding,))


def beside(verdict: Verdict, others: Iterable[Verdict]) -> Verdict:
    """The verdict, and the targets and findings of others."""
    for one in others:
        findings = in_order([*verdict.findings, *one.findings])
        verdict = replace(verdict, targets=(*verdict.targets, *one.targets), findings=findings)
    return verdict


def repeated(identities: Iterable[Identity], target: str) -> list[Finding]:
    """A denial for every object that is defined more than once: only the last would reach the cluster."""
    return [
        Finding("check.repeated", "deny", target, who, f"{who} is defined {number} times", "keep one definition")
        for who, number in Counter(identities).items()
        if number > 1
    ]


def skipped(files: Iterable[tuple[str, str]], target: str) -> list[Finding]:
    """A denial for every file or folder that could not be judged, each with the reason."""
    found = []
    for name, reason in files:
        place = RenderError(reason).place
        fix = f"fix it, or leave it out by name with `--skip {name}`"
        source = Source(*place) if place else None
        found.append(Finding("check.skipped", "deny", target, NOWHERE, f"{reason} (not judged)", fix, source=source))
    return found


def unread(files: Iterable[str], target: str) -> list[Finding]:
    """A warning for every file that looks like a manifest and is not called like one."""
    fix = "end its name in .yaml, .yml or .json, or keep it elsewhere"
    return [
        Finding("check.unread", "warn", target, NOWHERE, f"{file} looks like a manifest and was not read", fix)
        for file in files
    ]
