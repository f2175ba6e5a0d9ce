"""Shared by commands that change versions in the checkout or, with --commit or --pr, on the shared branch."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from promote.changes.proposal import Proposal
from promote.commands import options
from promote.commands.result import Result
from promote.output import plans
from promote.promotion.deliver import Delivery, Published, Wording, deliver, edit_checkout
from promote.repository.tree import Tree
from promote.repository.workspace import Tip, Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Editing:
    """What the command line asked for: in which environment, where the change goes, and what it may do."""

    environment: str
    commit: bool = False
    pr: bool = False
    dry_run: bool = False
    allow_other_changes: bool = False
    despite: Mapping[str, str] = field(default_factory=dict)

    @property
    def lands(self) -> bool:
        """Whether the change goes onto the shared branch without a pull request."""
        return self.commit and not self.pr


def arguments(parser: ArgumentParser) -> None:
    """Add the options of all these commands."""
    options.delivery(parser)
    options.dry_run(parser)
    options.allow_others(parser)
    options.despite(parser)


def run(
    given: Editing,
    workspace: Workspace,
    propose: Callable[[Tip, Tree], Proposal],
    branch: str,
    describe: Callable[[Proposal], Wording],
) -> Result:
    """Edit the checkout's files or publish the change, with the same proof and checks; `branch` is that of --pr."""
    if given.commit or given.pr:
        delivery = Delivery(branch if given.pr else None, dry_run=given.dry_run)
        proposal, published = deliver(workspace, delivery, propose, describe)
    else:
        proposal, published = edit_checkout(workspace, propose, dry_run=given.dry_run)
    return result(proposal, published)


def result(proposal: Proposal, published: Published) -> Result:
    """A proposal and its outcome; a change that was made is a success, also if a reason let it pass a gate."""
    text = [*plans.proposal_text(proposal), *plans.published_text(published), *plans.edited_text(proposal, published)]
    code = 0 if published.changed else proposal.exit_code
    return Result(plans.proposal_json(proposal, published), text, code)
