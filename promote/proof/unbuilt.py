"""What a merge renders, and which environments do not stop it because they could not be built before it either."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import NamedTuple

from promote.checks import renderings
from promote.checks.findings import Verdict
from promote.checks.renderings import Build
from promote.errors import RenderError
from promote.kustomize.reads import reads
from promote.kustomize.render import Rendered
from promote.proof import unproved
from promote.repository.environments import Environment
from promote.repository.tree import Tree


class Results(NamedTuple):
    """What environments render after a change, and what was not rendered.

    `unrendered` has a warning for each that promote.yaml lets go unrendered, `unbuilt` the names of those that could
    not be built before either.
    """

    rendered: list[Rendered]
    unrendered: list[Verdict]
    unbuilt: tuple[str, ...]


def after_merge(before: Tree, after: Tree, affected: Sequence[Environment], files: Collection[str]) -> Results:
    """What the environments render after a merge that changes `files`; `before` is its target branch, which decides.

    Raises RenderError where the merge makes an environment unbuildable, or changes files of one that was.
    """
    results, unbuilt = Results([], [], ()), []
    proved = partial(unproved.proved_files, before, after, affected, files)
    for one, found in zip(affected, _built(after, affected), strict=True):
        if isinstance(found, Rendered):
            results.rendered.append(found)
        elif _may_go(before, after, one, proved, files):
            results.unrendered.append(unproved.verdict(one, found))
        elif was_unbuilt(before, after, one, files):
            unbuilt.append(one.name)
        else:
            raise found
    return results._replace(unbuilt=tuple(unbuilt))


def _may_go(
    before: Tree, after: Tree, environment: Environment, proved: Callable[[], frozenset[str]], files: Collection[str]
) -> bool:
    """Whether the target branch lets the environment go unrendered: only versions change, as is `proved` of files."""
    known = before.config.environments.get(environment.name)
    if not known or known.unrendered != "warn":
        return False
    old, new = ({path: tree.read(path) for path in files} for tree in (before, after))
    return unproved.moves_only_versions(old, new, proved)


def was_unbuilt(before: Tree, after: Tree, environment: Environment, files: Collection[str]) -> bool:
    """Whether an environment could not be built before a change of `files` either, and none of them is its own.

    So the change is not the cause, and makes nothing worse.
    """
    there, folder = before.config.environments.get(environment.name), environment.path
    if there is None or there.path != folder:
        return False
    read = reads(before.sheets, folder) | reads(after.sheets, folder)
    if any(file in read or file.startswith(f"{folder}/") for file in files):
        return False
    return isinstance(_built(before, [there])[0], RenderError)


def _built(tree: Tree, environments: Sequence[Environment]) -> list[Rendered | RenderError]:
    """The environments, each rendered or with the reason why it cannot be."""
    failed: dict[int, RenderError] = {}
    builds = []
    for number, one in enumerate(environments):
        try:
            builds.append(Build(tree.folder(one.path), one.name, tree.top))
        except RenderError as error:
            failed[number] = error
    rendered = iter(renderings.each(builds))
    return [failed.get(number) or next(rendered) for number in range(len(environments))]
