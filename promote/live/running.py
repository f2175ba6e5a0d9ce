"""Compares the images in the rendered manifests with those that the pods of a cluster run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from promote.cluster.workloads import Workload, images_of, key_of
from promote.model import Document
from promote.versions import fields

KINDS = ("Deployment", "StatefulSet", "DaemonSet")


@dataclass(frozen=True, slots=True)
class Running:
    """One image of one workload: `image` is what Git wants, `found` what the ready pods run, each with their number.

    `difference` is empty if every ready pod runs what Git wants and one is ready where one should be. `pending` is
    what the rollout waits for.
    """

    workload: str
    namespace: str
    image: str
    found: Mapping[str, int]
    ready: int
    replicas: int
    difference: str = ""
    pending: str = ""


def compare(documents: Iterable[Document], live: Sequence[Workload], default: str) -> list[Running]:
    """Every image of every workload in `documents`; `default` is the namespace of those that state none."""
    known = {one.key: one for one in live}
    found: list[Running] = []
    for document in documents:
        if document.identity.kind in KINDS:
            key = key_of(document.identity, default)
            found += _images(document, known.get(key), key[1])
    return found


def _images(document: Document, live: Workload | None, namespace: str) -> Iterator[Running]:
    name = f"{document.identity.kind}/{document.identity.name}"
    by_image: dict[str, list[str]] = {}
    for container, image in images_of(document.content["spec"]["template"]["spec"]).items():
        by_image.setdefault(image, []).append(container)
    for image, containers in by_image.items():
        if live is None:
            yield Running(name, namespace, image, {}, 0, 0, "it is not in the cluster")
            continue
        found = Counter(each.images.get(one, "") for each in live.ready for one in containers[:1])
        difference = _difference(live, containers, image)
        yield Running(name, namespace, image, found, len(live.ready), live.replicas, difference, live.pending)


def _difference(live: Workload, containers: Sequence[str], image: str) -> str:
    if not live.ready:
        if live.replicas:
            return "no pod is ready"
        other = [each for one in containers if not same_image(image, each := live.images.get(one, ""))]
        return f"it has no pods, and its template wants {_shown(other[0])}" if other else ""
    by_pod = ([pod.images.get(one, "") for one in containers] for pod in live.ready)
    wrong = [other for found in by_pod if (other := [each for each in found if not same_image(image, each)])]
    return f"{len(wrong)} of {len(live.ready)} ready pods run {_shown(wrong[0][0])}" if wrong else ""


def _shown(image: str) -> str:
    return image or "no such container"


def same_image(wanted: str, found: str) -> bool:
    """Whether two references are the same program of the same repository, as far as both say."""
    (one, version), (other, running) = fields.split(wanted), fields.split(found)
    same = wanted == found or version.matches(running)
    return same and _whole(one) == _whole(other)


def _whole(repository: str) -> str:
    """The repository with the parts that a runtime adds: `docker.io/library/mysql` for `mysql`."""
    host, slash, rest = repository.partition("/")
    if slash and ("." in host or ":" in host or host == "localhost"):
        return repository if host != "docker.io" or "/" in rest else f"docker.io/library/{rest}"
    return f"docker.io/{repository}" if slash else f"docker.io/library/{repository}"
