"""Environments of many folders: with `path: apps/*/overlays/staging`, staging is each of the matching folders.

The part of the path that `*` matches is the app. Each folder is an environment of its own, `staging/web`, with the
settings of staging; a command that is given `staging` is about all of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from posixpath import join, normpath
from typing import NamedTuple, Self

from promote.errors import ConfigError
from promote.git import sparse
from promote.kustomize.files import FILE_NAMES
from promote.repository.environments import Environment
from promote.system.snapshot import Snapshot

Listing = Callable[[str], Collection[str]]  # the names in a folder; nothing where there is no such folder
ANY = "*"


def of_folder(root: Path) -> Listing:
    """The names in folders below `root`, also of what a sparse checkout leaves out; links are not followed."""
    gone: list[Mapping[str, set[str]]] = []

    def names(folder: str) -> Collection[str]:
        if not gone:
            gone.append(_by_folder(sparse.all_left_out(root)))
        left_out = gone[0].get(folder, ())
        try:
            with os.scandir(root / folder) as entries:
                return {*left_out, *(entry.name for entry in entries if entry.is_file() or not entry.is_symlink())}
        except OSError:
            return left_out

    return names


def _by_folder(files: Iterable[str]) -> dict[str, set[str]]:
    """By folder, the names in it."""
    found: dict[str, set[str]] = {}
    for file in files:
        path = PurePosixPath(file)
        for folder, name in zip(path.parents, (path, *path.parents), strict=False):
            found.setdefault(str(folder), set()).add(name.name)
    return found


def of_snapshot(files: Snapshot, top: str) -> Listing:
    """The names in folders below the folder `top` of a commit; links are not followed."""

    def names(folder: str) -> Collection[str]:
        path = normpath(join(top, folder))
        return files.entries("" if path == "." else path)

    return names


class _Pattern(NamedTuple):
    """A path with one `*`: the folder above the apps, what is around an app in a name there, and what is below."""

    parent: str
    before: str
    after: str
    below: str

    @classmethod
    def of(cls, path: str) -> Self:
        above, _, rest = path.partition(ANY)
        parent, _, before = above.rpartition("/")
        after, slash, below = rest.partition("/")
        return cls(parent, before, after, slash + below)


def app_of(pattern: str, path: str) -> str:
    """The app whose folder, by a path with one `*`, is `path`; empty if that does not match."""
    parent, before, after, below = _Pattern.of(pattern)
    start = join(parent, before)
    inner = path.removeprefix(start).removesuffix(after + below)
    return inner if "/" not in inner and start + inner + after + below == path else ""


def is_among(pattern: str, path: str) -> bool:
    """Whether `path` is a folder of an environment: the very one, or one that its `*` matches."""
    return bool(app_of(pattern, path)) if ANY in pattern else pattern == path


def apps(pattern: str, listing: Listing) -> dict[str, str]:
    """By app, the folders with a kustomization that match a path with one `*`."""
    parent, before, after, below = _Pattern.of(pattern)
    found = {}
    for name in sorted(listing(parent or ".")):
        app = name[len(before) : len(name) - len(after)]
        path = join(parent, name) + below
        is_match = name.startswith(before) and name.endswith(after) and app and not name.startswith(".")
        if is_match and not set(FILE_NAMES).isdisjoint(listing(path)):
            found[app] = path
    return found


def expanded(environments: Mapping[str, Environment], listing: Listing) -> dict[str, Environment]:
    """Each environment whose path has a `*` as one for each app.

    Raises ConfigError where no folder matches.
    """
    if not any(ANY in one.path for one in environments.values()):
        return dict(environments)
    found: dict[str, Environment] = {}
    for name, one in environments.items():
        folders = apps(one.path, listing) if ANY in one.path else {}
        # On a branch whose files are not here, or where those who own a repository have removed it.
        may_lack = one.repository or (one.place and not listing(one.place))
        if ANY in one.path and not folders and not may_lack:
            raise ConfigError(f"environment '{name}': no folder with a kustomization matches '{one.where}'")
        for app, path in folders.items():
            found[f"{name}/{app}"] = replace(one, name=f"{name}/{app}", path=path, group=name, app=app)
        if not folders:
            found[name] = one
    stages: dict[str, dict[str, str]] = {}
    for one in found.values():
        stages.setdefault(one.stage, {})[one.app] = one.name
    previous = dict(zip(stages, [(), *((stage,) for stage in stages)], strict=False))
    return {name: _in_order(one, stages, previous[one.stage]) for name, one in found.items()}


def _in_order(one: Environment, stages: Mapping[str, Mapping[str, str]], previous: tuple[str, ...]) -> Environment:
    """The environment with the apps of what comes before it: of the `previous` stage, or of those that it states.

    `stages` has the names of environments by stage and app.
    """
    names: list[str] = []
    for stage in previous if one.after is None else one.after:
        by_app = stages.get(stage, {})
        if not one.app or "" in by_app:
            names += by_app.values()  # one of the two stages has no apps
        elif one.app in by_app:
            names.append(by_app[one.app])
    return replace(one, listed=tuple(names)) if one.after is None else replace(one, after=tuple(names))


def members(known: Mapping[str, Environment], stage: str) -> list[Environment]:
    """The environments that `stage` of promote.yaml stands for: those of its apps, or itself."""
    return [one for one in known.values() if one.stage == stage]


def order(known: Mapping[str, Environment]) -> dict[str, tuple[str, ...]]:
    """By environment, those that come before it: what it states or, without, what is listed before it."""
    names = list(known)
    found = {}
    for position, one in enumerate(known.values()):
        before = tuple(names[max(position - 1, 0) : position]) if one.listed is None else one.listed
        found[one.name] = before if one.after is None else one.after
    return found


def listed(known: Iterable[Environment]) -> list[str]:
    """The names of promote.yaml, in its order."""
    return list(dict.fromkeys(one.stage for one in known))
