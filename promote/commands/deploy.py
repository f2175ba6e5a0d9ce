"""`promote deploy ENV`: waits until a cluster runs what Git says of an environment; nothing is changed."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import dataclass

from promote.cluster.client import Address
from promote.commands import options
from promote.commands.result import Result
from promote.live import rollout
from promote.output import live
from promote.repository.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Options:
    """An environment, its cluster, and how long to wait, in seconds."""

    environment: str
    kubeconfig: str | None = None
    context: str | None = None
    timeout: float = 3600


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    options.environment(parser)
    options.cluster(parser)
    options.timeout(parser, "it")


def run(given: Options) -> Result:
    """Wait until the images of the shared branch run and the engine is at its commit; exit 1 if they do not."""
    address = Address(given.kubeconfig, given.context)
    waited = rollout.wait(Workspace.here(), given.environment, address, given.timeout)
    return Result(live.waited_json(waited), live.waited_text(waited), 0 if waited.is_done else 1)
