"""Decides what the sync engines are given of the freeze windows: sync windows of Argo CD, or suspension by Flux."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from promote.changes.trailers import Trailers
from promote.errors import UsageError
from promote.gates import freeze
from promote.git import sparse
from promote.git.repository import Files
from promote.kustomize import files, render
from promote.repository.environments import Environment
from promote.repository.tree import Tree
from promote.repository.workspace import Tip
from promote.windows import app_project, delivered, suspension
from promote.windows.app_project import Application
from promote.windows.suspension import Suspension
from promote.windows.sync_windows import translate


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
    _insist_on_known(applications, tree)
    made = Windows(tip, path, notes=(tip.note,) if tip.note else ())
    if target.is_file() and app_project.has_project(files.read(target)):
        return _argocd(made, tree, applications, now)
    return _flux(made, tree, now)


def _insist_on_known(applications: Mapping[str, str], tree: Tree) -> None:
    """Raise UsageError for the name of an Application that is for no environment."""
    known = {name: one.stage for name, one in tree.config.environments.items()}
    for name in applications:
        # The apps of an environment whose files are not in the checkout are not known there.
        if name not in known and name.partition("/")[0] not in known.values():
            raise UsageError(f"promote.yaml has no environment '{name}'")


def _argocd(made: Windows, tree: Tree, given: Mapping[str, str], now: datetime) -> Windows:
    """The sync windows of an AppProject: each is for the Applications of an environment, with all of its apps."""
    if not made.tip.commit:
        _insist_on_applications(tree)
    data = tree.read(made.path) or b""
    project = app_project.project(data.decode(), made.path)
    frozen = [one for one in tree.config.environments.values() if freeze.windows_of(one.gates)]
    delivering = _delivering(tree, [one.name for one in frozen])
    entries: list[dict[str, Any]] = []
    for stage in dict.fromkeys(one.stage for one in frozen):
        members = [one for one in frozen if one.stage == stage]
        unnamed = [one for one in members if not any(_is_about(key, one) for key in given)]
        named = [name for key, name in given.items() if key == stage or key.startswith(f"{stage}/")]
        found = [each for one in unnamed for each in delivering.get(one.name, ())]
        if lacking := [one for one in unnamed if one.name not in delivering]:
            raise UsageError(
                f"no Application in this repository syncs {lacking[0].where}: name that of {lacking[0].name} with "
                f"--application {lacking[0].name}=NAME"
            )
        names = sorted({*named, *(one.name for one in found if one.project == project)})
        if not names:
            others = ", ".join(sorted({one.project for one in found}))
            made = made.noting(f"{stage} is left out: its Application belongs to the project {others}")
            continue
        translated = translate(freeze.windows_of(members[0].gates), stage, now)
        entries += [app_project.entry(one, names) for one in translated.windows]
        renew = min(filter(None, (made.renew, translated.renew)), default=None)
        made = replace(made, notes=(*made.notes, *translated.later), renew=renew)
    after = app_project.with_windows(data, entries, made.path)
    return replace(made, entries=tuple(entries), files={made.path: after} if after != data else {})


def _insist_on_applications(tree: Tree) -> None:
    """Raise UsageError if a sparse checkout leaves out an Application: it would not be stopped in a freeze."""
    for name in sparse.with_text(tree.installed, app_project.API):
        if files.is_manifest(name):
            said = sparse.said(name, ", which may have an Application")
            raise UsageError(f"{said}; --commit and --pr read the shared branch instead")


def _is_about(name: str, one: Environment) -> bool:
    """Whether `name` is that of an environment, of all of its apps, or of one app where these are not known."""
    return name in (one.name, one.stage) or name.startswith(f"{one.name}/")


def _delivering(tree: Tree, asked: Collection[str]) -> dict[str, list[Application]]:
    """By environment, one of those `asked`, the Applications in the repository that sync its folder."""
    found: dict[str, list[Application]] = {}
    for one in app_project.applications(tree.top):
        for source in one.sources:
            whose = delivered.of(tree.config, asked, "Application", one.name, source, tree.whole("."))
            if whose and one not in found.get(whose.environment.name, ()):
                found.setdefault(whose.environment.name, []).append(one)
    return found


def _flux(made: Windows, tree: Tree, now: datetime) -> Windows:
    if not made.tip.commit:
        sparse.insist(tree.installed / made.path)
    folder = tree.root / made.path
    known = [one for one in tree.config.environments.values() if freeze.windows_of(one.gates)]
    frozen = {one.name: freeze.current_of(one.gates, now) is not None for one in known}
    every = suspension.suspensions(render.folder_or_file(folder, made.path), tree.config, frozen, tree.whole("."))
    suspension.insist_on_some(every, made.path)
    files = suspension.suspended(tree.root, folder, [one for one in every if one.now != one.wanted])
    return replace(made, suspensions=tuple(every), files=files)
