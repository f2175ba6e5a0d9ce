"""Environments that are layered on a changed one, such as a region on production: what the change does to them.

Nobody names them, but they run what comes of it. So they are rendered before and after, checked, and asked for their
gates, too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from promote.errors import CheckDenied, ConfigError, RenderError, UsageError
from promote.gates import evaluation, order
from promote.gates.protocol import Context, History
from promote.kustomize import differences, render
from promote.kustomize.differences import Difference
from promote.kustomize.render import Rendered
from promote.model import Change, Image, Plan, Version
from promote.proof.effect import Texts, followed, is_meant, place_of, unplanned
from promote.repository.environments import Environment
from promote.repository.tree import Tree
from promote.versions.fields import split


@dataclass(frozen=True, slots=True)
class Before:
    """An environment that reads changed files, and its rendering before; its files are below `root`."""

    environment: Environment
    rendering: Rendered
    root: Path


@dataclass(frozen=True, slots=True)
class Layer:
    """What a change does to an environment that is layered on the changed one; `changes` are the images it moves.

    `others` are the differences that the changed environment does not have, other than of images.
    """

    before: Before
    after: Rendered
    differences: tuple[Difference, ...]
    changes: tuple[Change, ...]
    others: tuple[Difference, ...] = ()

    @property
    def environment(self) -> Environment:
        """The environment itself."""
        return self.before.environment


@dataclass(frozen=True, slots=True)
class Moves:
    """What the changed environment does: its planned changes, its images before and after, and its differences.

    `texts` are moves of texts other than images of containers, `bundles` the names of versions of whole manifests.
    """

    name: str
    changes: Sequence[Change]
    before: Sequence[Image]
    after: Sequence[Image]
    found: Sequence[Difference]
    texts: Texts = field(default_factory=dict)
    bundles: frozenset[str] = frozenset()


def before(
    tree: Tree, files: Collection[str], name: str, folder: Path
) -> tuple[list[Before], list[tuple[Environment, RenderError]], list[str]]:
    """The environments that read one of `files`, other than `name`, rendered as they are in `tree` now.

    Their files are kept in the empty `folder`. The others are those that promote.yaml lets go unrendered, each with
    the reason, and a note on those that are broken already.
    """
    found, unbuilt, broken = [], [], []
    for number, one in enumerate(tree.readers(list(files), [name])):
        copy = folder / str(number)
        copy.mkdir()
        try:
            tree.environment(one.name)
            build = tree.link_build(one.path, copy)
            rendering = render.kustomize(build, one.name)
        except RenderError as error:
            # Nobody asked for one that is broken already, so it stops nothing.
            if one.unrendered == "warn":
                unbuilt.append((one, error))
            else:
                broken.append(one.name)
            continue
        except (ConfigError, UsageError):
            broken.append(one.name)
            continue
        found.append(Before(unordered(one), rendering, copy / tree.whole(".")))
    said = f"would be built from {', '.join(files)} too, but cannot be built: not judged"
    return found, unbuilt, [f"{', '.join(broken)} {said}"] if broken else []


def after(tree: Tree, known: Iterable[Before], moves: Moves, allow_others: bool) -> list[Layer]:
    """What is different in each of the `known` environments now; those in which nothing is are left out.

    Raises CheckDenied if one changes in more than the images of `moves`, unless `allow_others` is set; an image
    that nobody planned to move is denied in any case.
    """
    found = []
    for one in known:
        rendering = render.kustomize(tree.root / one.environment.path, one.environment.name)
        different = differences.differences(one.rendering.documents, rendering.documents)
        if different:
            others = _insist(one.environment.name, moves, different, allow_others)
            found.append(Layer(one, rendering, tuple(different), changes(moves, different), tuple(others)))
    return found


def changes(moves: Moves, different: Sequence[Difference]) -> tuple[Change, ...]:
    """Which of the planned changes are among the differences of a layer, also under another name of the image."""
    pairs = {(one.old, one.new) for one in different if one.is_image}
    old, new = ({image.name: image.reference for image in images} for images in (moves.before, moves.after))
    planned = {(old.get(one.image), new.get(one.image)): one for one in moves.changes}
    renamed = {_versions(*pair) for pair in pairs - planned.keys()}
    return tuple(
        one
        for pair, one in planned.items()
        if pair in pairs or (one.old, one.new) in renamed or (different and one.image in moves.bundles)
    )


def _versions(was: str, now: str) -> tuple[Version, Version]:
    return split(was)[1], split(now)[1]


def is_planned(moved: Iterable[Change], difference: Difference) -> bool:
    """Whether an image of a container moves as one of the changes does, whatever its name is."""
    return _versions(difference.old, difference.new) in {(one.old, one.new) for one in moved}


def _insist(name: str, moves: Moves, different: Sequence[Difference], allow_others: bool) -> list[Difference]:
    """Raise CheckDenied for an image that is not planned, and for what the changed environment does not have, too.

    Returns the latter, where `allow_others` accepts it.
    """
    about = f"{name}, which is layered on {moves.name}"
    different, texts = followed(different, moves.texts)
    images = [one for one in different if one.is_image and not is_meant(one, texts)]
    brought = {(one.old, one.new) for one in moves.found if one.is_image}
    stray = {one.new for one in images if not is_planned(moves.changes, one) and (one.old, one.new) not in brought}
    if stray:
        raise CheckDenied(f"{about}, would also move to {', '.join(sorted(stray))}, which is not planned")
    places = {(one.resource.kind, one.path) for one in moves.found}
    rest = [one for one in unplanned(different, (), texts) if (one.resource.kind, one.path) not in places]
    if rest and not allow_others:
        shown = "; ".join(map(place_of, rest[:5]))
        raise CheckDenied(
            f"the change touches more than images in {about} ({shown}): look at it, and pass --allow-other-changes"
        )
    return rest


def context_of(
    environment: Environment, moved: tuple[Change, ...], tree: Tree, context: Context, history: History
) -> Context:
    """What the gates of a layered environment look at, where `context` is of the changed one.

    Its versions have to prove themselves where those of the changed environment do.
    """
    images = context.images
    with suppress(ConfigError, UsageError):
        images = tree.images(environment) or images
    previous = replace(context, history=history).previous
    plan = Plan(context.plan.source, environment.name, moved, despite=context.plan.despite)
    return replace(context, plan=plan, images=images, history=history, after=(previous,) if previous else ())


def unordered(environment: Environment) -> Environment:
    """The environment as a layer: nobody promotes into it, so that no order is kept or left."""
    return replace(environment, gates=tuple(gate for gate in environment.gates if gate.name != order.Gate.name))


def judged(
    environment: Environment,
    changes: tuple[Change, ...],
    tree: Tree,
    context: Context,
    history: Callable[[], History],
) -> tuple[Plan, Context]:
    """What the gates of a layered environment say of its `changes`; `context` is that of the whole change."""
    gates = environment.gates
    is_unasked = context.is_rollback or "history" not in evaluation.needs(gates)
    asked = context.history or ({} if is_unasked else history())
    context = context_of(environment, changes, tree, context, asked)
    return evaluation.evaluate(context, gates), context
