"""Argo CD: the Application of an environment, which it may call Synced before anything is applied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from promote.cluster.client import Cluster, Object
from promote.cluster.resources import Resource
from promote.engines.protocol import (
    Delivery,
    Engine,
    Part,
    Wanted,
    ambiguous,
    everywhere,
    line,
    optional,
    same_path,
    same_repository,
)
from promote.errors import NotServed
from promote.model import Identity

APPLICATIONS = Resource("argoproj.io", "v1alpha1", "applications")
PROJECTS = Resource("argoproj.io", "v1alpha1", "appprojects")
CONFIG_MAPS = Resource("", "v1", "configmaps")
PARAMETERS = "argocd-cmd-params-cm"
_USUAL = "argocd"
_FAILED = ("Failed", "Error")
_UNHEALTHY = ("Degraded", "Missing")
_WORKING = ("Running", "Terminating")
_ANNOTATIONS = "argocd.argoproj.io"


def find(cluster: Cluster, wanted: Wanted) -> Delivery | None:
    """How Argo CD delivers an environment; raises Forbidden, or ClusterError for several Applications."""
    try:
        known = everywhere(cluster, APPLICATIONS, wanted.namespace, _USUAL)
    except NotServed:
        return None
    found = [one for one in known if _delivers(one, wanted)]
    if len(found) > 1:
        ours = [
            one
            for one in found
            if any(same_repository(each.get("repoURL", ""), wanted.remote) for each in _sources(one))
        ]
        found = ours or found
    if len(found) > 1:
        raise ambiguous([f"Application/{one['metadata']['name']}" for one in found], wanted.path)
    return _delivery(cluster, found[0], wanted) if found else None


def _delivers(application: Object, wanted: Wanted) -> bool:
    if wanted.name:
        return bool(application["metadata"]["name"] == wanted.name)
    return any(_is_at(one, wanted) for one in _sources(application))


def _is_at(source: Mapping[str, Any], wanted: Wanted) -> bool:
    """Whether a source is the folder of the environment; a chart, and a source of values only, has no path."""
    return bool(source.get("path")) and same_path(source["path"], wanted.path)


def _sources(application: Object) -> Sequence[Mapping[str, Any]]:
    spec = application["spec"]
    return [*([spec["source"]] if spec.get("source") else []), *(spec.get("sources") or ())]


def _delivery(cluster: Cluster, application: Object, wanted: Wanted) -> Delivery:
    namespace = application["metadata"]["namespace"]
    project, may_project = optional(cluster, PROJECTS, namespace, application["spec"].get("project", "default"))
    parameters, may_parameters = optional(cluster, CONFIG_MAPS, namespace, PARAMETERS)
    advice = list(_advice(application))
    limit = str(((parameters or {}).get("data") or {}).get("controller.sync.timeout.seconds", ""))
    if may_parameters and (not limit.isdecimal() or int(limit) == 0):
        advice.append(
            f"set controller.sync.timeout.seconds in ConfigMap {PARAMETERS}: without it, an operation that waits for "
            "health never ends, and no newer commit is applied"
        )
    unread = [
        *([] if may_project else ["sync windows: the AppProject may not be read"]),
        *([] if may_parameters else [f"time limits of Argo CD: ConfigMap {PARAMETERS} may not be read"]),
    ]
    windows = ((project or {}).get("spec") or {}).get("syncWindows") or ()
    return Delivery("argocd", (part(application, windows, wanted),), tuple(advice), tuple(unread))


def part(application: Object, windows: Sequence[Mapping[str, Any]], wanted: Wanted) -> Part:
    """What an Application says of the environment that it delivers."""
    status = application.get("status") or {}
    sync, operation = status.get("sync") or {}, status.get("operationState") or {}
    working = operation.get("phase") in _WORKING or bool(application.get("operation"))
    failed = operation.get("phase") in _FAILED
    claims = sync.get("status") == "Synced"
    applied = (status.get("history") or [{}])[-1]
    attempted = operation.get("syncResult") or (operation.get("operation") or {}).get("sync") or {}
    return Part(
        "Application",
        application["metadata"]["namespace"],
        application["metadata"]["name"],
        _revision(sync if claims else applied, application, wanted),
        str(sync.get("status") or "Unknown"),
        str((status.get("health") or {}).get("status") or "Unknown"),
        claims and not failed and not working,
        _revision(attempted, application, wanted),
        "working" if working else "failed" if failed else "idle",
        tuple(dict.fromkeys(_failures(status))),
        tuple(_paused(application, windows)),
        # An operation on some objects of a commit is not in the history.
        _revision(applied, application, wanted),
    )


def _revision(state: Mapping[str, Any], application: Object, wanted: Wanted) -> str:
    """The commit of the source that has the environment; an Application of several sources lists theirs."""
    if revisions := state.get("revisions"):
        place = next((at for at, one in enumerate(_sources(application)) if _is_at(one, wanted)), 0)
        return str(revisions[place]) if place < len(revisions) else ""
    return str(state.get("revision") or "")


def _failures(status: Mapping[str, Any]) -> Iterator[str]:
    for one in status.get("conditions") or ():
        if str(one.get("type", "")).endswith("Error"):
            yield f"{one['type']}: {line(one.get('message'))}"
    operation = status.get("operationState") or {}
    if (phase := operation.get("phase")) in _FAILED or operation.get("retryCount"):
        yield f"operation {phase}: {line(operation.get('message'))}"
    for one in (operation.get("syncResult") or {}).get("resources") or ():
        if one.get("status") == "SyncFailed" or one.get("hookPhase") in _FAILED:
            yield f"{one.get('kind')}/{one.get('name')}: {line(one.get('message'))}"
    resources = status.get("resources") or ()
    yield from filter(None, map(_failure, resources))
    health = status.get("health") or {}
    # Since 3.0, it does not write the health of single objects into the Application unless it is asked to.
    if health.get("status") in _UNHEALTHY and not any(one.get("health") for one in resources):
        yield f"it is {health['status']}, and does not say why: see `promote health`"


def _failure(resource: Mapping[str, Any]) -> str:
    name, health = f"{resource.get('kind')}/{resource.get('name')}", resource.get("health") or {}
    if health.get("status") in _UNHEALTHY:
        said = line(health.get("message"))
        return f"{name} is {health['status']}" + (f": {said}" if said else "")
    return f"{name} is OutOfSync" if resource.get("status") == "OutOfSync" else ""


def _paused(application: Object, windows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    annotations = application["metadata"].get("annotations") or {}
    if annotations.get(f"{_ANNOTATIONS}/skip-reconcile") == "true":
        yield f"reconciliation is off (annotation {_ANNOTATIONS}/skip-reconcile)"
    automated = (application["spec"].get("syncPolicy") or {}).get("automated")
    if automated is None or automated.get("enabled") is False:
        yield "automatic sync is off"
    for one in windows:
        if _concerns(one, application):
            length = f"{one.get('schedule')} for {one.get('duration')} {one.get('timeZone') or 'UTC'}"
            yield f"sync window: {one.get('kind')} {length}"


def _concerns(window: Mapping[str, Any], application: Object) -> bool:
    destination = application["spec"].get("destination") or {}
    fields = {
        "applications": [application["metadata"]["name"]],
        "namespaces": [destination.get("namespace", "")],
        "clusters": [destination.get("server", ""), destination.get("name", "")],
    }
    hits = [
        any(fnmatchcase(value, pattern) for pattern in window[name] for value in values if value)
        for name, values in fields.items()
        if window.get(name)
    ]
    return all(hits) if window.get("andOperator") else any(hits)


def _advice(application: Object) -> Iterator[str]:
    """What experience with Argo CD 3.6 has shown to be unsafe in an Application."""
    policy = application["spec"].get("syncPolicy") or {}
    options = policy.get("syncOptions") or ()
    name = f"Application/{application['metadata']['name']}"
    if "ApplyOutOfSyncOnly=true" in options:
        yield (
            f"{name}: remove the sync option ApplyOutOfSyncOnly=true: a retry skips a Job that failed, "
            "and goes on with what must wait for it"
        )
    annotations = application["metadata"].get("annotations") or {}
    compare = str(annotations.get(f"{_ANNOTATIONS}/compare-options", "")).replace(" ", "").split(",")
    if "ServerSideApply=true" in options and "ServerSideDiff=false" not in compare:
        listed = (application.get("status") or {}).get("resources") or ()
        jobs = (Identity("batch/v1", "Job", "", str(one["name"])) for one in listed if one.get("kind") == "Job")
        if unhashed := ", ".join(str(job) for job in jobs if job.written_name == job.name):
            yield (
                f"{name}: let the names of {unhashed} end with a hash of their content, or set the annotation "
                f"{_ANNOTATIONS}/compare-options: ServerSideDiff=false: Jobs cannot be changed, so the comparison "
                "fails, and then everything is Synced with nothing applied"
            )
    if not (policy.get("retry") or {}).get("refresh"):
        yield f"{name}: set syncPolicy.retry.refresh: true: without it, a retry does not take a newer commit"


ENGINE = Engine(find, _USUAL, (APPLICATIONS, PROJECTS, CONFIG_MAPS))
