"""`promote bump ENV NAME=VERSION…`: set versions in one environment, in the checkout or by a commit.

With `--newest`, they are the newest ones that the registries have.
"""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import dataclass

from promote.commands import editing, options
from promote.commands.editing import Editing
from promote.commands.result import Result
from promote.errors import UsageError
from promote.oci.client import Registries
from promote.output import wording
from promote.promotion import bump, newest
from promote.promotion.bump import Request
from promote.promotion.deliver import branch_of
from promote.repository.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Editing):
    """What the command line asked for; `versions` are the texts NAME=TAG[@DIGEST] or, with `newest`, names."""

    versions: tuple[str, ...]
    add: bool = False
    resolve: bool = False
    newest: bool = False


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    options.environment(parser)
    what = "the version to set; with --newest, NAME alone or nothing"
    parser.add_argument("versions", nargs="*", metavar="NAME=TAG[@DIGEST]", help=what)
    options.option(parser, "--resolve", action="store_true", help="ask the registries for the digests of the tags")
    followed = "the newest version in the registry of each image that has a row of `follow` in promote.yaml"
    options.option(parser, "--newest", action="store_true", help=followed)
    options.add(parser)
    editing.arguments(parser)


def run(given: Options) -> Result:
    """Edit the checkout's file or, with --commit or --pr, the shared branch; the same proof and checks."""
    if given.newest:
        return _newest(given)
    if not given.versions:
        raise UsageError("name a version as NAME=TAG, such as api-gateway=1.5.0, or use --newest")
    wanted = bump.parse_versions(given.versions)
    workspace = Workspace.here()
    resolve = Registries(workspace.config.registries).pinned if given.resolve else None
    request = Request(
        given.environment, wanted, given.allow_other_changes, given.despite, given.lands, given.add, resolve
    )
    branch = branch_of("bump", workspace.known(given.environment), "-".join(sorted(wanted)))
    return editing.run(
        given, workspace, lambda tip, tree: bump.propose(workspace, tip, tree, request), branch, wording.bump
    )


def _newest(given: Options) -> Result:
    if given.add or (equals := [one for one in given.versions if "=" in one]):
        wrong = "--add" if given.add else f"'{equals[0]}'"
        raise UsageError(f"{wrong} does not go with --newest, which takes names of images that have a version")
    workspace = Workspace.here()
    request = newest.Request(given.environment, given.versions, given.allow_other_changes, given.despite, given.lands)
    registries = Registries(workspace.config.registries)
    # One for all images, and one for each choice of names.
    branch = branch_of("bump", workspace.known(given.environment), "+".join(["newest", *sorted(given.versions)]))
    return editing.run(
        given, workspace, lambda tip, tree: newest.propose(workspace, tip, tree, request, registries), branch,
        wording.bump,
    )  # fmt: skip
