"""What a change makes of the findings: those of the commit that it builds on are old."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from promote import baseline, inspection, process, render
from promote.checks import Base, Verdict
from promote.errors import ConfigError, RenderError, ToolError, UsageError
from promote.inspection import Rules
from promote.workspace import Tree, Workspace


@dataclass(frozen=True, slots=True)
class Asked:
    """What the checkout was asked: its targets by name, the rules, and those of them that findings are wanted of."""

    paths: Sequence[tuple[str, Path]]
    rules: Rules
    only: Sequence[str]


def since(reference: str, verdict: Verdict, asked: Asked) -> Verdict:
    """The verdict on the checkout, with what is new since it left the line of `reference`, and what is fixed.

    That commit is judged by its own rules, tables and waivers: a rule or a table that the change itself brings makes
    new findings. Where it cannot be judged, everything is new. Raises UsageError where there is no such commit.
    """
    workspace = Workspace.here()
    repository = workspace.repository
    commit = repository.merge_base(repository.resolve(reference), repository.resolve("HEAD"))
    with workspace.at(commit) as tree:
        try:
            before = _judged(tree, asked, workspace.root)
        except (ConfigError, RenderError, ToolError, UsageError) as error:
            return baseline.compared(verdict, (), Base(commit, f"it cannot be judged, so all is new: {error}"))
    return baseline.compared(verdict, before.findings, Base(commit))


def _judged(tree: Tree, asked: Asked, root: Path) -> Verdict:
    known = [(name, path) for name, here in asked.paths if (path := _there(tree, name, here, root))]
    with process.side_by_side(len(known) or 1) as pool:
        rendering = [pool.submit(render.folder_or_file, path, name) for name, path in known]
        targets = [process.result(one) for one in rendering]
    rules = replace(tree.rules(), profile=asked.rules.profile, today=asked.rules.today)
    return inspection.inspect(targets, rules, tree.root, asked.only)


def _there(tree: Tree, name: str, here: Path, root: Path) -> Path | None:
    """Where the commit has the target that lies `here` in the checkout, if it has it."""
    if name in tree.config.environments:
        path = tree.root / tree.config.environments[name].path
    elif here.is_relative_to(root):
        path = tree.root / here.relative_to(root)
    else:
        return None
    return path if path.exists() else None
