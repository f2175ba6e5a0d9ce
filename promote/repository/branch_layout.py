"""Finds environments on branches: those called like stages, with a kustomization at the same path in each."""

from __future__ import annotations

from collections.abc import Iterable

from promote.git.repository import Repository
from promote.repository import kustomizations, stages
from promote.repository.candidates import name_of
from promote.repository.discovery import Layout

_FEWEST = 2
_OF_WORK = ("feat/", "feature/", "fix/", "bugfix/", "hotfix/", "chore/", "docs/", "refactor/", "revert/", "renovate/",
            "dependabot/")  # fmt: skip
_SHOWN = 4  # branches that a remark names; those of people may be called like stages, too


def find(repository: Repository, remote: str) -> Layout:
    """The environments on branches of `remote`, as far as this clone knows them; the name of each is its branch's."""
    branches = _called_like_stages(repository.tracked(remote))
    if len(branches) < _FEWEST:
        return Layout()
    refs = [f"refs/remotes/{remote}/{one}" for one in branches]
    found = [_with_versions(repository, ref) for ref in refs]
    if not any(found):
        return Layout()  # branches of people are called so, too, such as `fix-test`
    paths = set.intersection(*found)
    if len(paths) != 1:
        said = f"{len(paths)} kustomizations with versions are" if paths else "no kustomization with versions is"
        shown = [*branches[:_SHOWN], *(["…"] if len(branches) > _SHOWN else [])]
        return Layout(remarks=(f"{said} at the same path on all of the branches {', '.join(shown)}: one has to be",))
    branches.sort(key=lambda one: (stages.rank(one) or 0, one))
    names = {name_of(one): one for one in branches}
    after = stages.several({name: name for name in names}, dict.fromkeys(names, ""))
    return Layout(dict.fromkeys(names, paths.pop()), after=after, branches=names)


def _called_like_stages(known: Iterable[str]) -> list[str]:
    """The branches called like stages, without those of people, such as `poc/gateway` and `feat/testing`.

    Where none is called like a late stage, such as production, only those with nothing else in their names are taken.
    """
    found = [one for one in known if stages.rank(one) is not None and not one.startswith(_OF_WORK)]
    is_any_late = any(stages.is_late(one) for one in found)
    return [one for one in found if is_any_late or stages.is_whole(one)]


def _with_versions(repository: Repository, ref: str) -> set[str]:
    """The folders with kustomizations that set versions, in the commit of `ref`."""
    with repository.files_of(repository.resolve(ref)) as files:
        found = kustomizations.of_snapshot(files, "").kustomizations
    return {path for path, one in found.items() if one.has_versions and not one.is_component}
