"""Decides what the sync engines are given of the freeze windows: sync windows of Argo CD, or suspension by Flux."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from promote.errors import UsageError
from promote.gates import freeze
from promote.gates.freeze import Window
from promote.kustomize import files, render
from promote.promotion.trailers import Trailers
from promote.repository.environments import Environment
from promote.repository.tree import Tree
from promote.repository.workspace import Tip
from promote.system.git import Files
from promote.windows import app_project, suspension
from promote.windows.suspension import Suspension
from promote.windows.sync_windows import Translation, translate


@dataclass(frozen=True, slots=True)
class Windows:
    """What a file or folder of an engine should have, and the files that must change for that.

    `entries` are the sync windows of an AppProject, `suspensions` the Kustomizations of Flux: one of them is empty.
    `renew` is when the sync windows must be made again.
    """

    tip: Tip
    path: str
    files: Files = field(default_factory=dict)
    entries: tuple[Mapping[str, Any], ...] = ()
    suspensions: tuple[Suspension, ...] = ()
    notes: tuple[str, ...] = ()
    renew: datetime | None = None

    @property
    def overrides(self) -> Trailers:
        """Nothing: no version moves."""
        return ()

    def noting(self, note: str) -> Self:
        """The same with one more note."""
        return replace(self, notes=(*self.notes, note))

    def insist(self) -> None:
        """Nothing to object to: what is written was proved when it was made."""


def propose(tip: Tip, tree: Tree, path: str, applications: Mapping[str, str], now: datetime) -> Windows:
    """What the AppProject in the file `path`, or the Kustomizations in the folder `path`, should have at `now`.

    `applications` names the Application of an environment that no manifest names. Raises UsageError for a path in
    which there is neither, and ConfigError for a window that the engine cannot have.
    """
    target = tree.provide_all() / path
    if not target.resolve().is_relative_to(tree.root.resolve()) or not target.exists():
        raise UsageError(
            f"there is no file or folder '{path}': name that of an AppProject, or of Flux's Kustomizations"
        )
    frozen = {one.name: windows for one in tree.config.environments.values() if (windows := _windows(one))}
    notes = (tip.note,) if tip.note else ()
    if target.is_file() and app_project.has_project(files.read(target)):
        return _argocd(Windows(tip, path, notes=notes), tree, frozen, applications, now)
    return _flux(Windows(tip, path, notes=notes), tree, frozen, now)


def _windows(environment: Environment) -> tuple[Window, ...]:
    return tuple(one for gate in environment.gates if isinstance(gate, freeze.Gate) for one in gate.windows)


def _argocd(
    made: Windows,
    tree: Tree,
    frozen: Mapping[str, tuple[Window, ...]],
    given: Mapping[str, str],
    now: datetime,
) -> Windows:
    data = tree.read(made.path) or b""
    project = app_project.project(data.decode(), made.path)
    entries: list[dict[str, Any]] = []
    for name, windows in frozen.items():
        known = app_project.applications(tree.root, tree.environment(name).own_path)
        names = [given[name]] if name in given else sorted(known.get(project, ()))
        if not names and not known:
            raise UsageError(
                f"no Application in this repository syncs {tree.environment(name).where}: name that of {name} with "
                f"--application {name}=NAME"
            )
        if not names:
            made = made.noting(
                f"{name} is left out: its Application belongs to the project {', '.join(sorted(known))}"
            )
            continue
        found: Translation = translate(windows, name, now)
        entries += [app_project.entry(one, names) for one in found.windows]
        made = replace(made, notes=(*made.notes, *found.later), renew=_earlier(made.renew, found.renew))
    after = app_project.with_windows(data, entries, made.path)
    return replace(made, entries=tuple(entries), files={made.path: after} if after != data else {})


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((each for each in (one, other) if each), default=None)


def _flux(made: Windows, tree: Tree, frozen: Mapping[str, tuple[Window, ...]], now: datetime) -> Windows:
    folder = tree.root / made.path
    states = {
        tree.environment(name).own_path: (name, freeze.current(windows, now) is not None)
        for name, windows in frozen.items()
    }
    every = suspension.suspensions(render.folder_or_file(folder, made.path), states)
    suspension.insist_on_some(every, made.path)
    files = suspension.suspended(tree.root, folder, [one for one in every if one.now != one.wanted])
    return replace(made, suspensions=tuple(every), files=files)
