"""Whether a pull request passes by the policy of its target branch, if it brings a policy of its own."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import replace

from promote.checks import target_policy
from promote.errors import Blocked, ConfigError, PromoteError, UsageError
from promote.gates import hold
from promote.gates.protocol import Context
from promote.model import PolicyChange
from promote.proof import introduced
from promote.proof.prove import judge_change
from promote.proof.unbuilt import Results
from promote.repository import config, holds, shared_branch
from promote.repository.config import Config
from promote.repository.environments import is_elsewhere
from promote.repository.tree import Tree
from promote.repository.workspace import Tip, Workspace


def change(
    files: tuple[str, ...], before: Tree, after: Tree, found: Results, contexts: Sequence[Context], base: str
) -> PolicyChange | None:
    """What the policy of the branch `base`, which `before` holds, says of a pull request that changes its `files`.

    None if it changes none. `found` is what was rendered of its result, `contexts` the moves of versions.
    """
    if not files:
        return None
    held = before.holds()
    results = [one for each in contexts for one in hold.Gate().judge(replace(each, holds=held)).results]
    denied = [f"{one.subject}: {one.reason}" for one in results]
    if target_policy.changes_rules(files):
        try:
            denied += _denials(before, after, files, found, contexts)
        except PromoteError as error:
            denied.append(target_policy.unable(error))
    return PolicyChange(base, files, tuple(dict.fromkeys(denied)))


def _denials(
    before: Tree, after: Tree, files: Sequence[str], results: Results, contexts: Sequence[Context]
) -> list[str]:
    judges = target_policy.of_target(before, after.root, files)
    known = {name: one for name, one in before.config.environments.items() if name not in results.unbuilt}
    verdict, missing = target_policy.verdict(judges, results.rendered, known, after)
    verdict = introduced.by_merge(verdict, before, known.values(), results.rendered, judges)
    about_changes = [one for each in contexts for one in judge_change(each.plan, each, judges)]
    found = target_policy.denials(replace(verdict, findings=(*verdict.findings, *about_changes)))
    return [*missing, *found]


def insist_on_own(here: Config, before: Tree, after: Tree, tip: Tip, base: str) -> None:
    """Raise UsageError or ConfigError where the checkout, or what is merged, would decide how a merge is judged.

    `here` is promote.yaml of the checkout, `base` the target branch. Raises Blocked where holds would be left behind.
    """
    _insist_on_same_remote(here, before, here.branch if tip.place else base)
    _insist_on_rules_inside(before, after)
    _insist_on_held(before, after)
    _insist_on_no_own_rules(after, tip, base)


def _insist_on_held(before: Tree, after: Tree) -> None:
    """Raise Blocked if an environment loses its name, and holds.yaml still has the old one: nothing would be held."""
    lost = before.config.environments.keys() - after.config.environments.keys()
    for one in after.holds():
        if one.environment in lost:
            raise Blocked(
                f"{one.environment} loses its name, by which {holds.FILE_NAME} holds {one.image} {one.version}: "
                f"write the new name there, too, or lift the hold with `promote release {one.environment}` first"
            )


def _insist_on_rules_inside(before: Tree, after: Tree) -> None:
    """Raise ConfigError if a pull request takes rules from a folder of this machine that its target does not take."""
    chosen = after.config.policies
    if chosen is None or chosen == before.config.policies:
        return
    if posixpath.isabs(chosen) or posixpath.normpath(chosen).split("/", 1)[0] == "..":
        raise ConfigError(
            f"{config.FILE_NAME} of the pull request: policies: '{chosen}' leads outside the repository; "
            "name a folder inside it"
        )


def against(workspace: Workspace, tip: str, place: str) -> Tip:
    """The commits that a merge into the branch at `place`, whose newest commit is `tip`, is judged against.

    promote.yaml and the rules are those of that branch or, where it is the one of an environment, of the shared one.
    Raises UsageError for another branch of another repository.
    """
    base = workspace.branches.line(place).branch
    if place in workspace.branches.tips:
        shared_branch.insist(workspace.branches.line(), workspace.branches.shared_at, is_certain=True)
        return Tip(tip, base, place=place, commits={**workspace.branches.tips, place: tip})
    if is_elsewhere(place):
        raise UsageError(
            f"no environment of {config.FILE_NAME} is on {workspace.branches.line(place).label}: merge it there"
        )
    if workspace.branches.shared_at(tip) != base:
        shared_branch.insist(workspace.branches.line(), workspace.branches.shared_at, is_certain=False)
    return Tip(tip, base, commits={**workspace.branches.tips, "": tip})


def _insist_on_no_own_rules(after: Tree, tip: Tip, base: str) -> None:
    """Raise ConfigError if a pull request makes the branch of an environment the one whose rules judge it later."""
    may_be_shared = tip.place and not is_elsewhere(tip.place)  # nobody reads that of another repository
    data = after.read(posixpath.join(tip.place, config.FILE_NAME)) if may_be_shared else None
    if data is not None and config.parse(data).branch == base:
        raise ConfigError(
            f"{config.FILE_NAME} of the pull request calls {base} the shared branch, and it is that of an "
            f"environment: leave the file out, or correct its git.branch"
        )


def _insist_on_same_remote(here: Config, target: Tree, base: str) -> None:
    """Raise UsageError if promote.yaml of the checkout has another remote or forge than that of the target branch.

    The checkout may be that of a pull request, which must not decide where a merge is made, and by whose rules.
    """
    if target.read(config.FILE_NAME) is None:
        return
    for key, ours, theirs in (
        ("git.remote", here.remote, target.config.remote),
        ("forge.kind", here.forge, target.config.forge),
    ):
        if ours != theirs:
            raise UsageError(
                f"{config.FILE_NAME} of the checkout says {key}: {ours}, that of {base} says {theirs}: "
                f"run the merge from a checkout of {base}"
            )
