"""How kustomize builds, as `kustomize:` of promote.yaml says: with Helm charts or without, and from which files.

None of this lets it run another program than our helm, and that only for charts that are in the repository.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from promote.errors import ToolError
from promote.system import tools


@dataclass(frozen=True, slots=True)
class Options:
    """Whether kustomize renders charts, and whether it reads only files below each kustomization (`rootOnly`)."""

    helm: bool = False
    load_restrictor: Literal["rootOnly", "none"] = "rootOnly"


_used = Options()
_ANYWHERE = ("--load-restrictor", "LoadRestrictionsNone")


def use(options: Options) -> None:
    """Build with these options from now on, in this process."""
    global _used  # noqa: PLW0603 like the list of allowed remotes, it is decided once for all that is rendered
    _used = options


def used() -> Options:
    """The options that are valid now."""
    return _used


def arguments(*, charts: bool) -> list[str | Path]:
    """What kustomize is started with, for a folder with or without `charts`; raises ToolError without helm."""
    return [*(_ANYWHERE if _used.load_restrictor == "none" else ()), *_for_charts(charts)]


def anywhere(*, charts: bool) -> list[str | Path]:
    """The same for a mirror of files that were looked at already, in which they are links to the originals."""
    return [*_ANYWHERE, *_for_charts(charts)]


def starts(*, charts: bool) -> list[Path]:
    """The programs that kustomize starts then; raises ToolError without helm."""
    return [tools.find("helm").resolve()] if charts and _used.helm else []


def _for_charts(charts: bool) -> list[str | Path]:
    return [part for helm in starts(charts=charts) for part in ("--enable-helm", "--helm-command", helm)]


def identity() -> str:
    """What changes whenever the same files may be rendered in another way, because of the options or of helm."""
    if not _used.helm:
        return _used.load_restrictor
    try:
        return f"{_used.load_restrictor} {tools.identity('helm')}"
    except ToolError:
        return f"{_used.load_restrictor} without helm"
