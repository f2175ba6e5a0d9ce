"""Compares findings with those of the commit that a change is based on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from promote.checks import baseline, inspection
from promote.checks.criteria import Criteria, criteria
from promote.checks.findings import Base, Verdict
from promote.errors import ConfigError, RenderError, ToolError, UsageError
from promote.kustomize import render
from promote.repository.workspace import Tree, Workspace

Comparison: TypeAlias = Callable[[Verdict], Verdict]


def since(reference: str, paths: Sequence[tuple[str, Path]], asked: Criteria, only: Sequence[str]) -> Comparison:
    """A function that marks findings on the checkout as new or old since it left the line of `reference`.

    The checkout's targets are `paths` by name; `asked` are the rules that it was judged by, `only` those of interest.

    That commit is judged by its own rules, tables and waivers: a rule or a table that the change itself brings makes
    new findings. Where it cannot be judged, everything is new. Raises UsageError where there is no such commit.
    """
    workspace = Workspace.here()
    repository = workspace.repository
    commit = repository.merge_base(repository.resolve(reference), repository.resolve("HEAD"))
    with workspace.at(commit) as tree:
        try:
            before = _judged(tree, _known(tree, paths, workspace.root), asked, only).findings
            note = ""
        except (ConfigError, RenderError, ToolError, UsageError) as error:
            before, note = (), f"it cannot be judged, so every finding is new: {error}"
    return lambda verdict: baseline.compared(verdict, before, Base(commit, note))


def _known(tree: Tree, paths: Sequence[tuple[str, Path]], root: Path) -> list[tuple[str, Path]]:
    return [(name, path) for name, here in paths if (path := _there(tree, name, here, root))]


def _judged(tree: Tree, paths: Sequence[tuple[str, Path]], asked: Criteria, only: Sequence[str]) -> Verdict:
    targets = render.side_by_side(((path, name) for name, path in paths), render.folder_or_file, len(paths) or 1)
    judges = replace(criteria(tree.root, tree.config, tree.installed), profile=asked.profile, today=asked.today)
    return inspection.inspect(targets, judges, tree.root, only)


def _there(tree: Tree, name: str, here: Path, root: Path) -> Path | None:
    """Where the commit has the target that lies `here` in the checkout, if it has it."""
    if name in tree.config.environments:
        path = tree.folder(tree.config.environments[name].path)
    elif here.is_relative_to(root):
        path = tree.target(here.relative_to(root).as_posix())
    else:
        return None
    return path if path.exists() else None
