"""GitHub and GitHub Enterprise: how to recognise a remote, and how to connect."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from promote.forge.protocol import Declaration

if TYPE_CHECKING:
    from promote.forge.protocol import Forge
    from promote.system.git import Repository


def _connect(repository: Repository, remote: str, environ: Mapping[str, str]) -> Forge:
    # Imported here: PyGithub takes longer to import than most commands take to run.
    from promote.forge.github_client import GitHub

    return GitHub.from_remote(repository.remote_url(remote), environ)


FORGE = Declaration(
    recognises=re.compile(r"(^|[@/.])github\.").search,
    tokens=("GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"),
    connect=_connect,
)
