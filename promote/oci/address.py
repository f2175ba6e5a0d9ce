"""Where an image is fetched from: the host of its registry, and the path of its repository there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from promote.errors import UsageError

HUB = "docker.io"
_HUB_NAMES = (HUB, "index.docker.io", "registry-1.docker.io")
_HUB_API = "registry-1.docker.io"
_LONGEST = 255

# https://github.com/distribution/reference/blob/v0.6.0/reference.go#L4-L26
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]{{2,45}}\])(?::([0-9]{{1,5}}))?")
_SEGMENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_PATH = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*")
_LOOPBACK = re.compile(r"localhost|127(?:\.\d{1,3}){3}|\[(?:0*:)*:?0*1\]", re.IGNORECASE)
_HIGHEST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Access:
    """What promote.yaml says of one registry; `mirror` is the host that is asked instead of it.

    `private` allows an address in a private network or on this machine, `plain_http` requests without TLS.
    """

    private: bool = False
    plain_http: bool = False
    mirror: str | None = None


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository of an image: `host` may have a port, `path` is without its first slash."""

    host: str
    path: str

    @property
    def name(self) -> str:
        """The whole name, `docker.io/library/redis` for `redis`."""
        return f"{self.host}/{self.path}"


def parse(name: str) -> Repository:
    """The repository that an image's `name`, without tag and digest, means to a container runtime.

    Raises UsageError for a name that no runtime accepts.
    """
    first, slash, rest = name.partition("/")
    is_host = bool(slash) and (first == "localhost" or any(one in ".:" or one.isupper() for one in first))
    host, path = (first, rest) if is_host else (HUB, name)
    # Without a dot or a port, only its upper case says that this is a host.
    host = host.lower() if any(one in ".:" for one in host) else host
    if host in _HUB_NAMES:
        host = HUB
        path = path if "/" in path else f"library/{path}"
    if len(f"{host}/{path}") > _LONGEST or not _PATH.fullmatch(path) or not is_valid_host(host):
        raise UsageError(f"'{name[:_LONGEST]}' is not a valid image name: write [HOST[:PORT]/]PATH in lower case")
    return Repository(host, path)


def is_valid_host(host: str) -> bool:
    """Whether a text is the name or the address of a host, with or without a port."""
    found = _HOST.fullmatch(host)
    return found is not None and int(found[1] or 1) in range(1, _HIGHEST_PORT + 1)


def server_of(host: str) -> str:
    """The host that has the API of a registry: Docker Hub's has another name."""
    return _HUB_API if host == HUB else host


def is_loopback(host: str) -> bool:
    """Whether a host, with or without a port, is this machine by its name or address."""
    return bool(_LOOPBACK.fullmatch(re.sub(r":\d+$", "", host)))
