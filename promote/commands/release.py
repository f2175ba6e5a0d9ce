"""`promote release ENV [NAME…]`: lifts holds, so that the versions can be promoted again."""

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
    """What the command line asked for; without services, all of the environment's holds."""

    environment: str
    services: tuple[str, ...] = ()


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    options.environment(parser)
    parser.add_argument("services", nargs="*", default=[], metavar="NAME", help="services whose holds to lift (all)")


def run(given: Options) -> Result:
    """Lift the holds by one commit on the branch of the environment."""
    workspace = Workspace.here()
    done = holding.release(workspace, given.environment, given.services)
    return Result(
        outcomes.holding_json(done, given.environment),
        outcomes.holding_text(done, "release", given.environment),
    )
