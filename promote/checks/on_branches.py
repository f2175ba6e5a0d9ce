"""Judges environments on branches of their own, which no checkout has next to those of the shared branch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from promote.checks import completeness, remembered
from promote.checks.criteria import Criteria
from promote.checks.findings import Verdict
from promote.errors import RenderError
from promote.kustomize import render
from promote.repository.workspace import Workspace


def verdicts(names: Iterable[str], judges: Criteria, root: Path, only: tuple[str, ...] = ()) -> list[Verdict]:
    """What the rules of the checkout at `root` say of environments as the remote has them now.

    One that promote.yaml lets go unrendered gets a warning if kustomize cannot build it; raises RenderError else.
    """
    workspace = Workspace.here()
    with workspace.at(workspace.local_tip()) as tree:
        targets, found = [], []
        for one in [tree.environment(each.name) for name in names for each in tree.config.members(name)]:
            folder = tree.folder(one.path)
            try:
                if one.unrendered == "warn":
                    render.kustomize(folder, one.name)
                targets.append((one.name, folder))
            except RenderError as error:
                found.append(completeness.unrendered(one.name, one.path, error, "warn"))
        judges = replace(judges, live=tree.config.live(tree.root), home=root)
        return [remembered.judge(targets, judges, tree.root, only), *found] if targets else found
