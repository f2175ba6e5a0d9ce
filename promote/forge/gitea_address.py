"""The address of Gitea's API for a Git remote, and the token for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from promote.errors import UsageError
from promote.forge.address import SERVER, Place, Token, place_of, token_in
from promote.system.process import redact

_TOKENS = ("GITEA_TOKEN", "FORGEJO_TOKEN")
_SERVERS = ("GITEA_SERVER_URL", "FORGEJO_SERVER_URL")
# A folder may precede the repository: the path of ROOT_URL in the server's settings.
_PATH = re.compile(r"(?P<folder>(?:[\w.-]+/)*)(?P<repository>\w[\w.-]*/(?!\.{1,2}$)[\w.-]+)", re.ASCII)


def _named(variable: str, environ: Mapping[str, str]) -> str | None:
    """The server that a variable names, without a trailing slash."""
    server = environ.get(variable, "").rstrip("/")
    if server and not SERVER.fullmatch(server):
        raise UsageError(f"{variable} must be https://HOST/PATH without credentials (http only for localhost)")
    return server or None


def _same_host(server: str | None, place: Place) -> bool:
    return server is not None and urlsplit(server).hostname == place.host


def _split(remote_url: str) -> tuple[Place, str, str] | None:
    """The place, the folder on the server with its slashes, and OWNER/REPOSITORY of a remote."""
    place = place_of(remote_url)
    match = _PATH.fullmatch(place.path) if place else None
    return (place, "/" + match["folder"], match["repository"]) if place and match else None


def _server(place: Place, folder: str) -> str | None:
    """The server that a remote's own URL leads to; none where a token would travel unencrypted."""
    if place.scheme not in ("http", "https"):
        return f"https://{place.host}"
    server = f"{place.scheme}://{place.host}{place.port}{folder}".rstrip("/")
    return server if SERVER.fullmatch(server) else None


def server_to_ask(remote_url: str, environ: Mapping[str, str]) -> str | None:
    """The server of a remote, to be asked what it is; a variable counts only if it names the same host."""
    if (found := _split(remote_url)) is None:
        return None
    place, folder, _ = found
    for variable in _SERVERS:
        if _same_host(server := _named(variable, environ), place):
            return server
    return _server(place, folder)


def locate(remote_url: str, environ: Mapping[str, str]) -> tuple[str, str, Token]:
    """OWNER/REPOSITORY, the address of the API and the token for a Git remote, as `environ` gives them.

    Raises UsageError if the remote is not a repository on a server, or if no token is set.
    """
    found = _split(remote_url)
    if found is None:
        raise UsageError(
            f"the remote '{redact(remote_url)}' is not a Gitea repository: set it to https://HOST/OWNER/REPOSITORY"
        )
    place, folder, repository = found
    # The second variable is set by Forgejo Actions in every job: no other server's token may go where it leads.
    server, runner = (_named(variable, environ) for variable in _SERVERS)
    server = server or (runner if _same_host(runner, place) else _server(place, folder))
    if server is None:
        raise UsageError(
            f"a token is not sent to http://{place.host}: use https for the remote, "
            f"or set {_SERVERS[0]} to the server's https address"
        )
    token = token_in(environ, _TOKENS)
    if token is None:
        raise UsageError(
            f"no token for {urlsplit(server).netloc}: set {_TOKENS[0]} (or {_TOKENS[1]}) to a token that may write "
            f"{repository}, with the scope 'write:repository'"
        )
    return repository, f"{server}/api/v1", token
