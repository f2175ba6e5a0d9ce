"""Rollouts that another controller has given up: Argo Rollouts aborts, Flagger fails, and Git has the bad version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from promote.cluster.client import Address, Cluster, Object
from promote.cluster.resources import Resource
from promote.errors import NotServed
from promote.kustomize import render
from promote.model import Document, Image
from promote.promotion import live
from promote.repository.config import Place
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
    tip = workspace.tip()
    with workspace.at(tip.commit) as tree:
        there = tree.environment(environment)
        images = tree.images(there)
        documents = render.kustomize(tree.root / there.path, there.name).documents
    cluster, default = live.reach(there, given).cluster, (there.cluster or Place()).namespace
    spaces = dict.fromkeys(
        one.identity.namespace or default for one in objects.of_kind(documents, *objects.WORKLOADS)
    )
    found = [each for space in spaces for each in _failed(cluster, space, default, documents)]
    return tuple(
        Failed(name, reason, _entries(images, used)) for name, reason, used in found if _entries(images, used)
    )


def _failed(
    cluster: Cluster, space: str, default: str, documents: Sequence[Document]
) -> Iterator[tuple[str, str, list[str]]]:
    """The name, the reason and the images of each failure in a namespace."""
    here = [one for one in documents if (one.identity.namespace or default) == space]
    for each in _items(cluster, ROLLOUTS, space):
        status = each.get("status") or {}
        if status.get("abort"):
            name, reason = each["metadata"]["name"], str(status.get("message") or "it is aborted")
            reference = places.value_at(each, ["spec", "workloadRef"])
            used = _used(here, reference["kind"], reference["name"]) if reference else _used(here, "Rollout", name)
            failed = used if reference else [image for image in used if image in _images(each)]
            yield f"Rollout/{name}", reason, failed
    for each in _items(cluster, CANARIES, space):
        if places.value_at(each, ["status", "phase"]) == "Failed":
            target = places.value_at(each, ["spec", "targetRef"]) or {}
            conditions = places.value_at(each, ["status", "conditions"]) or [{}]
            reason = str(conditions[-1].get("message") or "it is Failed")
            yield f"Canary/{each['metadata']['name']}", reason, _used(here, target.get("kind"), target.get("name"))


def _items(cluster: Cluster, resource: Resource, space: str) -> list[Object]:
    try:
        return cluster.items(resource, space)
    except NotServed:
        return []


def _used(documents: Sequence[Document], kind: str | None, name: str | None) -> list[str]:
    """The images that Git gives a workload."""
    found = [one for one in documents if (one.identity.kind, one.identity.name) == (kind, name)]
    return [image for one in found for image in objects.images(one)]


def _images(rollout: Object) -> list[str]:
    containers = places.value_at(rollout, ["spec", "template", "spec", "containers"]) or ()
    return [str(each.get("image")) for each in containers]


def _entries(images: Sequence[Image], used: Sequence[str]) -> tuple[str, ...]:
    return tuple(image.name for image in images if image.reference in used)
