"""Versions, changes, settings and pull requests as JSON that other programs rely on."""

from __future__ import annotations

from typing import Any

from promote.forge.protocol import PullRequest
from promote.model import Change, SettingChange, Version

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
