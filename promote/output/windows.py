"""What a sync engine is given of the freeze windows, as JSON, as text, and as the message of a commit."""

from __future__ import annotations

from promote.changes.trailers import SOURCE, TARGET
from promote.output import markup, plans, wording
from promote.output.values import Json
from promote.output.verdicts import identity_json
from promote.promotion.deliver import Published, Wording
from promote.promotion.windows import Windows
from promote.system import durations, printable
from promote.windows import app_project


def windows_json(found: Windows, published: Published) -> Json:
    """The windows or suspensions and what became of them, as JSON."""
    return {
        "path": found.path,
        "windows": [dict(one) for one in found.entries],
        "suspensions": [
            {
                "resource": identity_json(one.identity),
                "environment": one.environment,
                "suspended": one.now,
                "wanted": one.wanted,
            }
            for one in found.suspensions
        ],
        "renew": found.renew and durations.moment(found.renew),
        "notes": list(found.notes),
        "files": list(found.files),
        **plans.published_json(published),
    }


def windows_text(found: Windows) -> list[str]:
    """The windows as the lines of an AppProject, or each Kustomization with what it is and should be."""
    text = [f"note: {note}" for note in found.notes]
    if found.suspensions:
        text += [
            f"{one.identity}: suspend is {_word(one.now)}, and should be {_word(one.wanted)} ({one.environment})"
            for one in found.suspensions
        ]
    else:
        text += (
            ["syncWindows:", *app_project.lines(found.entries)] if found.entries else ["no freeze, no sync window"]
        )
    if found.renew:
        text.append(f"# Run this again by {found.renew:%Y-%m-%d}: a schedule has no year.")
    return text


def _word(suspended: bool) -> str:
    return "true" if suspended else "false"


def described(found: Windows) -> Wording:
    """What the change says of itself: commit and pull request."""
    moved = [one for one in found.suspensions if one.now != one.wanted]
    if moved:
        names = ", ".join(dict.fromkeys(one.environment for one in moved))
        title = f"{'suspend' if moved[0].wanted else 'resume'}: {names}"
        lines = [f"{one.identity} suspend: {_word(one.now)} -> {_word(one.wanted)}" for one in moved]
    else:
        title = f"windows: {found.path}"
        lines = app_project.lines(found.entries) or ["no freeze"]
    trailers = [(TARGET, found.path), (SOURCE, found.tip.commit)]
    message = wording.message(title, lines, trailers)
    body = [f"**{markup.inline(title)}**", "", *markup.block(lines, "yaml"), ""]
    return Wording(printable.one_line(title), message, "\n".join(body))
