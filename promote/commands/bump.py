"""`promote bump ENV NAME=VERSION…`: set versions in one environment, in the checkout or by a commit."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import dataclass

from promote.commands import editing, options
from promote.commands.editing import Editing
from promote.commands.result import Result
from promote.oci.client import Registries
from promote.output import wording
from promote.promotion import bump
from promote.promotion.bump import Request
from promote.repository.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Editing):
    """What the command line asked for; `versions` are the texts NAME=TAG[@DIGEST]."""

    versions: tuple[str, ...]
    add: bool = False
    resolve: bool = False


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    options.environment(parser)
    parser.add_argument("versions", nargs="+", metavar="NAME=TAG[@DIGEST]", help="the version to set")
    options.option(parser, "--resolve", action="store_true", help="ask the registries for the digests of the tags")
    options.add(parser)
    editing.arguments(parser)


def run(given: Options) -> Result:
    """Edit the checkout's file or, with --commit or --pr, the shared branch; the same proof and checks."""
    wanted = bump.parse_versions(given.versions)
    workspace = Workspace.here()
    resolve = Registries(workspace.config.registries).pinned if given.resolve else None
    request = Request(
        given.environment, wanted, given.allow_other_changes, given.despite, given.lands, given.add, resolve
    )
    branch = bump.branch_of(workspace.known(given.environment), wanted)
    return editing.run(
        given, workspace, lambda tip, tree: bump.propose(workspace, tip, tree, request), branch, wording.bump
    )
