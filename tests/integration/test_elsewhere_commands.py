"""Every command with an environment that is not in the checkout: on a branch, or in another repository."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from promote.commands.registry import COMMANDS
from tests.integration.cluster_objects import application, argo, run
from tests.integration.cluster_server import ClusterServer
from tests.integration.registry_server import RegistryServer
from tests.integration.sandbox import REPOSITORY, Outcome, Sandbox, Shim
from tests.integration.shop import Prometheus
from tests.integration.test_elsewhere import other_repository

_PODS = """\
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  replicas: {count}
  selector: {{matchLabels: {{{labels}}}}}
  template:
    metadata: {{labels: {{{labels}}}}}
    spec: {{containers: [{{name: {name}, image: library/{name}}}]}}
"""
_SERVICE = """\
---
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{selector: {{{labels}}}, ports: [{{port: 80}}]}}
"""
_OVERLAY = """\
namespace: {stage}
resources: [../base]
images:
- {{name: library/desk-blue, newName: library/desk, newTag: "4"}}
- {{name: library/desk-green, newName: library/desk, newTag: "5"}}
- {{name: library/post, newTag: "{post}"}}
- {{name: library/post-canary, newName: library/post, newTag: "{post}"}}
replicas:
- {{name: post-canary, count: 0}}
patches:
- target: {{kind: Service, name: desk}}
  patch: |-
    - {{op: replace, path: /spec/selector/colour, value: blue}}
"""
_BASE = {
    "kustomization.yaml": "resources: [all.yaml]\n",
    "all.yaml": _PODS.format(name="desk-blue", count=1, labels="app: desk, colour: blue")
    + _PODS.format(name="desk-green", count=1, labels="app: desk, colour: green")
    + _SERVICE.format(name="desk", labels="app: desk, colour: blue")
    + _PODS.format(name="post", count=2, labels="app: post, track: stable")
    + _PODS.format(name="post-canary", count=4, labels="app: post, track: canary")
    + _SERVICE.format(name="post", labels="app: post"),
}
_PROJECT = "deploy/project.yaml"
_ARGOCD = {
    _PROJECT: "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: library}\n"
    "spec:\n  sourceRepos: []\n",
    "deploy/live.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: books-live}\n"
    "spec: {project: library, source: {path: apps/books/live, targetRevision: release}}\n",
}
_SETTINGS = """\
environments:
  dev: {{path: apps/{app}/dev}}
  live:
    path: apps/{app}/live
    branch: release
    {repository}
    gates: {{freeze: [{{start: Friday 16:00, end: Friday 16:01, timezone: UTC, reason: weekend}}]}}
    canary:
      prometheus: {prometheus}
      interval: 10s
      duration: 1s
      patience: 5s
      checks: [{{name: errors, query: "error_ratio", above: 0.05}}]
kubernetes: ["1.36"]
schemas: [{repositories}/.tools/schemas]
registries: {{docker.io: {{mirror: "{registry}"}}, "{registry}": {{private: true}}}}
follow: {{library/post: {{semver: "*"}}}}
"""
DIGEST, ANOTHER = (f"sha256:{digit * 64}" for digit in "ab")


@dataclass(frozen=True)
class Library:
    """The clone that promote runs in, the repository that has the environment live, and its name for commands."""

    here: Sandbox
    there: Sandbox
    live: str
    kubeconfig: str

    def run(self, line: str) -> Outcome:
        """Run a line of the table, in which {live} is one app and {all} is everything of that name."""
        words = line.format(
            live=self.live,
            all="live",
            cluster=self.kubeconfig,
            digest=ANOTHER,
            tip=self.there.tip("release"),
            project=_PROJECT,
        )
        return self.here.run(*words.split())


def _app(stage: str, post: str) -> dict[str, str]:
    overlay = {f"{stage}/kustomization.yaml": _OVERLAY.format(stage=stage, post=post)}
    return {f"apps/books/{name}": text for name, text in overlay.items()} | {
        f"apps/books/base/{name}": text for name, text in _BASE.items()
    }


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Prometheus, RegistryServer, ClusterServer]]:
    tags = {f"library/{name}:{tag}": DIGEST for name in ("desk", "post") for tag in ("4", "5", "1.1.0", "1.2.0")}
    with Prometheus() as prometheus, RegistryServer(tags) as registry, ClusterServer() as cluster:
        yield prometheus, registry, cluster


@pytest.fixture
def library(
    request: pytest.FixtureRequest,
    tiny: Sandbox,
    tmp_path: Path,
    servers: tuple[Prometheus, RegistryServer, ClusterServer],
) -> Library:
    shape: str = request.param
    prometheus, registry, cluster = servers
    there = other_repository(tiny, "live") if "repository" in shape else tiny
    there.git("checkout", "--quiet", "--orphan", "release")
    there.git("rm", "-r", "--quiet", "--force", "--ignore-unmatch", ".")
    for path, text in _app("live", "1.1.0").items():
        there.write(path, text)
    there.commit("live")
    there.git("push", "--quiet", "origin", "release")
    if there is tiny:
        tiny.git("checkout", "--quiet", "--force", "main")
        tiny.git("rm", "-r", "--quiet", "overlays", "base")
    settings = _SETTINGS.format(
        app="*" if "apps" in shape else "books",
        repository=f"repository: {there.origin}" if "repository" in shape else "live: false",
        prometheus=prometheus.address, repositories=REPOSITORY, registry=registry.host,
    )  # fmt: skip
    for path, text in (_app("dev", "1.2.0") | _ARGOCD | {"promote.yaml": settings}).items():
        tiny.write(path, text)
    tiny.publish()
    for name, image, pods in (
        ("desk-blue", "desk:4", 1),
        ("desk-green", "desk:5", 1),
        ("post", "post:1.1.0", 2),
        ("post-canary", "post:1.1.0", 0),
    ):
        run(cluster, {name: f"library/{image}"}, namespace="live", replicas=pods)
    argo(cluster, application("apps/books/live", there.tip("release"), name="books-live"))
    live = "live/books" if "apps" in shape else "live"
    return Library(tiny, there, live, str(cluster.kubeconfig(tmp_path)))


_COMMITS_HERE = "windows {project} --commit"
# In this order: a line, its exit code, and what it says.
ROWS = (
    ("init --dry-run", 2, "promote.yaml"),
    ("status", 0, "to promote: promote dev live"),
    ("plan dev {all}", 0, "post 1.1.0 → 1.2.0"),
    ("explain dev {all}", 0, "nothing blocks"),
    ("drift dev {all}", 1, "post: 1.2.0 in"),
    ("diff", 0, "is left out: it is on the branch release"),
    ("check", 0, "0 denied"),
    ("check {live}", 0, "{live}: 6 documents rendered"),
    ("check --fix", 0, "is left out: it is not in the checkout"),
    ("history {live}", 0, "1.1.0"),
    ("policies", 0, "images.tag"),
    ("completion bash", 0, "promote"),
    ("windows {project} --check", 1, "differs: deploy/project.yaml"),
    ("windows {project} --write", 0, "books-live"),
    (_COMMITS_HERE, 0, "pushed"),
    ("windows {project} --check", 0, "as it should be"),
    ("deploy {live} --kubeconfig {cluster} --timeout 0", 0, "runs what"),
    ("status {live} --live --kubeconfig {cluster}", 0, "Git says release"),
    ("health {live} --kubeconfig {cluster}", 0, "Application/books-live"),
    ("scale {live} post 3", 0, "post: 2 → 3"),
    ("scale {live} --status --live --kubeconfig {cluster}", 0, "3"),
    ("scale {live} post --default --pr", 0, "post: 3 → 2"),
    ("promote dev {all} --auto-merge --wait --kubeconfig {cluster} --timeout 0", 7, "is merged"),
    ("verify {tip}", 0, "moves versions and nothing else"),
    ("merge 1 --environment {live}", 0, "is merged"),
    ("merge 2 --environment {all}", 0, "already merged"),
    ("hold {all} library/post=1.3 --reason slow", 0, "library/post 1.3"),
    ("bump {live} post=1.3 --commit", 4, "slow"),
    ("release {all}", 0, "library/post 1.3"),
    ("rollback {all} library/post --pr", 0, "1.2.0 → 1.1.0"),
    ("merge 3 --environment {live}", 0, "is merged"),
    ("plan dev {all}", 4, "rolled back to 1.1.0"),
    ("release {live} post", 0, "library/post 1.2.0"),
    ("bump {live} post=1.0.9 post-canary=1.0.9 --commit", 0, "1.1.0 → 1.0.9"),
    ("bump {all} post --newest --commit", 0, "1.0.9 → 1.2.0"),
    ("pin {live} --only desk-blue --commit", 0, "4@sha256"),
    ("switch {live} desk --to green", 0, "the traffic of desk moves to green"),
    ("switch {live} desk --to blue --pr", 0, "pull request #4"),
    ("canary {live} post post=1.3@{digest} --steps 50,100 --once", 0, "2 of 4 pods"),
    ("canary {live} post post=1.3@{digest} --abort --reason slow", 0, "→ 1.2.0@sha256"),
    ("canary {live} post post=1.3@{digest} --once", 4, "slow"),
)
_MORE = ("repository", "branch, apps")


@pytest.mark.quick
def test_every_command_has_a_row() -> None:
    assert {line.split()[0] for line, _, _ in ROWS} == set(COMMANDS)


@pytest.mark.parametrize(
    "library",
    ["repository, apps", "branch", *(pytest.param(one, marks=pytest.mark.thorough) for one in _MORE)],
    indirect=True,
)
def test_every_command_takes_an_environment_that_is_not_here(library: Library) -> None:
    own, wrong = library.here.tip(), []
    for line, code, said in ROWS:
        done = library.run(line)
        text = " ".join((done.out + done.err).split())
        if done.code != code or said.format(live=library.live) not in text:
            wrong.append((line, done))
        if line == _COMMITS_HERE:
            library.here.git("checkout", "--quiet", "--", _PROJECT)
            library.here.git("pull", "--quiet", "--rebase", "origin", "main")
            own = library.here.tip()
    assert not wrong, "\n".join(f"{line}: {done}" for line, done in wrong)
    assert library.here.tip() == own


@pytest.mark.parametrize("library", ["repository, apps"], indirect=True)
def test_a_canary_elsewhere_that_was_killed_goes_on(library: Library, shim: Shim) -> None:
    def steps() -> list[str]:
        return library.there.at_origin("log", "--reverse", "--format=%s", "release").splitlines()[1:]

    line = ["canary", library.live, "post", "post=1.3", "--steps", "50,100", "--once"]
    assert library.here.finish(*line, env=shim.killing_after("push")).code == -signal.SIGKILL
    assert steps() == ["canary: live/books (post 1.3, 50 %)"]
    library.there.origin.rename(library.there.origin.with_name("away.git"))
    assert "cannot be used" in library.here.promote(*line, code=6).err
    library.there.origin.with_name("away.git").rename(library.there.origin)
    while len(steps()) < 3:
        library.here.promote(*line)
    assert steps()[1:] == ["canary: live/books (post 1.3, stable)", "canary: live/books (post 1.3, canary withdrawn)"]
