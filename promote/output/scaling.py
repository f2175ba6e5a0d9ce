"""How many pods services have in Git, and what a change of that carries into Git and onto a forge."""

from __future__ import annotations

from collections.abc import Sequence

from promote.changes.trailers import SOURCE, TARGET
from promote.cluster.workloads import Workload
from promote.output import markup, plans, wording
from promote.output.markup import code, inline
from promote.output.values import Json
from promote.output.verdicts import finding_json, identity_json, introduced_text
from promote.promotion.deliver import Published, Wording
from promote.promotion.scale import Move, Pods, Row, Scaling
from promote.system import printable


def described(change: Scaling) -> Wording:
    """What the change says of itself: commit and pull request."""
    name, moves = change.environment.name, change.moves
    title = printable.one_line(f"scale: {name} ({_brief(moves)})")
    lines = [f"{one.owner} {one.path} {one.old} -> {one.new}" for one in moves]
    trailers = [(TARGET, name), (SOURCE, change.tip.commit)]
    rows = [
        f"| {inline(one.service)} | {inline(one.owner.kind)} {code(one.path, cell=True)} | {one.old} | {one.new} |"
        for one in moves
    ]
    body = [
        f"**{inline(title)}**", "", wording.verdict_line(change.verdict), "", "| service | number | from | to |",
        "|---|---|---|---|", *rows, "", *wording.findings(change.verdict),
        "<details><summary>What changes in the rendered manifests</summary>", "",
        *markup.block(wording.diff_lines(change.differences), "diff"), "", "</details>", "",
        f"Undo it after the merge: {code(f'promote scale {name} --all --default')} "
        "returns every service to its default.", "",
    ]  # fmt: skip
    return Wording(title, wording.message(title, lines, trailers), "\n".join(body))


def _brief(moves: Sequence[Move]) -> str:
    if not moves:
        return "nothing differs from the defaults"
    more = f", +{len(moves) - 1}" if len(moves) > 1 else ""
    return f"{moves[0].service} {moves[0].old}→{moves[0].new}{more}"


def change_json(change: Scaling, published: Published) -> Json:
    """A change of replicas and what became of it, as JSON."""
    return {
        "environment": change.environment.name,
        "changes": [
            {"service": one.service, "resource": identity_json(one.owner), "path": one.path, "old": one.old,
             "new": one.new}
            for one in change.moves
        ],
        "files": list(change.files),
        "findings": [finding_json(finding) for finding in change.verdict.findings] if change.verdict else [],
        **plans.published_json(published),
    }  # fmt: skip


def change_text(change: Scaling) -> list[str]:
    """A change of replicas: its numbers, the rendered proof and the verdict."""
    lines = [f"note: {note}" for note in change.notes]
    if not change.files:
        return [*lines, f"nothing to do: {change.environment.name} has these numbers already"]
    lines += [f"{one.service}: {one.old} → {one.new} ({one.owner.kind} {one.path})" for one in change.moves]
    lines += [f"{'deletes' if data is None else 'changes'} {path}" for path, data in change.files.items()]
    if change.differences:
        lines += ["", "rendered difference:", *(f"  {line}" for line in wording.diff_lines(change.differences))]
    if change.verdict is not None:
        lines += ["", "checks:", *(f"  {line}" for line in introduced_text(change.verdict))]
    return lines


def status_json(environment: str, rows: Sequence[Row], live: Pods | None) -> Json:
    """How many pods each service has in Git and, where that was asked, in the cluster, as JSON."""
    return {
        "environment": environment,
        "services": [
            {
                "service": row.service.name,
                "kind": row.service.workload.kind,
                "default": row.default,
                "numbers": [
                    {
                        "resource": identity_json(one.owner),
                        "path": one.path,
                        "minimum": one.least,
                        "maximum": one.most,
                    }
                    for one in row.service.numbers
                ],
                **({} if live is None else {"live": _live_json(live[row.service.workload])}),
            }
            for row in rows
        ],
    }


def _live_json(workload: Workload | None) -> Json | None:
    return {"replicas": workload.replicas, "ready": len(workload.ready)} if workload else None


def status_text(rows: Sequence[Row], live: Pods | None) -> list[str]:
    """How many pods each service has, as a table; a number that is not the default one says so."""
    # Imported here: programs ask for JSON.
    from tabulate import tabulate

    cells = [
        [
            row.service.name,
            one.least,
            "-" if one.most is None else one.most,
            "" if row.default in (None, one.least) else row.default,
            *([] if live is None else [_ready(live[row.service.workload])]),
            f"{one.owner.kind} {one.owner.name}",
        ]
        for row in rows
        for one in row.service.numbers
    ]
    headers = ["service", "minimum", "maximum", "default", *([] if live is None else ["ready"]), "decided by"]
    table = tabulate(cells, headers, "plain", disable_numparse=True, preserve_whitespace=False)
    return [line.rstrip() for line in table.splitlines()]


def _ready(workload: Workload | None) -> str:
    return f"{len(workload.ready)}/{workload.replicas}" if workload else "-"
