"""Derives a commit again from its parent, to prove that it moves versions of images and nothing else."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from promote.changes import adding, pair, selection, settings
from promote.errors import CheckDenied, ConfigError, RenderError, UsageError
from promote.git.repository import Repository
from promote.kustomize import differences, render
from promote.model import Change, Hold
from promote.promotion import merge
from promote.proof import derived, unbuilt, untouched
from promote.proof.effect import Texts, followed, insist, place_of, unplanned
from promote.repository import holds
from promote.repository.environments import Environment, is_elsewhere, sibling
from promote.repository.tree import Tree
from promote.repository.workspace import Tip, Workspace


@dataclass(frozen=True, slots=True)
class Moved:
    """What a commit does to one environment, and what of it is more than moving images.

    What `is_unbuilt` could not be rendered before either, and the commit touches none of its files.
    """

    changes: tuple[Change, ...] = ()
    files: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    is_unbuilt: bool = False


@dataclass(frozen=True, slots=True)
class Verification:
    """What a commit does, by environment, which holds it adds, and everything that it does beyond that."""

    commit: str
    parent: str
    moved: Mapping[str, Moved]
    holds: tuple[Hold, ...]
    faults: tuple[str, ...]

    @property
    def unbuilt(self) -> tuple[str, ...]:
        """The environments that could not be rendered before either."""
        return tuple(name for name, each in self.moved.items() if each.is_unbuilt)


def verify(workspace: Workspace, name: str) -> Verification:
    """Compare the bytes and the rendering of a commit with those of its first parent."""
    tip, commit = _found(workspace, name)
    repository = workspace.branches.line(tip.place).repository
    parent = next(iter(repository.parents(commit)), None)
    if parent is None:
        raise UsageError(f"{commit[:12]} has no parent to compare it with: name a later commit")
    tip = _on_its_branch(repository, commit, parent, tip)
    line = workspace.branches.line(tip.place)
    files = line.changed(parent, commit)
    with workspace.at(tip.moved(parent)) as before, workspace.at(tip.moved(commit)) as after:
        known = merge.environments(after, files)
        same = untouched.same(before, after, known)
        moved = {one.name: _seen(before, after, one, files, one.name in same) for one in known}
        standing, held = (dict.fromkeys(tree.holds()) for tree in (before, after))
    added = tuple(hold for hold in held if hold not in standing)
    faults = [f"{name}: {fault}" for name, each in moved.items() for fault in each.faults]
    expected = [file for each in moved.values() if each.changes for file in each.files]
    faults += [f"{path} changes its mode" for path in line.changed_modes(parent, commit, files)]
    faults += derived.beyond(files, [*expected, posixpath.join(tip.place, holds.FILE_NAME)])
    faults += [
        f"the hold of {one.image} {one.version} in {one.environment} is gone" for one in standing if one not in held
    ]
    if not any(each.changes for each in moved.values()):
        faults.append("it moves no version")
    return Verification(commit, parent, moved, added, tuple(faults))


def _found(workspace: Workspace, name: str) -> tuple[Tip, str]:
    """The commit called `name`, and the newest tip about a branch of the repository that has it.

    This clone is asked first, then those of the repositories of environments.
    """
    if not workspace.config.places:
        commit = workspace.repository.resolve(name)
        return Tip(commit, "", commits={"": commit}), commit
    tip = workspace.branches.local_tip()
    try:
        return tip, workspace.repository.resolve(name)
    except UsageError:
        for place in filter(is_elsewhere, tip.commits):
            with suppress(UsageError):
                return tip.on(place), workspace.branches.line(place).repository.resolve(name)
        raise


def _on_its_branch(repository: Repository, commit: str, parent: str, tip: Tip) -> Tip:
    """The tip, about the branch that a commit is on or, if it is on none yet, is based on.

    Of several, it is the one whose line of first parents has the commit, and then the shared one.
    """
    if len(tip.commits) == 1:
        return tip
    same = is_elsewhere(tip.place)
    places = [one for one in tip.commits if sibling(one, "") == sibling(tip.place, "")] if same else [
        one for one in tip.commits if not is_elsewhere(one)
    ]  # fmt: skip
    tests = (repository.follows, repository.is_ancestor)
    found = (
        place for known in (commit, parent) for test in tests for place in places if test(known, tip.commits[place])
    )
    return tip.on(next(found, tip.place))


def _seen(before: Tree, after: Tree, environment: Environment, files: Sequence[str], is_same: bool) -> Moved:
    try:
        return _moved(before, after, environment, files, is_same)
    except (ConfigError, RenderError, UsageError) as error:
        if unbuilt.was_unbuilt(before, after, environment, files):
            return Moved(is_unbuilt=True)
        if isinstance(error, RenderError):
            raise
        is_same = _renders_the_same(before, after, environment)
        return Moved() if is_same else Moved(faults=(f"it cannot be compared: {error}",))


def _renders_the_same(before: Tree, after: Tree, environment: Environment) -> bool:
    """Whether a commit changes nothing of an environment whose versions cannot be read, though it can be built."""
    there = before.config.environments.get(environment.name)
    if there is None:
        return False
    try:
        folders = (before.folder(there.path), after.folder(environment.path))
        one, other = render.side_by_side((folder, environment.name) for folder in folders)
    except (ConfigError, RenderError, UsageError):
        return False
    return not differences.differences(one.documents, other.documents)


def _moved(before: Tree, after: Tree, environment: Environment, files: Sequence[str], is_same: bool) -> Moved:
    """What a commit moves in an environment, which renders what it did before if `is_same`."""
    there = before.environment(environment.name)
    old, new = pair.around(before, there, after, environment, files)
    images = selection.before_items(old.images, adding.items(old, new))
    if gone := sorted({image.name for image in images} - {image.name for image in new.images}):
        return Moved(faults=(f"{new.source} has no entry of {', '.join(gone)} any more",))
    changes = selection.changes(images, new.images, after.config.services)
    if is_same and not changes:
        return Moved()
    with_them = settings.differing(before, after, environment, [one.image for one in changes], images)
    faults = derived.faults(old, new, with_them) if changes else []
    moved = tuple(dict.fromkeys([*new.changes(old), *with_them]))
    try:
        before.overwrite(derived.between(old, new, with_them) if not faults else with_them)
        folders = (before.folder(there.path), after.folder(environment.path))
        one, other = render.side_by_side((folder, environment.name) for folder in folders)
    except RenderError as error:
        if there.unrendered != "warn":
            raise
        unproved = [f"only its bytes are proved, because it cannot be rendered here: {error}"] if changes else []
        return Moved(changes, moved, (*faults, *unproved))
    found = differences.differences(one.documents, other.documents)
    texts: Texts = {}
    if changes and differences.others(found):
        wide = before.versions(there, whole=True), after.versions(environment, whole=True)
        found, texts = followed(found, wide[1].texts(wide[0]))
    try:
        left, right = ([one for one in some if one.name not in old.bundles] for some in (images, new.images))
        insist(found, left, right, allow_others=True, texts=texts)
    except CheckDenied as error:
        faults.append(str(error))
    faults += [f"{place_of(one)} changes" for one in unplanned(found, (), texts)]
    return Moved(changes, moved, tuple(faults))
