"""Versions that a merge moves though no file that is read for versions says so: they show only when it is rendered.

A replacement, a transformer, a second object with another version of an image: whatever does it, what is held stays
out, and nothing moves in a freeze.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from promote.changes import pair, selection
from promote.checks import renderings
from promote.checks.renderings import Build
from promote.errors import ConfigError, RenderError, UsageError
from promote.gates import evaluation
from promote.gates.protocol import Context
from promote.kustomize.render import Rendered
from promote.model import Change, Image, Plan, Version
from promote.promotion.moved import Move
from promote.repository.environments import Environment
from promote.repository.tree import Tree


def plans(
    before: Tree,
    after: Tree,
    rendered: Sequence[Rendered],
    left: Collection[str],
    moves: Sequence[Move],
    base: Context,
) -> list[Plan]:
    """What the gates that need no history say of such versions in what was `rendered` after the merge.

    The others look for a version in the past, which files tell. An environment that cannot be rendered `before` the
    merge has nothing to compare, and what is called in `left` is as it was.
    """
    said = {move.environment.name: move for move in moves}
    found = []
    for there in before.readable.values():
        if there.name in left or not _may_close(there, base):
            continue
        context = said[there.name].context if there.name in said else base
        new = _now(after, there, rendered)
        changes = tuple(dict.fromkeys(change for one in new for change in _changes(before, there, one, context)))
        goes_back = _goes_back(before, there, context)
        asked = replace(base, plan=Plan("", there.name, changes, despite=base.plan.despite), goes_back=goes_back)
        found.append(evaluation.evaluate(asked, [gate for gate in there.gates if "history" not in gate.needs]))
    return [plan for plan in found if plan.gates]


def _now(after: Tree, there: Environment, rendered: Iterable[Rendered]) -> list[Rendered]:
    """What is rendered after the merge under the name of an environment, and in the folder that it had.

    The pull request may give it another folder, and the folder another name or none: what applies it does not know.
    """
    with suppress(ConfigError, RenderError, UsageError):
        folder = after.folder(there.path)
        known = [one for one in rendered if one.name == there.name or one.folder == folder]
        if any(one.folder == folder for one in known):
            return known
        return [*known, *renderings.of([Build(folder, there.name, after.top)])]
    return [one for one in rendered if one.name == there.name]


def _may_close(there: Environment, base: Context) -> bool:
    """Whether a gate may be closed for any version; most are open, and then nothing has to be rendered."""
    is_configured = any(gate.schema is not None and "history" not in gate.needs for gate in there.gates)
    return is_configured or any(hold.environment == there.name for hold in base.holds)


def _goes_back(before: Tree, there: Environment, context: Context) -> Callable[[Change], bool]:
    """Whether a version comes with a rollback of all that the plan of `context` moves: as a copy, or in a bundle.

    Anything else only comes with it, to pass a freeze.
    """
    planned = context.plan.changes
    if not planned or context.forward:
        return lambda _: False
    bundles = before.versions(there, whole=True).bundles
    if any(one.image in bundles for one in planned):
        return lambda _: True
    return lambda change: any(change.new.matches(one.new) for one in planned)


def _changes(before: Tree, there: Environment, new: Rendered, context: Context) -> Iterator[Change]:
    """The images that run in another version than before, where the plan of `context` does not have that change."""
    old: Mapping[str, frozenset[Version]] = {}
    with suppress(ConfigError, RenderError, UsageError):
        (rendered,) = renderings.of([Build(before.folder(there.path), there.name, before.top)])
        old = pair.running(rendered.documents)
    for repository, versions in pair.running(new.documents).items() if old else ():
        known = old.get(repository, frozenset())
        for version in sorted(versions - known, key=str) if known else ():
            if not _is_planned(context, repository, version):
                was = min(known, key=str)
                for name in _names(before, there, repository):
                    image = Image(name, repository, version)
                    yield Change(selection.service_of(image, before.config.services), name, was, version)


def _is_planned(context: Context, repository: str, version: Version) -> bool:
    names = {image.name: {image.name, image.repository} for image in context.images}
    return any(
        version.matches(one.new) and pair.last(repository) in map(pair.last, names.get(one.image, {one.image}))
        for one in context.plan.changes
    )


def _names(before: Tree, there: Environment, repository: str) -> list[str]:
    """What files call the image that is rendered as `repository`; itself where none does."""
    with suppress(ConfigError, UsageError):
        images = before.versions(there, whole=True).images
        return [one.name for one in images if one.repository == repository] or [repository]
    return [repository]
