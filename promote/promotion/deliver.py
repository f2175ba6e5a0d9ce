"""How a decided change reaches the shared branch: one commit, pushed with a lease, and one pull request.

A change is decided on a private copy of the shared branch's tip, proved, checked, and only then
committed and pushed. When the push loses a race, all of that is done again on the new tip.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from promote.changes import trailers
from promote.changes.proposal import Decided, Proposal
from promote.changes.trailers import SOURCE, TARGET
from promote.errors import Blocked, PartlyDone, PromoteError, RaceLost, UsageError
from promote.forge.protocol import Forge, PullRequest
from promote.git import sparse
from promote.git.repository import ABSENT, Push, Repository
from promote.promotion.retry import retrying
from promote.repository import holds
from promote.repository.line import Line
from promote.repository.tree import Tree
from promote.repository.workspace import Tip, Workspace
from promote.system.confined import replace_files

_Change = TypeVar("_Change", bound=Decided)
_LONGEST_LEVEL = 200  # bytes: a branch is a file, whose name has 255 at most with the `.lock` that Git adds


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a change reaches the shared branch: by its own `branch`, or at once where that is None."""

    branch: str | None
    pull_request: bool = True
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """What a change says of itself: its title, the message of its commit, and the body of its pull request."""

    title: str
    message: str
    body: str


@dataclass(frozen=True, slots=True)
class Published:
    """Where a proposal went: nothing is set that was not done."""

    branch: str | None = None
    commit: str | None = None
    pull_request: PullRequest | None = None
    changed: bool = False
    kept: bool = False  # the commit was there before, from a run that came this far
    repository: str = ""  # that has it, unless it is the one that promote runs in


def branch_of(verb: str, *parts: str) -> str:
    """The branch of the pull request of a command, about what `parts` name: each is one level of the name."""
    return "/".join([verb, *(_level(part.replace("/", "-")) for part in parts)])


def _level(name: str) -> str:
    data = name.encode()
    if len(data) <= _LONGEST_LEVEL:
        return name
    mark = hashlib.sha256(data).hexdigest()[:12]
    return f"{data[: _LONGEST_LEVEL - 1 - len(mark)].decode(errors='ignore')}-{mark}"


def deliver(
    workspace: Workspace,
    delivery: Delivery,
    propose: Callable[[Tip, Tree], _Change],
    describe: Callable[[_Change], Wording],
) -> tuple[_Change, Published]:
    """Decide on the newest tip, then publish unless that is a dry run; all of it again on a lost race."""
    lands = delivery.branch is None and not delivery.dry_run
    return retrying(workspace, lambda: _attempt(workspace, delivery, propose, describe), lands=lands)


def edit_checkout(
    workspace: Workspace, propose: Callable[[Tip, Tree], Proposal], *, dry_run: bool
) -> tuple[Proposal, Published]:
    """Decide on the checkout as it is, then edit its files unless that is a dry run; nothing is committed."""
    sparse.insist(workspace.root / holds.FILE_NAME)
    with workspace.checkout_copy() as tree:
        proposal = propose(Tip("", "the checkout"), tree)
    if dry_run or not proposal.files:
        return proposal, Published()
    proposal.insist()
    replace_files(workspace.root, proposal.files)
    return proposal, Published(changed=True)


def _attempt(
    workspace: Workspace,
    delivery: Delivery,
    propose: Callable[[Tip, Tree], _Change],
    describe: Callable[[_Change], Wording],
) -> tuple[_Change, Published]:
    branch = delivery.branch or ""
    refs = workspace.branches.fetch(*filter(None, [branch]))
    tip = workspace.branches.tip(refs)
    with workspace.at(tip) as tree:
        proposal = propose(tip, tree)
        line = workspace.branches.line(proposal.tip.place)
        there = workspace.branches.head(branch, line.place)
        if there and line.another and proposal.files:
            _insist_on_known(tree, line, proposal.tip.commit, there, branch)
    # Looked up before anything is written: with the wrong forge, nothing must be half done.
    opens = branch and delivery.pull_request and not delivery.dry_run
    forge = workspace.forge(line.place) if opens else None
    if not proposal.files and there and forge and (stale := forge.find_open(branch, line.branch)):
        proposal = proposal.noting(f"pull request #{stale.number} is still open and proposes other values: close it")
    if delivery.dry_run or not proposal.files:
        return proposal, Published()
    proposal.insist()
    wording = describe(proposal)
    if not branch:
        return proposal, _push_to_base(workspace, proposal, wording.message)
    published = _push_branch(workspace, proposal, branch, there, wording.message)
    if forge is None:
        return proposal, published
    return proposal, _open_pull_request(forge, published, line.branch, wording)


def _push_to_base(workspace: Workspace, proposal: Decided, message: str) -> Published:
    """One commit on the branch of the environment; raises RaceLost when one has moved since the proposal was made."""
    tip, line = proposal.tip, workspace.branches.line(proposal.tip.place)
    made = line.commit(tip.commit, proposal.files, message)
    others = [one for one in _unmoved(workspace, tip, line) if one.ref != line.ref]
    line.land(made, tip.commit, *others)
    return Published(line.branch, made, None, changed=True, repository=line.another)


def _unmoved(workspace: Workspace, tip: Tip, line: Line) -> list[Push]:
    """Pushes that move nothing, and fail where a branch of an environment is not at the commit of the tip any more.

    Gates and rules may have looked at each of them, so that everything must be decided again. No push is about two
    repositories: raises RaceLost where a branch in another one than that of `line` has moved by now.
    """
    lines = [(workspace.branches.line(place), commit) for place, commit in tip.commits.items()]
    for one, commit in lines:
        if not one.is_next_to(line) and one.repository.remote_refs(one.remote, one.ref).get(one.ref) != commit:
            raise RaceLost(f"the branch {one.branch} of '{one.remote}' has moved in the meantime")
    return [Push(one.ref, commit, commit) for one, commit in lines if one.is_next_to(line)]


def _push_branch(workspace: Workspace, proposal: Decided, branch: str, there: str | None, message: str) -> Published:
    """One commit on `branch` of the remote, which now is at `there`; nothing is moved that is there already.

    Raises RaceLost when that branch or the shared one has moved, and Blocked when it holds commits that
    promote did not make.
    """
    line, tip, overrides = workspace.branches.line(proposal.tip.place), proposal.tip.commit, proposal.overrides
    repository = line.repository
    made = line.commit(tip, proposal.files, message)
    if there is not None:
        is_same = all(asked(there) == asked(made) for asked in (repository.tree, repository.parents))
        if is_same and (not overrides or trailers.holds(repository.message(there), overrides)):
            made = there
        else:
            _insist_on_own(repository, tip, there, branch)
    # What the plan was made from goes along unchanged, and so does a branch that needs no commit: where one of them
    # has moved, the plan and its gates must be made again.
    line.push(Push(f"refs/heads/{branch}", made, there or ABSENT), *_unmoved(workspace, proposal.tip, line))
    return Published(branch, made, None, made != there, made == there, line.another)


def _insist_on_own(repository: Repository, base: str, tip: str, branch: str) -> None:
    for sha in repository.ahead(base, tip):
        text, parents = repository.message(sha), repository.parents(sha)
        if [f"{SOURCE}: {parent}" for parent in parents if f"\n{SOURCE}: {parent}\n" in text]:
            # It is where promote put it, on the shared branch. A shallow clone may not know that its
            # parent is there, and count more commits.
            return
        if f"\n{TARGET}: " not in text and not _is_update(repository, base, sha, parents):
            raise Blocked(
                f"the branch {branch} holds commits that promote did not make ({sha[:12]}): "
                "merge its pull request or delete the branch first"
            )


def _insist_on_known(tree: Tree, line: Line, tip: str, there: str, branch: str) -> None:
    """Raise Blocked where what is on the branch of another repository is about no environment of promote.yaml.

    Several repositories may promote into one, and may call their environments the same.
    """
    changed: list[str] = []
    with suppress(UsageError):
        changed = line.changed(line.repository.merge_base(tip, there), there)
    if changed and not tree.readers(changed, ()):
        raise Blocked(
            f"the branch {branch} of {line.another} changes {posixpath.relpath(changed[0], line.place)}, which no "
            "environment of promote.yaml reads: another repository may promote with the same names; merge or delete "
            "that branch first, or give the environments of one of them other names"
        )


def _is_update(repository: Repository, base: str, sha: str, parents: Sequence[str]) -> bool:
    """Whether a commit does nothing but merge the shared branch, as a forge's `Update branch` does."""
    ours, *merged = parents
    return (
        len(merged) == 1
        and repository.is_ancestor(merged[0], base)
        and repository.merge_tree(ours, merged[0]) == repository.tree(sha)
    )


def _open_pull_request(forge: Forge, published: Published, base: str, wording: Wording) -> Published:
    """Open the branch's pull request, or renew the one that is open.

    Raises PartlyDone when the branch is pushed but the forge fails or refuses.
    """
    head, title, body = published.branch or "", wording.title, wording.body
    try:
        there = forge.find_open(head, base)
        if there is None:
            made = forge.open(head, base, title, body)
        # GitLab drops the line break at the end.
        elif (there.title, there.body.rstrip()) != (title, body.rstrip()):
            made = forge.update(there.number, title, body)
        else:
            return replace(published, pull_request=there)
    except RaceLost:
        raise
    except PromoteError as error:
        raise PartlyDone(f"the branch {head} is pushed but its pull request is not settled: {error}") from error
    return replace(published, pull_request=made, changed=True)
