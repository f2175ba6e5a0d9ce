"""Versions, changes, settings, gates and pull requests as JSON that other programs rely on, and gates as text."""

from __future__ import annotations

from typing import Any

from promote.forge.protocol import PullRequest
from promote.model import Change, GateResult, Hold, SettingChange, Version
from promote.system import durations

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


def hold_json(hold: Hold) -> Json:
    """A hold as JSON."""
    return {"environment": hold.environment, "image": hold.image, **version_json(hold.version), "reason": hold.reason}


def setting_json(setting: SettingChange) -> Json:
    """A setting that moves with a version as JSON."""
    return {
        "service": setting.service,
        "file": setting.file,
        "path": setting.path or None,
        "diff": list(setting.diff),
    }


def pull_json(pull: PullRequest) -> Json:
    """A pull request as JSON."""
    return {"number": pull.number, "url": pull.url}


def why(gate: GateResult) -> str:
    """Why a gate is open or closed, in words that stay the same until something changes."""
    return gate.reason + (f"; despite it: {gate.despite}" if gate.despite else "")


def gate_json(gate: GateResult) -> Json:
    """What a gate says, as JSON."""
    return {
        "name": gate.name,
        "subject": gate.subject,
        "passed": gate.passed,
        "reason": gate.reason,
        "until": gate.until and durations.moment(gate.until),
        "despite": gate.despite,
    }


def gate_line(gate: GateResult) -> str:
    """What a gate says, for people."""
    about = f"{gate.name} {gate.subject}" if gate.subject != gate.name else gate.name
    return f"{'passed' if gate.passed else 'CLOSED'} {about}: {why(gate)}"
