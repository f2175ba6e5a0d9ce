"""GitHub and GitHub Enterprise: how to recognise a remote, and how to connect."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from promote.forge.address import is_on
from promote.forge.protocol import Declaration

if TYPE_CHECKING:
    from promote.forge.protocol import Forge
    from promote.git.repository import Repository

_HOSTS = re.compile(r"(.*\.)?github\..*")


def _connect(repository: Repository, remote: str, environ: Mapping[str, str]) -> Forge:
    # Imported here: PyGithub takes longer to import than most commands take to run.
    from promote.forge.github_client import GitHub

    return GitHub.from_remote(repository.remote_url(remote), environ)


FORGE = Declaration(
    recognises=partial(is_on, hosts=_HOSTS),
    connect=_connect,
)
