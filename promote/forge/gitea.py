"""Gitea and Forgejo: how to recognise a remote, and how to connect."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from promote.forge.address import is_on
from promote.forge.protocol import Declaration

if TYPE_CHECKING:
    from promote.forge.protocol import Forge
    from promote.git.repository import Repository

# Servers whose name says what they are; all others are asked.
_HOSTS = re.compile(r"codeberg\.org|(.*\.)?(gitea|forgejo)(\..+)?")
_VERSION = re.compile(r"v?\d|development$")
# A server that requires everybody to sign in says so to everybody.
_LOCKED = "Only signed in user is allowed to call APIs."


def is_gitea(server: str) -> bool:
    """Whether a server says that it is a Gitea or a Forgejo. It is asked without a token.

    Raises:
        NetworkError: it does not answer, so nobody knows.
    """
    # Imported here: most remotes are recognised by their URL.
    from promote.forge.json_api import first_answer

    status, _, data = first_answer(server, "/api/v1/version")
    if not isinstance(data, dict):
        return False
    if status == HTTPStatus.FORBIDDEN:
        return bool(data.get("message") == _LOCKED)
    version = data.get("version")
    return status == HTTPStatus.OK and isinstance(version, str) and bool(_VERSION.match(version))


def _asks(remote_url: str, environ: Mapping[str, str]) -> bool:
    from promote.forge.gitea_address import server_to_ask

    server = server_to_ask(remote_url, environ)
    return server is not None and is_gitea(server)


def _connect(repository: Repository, remote: str, environ: Mapping[str, str]) -> Forge:
    from promote.forge.gitea_client import Gitea

    return Gitea.from_remote(repository.remote_url(remote), environ)


FORGE = Declaration(
    recognises=partial(is_on, hosts=_HOSTS),
    connect=_connect,
    asks=_asks,
)
