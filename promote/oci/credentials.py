"""Credentials for registries as Docker keeps them: in its config.json, or with a program that it names.

https://docs.docker.com/reference/cli/docker/login/#credential-stores. A credential belongs to the host under which
it is kept, and is given for no other.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from promote.errors import ConfigError, ToolError
from promote.oci.address import HUB
from promote.system import process
from promote.system.process import Exactly
from promote.yamltext import reader

_HUB_KEY = "https://index.docker.io/v1/"
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_HELPER_SECONDS = 30
_LARGEST = 1 << 20  # bytes of config.json
_TOKEN_USER = "<token>"  # noqa: S105 what helpers write instead of a user, if the secret is a refresh token


@dataclass(frozen=True, slots=True)
class Credential:
    """A password of `user`, a refresh token for the token server, or a token for the registry itself.

    `origin` is where it is kept, for messages.
    """

    kind: Literal["password", "refresh", "token"]
    user: str
    secret: str = field(repr=False)
    origin: str


class DockerConfig:
    """The credentials of one config.json, which is read when the first one is asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._content: Mapping[str, Any] | None = None

    @classmethod
    def of_user(cls) -> DockerConfig:
        """That in the folder DOCKER_CONFIG, by default ~/.docker."""
        folder = os.environ.get("DOCKER_CONFIG", "").strip()
        return cls((Path(folder) if folder else Path("~/.docker").expanduser()) / "config.json")

    def of(self, host: str) -> Credential | None:
        """The credential for a registry, None where none is kept.

        Raises ConfigError for a file that is not valid, and ToolError for a helper that is missing or fails.
        """
        if self._content is None:
            self._content = self._read()
        helpers = {_host_of(key): name for key, name in self._section("credHelpers").items()}
        helper = helpers.get(host) or self._content.get("credsStore")
        if helper and (found := self._of_helper(str(helper), host)):
            return found
        for key, entry in self._section("auths").items():
            if _host_of(key) == host and isinstance(entry, dict) and (found := self._of_entry(host, entry)):
                return found
        return None

    def _read(self) -> Mapping[str, Any]:
        try:
            with self._path.open("rb") as file:
                content = reader.from_json(file.read(_LARGEST + 1), _LARGEST)
        except (FileNotFoundError, NotADirectoryError, RuntimeError):
            return {}
        except OSError as error:
            raise ConfigError(f"{self._path} cannot be read ({error.strerror}): correct its permissions") from None
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise ConfigError(f"{self._path} is not a JSON object of Docker: correct it, or log in again")
        return content

    def _section(self, name: str) -> Mapping[str, Any]:
        found = (self._content or {}).get(name) or {}
        if not isinstance(found, dict):
            raise ConfigError(f"{self._path}: {name} is not a JSON object: correct it, or log in again")
        return found

    def _of_entry(self, host: str, entry: Mapping[str, Any]) -> Credential | None:
        origin = str(self._path)
        if token := entry.get("identitytoken"):
            return Credential("refresh", "", str(token), origin)
        if token := entry.get("registrytoken"):
            return Credential("token", "", str(token), origin)
        if entry.get("auth"):
            try:
                user, colon, password = base64.b64decode(str(entry["auth"]), validate=True).decode().partition(":")
            except ValueError:
                colon = ""
            if not colon:
                raise ConfigError(f"{origin}: 'auth' of {host} is not USER:PASSWORD in base64: log in again")
            return Credential("password", user, password.strip("\0"), origin)
        if entry.get("username") and entry.get("password"):
            return Credential("password", str(entry["username"]), str(entry["password"]), origin)
        return None

    def _of_helper(self, helper: str, host: str) -> Credential | None:
        """What a credential helper of Docker keeps: https://github.com/docker/docker-credential-helpers#protocol."""
        name = f"docker-credential-{helper}"
        if not _HELPER.fullmatch(helper):
            raise ConfigError(f"{self._path}: {name!r} is not the name of a credential helper: correct it")
        program = shutil.which(name, path=process.search_path())
        if program is None:
            raise ToolError(
                f"{name}, which {self._path} names for {host}, is not on PATH: install it, or log in again"
            )
        # Helpers of clouds find their own credentials in the environment.
        own = Exactly(process.environment(secrets=True))
        asked = (_HUB_KEY if host == HUB else host).encode()
        done = process.run([program, "get"], stdin=asked, exactly=own, timeout=_HELPER_SECONDS)
        if done.code != 0:
            if b"credentials not found" in done.stdout + done.stderr:
                return None
            # What it printed is left out: it may be a secret.
            raise ToolError(f"{name} failed for {host} (exit {done.code}): log in again, or run `{name} get` by hand")
        try:
            answer = reader.from_json(done.stdout, _LARGEST)
            user, secret = str(answer["Username"]), str(answer["Secret"])
        except (ValueError, KeyError, TypeError):
            raise ToolError(f"{name} does not answer as a credential helper for {host}: update it") from None
        if not secret:
            return None
        return Credential("refresh" if user == _TOKEN_USER else "password", user, secret, name)


def _host_of(key: str) -> str:
    """The host of a key of `auths`, which may be a URL."""
    host = re.sub(r"^https?://", "", key).partition("/")[0].lower()
    return HUB if host in ("index.docker.io", "registry-1.docker.io") else host
