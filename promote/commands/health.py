"""`promote health ENV`: what is healthy in a running environment; nothing is changed."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass

from promote.cluster.client import Address
from promote.commands import options
from promote.commands.result import Result
from promote.errors import Unreachable
from promote.live import health
from promote.live.health import Health, Patient
from promote.output import health as output
from promote.repository.workspace import Workspace
from promote.system import clock, durations


@dataclass(frozen=True, slots=True)
class Options:
    """An environment, its cluster, and whether to look again, every `interval` seconds."""

    environment: str
    kubeconfig: str | None = None
    context: str | None = None
    watch: bool = False
    interval: float = 10


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    options.environment(parser)
    options.cluster(parser)
    options.option(parser, "--watch", action="store_true", help="look again and again, until Ctrl-C (text only)")
    options.option(
        parser, "--interval", type=float, default=10, metavar="SECONDS", help="the time between two looks (10)"
    )


def run(given: Options) -> Result:
    """Look at everything in the environment's namespaces; exit 1 if something is not healthy."""
    patient = health.patient(Workspace.here(), given.environment, Address(given.kubeconfig, given.context))
    found = patient.look()
    text = _rounds(patient, found, given.interval) if given.watch else output.health_text(found)
    return Result(output.health_json(found), text, 0 if found.is_healthy else 1)


def _rounds(patient: Patient, first: Health, interval: float) -> Iterator[str]:
    """The first look and all that follow; a server that does not answer is asked again."""
    yield from output.health_text(first)
    while True:
        clock.pause(interval)
        yield from ("", durations.moment(clock.now()))
        try:
            yield from output.health_text(patient.look())
        except Unreachable as error:
            yield str(error)
