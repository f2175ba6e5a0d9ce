"""`promote pin ENV`: adds to every image that has only a tag the digest that the registry has for it."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass

from promote.commands import editing, options
from promote.commands.editing import Editing
from promote.commands.result import Result
from promote.oci.client import Registries
from promote.output import wording
from promote.promotion import pin
from promote.promotion.deliver import branch_of
from promote.promotion.pin import Request
from promote.repository.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Editing):
    """What the command line asked for."""

    only: Sequence[str] = ()
    exclude: Sequence[str] = ()


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    options.environment(parser)
    options.repeated(parser, "--only", metavar="NAME", help="only this image or service (repeatable)")
    options.repeated(parser, "--exclude", metavar="NAME", help="not this image or service (repeatable)")
    editing.arguments(parser)


def run(given: Options) -> Result:
    """Edit the checkout's files or, with --commit or --pr, the shared branch; with the proof and checks of a bump."""
    workspace = Workspace.here()
    request = Request(
        given.environment, given.only, given.exclude, given.allow_other_changes, given.despite, given.lands
    )
    resolve = Registries(workspace.config.registries).pinned
    branch = branch_of("pin", workspace.known(given.environment))
    return editing.run(
        given, workspace, lambda tip, tree: pin.propose(workspace, tip, tree, request, resolve), branch, wording.pin
    )
