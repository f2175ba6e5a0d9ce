"""What an overlay renders, sealed for this cluster, applied in waves, and when each object is as it should be."""

from __future__ import annotations

import copy
import json
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from promote.system.process import run
from tests.e2e import sealing
from tests.e2e.api import MANAGER, Api, Object, Refused
from tests.e2e.cluster import Cluster
from tests.e2e.process import Unfinished, wait
from tests.manifests.render import WORKLOADS, name_of, overlay, pod_template

WAVE = "argocd.argoproj.io/sync-wave"
# Within a wave, what others need comes first; everything else follows.
FIRST = (
    "Namespace",
    "CustomResourceDefinition",
    "StorageClass",
    "PriorityClass",
    "ResourceQuota",
    "LimitRange",
    "ServiceAccount",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "NetworkPolicy",
    "Secret",
    "SealedSecret",
    "ConfigMap",
)
READY_SECONDS = 240.0
# What the API server says where two pods are counted in a quota at once; the controller tries again.
CONFLICT = "the object has been modified"
# How Kubernetes names the Jobs of a CronJob: its name, then the minute since 1970.
BY_THE_CLOCK = re.compile(r"-\d{8}$")


@dataclass
class Environment:
    """One overlay, as it is applied to one cluster."""

    name: str
    cluster: Cluster
    objects: list[Object]
    sealed: dict[str, dict[str, str]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def api(self) -> Api:
        return self.cluster.api

    @property
    def namespace(self) -> str:
        return f"mediq-{self.name}"

    def kind(self, *kinds: str) -> list[Object]:
        return [each for each in self.objects if each["kind"] in kinds]

    def live(self, *kinds: str) -> list[Object]:
        """The rendered objects of these kinds as they are now."""
        return [self.api.get(each) for each in self.kind(*kinds)]

    def autoscalers(self) -> list[Object]:
        """The live autoscalers, also those that KEDA makes."""
        return self.api.list("autoscaling/v2", "HorizontalPodAutoscaler", self.namespace)

    def waves(self) -> list[list[Object]]:
        """The objects in the order in which a sync engine applies them."""
        numbers = sorted({_wave(each) for each in self.objects})
        return [sorted((o for o in self.objects if _wave(o) == number), key=_rank) for number in numbers]

    def apply(self, objects: Iterable[Object]) -> None:
        """Apply objects, and remember what the server warns of."""
        for each in objects:
            try:
                answer = self.api.apply(each)
            except Refused as refusal:
                raise Refused(refusal.status, f"{describe(each)}: {refusal.message}") from refusal
            self.warnings += [f"{describe(each)}: {warning}" for warning in answer.warnings]

    def unready(self, objects: Iterable[Object]) -> list[str]:
        """What is not yet as it should be, one sentence for each object."""
        states = ((each, missing(self.api, each)) for each in objects)
        return [f"{describe(each)}: {state}" for each, state in states if state]

    def wait(self, objects: Iterable[Object], *, seconds: float = READY_SECONDS) -> None:
        """Wait until objects are as they should be."""
        left = list(objects)

        def unready() -> str | None:
            states = [(each, self.unready([each])) for each in left]
            left[:] = [each for each, state in states if state]
            return "; ".join(text for _, state in states for text in state) or None

        wait(f"{self.name} becomes ready", unready, seconds=seconds)


def roll_out(*environments: Environment) -> None:
    """Apply environments side by side, each wave only once the one before is ready."""
    waves = [each.waves() for each in environments]
    for number in range(max(map(len, waves))):
        ready = [(each, of[number]) for each, of in zip(environments, waves, strict=True) if number < len(of)]
        for environment, objects in ready:
            environment.apply(objects)
        for environment, objects in ready:
            environment.wait(objects)
    # The autoscalers come last, and have only now asked for all pods.
    for environment in environments:
        environment.wait(environment.kind("Deployment"))


def roll_out_at_once(environment: Environment) -> None:
    """Apply everything without waiting in between, in an order in which namespaces come first."""
    objects = [each for wave in environment.waves() for each in wave]
    environment.apply(objects)
    environment.wait(objects)
    environment.wait(environment.kind("Deployment"))


def prepare(cluster: Cluster, names: Iterable[str]) -> list[Environment]:
    """Define the kinds that the overlays use, start what scales them, and seal their secrets for this cluster."""
    environments = [Environment(name, cluster, list(copy.deepcopy(overlay(name).objects))) for name in names]
    objects = [each for environment in environments for each in environment.objects]
    cluster.define(*{group(each) for each in objects})
    if any(each["kind"] == "ScaledObject" for each in objects):
        cluster.scale_by_keda({each.name: each.objects for each in environments})
    for environment in environments:
        if environment.kind("SealedSecret"):
            seal(environment)
    return environments


def seal(environment: Environment) -> None:
    """Replace what is sealed in the repository by fresh random values, sealed for this cluster."""
    certificate = sealing.certificate(environment.cluster)
    for each in environment.kind("SealedSecret"):
        values = {key: secrets.token_urlsafe(24) for key in each["spec"]["encryptedData"]}
        environment.sealed[name_of(each)] = values
        # They say how far a sealed secret may be moved, and that is part of what is sealed.
        metadata = {key: each["metadata"].get(key) for key in ("name", "namespace", "annotations")}
        plain = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": values}
        command: list[str | Path] = [environment.cluster.program("kubeseal"), "--cert", certificate]
        done = run([*command, "--format", "json"], stdin=json.dumps(plain).encode())
        assert done.code == 0, done.error
        each["spec"]["encryptedData"] = json.loads(done.stdout)["spec"]["encryptedData"]


def _wave(item: Object) -> int:
    default = -5 if item["kind"] == "Namespace" else 0
    return int(item["metadata"].get("annotations", {}).get(WAVE, default))


def _rank(item: Object) -> int:
    return FIRST.index(item["kind"]) if item["kind"] in FIRST else len(FIRST)


def group(item: Object) -> str:
    """The API group of an object; the first one of Kubernetes has no name."""
    return str(item["apiVersion"].rpartition("/")[0])


def job_of(cron_job: Object) -> Object:
    """What `kubectl create job --from` makes of a CronJob."""
    template, name = cron_job["spec"]["jobTemplate"], f"{name_of(cron_job)}-e2e"
    metadata = {**template.get("metadata", {}), "name": name, "namespace": cron_job["metadata"]["namespace"]}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": template["spec"]}


def describe(item: Object) -> str:
    return f"{item['kind']}/{name_of(item)}"


def condition(item: Object, name: str) -> Object | None:
    """The condition of that type in an object's status."""
    found = item.get("status", {}).get("conditions") or []
    return next((each for each in found if each["type"] == name), None)


def missing(api: Api, item: Object) -> str | None:
    """What keeps a rendered object from being as it should be, or None."""
    live = api.find(item["apiVersion"], item["kind"], name_of(item), item["metadata"].get("namespace", ""))
    if live is None:
        return "not there"
    ask = STATES.get(item["kind"])
    if ask and (state := ask(api, live)):
        return state
    needed = references(item) if item["kind"] in WORKLOADS else ()
    unresolved = sorted(each for each in needed if not resolved(api, each))
    return f"no kubelet would start it without {unresolved}" if unresolved else None


def insist_on_pods(deployment: Object) -> None:
    """Raise Unfinished if pods of a Deployment were refused, and not only because two counted a quota at once."""
    failure = condition(deployment, "ReplicaFailure")
    if failure and CONFLICT not in failure["message"]:
        raise Unfinished(f"{describe(deployment)}: {failure['message']}")


def _deployment(api: Api, live: Object) -> str | None:
    status, wanted = live["status"], live["spec"]["replicas"]
    insist_on_pods(live)
    counts = {key: status.get(key, 0) for key in ("replicas", "updatedReplicas", "availableReplicas")}
    return _rolled_out(live, wanted, counts)


def _stateful_set(api: Api, live: Object) -> str | None:
    keys = ("replicas", "updatedReplicas", "availableReplicas")
    return _rolled_out(live, live["spec"]["replicas"], {key: live["status"].get(key, 0) for key in keys})


def _daemon_set(api: Api, live: Object) -> str | None:
    status = live["status"]
    keys = ("currentNumberScheduled", "updatedNumberScheduled", "numberAvailable")
    wanted = status.get("desiredNumberScheduled", 0)
    return _rolled_out(live, wanted, {key: status.get(key, 0) for key in keys}) or (None if wanted else "on no node")


def _rolled_out(live: Object, wanted: int, counts: dict[str, int]) -> str | None:
    if live["status"].get("observedGeneration") != live["metadata"]["generation"]:
        return "not observed"
    different = {key: count for key, count in counts.items() if count != wanted}
    return f"{different}, not {wanted}" if different else None


def _job(api: Api, live: Object) -> str | None:
    if failure := condition(live, "Failed"):
        raise Unfinished(f"{describe(live)}: {failure['message']}")
    return None if condition(live, "Complete") else "not complete"


def _claim(api: Api, live: Object) -> str | None:
    phase = live["status"]["phase"]
    return None if phase == "Bound" else str(phase)


def _sealed_secret(api: Api, live: Object) -> str | None:
    synced = condition(live, "Synced")
    if synced and synced["status"] == "False":
        raise Unfinished(f"{describe(live)}: {synced['message']}")
    found = api.find("v1", "Secret", name_of(live), live["metadata"]["namespace"])
    return None if synced and found else "not unsealed"


def _scaled_object(api: Api, live: Object) -> str | None:
    ready = condition(live, "Ready")
    if not (ready and ready["status"] == "True"):
        return str(ready and ready.get("message"))
    name = live["spec"]["advanced"]["horizontalPodAutoscalerConfig"]["name"]
    scaler = api.find("autoscaling/v2", "HorizontalPodAutoscaler", name, live["metadata"]["namespace"])
    return _autoscaler(api, scaler) if scaler else "without its autoscaler"


def _autoscaler(api: Api, live: Object) -> str | None:
    count, least = live.get("status", {}).get("desiredReplicas", 0), live["spec"]["minReplicas"]
    return None if count >= least else f"asking for {count}, not {least}"


def _namespace(api: Api, live: Object) -> str | None:
    account = api.find("v1", "ServiceAccount", "default", name_of(live))
    return None if live["status"]["phase"] == "Active" and account else "without its account"


STATES: dict[str, Callable[[Api, Object], str | None]] = {
    "DaemonSet": _daemon_set,
    "Deployment": _deployment,
    "HorizontalPodAutoscaler": _autoscaler,
    "Job": _job,
    "Namespace": _namespace,
    "PersistentVolumeClaim": _claim,
    "ScaledObject": _scaled_object,
    "SealedSecret": _sealed_secret,
    "StatefulSet": _stateful_set,
}


@dataclass(frozen=True, order=True)
class Reference:
    """Something that a kubelet looks up before it starts a container; with a key, that key of it."""

    kind: str
    namespace: str
    name: str
    key: str = ""

    def __repr__(self) -> str:
        return f"{self.kind}/{self.name}" + (f"[{self.key}]" if self.key else "")


def references(workload: Object) -> set[Reference]:
    """What the pods of a workload need that is not marked optional."""
    namespace, spec = workload["metadata"]["namespace"], pod_template(workload)["spec"]
    found = {Reference("ServiceAccount", namespace, spec.get("serviceAccountName", "default"))}
    containers = [*spec.get("initContainers", []), *spec["containers"]]
    for volume in spec.get("volumes", []):
        sources = volume["projected"]["sources"] if "projected" in volume else [volume]
        for source in sources:
            found |= _of_source(namespace, source)
    for container in containers:
        for source in container.get("envFrom", []):
            found |= _of_source(namespace, source)
        for variable in container.get("env", []):
            found |= _of_source(namespace, variable.get("valueFrom", {}))
    return found


SOURCES = {
    "configMap": "ConfigMap",
    "configMapKeyRef": "ConfigMap",
    "configMapRef": "ConfigMap",
    "secret": "Secret",
    "secretKeyRef": "Secret",
    "secretRef": "Secret",
}


def _of_source(namespace: str, source: Object) -> set[Reference]:
    found = set()
    for key, kind in SOURCES.items():
        what = source.get(key)
        if what is not None and not what.get("optional"):
            name = what.get("name") or what.get("secretName")
            keys = [what["key"]] if "key" in what else [each["key"] for each in what.get("items", [])]
            found |= {Reference(kind, namespace, name, each) for each in keys or [""]}
    return found


def resolved(api: Api, reference: Reference) -> bool:
    """Whether the cluster has it."""
    found = api.find("v1", reference.kind, reference.name, reference.namespace)
    if found is None:
        return False
    return not reference.key or reference.key in {**found.get("data", {}), **found.get("binaryData", {})}


def applied_at(live: Object) -> Object:
    """What our field manager owns of an object, and since when."""
    entries = live["metadata"]["managedFields"]
    [own] = [each for each in entries if each["manager"] == MANAGER and each["operation"] == "Apply"]
    return {**own}


def substance(live: Object) -> Object:
    """An object without what controllers report and the server counts."""
    content = {key: value for key, value in live.items() if key != "status"}
    volatile = ("resourceVersion", "managedFields")
    content["metadata"] = {key: value for key, value in live["metadata"].items() if key not in volatile}
    return content


def runs_by_the_clock(live: Object) -> bool:
    """Whether a CronJob made this Job or this pod of a Job: the binary logs are shipped every five minutes."""
    job = live["metadata"].get("labels", {}).get("batch.kubernetes.io/job-name", "")
    return bool(BY_THE_CLOCK.search(name_of(live) if live["kind"] == "Job" else job))
