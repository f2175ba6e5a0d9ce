"""`promote verify SHA`: whether a commit changes versions of images and nothing else."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import dataclass

from promote.commands.result import Result
from promote.errors import CheckDenied
from promote.output import outcomes
from promote.promotion.verify import verify
from promote.repository.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for; any name of a commit."""

    commit: str


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("commit", metavar="SHA", help="the commit, by any name that Git knows")


def run(given: Options) -> Result:
    """Derive the commit again from its first parent, and compare bytes and rendering; exit 3 where it does more."""
    found = verify(Workspace.here(), given.commit)
    code = CheckDenied.exit_code if found.faults else 0
    return Result(outcomes.verification_json(found), outcomes.verification_text(found), code)
