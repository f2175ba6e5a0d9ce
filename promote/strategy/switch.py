"""Decides a blue-green switch: one label value in the selector of a Service, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from promote.changes import situation
from promote.changes.proposal import Proposal
from promote.errors import Blocked, UsageError
from promote.fix import values
from promote.fix.values import Setting
from promote.kustomize import render
from promote.model import Document
from promote.proof.prove import prove
from promote.repository.environments import Environment
from promote.repository.tree import Tree
from promote.repository.workspace import Tip, Workspace
from promote.strategy import objects
from promote.strategy.running import Pending


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: the Service, or a workload that it selects, and the colour that is to get its traffic.

    `ask` gives what asks the cluster of the environment whether the colour is ready; None where no cluster is known.
    """

    environment: str
    service: str
    colour: str
    ask: Callable[[Environment], Pending | None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Selection:
    """The label of a Service's selector that decides the colour, its value now, and the workload of each colour."""

    service: Document
    label: str
    now: str
    colours: Mapping[str, Document]


def selection(documents: Sequence[Document], name: str) -> Selection:
    """How the Service `name` chooses between workloads that differ in one label of its selector.

    Raises UsageError where no label, or more than one, leads to another workload.
    """
    service = objects.service(documents, name)
    labels, space = objects.selector(service), service.identity.namespace
    found: dict[str, dict[str, Document]] = {}
    for key in labels:
        rest = {other: value for other, value in labels.items() if other != key}
        several = objects.selected(rest, documents, space)
        colours = {value: one for one in several if (value := objects.pod_labels(one).get(key)) is not None}
        # Without the name of its service, a selector may lead to any service: a colour runs the same program.
        alike = {value: one for value, one in colours.items() if objects.share_image(one, colours.get(labels[key]))}
        if labels[key] in alike and len(alike) > 1:
            found[key] = alike
    if not found:
        raise UsageError(f"{service.identity} has one colour: no label of its selector leads to other pods; "
                         "docs/strategies.md shows how to add the second one")  # fmt: skip
    if len(found) > 1:
        raise UsageError(f"{service.identity} could be switched by the labels {', '.join(sorted(found))}: "
                         "keep one of them in its selector")  # fmt: skip
    ((label, colours),) = found.items()
    return Selection(service, label, labels[label], colours)


def propose(workspace: Workspace, tip: Tip, tree: Tree, request: Request) -> Proposal:
    """The switch as it would be on the commit that `tree` holds, proved and judged; nothing is published.

    Raises UsageError for a colour that no workload has, Blocked for one whose pods are not ready.
    """
    here = situation.read(workspace, tip, tree, request.environment)
    rendered = render.kustomize(tree.root / here.environment.path, here.environment.name)
    found = selection(rendered.documents, request.service)
    who, colour = found.service.identity, request.colour
    if colour not in found.colours:
        known = ", ".join(sorted(found.colours))
        raise UsageError(f"{who} has no colour '{colour}' in {here.environment.name}: its pods are {known}")
    label = found.label.replace("~", "~0").replace("/", "~1")  # as JSON pointers have it
    setting = Setting(found.service, f"/spec/selector/{label}", colour)
    files = values.decided(rendered, tree.root, [setting])
    pending = request.ask(here.environment) if files else None
    if pending is not None and (problem := pending(found.colours[colour])):
        pods = found.colours[colour].identity
        raise Blocked(f"{pods} is not ready for the traffic of {who.name}: {problem}")
    planned = replace(here.planned(here.versions), files=files)
    return prove(here, planned, here.versions, allow_others=False, values=[(who, setting.path)])
