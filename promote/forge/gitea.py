"""Gitea and Forgejo: how to recognise a remote, and how to connect."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from promote.forge.address import place_of
from promote.forge.protocol import Declaration

if TYPE_CHECKING:
    from promote.forge.protocol import Forge
    from promote.git.repository import Repository

# Servers whose name says what they are; all others are asked.
_HOSTS = re.compile(r"codeberg\.org|(.*\.)?(gitea|forgejo)(\..+)?")


def _recognises(remote_url: str) -> bool:
    place = place_of(remote_url)
    return place is not None and _HOSTS.fullmatch(place.host) is not None


def _asks(remote_url: str, environ: Mapping[str, str]) -> bool:
    # Imported here: most remotes are recognised by their URL.
    from promote.forge.gitea_address import server_to_ask
    from promote.forge.gitea_http import is_gitea

    server = server_to_ask(remote_url, environ)
    return server is not None and is_gitea(server)


def _connect(repository: Repository, remote: str, environ: Mapping[str, str]) -> Forge:
    from promote.forge.gitea_client import Gitea

    return Gitea.from_remote(repository.remote_url(remote), environ)


FORGE = Declaration(
    recognises=_recognises,
    tokens=("GITEA_TOKEN", "FORGEJO_TOKEN"),
    connect=_connect,
    asks=_asks,
)
