"""Takes the settings for rendering from the promote.yaml of the checkout in which promote runs."""

from __future__ import annotations

from promote.kustomize import options, remotes
from promote.repository.config import Config


def follow(settings: Config) -> None:
    """Let kustomize read and build what these settings allow, and no more, for all that this process renders.

    Not those of a commit that is looked at: its author may not choose which servers are asked and what runs.
    """
    remotes.allow(settings.remotes)
    options.use(settings.kustomize)
