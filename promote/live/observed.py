"""An environment as it runs, next to what Git says of it; the images of the pods are the proof, never the engine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from promote.cluster import workloads
from promote.cluster.client import Address, Cluster
from promote.cluster.workloads import Job, Pod, images_of, key_of
from promote.engines import registry
from promote.engines.protocol import Delivery, Part, Wanted
from promote.errors import PromoteError, RenderError
from promote.git.repository import Repository
from promote.kustomize import render
from promote.live import running
from promote.live.running import KINDS, Running
from promote.model import Document
from promote.repository.environments import Environment, Place
from promote.repository.workspace import Tip, Workspace

_BACK = 20  # commits, in which somebody may have tried to repair a broken one
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True)
class Expected:
    """What Git says: an environment on the tip of the shared branch, rendered; `text` is the whole rendering.

    `fault` is why it cannot be rendered, and then the documents are those of `basis`, the newest commit before it
    that can be, or there are none. `alike` remembers which commits render the same, for the next look.
    """

    tip: Tip
    environment: Environment
    text: str
    documents: Sequence[Document]
    fault: str = ""
    basis: str = ""
    alike: dict[str, bool] = field(default_factory=dict, compare=False)

    @property
    def default_namespace(self) -> str:
        """The namespace of objects that state none."""
        return (self.environment.cluster or Place()).namespace

    @property
    def namespaces(self) -> list[str]:
        """Where its workloads run."""
        found = [one.identity.namespace or self.default_namespace for one in self.workloads]
        return list(dict.fromkeys(found)) or [self.default_namespace]

    @property
    def workloads(self) -> list[Document]:
        """What runs pods as long as it is there."""
        return [one for one in self.documents if one.identity.kind in KINDS]


@dataclass(frozen=True, slots=True)
class Seen:
    """One object of the engine, and in what it is not where Git is."""

    part: Part
    difference: str = ""


@dataclass(frozen=True)
class Live:
    """What a cluster says: the images that run, the engine, and what is not healthy among what Git wants."""

    expected: Expected
    context: str
    running: tuple[Running, ...]
    engine: Delivery | None
    seen: tuple[Seen, ...]
    failed_jobs: tuple[Job, ...]
    unready: tuple[Pod, ...]
    notes: tuple[str, ...] = ()

    @property
    def differences(self) -> list[str]:
        """In what the cluster is not as Git says, one line each."""
        fault = [f"{self.expected.tip.commit[:12]} cannot be rendered: {self.expected.fault}"]
        wrong = [f"{one.workload}: {one.difference}, Git says {one.image}" for one in self.running if one.difference]
        behind = [f"{each.part}: {each.difference}" for each in self.seen if each.difference]
        lies = []
        if wrong and self.seen and not behind:
            who = ", ".join(f"{each.part} is {each.part.sync}" for each in self.seen)
            lies = [f"{who} at {self.seen[0].part.revision[:12]}, and yet not what Git says runs"]
        return [
            *(fault if self.expected.fault else ()),
            *lies,
            *wrong,
            *behind,
            *(f"Job/{one.name} failed: {_why(one)}" for one in self.failed_jobs),
        ]

    def unhealthy(self) -> Iterator[str]:
        """Why something is not ready, as the cluster says it."""
        for one in self.running:
            if one.pending:
                yield f"{one.workload}: {one.pending}"
        for job in self.failed_jobs:
            yield f"Job/{job.name} failed: {_why(job)}"
        for pod in self.unready:
            yield f"Pod/{pod.name}: {pod.problem}"
        for each in self.seen:
            for text in (*each.part.failures, *each.part.paused):
                yield f"{each.part}: {text}"


def _why(job: Job) -> str:
    return f"{job.reason}: {job.message}" if job.message else job.reason


@dataclass(frozen=True, slots=True)
class Reach:
    """The cluster of an environment, and the one that its engine runs in."""

    cluster: Cluster
    hub: Cluster


def reach(environment: Environment, given: Address) -> Reach:
    """The clusters that the command line, else promote.yaml, else the kubeconfig names."""
    place = environment.cluster or Place()
    cluster = Cluster(Address(given.kubeconfig, given.context or place.context))
    hub = environment.engine.context
    return Reach(cluster, Cluster(Address(given.kubeconfig, hub)) if hub else cluster)


def expected(workspace: Workspace, tip: Tip, name: str) -> Expected:
    """What the commit says of an environment; raises UsageError or ConfigError."""
    with workspace.at(tip) as tree:
        environment = tree.environment(name)
        tip = tip.on(environment.place)
        if tip.place:
            tip = replace(tip, label=workspace.branches.line(tip.place).label)
        try:
            rendered = render.kustomize(tree.root / environment.path, environment.name)
            return Expected(tip, environment, rendered.text, rendered.documents, basis=tip.commit)
        except RenderError as error:
            fault = str(error)
    # A commit that nobody can build was pushed past the checks, so what was there before should still run.
    commit = tip.commit
    documents: Sequence[Document] = ()
    for _ in range(_BACK):
        commit = next(iter(workspace.branches.line(tip.place).repository.parents(commit)), "")
        if not commit or (documents := _documents(workspace, tip.moved(commit), environment)):
            break
    return Expected(tip, environment, "", documents, fault, commit if documents else "")


def _documents(workspace: Workspace, tip: Tip, environment: Environment) -> Sequence[Document]:
    """What a commit renders, nothing where it cannot be read."""
    try:
        with workspace.at(tip) as tree:
            return render.kustomize(tree.folder(environment.path), environment.name).documents
    except PromoteError:
        return ()


def look(workspace: Workspace, wanted: Expected, through: Reach) -> Live:
    """The environment as it is now; raises ClusterError."""
    cluster, default = through.cluster, wanted.default_namespace
    live = [one for namespace in wanted.namespaces for one in workloads.read(cluster, namespace)]
    jobs = [one for namespace in wanted.namespaces for one in workloads.jobs(cluster, namespace)]
    ours = {key_of(one.identity, default): one for one in wanted.documents}
    engine, notes = delivery(workspace, wanted.environment, through)
    if wanted.fault and wanted.basis:
        notes = (*notes, f"compared with {wanted.basis[:12]}, the newest commit that can be rendered")
    seen = tuple(Seen(part, _behind(workspace, wanted, part)) for part in (engine.parts if engine else ()))
    doubts = (_doubt(workspace, wanted, each.part) for each in seen if not each.difference)
    return Live(
        wanted,
        cluster.context,
        tuple(running.compare(wanted.documents, live, default)),
        engine,
        seen,
        tuple(job for job in jobs if job.failed and _is_wanted(job, ours.get(("Job", job.namespace, job.name)))),
        tuple(pod for one in live if one.key in ours for pod in one.pods if pod.problem),
        (*notes, *filter(None, doubts)),
    )


def _is_wanted(job: Job, document: Document | None) -> bool:
    """Whether a Job is the one that Git wants, and not one of the same name that an older commit wanted."""
    return document is not None and images_of(document.content["spec"]["template"]["spec"]) == job.images


def delivery(
    workspace: Workspace, environment: Environment, through: Reach
) -> tuple[Delivery | None, tuple[str, ...]]:
    """How an engine delivers an environment, and notes where that is not known; raises ClusterError."""
    settings, line = environment.engine, workspace.branches.line(environment.place)
    remote = line.url if line.repository.has_remote(line.remote) else ""
    below = workspace.root.relative_to(workspace.repository.root).as_posix()
    wanted = Wanted(environment.folder(below), remote, settings.namespace or "", settings.name or "")
    return registry.delivery_of(settings.kind, through.hub, wanted)


def _behind(workspace: Workspace, wanted: Expected, part: Part) -> str:
    """In what an engine's object is not where Git is; a commit that changes nothing here counts as the same."""
    states = {"working": "it has not finished", "failed": "it has failed", "idle": "it is not synced"}
    problem = "" if part.is_synced else f"{states[part.state]} ({part.sync})"
    lag = _lag(workspace, wanted, part.revision)
    return "; ".join(filter(None, (problem, lag)))


def _lag(workspace: Workspace, wanted: Expected, revision: str) -> str:
    commit = wanted.tip.commit
    if revision == commit:
        return ""
    if not revision:
        return "it has applied no commit yet"
    repository = workspace.branches.line(wanted.tip.place).repository
    if not _is_known(repository, revision):
        return f"it has applied {revision[:12]}, which this clone does not have"
    if contains(repository, revision, commit):
        return ""
    if revision not in wanted.alike:
        wanted.alike[revision] = _renders_alike(workspace, wanted, revision)
    if wanted.alike[revision]:
        return ""
    return f"it has applied {revision[:12]}, not {commit[:12]}"


def contains(repository: Repository, revision: str, commit: str) -> bool:
    """Whether what an engine calls a revision is a known commit that has `commit` in its history."""
    if revision == commit:
        return True
    return _is_known(repository, revision) and repository.is_ancestor(commit, revision)


def _doubt(workspace: Workspace, wanted: Expected, part: Part) -> str:
    """Why an engine may not have applied what it says it has, though nothing in the cluster shows it.

    Argo CD 3.6 is Synced after a comparison that failed, with nothing of the commit applied:
    https://github.com/argoproj/argo-cd/issues/28722. Operations on some objects of a commit may have applied it all.
    """
    repository = workspace.branches.line(wanted.tip.place).repository
    if not (_is_known(repository, part.whole) and _lag(workspace, wanted, part.whole)):
        return ""
    return (
        f"{part} says that it has applied {part.revision[:12]}, but the last commit that it applied as a whole is "
        f"{part.whole[:12]}, which renders something else: sync it again, as a whole"
    )


def _is_known(repository: Repository, revision: str) -> bool:
    return bool(_COMMIT.fullmatch(revision)) and repository.holds([revision])


def _renders_alike(workspace: Workspace, wanted: Expected, revision: str) -> bool:
    try:
        with workspace.at(wanted.tip.moved(revision)) as tree:
            there = tree.folder(wanted.environment.path)
            return render.kustomize(there, wanted.environment.name).text == wanted.text
    except PromoteError:
        return False  # one that cannot be read has nothing in common with one that can
