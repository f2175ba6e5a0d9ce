"""`promote drift FROM TO`: in what two environments differ, by version and, on request, in all that is rendered."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import dataclass
from functools import cache

from promote.commands import options
from promote.commands.result import Result
from promote.output import outcomes
from promote.promotion import promote
from promote.promotion.drift import drift
from promote.promotion.promote import Edge
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
    tip = workspace.branches.local_tip()
    with workspace.at(tip) as tree:
        edges, notes = promote.of_apps(tree, Edge(given.source, given.target))
        history = cache(lambda: workspace.histories(tree.config.environments.values(), tip))
        found = [drift(tree, one.source, one.target, given.manifests, history) for one in edges]
    differs = bool(notes) or any(one.images or one.manifests or one.unmoved for one in found)
    shown = [outcomes.drift_json(one, tip.commit) for one in found]
    text = [*notes, *(line for one in found for line in outcomes.drift_text(one))]
    whole = {"from": given.source, "to": given.target, "commit": tip.commit, "notes": notes, "apps": shown}
    is_one = [(one.source, one.target) for one in edges] == [(given.source, given.target)]
    return Result(shown[0] if is_one else whole, text, int(differs))
