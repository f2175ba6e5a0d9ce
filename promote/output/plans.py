"""What a command found, as JSON that other programs rely on, and as text for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from promote.checks.findings import Verdict
from promote.forge.protocol import PullRequest
from promote.model import Change, Plan, Revision, Version, shortened
from promote.output import wording
from promote.output.gates import gate_json, gate_line
from promote.output.verdicts import finding_json, introduced_text
from promote.promotion.deliver import Published
from promote.promotion.facts import measured
from promote.promotion.proposal import Proposal

Json = dict[str, Any]


def version_json(version: Version) -> Json:
    """A version as JSON."""
    return {"tag": version.tag, "digest": version.digest}


def change_json(change: Change) -> Json:
    """A change as JSON."""
    return {
        "service": change.service,
        "image": change.image,
        "old": version_json(change.old),
        "new": version_json(change.new),
    }


def plan_json(plan: Plan, published: Published, verdict: Verdict | None = None) -> Json:
    """A plan, what was found in it and what became of it, as JSON."""
    pull = published.pull_request
    return {
        "from": plan.source,
        "to": plan.target,
        "changes": [change_json(change) for change in plan.changes],
        "gates": [gate_json(gate) for gate in plan.gates],
        **measured(plan),
        "unmoved": list(plan.unmoved),
        "shared": list(plan.shared),
        "findings": [finding_json(finding) for finding in verdict.findings] if verdict else [],
        "branch": published.branch,
        "commit": published.commit,
        "pull_request": pull and pull_json(pull),
        "changed": published.changed,
    }


def pull_json(pull: PullRequest) -> Json:
    """A pull request as JSON."""
    return {"number": pull.number, "url": pull.url}


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
    width = max(len(change.service) for change in plan.changes)
    old = [shortened(str(change.old)) for change in plan.changes]
    lines = [
        f"  {change.service:{width}}  {was:{max(map(len, old))}} → {shortened(str(change.new))}"
        for change, was in zip(plan.changes, old, strict=True)
    ]
    gates = [f"  {gate_line(gate)}" for gate in plan.gates]
    return [
        *_notes(plan),
        f"{_edge(plan)}: {len(plan.changes)} to change",
        *lines,
        *(f"  {remark}" for remark in plan.remarks),
        *gates,
    ]


def _edge(plan: Plan) -> str:
    return f"{plan.source} → {plan.target}" if plan.source else plan.target


def _nothing(plan: Plan) -> str:
    what = "everything that can be moved" if plan.unmoved else "all of this"
    return f"nothing to do: {plan.target} has {what} already"


def _notes(plan: Plan) -> list[str]:
    return [*(f"note: {note}" for note in plan.notes), *(f"not moved: {line}" for line in plan.unmoved)]


def proposal_text(proposal: Proposal) -> list[str]:
    """The plan, the rendered proof and the verdict of a proposal."""
    return [*plan_text(proposal.plan), *proof_text(proposal)]


def proof_text(proposal: Proposal) -> list[str]:
    """The rendered proof and the verdict of a proposal."""
    lines: list[str] = []
    if proposal.differences:
        shown = (shortened(line) for line in wording.diff_lines(proposal.differences))
        lines += ["", "rendered difference:", *(f"  {line}" for line in shown)]
    if proposal.verdict is not None:
        lines += ["", "checks:", *(f"  {line}" for line in introduced_text(proposal.verdict))]
    return lines


def published_text(published: Published) -> list[str]:
    """Where a change went."""
    lines: list[str] = []
    if published.commit:
        verb = "already there" if published.kept else "pushed"
        lines += ["", f"{verb}: {published.commit[:12]} on {published.branch}"]
    if pull := published.pull_request:
        lines.append(f"pull request #{pull.number}: {pull.title} ({pull.url})")
    return lines


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
