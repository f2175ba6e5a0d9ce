"""Changes of an environment of many folders: which apps they are about, and all of them as one proposal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from promote.changes import selection
from promote.changes.proposal import Proposal
from promote.errors import UsageError, nearest
from promote.model import Image
from promote.repository.environments import Environment
from promote.repository.tree import Tree


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of one app: the `names` of its images, or everything of it if there is no name."""

    environment: Environment
    names: tuple[str, ...] = ()


def of(tree: Tree, name: str) -> list[Environment]:
    """The environments of the apps of `name`; nothing if that is one environment."""
    return [one for one in tree.config.members(tree.known(name)) if one.group]


def spread(tree: Tree, name: str, given: Sequence[str]) -> list[Asked]:
    """What `given` names mean in the environment `name`, by app; without names, everything of each app."""
    known = of(tree, name)
    if not known:
        return [Asked(tree.environment(name), tuple(given))]
    return asked(tree, known, given) if given else [Asked(each) for each in known]


def one(tree: Tree, name: str, given: str) -> tuple[Environment, str]:
    """The environment that has the image or service `given`, and its name there.

    In an environment of many folders, `given` may be an app that has one image.
    """
    first, *more = spread(tree, name, [given])
    if more:
        names = " or ".join(each.environment.name for each in (first, *more))
        raise UsageError(f"'{given}' is in several apps of {name}: name {names} in its place")
    if first.names:
        return first.environment, given
    images = [image.name for image in _images(tree, [first.environment])]
    if len(images) != 1:
        where = first.environment.name
        raise UsageError(f"the app '{given}' has {len(images)} images: name one of {where}{nearest('', images)}")
    return first.environment, images[0]


def asked(tree: Tree, known: Sequence[Environment], given: Iterable[str]) -> list[Asked]:
    """What `given` names mean, each an app, an image or a service of promote.yaml, in the order of the apps.

    Raises UsageError for a name that none of the apps has.
    """
    whole, parts = set[str](), dict[str, list[str]]()
    for name in given:
        apps = [each.name for each in known if each.app == name]
        whole.update(apps)
        if apps:
            continue
        services = tree.config.services
        having = [each for each in known if selection.is_known(name, _images(tree, [each]), services)]
        for each in having:
            parts.setdefault(each.name, []).append(name)
        if not having:
            names = [*(each.app for each in known), *(image.short_name for image in _images(tree, known))]
            raise UsageError(f"no app, image or service is called '{name}'{nearest(name, dict.fromkeys(names))}")
    return [
        Asked(each, () if each.name in whole else tuple(parts[each.name]))
        for each in known
        if each.name in whole or each.name in parts
    ]


def _images(tree: Tree, known: Iterable[Environment]) -> list[Image]:
    return [image for each in known for image in tree.versions(tree.environment(each.name), whole=True).images]


def together(made: Sequence[Proposal], shown: Mapping[str, str] | None = None) -> Proposal:
    """Several proposals, each made on what those before it leave, as one; the first is one that changes something.

    `shown` has, by the environment of an app, its name in promote.yaml; where it is given, apps with nothing to
    report are left out.
    """
    first, *rest = sorted(made, key=lambda each: (not each.files, each.plan.is_empty))
    if shown and not first.files:
        plan, app = first.plan, f"/{first.environment.app}"
        target = shown.get(plan.target, plan.target)
        first = replace(first, plan=replace(plan, source=plan.source.removesuffix(app), target=target))
    rest = [_without_note(each) for each in rest]
    if shown:
        rest = [each for each in rest if each.files or each.plan.unmoved or each.plan.unused or each.plan.notes]
    files = {path: data for each in made for path, data in each.files.items()}
    also = [part for each in rest for part in (replace(each, files={}, also=()), *each.also)]
    return replace(first, files=files, also=(*first.also, *also))


def _without_note(proposal: Proposal) -> Proposal:
    """The proposal without the note of the commit, which the first one has."""
    notes = tuple(note for note in proposal.plan.notes if note != proposal.tip.note)
    return replace(proposal, plan=replace(proposal.plan, notes=notes))
