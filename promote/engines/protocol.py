"""What every sync engine answers, and the type of its answers.

What an engine says is never a proof that something runs: Argo CD can be Synced at a commit whose objects were not
applied. So an answer is shown next to the images of the pods, and never instead of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from posixpath import normpath
from typing import Literal
from urllib.parse import urlsplit

from promote.cluster.client import Cluster, Object
from promote.cluster.resources import Resource
from promote.errors import ClusterError, Forbidden

State = Literal["working", "failed", "idle"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for: the environment's folder and its repository.

    `namespace` and `name` are of the engine's object; without a name, it is found by the path that it delivers.
    """

    path: str
    remote: str = ""
    namespace: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One object that delivers the environment or a part of it, such as an Application or a tier's Kustomization.

    `revision` is the commit that it says it has applied, empty for none, and `is_synced` whether it claims to have
    applied all of it; `attempted` is the newest one that it tried to apply, and `state` the result. `whole` is the
    last commit that it applied completely, empty where it does not say. `sync` and `health` are the engine's words.
    `failures` say what went wrong, `paused` why it applies nothing by itself now.
    """

    kind: str
    namespace: str
    name: str
    revision: str
    sync: str
    health: str
    is_synced: bool
    attempted: str = ""
    state: State = "idle"
    failures: tuple[str, ...] = ()
    paused: tuple[str, ...] = ()
    whole: str = ""

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True)
class Delivery:
    """How an engine delivers an environment.

    `advice` are settings that are missing or unsafe, each with what to set; `unread` is what may not be read.
    """

    engine: str
    parts: tuple[Part, ...]
    advice: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Engine:
    """The constant ENGINE of an engine's module.

    `find` returns how it delivers an environment, None where it does not; it raises Forbidden where the account may
    not read its objects, and ClusterError where several deliver the environment. `reads` are what it lists or gets,
    in the `namespace` where it usually runs.
    """

    find: Callable[[Cluster, Wanted], Delivery | None]
    namespace: str
    reads: tuple[Resource, ...]


def everywhere(cluster: Cluster, resource: Resource, namespace: str, usual: str) -> Sequence[Object]:
    """The objects of a kind in `namespace` or, without one, in the cluster; else where they `usual`ly are."""
    if namespace:
        return cluster.items(resource, namespace)
    try:
        return cluster.items(resource)
    except Forbidden:
        return cluster.items(resource, usual)


def optional(cluster: Cluster, resource: Resource, namespace: str, name: str) -> tuple[Object | None, bool]:
    """An object that is good to have, and whether the account may read it."""
    try:
        return cluster.get(resource, namespace, name), True
    except Forbidden:
        return None, False


def same_path(given: object, path: str) -> bool:
    """Whether a path in an engine's object is the folder `path` of the repository."""
    return normpath(str(given).lstrip("/") or ".") == normpath(path)


def same_repository(one: str, other: str) -> bool:
    """Whether two addresses lead to one repository, as far as owner and name say."""
    return _owner_and_name(one) == _owner_and_name(other)


def _owner_and_name(url: str) -> tuple[str, ...]:
    # `git@host:owner/name.git` has no scheme.
    path = urlsplit(url).path if "://" in url else url.rpartition(":")[2]
    return tuple(path.casefold().removesuffix("/").removesuffix(".git").split("/")[-2:])


def ambiguous(names: Sequence[str], path: str) -> ClusterError:
    """The error for several objects that deliver one folder."""
    return ClusterError(
        f"{', '.join(sorted(names))} all deliver {path}: in promote.yaml, say which with `engine: {{name: NAME}}`"
    )


def line(text: object) -> str:
    """Text of a status as one line."""
    return " ".join(str(text or "").split())
