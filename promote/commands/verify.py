"""`promote verify SHA`: whether a commit changes versions of images and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promote.commands import merge
from promote.commands.result import Result
from promote.errors import CheckDenied, ConfigError, EditRefused, UsageError
from promote.kustomize import proof, render
from promote.model import Change
from promote.output import plans, wording
from promote.promotion import selection
from promote.repository import holds
from promote.repository.config import Environment
from promote.repository.workspace import Tree, Workspace
from promote.versions import kustomization


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for; any name of a commit."""

    commit: str


@dataclass(frozen=True, slots=True)
class Moved:
    """What a commit does to one environment, and what of it is more than moving images."""

    changes: tuple[Change, ...]
    file: str
    faults: tuple[str, ...]


def run(options: Options) -> Result:
    """Derive the commit anew from its first parent and compare bytes and rendering; exit 3 where it does more."""
    workspace = Workspace.here()
    repository = workspace.repository
    commit = repository.resolve(options.commit)
    parent = next(iter(repository.parents(commit)), None)
    if parent is None:
        raise UsageError(f"{commit[:12]} has no parent to compare it with: name a later commit")
    files = repository.changed(parent, commit)
    with workspace.at(parent) as before, workspace.at(commit) as after:
        moved = {one.name: _moved(before, after, one) for one in merge.environments(after, files)}
        faults = [f"{name}: {fault}" for name, each in moved.items() for fault in each.faults]
        faults += _beside(files, [each.file for each in moved.values() if each.changes])
        standing = set(before.holds())
        added = [f"{hold.image} {hold.version}" for hold in after.holds() if hold not in standing]
    if not any(each.changes for each in moved.values()):
        faults.append("it moves no version")
    json = {
        "commit": commit,
        "parent": parent,
        "environments": {name: [plans.change_json(one) for one in each.changes] for name, each in moved.items()},
        "holds": added,
        "faults": faults,
        "verified": not faults,
    }
    return Result(json, _text(commit, moved, added, faults), CheckDenied.exit_code if faults else 0)


def _moved(before: Tree, after: Tree, environment: Environment) -> Moved:
    path = after.file(environment)
    try:
        there = before.environment(environment.name)
        old, new = before.images(there), after.images(environment)
    except (UsageError, ConfigError) as error:
        return Moved((), path, (f"it cannot be compared: {error}",))
    if gone := sorted({image.name for image in old} - {image.name for image in new}):
        return Moved((), path, (f"{path} has no entry of {', '.join(gone)} any more",))
    changes = selection.changes(old, new, after.config.services)
    faults = _of_bytes(before, after, environment, path) if changes else []
    folders = (before.root / there.path, after.root / environment.path)
    one, other = render.side_by_side((folder, environment.name) for folder in folders)
    found = proof.differences(one.documents, other.documents)
    try:
        proof.insist(found, old, new, allow_others=True)
    except CheckDenied as error:
        faults.append(str(error))
    faults += [f"{one.resource} {one.path or '(the whole object)'} changes" for one in proof.others(found)]
    return Moved(changes, path, tuple(faults))


def _of_bytes(before: Tree, after: Tree, environment: Environment, path: str) -> list[str]:
    """What is wrong where the file is not, byte by byte, the one before with other versions."""
    try:
        derived = kustomization.set_images(
            before.read(path) or b"", {image.name: image for image in after.images(environment)}, path
        )
    except (UsageError, ConfigError, EditRefused) as error:
        return [f"it cannot be derived: {error}"]
    return [] if derived == after.read(path) else [f"{path} changes beside its versions"]


def _beside(files: Sequence[str], expected: Sequence[str]) -> list[str]:
    allowed = {*expected, holds.FILE_NAME}
    return [f"{file} changes, where no version moves" for file in files if file not in allowed]


def _text(commit: str, moved: dict[str, Moved], added: Sequence[str], faults: Sequence[str]) -> list[str]:
    lines = [f"{name}: {one.service} {wording.shift(one)}" for name, each in moved.items() for one in each.changes]
    lines += [f"holds {wording.shortened(one)}" for one in added]
    verdict = "does more than move versions" if faults else "moves versions and nothing else"
    return [*lines, *(f"FAULT {fault}" for fault in faults), f"{commit[:12]} {verdict}"]
