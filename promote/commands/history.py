"""`promote history ENV [SERVICE]`: what ran there, revision by revision."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import dataclass

from promote.commands import options
from promote.commands.result import Result
from promote.output import plans
from promote.promotion import selection, situation
from promote.repository import history
from promote.repository.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for; without a service, all of them."""

    environment: str
    service: str | None = None


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    options.environment(parser)
    parser.add_argument("service", nargs="?", metavar="NAME", help="only revisions that changed this service")


def run(given: Options) -> Result:
    """The revisions of an environment on the shared branch, numbered as in every clone."""
    workspace = Workspace.here()
    tip = workspace.local_tip()
    with workspace.at(tip.commit) as tree:
        where = tree.environment(given.environment)
        versions = situation.versions_of(tree, where, [given.service] if given.service else [])
        images = versions.images
        found = workspace.history(tip.commit, where, whole=versions.whole)
        if given.service is not None:
            found = history.of_service(found, selection.resolve(given.service, images, tree.config.services))
        everything = {image for revision in found for image in revision.images}
        services = {image.name: selection.service_of(image, tree.config.services) for image in everything}
    shown = [plans.revision_json(revision, services) for revision in found]
    json = {"environment": given.environment, "service": given.service, "revisions": shown}
    return Result(json, plans.history_text(found, services))
