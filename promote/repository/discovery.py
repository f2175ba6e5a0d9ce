"""Finds the environments of a repository that has no promote.yaml, by how people lay out Kustomize folders.

Nothing is rendered. `promote.repository.shapes` has the layouts that are recognised. What is not understood is
reported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from promote.repository import shapes, stages
from promote.repository.candidates import SHARED, Candidate, in_stages, named, of_apps, of_stages
from promote.repository.kustomizations import Survey, survey


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
    chosen, left_out = _choose(seen)
    chosen = _without_parts(chosen, seen)
    found = named(of_apps(in_stages(of_stages(chosen, seen)), seen))
    ranks = {name: stages.rank(one.name) for name, one in found.items()}
    unknown = sorted(name for name, rank in ranks.items() if rank is None)
    order = sorted(ranks.keys() - unknown, key=lambda name: (ranks[name], name)) + unknown
    after = stages.several({name: found[name].name for name in order}, {name: found[name].owner for name in order})
    # Otherwise they would be said to get what runs in production, or in a folder that has nothing to do with them.
    after = {**after, **dict.fromkeys(unknown if unknown != order else unknown[1:], ())}
    remarks = (
        *seen.unread.values(),
        *_without_kustomization(seen, bool(chosen)),
        *_left_out([(folder, why) for folder, why in left_out if not any(_is_in(one, folder) for one in chosen)]),
        *_unordered(unknown if len(order) > 1 else ()),  # one alone comes before and after nothing
    )
    others = () if chosen else tuple(sorted({*seen.kustomizations, *seen.unread}))
    return Layout({name: found[name].path for name in order}, remarks, after, others=others)


def _choose(seen: Survey) -> tuple[list[Candidate], list[tuple[str, str]]]:
    """The folders that are environments, and those that look so and are left out, each with the reason.

    1. Folders in containers such as `overlays`, and those that share a base.
    2. Apps in the folders of stages, if nothing in those of 1 runs an image, as in what only makes namespaces.
    3. What Flux takes from the repository for its clusters, if all that is left of 1 and 2 are such clusters.
    4. If there are none of these: folders called like stages, else the apps in such folders.
    """
    contained = shapes.in_containers(seen)
    chosen, left_out = shapes.with_versions(_without_variants(contained, seen), seen)
    clusters = [one for one in chosen if _is_cluster(one)]
    parts = {path for one in clusters for path in seen.below(one.path)}
    chosen = [one for one in chosen if one.path not in parts or one in clusters]
    sharing = shapes.sharing_a_base(seen, contained, chosen)
    if sharing and not any(seen.reaches_versions(one.path) for one in chosen):
        # What delivers the environments is often laid out like them, and sets no version.
        left_out += [(one.path, shapes.NO_VERSION) for one in chosen]
        chosen = []
    chosen += sharing
    if not chosen:
        return shapes.called_like_stages(seen) or shapes.below_stages(seen), left_out
    if not any(seen.runs_images(one.path) for one in chosen):
        chosen = shapes.below_stages(seen) or chosen
    if all(_is_cluster(one) and not seen.reaches_versions(one.path) for one in chosen):
        taken = {one.path for one in chosen}
        if applied := [one for one in shapes.called_like_stages(seen, early=True) if one.path not in taken]:
            return applied, left_out + [(one.path, shapes.NO_VERSION) for one in chosen]
    return chosen, left_out


def _without_parts(chosen: Sequence[Candidate], seen: Survey) -> list[Candidate]:
    """The candidates without those in the folder of one that builds on them, and that run no image themselves."""
    paths = {one.path for one in chosen}

    def is_part(path: str) -> bool:
        above = (str(folder) for folder in PurePosixPath(path).parents[:-1])
        return any(one in paths and path in seen.below(one) for one in above) and not seen.runs_images(path)

    return [one for one in chosen if not is_part(one.path)]


def _without_variants(contained: Sequence[Candidate], seen: Survey) -> list[Candidate]:
    """The candidates without those below a folder such as `base` that others build on: `base/web/overlays/eu`."""
    in_base = {one.path for one in contained if not SHARED.isdisjoint(PurePosixPath(one.path).parts[:-1])}
    used = {path for one in contained if one.path not in in_base for path in seen.below(one.path)} if in_base else ()
    return [one for one in contained if one.path not in in_base or one.path not in used]


def _is_cluster(one: Candidate) -> bool:
    return "clusters" in one.path.split("/")


def _unordered(names: Sequence[str]) -> list[str]:
    """One remark about all environments whose names say nothing about the order."""
    said = "its name does not say where it belongs in the order of promotion, so it is last: state `after`"
    if len(names) > 1:
        said = "their names do not say where they belong in the order of promotion, so they are last: state `after`"
    return [f"{', '.join(names)}: {said}"] if names else []


def _is_in(one: Candidate, folder: str) -> bool:
    """Whether a candidate is in a folder, or in one of those that a path with a `*` means."""
    return fnmatchcase("/".join(PurePosixPath(one.path).parts[: folder.count("/") + 1]), folder)


def _left_out(folders: Sequence[tuple[str, str]]) -> list[str]:
    """One remark for each reason, with all folders that are left out because of it."""
    named: dict[str, list[str]] = {}
    for folder, why in folders:
        named.setdefault(why, []).append(folder)
    alone = [f"{some[0]}: left out, because {why}" for why, some in named.items() if len(some) == 1]
    several = [(", ".join(some), why) for why, some in named.items() if len(some) > 1]
    return alone + [
        f"{some} are left out, because {why.replace(' its ', ' their ').replace(' it ', ' them ')}"
        for some, why in several
    ]


def _without_kustomization(seen: Survey, is_any: bool) -> list[str]:
    """Folders next to those of environments; if there is no environment at all, also those called like stages."""
    known = (*seen.kustomizations, *seen.unread)
    without: dict[str, list[str]] = {}
    for path in sorted(seen.folders):
        folder, _, name = path.rpartition("/")
        *above, last = folder.split("/")
        if last not in shapes.CONTAINERS or any(one in shapes.CONTAINERS for one in above):
            continue
        if not any(one == path or one.startswith(f"{path}/") for one in known):
            without.setdefault(folder, []).append(name)
    found = []
    for folder, names in without.items():
        has_others = any(one.startswith(f"{folder}/") for one in known)
        said = [name for name in names if has_others or (not is_any and stages.rank(name) is not None)]
        if len(said) == 1:
            found.append(f"{folder}/{said[0]}: left out, because it has no kustomization.yaml")
        elif said:
            found.append(f"{folder}: {', '.join(said)} are left out, because they have no kustomization.yaml")
    return found
