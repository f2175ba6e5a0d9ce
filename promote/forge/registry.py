"""Every forge: one line here, and one file `promote/forge/NAME.py` with the constant FORGE."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

from promote.errors import UsageError

if TYPE_CHECKING:
    from promote.forge.protocol import Declaration, Forge
    from promote.system.git import Repository

# The value of `forge.kind` in promote.yaml; `auto` takes the first that recognises the remote, or else its server.
FORGES = (
    "github",
    "gitea",
    "local",
)


def declaration(name: str) -> Declaration:
    """The declaration of the forge `name`."""
    found: Declaration = import_module(f"promote.forge.{name}").FORGE
    return found


def forge_for(kind: str, repository: Repository, remote: str) -> Forge:
    """The forge of `remote`; `auto` finds it. Raises UsageError if no forge matches."""
    forge = _detected(repository.remote_url(remote)) if kind == "auto" else declaration(kind)
    return forge.connect(repository, remote, os.environ)


def _detected(url: str) -> Declaration:
    declared = [declaration(name) for name in FORGES]
    for forge in declared:
        if forge.recognises(url):
            return forge
    for forge in declared:
        if forge.asks and forge.asks(url, os.environ):
            return forge
    raise UsageError(
        "the remote's forge is not recognised by its URL, and its server does not say that it is a Gitea: in "
        "promote.yaml, set `forge: {kind: github}` for a GitHub Enterprise server, `forge: {kind: gitea}` for Gitea "
        "or Forgejo, or `forge: {kind: local}` to keep pull requests in the repository itself"
    )
