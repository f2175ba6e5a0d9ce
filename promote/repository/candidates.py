"""Folders that may be environments: those of several apps become one with a `*` in its path, and each gets a name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import chain, count
from pathlib import PurePosixPath

from promote.repository import groups, stages
from promote.repository.kustomizations import Survey
from promote.repository.schema import schema

# Folders of what environments share or consist of.
SHARED = frozenset({"base", "bases", "common", "shared", "component", "components"})
# Folders in which an app has its manifests next to its code: they name no app.
_OF_MANIFESTS = frozenset(
    {"config", "deploy", "deployment", "deployments", "gitops", "infra", "k8", "k8s", "kube", "kubernetes",
     "kustomize", "manifest", "manifests", "ops"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """A folder that may be an environment: its name there, and the folder of what it is an environment of."""

    path: str
    name: str
    owner: str


def app_folders(candidates: Iterable[Candidate]) -> dict[str, str]:
    """By owner, the folders of all apps that it is one of, with a `*` for the app: `apps/*`, `services/*/k8s`.

    An owner that is alone has none.
    """
    owners = {one.owner for one in candidates if one.owner}
    often = Counter(pattern for owner in owners for pattern in _patterns(owner))
    several = {owner: [pattern for pattern in _patterns(owner) if often[pattern] > 1] for owner in owners}
    return {owner: patterns[0] for owner, patterns in several.items() if patterns}


def _patterns(owner: str) -> list[str]:
    """The path of an owner with a `*` for its last folder, or for one in which only those of manifests follow."""
    parts = PurePosixPath(owner).parts
    after = next((number for number, part in enumerate(reversed(parts)) if part not in _OF_MANIFESTS), 0)
    places = range(len(parts) - 1, len(parts) - 2 - after, -1)
    return ["/".join([*parts[:at], groups.ANY, *parts[at + 1 :]]) for at in places]


def of_stages(candidates: Sequence[Candidate], seen: Survey) -> list[Candidate]:
    """The candidates, those of several apps in the folder of a stage as one: `overlays/staging/*`.

    Only where the path matches nothing else, and one stage has several apps.
    """
    several = app_folders(candidates)
    folders: dict[str, list[Candidate]] = {}
    for one in candidates:
        folders.setdefault(PurePosixPath(one.path).parent.as_posix(), []).append(one)
    stage_of: dict[str, Candidate] = {}
    for folder, some in folders.items():
        name, path = PurePosixPath(folder).name, f"{folder}/{groups.ANY}"
        matching = [each for each in seen.kustomizations if _matches(each, path)]
        apps = [each for each in matching if PurePosixPath(each).name not in SHARED]
        if stages.rank(name) is not None and some[0].owner not in several and len(apps) == len(some):
            stage_of[folder] = Candidate(path, name, some[0].owner)
    if not any(len(folders[folder]) > 1 for folder in stage_of):
        return list(candidates)
    return [one for folder, some in folders.items() for one in ([stage_of[folder]] if folder in stage_of else some)]


def in_stages(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates, those in folders that are stages and not apps named by both: `staging/e2e`, `production/eu`.

    It is so where folders next to one another have nothing in common, and one of them is called like a stage.
    """
    several = app_folders(candidates)
    beside: dict[str, list[Candidate]] = {}
    for one in candidates:
        if one.path == f"{one.owner}/{one.name}" and several.get(one.owner, "").endswith(groups.ANY):
            beside.setdefault(several[one.owner], []).append(one)
    inside: dict[Candidate, Candidate] = {}
    for some in beside.values():
        stage_of = {one: PurePosixPath(one.owner) for one in some}
        is_apart = len({one.name for one in some}) == len(some)
        if is_apart and any(stages.rank(folder.name) is not None for folder in stage_of.values()):
            for one, folder in stage_of.items():
                above = folder.parent.as_posix()
                inside[one] = Candidate(one.path, f"{folder.name}-{one.name}", "" if above == "." else above)
    return [inside.get(one, one) for one in candidates]


def of_apps(candidates: Sequence[Candidate], seen: Survey) -> list[Candidate]:
    """The candidates, those of several apps as one with a `*` in its path: `apps/*/overlays/staging`.

    Only where the path matches nothing else, or ends in the name of a stage, which says what else is in it.
    """
    several = app_folders(candidates)
    by_path: dict[str, list[Candidate]] = {}
    for one in candidates:
        by_path.setdefault(_path_of_all(one, several), []).append(one)
    found: list[Candidate] = []
    for path, some in by_path.items():
        others = {each for each in seen.kustomizations if _matches(each, path)} - {one.path for one in some}
        is_stage = stages.rank(path.rpartition("/")[2]) is not None
        is_whole = not others or (is_stage and not any(seen.kustomizations[each].is_component for each in others))
        is_of_apps = groups.ANY in path and is_whole
        found += [Candidate(path, some[0].name, path.partition(groups.ANY)[0].rstrip("/"))] if is_of_apps else some
    return found


def _path_of_all(one: Candidate, folders: Mapping[str, str]) -> str:
    """The path of a candidate with a `*` for the app, if there are several."""
    return f"{folders.get(one.owner, one.owner)}{one.path[len(one.owner) :]}"


def _matches(path: str, pattern: str) -> bool:
    return path.count("/") == pattern.count("/") and fnmatchcase(path, pattern)


def holder(one: Candidate, of_apps: Mapping[str, str]) -> str:
    """The folder of environments that a candidate is in; those of several apps are one."""
    parts = PurePosixPath(_path_of_all(one, of_apps)).parts
    return "/".join(parts[: len(PurePosixPath(one.owner).parts) + 1])


def named(candidates: Sequence[Candidate]) -> dict[str, Candidate]:
    """Each with a name of its own: the folder's, after those above it that say of which app, if there are several."""
    several = len({one.owner for one in candidates}) > 1
    above = [_folders_of(one) if several else () for one in candidates]
    # As few folders as possible: the whole path has much that says nothing.
    tries = [
        [name_of("-".join([*folders[-depth:], one.name])) for folders, one in zip(above, candidates, strict=True)]
        for depth in range(1, max([1, *map(len, above)]) + 1)
    ]
    often = [Counter(names) for names in tries]
    found: dict[str, Candidate] = {}
    for number, one in enumerate(candidates):
        short = [names[number] for names, times in zip(tries, often, strict=True) if times[names[number]] == 1]
        long = name_of(one.path)
        # Of some paths not even the whole is a name of its own: `a-b/dev` and `a_b/dev`.
        options = chain(short, [long], (f"{long}-{again}" for again in count(2)))
        found[next(name for name in options if name not in found)] = one
    return found


def _folders_of(one: Candidate) -> Sequence[str]:
    """The folders above it, from the top, that say what it is an environment of."""
    parts = PurePosixPath(one.owner).parts
    return [part for part in parts if part not in (*_OF_MANIFESTS, groups.ANY)] or parts[-1:]


def name_of(text: str) -> str:
    """`text` as the schema of promote.yaml allows the name of an environment."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "environment"
    reserved = schema()["properties"]["environments"]["propertyNames"]["not"]["enum"]
    return f"{name}-environment" if name in reserved else name
