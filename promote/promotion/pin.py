"""Decides a pin: the digest of its tag, added to every image of an environment that has a tag alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from promote.changes import pair, selection, situation
from promote.changes.proposal import Proposal
from promote.changes.situation import Situation
from promote.errors import NetworkError
from promote.model import Image, Version
from promote.promotion.bump import Resolve
from promote.proof.prove import prove
from promote.repository.tree import Tree
from promote.repository.workspace import Tip, Workspace
from promote.versions.found import Versions


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for; `only` and `exclude` are names of images and services.

    `despite` are reasons to pass gates, by name; `lands` says that the commit goes onto the shared branch without a
    pull request.
    """

    environment: str
    only: Sequence[str] = ()
    exclude: Sequence[str] = ()
    allow_other_changes: bool = False
    despite: Mapping[str, str] = field(default_factory=dict)
    lands: bool = False


def propose(workspace: Workspace, tip: Tip, tree: Tree, request: Request, resolve: Resolve) -> Proposal:
    """The change as it would be on the commit that `tree` holds, proved and judged; nothing is published.

    Where a digest cannot be written, or nobody can say of which image, the plan says so in `unmoved`. Raises
    NetworkError, with every image, where registries do not say all digests.
    """
    versions = tree.versions(tree.environment(request.environment), whole=True)
    here = situation.read(workspace, tip, tree, request.environment, versions=versions)
    chosen = selection.choose(here.images, here.services, request.only, request.exclude)
    wanted = _resolved([one for one in _unpinned(here.images, chosen) if one.name not in versions.nameless], resolve)
    after = versions.with_versions(wanted)
    unmoved = tuple(_left(here, after, chosen))
    planned = here.planned(after, despite=request.despite, lands=request.lands)
    planned = replace(planned, plan=replace(planned.plan, unmoved=unmoved))
    return prove(here, planned, after, request.allow_other_changes)


def _unpinned(images: Sequence[Image], chosen: frozenset[str]) -> list[Image]:
    return [one for one in images if one.name in chosen and one.version.tag and not one.version.digest]


def _resolved(images: Sequence[Image], resolve: Resolve) -> dict[str, Version]:
    """By image name, the versions with digests; all registries are asked before the first failure is raised."""
    found, problems = {}, []
    for image in images:
        try:
            found[image.name] = resolve(image.repository, image.version)
        except NetworkError as error:
            problems.append(str(error))
    if problems:
        raise NetworkError("; ".join(dict.fromkeys(problems)))
    return found


def _left(here: Situation, after: Versions, chosen: frozenset[str]) -> Iterator[str]:
    """The images that have no digest then, each with where and why."""
    for image in _unpinned(after.images, chosen):
        where = ", ".join(after.lines(image.name))
        if image.name in after.nameless:
            yield f"{image.name} has a tag in {where}, but not the name of its image: add a digest by hand"
        else:
            yield f"{image.name} has no place for a digest in {where}: add one by hand"
    yield from pair.apart(after, here.environment.name, "pinned").values()
