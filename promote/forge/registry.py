"""Every forge: one line here, and one file `promote/forge/NAME.py` with the constant FORGE."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

from promote.errors import UsageError
from promote.forge.address import place_of

if TYPE_CHECKING:
    from promote.forge.protocol import Declaration, Forge
    from promote.git.repository import Repository

# The value of `forge.kind` in promote.yaml; `auto` takes the first that recognises the remote, or else its server.
FORGES = (
    "github",
    "gitea",
    "gitlab",
    "local",
)
# What CI and people set for the repository at hand.
_OF_REPOSITORY = ("GITHUB_REPOSITORY",)
_OF_SERVER = ("GH_HOST", "GITHUB_API_URL", "GITEA_SERVER_URL", "FORGEJO_SERVER_URL", "GITLAB_HOST")


def declaration(name: str) -> Declaration:
    """The declaration of the forge `name`."""
    found: Declaration = import_module(f"promote.forge.{name}").FORGE
    return found


def forge_for(kind: str, repository: Repository, remote: str) -> Forge:
    """The forge of `remote`; `auto` finds it. Raises UsageError if no forge matches."""
    forge = _detected(repository.remote_url(remote)) if kind == "auto" else declaration(kind)
    return forge.connect(repository, remote, os.environ)


def forge_of_another(kind: str, repository: Repository, remote: str, own: str) -> Forge:
    """The forge of `remote`, another repository than the one at the URL `own`; `kind` counts where nothing else does.

    Raises UsageError if no forge matches. Variables that name the server or the repository of `own` do not count for
    one on another host.
    """
    url = repository.remote_url(remote)
    try:
        forge = _detected(url)
    except UsageError:
        if kind == "auto":
            raise
        forge = declaration(kind)
    here, there = place_of(own), place_of(url)
    is_same = here is not None and there is not None and here.host == there.host
    unfit = _OF_REPOSITORY if is_same else (*_OF_REPOSITORY, *_OF_SERVER)
    return forge.connect(repository, remote, {key: value for key, value in os.environ.items() if key not in unfit})


def _detected(url: str) -> Declaration:
    declared = [declaration(name) for name in FORGES]
    for forge in declared:
        if forge.recognises(url):
            return forge
    for forge in declared:
        if forge.asks and forge.asks(url, os.environ):
            return forge
    raise UsageError(
        "the remote's forge is not recognised by its URL, and its server does not say that it is a Gitea or GitLab: "
        "in promote.yaml, set `forge: {kind: github}` for a GitHub Enterprise server, `forge: {kind: gitea}` for "
        "Gitea or Forgejo, `forge: {kind: gitlab}` for GitLab, or `forge: {kind: local}` to keep pull requests in "
        "the repository itself"
    )
