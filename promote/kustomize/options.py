"""How kustomize builds, as `kustomize:` of promote.yaml says: with Helm charts or without, and from which files.

None of this lets it run another program than our helm, and that only for charts that are in the repository.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from promote.errors import ToolError
from promote.system import process, tools


@dataclass(frozen=True, slots=True)
class Options:
    """Whether kustomize renders charts, and whether it reads only files below each kustomization (`rootOnly`)."""

    helm: bool = False
    load_restrictor: Literal["rootOnly", "none"] = "rootOnly"


_used = Options()


def use(options: Options) -> None:
    """Build with these options from now on, in this process."""
    global _used  # noqa: PLW0603 like the list of allowed remotes, it is decided once for all that is rendered
    _used = options


def used() -> Options:
    """The options that are valid now."""
    return _used


def build(folder: Path, reads: Iterable[Path], *, charts: bool, anywhere: bool = False) -> process.Completed:
    """Let kustomize build `folder`, with or without `charts`; it opens nothing but what it `reads`.

    With `anywhere`, it follows links out of `folder`, for a mirror of files that were looked at already. Raises
    ToolError without helm, and as `tools.run` does.
    """
    restrictor = ("--load-restrictor", "LoadRestrictionsNone") if anywhere or _used.load_restrictor == "none" else ()
    starts = [tools.find("helm").resolve()] if charts and _used.helm else []
    for_charts = [part for helm in starts for part in ("--enable-helm", "--helm-command", helm)]
    return tools.run("kustomize", "build", *restrictor, *for_charts, folder, reads=reads, starts=starts)


def identity() -> str:
    """What changes whenever the same files may be rendered in another way, because of the options or of helm."""
    if not _used.helm:
        return _used.load_restrictor
    try:
        return f"{_used.load_restrictor} {tools.identity('helm')}"
    except ToolError:
        return f"{_used.load_restrictor} without helm"
