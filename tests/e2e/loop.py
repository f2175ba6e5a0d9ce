"""What every sync engine needs here: this project's manifests on a Gitea, and what really runs of them."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from promote.system.process import run
from tests.e2e import sealing
from tests.e2e.api import Api
from tests.e2e.cluster import TOOLS, Cluster
from tests.e2e.environments import condition
from tests.e2e.gitea import OWNER, GiteaHost
from tests.e2e.process import wait
from tests.integration import sandbox
from tests.integration.sandbox import Clone, Outcome
from tests.manifests.render import ENVIRONMENTS, REPOSITORY, Render, overlay, read_kustomization, render_again

# The address in delivery/ that a user replaces.
PLACEHOLDER = "https://git.example.com/mediq/environments.git"


@dataclass(frozen=True)
class Repository:
    """A clone of a repository on Gitea that holds the manifests of this checkout, with secrets of one cluster."""

    host: GiteaHost
    clone: Clone
    name: str

    @property
    def address(self) -> str:
        """What an engine reads; the repository is public, so it needs no password."""
        return f"{self.host.url}/{OWNER}/{self.name}.git"

    @property
    def environ(self) -> dict[str, str]:
        """What promote needs to reach the forge."""
        return {"GITEA_TOKEN": self.host.tokens[OWNER]}

    def promote(self, *arguments: str, code: int = 0) -> Outcome:
        """Run promote in the clone; its exit code must be `code`."""
        return self.clone.promote(*arguments, code=code, env=self.environ)

    def merged(self, *arguments: str) -> str:
        """Run a command that opens a pull request, merge that, and return the commit on main."""
        number = self.promote(*arguments, "--output", "json").json["pull_request"]["number"]
        return str(self.promote("merge", str(number), "--output", "json").json["commit"])

    def push(self, message: str) -> str:
        """Commit all that was edited, and push it past the checks; return the commit."""
        return self.clone.publish(message)

    def tip(self) -> str:
        """The newest commit of main on the server."""
        return self.clone.git("ls-remote", "origin", "refs/heads/main").split()[0]

    def delivery(self, engine: str) -> Render:
        """What an operator applies for an engine, from delivery/ENGINE of the clone as it is now."""
        return render_again(self.clone.root / "delivery" / engine)

    def images(self, environment: str) -> dict[str, str]:
        """The images that the clone wants in an environment, by name."""
        entries = read_kustomization(self.clone.root / "overlays" / environment)["images"]
        return {each["name"]: f"{each['name']}:{each['newTag']}@{each['digest']}" for each in entries}

    def pull(self) -> None:
        """Bring the clone to what is on the server."""
        self.clone.git("pull", "--quiet", "--rebase", "origin", "main")

    def set_image(self, environment: str, name: str, tag: str, digest: str) -> str:
        """Edit one version of an overlay as somebody does who knows no promote; return the image."""
        path = f"overlays/{environment}/kustomization.yaml"
        pattern = rf'(- name: {re.escape(name)}\n    newTag: ")[^"]+("\n    digest: )\S+'
        text, count = re.subn(pattern, rf"\g<1>{tag}\g<2>{digest}", self.clone.read(path))
        assert count == 1, (path, name)
        self.clone.write(path, text)
        return f"{name}:{tag}@{digest}"


def digest(tag: str, start: str = "") -> str:
    """A digest of nobody else; `start` is NEVER_READY or FAILING of tests.e2e.kubelet where pods shall fail."""
    return f"sha256:{start}{hashlib.sha256(tag.encode()).hexdigest()[len(start) :]}"


def publish(cluster: Cluster, host: GiteaHost, folder: Path, name: str) -> Repository:
    """Create a repository on Gitea: the manifests of this checkout, with secrets sealed for the cluster."""
    root = folder / "clone"
    sandbox.copy_repository(root)
    shutil.copytree(REPOSITORY / "delivery", root / "delivery")
    _seal(cluster, root)
    cluster.scale_by_keda({each: list(overlay(each).objects) for each in ENVIRONMENTS})
    _hasten(root)
    env = sandbox.environment(folder) | {"GIT_ALLOW_PROTOCOL": "http:file", "PROMOTE_TOOLS": str(TOOLS / "bin")}
    repository = Repository(host, Clone(root, env), name)
    for path in (root / "delivery").rglob("*.yaml"):
        path.write_text(path.read_text().replace(PLACEHOLDER, repository.address))
    clone = repository.clone
    clone.git("init", "--quiet", "--initial-branch=main", "--template=")
    clone.git("remote", "add", "origin", host.new_repository(name))
    clone.commit("everything")
    clone.git("push", "--quiet", "--set-upstream", "origin", "main")
    return repository


def _seal(cluster: Cluster, root: Path) -> None:
    """Replace the sealed secrets by others, as components/secrets-sealed/README.md says."""
    certificate = sealing.certificate(cluster)
    env = {**os.environ, "KUBESEAL": str(cluster.program("kubeseal"))}
    for environment in ENVIRONMENTS:
        folder = root / "components/secrets-sealed" / environment
        command: list[str | Path] = [
            sys.executable,
            REPOSITORY / "tools/seal_demo.py",
            environment,
            certificate,
            folder,
        ]
        done = run(command, env=env)
        assert done.code == 0, done.error


def _hasten(root: Path) -> None:
    """Let a pod count as available after one second instead of ten, except the gateway's, whose roll-out is timed.

    A rollout without progress fails after a tenth of the time that it has otherwise, and Argo CD waits a fifth of it
    before it tries a sync again.
    """
    shorter = {
        "minReadySeconds: 10\n": "minReadySeconds: 1\n",
        "DeadlineSeconds: 300\n": "DeadlineSeconds: 30\n",
        "        duration: 10s\n": "        duration: 2s\n",
    }
    for path in (*(root / "base").rglob("*.yaml"), *(root / "delivery/argocd").glob("*.yaml")):
        text = path.read_text()
        for old, new in shorter.items():
            text = text.replace(old, new)
        path.write_text(text)
    timed = "  - target: {kind: Deployment, name: api-gateway}\n"
    timed += "    patch: '- {op: replace, path: /spec/minReadySeconds, value: 10}'\n"
    for environment in ENVIRONMENTS:
        path = root / "overlays" / environment / "kustomization.yaml"
        path.write_text(path.read_text().replace("\npatches:\n", f"\npatches:\n{timed}", 1))


def running_images(api: Api, namespace: str) -> dict[str, set[str]]:
    """The images of all pods that are ready and not on their way out, by the image's name.

    Pods of Jobs are left out: some of them run every five minutes, for a moment.
    """
    found: dict[str, set[str]] = {}
    for pod in api.list("v1", "Pod", namespace, fieldSelector="status.phase=Running"):
        ready = condition(pod, "Ready")
        owners = {each["kind"] for each in pod["metadata"].get("ownerReferences", [])}
        if ready and ready["status"] == "True" and "deletionTimestamp" not in pod["metadata"] and "Job" not in owners:
            for each in pod["spec"]["containers"]:
                found.setdefault(each["image"].partition("@")[0].rpartition(":")[0], set()).add(each["image"])
    return found


def wait_until_running(api: Api, namespace: str, wanted: Mapping[str, str], *, seconds: float = 300.0) -> float:
    """Wait until these images, by name, and no other versions of them run; return for how many seconds it took."""
    begin = time.monotonic()

    def different() -> str | None:
        live = running_images(api, namespace)
        wrong = {name: sorted(live.get(name, ())) for name, image in wanted.items() if live.get(name) != {image}}
        return json.dumps(wrong) if wrong else None

    wait(f"{namespace} runs what Git says", different, seconds=seconds)
    return time.monotonic() - begin
