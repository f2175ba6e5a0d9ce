"""The texts that a change carries into Git and onto a forge: written once, from the same facts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from promote.checks.findings import Verdict
from promote.kustomize.proof import Difference
from promote.model import Change, Gate, Plan, Version

_DIGEST_SHOWN = 19  # "sha256:" and twelve digits tell two images apart
_DIGEST = re.compile(r"(sha(?:256|512):[0-9a-f]{12})[0-9a-f]{52,116}")


def subject(verb: str, where: str, changes: Sequence[Change]) -> str:
    """One line: the verb, the environments, and the first change of how many."""
    first = f"{changes[0].service} {shift(changes[0])}"
    more = f", +{len(changes) - 1}" if len(changes) > 1 else ""
    return f"{verb}: {where} ({first}{more})"


def shift(change: Change) -> str:
    """`1.4.0→1.5.0`, the digests where the tag stays, and `renamed` where both do."""
    if change.old == change.new:
        return "renamed"
    if change.old.tag != change.new.tag:
        return f"{_brief(change.old)}→{_brief(change.new)}"
    return f"{_digest(change.old)}→{_digest(change.new)}"


def commit(title: str, changes: Iterable[Change], trailers: Sequence[tuple[str, str]]) -> str:
    """A commit message: title, one line an image, and trailers, which are evidence but never read as state."""
    lines = [f"{change.image} {change.old} -> {change.new}" for change in changes]
    return "\n".join([title, "", *lines, "", *(f"{key}: {value}" for key, value in trailers), ""])


def promotion_trailers(plan: Plan) -> list[tuple[str, str]]:
    """What a promotion commit says about how it was made."""
    return [("Promoted-From", plan.source), ("Promoted-To", plan.target)]


def override_trailers(plan: Plan) -> list[tuple[str, str]]:
    """What a commit says about the gates that it passed all the same, and why."""
    passed = {gate.name: gate.despite for gate in plan.gates if gate.despite}
    if excuse := _excuse(plan):
        passed["combination"] = excuse
    return [("Override-Reason", f"{name}: {reason}") for name, reason in passed.items()]


def _excuse(plan: Plan) -> str | None:
    """Why versions may run together that never did, where that would be denied."""
    combination = plan.combination
    denied = combination is not None and combination.required and combination.stay is None
    return plan.despite.get("combination") if denied else None


def why(gate: Gate) -> str:
    """Why a gate stands as it does: the same whenever it is said, until something changes."""
    return gate.reason + (f"; despite it: {gate.despite}" if gate.despite else "")


def body(title: str, plan: Plan, verdict: Verdict | None, differences: Sequence[Difference], undo: str) -> str:
    """The body of a pull request in Markdown; a forge that takes less cuts it."""
    lines = [
        f"**{title}**", "", verdict_line(verdict), "", *_table(plan.changes), "", *_gates(plan), *_findings(verdict),
        "<details><summary>What changes in the rendered manifests</summary>", "", "```diff",
        *diff_lines(differences), "```", "", "</details>", "",
        f"Undo it after the merge: `{undo}`", "",
    ]  # fmt: skip
    return "\n".join(lines)


def verdict_line(verdict: Verdict | None) -> str:
    """What the checks said, in one sentence."""
    if verdict is None:
        return "The checks did not run."
    seen = sum(target.documents for target in verdict.targets)
    if verdict.denied:
        return f"❌ {counted(verdict)}, {seen} documents checked"
    if verdict.count("deny"):
        return f"✅ nothing new is denied: {counted(verdict)}, {seen} documents checked"
    return f"✅ {seen} documents validated and evaluated, {counted(verdict).partition(', ')[2]}"


def counted(verdict: Verdict) -> str:
    """How many findings there are of each kind."""
    waived = f", {verdict.waived} waived" if verdict.waived else ""
    return f"{verdict.count('deny')} denied, {verdict.count('warn')} warnings{waived}"


def diff_lines(differences: Iterable[Difference]) -> list[str]:
    """The rendered differences in the manner of a diff, a header an object."""
    lines: list[str] = []
    last = None
    for difference in differences:
        if difference.resource != last:
            lines.append(f"@@ {difference.resource}")
            last = difference.resource
        lines += [f"- {line}" for line in _value(difference.path, difference.old)]
        lines += [f"+ {line}" for line in _value(difference.path, difference.new)]
    return lines


def _value(path: str, value: object) -> list[str]:
    if value is None:
        return []
    if path and not isinstance(value, dict | list):
        # Line by line, each behind its sign: a line "```" in a value must not end the block.
        return f"{path}: {value}".splitlines()
    text = json.dumps(value, indent=2, ensure_ascii=False).splitlines()
    return [f"{path}:", *text] if path else text


def shortened(text: str) -> str:
    """`text` with twelve digits of every image digest, which fits a terminal; JSON has all of them."""
    return _DIGEST.sub(r"\1", text)


def _table(changes: Iterable[Change]) -> list[str]:
    rows = [f"| {one.service} | {_cell(one.old)} | {_cell(one.new)} |" for one in changes]
    return ["| service | from | to |", "|---|---|---|", *rows]


def _gates(plan: Plan) -> list[str]:
    rows = [f"- {_sign(gate)} {gate.name}: {gate.subject}: {why(gate)}" for gate in plan.gates]
    excuse = _excuse(plan)
    rows += [f"- ⚠️ combination: {plan.target}: despite it: {excuse}"] if excuse else []
    return [*rows, ""] if rows else []


def _sign(gate: Gate) -> str:
    if gate.despite:
        return "⚠️"
    return "✅" if gate.passed else "❌"


def _findings(verdict: Verdict | None) -> list[str]:
    found = verdict.findings if verdict else ()
    rows = [
        f"- {'❌' if one.level == 'deny' else '⚠️'} `{one.rule}`: {one.message}" for one in found if not one.waiver
    ]
    return [*rows, ""] if rows else []


def _cell(version: Version) -> str:
    return " ".join(f"`{part}`" for part in (version.tag, _digest(version)) if part)


def _brief(version: Version) -> str:
    return version.tag or _digest(version)


def _digest(version: Version) -> str:
    return (version.digest or "")[:_DIGEST_SHOWN]
