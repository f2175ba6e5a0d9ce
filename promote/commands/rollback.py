"""`promote rollback ENV`: earlier images, restored by one commit and held against coming back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from promote import history, holds, message, plan, report, workflow
from promote.commands.result import Result
from promote.config import Environment
from promote.errors import Blocked, UsageError
from promote.history import Revision
from promote.holds import Hold
from promote.model import Change, Image, Plan
from promote.workflow import Delivery, Proposal, Wording
from promote.workspace import Tip, Tree, Workspace

Move = tuple[Image, Image]  # from what ran when the rollback was asked for, to what it restores


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for; `to` is a revision's number, `to_commit` any commit."""

    environment: str
    services: tuple[str, ...] = ()
    everything: bool = False
    to: int | None = None
    to_commit: str | None = None
    reason: str = ""
    pr: bool = False
    dry_run: bool = False
    allow_other_changes: bool = False


def run(options: Options) -> Result:
    """Restore the images in one commit on the shared branch, or by a pull request with --pr."""
    if options.services and options.everything:
        raise UsageError("name services or --all, not both")
    if not options.services and not options.everything:
        raise UsageError(f"name the services to roll back, or --all for all of {options.environment}")
    if options.to is not None and options.to_commit is not None:
        raise UsageError("name the revision by --to or by --to-commit, not by both")
    workspace = Workspace.here()
    branch = f"rollback/{workspace.config.known(options.environment).replace('/', '-')}" if options.pr else None
    first: dict[str, Move] = {}
    proposal, published = workflow.deliver(
        workspace,
        Delivery(branch, dry_run=options.dry_run),
        lambda tip, tree: _propose(workspace, tip, tree, options, first),
        _describe,
    )
    text = [*report.proposal_text(proposal), *report.published_text(published)]
    code = 0 if published.changed else workflow.exit_code(proposal)
    return Result(report.plan_json(proposal.plan, published, proposal.verdict), text, code)


def _describe(proposal: Proposal) -> Wording:
    name = proposal.environment.name
    title = message.subject("rollback", name, proposal.plan.changes)
    trailers = [("Promoted-To", name), ("Rollback-Of", proposal.tip.commit)]
    return Wording(title, trailers, f"promote release {name}, then promote again")


def _propose(workspace: Workspace, tip: Tip, tree: Tree, options: Options, first: dict[str, Move]) -> Proposal:
    environment = tree.environment(options.environment)
    known = workspace.history(tip.commit, environment)
    present = tree.images(environment)
    if not first:
        wanted = _wanted(workspace, tree, environment, known, options)
        first |= {image.name: (image, wanted[image.name]) for image in present if image.name in wanted}
    path, data = workflow.edited(tree, environment, _as_at_first(present, first))
    changes = workflow.changes_of(tree, environment, data)
    gates = workflow.hold_gates(tree, environment, changes)
    made = Plan("", environment.name, changes, gates, (tip.note,) if tip.note else ())
    if not changes:
        return Proposal(tip, environment, made, {})
    held = holds.add(tree.read(holds.FILE_NAME), _holds(environment, changes, options.reason))
    files = {path: data, holds.FILE_NAME: held}
    return workflow.prove(tip, tree, environment, made, files, options.allow_other_changes)


def _as_at_first(present: Sequence[Image], first: Mapping[str, Move]) -> Mapping[str, Image]:
    """What the first try wanted, also after a race was lost since.

    Whoever asks for a rollback means the version that ran then: a rival's rollback of the same version
    must not make ours go one further back. Raises Blocked when a third version runs by now.
    """
    now = {image.name: image for image in present}
    for name, move in first.items():
        if now.get(name) not in move:
            raise Blocked(
                f"{name} was moved to {now[name].version if name in now else 'nothing'} while its rollback from "
                f"{move[0].version} was planned: look at `promote history` and decide again"
            )
    return {name: image for name, (_, image) in first.items()}


def _wanted(
    workspace: Workspace, tree: Tree, environment: Environment, known: Sequence[Revision], options: Options
) -> Mapping[str, Image]:
    """By image name, the earlier image to restore."""
    present = tree.images(environment)
    standing = tree.holds()

    def refused(image: Image) -> bool:
        return any(hold.refuses(environment.name, image.name, image.version) for hold in standing)

    goal = _goal(workspace, known, options)
    if options.everything:
        revision = goal or history.earlier_set(known, refused)
        names = {image.name for image in present}
        return {image.name: image for image in revision.images if image.name in names}
    names = {name for given in options.services for name in plan.resolve(given, present, tree.config.services)}
    if goal is None:
        return {name: history.earlier(known, name, refused) for name in names}
    return {name: _of(goal, name) for name in names}


def _goal(workspace: Workspace, known: Sequence[Revision], options: Options) -> Revision | None:
    if options.to is not None:
        return history.numbered(known, options.to)
    if options.to_commit is not None:
        commit = workspace.repository.resolve(options.to_commit)
        return history.at_commit(known, commit, workspace.repository.is_ancestor)
    return None


def _of(revision: Revision, name: str) -> Image:
    image = revision.image(name)
    if image is None:
        raise UsageError(f"revision {revision.number} did not have {name}: choose a later one")
    return image


def _holds(environment: Environment, changes: Sequence[Change], reason: str) -> list[Hold]:
    today = datetime.now(UTC).date().isoformat()
    return [
        Hold(environment.name, one.image, one.old, reason or f"rolled back to {one.new.tag or one.new}", today)
        for one in changes
    ]
