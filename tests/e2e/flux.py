"""Flux's controllers on loopback, set as docs/sync-engines.md tells an operator, and what they report."""

from __future__ import annotations

import json
import time
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Self

from tests.e2e.api import Object
from tests.e2e.cluster import ATTEMPTS, Cluster
from tests.e2e.environments import condition
from tests.e2e.loop import Repository
from tests.e2e.process import PortTaken, Process, wait
from tests.manifests.render import ENVIRONMENTS, REPOSITORY, name_of, render
from tests.ports import free_ports

NAMESPACE = "flux-system"
SOURCE, KUSTOMIZE, NOTIFICATION = "source-controller", "kustomize-controller", "notification-controller"
GROUPS = ("source.toolkit.fluxcd.io", "kustomize.toolkit.fluxcd.io", "notification.toolkit.fluxcd.io")
TIERS = ("roles", "foundation", "datastores", "migrations", "services", "smoke", "autoscaling", "routes")
TYPE = "kustomize.toolkit.fluxcd.io/v1"
# What docs/sync-engines.md asks for.
OPTIONS = {
    SOURCE: (),
    KUSTOMIZE: ("--requeue-dependency=5s", "--feature-gates=CancelHealthCheckOnNewRevision=true"),
    NOTIFICATION: (),
}
# Every listener of a controller, by its option; source-controller's storage is what kustomize-controller reads.
LISTENERS = {
    SOURCE: ("--metrics-addr", "--health-addr", "--storage-addr"),
    KUSTOMIZE: ("--metrics-addr", "--health-addr"),
    NOTIFICATION: ("--metrics-addr", "--health-addr", "--events-addr", "--receiverAddr"),
}


class Flux:
    """The controllers of one cluster. Use it in a `with` statement."""

    def __init__(self, cluster: Cluster):
        self.cluster = cluster
        self.api = cluster.api
        self._processes: dict[str, Process] = {}
        self._addresses: dict[str, dict[str, str]] = {}

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End every controller."""
        while self._processes:
            self._processes.popitem()[1].stop()

    def process(self, name: str) -> Process:
        """A controller, for tests that kill and restart it."""
        return self._processes[name]

    @property
    def receiver(self) -> str:
        """Where notification-controller takes webhooks."""
        return f"http://{self._addresses[NOTIFICATION]['--receiverAddr']}"

    def _start(self) -> None:
        self.cluster.define(*GROUPS)
        self.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        for attempt in range(ATTEMPTS):
            try:
                for name in LISTENERS:
                    self._run(name)
                for name, process in self._processes.items():
                    process.ready(f"http://{self._addresses[name]['--health-addr']}/readyz")
                break
            except PortTaken:
                self.stop()
                if attempt == ATTEMPTS - 1:
                    raise

    def _run(self, name: str) -> None:
        listeners = LISTENERS[name]
        ports = free_ports(len(listeners))
        own = self._addresses[name] = {key: f"127.0.0.1:{port}" for key, port in zip(listeners, ports, strict=True)}
        options = [f"{key}={address}" for key, address in own.items()]
        if name == SOURCE:
            storage = self.cluster.folder / "flux-storage"
            storage.mkdir(exist_ok=True)
            options += [f"--storage-path={storage}", f"--storage-adv-addr={own['--storage-addr']}"]
        folder = self.cluster.folder
        env = {"KUBECONFIG": str(self.cluster.kubeconfig), "RUNTIME_NAMESPACE": NAMESPACE, "TMPDIR": str(folder)}
        command = [self.cluster.program(name), *options, *OPTIONS[name], "--enable-leader-election=false"]
        self._processes[name] = Process(folder / f"{name}.log", command, env)

    def install(self, repository: Repository, environments: Collection[str] = ENVIRONMENTS) -> list[Object]:
        """Apply what delivery/flux/kustomization.yaml says, in its order; return all objects."""
        namespaces = [
            each
            for environment in environments
            for each in render(REPOSITORY / "overlays" / environment).kind("Namespace")
        ]
        objects = [*namespaces, *repository.delivery("flux").objects]
        for each in objects:
            self.api.apply(each, manager="kubectl")
        return objects

    def reconcile(self, kind: str, name: str) -> str:
        """Ask for a run now, as `flux reconcile` does; return the request."""
        version = "source.toolkit.fluxcd.io/v1" if kind == "GitRepository" else TYPE
        request = datetime.now(UTC).isoformat()
        found = {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": NAMESPACE}}
        self.api.merge(found, {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": request}}})
        return request

    def fetch(self) -> None:
        """Have the newest commit read, instead of waiting for the interval."""
        self.reconcile("GitRepository", "mediq")

    def tiers(self, environment: str) -> dict[str, Object]:
        """The Kustomizations of an environment, by tier."""
        prefix = f"mediq-{environment}-"
        found = self.api.list(TYPE, "Kustomization", NAMESPACE)
        return {name_of(each).removeprefix(prefix): each for each in found if name_of(each).startswith(prefix)}

    def wait_for(self, environment: str, commit: str, *, seconds: float = 120.0) -> float:
        """Wait until every tier has applied a commit and is healthy; return for how many seconds it took.

        Ready alone proves nothing: a tier stays ready with the commit before until it notices the new one.
        """
        begin = time.monotonic()

        def behind() -> str | None:
            states = {name: state(each, commit) for name, each in self.tiers(environment).items()}
            return (
                json.dumps({name: text for name, text in states.items() if text}, indent=1)
                if any(states.values())
                else None
            )

        wait(f"Flux applies {commit[:7]} to {environment}", behind, seconds=seconds)
        return time.monotonic() - begin


def state(kustomization: Object, commit: str) -> str | None:
    """What keeps a tier from being healthy at a commit, or None."""
    status = kustomization.get("status", {})
    ready = condition(kustomization, "Ready") or {}
    applied = status.get("lastAppliedRevision", "nothing")
    if applied.endswith(commit) and ready.get("status") == "True":
        return None
    return f"{applied[-40:][:7]} {ready.get('reason', 'unknown')}: {ready.get('message', '')[:300]}"


def transition(kustomization: Object) -> datetime:
    """When a tier became ready, or ceased to be."""
    ready = condition(kustomization, "Ready")
    assert ready is not None
    return datetime.fromisoformat(ready["lastTransitionTime"])
