"""Which environment an object of a sync engine delivers: by its path, and where that is not enough, by its source."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from posixpath import normpath

from promote.engines.protocol import same_repository
from promote.errors import UsageError
from promote.repository import groups
from promote.repository.config import Config
from promote.repository.environments import Environment


@dataclass(frozen=True, slots=True)
class Source:
    """What an engine's object fetches: a folder of a repository at a branch; empty where the object does not say."""

    path: str
    url: str = ""
    revision: str = ""


@dataclass(frozen=True, slots=True)
class Delivered:
    """An environment, and the app that is delivered, of many folders whose files are not here."""

    environment: Environment
    app: str = ""

    @property
    def name(self) -> str:
        """Its name, with the app."""
        return f"{self.environment.name}/{self.app}" if self.app else self.environment.name


def of(
    settings: Config, asked: Collection[str], kind: str, name: str, source: Source, below: str
) -> Delivered | None:
    """The environment, one of those `asked`, that the object `name` of a `kind` delivers from `source`.

    `below` is the folder of promote.yaml in its repository, to whose top the path of a source is relative. Raises
    UsageError where it could be one of several.
    """
    path = normpath(source.path.lstrip("/") or ".")
    found = several = [one for one in settings.environments.values() if groups.is_among(one.folder(below), path)]
    if not any(one.name in asked for one in several):
        return None
    if len(several) > 1:
        unnamed = [one for one in several if one.engine.name is None]
        found = [one for one in several if one.engine.name == name]
        if not found and not unnamed:
            return None
        found = found or [one for one in unnamed if _is_source(one, several, source, settings.branch)]
    if len(found) != 1:
        names = ", ".join(one.name for one in several)
        raise UsageError(
            f"{kind}/{name} delivers {path}, which is the folder of {names}, and does not say which of them: state "
            "that in promote.yaml with `engine: {name: NAME}`"
        )
    pattern = found[0].folder(below)
    app = groups.app_of(pattern, path) if groups.ANY in pattern else ""
    return Delivered(found[0], app or "") if found[0].name in asked else None


def _is_source(one: Environment, several: Collection[Environment], source: Source, shared: str) -> bool:
    """Whether a source may be the repository and the branch of an environment, one of `several` at the same path."""
    addresses = {each.repository for each in several}
    if len(addresses) > 1:
        said = next((each for each in addresses if each and same_repository(each, source.url)), "")
        if not source.url or said != one.repository:
            return False
    if len({each.branch for each in several if each.repository == one.repository}) == 1:
        return True
    revision = source.revision.removeprefix("refs/heads/")
    return revision == (one.branch or shared) or (revision in ("", "HEAD") and not one.branch)
