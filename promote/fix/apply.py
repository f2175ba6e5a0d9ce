"""Corrects findings in a private copy of the checkout and, where asked for, in the checkout itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from promote.checks import comparison
from promote.checks.criteria import Criteria, criteria
from promote.errors import EditRefused, UsageError
from promote.fix.fixer import Fixer, Outcome
from promote.repository.workspace import Tree, Workspace
from promote.system.paths import replace_file


def corrected(
    paths: Sequence[tuple[str, Path]], asked: Criteria, only: Sequence[str], write: bool, base: str | None = None
) -> Outcome:
    """What of the findings in `paths` and in every environment can be corrected; with `write`, it is.

    With `base`, a commit, only what is new since then is corrected.

    Raises UsageError for a path outside of the clone, and EditRefused where a file changed in the meantime.
    """
    workspace = Workspace.here()
    with workspace.checkout_copy() as tree:
        targets = {name: _in_copy(tree, workspace.root, name, path) for name, path in paths}
        # What is shared with another environment must prove right there, too.
        for environment in tree.config.environments.values():
            targets.setdefault(environment.name, tree.root / environment.path)
        judges = replace(criteria(tree.root, tree.config, tree.installed), profile=asked.profile, today=asked.today)
        here = [(name, workspace.root / path.relative_to(tree.root)) for name, path in targets.items()]
        compare = comparison.since(base, here, asked, only) if base else None
        made = Fixer(tree.root, list(targets.items()), judges, only, compare).fix()
    if write:
        _write(workspace.root, made)
    return made


def _in_copy(tree: Tree, root: Path, name: str, path: Path) -> Path:
    if not path.resolve().is_relative_to(root.resolve()):
        raise UsageError(f"{name} is outside of the repository: --fix changes only what Git can take back")
    return tree.root / path.resolve().relative_to(root.resolve())


def _write(root: Path, made: Outcome) -> None:
    for name, (old, _) in made.files.items():
        if (root / name).read_bytes() != old:
            raise EditRefused(f"{name} changed in the meantime; nothing was written, run the command again")
    for name, (_, new) in made.files.items():
        replace_file(root / name, new)
