"""Which environments a change leaves as they are, so that nobody needs to render and judge them again."""

from __future__ import annotations

from collections.abc import Iterable

from promote.checks import defined, target_policy
from promote.checks.inputs import Inputs
from promote.errors import ConfigError, RenderError, UsageError
from promote.kustomize.files import is_manifest
from promote.repository.environments import Environment
from promote.repository.tree import Tree


def may_be_left(before: Tree, after: Tree, files: Iterable[str], policy_files: Iterable[str]) -> bool:
    """Whether a merge of `files` need not say anything about environments that it leaves as they are: all is old.

    It counts where old findings deny, and where rules, tables or settings are among the changed `policy_files`. So
    it does where the definition of a custom resource changes, which is the schema of its kind also in an environment
    that does not render it.
    """
    if before.config.deny == "all" or target_policy.changes_rules(policy_files):
        return False
    # Only what is written in a private copy can be found there.
    there = (tree.root / file for file in files if is_manifest(file) for tree in (before, after))
    return not any(defined.defines(file) for file in there)


def same(before: Tree, after: Tree, environments: Iterable[Environment]) -> frozenset[str]:
    """The names of those whose rendering certainly reads the same files with the same content in both trees."""
    old, new = Inputs(before.top), Inputs(after.top)
    found = set()
    for one in environments:
        there = before.readable.get(one.name)
        if there is None or there.path != one.path:
            continue
        try:
            known = old.of(before.folder(there.path))
            if known is not None and known == new.of(after.folder(one.path)):
                found.add(one.name)
        except (ConfigError, RenderError, UsageError):
            continue  # the code that renders it reports it
    return frozenset(found)
