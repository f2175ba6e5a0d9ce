"""Finds rollouts that Argo Rollouts has aborted or Flagger has failed, while Git still has the bad version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promote.cluster.client import Address, Cluster, Object, understood
from promote.cluster.resources import DEPLOYMENTS, Resource
from promote.errors import NotServed
from promote.kustomize import render
from promote.live import observed
from promote.model import Document, Image
from promote.repository.environments import Place
from promote.repository.workspace import Workspace
from promote.strategy import objects
from promote.yamltext import places

# https://argo-rollouts.readthedocs.io/en/stable/features/specification/ and https://docs.flagger.app/usage/how-it-works
ROLLOUTS = Resource("argoproj.io", "v1alpha1", "rollouts")
CANARIES = Resource("flagger.app", "v1beta1", "canaries")


@dataclass(frozen=True, slots=True)
class Failed:
    """What a controller has given up, why, and the images entries whose version Git must take back."""

    name: str
    reason: str
    images: tuple[str, ...]


def find(workspace: Workspace, environment: str, given: Address) -> tuple[Failed, ...]:
    """The rollouts of an environment that failed with what Git says now; raises ClusterError.

    One that failed with another version is not listed: Git has moved on, and the engine has not applied that yet.
    """
    tip = workspace.branches.tip()
    with workspace.at(tip) as tree:
        there = tree.environment(environment)
        images = tree.images(there)
        documents = render.kustomize(tree.root / there.path, there.name).documents
    cluster, default = observed.reach(there, given).cluster, (there.cluster or Place()).namespace
    spaces = dict.fromkeys(
        one.identity.namespace or default for one in objects.of_kind(documents, *objects.WORKLOADS)
    )
    with understood():
        found = [each for space in spaces for each in _failed(cluster, space, default, documents)]
    every = (Failed(name, reason, _entries(images, used)) for name, reason, used in found)
    return tuple(one for one in every if one.images)


def _failed(
    cluster: Cluster, space: str, default: str, documents: Sequence[Document]
) -> Iterator[tuple[str, str, list[str]]]:
    """The name and reason of each failure in a namespace, and the images that Git and the cluster both give it."""
    here = [one for one in documents if (one.identity.namespace or default) == space]
    for each in _items(cluster, ROLLOUTS, space):
        name, status = each["metadata"]["name"], each.get("status") or {}
        if status.get("abort"):
            reference = places.value_at(each, ["spec", "workloadRef"])
            target = reference or {"kind": "Rollout", "name": name}
            running = _deployment(cluster, space, reference) if reference else each
            yield f"Rollout/{name}", str(status.get("message") or "it is aborted"), _common(here, target, running)
    for each in _items(cluster, CANARIES, space):
        if places.value_at(each, ["status", "phase"]) == "Failed":
            target = places.value_at(each, ["spec", "targetRef"]) or {}
            conditions = places.value_at(each, ["status", "conditions"]) or [{}]
            reason = str(conditions[-1].get("message") or "it is Failed")
            running = _deployment(cluster, space, target)
            yield f"Canary/{each['metadata']['name']}", reason, _common(here, target, running)


def _items(cluster: Cluster, resource: Resource, space: str) -> list[Object]:
    try:
        return cluster.items(resource, space)
    except NotServed:
        return []


def _deployment(cluster: Cluster, space: str, target: Mapping[str, Any]) -> Object:
    """The Deployment that a controller works on, as it runs."""
    return cluster.get(DEPLOYMENTS, space, str(target.get("name"))) or {}


def _common(documents: Sequence[Document], target: Mapping[str, Any], running: Object) -> list[str]:
    """The images that the cluster has of a workload, and Git still gives it."""
    wanted = (target.get("kind"), target.get("name"))
    found = [one for one in documents if (one.identity.kind, one.identity.name) == wanted]
    there = [
        str(one.get("image")) for one in places.value_at(running, ["spec", "template", "spec", "containers"]) or ()
    ]
    return [image for one in found for image in objects.images(one) if image in there]


def _entries(images: Sequence[Image], used: Sequence[str]) -> tuple[str, ...]:
    """The entries that set these images: of several with one result, that which renames nothing."""
    found = [image for image in images if image.reference in used]
    plain = {image.reference for image in found if image.name == image.repository}
    return tuple(image.name for image in found if image.name == image.repository or image.reference not in plain)
