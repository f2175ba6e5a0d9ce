"""GitLab: how to recognise a remote, and how to connect."""

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
_HOSTS = re.compile(r"(.*\.)?gitlab(\..+)?")
# Every answer has it: https://gitlab.com/gitlab-org/ruby/gems/labkit-ruby
_HEADER = "X-Gitlab-Meta"


def is_gitlab(server: str) -> bool:
    """Whether a server says that it is a GitLab. It is asked without a token, which its API refuses.

    Raises:
        NetworkError: it does not answer, so nobody knows.
    """
    # Imported here: most remotes are recognised by their URL.
    from promote.forge.json_api import first_answer

    status, headers, data = first_answer(server, "/api/v4/version")
    return status in (HTTPStatus.OK, HTTPStatus.UNAUTHORIZED) and isinstance(data, dict) and _HEADER in headers


def _asks(remote_url: str, environ: Mapping[str, str]) -> bool:
    from promote.forge.gitlab_address import server_to_ask

    server = server_to_ask(remote_url, environ)
    return server is not None and is_gitlab(server)


def _connect(repository: Repository, remote: str, environ: Mapping[str, str]) -> Forge:
    from promote.forge.gitlab_client import GitLab

    return GitLab.from_remote(repository.remote_url(remote), environ)


FORGE = Declaration(
    recognises=partial(is_on, hosts=_HOSTS),
    connect=_connect,
    asks=_asks,
)
