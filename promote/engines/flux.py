"""Flux: the Kustomizations of an environment, one for each tier, and the repository that they come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from promote.cluster.client import Cluster, Object
from promote.cluster.resources import DEPLOYMENTS, Resource
from promote.cluster.workloads import conditions
from promote.engines.protocol import (
    Delivery,
    Engine,
    Part,
    State,
    Wanted,
    ambiguous,
    everywhere,
    line,
    optional,
    same_path,
    same_repository,
)
from promote.errors import ClusterError, NotServed

KUSTOMIZATIONS = Resource("kustomize.toolkit.fluxcd.io", "v1", "kustomizations")
REPOSITORIES = Resource("source.toolkit.fluxcd.io", "v1", "gitrepositories")
CONTROLLER = "kustomize-controller"
_USUAL = "flux-system"
_WAITS = "DependencyNotReady"
_HEALTH = {"True": "Healthy", "False": "Failed"}
_STATES: Mapping[str, State] = {
    "Healthy": "idle",
    "Failed": "failed",
    "Progressing": "working",
    "Waiting": "working",
}
_GATE = "CancelHealthCheckOnNewRevision"


def find(cluster: Cluster, wanted: Wanted) -> Delivery | None:
    """How Flux delivers an environment; raises Forbidden, or ClusterError for several repositories."""
    try:
        known = everywhere(cluster, KUSTOMIZATIONS, wanted.namespace, _USUAL)
    except NotServed:
        return None
    found = [one for one in known if _delivers(one, wanted)]
    if not found:
        return None
    sources = {key: optional(cluster, REPOSITORIES, *key)[0] for key in {_source(one) for one in found}}
    if len(sources) > 1:
        ours = {
            key for key, one in sources.items() if one and same_repository(one["spec"].get("url", ""), wanted.remote)
        }
        if len(ours) != 1:
            raise ambiguous([f"GitRepository/{name}" for _, name in sources], wanted.path)
        found = [one for one in found if _source(one) in ours]
    ordered = _ordered(found)
    return _delivery(cluster, ordered, {key: sources[key] for key in map(_source, ordered)})


def _delivers(kustomization: Object, wanted: Wanted) -> bool:
    if wanted.name:
        return bool(kustomization["metadata"]["name"] == wanted.name)
    return same_path(kustomization["spec"].get("path", "."), wanted.path)


def _source(kustomization: Object) -> tuple[str, str]:
    reference = kustomization["spec"]["sourceRef"]
    return reference.get("namespace") or kustomization["metadata"]["namespace"], reference["name"]


def _ordered(found: Sequence[Object]) -> list[Object]:
    """In the order in which they wait for each other."""
    known = {(one["metadata"]["namespace"], one["metadata"]["name"]): one for one in found}
    waits = {
        who: [(each.get("namespace") or who[0], each["name"]) for each in one["spec"].get("dependsOn") or ()]
        for who, one in known.items()
    }
    try:
        ordered = list(TopologicalSorter(waits).static_order())
    except CycleError as error:
        names = ", ".join(name for _, name in error.args[1][1:])
        raise ClusterError(f"the Kustomizations {names} wait for each other: correct their dependsOn") from None
    return [known[who] for who in ordered if who in known]


def _delivery(
    cluster: Cluster, found: Sequence[Object], sources: Mapping[tuple[str, str], Object | None]
) -> Delivery:
    namespace = found[0]["metadata"]["namespace"]
    controller, may = optional(cluster, DEPLOYMENTS, namespace, CONTROLLER)
    if controller is None and namespace != _USUAL:
        controller, may = optional(cluster, DEPLOYMENTS, _USUAL, CONTROLLER)
    unread = [f"the settings of Flux: Deployment/{CONTROLLER} may not be read"] if not may else []
    unread += [f"GitRepository/{name} may not be read" for (_, name), one in sources.items() if one is None]
    advice = [text for one in found for text in _advice(one)]
    parts = [_part(one, sources[_source(one)]) for one in found]
    return Delivery("flux", tuple(parts), (*advice, *_advice_on(controller)), tuple(unread))


def _part(kustomization: Object, source: Object | None) -> Part:
    status, metadata = kustomization.get("status") or {}, kustomization["metadata"]
    ready = conditions(kustomization).get("Ready") or {}
    applied, attempted = (str(status.get(key) or "") for key in ("lastAppliedRevision", "lastAttemptedRevision"))
    reason = str(ready.get("reason") or "Unknown")
    # A tier is not Ready for some seconds whenever one before it looks for drift; its own objects stay applied.
    health = "Waiting" if reason == _WAITS else _HEALTH.get(str(ready.get("status")), "Progressing")
    seen = status.get("observedGeneration") == metadata.get("generation")
    failures = [f"{reason}: {line(ready.get('message'))}"] if ready.get("status") == "False" else []
    suspended = [f"Kustomization/{metadata['name']}"] if kustomization["spec"].get("suspend") else []
    if source is not None:
        name = f"GitRepository/{source['metadata']['name']}"
        fetched = conditions(source).get("Ready") or {}
        if fetched.get("status") == "False":
            # No newer commit arrives.
            failures.append(f"{name}: {fetched.get('reason')}: {line(fetched.get('message'))}")
        suspended += [name] if source["spec"].get("suspend") else []
    return Part(
        "Kustomization",
        metadata["namespace"],
        metadata["name"],
        _commit(applied),
        reason,
        health,
        health != "Failed" and seen and bool(applied) and applied == attempted,
        _commit(attempted),
        _STATES[health],
        tuple(failures),
        tuple(f"{one} is suspended" for one in suspended),
    )


def _commit(revision: str) -> str:
    """The commit of `main@sha1:…`."""
    return revision.rpartition(":")[2]


def _advice(kustomization: Object) -> Iterator[str]:
    spec: Mapping[str, Any] = kustomization["spec"]
    name = f"Kustomization/{kustomization['metadata']['name']}"
    if not spec.get("wait") and not spec.get("healthChecks"):
        yield f"{name}: set spec.wait: true: without it, the next tier does not wait until this one is ready"
    if not spec.get("timeout"):
        yield f"{name}: set spec.timeout: without it, health checks may last as long as its interval"


def _advice_on(controller: Object | None) -> Iterator[str]:
    if controller is None:
        return
    containers = controller["spec"]["template"]["spec"]["containers"]
    given = [str(word) for one in containers for word in one.get("args") or ()]
    gates = [
        gate for word in given if word.startswith("--feature-gates=") for gate in word.partition("=")[2].split(",")
    ]
    if f"{_GATE}=true" not in gates:
        yield (
            f"start {CONTROLLER} with --feature-gates={_GATE}=true: without it, a commit that repairs a failed "
            "rollout waits until the health check of the old one times out"
        )


ENGINE = Engine(find, _USUAL, (KUSTOMIZATIONS, REPOSITORIES, DEPLOYMENTS))
