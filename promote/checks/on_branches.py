"""Judges environments on branches and in repositories of their own, which no checkout has next to the others."""

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


def verdicts(
    names: Iterable[str], judges: Criteria, root: Path, only: tuple[str, ...] = (), *, all_of_them: bool
) -> tuple[list[Verdict], list[str]]:
    """What the rules of the checkout at `root` say of environments as the remote has them now, and what is left out.

    One with `unrendered: warn` gets a warning if kustomize cannot build it; for others, raises RenderError.
    One in a repository that cannot be used is left out, unless `all_of_them` have to be judged.
    """
    workspace = Workspace.here()
    with workspace.at(workspace.branches.local_tip()) as tree:
        targets, found = [], []
        every = tree.config.environments
        by_name = {
            name: tree.config.members(name) or [each for each in every.values() if each.name == name]
            for name in names
        }
        known = [each for some in by_name.values() for each in some]
        lacking = {} if all_of_them else tree.lacking
        left_out = [f"{name} is left out: {tree.missing[one.place]}" for name, one in lacking.items() if one in known]
        if all_of_them and (unknown := next((name for name in by_name if not by_name[name]), None)):
            tree.environment(unknown)  # raises why there is none
        # A checkout may name more than the remote, which alone decides what is fetched.
        left_out += [
            f"{name} is left out: promote.yaml on the remote does not name it"
            for name in by_name
            if not by_name[name]
        ]
        for one in [tree.environment(each.name) for each in known if each.name not in lacking]:
            folder = tree.folder(one.path)
            try:
                if one.unrendered == "warn":
                    render.kustomize(folder, one.name)
                targets.append((one.name, folder))
            except RenderError as error:
                found.append(completeness.unrendered(one.name, one.path, error, "warn"))
        judges = replace(judges, live=tree.config.live(tree.root), home=root)
        judged = [remembered.judge(targets, judges, tree.root, only)] if targets else []
        return [*judged, *found], left_out
