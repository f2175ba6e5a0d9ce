"""`promote policies`: lists every rule, what it denies and how to fix it."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path

from promote.checks import policies
from promote.checks.rules import Rule
from promote.commands.result import Result
from promote.repository import config


@dataclass(frozen=True, slots=True)
class Options:
    """Nothing to choose."""


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    del parser


def run(given: Options) -> Result:
    """The rules of the repository and promote's own checks, by id."""
    del given
    root = config.root_of(Path.cwd())
    folder, _ = policies.choose(root, config.load(root).policies, None)
    known = folder.described(root)
    return Result({"rules": [_json(rule) for rule in known]}, [line for rule in known for line in _text(rule)])


def _json(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "levels": list(rule.levels),
        "general": rule.in_general,
        "severity": rule.severity,
        "profile": rule.profile,
        "title": rule.title,
        "description": rule.description,
        "fix": rule.fix,
        "docs": rule.docs,
        "file": rule.file,
    }


def _text(rule: Rule) -> list[str]:
    kind = f"{'+'.join(rule.levels)}, {rule.severity}, {rule.profile}"
    kind += ", in general only a warning" if rule.only_warns else ""
    lines = [f"{rule.id}  {kind}: {rule.title}", f"    {rule.description}"]
    return [*lines, f"    fix: {rule.fix}", *([f"    see: {rule.docs}"] if rule.docs else [])]
