"""`promote rollback ENV`: earlier images, restored by one commit and held against coming back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from promote.commands.result import Result
from promote.errors import Blocked, ConfigError, UsageError
from promote.model import Change, Image, Plan
from promote.output import plans, wording
from promote.output.wording import shortened
from promote.promotion import selection, workflow
from promote.promotion.workflow import Delivery, Proposal, Wording
from promote.repository import history, holds
from promote.repository.config import Environment
from promote.repository.history import Return, Revision
from promote.repository.holds import Hold
from promote.repository.workspace import Tip, Tree, Workspace
from promote.system import clock

Move = tuple[Image, Image]  # from what ran when the rollback was asked for, to what it restores


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for; `to` is a revision's number, `to_commit` any commit."""

    environment: str
    services: tuple[str, ...] = ()
    everything: bool = False
    to: int | None = None
    to_commit: str | None = None
    again: bool = False
    reason: str = ""
    pr: bool = False
    dry_run: bool = False
    allow_other_changes: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the first try found that is asked for, by image name, and what it left as it is."""

    moves: dict[str, Move] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Scene:
    """What a rollback is decided from: the environment on the tip, and what it ran until then."""

    workspace: Workspace
    tree: Tree
    environment: Environment
    known: Sequence[Revision]
    options: Options

    @property
    def present(self) -> tuple[Image, ...]:
        """What runs now."""
        return self.tree.images(self.environment)

    @property
    def named(self) -> frozenset[str]:
        """The images of the services that are asked for."""
        services = self.tree.config.services
        return frozenset(
            name for given in self.options.services for name in selection.resolve(given, self.present, services)
        )

    def refused(self, image: Image) -> bool:
        """Whether a hold stands against an image now."""
        return self._is_held(self.tree.holds(), image)

    def refused_at(self, commit: str, image: Image) -> bool:
        """Whether a hold stood against an image in the files of a commit; those that nobody could read hold none."""
        with suppress(ConfigError):
            return self._is_held(holds.read(self.workspace.repository.read(commit, holds.FILE_NAME)), image)
        return False

    def _is_held(self, standing: Sequence[Hold], image: Image) -> bool:
        return any(hold.refuses(self.environment.name, image.name, image.version) for hold in standing)


def run(options: Options) -> Result:
    """Restore the images in one commit on the shared branch, or by a pull request with --pr.

    What this same command has done already is not done again: whoever repeats it may not know that it was.
    """
    _insist_on_sense(options)
    workspace = Workspace.here()
    branch = f"rollback/{workspace.config.known(options.environment).replace('/', '-')}" if options.pr else None
    first = Wanted()
    proposal, published = workflow.deliver(
        workspace,
        Delivery(branch, dry_run=options.dry_run),
        lambda tip, tree: _propose(workspace, tip, tree, options, first),
        _describe,
    )
    text = [*plans.proposal_text(proposal), *plans.published_text(published)]
    code = 0 if published.changed else workflow.exit_code(proposal)
    return Result(plans.plan_json(proposal.plan, published, proposal.verdict), text, code)


def _insist_on_sense(options: Options) -> None:
    if options.services and options.everything:
        raise UsageError("name services or --all, not both")
    if not options.services and not options.everything:
        raise UsageError(f"name the services to roll back, or --all for all of {options.environment}")
    if options.to is not None and options.to_commit is not None:
        raise UsageError("name the revision by --to or by --to-commit, not by both")
    if options.again and (options.to is not None or options.to_commit is not None):
        raise UsageError("--again goes one further back: name the revision, or leave --again out")


def _describe(proposal: Proposal) -> Wording:
    name = proposal.environment.name
    title = wording.subject("rollback", name, proposal.plan.changes)
    trailers = [("Promoted-To", name), ("Rollback-Of", proposal.tip.commit)]
    return Wording(title, trailers, f"promote release {name}, then promote again")


def _propose(workspace: Workspace, tip: Tip, tree: Tree, options: Options, first: Wanted) -> Proposal:
    environment = tree.environment(options.environment)
    present = tree.images(environment)
    if not first.moves:
        _decide(Scene(workspace, tree, environment, workspace.history(tip.commit, environment), options), first)
    path, data = workflow.edited(tree, environment, _as_at_first(present, first.moves))
    changes = workflow.changes_of(tree, environment, data)
    gates = workflow.hold_gates(tree, environment, changes)
    made = Plan("", environment.name, changes, gates, (*filter(None, [tip.note]), *first.notes))
    if not changes:
        return Proposal(tip, environment, made, {})
    held = holds.add(tree.read(holds.FILE_NAME), _holds(environment, changes, options.reason))
    files = {path: data, holds.FILE_NAME: held}
    return workflow.prove(tip, tree, environment, made, files, options.allow_other_changes)


def _decide(scene: Scene, first: Wanted) -> None:
    done = _done(scene)
    wanted = _wanted(scene, done)
    first.notes[:] = _notes(done)
    first.moves.update({image.name: (image, wanted[image.name]) for image in scene.present if image.name in wanted})


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


def _done(scene: Scene) -> Mapping[str, Return]:
    """By image name, the rollbacks that this command would repeat: their image has not moved since."""
    options, known = scene.options, scene.known
    if options.again or options.to is not None or options.to_commit is not None:
        return {}
    if options.everything:
        found = history.returned_set(known, scene.refused_at)
        return {image.name: found for image in scene.present} if found else {}
    each = {name: history.returned(known, name, scene.refused_at) for name in scene.named}
    return {name: found for name, found in each.items() if found}


def _notes(done: Mapping[str, Return]) -> list[str]:
    """What to tell of the rollbacks that are not repeated, each once."""
    return [
        f"{', '.join(f'{image.short_name} {shortened(str(image.version))}' for image in one.left)} was taken back "
        f"already, by {one.revision.commit[:12]} on {one.revision.when[:10]}: --again goes further back, "
        "--to N to a revision of `promote history`"
        for one in dict.fromkeys(done.values())
    ]


def _wanted(scene: Scene, done: Mapping[str, Return]) -> Mapping[str, Image]:
    """By image name, the earlier image to restore; what is `done` stays as it is."""
    goal = _goal(scene)
    if scene.options.everything:
        if done:
            return {}
        revision = goal or history.earlier_set(scene.known, scene.refused)
        names = {image.name for image in scene.present}
        return {image.name: image for image in revision.images if image.name in names}
    asked = scene.named - done.keys()
    if goal is None:
        return {name: history.earlier(scene.known, name, scene.refused) for name in asked}
    return {name: _of(goal, name) for name in asked}


def _goal(scene: Scene) -> Revision | None:
    options, repository = scene.options, scene.workspace.repository
    if options.to is not None:
        return history.numbered(scene.known, options.to)
    if options.to_commit is not None:
        return history.at_commit(scene.known, repository.resolve(options.to_commit), repository.is_ancestor)
    return None


def _of(revision: Revision, name: str) -> Image:
    image = revision.image(name)
    if image is None:
        raise UsageError(f"revision {revision.number} did not have {name}: choose a later one")
    return image


def _holds(environment: Environment, changes: Sequence[Change], reason: str) -> list[Hold]:
    today = clock.today().isoformat()
    return [
        Hold(environment.name, one.image, one.old, reason or f"rolled back to {one.new.tag or one.new}", today)
        for one in changes
    ]
