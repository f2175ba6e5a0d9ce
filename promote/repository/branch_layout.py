"""Finds environments on branches: those called like stages, with a kustomization at the same path in each."""

from __future__ import annotations

from promote.git.repository import Repository
from promote.repository import kustomizations, stages
from promote.repository.candidates import name_of
from promote.repository.discovery import Layout
from promote.repository.kustomizations import Survey

_FEWEST = 2
_SHOWN = 4  # branches that a remark names; those of people may be called like stages, too


def find(repository: Repository, remote: str) -> Layout:
    """The environments on branches of `remote`, as far as this clone knows them; the name of each is its branch's."""
    branches = [one for one in repository.tracked(remote) if stages.rank(one) is not None]
    if len(branches) < _FEWEST:
        return Layout()
    refs = [f"refs/remotes/{remote}/{one}" for one in branches]
    found = [_with_versions(_survey(repository, ref)) for ref in refs]
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


def _survey(repository: Repository, ref: str) -> Survey:
    with repository.files_of(repository.resolve(ref)) as files:
        return kustomizations.of_snapshot(files, "")


def _with_versions(seen: Survey) -> set[str]:
    return {path for path, one in seen.kustomizations.items() if one.has_versions and not one.is_component}
