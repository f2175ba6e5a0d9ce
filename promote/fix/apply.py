"""Fixes findings in a private copy of the checkout and, on request, in the checkout itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from promote.checks import comparison, renderable
from promote.checks.criteria import Criteria, criteria
from promote.errors import EditRefused, UsageError
from promote.fix.fixer import Fixer
from promote.fix.outcome import Outcome
from promote.kustomize.reads import reads
from promote.repository.tree import Tree
from promote.repository.workspace import Workspace
from promote.system.confined import replace_files


def corrected(
    paths: Sequence[tuple[str, Path]], asked: Criteria, only: Sequence[str], write: bool, base: str | None = None
) -> Outcome:
    """The possible fixes of findings in `paths` and in every environment; with `write` they are made.

    With `base`, a commit, only findings that are new since then are fixed. No file changes that an environment reads
    which cannot be rendered, because nothing would prove the effect there.

    Raises UsageError for a path outside the clone, and EditRefused if a file was changed in the meantime.
    """
    workspace = Workspace.here()
    with workspace.checkout_copy() as tree:
        targets, top = {}, workspace.root.resolve()
        for name, path in paths:
            if not path.resolve().is_relative_to(top):
                raise UsageError(f"{name} is outside the repository: --fix only changes files that Git can restore")
            targets[name] = tree.target(path.resolve().relative_to(top).as_posix())
        # If environments share a file, a change of it must be proved in each of them.
        known = [one for one in tree.config.environments.values() if not one.place]
        others = [(one.name, tree.folder(one.path)) for one in known if one.name not in targets]
        possible, _, rendered = renderable.apart(others, asked.excluded)
        broken = {name: folder for name, folder in others if name not in rendered}
        targets |= dict(possible)
        judges = criteria(tree.root, tree.config, tree.installed)
        judges = replace(judges, profile=asked.profile, today=asked.today, excluded=asked.excluded)
        here = [(name, workspace.root / path.relative_to(tree.root)) for name, path in targets.items()]
        compare = _compare(base, here, asked, only)
        unproved = partial(_readers, tree, broken)
        made = Fixer(tree.root, list(targets.items()), judges, only, compare, unproved, rendered).fix()
    if write:
        _write(workspace.root, made)
    return made


def _readers(tree: Tree, folders: Mapping[str, Path], file: Path) -> list[str]:
    """The environments in `folders`, by name, that read `file`, as far as the text of their kustomizations says."""
    path = file.relative_to(tree.root).as_posix()
    known = {name: folder.relative_to(tree.root).as_posix() for name, folder in folders.items()}
    return [
        name for name, folder in known.items() if path.startswith(f"{folder}/") or path in reads(tree.sheets, folder)
    ]


def _compare(
    base: str | None, here: Sequence[tuple[str, Path]], asked: Criteria, only: Sequence[str]
) -> comparison.Comparison | None:
    if base is None:
        return None
    with comparison.past(base) as before:
        return comparison.since(before, here, asked, only)


def _write(root: Path, made: Outcome) -> None:
    for name, (old, _) in made.files.items():
        if (root / name).read_bytes() != old:
            raise EditRefused(f"{name} was changed in the meantime: nothing was written, run the command again")
    replace_files(root, {name: new for name, (_, new) in made.files.items()})
