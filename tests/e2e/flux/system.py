"""The whole loop with Flux: a repository on Gitea, the controllers, and the cluster that they sync."""

from __future__ import annotations

from dataclasses import dataclass

from tests.e2e.api import Api, Object
from tests.e2e.cluster import Cluster
from tests.e2e.flux.controllers import Flux
from tests.e2e.loop import Repository, digest, running_images, wait_until_running
from tests.manifests.render import name_of

NAMESPACE = "mediq-production"
OVERLAY = "overlays/production/kustomization.yaml"


@dataclass
class System:
    """One installation, of which the tests change production."""

    cluster: Cluster
    repository: Repository
    flux: Flux
    releases: int = 0

    @property
    def api(self) -> Api:
        return self.cluster.api

    def release(self, *names: str, start: str = "") -> tuple[str, dict[str, str]]:
        """Push new versions to production past the checks; return the commit and the images."""
        self.releases += 1
        tag = f"2.0.{self.releases}"
        images = {each: self.repository.set_image("production", each, tag, digest(tag, start)) for each in names}
        return self.repository.push(f"release {tag}"), images

    def settle(self, commit: str, *, seconds: float = 300.0) -> None:
        """Wait until Flux has applied a commit, and then until what it says runs: neither proves the other."""
        self.flux.wait_for("production", commit, seconds=seconds)
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
