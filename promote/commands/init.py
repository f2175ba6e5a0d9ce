"""`promote init`: finds the environments of a repository, and writes promote.yaml."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import dataclass, replace
from pathlib import Path

from promote.commands import options
from promote.commands.result import Result
from promote.errors import UsageError
from promote.output import settings
from promote.repository import branch_layout, config, discovery, shapes
from promote.repository.discovery import Layout
from promote.repository.schema import FILE
from promote.repository.workspace import Workspace
from promote.system.paths import create_file

_SHOWN = 8  # folders with a kustomization that are named where none of them is an environment


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for."""

    dry_run: bool = False


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    options.dry_run(parser)


def run(given: Options) -> Result:
    """Write promote.yaml, and the schema that editors use, into the checkout; raises UsageError if there is one."""
    workspace = Workspace.here()
    root = workspace.root
    if (root / config.FILE_NAME).exists():
        raise UsageError(f"there is a {config.FILE_NAME} already: edit it, or remove it and run `promote init` again")
    remote, branch = _shared(workspace)
    layout = discovery.find(root)
    if not layout.environments:
        on_branches = branch_layout.find(workspace.repository, remote)
        layout = replace(on_branches, remarks=(*layout.remarks, *on_branches.remarks), others=layout.others)
    if not layout.environments:
        raise UsageError(_nothing(layout))
    text = settings.promote_yaml(layout, remote, branch)
    config.parse(text.encode())
    if not given.dry_run:
        _write(root, text)
    environments = [
        {"name": name, "path": path, **({"branch": layout.branches[name]} if name in layout.branches else {})}
        for name, path in layout.environments.items()
    ]
    json = {
        "environments": environments,
        "git": {"remote": remote, "branch": branch},
        "remarks": list(layout.remarks),
        "file": text,
        "changed": not given.dry_run,
    }
    return Result(json, settings.init_text(layout, text, given.dry_run))


def _shared(workspace: Workspace) -> tuple[str, str]:
    """The remote and the branch that are shared, as far as this clone knows."""
    remotes = workspace.repository.remotes()
    remote = "origin" if "origin" in remotes or not remotes else remotes[0]
    return remote, workspace.repository.default_branch(remote) or workspace.config.branch


def _nothing(found: Layout) -> str:
    """What was looked for, what there is instead, and what to do."""
    by_hand = "write promote.yaml by hand: environments: {staging: {path: FOLDER}}"
    remarks = f" ({'; '.join(found.remarks)})" if found.remarks else ""
    if not found.others:
        return f"no environment was found: this repository has no kustomization.yaml{remarks}; {by_hand}"
    folders = ", ".join(f"{name}/*" for name in shapes.CONTAINERS)
    shown = [*found.others[:_SHOWN], *(["…"] if len(found.others) > _SHOWN else [])]
    return (
        f"no environment was found: no kustomization is in {folders}, no two next to each other are called like "
        "stages, none is called like staging or what comes after it, no two share a base, and there are no branches "
        f"called like stages that all have one{remarks}; there are kustomizations in "
        f"{', '.join(shown)}; {by_hand}"
    )


def _write(root: Path, text: str) -> None:
    schema = root / FILE.name
    if not schema.exists():
        create_file(schema, FILE.read_bytes())
    create_file(root / config.FILE_NAME, text.encode())
