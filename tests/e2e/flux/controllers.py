"""Flux's controllers on loopback, set as docs/sync-engines.md tells an operator, and what they report."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from tests.e2e.api import Object
from tests.e2e.cluster import ATTEMPTS, Cluster
from tests.e2e.environments import condition
from tests.e2e.loop import Repository
from tests.e2e.process import PortTaken, Process, Programs, wait
from tests.manifests.render import ENVIRONMENTS, REPOSITORY, name_of, render
from tests.ports import free_ports

NAMESPACE = "flux-system"
SOURCE, KUSTOMIZE, NOTIFICATION = "source-controller", "kustomize-controller", "notification-controller"
GROUPS = ("source.toolkit.fluxcd.io", "kustomize.toolkit.fluxcd.io", "notification.toolkit.fluxcd.io")
TIERS = ("roles", "foundation", "datastores", "migrations", "services", "smoke", "autoscaling", "routes")
# What docs/sync-engines.md asks for.
OPTIONS = {
    SOURCE: (),
    KUSTOMIZE: ("--requeue-dependency=1s", "--feature-gates=CancelHealthCheckOnNewRevision=true"),
    NOTIFICATION: (),
}
# Every listener of a controller, by its option. The first one takes the events of the others.
LISTENERS = {
    NOTIFICATION: ("--metrics-addr", "--health-addr", "--events-addr", "--receiverAddr"),
    SOURCE: ("--metrics-addr", "--health-addr", "--storage-addr"),
    KUSTOMIZE: ("--metrics-addr", "--health-addr"),
}


class Flux(Programs):
    """The controllers of one cluster. Use it in a `with` statement."""

    def __init__(self, cluster: Cluster):
        super().__init__()
        self.cluster = cluster
        self.api = cluster.api
        self._addresses: dict[str, dict[str, str]] = {}

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
        if name != NOTIFICATION:
            options.append(f"--events-addr=http://{self._addresses[NOTIFICATION]['--events-addr']}")
        if name == SOURCE:
            storage = self.cluster.folder / "flux-storage"
            storage.mkdir(exist_ok=True)
            options += [f"--storage-path={storage}", f"--storage-adv-addr={own['--storage-addr']}"]
        folder = self.cluster.folder
        env = {"KUBECONFIG": str(self.cluster.kubeconfig), "RUNTIME_NAMESPACE": NAMESPACE, "TMPDIR": str(folder)}
        command: list[str | Path] = [
            self.cluster.program(name),
            *options,
            *OPTIONS[name],
            "--enable-leader-election=false",
        ]
        self._processes[name] = Process(folder / f"{name}.log", command, env)

    def install(self, repository: Repository, environments: Collection[str] = ENVIRONMENTS) -> None:
        """Apply what delivery/flux/kustomization.yaml says, in its order, but for the tiers of other environments."""
        overlays = [render(REPOSITORY / "overlays" / environment) for environment in ENVIRONMENTS]
        namespaces = [each for overlay in overlays for each in overlay.kind("Namespace")]
        others = tuple(f"mediq-{each}-" for each in set(ENVIRONMENTS) - set(environments))
        for each in [*namespaces, *repository.delivery("flux").objects]:
            if not (each["kind"] == "Kustomization" and name_of(each).startswith(others)):
                self.api.apply(each, manager="kubectl")

    def add_webhook(self, repository: Repository) -> None:
        """Set up delivery/flux/notifications as docs/sync-engines.md says, and its webhook on Gitea."""
        token = secrets.token_urlsafe(24)
        for name, values in (
            ("mediq-webhook", {"token": token}),
            ("mediq-alerts", {"address": "http://127.0.0.1:9"}),
        ):
            metadata = {"name": name, "namespace": NAMESPACE}
            self.api.create({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": values})
        objects = repository.delivery("flux/notifications")
        for each in objects.objects:
            self.api.apply(each, manager="kubectl")
        receiver = objects.one("Receiver", "mediq")
        wait("the receiver is ready", lambda: None if self._path(receiver) else "without an address", seconds=30)
        repository.host.add_webhook(repository.name, f"{self.receiver}{self._path(receiver)}", token)

    def _path(self, receiver: Object) -> str:
        return str(self.api.get(receiver).get("status", {}).get("webhookPath", ""))

    def reconcile(self, kind: str, name: str) -> str:
        """Ask for a run now, as `flux reconcile` does; return the request."""
        request = datetime.now(UTC).isoformat()
        annotations = {"reconcile.fluxcd.io/requestedAt": request}
        self.api.merge(reference(kind, name), {"metadata": {"annotations": annotations}})
        return request

    def rerun(self, environment: str, tiers: Collection[str] = TIERS, *, seconds: float = 300.0) -> None:
        """Have tiers compared with Git now, instead of waiting for their interval, and wait until that is done."""
        names = [f"mediq-{environment}-{tier}" for tier in tiers]
        requests = {name: self.reconcile("Kustomization", name) for name in names}

        def unhandled() -> str | None:
            left = []
            for name in names:
                found = self.api.get(reference("Kustomization", name))
                # A tier that another one keeps waiting has handled the request, too, and not yet compared.
                reason = (condition(found, "Ready") or {}).get("reason")
                is_handled = found["status"].get("lastHandledReconcileAt") == requests[name]
                if not is_handled or reason in ("DependencyNotReady", "Progressing"):
                    left.append(f"{name}: {reason}")
            return ", ".join(left) or None

        wait("Flux compares", unhandled, seconds=seconds)

    def tiers(self, environment: str) -> dict[str, Object]:
        """The Kustomizations of an environment, by tier."""
        found = self.api.list("kustomize.toolkit.fluxcd.io/v1", "Kustomization", NAMESPACE)
        named = {name_of(each): each for each in found}
        return {each: named[f"mediq-{environment}-{each}"] for each in TIERS}

    def revision(self) -> str:
        """The commit that source-controller has read last."""
        status = self.api.get(reference("GitRepository", "mediq")).get("status", {})
        return str(status.get("artifact", {}).get("revision", "")).rpartition(":")[2]

    def wait_for(self, environment: str, commit: str, *, seconds: float = 300.0) -> None:
        """Wait until every tier has applied a commit and was healthy with it.

        Ready alone proves nothing: a tier stays ready with the commit before until it notices the new one. Nor is it
        needed: a tier that runs again with the same commit, as each does every three minutes, is not ready meanwhile.
        """

        def behind() -> str | None:
            states = {tier: _behind(each, commit) for tier, each in self.tiers(environment).items()}
            left = {tier: text for tier, text in states.items() if text}
            return json.dumps(left, indent=1) if left else None

        wait(f"Flux applies {commit[:7]} to {environment}", behind, seconds=seconds)

    def wait_for_failure(self, environment: str, tier: str, commit: str, *, seconds: float = 300.0) -> str:
        """Wait until a tier reports that it failed at a commit; return what it says."""

        def ready() -> Object:
            status = self.api.get(reference("Kustomization", f"mediq-{environment}-{tier}"))["status"]
            attempted = status.get("lastAttemptedRevision", "").endswith(commit)
            return condition({"status": status}, "Ready") or {} if attempted else {}

        def pending() -> str | None:
            reason = ready().get("reason")
            return None if ready().get("status") == "False" and reason != "DependencyNotReady" else f"{ready()}"

        wait(f"{tier} of {environment} fails at {commit[:7]}", pending, seconds=seconds)
        return str(ready()["message"])


def reference(kind: str, name: str) -> Object:
    """An object of Flux, as far as its address needs it."""
    group = "source" if kind == "GitRepository" else "kustomize"
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": f"{group}.toolkit.fluxcd.io/v1", "kind": kind, "metadata": metadata}


def inventory(kustomization: Object) -> list[Object]:
    """Every object that a tier has applied, as far as its address needs it."""
    found = []
    for entry in kustomization["status"]["inventory"]["entries"]:
        namespace, name, group, kind = entry["id"].split("_")
        version = f"{group}/{entry['v']}" if group else entry["v"]
        found.append({"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace}})
    return found


def _behind(kustomization: Object, commit: str) -> str | None:
    status = kustomization.get("status", {})
    ready = condition(kustomization, "Ready") or {}
    applied = status.get("lastAppliedRevision", "")
    # Flux notes what it has applied once that is healthy.
    if applied.endswith(commit) and (ready.get("status") == "True" or ready.get("reason") == "Progressing"):
        return None
    return f"at {applied[-40:][:7]}, {ready.get('reason')}: {ready.get('message', '')[:300]}"
