"""The commands of a section of the runbook, carried out on servers that stand for the pods."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from tests.manifests.commands import RUNBOOK, commands


def follow(section: str, actions: dict[str, Callable[[], str]], execute: Callable[[list[str]], str]) -> str:
    """Do all that a section says, in its order: kubectl's words by `actions`, what runs in a pod by `execute`."""
    steps = [each.text for each in commands(RUNBOOK, "kubectl") if each.section == section]
    assert steps, f"the runbook has no section {section!r}"
    said = []
    for step in steps:
        command, inside, program = step.partition(" -- ")
        if inside:
            said.append(execute(shlex.split(program)))
        else:
            [action] = [do for words, do in actions.items() if command.startswith(f"kubectl {words} ")]
            said.append(action())
    return "\n".join(said)
