"""`promote hold ENV NAME=VERSION`: refuses one version from now on."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import dataclass

from promote.commands import options
from promote.commands.result import Result
from promote.output import outcomes
from promote.promotion import holding
from promote.repository.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for; `version` is the text NAME=TAG[@DIGEST]."""

    environment: str
    version: str
    reason: str = ""


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    options.environment(parser)
    parser.add_argument("version", metavar="NAME=TAG[@DIGEST]", help="the version to refuse")
    options.option(parser, "--reason", default="", metavar="TEXT", help="why (required)")


def run(given: Options) -> Result:
    """Set the hold by one commit on the branch of the environment."""
    workspace = Workspace.here()
    done = holding.hold(workspace, given.environment, given.version, given.reason)
    return Result(
        outcomes.holding_json(done, given.environment),
        outcomes.holding_text(done, "hold", given.environment),
    )
