"""`promote history ENV [SERVICE]`: what ran there, revision by revision."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import dataclass

from promote.changes import apps, selection, situation
from promote.changes.apps import Asked
from promote.commands import options
from promote.commands.result import Result
from promote.output import plans
from promote.output.values import Json
from promote.repository import history
from promote.repository.tree import Tree
from promote.repository.workspace import Tip, Workspace


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
    """The revisions of an environment on the shared branch, numbered as in every clone; of many folders, by app."""
    workspace = Workspace.here()
    tip = workspace.branches.local_tip()
    with workspace.at(tip) as tree:
        asked = apps.spread(tree, given.environment, [given.service] if given.service is not None else [])
        shown = [_history(workspace, tip, tree, one) for one in asked]
    head = {"environment": given.environment, "service": given.service}
    if len(asked) == 1:
        (revisions, text) = shown[0]
        return Result(head | {"revisions": revisions}, text)
    of_apps = [
        {"environment": one.environment.name, "app": one.environment.app, "revisions": revisions}
        for one, (revisions, _) in zip(asked, shown, strict=True)
    ]
    text = [
        line for one, (_, lines) in zip(asked, shown, strict=True) for line in (f"{one.environment.name}:", *lines)
    ]
    return Result(head | {"apps": of_apps}, text)


def _history(workspace: Workspace, tip: Tip, tree: Tree, asked: Asked) -> tuple[list[Json], list[str]]:
    """The revisions of one environment in which one of the names that are asked for changed, as JSON and as text."""
    where, services = asked.environment, tree.config.services
    versions = situation.versions_of(tree, where, asked.names)
    found = workspace.history(tip, where, whole=versions.whole)
    if asked.names:
        names = [each for name in asked.names for each in selection.resolve(name, versions.images, services)]
        found = history.of_service(found, names)
    everything = {image for revision in found for image in revision.images}
    called = {image.name: selection.service_of(image, services) for image in everything}
    return [plans.revision_json(revision, called) for revision in found], plans.history_text(found, called)
