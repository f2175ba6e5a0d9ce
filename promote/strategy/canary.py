"""Decides the steps of a canary from files alone: where it is, what comes next, and the way back.

The state is what the tip of the shared branch renders: the version and the share of the canary, and the version of
the stable workload. So a canary that was stopped at any moment goes on where its last commit left it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from promote.changes import selection, situation
from promote.changes.proposal import Proposal
from promote.changes.situation import Situation
from promote.errors import Blocked, EditRefused, UsageError
from promote.fix import values
from promote.git.repository import Files
from promote.kustomize import render
from promote.kustomize.render import Rendered
from promote.model import Change, Document, Hold, Image, Version
from promote.proof.prove import prove
from promote.repository import history, holds
from promote.repository.tree import Tree
from promote.repository.workspace import Tip, Workspace
from promote.strategy import objects, traffic
from promote.strategy.traffic import WHOLE, Traffic
from promote.system import clock

SUFFIX = "-canary"
Kind = Literal["start", "prepare", "shift", "finish", "withdraw", "stay", "done"]


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: a version of one image for the canary of a workload, and its shares in percent.

    A last step of 100 gives the version to the stable workload. `despite` are reasons to pass gates, by name.
    """

    environment: str
    service: str
    name: str
    version: Version
    steps: tuple[int, ...]
    despite: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """What comes next, the share after it, and what must be shown before: nothing, that pods run, or good metrics.

    prepare: the canary gets the version and no traffic. start: it gets the version and its first share. shift: it
    gets its next share. finish: the stable workload gets the version. withdraw: the canary gets no traffic any more.
    stay: the last step is reached, and it is not 100. done: nothing is left to do.
    """

    kind: Kind
    share: int = 0
    proof: Literal["none", "ready", "metrics"] = "metrics"


@dataclass(frozen=True, slots=True)
class Canary:
    """A workload and its canary on one commit, with their images entries, and how traffic is split between them."""

    here: Situation
    rendered: Rendered
    stable: Document
    canary: Document
    image: Image
    twin: Image
    traffic: Traffic

    def runs(self, version: Version) -> bool:
        """Whether the canary has the version, as far as its entry can say."""
        return self.twin.version.matches(version)

    def promoted(self, version: Version) -> bool:
        """Whether the stable workload has the version."""
        return self.image.version.matches(version)


def read(workspace: Workspace, tip: Tip, tree: Tree, request: Request) -> Canary:
    """The canary on the commit that `tree` holds; raises UsageError where something of it is missing."""
    here = situation.read(workspace, tip, tree, request.environment)
    rendered = render.kustomize(tree.root / here.environment.path, here.environment.name)
    stable = objects.workload(rendered.documents, request.service)
    canary = objects.workload(rendered.documents, f"{request.service}{SUFFIX}")
    name, *more = selection.resolve(request.name, here.images, here.services)
    if more:
        raise UsageError(f"'{request.name}' has several images: name the one that the canary tries, such as '{name}'")
    by_name = {image.name: image for image in here.images}
    if (twin := by_name.get(f"{name}{SUFFIX}")) is None:
        raise UsageError(f"{here.versions.source} has no images entry '{name}{SUFFIX}', "
                         "which sets the canary's version: add it; docs/strategies.md shows one")  # fmt: skip
    for entry, workload in ((by_name[name], stable), (twin, canary)):
        if entry.reference not in objects.images(workload):
            raise UsageError(f"{workload.identity} does not run {entry.reference}, which '{entry.name}' says: "
                             "correct the entry, or name another image")  # fmt: skip
    return Canary(here, rendered, stable, canary, by_name[name], twin,
                  traffic.between(rendered.documents, stable, canary))  # fmt: skip


def following(state: Canary, version: Version, steps: Sequence[int]) -> Step:
    """The step after the present state; raises Blocked while another version is in its canary."""
    level, shares = state.traffic.level, [share for share in steps if share < WHOLE]
    if state.promoted(version):
        return Step("withdraw") if level else Step("done")
    if level and not state.runs(version):
        raise Blocked(f"{state.canary.identity.name} has traffic with {state.twin.version.shortened}: "
                      "finish that canary, or end it with --abort")  # fmt: skip
    if not level and not state.traffic.prepares:
        return Step("start", shares[0], "none")
    if not level:
        return Step("shift", shares[0], "ready") if state.runs(version) else Step("prepare", 0, "none")
    # Shares that are the same number of pods are one step.
    if rest := [share for share in shares if state.traffic.level_of(share) > level]:
        return Step("shift", rest[0])
    return Step("finish" if WHOLE in steps else "stay")


def insist_on_steps(steps: Sequence[int]) -> None:
    """Raise UsageError unless the steps grow, from 1 to 100, and start below 100."""
    if not steps or list(steps) != sorted(set(steps)) or not 1 <= steps[0] < WHOLE or steps[-1] > WHOLE:
        raise UsageError("--steps needs growing shares in percent, such as 5,25,50,100: the first below 100")


def propose(state: Canary, request: Request, step: Step) -> Proposal:
    """One step forward, proved and judged as what it leads to: the version on the stable workload."""
    wanted = {
        "prepare": {state.twin.name: request.version},
        "start": {state.twin.name: request.version},
        "finish": {state.image.name: request.version},
    }.get(step.kind, {})
    share = None if step.kind == "finish" else step.share
    left = Change(state.stable.identity.name, state.image.name, state.image.version, request.version)
    changes = () if state.promoted(request.version) else (left,)
    proposal = _proved(state, wanted, share, changes=changes, despite=request.despite)
    moved = {one.resource for one in proposal.differences if one.is_image}
    if step.kind != "finish" and moved - {state.canary.identity}:
        others = ", ".join(sorted(str(one) for one in moved - {state.canary.identity}))
        raise UsageError(f"the entry '{state.twin.name}' also sets the image of {others}: "
                         f"give {state.canary.identity.name} an entry of its own")  # fmt: skip
    return proposal


def abort(state: Canary, workspace: Workspace, bad: Version, reason: str) -> Proposal:
    """The way back in one commit: no traffic, the stable version on the canary, and a hold against the bad one.

    A stable workload that has the bad version already gets what it had before. Nothing changes where the canary does
    not have it, or is withdrawn. No rule keeps a bad version in place: what the checks find does not matter.
    """
    promoted = state.promoted(bad)
    if not state.runs(bad) or (promoted and not state.traffic.level):
        return state.here.planned(state.here.versions)
    image = state.image
    if promoted:
        known = workspace.history(state.here.tip, state.here.environment)
        image = history.earlier(known, image.name, lambda one: one.version.matches(bad))
    wanted = {state.image.name: image.version, state.twin.name: image.version}
    return replace(_proved(state, wanted, 0, is_rollback=True, hold=(bad, reason)), verdict=None)


def _proved(
    state: Canary,
    wanted: Mapping[str, Version],
    share: int | None,
    *,
    is_rollback: bool = False,
    changes: tuple[Change, ...] | None = None,
    hold: tuple[Version, str] | None = None,
    despite: Mapping[str, str] | None = None,
) -> Proposal:
    """The proposal with these versions and this share; None leaves the share as it is."""
    here = state.here
    settings = [] if share is None else [one for one in state.traffic.settings(share) if one.now != one.value]
    files = values.decided(state.rendered, here.root, settings)
    after = here.versions.again(files) if files else here.versions
    for name, version in wanted.items():
        try:
            after = after.with_versions({name: version}, whole=is_rollback)
        except EditRefused:
            # Without traffic, the version of the canary does not matter: its entry may have no place for the other.
            if not is_rollback or name != state.twin.name:
                raise
    planned = here.planned(after, is_rollback=is_rollback, lands=True, changes=changes, despite=despite)
    changed: Files = {**files, **planned.files}
    if hold and changed:
        new = Hold(here.environment.name, state.image.name, *hold, clock.today().isoformat())
        changed = {**changed, here.holds_path: holds.add(here.holds_file, [new])}
    places = [(one.document.identity, one.path) for one in settings]
    return prove(here, replace(planned, files=changed), after, allow_others=is_rollback, values=places)
