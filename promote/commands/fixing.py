"""What `promote check --fix` shows and, with `--write`, changes in the checkout."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from promote.checks import comparison
from promote.checks.inspection import Rules
from promote.errors import EditRefused, UsageError
from promote.fix.fixer import Mender, Outcome, Refusal
from promote.output import verdict_report
from promote.repository.config import Environment
from promote.repository.workspace import Tree, Workspace


def outcome(
    paths: Sequence[tuple[str, Path]], judges: Rules, only: Sequence[str], write: bool, base: str | None = None
) -> Outcome:
    """What of the findings in `paths` and in every environment can be mended; with `write`, it is.

    With `base`, a commit, only what is new since then is mended.

    Raises UsageError for a path outside of the clone, and EditRefused where a file changed in the meantime.
    """
    workspace = Workspace.here()
    with workspace.checkout_copy() as tree:
        targets = {name: _in_copy(tree, workspace.root, name, path) for name, path in paths}
        # What is shared with another environment must prove right there, too.
        for environment in tree.config.environments.values():
            targets.setdefault(environment.name, _folder(tree, environment))
        rules = replace(tree.rules(), profile=judges.profile, today=judges.today)
        here = [(name, workspace.root / path.relative_to(tree.root)) for name, path in targets.items()]
        compare = comparison.since(base, here, judges, only) if base else None
        made = Mender(tree.root, list(targets.items()), rules, only, compare).mend()
    if write:
        _write(workspace.root, made)
    return made


def _in_copy(tree: Tree, root: Path, name: str, path: Path) -> Path:
    if not path.resolve().is_relative_to(root.resolve()):
        raise UsageError(f"{name} lies outside of the repository: --fix mends what Git can take back")
    return tree.root / path.resolve().relative_to(root.resolve())


def _folder(tree: Tree, environment: Environment) -> Path:
    return tree.root / environment.path


def _write(root: Path, made: Outcome) -> None:
    for name, (old, _) in made.files.items():
        if (root / name).read_bytes() != old:
            raise EditRefused(f"{name} was changed while it was mended; nothing was written, run the command again")
    for name, (_, new) in made.files.items():
        # In one step each: whoever reads it meanwhile sees the old file or the new one.
        file = (root / name).resolve()
        partial = file.with_name(f".{file.name}.promote")
        shutil.copymode(file, _written(partial, new))
        partial.replace(file)


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def text(made: Outcome, write: bool) -> list[str]:
    """The patch, then what was refused and why, then what came of it; `git apply` takes all of it."""
    done = "mended" if write else "this patch mends"
    said = [
        line
        for one in made.refused
        for line in (f"not mended: {one.finding.rule}: {one.finding.message}", f"      {one.reason}", *_instead(one))
    ]
    left = sum(not one.mend and not one.waiver and one.status != "old" for one in made.before.findings)
    unsure = f"; for {left} there is no certain way" if left else ""
    return [*made.diff(), "", *said, f"{done} {len(made.mended)} findings in {len(made.files)} files{unsure}", ""]


def as_json(made: Outcome, write: bool) -> verdict_report.Json:
    """The same for programs."""
    return {
        "written": write and bool(made.files),
        "patch": "".join(f"{line}\n" for line in made.diff()),
        "files": list(made.files),
        "mended": [verdict_report.finding_json(finding) for finding in made.mended],
        "refused": [
            {
                **verdict_report.finding_json(one.finding),
                "reason": one.reason,
                "instead": {"file": one.file, "patch": "".join(f"{line}\n" for line in one.patch)}
                if one.patch
                else None,
            }
            for one in made.refused
        ],
    }


def _instead(one: Refusal) -> Iterator[str]:
    if one.patch:
        yield f"      this in {one.file} mends it there, and does nothing else:"
        yield from (f"        {line}" for line in one.patch)
