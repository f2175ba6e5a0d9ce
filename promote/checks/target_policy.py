"""Judges a change that has a policy of its own by the policy of its target branch, too.

The policy is everything by which a change is judged: promote.yaml, holds, rules, tables, waivers and schemas.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from promote.checks import inspection
from promote.checks.criteria import Criteria, criteria
from promote.checks.findings import Verdict
from promote.checks.policies import FOLDER
from promote.errors import ConfigError, PromoteError
from promote.kustomize import render
from promote.kustomize.render import Rendered
from promote.repository import config, holds
from promote.repository.environments import Environment
from promote.repository.tree import Tree

_FILES = (config.FILE_NAME, holds.FILE_NAME)
_OF_TESTS = "_test.rego"


def changed(before: Tree, after: Tree) -> tuple[str, ...]:
    """The files of the policy in which two trees differ, by their content and not by their names alone.

    Settings come first and new files last, because a message shows only the first ones.

    What is a link elsewhere counts where it leads to. Both are private copies: a checkout has other files, too.
    """
    names, moved = set(_FILES), set()
    names |= {f"{place}/{holds.FILE_NAME}" for one in (before, after) for place in one.config.places}
    for folder in {one for each in (before.config, after.config) for one in (each.policies or FOLDER, *each.schemas)}:
        places = [_place(before, folder), _place(after, folder)]
        names |= _below(before, places[0]) | _below(after, places[1])
        if None not in places and places[0] != places[1]:
            moved.add(folder)
    differing = {name for name in names if not name.endswith(_OF_TESTS) and before.read(name) != after.read(name)}
    new = {name for name in differing - moved if before.read(name) is None}
    return tuple(sorted(differing | moved, key=lambda name: (name not in _FILES, name in new, name)))


def changes_rules(files: Iterable[str]) -> bool:
    """Whether `changed` files of the policy are more than holds, which are about versions alone."""
    return any(posixpath.basename(file) != holds.FILE_NAME for file in files)


def _place(tree: Tree, folder: str) -> str | None:
    """Where `folder` really is, relative to the root; None if it is somewhere else or does not exist."""
    top, whole = tree.root.resolve(), tree.provide(folder).resolve()
    return whole.relative_to(top).as_posix() if whole.is_dir() and whole.is_relative_to(top) else None


def _below(tree: Tree, place: str | None) -> set[str]:
    """The files in the folder `place`, relative to the root."""
    if place is None:
        return set()
    top = tree.root.resolve()
    return {path.relative_to(top).as_posix() for path in (top / place).rglob("*") if path.is_file()}


def of_target(before: Tree, after: Path, files: Iterable[str], profile: str | None = None) -> Criteria:
    """What the target branch, whose files `before` holds, judges the files below `after` by; `files` have changed.

    Schemas that the change brings are not among it. `profile` takes the place of that of the target branch.
    """
    judges = criteria(before.root, before.config, before.installed, profile)
    brought = {
        before.installed / folder
        for folder in before.config.schemas
        if not (before.root / folder).is_dir() and any(name.startswith(f"{folder}/") for name in files)
    }
    return replace(
        judges,
        schemas=tuple(folder for folder in judges.schemas if folder not in brought),
        live=before.config.live(after),
        home=before.root,
    )


def verdict(
    judges: Criteria, targets: Sequence[Rendered], environments: Mapping[str, Environment], after: Tree,
    only: Sequence[str] = (),
) -> tuple[Verdict, list[str]]:  # fmt: skip
    """What `judges` say of the rendered `targets` and of further `environments`, and which of these are missing.

    The environments are those that the target branch names, in the files `after` the change, which may have given
    them another folder, or removed them.
    """
    rendered = {one.folder.resolve() for one in targets}
    missing, more = [], []
    for one in environments.values():
        folder = after.folder(one.path)
        if folder.resolve() in rendered:
            continue
        try:
            config.kustomization_file(after.root, one)
            more.append((folder, one.name))
        except ConfigError as error:
            missing.append(str(error))
    judged = [*targets, *render.side_by_side(more)]
    return inspection.inspect(judged, judges, after.root, only), missing


def denials(found: Verdict) -> list[str]:
    """What a verdict denies, apart from waivers that the change does not have any more."""
    return [f"{one.rule}: {one.message}" for one in found.denials if not one.rule.startswith("waivers.")]


def unable(error: PromoteError) -> str:
    """What to say where the target branch cannot judge."""
    return f"nothing can be judged: {error}"
