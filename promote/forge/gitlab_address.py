"""The address of GitLab's API for a Git remote, and the token for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from promote.errors import UsageError
from promote.forge.address import SERVER, Place, Token, place_of, token_in
from promote.system.process import redact

# As in glab: https://gitlab.com/gitlab-org/cli#gitlab-access-variables
_TOKENS = ("GITLAB_TOKEN", "GITLAB_ACCESS_TOKEN")
_SERVER = "GITLAB_HOST"
# Set in every job: https://docs.gitlab.com/ci/variables/predefined_variables/
_RUNNER = "CI_SERVER_URL"
_PART = r"(?!\.{1,2}(?:/|$))[\w.][\w.-]*"
# Groups, one in the other, and the project: https://docs.gitlab.com/user/reserved_names/
_PROJECT = re.compile(rf"(?:{_PART}/)+{_PART}", re.ASCII)
# Where port 22 is blocked: https://docs.gitlab.com/user/gitlab_com/#alternative-ssh-port
_ALIASES = {"altssh.gitlab.com": "gitlab.com"}


def _named(environ: Mapping[str, str]) -> str | None:
    """The server that GITLAB_HOST names, without a trailing slash; glab takes a host or an address there."""
    server = environ.get(_SERVER, "").strip().rstrip("/")
    if server and "://" not in server:
        server = f"https://{server}"
    if server and not SERVER.fullmatch(server):
        raise UsageError(f"{_SERVER} must be HOST or https://HOST/PATH without credentials (http only for localhost)")
    return server or None


def _of_job(environ: Mapping[str, str], place: Place) -> str | None:
    """The server of the job that runs, if it is the one of the remote: no other token may go there."""
    server = environ.get(_RUNNER, "").strip().rstrip("/")
    fits = SERVER.fullmatch(server) and urlsplit(server).hostname == _host(place)
    return server if fits else None


def _host(place: Place) -> str:
    return _ALIASES.get(place.host, place.host)


def _own(place: Place) -> str | None:
    """The server that a remote's own URL leads to; none where a token would travel unencrypted."""
    if place.scheme not in ("http", "https"):
        return f"https://{_host(place)}"
    server = f"{place.scheme}://{place.host}{place.port}"
    return server if SERVER.fullmatch(server) else None


def _project(place: Place, server: str) -> str:
    """The path of the project. Only a URL of http has the server's folder, too, if there is one."""
    folder = urlsplit(server).path.strip("/")
    if folder and place.scheme in ("http", "https"):
        return place.path.removeprefix(f"{folder}/")
    return place.path


def server_to_ask(remote_url: str, environ: Mapping[str, str]) -> str | None:
    """The server of a remote, to be asked what it is; a variable counts only if it names the same host."""
    place = place_of(remote_url)
    if place is None or not _PROJECT.fullmatch(place.path):
        return None
    named = _named(environ)
    if named and urlsplit(named).hostname == _host(place):
        return named
    return _of_job(environ, place) or _own(place)


def locate(remote_url: str, environ: Mapping[str, str]) -> tuple[str, str, Token]:
    """GROUP/PROJECT, the address of the API and the token for a Git remote, as `environ` gives them.

    Raises UsageError if the remote is not a project on a server, or if no token is set.
    """
    place = place_of(remote_url)
    server = (_named(environ) or _of_job(environ, place) or _own(place)) if place else None
    if place and server is None:
        raise UsageError(
            f"a token is not sent to http://{place.host}: use https for the remote, "
            f"or set {_SERVER} to the server's https address"
        )
    project = _project(place, server) if place and server else ""
    if not server or not _PROJECT.fullmatch(project):
        raise UsageError(
            f"the remote '{redact(remote_url)}' is not a GitLab project: set it to https://HOST/GROUP/PROJECT"
        )
    token = token_in(environ, _TOKENS)
    if token is None:
        # https://docs.gitlab.com/ci/jobs/ci_job_token/ lists what it may do.
        hint = "; CI_JOB_TOKEN cannot open merge requests" if environ.get("CI_JOB_TOKEN") else ""
        raise UsageError(
            f"no token for {urlsplit(server).netloc}: set {_TOKENS[0]} (or {_TOKENS[1]}) to a token with the scope "
            f"'api' and at least the role Developer in {project}{hint}"
        )
    return project, f"{server}/api/v4", token
