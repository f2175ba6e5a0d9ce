"""Where a Git remote is, and the credential for its server: the same for every forge."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from promote.errors import UsageError

_URL = re.compile(r"(https?|ssh|git\+ssh|git)://(?:[^/]*@)?([a-z0-9.-]+)(:\d+)?/(.+)", re.IGNORECASE)
_SCP = re.compile(r"(?:[^@:/\s]+@)?([a-z0-9.-]{2,}):(?!//)(.+)", re.IGNORECASE)
# The address of a server that a token may be sent to.
SERVER = re.compile(r"(https://[a-z0-9.-]+|http://(127\.0\.0\.1|localhost))(:\d+)?(/[\w./-]*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Token:
    """A credential, and the environment variable that it comes from, which messages name."""

    variable: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Place:
    """A Git remote on a server: `port` has its colon, `path` neither its first slash nor `.git`."""

    scheme: str
    host: str
    port: str
    path: str


# Not giturlparse: version 0.16 knows neither ports of ssh nor hosts without a user, which are in ~/.ssh/config.
def place_of(remote_url: str) -> Place | None:
    """Where a remote is, or None if its URL names no server."""
    if match := _URL.fullmatch(remote_url.strip()):
        scheme, host, port, path = match.groups()
    elif match := _SCP.fullmatch(remote_url.strip()):
        (host, path), scheme, port = match.groups(), "ssh", ""
    else:
        return None
    return Place(scheme.lower(), host.lower(), port or "", path.strip("/").removesuffix(".git"))


def is_on(remote_url: str, hosts: re.Pattern[str]) -> bool:
    """Whether a remote is on a server whose whole name matches `hosts`; its path may be called anything."""
    place = place_of(remote_url)
    return place is not None and hosts.fullmatch(place.host) is not None


def token_in(environ: Mapping[str, str], variables: Iterable[str]) -> Token | None:
    """The token of the first variable that has one."""
    for variable in variables:
        if value := environ.get(variable, "").strip():
            # requests would show a value that is not valid in a header.
            if not re.fullmatch(r"[!-~]+", value):
                raise UsageError(f"{variable} contains spaces, line breaks or other characters that no token has")
            return Token(variable, value)
    return None
