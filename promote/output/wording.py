"""The texts that a change carries into Git and onto a forge: written once, from the same facts."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from promote.changes.proposal import Proposal
from promote.changes.trailers import SOURCE, TARGET, Trailers
from promote.checks.findings import UNRENDERED, Verdict
from promote.kustomize.differences import Difference
from promote.model import Change, Plan, Version
from promote.output import carried, markup
from promote.output.markup import code, inline
from promote.output.values import why
from promote.promotion.deliver import Wording
from promote.system import printable

_TRAILER = re.compile(r"^[A-Za-z0-9-]+\s*:")
_LONGEST_SUBJECT = 200  # characters: GitLab takes titles of 255, GitHub of 256
_DIGEST_SHOWN = 19  # "sha256:" and twelve digits tell two images apart


def subject(verb: str, where: str, changes: Sequence[Change]) -> str:
    """One line: the verb, the environments, and the first change of how many."""
    first = f"{changes[0].service} {shift(changes[0])}"
    more = f", +{len(changes) - 1}" if len(changes) > 1 else ""
    said = printable.one_line(f"{verb}: {where} ({first}{more})")
    return said if len(said) <= _LONGEST_SUBJECT else f"{said[: _LONGEST_SUBJECT - 1]}…"


def shift(change: Change) -> str:
    """`1.4.0→1.5.0`, the digests where the tag stays, and `renamed` where both do."""
    if change.old.tag == change.new.tag and not change.old.digest and change.new.digest:
        return f"{change.new.tag}@{_digest(change.new)}"
    if change.old == change.new:
        return "renamed"
    if change.old.tag != change.new.tag:
        return f"{_brief(change.old)}→{_brief(change.new)}"
    return f"{_digest(change.old)}→{_digest(change.new)}"


def promotion(proposal: Proposal) -> Wording:
    """What a promotion says of itself."""
    app, source, targets = proposal.environment.app, proposal.plan.source, _stages(proposal)
    source = source.removesuffix(f"/{app}") if app else source
    title = subject("promote", f"{source} → {', '.join(targets)}", _changes(proposal))
    trailers = [("Promoted-From", source), *((TARGET, each) for each in _named(proposal))]
    return _wording(proposal, title, trailers, " && ".join(f"promote rollback {each} --all" for each in targets))


def bump(proposal: Proposal) -> Wording:
    """What a bump says of itself."""
    names, (name, *_) = _named(proposal), _stages(proposal)
    title = subject("bump", name, _changes(proposal))
    return _wording(proposal, title, [(TARGET, each) for each in names], f"promote rollback {name}")


def pin(proposal: Proposal) -> Wording:
    """What a pin says of itself."""
    name = proposal.environment.name
    return _wording(proposal, subject("pin", name, proposal.plan.changes), [(TARGET, name)], "git revert COMMIT")


def rollback(proposal: Proposal) -> Wording:
    """What a rollback says of itself."""
    names, (name, *_) = _named(proposal), _stages(proposal)
    title = subject("rollback", name, _changes(proposal))
    trailers = [*((TARGET, each) for each in names), ("Rollback-Of", proposal.tip.commit)]
    return _wording(proposal, title, trailers, f"promote release {name}, then promote again")


def _named(proposal: Proposal) -> list[str]:
    """The environments that change and were named, not those that are layered on them."""
    return [one.environment.name for one in proposal.every if not one.layered_on and one.plan.changes]


def _stages(proposal: Proposal) -> list[str]:
    """The same as promote.yaml calls them; an app alone is one, too."""
    named = [one.environment for one in proposal.every if not one.layered_on and one.plan.changes]
    often = Counter(one.stage for one in named)
    return list(dict.fromkeys(one.stage if often[one.stage] > 1 else one.name for one in named))


def _changes(proposal: Proposal) -> list[Change]:
    return [change for one in proposal.every if not one.layered_on for change in one.plan.changes]


def _wording(proposal: Proposal, title: str, trailers: Trailers, undo: str) -> Wording:
    """The same facts three times: `undo` is the command that takes the change back."""
    every = [*trailers, *proposal.overrides, (SOURCE, proposal.tip.commit)]
    plan, also = proposal.plan, proposal.also
    text = body(title, plan, proposal.verdict, proposal.differences, undo, also)
    return Wording(title, commit(title, plan.changes, every, _more(proposal)), text)


def commit(title: str, changes: Iterable[Change], trailers: Trailers, more: Iterable[str] = ()) -> str:
    """A commit message: title, one line an image, and trailers, which are evidence but never read as state.

    `more` are lines about further environments.
    """
    return message(title, [*(_line(change) for change in changes), *more], trailers)


def _line(change: Change) -> str:
    return f"{change.image} {change.old} -> {change.new}"


def _more(proposal: Proposal) -> list[str]:
    """The settings that a change moves, and what it does to further environments, in a line each or one an image."""
    lines = carried.of_commit(one.plan for one in proposal.every)
    for one in proposal.also:
        if one.layered_on:
            lines.append(f"also changes {layered(one)}")
        else:
            lines += [f"{_line(change)} in {one.plan.target}" for change in one.plan.changes]
    return lines


def layered(proposal: Proposal) -> str:
    """An environment that changes because it is layered on another one, or shares files with it."""
    files = ", ".join(proposal.shared)
    how = f"built from {files} too" if files else f"layered on {proposal.layered_on}"
    return f"{proposal.environment.name}, which is {how}"


def message(title: str, lines: Iterable[str], trailers: Trailers) -> str:
    """A commit message of these lines, none of which is more than one line or looks like a trailer."""
    said = [_TRAILER.sub(r" \g<0>", printable.one_line(line)) for line in lines]
    listed = [f"{key}: {printable.one_line(value)}" for key, value in trailers]
    return "\n".join([printable.one_line(title), "", *said, *([""] if said else []), *listed, ""])


def body(
    title: str,
    plan: Plan,
    verdict: Verdict | None,
    differences: Sequence[Difference],
    undo: str,
    also: Sequence[Proposal] = (),
) -> str:
    """The body of a pull request in Markdown; a forge that takes less cuts it. `also` are more environments."""
    said = [inline(f"Also changes {layered(one)}.") for one in also if one.layered_on]
    said += [f"**{inline(plan.target)}**"] if any(not one.layered_on for one in also) else []
    lines = [
        f"**{inline(title)}**", "", *(line for each in said for line in (each, "")),
        verdict_line(verdict), "", *_table(plan.changes), "", *carried.section(plan), *_gates(plan), *_beyond(plan),
        *findings(verdict),
        *_rendered(differences), *(line for one in also for line in _section(one)),
        f"Undo it after the merge: {code(undo)}", "",
    ]  # fmt: skip
    return "\n".join(lines)


def _section(proposal: Proposal) -> list[str]:
    """What a change does to one more environment."""
    plan, verdict = proposal.plan, proposal.verdict
    name = layered(proposal) if proposal.layered_on else plan.target
    return [
        f"**{inline(name)}**", "", verdict_line(verdict), "", *_table(plan.changes), "",
        *carried.section(plan), *_gates(plan), *_beyond(plan), *findings(verdict), *_rendered(proposal.differences),
    ]  # fmt: skip


def _rendered(differences: Sequence[Difference]) -> list[str]:
    if not differences:
        return []
    return [
        "<details><summary>What changes in the rendered manifests</summary>", "",
        *markup.block(diff_lines(differences), "diff"), "", "</details>", "",
    ]  # fmt: skip


NO_PROOF = "There is no rendered proof, and no rule has judged the result: kustomize cannot build this here"


def verdict_line(verdict: Verdict | None) -> str:
    """What the checks said, in one sentence."""
    if verdict is None:
        return "The checks did not run."
    if any(one.rule == UNRENDERED for one in verdict.findings):
        return f"⚠️ **{NO_PROOF}**: read the changed lines yourself"
    seen = printable.number_of(sum(target.documents for target in verdict.targets), "document")
    if verdict.denied:
        return f"❌ {counted(verdict)}, {seen} checked"
    if verdict.count("deny"):
        return f"✅ nothing new is denied: {counted(verdict)}, {seen} checked"
    return f"✅ {seen} validated and evaluated, {counted(verdict).partition(', ')[2]}"


def counted(verdict: Verdict) -> str:
    """How many findings there are of each kind."""
    waived = f", {verdict.waived} waived" if verdict.waived else ""
    return f"{verdict.count('deny')} denied, {printable.number_of(verdict.count('warn'), 'warning')}{waived}"


def diff_lines(differences: Iterable[Difference]) -> list[str]:
    """The rendered differences in the manner of a diff, a header an object."""
    lines: list[str] = []
    last = None
    for difference in differences:
        if difference.resource != last:
            lines.append(f"@@ {printable.one_line(str(difference.resource))}")
            last = difference.resource
        path = printable.one_line(difference.path)
        lines += [f"- {line}" for line in _value(path, difference.old)]
        lines += [f"+ {line}" for line in _value(path, difference.new)]
    return lines


def _value(path: str, value: object) -> list[str]:
    if value is None:
        return []
    if path and not isinstance(value, dict | list):
        # Line by line, each behind its sign: a line "```" in a value must not end the block.
        return f"{path}: {value}".splitlines()
    text = json.dumps(value, indent=2, ensure_ascii=False).splitlines()
    return [f"{path}:", *text] if path else text


def _table(changes: Iterable[Change]) -> list[str]:
    rows = [f"| {inline(one.service)} | {_cell(one.old)} | {_cell(one.new)} |" for one in changes]
    return ["| service | from | to |", "|---|---|---|", *rows]


def _beyond(plan: Plan) -> list[str]:
    """What the change leaves, though the environments differ in it."""
    rows = [f"- ⚠️ not moved: {inline(line)}" for line in plan.unmoved]
    rows += [f"- ⚠️ {inline(left_out(plan))}"] if plan.unused else []
    return [*rows, ""] if rows else []


def left_out(plan: Plan) -> str:
    """In one line, which images are left out because nothing that the target renders uses them."""
    return unused(", ".join(f"{one.image} {shift(one).removeprefix('→')}" for one in plan.unused), plan.target)


def unused(names: str, environment: str) -> str:
    """In one line, which items of `images:` nothing that an environment renders uses."""
    why = f"nothing that {environment} renders runs this"
    return f"not in use: {names}: {why}; correct the name in images, or remove the entry"


def _gates(plan: Plan) -> list[str]:
    signs = ["⚠️" if gate.despite else "✅" if gate.passed else "❌" for gate in plan.gates]
    rows = [
        f"- {sign} {gate.name}: {inline(f'{gate.subject}: {why(gate)}')}"
        for sign, gate in zip(signs, plan.gates, strict=True)
    ]
    rows += [
        f"- ⚠️ {name}: {inline(f'{plan.target}: despite it: {reason}')}" for name, reason in plan.overrides.items()
    ]
    return [*rows, ""] if rows else []


def findings(verdict: Verdict | None) -> list[str]:
    """The findings as a list in Markdown, those with a waiver left out, and those from before the change counted."""
    if verdict is None:
        return []
    rows = [
        f"- {'❌' if one.level == 'deny' else '⚠️'} {code(one.rule)}: {inline(one.message)}"
        for one in verdict.findings
        if not one.waiver and one.status != "old"
    ]
    rows += [f"- {line}" for line in old_lines(verdict)]
    return [*rows, ""] if rows else []


def old_lines(verdict: Verdict) -> list[str]:
    """How many findings were there before the change, in one line; nothing where there are none."""
    old = [one for one in verdict.findings if one.status == "old" and not one.waiver]
    names = " ".join(target.name for target in verdict.targets)
    count = "1 finding was" if len(old) == 1 else f"{len(old)} findings were"
    return [f"{count} there before: `promote check {names}` lists them"] if old else []


def _cell(version: Version) -> str:
    return " ".join(code(part, cell=True) for part in (version.tag, _digest(version)) if part)


def _brief(version: Version) -> str:
    return version.tag or _digest(version)


def _digest(version: Version) -> str:
    return (version.digest or "")[:_DIGEST_SHOWN]
