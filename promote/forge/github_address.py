"""The address of GitHub's API for a Git remote, and the token for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from promote.errors import UsageError
from promote.system.process import redact

_REPOSITORY = re.compile(r"[a-z0-9][\w-]*/(?!\.{1,2}$)[\w.-]+", re.ASCII | re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9][a-z0-9.-]*(:\d+)?", re.IGNORECASE)
_API = re.compile(r"(https://[a-z0-9.-]+|http://(127\.0\.0\.1|localhost))(:\d+)?(/[\w./-]*)?", re.IGNORECASE)
_URL = re.compile(r"(https?|ssh|git\+ssh|git)://(?:[^/]*@)?([a-z0-9.-]+)(:\d+)?/(.+)", re.IGNORECASE)
_SCP = re.compile(r"(?:[^@:/\s]+@)?([a-z0-9.-]{2,}):(?!//)(.+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Token:
    """A credential, and the environment variable that it comes from, which messages name."""

    variable: str
    value: str = field(repr=False)


# Not giturlparse: version 0.16 knows neither ports of ssh nor hosts without a user, which are in ~/.ssh/config.
def _parse(remote_url: str) -> tuple[str, str] | None:
    """The host (with an https port) and OWNER/REPOSITORY of a remote, or None if it is another URL."""
    if match := _URL.fullmatch(remote_url.strip()):
        scheme, host, port, path = match.groups()
        host += port if port and scheme.lower() == "https" else ""
    elif match := _SCP.fullmatch(remote_url.strip()):
        host, path = match.groups()
    else:
        return None
    repository = path.strip("/").removesuffix(".git")
    return (host.lower(), repository) if _REPOSITORY.fullmatch(repository) else None


def _api(host: str, environ: Mapping[str, str]) -> str:
    """The address of the API, without a trailing slash."""
    if api := environ.get("GITHUB_API_URL", "").rstrip("/"):
        if not _API.fullmatch(api):
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
    for variable in variables:
        if value := environ.get(variable, "").strip():
            # requests would show a value that is not valid in a header.
            if not re.fullmatch(r"[!-~]+", value):
                raise UsageError(f"{variable} contains spaces, line breaks or other characters that no token has")
            return Token(variable, value)
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
