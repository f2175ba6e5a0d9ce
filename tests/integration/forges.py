"""The forges with a server, each with its small double, and what every one of their tests asserts."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from promote.errors import PromoteError
from promote.forge.gitea_client import Gitea
from promote.forge.github_client import GitHub
from promote.forge.gitlab_client import GitLab
from promote.forge.protocol import Forge
from tests.integration.forge_server import ForgeServer, commit
from tests.integration.gitea_server import GiteaServer
from tests.integration.github_server import GitHubServer
from tests.integration.gitlab_server import GitLabServer

TOKEN = "ghp_0123456789abcdefSECRET"  # noqa: S105 it opens nothing
REPOSITORY = "mediq/infra"
BRANCH = "promote/staging-to-production"
GARBAGE_LISTS = ["<html>Sign in</html>", "{", '["seven"]', '[{"number": 7, "iid": 7, "id": 7}]', '{"message": "no"}']
# What a careless proxy might send back: the caller's own credentials.
ECHO = {"message": f"upstream said: Authorization: token {TOKEN}", "errors": [{"message": TOKEN}]}


@dataclass(frozen=True)
class Kind:
    """One forge: its server, a client for it, and where the two differ from the others."""

    title: str
    server: Callable[[str, str], ForgeServer]
    connect: Callable[[ForgeServer, list[float], str], Forge]
    merge: str
    variable: str
    scope: tuple[str, ...]


def connect_github(server: ForgeServer, pauses: list[float], token: str = TOKEN) -> GitHub:
    return GitHub.from_remote(
        f"git@github.com:{REPOSITORY}.git",
        {"GITHUB_API_URL": server.api, "GH_TOKEN": token},
        timeout=1,
        sleep=pauses.append,
    )


def connect_gitea(server: ForgeServer, pauses: list[float], token: str = TOKEN) -> Gitea:
    return Gitea.from_remote(f"{server.api}/{REPOSITORY}.git", {"GITEA_TOKEN": token}, timeout=1, sleep=pauses.append)


def connect_gitlab(server: ForgeServer, pauses: list[float], token: str = TOKEN) -> GitLab:
    remote = f"{server.api}/{server.repository}.git"
    return GitLab.from_remote(remote, {"GITLAB_TOKEN": token}, timeout=1, sleep=pauses.append)


GITHUB = Kind(
    "GitHub",
    GitHubServer,
    connect_github,
    "PUT /merge",
    "GH_TOKEN",
    ("contents: write", "pull-requests: write"),
)
GITEA = Kind("Gitea", GiteaServer, connect_gitea, "POST /merge", "GITEA_TOKEN", ("write:repository",))
GITLAB = Kind("GitLab", GitLabServer, connect_gitlab, "PUT /merge", "GITLAB_TOKEN", ("'api'", "Developer"))


@contextmanager
def serving(server: ForgeServer) -> Iterator[None]:
    """Run a server with two branches; the client has broken none of its rules."""
    with server:
        server.branches = {"main": commit("main"), BRANCH: commit(BRANCH)}
        yield
    assert server.violations == []


@contextmanager
def watched(forge: Forge, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Use a forge whose token may be in nothing that it says, and which prints nothing."""
    caplog.set_level(logging.DEBUG)
    yield
    assert TOKEN not in repr(forge) + str(forge)
    logged = caplog.get_records("call")
    assert "urllib3.connectionpool" in {record.name for record in logged}
    assert [record for record in logged if record.name.startswith("github")] == []
    assert TOKEN not in "".join(record.getMessage() for record in logged)
    assert capfd.readouterr() == ("", "")


@contextmanager
def refused(kind: type[PromoteError], *words: str) -> Iterator[None]:
    with pytest.raises(kind) as caught:
        yield
    assert caught.type is kind
    text = str(caught.value)
    assert [word for word in words if word not in text] == [], text
    assert "\n" not in text
    assert len(text) < 500
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert TOKEN not in text + "".join(traceback.format_exception(caught.value))
