"""Where pull requests live: one thin module per forge behind the protocol in `promote.forge.base`."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from promote.errors import UsageError

if TYPE_CHECKING:
    from promote.forge.base import Forge
    from promote.system.git import Repository


def forge_for(kind: Literal["auto", "local", "github"], repository: Repository, remote: str) -> Forge:
    """The forge of `remote`; `auto` recognises it by its URL. A new forge is one more line here."""
    url = repository.remote_url(remote)
    chosen = _recognised(url) if kind == "auto" else kind
    if chosen == "github":
        from promote.forge.github import GitHub

        return GitHub.from_remote(url, os.environ)
    from promote.forge.local import Local

    return Local(repository, remote)


def _recognised(url: str) -> Literal["local", "github"]:
    if re.search(r"(^|[@/.])github\.", url):
        return "github"
    if url.startswith(("file://", ".", "~")) or Path(url).is_absolute():
        return "local"
    raise UsageError(
        "the remote's forge is not recognised by its URL: set `forge: {kind: github}` for a GitHub Enterprise "
        "server, or `forge: {kind: local}` to keep pull requests in the repository itself, in promote.yaml"
    )
