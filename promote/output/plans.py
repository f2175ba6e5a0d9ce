"""What a command found, as JSON that other programs rely on, and as text for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promote.changes.proposal import Proposal
from promote.checks.findings import UNRENDERED, Verdict
from promote.model import Plan, Revision, shortened
from promote.output import carried, wording
from promote.output.values import Json, change_json, gate_json, gate_line, pull_json, setting_json, version_json
from promote.output.verdicts import finding_json, introduced_text
from promote.promotion.deliver import Published
from promote.proof.facts import measured


def plan_json(plan: Plan, published: Published, verdict: Verdict | None = None) -> Json:
    """A plan, what was found in it and what became of it, as JSON."""
    return {
        "from": plan.source,
        "to": plan.target,
        "changes": [change_json(change) for change in plan.changes],
        "gates": [gate_json(gate) for gate in plan.gates],
        **measured(plan),
        "unmoved": list(plan.unmoved),
        "unused": [change_json(change) for change in plan.unused],
        "shared": list(plan.shared),
        "settings": [setting_json(setting) for setting in plan.settings],
        "findings": [finding_json(finding) for finding in verdict.findings] if verdict else [],
        **published_json(published),
    }


def published_json(published: Published) -> Json:
    """Where a change went, as JSON; with its repository, unless that is the one that promote runs in."""
    pull = published.pull_request
    return {
        "branch": published.branch,
        **({"repository": published.repository} if published.repository else {}),
        "commit": published.commit,
        "pull_request": pull and pull_json(pull),
        "changed": published.changed,
    }


def proposal_json(proposal: Proposal, published: Published) -> Json:
    """A proposal and what became of it, as JSON; where it changes several environments, with a list of all `targets`.

    Then `to` and `changes` are of all environments that were named, `gates` and `findings` of all that change.
    """
    plan, every = proposal.plan, proposal.every
    answer = plan_json(plan, published, proposal.verdict)
    if len(every) == 1:
        return answer
    each = [plan_json(one.plan, published, one.verdict) | {"layered_on": one.layered_on or None} for one in every]
    named = [one for one in each if not one["layered_on"]]
    unknown = dict.fromkeys(plan.facts) if len(named) > 1 else {}
    return answer | unknown | {
        "to": ", ".join(one["to"] for one in named),
        "changes": [change for one in named for change in one["changes"]],
        "gates": [gate for one in each for gate in one["gates"]],
        "findings": [finding for one in each for finding in one["findings"]],
        "settings": [setting for one in named for setting in one["settings"]],
        "targets": each,
    }  # fmt: skip


def revision_json(revision: Revision, services: Mapping[str, str]) -> Json:
    """A revision as JSON."""
    return {
        "revision": revision.number,
        "commit": revision.commit,
        "when": revision.when,
        "author": revision.author,
        "subject": revision.subject,
        "changed": sorted(services.get(name, name) for name in revision.changed),
        "images": [
            {
                "service": services.get(image.name, image.name),
                "image": image.reference,
                **version_json(image.version),
            }
            for image in revision.images
        ],
    }


def plan_text(plan: Plan) -> list[str]:
    """A plan for people, one line a change."""
    if not plan.changes:
        return [*_notes(plan), _nothing(plan)]
    edge = f"{plan.source} → {plan.target}" if plan.source else plan.target
    return [*_notes(plan), f"{edge}: {len(plan.changes)} to change", *_changes(plan)]


def _changes(plan: Plan) -> list[str]:
    width = max((len(change.service) for change in plan.changes), default=0)
    old = [shortened(str(change.old)) or "none" for change in plan.changes]
    lines = [
        f"  {change.service:{width}}  {was:{max(map(len, old))}} → {shortened(str(change.new))}"
        for change, was in zip(plan.changes, old, strict=True)
    ]
    remarks = [f"  {remark}" for remark in plan.remarks]
    gates = [f"  {gate_line(gate)}" for gate in plan.gates]
    return [*lines, *(f"  {line}" for line in carried.lines(plan)), *remarks, *gates]


def _nothing(plan: Plan) -> str:
    if plan.is_empty:
        return f"nothing to do: no version of an image was found in {plan.source} or {plan.target}"
    what = "everything that can be moved" if plan.unmoved or plan.unused or plan.lacks else "all of this"
    return f"nothing to do: {plan.target} has {what} already"


def _notes(plan: Plan) -> list[str]:
    lines = [*(f"note: {note}" for note in plan.notes), *(f"not moved: {line}" for line in plan.unmoved)]
    return [*lines, wording.left_out(plan)] if plan.unused else lines


def proposal_text(proposal: Proposal) -> list[str]:
    """The plan, the rendered proof and the verdict of a proposal, for each environment that it changes."""
    rest = [line for one in proposal.also for line in ["", *_plan_of(one), *proof_text(one)]]
    return [*plan_text(proposal.plan), *proof_text(proposal), *rest]


def plans_text(proposal: Proposal) -> list[str]:
    """The plan of a proposal for each environment that it changes."""
    rest = [line for one in proposal.also for line in ["", *_plan_of(one)]]
    return [*plan_text(proposal.plan), *rest]


def _plan_of(proposal: Proposal) -> list[str]:
    if not proposal.layered_on:
        return plan_text(proposal.plan)
    return [f"also changes {wording.layered(proposal)}:", *_changes(proposal.plan)]


def proof_text(proposal: Proposal) -> list[str]:
    """The rendered proof and the verdict of a proposal."""
    lines: list[str] = []
    if proposal.differences:
        shown = (shortened(line) for line in wording.diff_lines(proposal.differences))
        lines += ["", "rendered difference:", *(f"  {line}" for line in shown)]
    if proposal.verdict is not None:
        if any(one.rule == UNRENDERED for one in proposal.verdict.findings):
            lines += ["", f"{wording.NO_PROOF}."]
        lines += ["", "checks:", *(f"  {line}" for line in introduced_text(proposal.verdict))]
    return lines


def place_text(published: Published) -> str:
    """A commit and the branch that it is on, for people."""
    inside = f" of {published.repository}" if published.repository else ""
    return f"{(published.commit or '')[:12]} on {published.branch}{inside}"


def published_text(published: Published) -> list[str]:
    """Where a change went."""
    lines: list[str] = []
    if published.commit:
        verb = "already there" if published.kept else "pushed"
        lines += ["", f"{verb}: {place_text(published)}"]
    if pull := published.pull_request:
        lines.append(f"pull request #{pull.number}: {pull.title} ({pull.url})")
    return lines


def edited_text(proposal: Proposal, published: Published) -> list[str]:
    """Which files of the checkout were edited; nothing where the change was committed."""
    if not published.changed or published.commit:
        return []
    return [f"edited {', '.join(proposal.files)}; look at it with `git diff`, then commit"]


def history_text(revisions: Sequence[Revision], services: Mapping[str, str]) -> list[str]:
    """Revisions, newest first, each with what it moved."""
    lines = []
    for revision in reversed(revisions):
        lines.append(f"{revision.number:4}  {revision.when[:16]}  {revision.commit[:12]}  {revision.subject}")
        moved = [image for image in revision.images if image.name in revision.changed]
        names = [services.get(image.name, image.name) for image in moved]
        width = max(map(len, names), default=0)
        lines += [
            f"      {name:{width}}  {shortened(str(image.version))}" for name, image in zip(names, moved, strict=True)
        ]
    return lines or ["no revision yet"]
