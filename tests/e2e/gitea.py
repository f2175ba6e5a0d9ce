"""A Gitea on loopback, with its database in one file, and a way to talk to it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import urllib3

from tests.e2e.cluster import ATTEMPTS, TOOLS
from tests.e2e.process import THRIFT, PortTaken, Process, Running
from tests.ports import free_ports

OWNER, REVIEWER, STRANGER = USERS = ("owner", "reviewer", "stranger")
# What promote needs, and no more.
SCOPES = "write:repository"
PASSWORD = "only-on-loopback-1"  # noqa: S105 it opens nothing else
_SETTINGS = """\
RUN_MODE = prod
WORK_PATH = {folder}
{root}
[server]
STATIC_ROOT_PATH = {files}
HTTP_ADDR = 127.0.0.1
HTTP_PORT = {port}
ROOT_URL = http://127.0.0.1:{port}/
DISABLE_SSH = true
OFFLINE_MODE = true
[database]
DB_TYPE = sqlite3
PATH = {folder}/gitea.db
[security]
INSTALL_LOCK = true
[actions]
ENABLED = false
[webhook]
ALLOWED_HOST_LIST = loopback
[cron]
ENABLED = false
[log]
LEVEL = warn
"""
# Gitea refuses to run as root unless it is told so, and tests in a container are root.
_AS_ROOT = "I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true"


class Unexpected(Exception):
    """An answer of Gitea that a test did not expect."""


class GiteaHost(Running):
    """The server with its users. Use it in a `with` statement.

    `pages` is the folder `public` of Gitea's front end, built; without it, its pages have no style.
    """

    def __init__(self, folder: Path, tools: Path = TOOLS, *, pages: Path | None = None):
        self.folder = folder
        self._pages = pages
        self.tokens: dict[str, str] = {}
        self._all: dict[str, str] = {}
        self._program = tools / "bin" / "gitea"
        self._files = tools / "e2e" / "gitea"
        self._process: Process | None = None
        self._port = 0
        self._pool = urllib3.PoolManager(retries=False, timeout=20.0)

    @property
    def process(self) -> Process:
        """The server itself, for tests that kill and restart it."""
        assert self._process is not None
        return self._process

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self._port}"

    def stop(self) -> None:
        """End the server."""
        self._pool.clear()
        if self._process is not None:
            self._process.stop()
            self._process = None

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, user: str = OWNER) -> Any:
        """An answer of the API to one of the users."""
        answer = self._pool.request(
            method,
            f"{self.url}/api/v1/{path}",
            json=body,
            headers={"Authorization": f"token {self._all[user]}"},
        )
        if answer.status >= 300:
            raise Unexpected(f"{method} {path}: {answer.status} {answer.data.decode()[:300]}")
        return json.loads(answer.data) if answer.data else None

    def new_repository(self, name: str) -> str:
        """The address of a new, empty repository, with the owner's password for Git in it."""
        self.ask("POST", "user/repos", {"name": name, "default_branch": "main"})
        self.ask("PUT", f"repos/{OWNER}/{name}/collaborators/{REVIEWER}", {"permission": "write"})
        return f"{self.url}/{OWNER}/{name}.git".replace("://", f"://{OWNER}:{self.tokens[OWNER]}@")

    def add_webhook(self, name: str, url: str, secret: str) -> None:
        """Report every push to a repository to an address, signed with a secret."""
        config = {"url": url, "content_type": "json", "secret": secret}
        body = {"type": "gitea", "config": config, "events": ["push"], "active": True}
        self.ask("POST", f"repos/{OWNER}/{name}/hooks", body)

    def _start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._pages is not None:
            (self.folder / "custom").mkdir()
            (self.folder / "custom" / "public").symlink_to(self._pages)
        for attempt in range(ATTEMPTS):
            [self._port] = free_ports(1)
            self._settings.write_text(
                _SETTINGS.format(
                    folder=self.folder, files=self._files, port=self._port, root="" if os.getuid() else _AS_ROOT
                )
            )
            if attempt == 0:
                self._run("migrate")
                self._add_users()
            self._process = Process(
                self.folder / "gitea.log", [self._program, "--config", self._settings, "web"], self._environment
            )
            try:
                self._process.ready(f"{self.url}/api/healthz")
                break
            except PortTaken:
                self.stop()
                if attempt == ATTEMPTS - 1:
                    raise

    @property
    def _settings(self) -> Path:
        return self.folder / "app.ini"

    @property
    def _environment(self) -> dict[str, str]:
        return {"HOME": str(self.folder), "USER": "gitea", "GIT_CONFIG_NOSYSTEM": "1"}

    def _add_users(self) -> None:
        # The first user becomes an administrator, whom no rule of a branch holds up.
        for user in ("administrator", *USERS):
            address = f"{user}@example.invalid"
            account = ["--username", user, "--email", address, "--password", PASSWORD]
            self._run("admin", "user", "create", *account, "--must-change-password=false")
        for user in USERS:
            self.tokens[user] = self._token(user, "promote", SCOPES)
            self._all[user] = self._token(user, "tests", "all")

    def _token(self, user: str, name: str, scopes: str) -> str:
        options = ["--username", user, "--token-name", name, "--scopes", scopes, "--raw"]
        return self._run("admin", "user", "generate-access-token", *options).split()[-1]

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [self._program, "--config", self._settings, *arguments],
            cwd=self.folder,
            env={**os.environ, **THRIFT, **self._environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode:
            raise Unexpected(f"gitea {arguments[0]}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
        return done.stdout
