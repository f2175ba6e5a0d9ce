"""Decides a bump to the newest versions that registries have, by the rows of `follow` in promote.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from promote.changes import apps, pair, selection, situation
from promote.changes.proposal import Proposal
from promote.changes.situation import Situation
from promote.errors import NetworkError, UsageError
from promote.model import Hold, Image, Version
from promote.oci import search
from promote.proof.prove import prove
from promote.repository.environments import Environment
from promote.repository.tree import Tree
from promote.repository.workspace import Tip, Workspace
from promote.versions import follow
from promote.versions.follow import Follow


class Registries(Protocol):
    """What is asked of registries, by the name of an image; both raise NetworkError where there is no answer."""

    def tags(self, name: str) -> Sequence[str]:
        """All tags of an image."""
        ...

    def pinned(self, name: str, version: Version) -> Version:
        """A version with the digest of its tag."""
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: of the images or services called `names` or, without names, of all that have a row.

    `despite` are reasons to pass gates, by name; `lands` says that the commit goes onto the shared branch without a
    pull request.
    """

    environment: str
    names: Sequence[str] = ()
    allow_other_changes: bool = False
    despite: Mapping[str, str] = field(default_factory=dict)
    lands: bool = False


@dataclass(frozen=True, slots=True)
class _Decision:
    """What is decided about one environment: the versions to set, and the notes about the others."""

    wanted: dict[str, Version] = field(default_factory=dict)
    current: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unmoved: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def said(self) -> tuple[str, ...]:
        """The notes, with one line for all images that are at their newest version."""
        return (*self.notes, *([f"nothing newer: {', '.join(self.current)}"] if self.current else []))


def propose(workspace: Workspace, tip: Tip, tree: Tree, request: Request, registries: Registries) -> Proposal:
    """The change as it would be on the commit that `tree` holds, proved and judged; nothing is published.

    What is not moved although there is something newer, or may be, is in `unmoved` of the plan. Raises UsageError for
    a name without a row, and NetworkError, with every image, where registries do not answer.
    """
    every = apps.spread(tree, request.environment, request.names)
    decisions = [_decide(_situation(workspace, tip, tree, one.environment), one.names, registries) for one in every]
    if problems := dict.fromkeys(problem for one in decisions for problem in one.problems):
        raise NetworkError("; ".join(problems))
    made = []
    for asked, one in zip(every, decisions, strict=True):
        here = _situation(workspace, tip, tree, asked.environment)
        after = here.versions.with_versions(one.wanted)
        planned = here.planned(after, notes=one.said, despite=request.despite, lands=request.lands)
        planned = replace(planned, plan=replace(planned.plan, unmoved=tuple(one.unmoved)))
        made.append(prove(here, planned, after, request.allow_other_changes))
        tree.edited(made[-1].files)
    return apps.together(made) if apps.of(tree, request.environment) else made[0]


def _situation(workspace: Workspace, tip: Tip, tree: Tree, environment: Environment) -> Situation:
    return situation.read(workspace, tip, tree, environment.name, versions=tree.versions(environment, whole=True))


def _decide(here: Situation, names: Sequence[str], registries: Registries) -> _Decision:
    """The newest versions for one environment; all registries are asked, also after one has failed."""
    rows = _rows_by_image(here)
    named = [name for given in names for name in selection.resolve(given, here.images, here.services)]
    if without := [name for name in named if name not in rows]:
        raise UsageError(
            f"there is no row of `follow` in promote.yaml for {', '.join(without)}: add one, or name a tag"
        )
    decision = _Decision()
    left = [image.short_name for image in here.images if image.name not in rows]
    if left and not named:
        decision.notes.append(f"without a row of `follow`, so left as they are: {', '.join(left)}")
    for image in here.images:
        if image.name in rows and (not named or image.name in named):
            _Choice(here, image, rows[image.name], registries, decision).decide()
    if not named:
        decision.unmoved.extend(_apart(here))
    return decision


def _apart(here: Situation) -> Iterator[str]:
    """The images with a row that have several versions here, so that nobody can say which one moves."""
    known = {image.name for image in here.images}
    for name, text in pair.apart(here.versions, here.environment.name).items():
        if name not in known and not {name, pair.last(name)}.isdisjoint(here.tree.config.follow):
            yield text


def _rows_by_image(here: Situation) -> dict[str, Follow]:
    """By image name, the row of each image that runs here; raises UsageError for one with two rows."""
    found: dict[str, Follow] = {}
    known = {image.name for image in here.images}
    for given, row in here.tree.config.follow.items():
        names = [name for name in here.services.get(given, ()) if name in known]
        if given not in here.services and selection.is_known(given, here.images, here.services):
            names = selection.resolve(given, here.images, here.services)
        for name in names:
            if found.setdefault(name, row) is not row:
                raise UsageError(f"promote.yaml has two rows of `follow` for {name}: delete one of them")
    return found


@dataclass(frozen=True, slots=True)
class _Choice:
    """The choice of one version of one image."""

    here: Situation
    image: Image
    row: Follow
    registries: Registries
    decision: _Decision

    def decide(self) -> None:
        """Add the newest version to the decision, or why there is none."""
        image, versions = self.image, self.here.versions
        if image.name in versions.bundles:
            self._leave("it is a chart or a base of another repository, and not an image")
        elif image.name in versions.nameless:
            lines = ", ".join(versions.nameless[image.name])
            self._leave(f"the name of the image is not written in {lines}: give its tag and digest")
        elif image.version.tag is None:
            self._leave("it has a digest and no tag, so nobody can say what is newer: name a tag once")
        else:
            try:
                self._decide_by_tags(image.version.tag)
            except NetworkError as error:
                self.decision.problems.append(f"{image.short_name}: {error}")

    def _decide_by_tags(self, now: str) -> None:
        tags = self.registries.tags(self.image.repository)
        found = self._texts([*tags, now])
        place_now = self.row.order_now(found[now] or "")
        if place_now is None:
            self._leave(
                f"nobody can say what is newer than '{now}', which does not match {self.row}: name a tag once"
            )
            return
        listed = set(tags)
        best_first = self.row.newest_first({tag: text for tag, text in found.items() if tag in listed}, now)
        if not best_first:
            self._leave(f"none of its {len(tags)} tags in the registry matches {self.row}")
        elif best_first[0][0] < place_now:
            newest = best_first[0][1][0]
            self.decision.notes.append(
                f"{self.image.short_name} stays at {now}: {newest}, the newest that matches {self.row}, is older"
            )
        elif best_first[0][0] == place_now:
            self.decision.current.append(f"{self.image.short_name} {now}")
        else:
            self._take([same for place, same in best_first if place > place_now])

    def _texts(self, tags: Sequence[str]) -> Mapping[str, str | None]:
        """By tag, the text by which it is ordered."""
        if self.row.pattern is None:
            return {tag: tag for tag in tags}
        what = f"the pattern of `follow` for {self.image.short_name} in promote.yaml"
        return dict(zip(tags, search.found(self.row.pattern, follow.GROUP, tags, what), strict=True))

    def _take(self, newer: Sequence[Sequence[str]]) -> None:
        """Take the first of these that no hold is against; each is one tag, or several that nothing orders."""
        for same in newer:
            if len(same) > 1:
                self._leave(f"nothing says which of {', '.join(sorted(same))} is newer: name one")
                return
            # By its tag alone: one that was pushed again with other content is not a way around a hold.
            version = Version(same[0])
            hold = next(self._holds(version), None)
            if hold is None:
                version = self.registries.pinned(self.image.repository, version)
                hold = next(self._holds(version), None)
            if hold is None:
                self.decision.wanted[self.image.name] = version
                return
            self._leave(f"{same[0]} is held in {hold.environment} since {hold.since}: {hold.reason}")

    def _holds(self, version: Version) -> Iterator[Hold]:
        """The holds against a version, here and in the environments that get it from here."""
        places = _reached(self.here.tree.config.order, self.here.environment.name)
        for hold in self.here.holds:
            if hold.environment in places and hold.refuses(hold.environment, self.image.name, version):
                yield hold

    def _leave(self, why: str) -> None:
        self.decision.unmoved.append(f"{self.image.short_name}: {why}")


def _reached(order: Mapping[str, Sequence[str]], start: str) -> set[str]:
    """The environment `start` and all that get their versions from it, directly or not."""
    found = {start}
    while more := {name for name, before in order.items() if not found.isdisjoint(before)} - found:
        found |= more
    return found
