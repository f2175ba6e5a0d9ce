"""The whole loop with one sync engine: a repository on Gitea, the engine, and the cluster that it syncs."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Generic, Protocol, TypeVar

from tests.e2e.api import Api, Object
from tests.e2e.cluster import Cluster
from tests.e2e.loop import Repository, digest, running_images, wait_until_running
from tests.e2e.process import Process, wait
from tests.manifests.render import ENVIRONMENTS, name_of

NAMESPACE = "mediq-production"
OVERLAY = "overlays/production/kustomization.yaml"
# Freezes, relative to now: one that lasts longer than any test, and one that is over.
FROZEN = timedelta(hours=-1), timedelta(days=1)
THAWED = timedelta(days=-2), timedelta(days=-1)

# The last of the patches, which end the file: those before it need what it removes.
REMOVAL = """\
  - target: {kind: StatefulSet, name: jaeger}
    patch: |-
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: jaeger}
      $patch: delete
"""


class Engine(Protocol):
    """What Argo CD and Flux have in common here."""

    def wait_for(self, environment: str, commit: str, *, seconds: float = ...) -> None:
        """Wait until the engine says that it has applied a commit and that it is healthy."""


E = TypeVar("E", bound=Engine)


def written_by(manager: str, api: Api, objects: Iterable[Object]) -> dict[str, list[Object]]:
    """Which fields of these objects a field manager has written, and when.

    A field that another program changes no longer belongs to this one, so whatever differs later was written by it or
    taken from it. What was never its own, like the replicas of an autoscaler, may change at any time.
    """
    found = {}
    for each in objects:
        entries = api.get(each)["metadata"]["managedFields"]
        found[api.address(each)] = [entry for entry in entries if entry["manager"] == manager]
    assert len(found) > 100
    assert all(found.values()), [address for address, entries in found.items() if not entries]
    return found


def written_since(before: dict[str, list[Object]], after: dict[str, list[Object]]) -> list[str]:
    """What was written between two answers of `written_by`, one line for each object."""
    both = {**before, **after}
    return [
        f"{each}: {before.get(each)} -> {after.get(each)}" for each in both if before.get(each) != after.get(each)
    ]


@dataclass
class System(Generic[E]):
    """One installation, of which the tests change production."""

    cluster: Cluster
    repository: Repository
    engine: E
    releases: int = 0
    # The seconds from the first object of the engine until the environments were as Git says.
    installed_after: float = 0.0

    @property
    def api(self) -> Api:
        return self.cluster.api

    def wait_until_installed(self, environments: Sequence[str] = ENVIRONMENTS, *, seconds: float) -> None:
        """Wait until the engine has installed these environments."""
        begin, commit = time.monotonic(), self.repository.tip()
        for environment in reversed(environments):
            self.engine.wait_for(environment, commit, seconds=seconds)
        self.installed_after = time.monotonic() - begin
        for environment in environments:
            wait_until_running(self.api, f"mediq-{environment}", self.repository.images(environment))

    def release(self, *names: str, start: str = "") -> tuple[str, dict[str, str]]:
        """Push new versions to both environments past the checks; return the commit and the images."""
        self.releases += 1
        tag = f"2.0.{self.releases}"
        for environment in ENVIRONMENTS:
            images = {each: self.repository.set_image(environment, each, tag, digest(tag, start)) for each in names}
        return self.repository.push(f"release {tag}"), images

    def freeze(self, start: timedelta, end: timedelta) -> None:
        """Let promote.yaml of the clone freeze production between two moments, relative to now."""
        now, clone = datetime.now(UTC), self.repository.clone
        window = f"{{start: {now + start:%F %R}, end: {now + end:%F %R}, timezone: UTC, reason: tried}}"
        line = f"  production: {{path: overlays/production, gates: {{freeze: [{window}]}}}}"
        clone.write(
            "promote.yaml", re.sub("^  production: .*$", line, clone.read("promote.yaml"), flags=re.MULTILINE)
        )

    def settle(self, commit: str, *, seconds: float = 300.0) -> None:
        """Wait until the engine has applied a commit, and then until what it says runs: neither proves the other."""
        self.engine.wait_for("production", commit, seconds=seconds)
        self.repository.pull()
        wait_until_running(self.api, NAMESPACE, self.repository.images("production"), seconds=seconds)

    def running(self) -> dict[str, set[str]]:
        return running_images(self.api, NAMESPACE)

    def live(self, version: str, kind: str, name: str) -> Object:
        found = self.api.find(version, kind, name, NAMESPACE)
        assert found is not None, (kind, name)
        return found

    def claims(self) -> dict[str, str]:
        """The identity of every claim, all of which must be bound."""
        claims = self.api.list("v1", "PersistentVolumeClaim", NAMESPACE)
        assert all(each["status"]["phase"] == "Bound" for each in claims)
        return {name_of(each): each["metadata"]["uid"] for each in claims}

    def remove_and_restore_a_stateful_set(self) -> None:
        """Remove Jaeger from Git and bring it back; every claim must stay."""
        clone, claims = self.repository.clone, self.claims()
        self.repository.pull()
        overlay = clone.read(OVERLAY)
        clone.write(OVERLAY, overlay + REMOVAL)
        self.settle(self.repository.push("remove jaeger"))
        assert self.api.find("apps/v1", "StatefulSet", "jaeger", NAMESPACE) is None
        assert self.claims() == claims
        clone.write(OVERLAY, overlay)
        self.settle(self.repository.push("bring jaeger back"))
        assert self.claims() == claims
        assert self.live("apps/v1", "StatefulSet", "jaeger")["status"]["readyReplicas"] == 1

    def release_through_a_fault(
        self, process: Process, names: Sequence[str], begun: Callable[[str], str | None] | None
    ) -> tuple[float, float]:
        """Release versions while a program is killed, or etcd paused, and wait until they run and all is settled.

        `begun` says whether the engine has not yet begun with a commit; without it the program is dead before the
        release. Returns for how many seconds it was gone, and how many later the versions ran.
        """
        if begun is None:
            process.kill()
        commit, images = self.release(*names)
        if begun is not None:
            wait("the release begins", partial(begun, commit), seconds=300, longest=0.3)
        begin = time.monotonic()
        if process.name == "etcd":
            with process.paused():
                time.sleep(10)  # how long the fault lasts
        else:
            if begun is not None:
                process.kill()
            process.restart()
        back = time.monotonic()
        wait_until_running(self.api, NAMESPACE, images)
        later = time.monotonic() - back
        self.settle(commit)
        return back - begin, later
