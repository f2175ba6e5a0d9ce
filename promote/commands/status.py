"""`promote status`: the versions of every environment, what waits, is open or held; what runs with --live."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import dataclass

from promote.commands import options
from promote.commands.result import Result
from promote.errors import ConfigError, UsageError
from promote.output.overview import overview_json, overview_text
from promote.promotion import overview
from promote.repository.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Options:
    """With `live`, the environment whose cluster is asked, and where that is."""

    environment: str | None = None
    live: bool = False
    kubeconfig: str | None = None
    context: str | None = None


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("environment", nargs="?", metavar="ENV", help="with --live, the environment to look at")
    options.option(parser, "--live", action="store_true", help="ask its cluster what runs, and compare it with Git")
    options.cluster(parser)


def run(given: Options) -> Result:
    """The versions of each environment on the shared branch, pending promotions, open pull requests and holds.

    Exit 2 where an environment cannot be read, after the others. With --live, what one environment really runs;
    exit 1 where that is not what the shared branch says.
    """
    workspace = Workspace.here()
    if given.live:
        return _live(workspace, given)
    if given.environment:
        raise UsageError(f"add --live to ask the cluster of {given.environment}, or leave out the environment")
    seen = overview.read(workspace)
    return Result(overview_json(seen), overview_text(seen), ConfigError.exit_code if seen.versions.errors else 0)


def _live(workspace: Workspace, given: Options) -> Result:
    if not given.environment:
        raise UsageError("--live asks the cluster of one environment: name it")
    # Imported here: clusters are seldom asked, and the client of Kubernetes takes longer than all else.
    from promote.cluster.client import Address
    from promote.live import observed
    from promote.output import live as output

    wanted = observed.expected(workspace, workspace.branches.local_tip(), given.environment)
    through = observed.reach(wanted.environment, Address(given.kubeconfig, given.context))
    seen = observed.look(workspace, wanted, through)
    return Result(output.live_json(seen), output.live_text(seen), int(bool(seen.differences)))
