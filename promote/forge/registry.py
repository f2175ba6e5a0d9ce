"""Every forge: one line here, and one file `promote/forge/NAME.py` with the constant FORGE."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

from promote.errors import UsageError

if TYPE_CHECKING:
    from promote.forge.protocol import Declaration, Forge
    from promote.system.git import Repository

# The value of `forge.kind` in promote.yaml; `auto` takes the first that recognises the remote.
FORGES = (
    "github",
    "local",
)


def declaration(name: str) -> Declaration:
    """The declaration of the forge `name`."""
    found: Declaration = import_module(f"promote.forge.{name}").FORGE
    return found


def forge_for(kind: str, repository: Repository, remote: str) -> Forge:
    """The forge of `remote`; `auto` recognises it by its URL. Raises UsageError if no forge matches."""
    url = repository.remote_url(remote)
    candidates = FORGES if kind == "auto" else (kind,)
    for name in candidates:
        forge = declaration(name)
        if kind == name or forge.recognises(url):
            return forge.connect(repository, remote, os.environ)
    raise UsageError(
        "the remote's forge is not recognised by its URL: set `forge: {kind: github}` for a GitHub Enterprise "
        "server, or `forge: {kind: local}` to keep pull requests in the repository itself, in promote.yaml"
    )
