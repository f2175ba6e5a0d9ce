"""`promote drift FROM TO`: in what two environments differ, by version and, on request, in all that is rendered."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import dataclass

from promote.commands import options
from promote.commands.result import Result
from promote.output import outcomes
from promote.promotion.drift import drift
from promote.repository.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for."""

    source: str
    target: str
    manifests: bool = False


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("source", metavar="FROM", help="one environment")
    parser.add_argument("target", metavar="TO", help="the other one")
    options.option(parser, "--manifests", action="store_true", help="also compare everything that they render")


def run(given: Options) -> Result:
    """Compare two environments on the shared branch; exit 1 where they differ."""
    workspace = Workspace.here()
    tip = workspace.local_tip()
    with workspace.at(tip.commit) as tree:
        found = drift(tree, given.source, given.target, given.manifests)
    differs = bool(found.images or found.manifests or found.unmoved)
    return Result(outcomes.drift_json(found, tip.commit), outcomes.drift_text(found), int(differs))
