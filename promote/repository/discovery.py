"""Finds the environments of a repository that has no promote.yaml, by how people lay out Kustomize folders.

Nothing is rendered. A layout is recognised by its folders (`overlays/*`, `apps/*/overlays/*` …) or by kustomizations
that share a base. What is not understood is reported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from promote.repository import stages
from promote.repository.candidates import SHARED, Candidate, app_folders, holder, in_stages, named, of_apps, of_stages
from promote.repository.kustomizations import Survey, survey

# Folders whose children are environments.
CONTAINERS = ("overlays", "overlay", "environments", "envs", "env", "clusters", "stages")
# What Flux installs of itself into the folder of a cluster.
_OF_FLUX = "flux-system"
_FEWEST = 2  # environments that share a base
# Why a folder is left out.
_NO_VERSION = "nothing in it sets a version"
_NO_STAGE = "none of its folders is called like a stage"


@dataclass(frozen=True, slots=True)
class Layout:
    """Environments by name, in the order of promotion, each with its path; and what was not understood.

    `after` are those that come before an environment, where the one before it in the order does not. `branches` are
    those that environments are on, where that is not the shared one. `others` are the folders with a kustomization
    where none is an environment.
    """

    environments: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    after: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    branches: Mapping[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()


def find(root: Path) -> Layout:
    """The environments of the repository at `root`."""
    with survey(root) as seen:
        return layout(seen)


def layout(seen: Survey) -> Layout:
    """The environments among the kustomizations of a repository."""
    contained = _contained(seen)
    chosen, left_out = _with_versions(contained, seen)
    clusters = [one for one in chosen if "clusters" in one.path.split("/")]
    parts = {path for one in clusters for path in seen.below(one.path)}
    chosen = [one for one in chosen if one.path not in parts or one in clusters]
    sharing = _sharing_a_base(seen, contained, chosen)
    if sharing and not any(seen.reaches_versions(one.path) for one in chosen):
        # What delivers the environments is often laid out like them, and sets no version.
        left_out += [(one.path, _NO_VERSION) for one in chosen]
        chosen = []
    chosen += sharing
    if chosen and not any(seen.runs_images(one.path) for one in chosen):
        # Where nothing runs, as in what only makes namespaces, apps in the folders of stages are what is meant.
        chosen = _below_stages(seen) or chosen
    if chosen and all("clusters" in one.path.split("/") and not seen.reaches_versions(one.path) for one in chosen):
        # What Flux applies to a cluster names the folders that it takes from the repository.
        taken = {one.path for one in chosen}
        applied = [one for one in _called_like_stages(seen) if one.path not in taken]
        left_out += [(one.path, _NO_VERSION) for one in chosen if applied]
        chosen = applied or chosen
    chosen = chosen or _called_like_stages(seen) or _below_stages(seen)
    found = named(of_apps(in_stages(of_stages(chosen, seen)), seen))
    order = sorted(found, key=lambda name: (_rank(found[name]), name))
    unknown = [name for name in order if stages.rank(found[name].name) is None]
    left = _left_out([(folder, why) for folder, why in left_out if not any(_is_in(one, folder) for one in chosen)])
    remarks = (*seen.unread.values(), *_without_kustomization(seen, bool(chosen)), *left, *_unordered(unknown))
    after = stages.several({name: found[name].name for name in order}, {name: found[name].owner for name in order})
    # Otherwise they would be said to get what runs in production, or in a folder that has nothing to do with them.
    after = {**after, **dict.fromkeys(unknown if unknown != order else unknown[1:], ())}
    others = () if chosen else tuple(sorted({*seen.kustomizations, *seen.unread}))
    return Layout({name: found[name].path for name in order}, remarks, after, others=others)


def _rank(one: Candidate) -> tuple[bool, int]:
    known = stages.rank(one.name)
    return (known is None, known or 0)


def _unordered(names: Sequence[str]) -> list[str]:
    """One remark about all environments whose names say nothing about the order."""
    said = "its name does not say where it belongs in the order of promotion, so it is last: state `after`"
    if len(names) > 1:
        said = "their names do not say where they belong in the order of promotion, so they are last: state `after`"
    return [f"{', '.join(names)}: {said}"] if names else []


def _contained(seen: Survey) -> list[Candidate]:
    """The topmost kustomizations below each folder that usually has environments."""
    found: list[Candidate] = []
    for path in sorted(seen.kustomizations, key=lambda path: (path.count("/"), path)):
        parts = PurePosixPath(path).parts
        within = [index for index, part in enumerate(parts[:-1]) if part in CONTAINERS]
        # In `clusters/east/overlays/dev`, the inner folder has the stages.
        with_stages = [index for index in within if stages.rank(parts[index + 1]) is not None]
        at = next(iter([*reversed(with_stages), *within]), None)
        is_ours = _OF_FLUX not in parts and not seen.kustomizations[path].is_component
        if at is None or not is_ours or not SHARED.isdisjoint(parts[at + 1 :]):
            continue
        if not any(path.startswith(f"{other.path}/") for other in found):
            found.append(Candidate(path, "-".join(parts[at + 1 :]), "/".join(parts[:at])))
    return found


def _is_in(one: Candidate, folder: str) -> bool:
    """Whether a candidate is in a folder, or in one of those that a path with a `*` means."""
    return fnmatchcase("/".join(PurePosixPath(one.path).parts[: folder.count("/") + 1]), folder)


def _left_out(folders: Sequence[tuple[str, str]]) -> list[str]:
    """A remark for each reason, about all folders that are left out for it."""
    named: dict[str, list[str]] = {}
    for folder, why in folders:
        named.setdefault(why, []).append(folder)
    alone = [f"{some[0]}: left out, for {why}" for why, some in named.items() if len(some) == 1]
    several = [(", ".join(some), why) for why, some in named.items() if len(some) > 1]
    return alone + [
        f"{some} are left out, for {why.replace(' its ', ' their ').replace(' it ', ' them ')}"
        for some, why in several
    ]


def _with_versions(candidates: Sequence[Candidate], seen: Survey) -> tuple[list[Candidate], list[tuple[str, str]]]:
    """Those in a folder of environments of which one sets versions; where none does, all of them.

    With the other folders, each with why it is left out.
    """
    folders = app_folders(candidates)
    every = {holder(one, folders) for one in candidates}
    holders = {holder(one, folders) for one in candidates if seen.kustomizations[one.path].has_versions}
    if holders:  # otherwise all of them are taken
        more = [
            one for one in candidates if stages.rank(one.name) is not None and holder(one, folders) not in holders
        ]
        holders |= {holder(one, folders) for one in more if seen.says_images(one.path)}
        if len({one.name for one in candidates if holder(one, folders) in holders}) < _FEWEST:
            # There is nothing to promote in one environment: those whose bases say the versions are meant, too.
            holders |= {holder(one, folders) for one in more if seen.runs_images(one.path)}
    holders = holders or every
    left_out = sorted(every - holders)
    remarks = [(folder, "none of its kustomizations sets a version") for folder in left_out]
    # Next to stages, variants such as `overlays/aws` are for others to build on.
    with_stages = {holder(one, folders) for one in candidates if stages.rank(one.name) is not None} & holders
    variants = sorted(holders - with_stages) if with_stages else []
    remarks += [(folder, _NO_STAGE) for folder in variants]
    holders -= set(variants)
    taken = [one for one in candidates if holder(one, folders) in holders]
    others = _without_stages(taken, folders)
    remarks += [(folder, _NO_STAGE) for folder in others]
    return [one for one in taken if holder(one, {}) not in others], remarks


def _without_stages(candidates: Sequence[Candidate], folders: Mapping[str, str]) -> list[str]:
    """Of `*/overlays`, those whose folders have no name of a stage, nor one in common with those that have some."""
    names: dict[str, dict[str, set[str]]] = {}
    for one in candidates:
        names.setdefault(holder(one, folders), {}).setdefault(holder(one, {}), set()).add(one.name)
    found = []
    for apps in names.values():
        known = set().union(*(some for some in apps.values() if any(stages.rank(name) is not None for name in some)))
        found += [folder for folder, some in apps.items() if known and known.isdisjoint(some)]
    return sorted(found)


def _sharing_a_base(seen: Survey, contained: Sequence[Candidate], chosen: Sequence[Candidate]) -> list[Candidate]:
    """Kustomizations outside of such folders that build on the same one, as `app/dev` and `app/prod` do.

    Their names must be those of stages; if none of the `contained` is `chosen`, any that nothing else builds on.
    What one of the chosen builds on, as `clusters/prod` does on `app/prod`, is a part of it.
    """
    used = {path for one in seen.kustomizations.values() for path in one.uses}
    taken = tuple(f"{one.path}/" for one in contained)
    parts = {path for one in chosen for path in seen.below(one.path)}
    groups: dict[tuple[str, str], list[Candidate]] = {}
    for path, one in sorted(seen.kustomizations.items()):
        parent, _, name = path.rpartition("/")
        if one.is_component or _OF_FLUX in path or f"{path}/".startswith(taken) or path == "." or path in parts:
            continue
        if name in SHARED or (stages.rank(name) is None and (chosen or path in used)):
            continue
        for base in one.uses & seen.kustomizations.keys():
            groups.setdefault((parent, base), []).append(Candidate(path, name, parent))
    shared = [group for group in groups.values() if len(group) >= _FEWEST]
    if chosen:
        shared = [group for group in shared if any(seen.reaches_versions(one.path) for one in group)]
    return list({one.path: one for group in shared for one in group}.values())


def _called_like_stages(seen: Survey) -> list[Candidate]:
    """Kustomizations whose names are those of stages: next to one another, or one called like a late stage."""
    return _next_to_one_another(seen) or [one for one in _of_names(seen) if stages.is_late(one.name)]


def _next_to_one_another(seen: Survey) -> list[Candidate]:
    """Kustomizations next to one another whose names are those of stages, as Flux has `apps/staging`."""
    found = _of_names(seen)
    often = Counter(one.owner for one in found)
    return [one for one in found if often[one.owner] >= _FEWEST]


def _of_names(seen: Survey) -> list[Candidate]:
    """The topmost kustomizations that are called like a stage."""
    found: list[Candidate] = []
    for path, one in sorted(seen.kustomizations.items()):
        owner, _, name = path.rpartition("/")
        is_ours = not one.is_component and _OF_FLUX not in path
        if stages.rank(name) is not None and is_ours and not any(path.startswith(f"{each.path}/") for each in found):
            found.append(Candidate(path, name, owner))
    return found


def _below_stages(seen: Survey) -> list[Candidate]:
    """The apps in folders next to one another whose names are those of stages: `staging/web` and `prod/web`.

    Another stage may have the same app in several folders: `dev/web/v1`.
    """
    folders: dict[str, list[Candidate]] = {}
    for path, one in sorted(seen.kustomizations.items(), key=lambda item: (item[0].count("/"), item[0])):
        *above, stage, app = ("", "", "", *PurePosixPath(path).parts)
        owner = "/".join(above[3:])
        if one.is_component or app in SHARED or _OF_FLUX in path:
            continue
        if stages.rank(stage) is not None:
            folders.setdefault(owner, []).append(Candidate(path, f"{stage}-{app}", owner))
        elif stages.rank(above[-1]) is not None:
            some = folders.get("/".join(above[3:-1]), [])
            names = {PurePosixPath(each.path).name for each in some if not path.startswith(f"{each.path}/")}
            some += [Candidate(path, f"{above[-1]}-{stage}-{app}", some[0].owner)] if stage in names else []
    found: list[Candidate] = []
    for some in folders.values():
        is_several = len({PurePosixPath(one.path).parent for one in some}) >= _FEWEST
        if is_several and any(seen.reaches_versions(one.path) or seen.runs_images(one.path) for one in some):
            found += some
    alone = (one for some in folders.values() for one in some)
    return found or [one for one in alone if stages.is_late(PurePosixPath(one.path).parent.name)]


def _without_kustomization(seen: Survey, is_any: bool) -> list[str]:
    """Folders next to those of environments; where there is not any environment, also those called like stages."""
    known = (*seen.kustomizations, *seen.unread)
    without: dict[str, list[str]] = {}
    for path in sorted(seen.folders):
        parts = PurePosixPath(path).parts
        if len(parts) < _FEWEST or parts[-2] not in CONTAINERS or any(one in CONTAINERS for one in parts[:-2]):
            continue
        if not any(one == path or one.startswith(f"{path}/") for one in known):
            without.setdefault("/".join(parts[:-1]), []).append(parts[-1])
    found = []
    for folder, names in without.items():
        has_others = any(one.startswith(f"{folder}/") for one in known)
        said = [name for name in names if has_others or (not is_any and stages.rank(name) is not None)]
        if len(said) == 1:
            found.append(f"{folder}/{said[0]}: left out, for it has no kustomization.yaml")
        elif said:
            found.append(f"{folder}: {', '.join(said)} are left out, for they have no kustomization.yaml")
    return found
