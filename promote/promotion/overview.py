"""What the shared branch says of every environment: its versions, what waits, is open, held and frozen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from promote.changes import deliveries, selection, unsettled
from promote.errors import ConfigError, NetworkError, PromoteError, UsageError
from promote.forge.protocol import Forge, PullRequest
from promote.gates import freeze
from promote.gates.freeze import Freeze
from promote.model import Hold, Image
from promote.repository import holds
from promote.repository.config import Config, assumed
from promote.repository.tree import Tree
from promote.repository.workspace import Tip, Workspace
from promote.system import clock


@dataclass(frozen=True, slots=True)
class Open:
    """An open pull request, and the name of its repository unless that is the one that promote runs in."""

    pull: PullRequest
    repository: str = ""


@dataclass(frozen=True, slots=True)
class Behind:
    """An environment that has other versions of some services than the one before it.

    Holds keep the `held` back, which may be all; the `services` are those that can be promoted.
    """

    source: str
    target: str
    services: Sequence[str]
    held: Sequence[str] = ()


@dataclass(slots=True)
class Versions:
    """By environment, what it runs; and of images with different versions in it, by name, where these are written.

    `missing` and `errors` say why that is not known: of some in other repositories, and of what cannot be read.
    `bundles` are the names of versions of charts and bases.
    """

    running: dict[str, tuple[Image, ...]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    apart: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    bundles: set[str] = field(default_factory=set)

    @property
    def are_found(self) -> bool:
        """Whether any environment has a version."""
        return bool(self.apart) or any(image.version.is_set for images in self.running.values() for image in images)

    @property
    def beyond(self) -> dict[str, Mapping[str, Any]]:
        """By name, the environments and images for which no single version can be shown."""
        parts: dict[str, Mapping[str, Any]] = {"missing": self.missing, "errors": self.errors, "apart": self.apart}
        return {name: part for name, part in parts.items() if part}


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where no image has a version: the kinds of objects that have others, and the folders that objects apply."""

    kinds: Sequence[str]
    applied: Sequence[str]


@dataclass(frozen=True, slots=True)
class Overview:
    """All of it, as of `tip`; `branches` are the other branches with environments, by name, with their commits.

    `notes` say what was assumed and which holds have no effect, `unsaid` why some pull requests are not known,
    `unsettled` which versions do not say what runs. `elsewhere` is there only if no environment has a version.
    """

    tip: Tip
    branches: Mapping[str, str]
    config: Config
    versions: Versions
    elsewhere: Elsewhere | None
    behind: Sequence[Behind]
    pulls: Sequence[Open]
    holds: Sequence[Hold]
    frozen: Mapping[str, Freeze]
    notes: Sequence[str]
    unsaid: Sequence[str]
    unsettled: Sequence[str]


def read(workspace: Workspace) -> Overview:
    """The overview of the newest commits; raises UsageError where there is no environment."""
    tip = workspace.branches.local_tip()
    with workspace.at(tip, judged=False) as tree:
        if not tree.config.environments:
            raise UsageError(
                "there is no promote.yaml, and no environment was found by its folders: write the file "
                "(`promote init --dry-run` says what was not understood)"
            )
        versions = _versions(tree)
        elsewhere = None
        if not versions.are_found:
            folders = [one.path for name, one in tree.readable.items() if name in versions.running]
            elsewhere = Elsewhere(deliveries.kinds(tree.sheets, folders), deliveries.applied(tree.sheets, folders))
        standing = tree.holds()
        behind = _behind(tree, versions.running, standing)
        now, known = clock.now(), tree.config.environments
        frozen = {name: current for name, one in known.items() if (current := freeze.current_of(one.gates, now))}
        config = tree.config
    pulls, unsaid = _pulls(workspace, tip)
    branches = {workspace.branches.line(place).label: commit for place, commit in tip.commits.items() if place}
    unclear = unsettled.of_all(versions.running, versions.bundles)
    notes = [*assumed(config), *_lost(standing, config)]
    return Overview(
        tip, branches, config, versions, elsewhere, behind, pulls, standing, frozen, notes, unsaid, unclear
    )


def _lost(standing: Iterable[Hold], settings: Config) -> list[str]:
    """What to say of holds in an environment that is called otherwise now; a name with a slash may be a folder."""
    names = dict.fromkeys(one.environment for one in standing if "/" not in one.environment)
    return [
        f"{holds.FILE_NAME} names {name}, which is not an environment now, so nothing is held there: write its new "
        f"name, or run `promote release {name}`"
        for name in names
        if name not in settings.environments
    ]


def _versions(tree: Tree) -> Versions:
    found = Versions(missing={name: str(tree.missing[one.place]) for name, one in tree.lacking.items()})
    for name, one in tree.readable.items():
        try:
            stated = tree.stated(one)
        except (ConfigError, UsageError) as error:
            (found.missing if one.repository else found.errors)[name] = str(error)
            continue
        found.running[name] = stated.images
        found.bundles |= stated.bundles
        if stated.apart:
            found.apart[name] = {image: list(lines) for image, lines in stated.apart.items()}
    return found


def _behind(tree: Tree, running: Mapping[str, tuple[Image, ...]], standing: Sequence[Hold]) -> list[Behind]:
    found = []
    edges = [(source, target) for target, before in tree.config.order.items() for source in before]
    for source, target in edges:
        if source not in running or target not in running:
            continue  # it cannot be read now
        images, now = running[source], running[target]
        chosen = frozenset(image.name for image in images)
        wanted = selection.wanted(unsettled.said(images), unsettled.said(now, as_target=True), chosen)
        # Images of several registries may have the same short name, and one that is held keeps its service back.
        services = {image.name: selection.service_of(image, tree.config.services) for image in images}
        held = {
            services[name]: None
            for name, version in wanted.items()
            if any(hold.refuses(target, name, version) for hold in standing)
        }
        free = dict.fromkeys(services[name] for name in wanted if services[name] not in held)
        if wanted:
            found.append(Behind(source, target, list(free), list(held)))
    return found


def _pulls(workspace: Workspace, tip: Tip) -> tuple[list[Open], list[str]]:
    """The open pull requests, and why they are not known: without a forge, the versions can be shown nevertheless."""
    if not workspace.repository.has_remote(workspace.remote):
        return [], []
    forges: dict[str, Forge | None] = {}  # by repository
    found: list[Open] = []
    notes = []
    for line in map(workspace.branches.line, tip.commits):
        inside = f" of {line.another}" if line.another else ""
        try:
            if line.another not in forges:
                forges[line.another] = None
                forges[line.another] = workspace.forge(line.place)
        except (UsageError, NetworkError) as error:
            notes.append(f"open pull requests{inside} are not shown: {error}")
        forge = forges[line.another]
        try:
            found += [Open(pull, line.another) for pull in forge.list_open(line.branch)] if forge else []
        except PromoteError as error:
            if not line.another:
                raise
            notes.append(f"open pull requests{inside} are not shown: {error}")
    return found, notes
