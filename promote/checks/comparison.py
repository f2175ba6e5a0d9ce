"""Compares findings with those of the commit that a change is based on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeAlias

from promote.checks import baseline, remembered, target_policy
from promote.checks.criteria import Criteria, criteria
from promote.checks.findings import Base, Verdict
from promote.errors import ConfigError, PromoteError, RenderError, ToolError, UsageError
from promote.kustomize import render
from promote.kustomize.render import Rendered
from promote.model import PolicyChange
from promote.repository import same_names, trusted
from promote.repository.tree import Tree
from promote.repository.workspace import Workspace

Comparison: TypeAlias = Callable[[Verdict], Verdict]


class Past(NamedTuple):
    """The commit at which the checkout left the line of `reference`, and its files."""

    reference: str
    commit: str
    tree: Tree
    workspace: Workspace


@contextmanager
def past(reference: str) -> Iterator[Past]:
    """The commit that the checkout is compared with, for one block; raises UsageError where there is none.

    Raises Blocked where HEAD adds a name that some file systems take for another. Its remotes and options of
    kustomize are valid from now on: the checkout may be that of a stranger.
    """
    workspace = Workspace.here()
    repository = workspace.repository
    head = repository.resolve("HEAD")
    commit = repository.merge_base(repository.resolve(reference), head)
    same_names.insist_on_none(repository, commit, head, "the change")
    with workspace.at(commit) as tree:
        trusted.follow(tree.config)
        yield Past(reference, commit, tree, workspace)


def since(base: Past, paths: Sequence[tuple[str, Path]], asked: Criteria, only: Sequence[str]) -> Comparison:
    """A function that marks findings on the checkout as new or old since `base`.

    The checkout's targets are `paths` by name; `asked` are the rules that it was judged by, `only` those of interest.

    That commit is judged by its own rules, tables and waivers: a rule or a table that the change itself brings makes
    new findings. Where it cannot be judged, everything is new.
    """
    tree = base.tree
    try:
        judges = criteria(tree.root, tree.config, tree.installed)
        judges = replace(judges, profile=asked.profile, today=asked.today, excluded=asked.excluded)
        before = _judged(base, paths, judges, only).findings
        note = ""
    except (ConfigError, RenderError, ToolError, UsageError) as error:
        before, note = (), f"it cannot be judged, so every finding is new: {error}"
    return lambda verdict: baseline.compared(verdict, before, Base(base.commit, note))


def by_policy_of(
    base: Past, rendered: Sequence[Rendered], names: Sequence[str], profile: str | None, only: Sequence[str],
    forgives_old: bool,
) -> PolicyChange | None:  # fmt: skip
    """What the policy of `base` says of the checkout, whose `rendered` targets were judged by its own; None if they
    have the same policy.

    `names` are the targets that are asked for, nothing for all environments; `profile` is the one that is asked for,
    None for that of `base`.
    """
    tree, here = base.tree, base.workspace.checkout()
    with base.workspace.checkout_copy() as after:
        files = target_policy.changed(tree, after)
    if not files:
        return None
    known = tree.config.environments.items()
    environments = {name: one for name, one in known if not one.place and (not names or name in names)}
    try:
        judges = target_policy.of_target(tree, here.root, files, profile)
        found, denied = target_policy.verdict(judges, rendered, environments, here, only)
        if forgives_old:
            paths = [(one.name, one.folder) for one in rendered]
            old = _judged(base, paths, judges, only).findings
            found = replace(baseline.compared(found, old, Base(base.commit)), forgives_old=True)
        denied = [*denied, *target_policy.denials(found)]
    except PromoteError as error:
        denied = [target_policy.unable(error)]
    return PolicyChange(base.reference, files, tuple(denied))


def _judged(base: Past, paths: Sequence[tuple[str, Path]], judges: Criteria, only: Sequence[str]) -> Verdict:
    tree, root = base.tree, base.workspace.root
    known = [(name, path) for name, here in paths if (path := _there(tree, name, here, root))]
    judges = replace(judges, live=tree.config.live(tree.root))
    load = partial(render.folder_or_file, excluded=judges.excluded)
    return remembered.judge(known, judges, tree.root, only, load)


def _there(tree: Tree, name: str, here: Path, root: Path) -> Path | None:
    """Where the commit has the target that lies `here` in the checkout, if it has it."""
    if name in tree.config.environments:
        path = tree.folder(tree.config.environments[name].path)
    elif here.is_relative_to(root):
        path = tree.target(here.relative_to(root).as_posix())
    else:
        return None
    return path if path.exists() else None
