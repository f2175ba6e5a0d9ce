"""`promote bump ENV NAME=VERSION…`: set versions in one environment, in the checkout or by a commit."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import dataclass, field

from promote.commands import options
from promote.commands.result import Result
from promote.oci.client import Registries
from promote.output import plans, wording
from promote.promotion import bump
from promote.promotion.bump import Request
from promote.promotion.deliver import Delivery, deliver, edit_checkout
from promote.repository.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for; `versions` are the texts NAME=TAG[@DIGEST]."""

    environment: str
    versions: tuple[str, ...]
    commit: bool = False
    pr: bool = False
    dry_run: bool = False
    add: bool = False
    resolve: bool = False
    allow_other_changes: bool = False
    despite: Mapping[str, str] = field(default_factory=dict)


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    options.environment(parser)
    parser.add_argument("versions", nargs="+", metavar="NAME=TAG[@DIGEST]", help="the version to set")
    options.option(parser, "--resolve", action="store_true", help="ask the registries for the digests of the tags")
    options.delivery(parser)
    options.dry_run(parser)
    options.add(parser)
    options.allow_others(parser)
    options.despite(parser)


def run(given: Options) -> Result:
    """Edit the checkout's file or, with --commit or --pr, the shared branch; the same proof and checks."""
    wanted = bump.parse_versions(given.versions)
    workspace = Workspace.here()
    lands = given.commit and not given.pr
    resolve = Registries(workspace.config.registries).pinned if given.resolve else None
    request = Request(given.environment, wanted, given.allow_other_changes, given.despite, lands, given.add, resolve)
    if given.commit or given.pr:
        branch = bump.branch_of(workspace.known(given.environment), wanted) if given.pr else None
        proposal, published = deliver(
            workspace,
            Delivery(branch, dry_run=given.dry_run),
            lambda tip, tree: bump.propose(workspace, tip, tree, request),
            wording.bump,
        )
    else:
        proposal, published = edit_checkout(
            workspace, lambda tip, tree: bump.propose(workspace, tip, tree, request), dry_run=given.dry_run
        )
    text = [*plans.proposal_text(proposal), *plans.published_text(published), *plans.edited_text(proposal, published)]
    code = 0 if published.changed else proposal.exit_code
    return Result(plans.proposal_json(proposal, published), text, code)
