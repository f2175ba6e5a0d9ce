"""The shapes in which people lay out environments, one function for each: the folders that have it.

| shape | example |
|---|---|
| `in_containers` | `overlays/dev`, `apps/web/overlays/dev`, `clusters/prod` |
| `sharing_a_base` | `web/dev` and `web/prod`, which both build on `web/base` |
| `called_like_stages` | `apps/staging` next to `apps/production`, or `apps/production` alone |
| `below_stages` | `staging/web` and `production/web` |

`promote.repository.discovery` decides which of them a repository has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from promote.repository import stages
from promote.repository.candidates import SHARED, Candidate, app_folders, holder
from promote.repository.kustomizations import Survey

# Folders whose children are environments.
CONTAINERS = ("overlays", "overlay", "environments", "envs", "env", "clusters", "stages")
# Why a folder is left out.
NO_VERSION = "nothing in it sets a version"
_NONE_WITH_VERSION = "none of its kustomizations sets a version"
_NO_STAGE = "none of its folders is called like a stage"
# What Flux installs of itself into the folder of a cluster.
_OF_FLUX = "flux-system"
_FEWEST = 2  # environments that share a base, or that are next to one another


def in_containers(seen: Survey) -> list[Candidate]:
    """The topmost kustomizations below each folder that usually has environments."""
    found: list[Candidate] = []
    for path in sorted(_own(seen), key=lambda path: path.count("/")):
        parts = PurePosixPath(path).parts
        within = [index for index, part in enumerate(parts[:-1]) if part in CONTAINERS]
        # In `clusters/east/overlays/dev`, the inner folder has the stages.
        with_stages = [index for index in within if stages.rank(parts[index + 1]) is not None]
        at = next(iter([*reversed(with_stages), *within]), None)
        if at is None or not SHARED.isdisjoint(parts[at + 1 :]) or parts[-1] in CONTAINERS:
            continue
        if not any(path.startswith(f"{other.path}/") for other in found):
            found.append(Candidate(path, "-".join(parts[at + 1 :]), "/".join(parts[:at])))
    return found


def with_versions(contained: Sequence[Candidate], seen: Survey) -> tuple[list[Candidate], list[tuple[str, str]]]:
    """Of what is in containers, those in containers that set versions and have stages.

    Where no container sets versions, all count. Also returns each container that is left out, and why.
    """
    folders = app_folders(contained)
    by_container: dict[str, list[Candidate]] = {}
    for candidate in contained:
        by_container.setdefault(holder(candidate, folders), []).append(candidate)
    chosen = _setting_versions(by_container, seen) or set(by_container)
    left_out = [(container, _NONE_WITH_VERSION) for container in sorted(by_container.keys() - chosen)]
    # Next to stages, variants such as `overlays/aws` are for others to build on.
    with_stages = {name for name in chosen if any(stages.rank(one.name) is not None for one in by_container[name])}
    left_out += [(container, _NO_STAGE) for container in sorted(chosen - with_stages) if with_stages]
    chosen = with_stages or chosen
    candidates = [one for one in contained if holder(one, folders) in chosen]
    without_stages = _without_stages(candidates, folders)
    left_out += [(container, _NO_STAGE) for container in without_stages]
    return [one for one in candidates if holder(one, {}) not in without_stages], left_out


def _setting_versions(members: Mapping[str, Sequence[Candidate]], seen: Survey) -> set[str]:
    """The containers in which a kustomization sets a version, or a file of a stage says one."""
    found = {
        folder for folder, some in members.items() if any(seen.kustomizations[one.path].has_versions for one in some)
    }
    if not found:
        return found
    of_stages = {
        folder: [one for one in some if stages.rank(one.name) is not None]
        for folder, some in members.items()
        if folder not in found
    }
    found |= {folder for folder, some in of_stages.items() if any(seen.says_images(one.path) for one in some)}
    if len({one.name for folder in found for one in members[folder]}) < _FEWEST:
        # There is nothing to promote in one environment: those whose bases say the versions are meant, too.
        found |= {folder for folder, some in of_stages.items() if any(seen.runs_images(one.path) for one in some)}
    return found


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


def sharing_a_base(seen: Survey, contained: Sequence[Candidate], chosen: Sequence[Candidate]) -> list[Candidate]:
    """Kustomizations outside of containers that build on the same one, as `web/dev` and `web/prod` do.

    Their names must be those of stages; if none of the `contained` is `chosen`, any that nothing else builds on.
    What one of the chosen builds on, as `clusters/prod` does on `web/prod`, is a part of it.
    """
    used = {path for one in seen.kustomizations.values() for path in one.uses}
    taken = tuple(f"{one.path}/" for one in contained)
    parts = {path for one in chosen for path in seen.below(one.path)}
    groups: dict[tuple[str, str], list[Candidate]] = {}
    for path in _own(seen):
        parent, _, name = path.rpartition("/")
        if f"{path}/".startswith(taken) or path == "." or path in parts:
            continue
        if name in SHARED or (stages.rank(name) is None and (chosen or path in used)):
            continue
        for base in sorted(seen.kustomizations[path].uses & seen.kustomizations.keys()):
            groups.setdefault((parent, base), []).append(Candidate(path, name, parent))
    shared = [group for group in groups.values() if len(group) >= _FEWEST]
    if chosen:
        shared = [group for group in shared if any(seen.reaches_versions(one.path) for one in group)]
    return list({one.path: one for group in shared for one in group}.values())


def called_like_stages(seen: Survey, *, early: bool = False) -> list[Candidate]:
    """The topmost kustomizations that are called like stages, where several are next to one another.

    Where none are, those that are called like a late stage, such as production, and with `early` those that are
    called like any and set versions.
    """
    found: list[Candidate] = []
    for path in _own(seen):
        owner, _, name = path.rpartition("/")
        if stages.rank(name) is not None and not any(path.startswith(f"{each.path}/") for each in found):
            found.append(Candidate(path, name, owner))
    often = Counter(one.owner for one in found)
    several = [one for one in found if often[one.owner] >= _FEWEST]

    def counts_alone(one: Candidate) -> bool:
        return stages.is_late(one.name) or (early and stages.is_one(one.name) and seen.reaches_versions(one.path))

    return several or [one for one in found if counts_alone(one)]


def below_stages(seen: Survey) -> list[Candidate]:
    """The apps in folders that are called like stages, where several such folders are next to one another.

    Where none are, those in the folder of a late stage.
    """
    by_owner = _apps_below_stages(seen)
    found: list[Candidate] = []
    for apps in by_owner.values():
        is_several = len({PurePosixPath(one.path).parent for one in apps}) >= _FEWEST
        if is_several and any(seen.reaches_versions(one.path) or seen.runs_images(one.path) for one in apps):
            found += apps
    every = (one for apps in by_owner.values() for one in apps)
    return found or [one for one in every if stages.is_late(PurePosixPath(one.path).parent.name)]


def _apps_below_stages(seen: Survey) -> dict[str, list[Candidate]]:
    """The apps in folders that are called like stages, by the folder that these are in.

    One stage may have an app in several folders where another has it in one: `dev/web/v1` next to `prod/web`.
    """
    found: dict[str, list[Candidate]] = {}
    for path in sorted(_own(seen), key=lambda path: path.count("/")):
        folder, _, name = path.rpartition("/")
        owner, _, last = folder.rpartition("/")
        above, _, before = owner.rpartition("/")
        if name in SHARED:
            continue
        if stages.rank(last) is not None:
            found.setdefault(owner, []).append(Candidate(path, f"{last}-{name}", owner))
        elif stages.rank(before) is not None:
            apps = found.get(above, [])
            if any(PurePosixPath(one.path).name == last and not path.startswith(f"{one.path}/") for one in apps):
                apps.append(Candidate(path, f"{before}-{last}-{name}", above))
    return found


def _own(seen: Survey) -> list[str]:
    """The folders with kustomizations, in order, without components and what Flux installs of itself."""
    return [
        path
        for path, one in sorted(seen.kustomizations.items())
        if not one.is_component and _OF_FLUX not in PurePosixPath(path).parts
    ]
