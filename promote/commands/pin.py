"""`promote pin ENV`: the digest of its tag for every image that has a tag alone, as the registries say."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from promote.commands import options
from promote.commands.result import Result
from promote.oci.client import Registries
from promote.output import plans, wording
from promote.promotion import pin
from promote.promotion.deliver import Delivery, deliver, edit_checkout
from promote.promotion.pin import Request
from promote.repository.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for."""

    environment: str
    only: Sequence[str] = ()
    exclude: Sequence[str] = ()
    commit: bool = False
    pr: bool = False
    dry_run: bool = False
    allow_other_changes: bool = False
    despite: Mapping[str, str] = field(default_factory=dict)


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    options.environment(parser)
    options.repeated(parser, "--only", metavar="NAME", help="only this image or service (repeatable)")
    options.repeated(parser, "--exclude", metavar="NAME", help="not this image or service (repeatable)")
    options.delivery(parser)
    options.dry_run(parser)
    options.allow_others(parser)
    options.despite(parser)


def run(given: Options) -> Result:
    """Edit the checkout's files or, with --commit or --pr, the shared branch; with the proof and checks of a bump."""
    workspace = Workspace.here()
    lands = given.commit and not given.pr
    request = Request(given.environment, given.only, given.exclude, given.allow_other_changes, given.despite, lands)
    registries = Registries(workspace.config.registries)
    if given.commit or given.pr:
        branch = pin.branch_of(workspace.known(given.environment)) if given.pr else None
        proposal, published = deliver(
            workspace,
            Delivery(branch, dry_run=given.dry_run),
            lambda tip, tree: pin.propose(workspace, tip, tree, request, registries.pinned),
            wording.pin,
        )
    else:
        proposal, published = edit_checkout(
            workspace,
            lambda tip, tree: pin.propose(workspace, tip, tree, request, registries.pinned),
            dry_run=given.dry_run,
        )
    text = [*plans.proposal_text(proposal), *plans.published_text(published), *plans.edited_text(proposal, published)]
    code = 0 if published.changed else proposal.exit_code
    return Result(plans.proposal_json(proposal, published), text, code)
