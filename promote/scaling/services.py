"""Which number decides how many pods a workload has at least: its autoscaler's, or its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from promote.errors import UsageError
from promote.kustomize.patches import Layer
from promote.model import Document, Identity
from promote.yamltext import places

# The kinds that have `spec.replicas`.
_KINDS = ("Deployment", "ReplicaSet", "ReplicationController", "Rollout", "StatefulSet")


class _Fields(NamedTuple):
    """Where a kind has its numbers, what they are where it states none, and which target it has then."""

    least: str
    least_default: int
    most: str = ""
    most_default: int | None = None
    target: tuple[str, str] = ("", "")


_WORKLOAD = _Fields("replicas", 1)
# https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/
# https://keda.sh/docs/2.21/reference/scaledobject-spec/
_SCALERS = {
    ("autoscaling", "HorizontalPodAutoscaler"): _Fields("minReplicas", 1, "maxReplicas"),
    ("keda.sh", "ScaledObject"): _Fields("minReplicaCount", 0, "maxReplicaCount", 100, ("apps/v1", "Deployment")),
}


@dataclass(frozen=True, slots=True)
class Number:
    """The number that decides: the object that has it, where, its value there, and the largest one allowed."""

    owner: Identity
    field: str
    least: int
    most: int | None = None

    @property
    def path(self) -> str:
        """The JSON pointer to the number in its object."""
        return f"/spec/{self.field}"

    @property
    def most_path(self) -> str:
        """The JSON pointer to the largest number allowed."""
        return f"/spec/{_SCALERS[_group(self.owner), self.owner.kind].most}"


@dataclass(frozen=True, slots=True)
class Service:
    """A workload, the images that it runs, and the numbers that decide: several where it has several autoscalers."""

    workload: Identity
    numbers: tuple[Number, ...]
    images: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the workload as it is rendered."""
        return self.workload.name

    @property
    def number(self) -> Number:
        """The one number that decides; raises UsageError where there are several."""
        first, *more = self.numbers
        if more:
            names = " and ".join(f"{one.owner.kind} {one.owner.name}" for one in self.numbers)
            raise UsageError(f"{self.name} has {len(self.numbers)} autoscalers, {names}: keep one of them first")
        return first


def services(documents: Iterable[Document]) -> list[Service]:
    """Every workload that can be scaled, by name; also what an autoscaler scales that is not rendered."""
    every = list(documents)
    workloads = {_target_key(one.identity): one for one in every if one.identity.kind in _KINDS}
    numbers: dict[Identity, list[Number]] = {_target_key(one.identity): [] for one in workloads.values()}
    for one in every:
        if fields := _SCALERS.get((_group(one.identity), one.identity.kind)):
            numbers.setdefault(_target(one, fields), []).append(_number(one, fields))
    found = []
    for who, scalers in numbers.items():
        workload = workloads.get(who)
        own = [_number(workload, _WORKLOAD)] if workload and not scalers else []
        images = _images(workload.content) if workload else ()
        found.append(Service(workload.identity if workload else who, tuple(scalers or own), images))
    return sorted(found, key=lambda one: (one.name, one.workload))


def choose(given: str, known: Sequence[Service], layers: Iterable[Layer], images: Sequence[str]) -> Service:
    """The service that `given` means: NAME or NAMESPACE/NAME of a workload, or NAME without the prefixes of `layers`.

    Or the workload that runs `images`, those of the service `given` of promote.yaml, as they are rendered. Raises
    UsageError, with the names that there are, when it means none or more than one.
    """
    exact = [one for one in known if given in (one.name, f"{one.workload.namespace}/{one.name}")]
    every = list(layers)
    shorter = [one for one in known if any(given in layer.names(one.name) for layer in every)]
    of_images = [one for one in known if set(images) & set(one.images)]
    found = list(dict.fromkeys(exact or shorter or of_images))
    if len(found) > 1:
        names = " or ".join(map(str, (one.workload for one in found)))
        raise UsageError(f"'{given}' could be {names}: write NAMESPACE/NAME")
    if not found:
        names = ", ".join(dict.fromkeys(one.name for one in known)) or "none"
        raise UsageError(f"no service is called '{given}'; known: {names}")
    return found[0]


def _target_key(who: Identity) -> Identity:
    """The identity without its version: an autoscaler may name another one."""
    return Identity(_group(who), who.kind, who.namespace, who.name)


def _target(scaler: Document, fields: _Fields) -> Identity:
    version, kind, name = (
        places.value_at(scaler.content, ["spec", "scaleTargetRef", key]) for key in ("apiVersion", "kind", "name")
    )
    usual = Identity(*fields.target, scaler.identity.namespace, str(name or ""))
    return _target_key(replace(usual, api_version=str(version or usual.api_version), kind=str(kind or usual.kind)))


def _number(document: Document, fields: _Fields) -> Number:
    least, most = (places.value_at(document.content, ["spec", name]) for name in (fields.least, fields.most))
    return Number(
        document.identity,
        fields.least,
        least if isinstance(least, int) else fields.least_default,
        most if isinstance(most, int) else fields.most_default,
    )


def _images(content: Mapping[str, Any]) -> tuple[str, ...]:
    """The images of a workload's containers."""
    containers = places.value_at(content, ["spec", "template", "spec", "containers"])
    return tuple(
        str(places.value_at(one, ["image"]) or "") for one in (containers if isinstance(containers, list) else ())
    )


def _group(who: Identity) -> str:
    return who.api_version.rpartition("/")[0]
