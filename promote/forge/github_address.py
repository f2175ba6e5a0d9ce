"""The address of GitHub's API for a Git remote, and the token for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from promote.errors import UsageError
from promote.forge.address import SERVER, Token, place_of, token_in
from promote.system.process import redact

_REPOSITORY = re.compile(r"[a-z0-9][\w-]*/(?!\.{1,2}$)[\w.-]+", re.ASCII | re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9][a-z0-9.-]*(:\d+)?", re.IGNORECASE)


def _parse(remote_url: str) -> tuple[str, str] | None:
    """The host (with an https port) and OWNER/REPOSITORY of a remote, or None if it is another URL."""
    place = place_of(remote_url)
    if place is None or not _REPOSITORY.fullmatch(place.path):
        return None
    return place.host + (place.port if place.scheme == "https" else ""), place.path


def _api(host: str, environ: Mapping[str, str]) -> str:
    """The address of the API, without a trailing slash."""
    if api := environ.get("GITHUB_API_URL", "").rstrip("/"):
        if not SERVER.fullmatch(api):
            raise UsageError("GITHUB_API_URL must be https://HOST/PATH without credentials (http only for localhost)")
        return api
    if not _HOST.fullmatch(host):
        raise UsageError("GH_HOST must be a host name such as github.example.com")
    if host in ("github.com", "www.github.com", "ssh.github.com"):
        return "https://api.github.com"
    # https://docs.github.com/en/enterprise-cloud@latest/admin/data-residency
    return f"https://api.{host}" if host.endswith(".ghe.com") else f"https://{host}/api/v3"


def _token(api: str, repository: str, environ: Mapping[str, str]) -> Token:
    """The token for the API's host: a token for github.com is sent to no other host unless requested."""
    host = urlsplit(api).netloc
    variables = ["GH_TOKEN", "GITHUB_TOKEN"]
    if host != "api.github.com" and not host.endswith(".ghe.com"):
        # GITHUB_API_URL is such a request: GitHub's own runners set it on an Enterprise Server.
        others = variables if environ.get("GITHUB_API_URL") else []
        variables = ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN", *others]
    if token := token_in(environ, variables):
        return token
    raise UsageError(
        f"no token for {host}: set {variables[0]} (or {variables[1]}) to a token that may write contents and "
        f"pull requests of {repository}"
    )


def locate(remote_url: str, environ: Mapping[str, str]) -> tuple[str, str, Token]:
    """OWNER/REPOSITORY, the address of the API and the token for a Git remote, as `environ` gives them.

    Raises UsageError if the remote is not a GitHub repository, or if no token is set.
    """
    host, repository = _parse(remote_url) or ("github.com", environ.get("GITHUB_REPOSITORY", ""))
    if not _REPOSITORY.fullmatch(repository):
        raise UsageError(
            f"the remote '{redact(remote_url)}' is not a GitHub repository: set it to "
            "https://HOST/OWNER/REPOSITORY, or set GITHUB_REPOSITORY=OWNER/REPOSITORY"
        )
    api = _api(environ.get("GH_HOST") or host, environ)
    return repository, api, _token(api, repository, environ)
