"""GitHub and GitHub Enterprise: how to recognise a remote, and how to connect."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from promote.forge.address import place_of
from promote.forge.protocol import Declaration

if TYPE_CHECKING:
    from promote.forge.protocol import Forge
    from promote.git.repository import Repository


def _recognises(remote_url: str) -> bool:
    # Only the host: a repository on another forge may be called github.io.
    place = place_of(remote_url)
    return place is not None and re.search(r"(^|\.)github\.", place.host) is not None


def _connect(repository: Repository, remote: str, environ: Mapping[str, str]) -> Forge:
    # Imported here: PyGithub takes longer to import than most commands take to run.
    from promote.forge.github_client import GitHub

    return GitHub.from_remote(repository.remote_url(remote), environ)


FORGE = Declaration(
    recognises=_recognises,
    connect=_connect,
)
