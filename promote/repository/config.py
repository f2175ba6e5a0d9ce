"""promote.yaml, read into frozen values; `promote.repository.schema` alone defines what is valid."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from posixpath import join, normpath
from typing import TYPE_CHECKING, Any, Literal

from yaml.nodes import Node

from promote.errors import ConfigError, UnknownEnvironment, UsageError, nearest
from promote.forge.records import is_branch
from promote.gates import registry
from promote.gates.protocol import Gate, InvalidSettings
from promote.git import sparse
from promote.kustomize.files import FILE_NAMES
from promote.kustomize.options import Options
from promote.oci.address import Access
from promote.repository import addresses, groups, owners, stages
from promote.repository.canary import Canary
from promote.repository.environments import Environment, Place, Syncing, place_of
from promote.repository.groups import Listing
from promote.repository.schema import schema
from promote.system import cache
from promote.system.paths import SETTINGS, is_inside, top_of
from promote.versions import follow
from promote.versions.declared import Declared
from promote.versions.settings import Setting
from promote.yamltext import reader
from promote.yamltext.validation import Invalid, fault, line_of

if TYPE_CHECKING:
    from promote.repository.discovery import Layout

FILE_NAME = SETTINGS
BRANCH = "main"  # the shared branch, where promote.yaml names none
POLICIES = "policies"  # the folder of the rules, where promote.yaml names none
_document = lru_cache(maxsize=2)(reader.document)  # checkout, tip and private copies mostly have the same file


@dataclass(frozen=True)
class Config:
    """The settings of a repository; the defaults are those of a repository without promote.yaml.

    `is_found` says that the environments were found by their folders, because there is no promote.yaml.
    """

    environments: Mapping[str, Environment] = field(default_factory=dict)
    services: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    remote: str = "origin"
    branch: str = BRANCH
    forge: str = "auto"
    merge: Literal["merge", "squash", "rebase"] = "merge"
    kubernetes: tuple[str, ...] = ("1.35", "1.36", "1.37")
    policies: str | None = None
    profile: Literal["baseline", "restricted", "general", "strict", "system"] | None = None
    schemas: tuple[str, ...] = ()
    remotes: tuple[str, ...] = ()
    kustomize: Options = field(default_factory=Options)
    registries: Mapping[str, Access] = field(default_factory=dict)
    deny: Literal["introduced", "all"] = "introduced"
    versions: tuple[Declared, ...] = ()
    settings: tuple[Setting, ...] = ()
    follow: Mapping[str, follow.Follow] = field(default_factory=dict)
    is_found: bool = False

    def live(self, root: Path) -> frozenset[Path]:
        """The folders below `root` of the environments that people depend on."""
        return frozenset(root / one.path for one in self.environments.values() if one.live)

    def environment(self, root: Path, name: str) -> Environment:
        """The environment called `name`, or the folder `name` below `root` if it holds a kustomization.

        Raises UnknownEnvironment, with the nearest known name, if it is neither.
        """
        if known := self.environments.get(self.known(name)):
            kustomization_file(root, known)
            return known
        folder = Environment(self.known(name), normpath(name))
        if (root / name).is_dir():
            kustomization_file(root, folder)
            return folder
        if parts := [one.name for one in self.members(name) if one.group]:
            raise UsageError(f"{name} has several apps, and this is about one: name {' or '.join(parts)}")
        raise UnknownEnvironment(f"there is no environment '{name}'{nearest(name, self.names)}")

    def members(self, name: str) -> list[Environment]:
        """The environments that a name in promote.yaml stands for: one for each app, or the one; none if unknown."""
        return groups.members(self.environments, name)

    @cached_property  # asked for each of a thousand environments
    def names(self) -> list[str]:
        """The names of promote.yaml, in its order, and those of single apps."""
        return list(dict.fromkeys([*groups.listed(self.environments.values()), *self.environments]))

    @property
    def places(self) -> Mapping[str, Environment]:
        """By place in a tree, an environment of each branch other than the shared one."""
        return {one.place: one for one in self.environments.values() if one.place}

    @property
    def order(self) -> Mapping[str, tuple[str, ...]]:
        """By environment, those that come before it in the order of promotion."""
        return groups.order(self.environments)

    def known(self, name: str) -> str:
        """The canonical form of `name`, so that a folder and its environment have the same holds."""
        if name in self.names:
            return name
        path = normpath(name)
        return next((one.name for one in self.environments.values() if path == one.path), path)


def kustomization_file(root: Path, environment: Environment) -> str:
    """The path, relative to `root`, of the kustomization of `environment`.

    Raises ConfigError if the folder is outside `root`, does not exist or has no kustomization.
    """
    folder = root / environment.path
    if not folder.resolve().is_relative_to(root.resolve()):
        raise ConfigError(
            f"environment '{environment.name}': the path '{environment.path}' leads outside the repository; "
            "name a folder inside it"
        )
    for name in FILE_NAMES:
        if (folder / name).is_file():
            if not is_inside(folder / name, root):
                raise ConfigError(f"{environment.path}/{name}: this link leads outside the repository; use a file")
            return (Path(environment.path) / name).as_posix()
    if environment.place and not (root / environment.place).is_dir():
        raise environment.not_here
    on = f" on {environment.line}" if environment.branch else ""
    raise ConfigError(
        f"environment '{environment.name}': there is no kustomization.yaml in '{environment.own_path}'{on}; "
        f"correct the path or add the file{sparse.hint(folder)}"
    )


def root_of(folder: Path) -> Path:
    """The nearest folder above that has a promote.yaml or is the top of a Git repository, else `folder`.

    Raises UsageError for one above that is another user's.
    """
    found = top_of(folder) or folder.resolve()
    if found != folder.resolve():
        owners.insist_on_own(found)
    return found


def load_or_find(root: Path) -> Config:
    """Read `root`/promote.yaml; without the file, the environments that `promote init` would write."""
    if (root / FILE_NAME).exists():
        return load(root)
    sparse.insist(root / FILE_NAME)
    from promote.repository import discovery

    return of_layout(discovery.find(root), groups.of_folder(root))


def of_layout(layout: Layout, listing: Listing) -> Config:
    """The settings of a repository without promote.yaml that is laid out so."""
    found = {
        name: Environment(name, path, after=layout.after.get(name)) for name, path in layout.environments.items()
    }
    return Config(environments=groups.expanded(found, listing), is_found=bool(found))


def assumed(settings: Config) -> list[str]:
    """Notes about settings that nobody wrote; none if there is a promote.yaml."""
    if not settings.is_found:
        return []
    listed = ", ".join(f"{one.name} ({one.path})" for one in settings.environments.values())
    return [f"there is no {FILE_NAME}: environments found by their folders: {listed}; `promote init` writes them"]


def load(root: Path, listing: Listing | None = None) -> Config:
    """Read `root`/promote.yaml; without the file, the defaults. Raises ConfigError with file and line.

    `listing` says which folders there are, where not all of them are below `root`.
    """
    path = root / FILE_NAME
    if path.is_symlink() and not is_inside(path, root):
        raise ConfigError(f"{FILE_NAME}: this link leads outside the repository; use a file")
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Config()
    read = parse(data)
    return replace(read, environments=groups.expanded(read.environments, listing or groups.of_folder(root)))


def parse(data: bytes) -> Config:
    """The configuration in the bytes of a promote.yaml; raises ConfigError with file and line."""
    root, content = _document(data, FILE_NAME)
    _insist(data, root, content)
    try:
        return _config(content)
    except Invalid as error:
        path = ".".join(map(str, error.path))
        raise ConfigError(f"{FILE_NAME}:{line_of(root, error.path)}: {path}: {error}") from None


def _insist(data: bytes, root: Node | None, content: object) -> None:
    """Raise ConfigError unless the schema allows `content`; valid data is recorded and not checked again."""
    verified = cache.key("config 10", json.dumps(schema()), data)
    if not cache.remembered(verified):
        if (found := fault(root, content, schema())) is not None:
            raise ConfigError(f"{FILE_NAME}:{found.line}: {found.message}")
        cache.remember(verified)


def _config(content: Mapping[str, Any]) -> Config:
    git, forge = content.get("git", {}), content.get("forge", {})
    given: dict[str, Any] = {
        "environments": _environments(content["environments"], git.get("branch", BRANCH)),
        "services": {name: tuple(images) for name, images in content.get("services", {}).items()},
        "remote": git.get("remote"),
        "branch": git.get("branch"),
        "forge": forge.get("kind"),
        "merge": forge.get("merge"),
        "kubernetes": tuple(content["kubernetes"]) if "kubernetes" in content else None,
        "policies": content.get("policies"),
        "profile": content.get("profile"),
        "schemas": tuple(content.get("schemas", ())),
        "remotes": tuple(content.get("remotes", ())),
        "kustomize": Options(**content.get("kustomize", {})),
        "registries": {host: Access(**entry) for host, entry in content.get("registries", {}).items()},
        "deny": content.get("deny"),
        "versions": tuple(Declared(**one) for one in content.get("versions", ())),
        "settings": tuple(Setting(**one) for one in content.get("with", ())),
        "follow": follow.rows(content.get("follow", {})),
    }
    return Config(**{name: value for name, value in given.items() if value is not None})


def _environments(entries: Mapping[str, Mapping[str, Any]], shared: str) -> dict[str, Environment]:
    """The environments by name, where `shared` is the shared branch; raises Invalid with the path."""
    order = _order(entries)
    lines = {name: _line(name, entry, shared) for name, entry in entries.items()}
    return {
        name: Environment(
            name,
            normpath(join(place_of(*lines[name]), entry["path"])),
            entry.get("live", False),
            _gates(name, entry, not order[name]),
            Place(**entry["cluster"]) if "cluster" in entry else None,
            Syncing(**entry.get("engine", {})),
            _canary(name, entry),
            order[name] if "after" in entry else None,
            unrendered=entry.get("unrendered", "deny"),
            repository=lines[name][0],
            branch=lines[name][1],
        )
        for name, entry in entries.items()
    }


def _line(environment: str, entry: Mapping[str, Any], shared: str) -> tuple[str, str]:
    """The other repository and the branch that it is on, both empty for the `shared` one; raises Invalid."""
    address: str = entry.get("repository", "")
    branch: str = entry.get("branch", BRANCH if address else shared)
    for key, problem in (
        ("path", "it may have one `*`, in the place of the app" if entry["path"].count(groups.ANY) > 1 else ""),
        ("branch", "" if is_branch(branch) else "Git allows no branch of this name"),
        ("repository", addresses.problem(address) if address else ""),
    ):
        if problem:
            raise Invalid(["environments", environment, key], problem)
    return address, "" if branch == shared and not address else branch


def _order(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """By environment, those that come before it; raises Invalid for an unknown one, and for a circle."""
    try:
        return stages.order({name: entry.get("after") for name, entry in entries.items()})
    except stages.Unordered as error:
        raise Invalid(["environments", error.name, "after", *error.path], str(error)) from None


def _canary(environment: str, entry: Mapping[str, Any]) -> Canary | None:
    """The settings of canaries; raises Invalid with the path."""
    try:
        return Canary.configured(entry.get("canary"))
    except ValueError as error:
        raise Invalid(["environments", environment, "canary"], str(error)) from None


def _gates(environment: str, entry: Mapping[str, Any], first: bool) -> tuple[Gate, ...]:
    """All gates, with the environment's settings of each; raises Invalid with the path."""
    settings, found = entry.get("gates", {}), []
    for name, gate in registry.load().items():
        try:
            found.append(gate.configured(settings.get(name), first=first))
        except InvalidSettings as error:
            raise Invalid(["environments", environment, "gates", name, *error.path], str(error)) from None
    return tuple(found)
