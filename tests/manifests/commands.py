"""The commands that a page of the documentation tells its reader to type."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from tests.manifests.render import REPOSITORY

RUNBOOK = REPOSITORY / "docs/runbook.md"
DEBUG_POD = REPOSITORY / "components/debug-pod/README.md"
_HEADING = re.compile(r"^##+ ", re.MULTILINE)
_BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`((?:kubectl|promote) [^`]+)`")


class Command(NamedTuple):
    """One command, and the heading that it stands below."""

    section: str
    text: str


def commands(page: Path, program: str) -> list[Command]:
    """All commands of a page that start with a program, in blocks and in sentences, in their order."""
    found = []
    for part in _HEADING.split(page.read_text(encoding="utf-8")):
        section = part.partition("\n")[0]
        lines = [line for block in _BLOCK.findall(part) for line in block.replace("\\\n", " ").splitlines()]
        lines = [line.strip() for line in lines]
        spans = _SPAN.findall(_BLOCK.sub("", part))
        found += [Command(section, text) for text in [*lines, *spans] if text.startswith(f"{program} ")]
    return found
