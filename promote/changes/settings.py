"""Settings that travel with versions, as `with` of promote.yaml lists them: taken over with them, and taken back."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from posixpath import join, normpath

from promote.changes import selection
from promote.changes.pair import Pair
from promote.changes.proposal import Proposal
from promote.changes.situation import Situation
from promote.errors import EditRefused
from promote.kustomize import secrets
from promote.model import Image, SettingChange
from promote.repository.config import Config
from promote.repository.environments import Environment
from promote.repository.tree import Tree
from promote.repository.workspace import Workspace
from promote.versions.found import Versions
from promote.versions.settings import Setting

# The bytes of a setting's file, relative to an environment's folder, by the name of the service; None without it.
Source = Callable[[Setting], bytes | None]
_BINARY, _HIDDEN, _TOO_LARGE = ("(not text)",), ("(a secret: not shown)",), ("(too large to be shown)",)
# Lines of a file whose changes are shown: the time of a comparison grows with the square of them.
_MOST_LINES, _LARGEST = 5_000, 256 << 10


@dataclass(frozen=True, slots=True)
class Carried:
    """What settings do to an environment: the new contents of `files`, what is shown of it, and notes for people."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    changes: tuple[SettingChange, ...] = ()
    notes: tuple[str, ...] = ()

    def before(self, versions: Versions) -> Versions:
        """The versions of an environment that has these settings already, and no other version yet.

        Raises EditRefused if a setting also sets versions.
        """
        if not self.files:
            return versions
        after = versions.again(self.files)
        if set(after.images) != set(versions.images):
            moved = set(after.images) ^ set(versions.images)
            names = ", ".join(sorted({image.name for image in moved}))
            raise EditRefused(
                f"{', '.join(self.files)}: what `with` in promote.yaml names has the version of {names}, too: give "
                "the `path` of the setting alone"
            )
        return after

    def onto(self, planned: Proposal) -> Proposal:
        """The change with these settings; itself where it moves nothing."""
        if not planned.plan.changes:
            return planned
        plan = replace(planned.plan, settings=self.changes, notes=(*planned.plan.notes, *self.notes))
        return replace(planned, plan=plan, files={**self.files, **planned.files})


NO_SETTINGS = Carried()


def of_service(setting: Setting, environment: Environment, config: Config, images: Sequence[Image]) -> frozenset[str]:
    """The names of the images with which a setting travels in an environment; nothing where it has none of them."""
    if environment.app and setting.service == environment.app:
        return frozenset(image.name for image in images)
    if not selection.is_known(setting.service, images, config.services):
        return frozenset()
    return frozenset(selection.resolve(setting.service, images, config.services))


def carried(tree: Tree, environment: Environment, images: Sequence[Image], moved: Collection[str], source: Source,
            where: str) -> Carried:  # fmt: skip
    """What the settings become that travel with `moved` images; `source` has them, and is called `where` for people.

    Raises EditRefused, with file and line, where a setting cannot be written as it is there.
    """
    files: dict[str, bytes] = {}
    changes: list[SettingChange] = []
    notes: list[str] = []
    for one in tree.config.settings:
        if not of_service(one, environment, tree.config, images) & set(moved):
            continue
        path = path_of(one, environment)
        theirs, ours = source(one), files.get(path, tree.read(path))
        if theirs is None or ours is None or _lacks(one, theirs, path) or _lacks(one, ours, path):
            lacking = where if theirs is None or _lacks(one, theirs, path) else environment.name
            if theirs is not None or ours is not None:
                notes.append(f"{_called(one)} does not travel with {one.service}: {lacking} has none")
            continue
        new = one.taken(theirs, ours, path)
        if new != ours:
            files[path] = new
            is_secret = secrets.is_secret(tree.sheets, environment.path, path, one.path)
            diff = _HIDDEN if is_secret else _diff(one, ours, new, path)
            changes.append(SettingChange(one.service, path, one.path, diff))
    return Carried(files, tuple(changes), tuple(notes))


def of_environment(tree: Tree, environment: Environment) -> Source:
    """The settings as an environment of a commit has them."""
    return lambda setting: tree.read(path_of(setting, environment))


def waiting(both: Pair, chosen: Collection[str]) -> list[str]:
    """Settings that differ though the versions that they travel with are the same, each with where and why.

    Only those of `chosen` images.
    """
    tree, versions = both.tree, {image.name: image.version for image in both.there.images}
    same = {image.name for image in both.here.images if image.name in chosen
            and image.name in versions and versions[image.name].matches(image.version)}  # fmt: skip
    found = []
    for one in tree.config.settings:
        names = of_service(one, both.target, tree.config, both.here.images)
        if not names or not names <= same:
            continue
        paths = [path_of(one, each) for each in (both.source, both.target)]
        theirs, ours = (tree.read(path) for path in paths)
        if _value(one, theirs, paths[0]) != _value(one, ours, paths[1]):
            found.append(
                f"{_called(one)} differs ({paths[0]}, {paths[1]}): it travels with the next version of {one.service}"
            )
    return found


def differing(before: Tree, after: Tree, environment: Environment, moved: Collection[str], images: Sequence[Image]
              ) -> dict[str, bytes]:  # fmt: skip
    """The files of `before` with the settings of `after` that travel with `moved` images, where these differ."""
    return dict(carried(before, environment, images, moved, of_environment(after, environment), "").files)


def restored(workspace: Workspace, here: Situation, after: Versions) -> Carried:
    """The settings that travel with what a rollback restores, as they were when that ran last."""
    moved = selection.changes(here.images, after.images, here.services)
    config, environment, line = here.tree.config, here.environment, workspace.branches.line(here.tip.place)
    if not moved or not config.settings:
        return NO_SETTINGS
    past = workspace.history(here.tip, environment, whole=here.versions.whole)

    def source(setting: Setting) -> bytes | None:
        names = of_service(setting, environment, config, here.images)
        for change in moved:
            last = max((one.number for one in past if one.runs(change.image, change.new)), default=0)
            if change.image in names and 0 < last < len(past):
                # Settings may have changed since the version came; the next revision replaced both.
                return line.read(f"{past[last].commit}^", path_of(setting, environment))
        return None

    names = [change.image for change in moved]
    return carried(here.tree, environment, here.images, names, source, "the version that is restored")


def path_of(setting: Setting, environment: Environment) -> str:
    """The path of a setting's file in an environment."""
    return normpath(join(environment.path, setting.file))


def unknown(both: Pair) -> list[str]:
    """What to say of settings whose service neither of two environments has."""
    if both.target.group:
        return []
    images = (*both.there.images, *both.here.images)
    return [
        f"`with` in promote.yaml: no image or service is called '{one.service}'"
        for one in both.tree.config.settings
        if not of_service(one, both.target, both.tree.config, images)
    ]


def _value(setting: Setting, data: bytes | None, path: str) -> bytes | str | None:
    return data if data is None or not setting.path else setting.value(data, path)


def _lacks(setting: Setting, data: bytes, path: str) -> bool:
    return bool(setting.path) and setting.value(data, path) is None


def _called(setting: Setting) -> str:
    return f"{setting.file} {setting.path}".rstrip()


def _diff(setting: Setting, old: bytes, new: bytes, path: str) -> tuple[str, ...]:
    """The lines that go and come, each behind its sign."""
    if setting.path:
        return tuple(f"{sign} {setting.value(data, path)}" for sign, data in (("-", old), ("+", new)))
    try:
        lines = [data.decode().splitlines() for data in (old, new)]
    except UnicodeDecodeError:
        return _BINARY
    if max(map(len, lines)) > _MOST_LINES or max(map(len, (old, new))) > _LARGEST:
        return _TOO_LARGE
    found = list(difflib.unified_diff(lines[0], lines[1], n=0, lineterm=""))[2:]
    shown = tuple(f"{line[0]} {line[1:]}" for line in found if line[0] in "-+")
    return shown or ("(only line ends)",)
