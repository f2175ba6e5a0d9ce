"""Decides a rollback: earlier images, restored and held against coming back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from promote.changes import apps, selection, settings, situation
from promote.changes.apps import Asked
from promote.changes.proposal import Proposal
from promote.changes.situation import Situation
from promote.errors import Blocked, ConfigError, RenderError, UsageError
from promote.kustomize import render
from promote.model import Change, Hold, Image, Revision
from promote.proof import introduced
from promote.proof.prove import prove
from promote.repository import history, holds
from promote.repository.history import Return
from promote.repository.line import Line
from promote.repository.tree import Tree
from promote.repository.workspace import Tip, Workspace
from promote.system import clock

Move = tuple[Image, Image]  # from what ran when the rollback was asked for, to what it restores


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for; `to` is a revision's number, `to_commit` any commit."""

    environment: str
    services: tuple[str, ...] = ()
    everything: bool = False
    to: int | None = None
    to_commit: str | None = None
    again: bool = False
    reason: str = ""
    allow_other_changes: bool = False
    lands: bool = True
    despite_findings: str | None = None

    @property
    def names_revision(self) -> bool:
        """Whether it says what to go back to."""
        return self.to is not None or self.to_commit is not None

    def insist_on_sense(self) -> None:
        """Raise UsageError where the parts of the request do not fit together."""
        if self.services and self.everything:
            raise UsageError("name services or --all, not both")
        if not self.services and not self.everything:
            raise UsageError(f"name the services to roll back, or --all for all of {self.environment}")
        if self.to is not None and self.to_commit is not None:
            raise UsageError("name the revision by --to or by --to-commit, not by both")
        if self.again and self.names_revision:
            raise UsageError("--again goes one further back: name the revision, or leave --again out")


@dataclass(frozen=True, slots=True)
class Decision:
    """What the first try decided, by image name, and what it left as it is; later tries keep to it.

    `apps` are the decisions about the apps of an environment of many folders.
    """

    moves: dict[str, Move] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    apps: dict[str, Decision] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Past:
    """What a rollback is decided from: the environment now, and what it ran until then."""

    here: Situation
    known: Sequence[Revision]
    line: Line
    request: Request

    @property
    def named(self) -> frozenset[str]:
        """The images of the services that are asked for."""
        here = self.here
        return frozenset(
            name for given in self.request.services for name in selection.resolve(given, here.images, here.services)
        )

    def is_held(self, image: Image) -> bool:
        """Whether a hold is against an image now."""
        return self._holds_refuse(self.here.holds, image)

    def was_held_at(self, commit: str, image: Image) -> bool:
        """Whether a hold was against an image in the files of a commit; those that nobody could read hold none."""
        with suppress(ConfigError):
            return self._holds_refuse(holds.read(self.line.read(commit, self.here.holds_path)), image)
        return False

    def _holds_refuse(self, standing: Sequence[Hold], image: Image) -> bool:
        name = self.here.environment.name
        return any(hold.refuses(name, image.name, image.version) for hold in standing)


def propose(workspace: Workspace, tip: Tip, tree: Tree, request: Request, first: Decision) -> Proposal:
    """The rollback as it would be on the commit that `tree` holds, proved and judged; nothing is published.

    `first` is empty at the first try, and keeps what it decides.
    """
    if not apps.of(tree, request.environment):
        return _propose_one(workspace, tip, tree, request, first)
    made = []
    for asked in _asked_of_apps(workspace, tip, tree, request, first):
        name = asked.environment.name
        part = replace(request, environment=name, services=asked.names, everything=not asked.names)
        made.append(_propose_one(workspace, tip, tree, part, first.apps.setdefault(name, Decision())))
        tree.edited(made[-1].files)
    return apps.together(made)


def _asked_of_apps(workspace: Workspace, tip: Tip, tree: Tree, request: Request, first: Decision) -> list[Asked]:
    """What is asked of each app; with `everything`, of those that moved last, as the first try found them."""
    found = apps.spread(tree, request.environment, request.services)
    if first.apps:
        return [one for one in found if one.environment.name in first.apps]
    if request.everything and request.to_commit is None:
        line = workspace.branches.line(found[0].environment.place)
        past = {one.environment.name: workspace.history(tip, one.environment) for one in found}
        last = {name: known[-1].commit for name, known in past.items() if known}
        newest = next(iter(last.values()), "")
        for commit in last.values():
            newest = commit if line.repository.is_ancestor(newest, commit) else newest
        found = [one for one in found if last.get(one.environment.name, "") == newest]
    if request.to is not None and len(found) > 1:
        raise UsageError(f"each app of {request.environment} has revisions of its own: name one app, or --to-commit")
    return found


def _propose_one(workspace: Workspace, tip: Tip, tree: Tree, request: Request, first: Decision) -> Proposal:
    here = situation.read(workspace, tip, tree, request.environment, request.services)
    if not first.moves:
        _decide_from(workspace, here, request, first)
    wanted = _as_decided_first(here.images, first.moves)
    after = here.versions.with_versions(wanted, whole=True)
    with_them = settings.restored(workspace, here, after)
    after = with_them.before(here.versions).with_versions(wanted, whole=True) if with_them.files else after
    planned = here.planned(after, notes=first.notes, is_rollback=True, lands=request.lands)
    planned = with_them.onto(planned)
    if not planned.plan.changes:
        return planned
    name, today = here.environment.name, clock.today().isoformat()
    new = [
        Hold(name, one.image, one.old, request.reason or f"rolled back to {one.new.tag or one.new}", today)
        for one in planned.plan.changes
    ]
    held = holds.add(here.holds_file, new)
    planned = replace(planned, files={**planned.files, here.holds_path: held})
    proposal = prove(here, planned, after, request.allow_other_changes, before=with_them)
    return _with_known_findings(workspace, here, replace(proposal, despite_findings=request.despite_findings))


def _with_known_findings(workspace: Workspace, here: Situation, proposal: Proposal) -> Proposal:
    """The proposal, its findings marked old that the restored versions had when they ran.

    They were accepted then, or nobody knew them: either way they must not keep a broken version running.
    """
    if not proposal.is_denied:
        return proposal
    past = here.history.get(here.environment.name, ())
    commits = [_commit_that_ran(past, change) for change in proposal.plan.changes]
    if None in commits and not here.versions.whole:
        # Another layer said the version then.
        everything = workspace.history(here.tip, here.environment, whole=True)
        commits += [_commit_that_ran(everything, change) for change in proposal.plan.changes]
    for commit in filter(None, dict.fromkeys(commits)):
        also = tuple(_marked_as_of(workspace, here, one, commit) for one in proposal.also)
        proposal = replace(_marked_as_of(workspace, here, proposal, commit), also=also)
    return proposal


def _marked_as_of(workspace: Workspace, here: Situation, proposal: Proposal, commit: str) -> Proposal:
    name, verdict = proposal.environment.name, proposal.verdict
    # A commit that cannot be rendered any more excuses nothing.
    with suppress(ConfigError, RenderError, UsageError):
        if verdict is not None and verdict.denied:
            with workspace.at(here.tip.moved(commit)) as tree:
                there = render.kustomize(tree.folder(tree.environment(name).path), name)
                verdict = introduced.marked(verdict, [there], here.criteria, tree.root)
    return replace(proposal, verdict=verdict)


def _commit_that_ran(past: Sequence[Revision], change: Change) -> str | None:
    """The newest commit with which the restored version ran."""
    return next((one.commit for one in reversed(past) if one.runs(change.image, change.new)), None)


def _decide_from(workspace: Workspace, here: Situation, request: Request, first: Decision) -> None:
    """Decide by the history of what the environment runs; raises UsageError where there is nothing to go back to."""
    known = workspace.history(here.tip, here.environment, whole=here.versions.whole)
    try:
        _decide(_Past(here, known, workspace.branches.line(here.tip.place), request), first)
    except UsageError:
        if here.versions.whole or request.names_revision:
            raise
        # An item of `images:` may be newer than the version that it replaced in another layer.
        known = workspace.history(here.tip, here.environment, whole=True)
        _decide(_Past(here, known, workspace.branches.line(here.tip.place), request), first)


def _decide(past: _Past, first: Decision) -> None:
    done = _repeated(past)
    wanted = _images_to_restore(past, done)
    # One note for each rollback that is not repeated.
    first.notes[:] = [
        f"{', '.join(f'{image.short_name} {image.version.shortened}' for image in one.left)} was taken back "
        f"already, by {one.revision.commit[:12]} on {one.revision.when[:10]}: --again goes further back, "
        "--to N to a revision of `promote history`"
        for one in dict.fromkeys(done.values())
    ]
    first.moves.update(
        {image.name: (image, wanted[image.name]) for image in past.here.images if image.name in wanted}
    )


def _as_decided_first(present: Sequence[Image], first: Mapping[str, Move]) -> Mapping[str, Image]:
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


def _repeated(past: _Past) -> Mapping[str, Return]:
    """By image name, the rollbacks that this command would repeat: their image has not moved since."""
    request, known = past.request, past.known
    if request.again or request.names_revision:
        return {}
    if request.everything:
        found = history.returned_set(known, past.was_held_at)
        return {image.name: found for image in past.here.images} if found else {}
    each = {name: history.returned(known, name, past.was_held_at) for name in past.named}
    return {name: found for name, found in each.items() if found}


def _images_to_restore(past: _Past, done: Mapping[str, Return]) -> Mapping[str, Image]:
    """By image name, the earlier image to restore; what is `done` stays as it is."""
    goal = _named_revision(past)
    if past.request.everything:
        if done:
            return {}
        revision = goal or history.earlier_set(past.known, past.is_held)
        names = {image.name for image in past.here.images}
        return {image.name: image for image in revision.images if image.name in names}
    asked = past.named - done.keys()
    if goal is None:
        return {name: history.earlier(past.known, name, past.is_held) for name in asked}
    return {name: _image_in(goal, name) for name in asked}


def _named_revision(past: _Past) -> Revision | None:
    request, repository = past.request, past.line.repository
    if request.to is not None:
        return history.numbered(past.known, request.to)
    if request.to_commit is not None:
        return history.at_commit(past.known, repository.resolve(request.to_commit), repository.is_ancestor)
    return None


def _image_in(revision: Revision, name: str) -> Image:
    image = revision.image(name)
    if image is None:
        raise UsageError(f"revision {revision.number} did not have {name}: choose a later one")
    return image
