"""`promote merge NUMBER`: merges a pull request if the merged result, not only its branch, passes the checks."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import dataclass, field

from promote.commands import options
from promote.commands.result import Result
from promote.forge.protocol import Method
from promote.output import outcomes
from promote.promotion.merge import merge
from promote.repository.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for; without a method, the one of promote.yaml."""

    number: int
    environment: str = ""
    method: Method | None = None
    despite: Mapping[str, str] = field(default_factory=dict)


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("number", type=int, metavar="NUMBER", help="the pull request")
    how = "how (forge.merge of promote.yaml)"
    where = "the pull request is in the repository of this environment (the one that promote runs in)"
    options.option(parser, "--environment", metavar="ENV", default="", help=where)
    options.option(parser, "--method", choices=("merge", "squash", "rebase"), help=how)
    options.despite(parser)


def run(given: Options) -> Result:
    """Check what the merge would leave on the shared branch, then merge; exit 3 where that is denied."""
    workspace = Workspace.here()
    done = merge(workspace, given.number, given.method, given.despite, given.environment)
    return Result(outcomes.merged_json(done), outcomes.merged_text(done), 0 if done.is_merged else 3)
