"""From an edit to a pushed branch and a pull request: the path that every change of an environment takes.

A change is decided on a private copy of the shared branch's tip, proved, checked, and only then
committed and pushed. When the push loses a race, all of that is done again on the new tip.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from promote.checks import inspection
from promote.checks.findings import Verdict, in_order
from promote.errors import Blocked, CheckDenied, PartlyDone, PromoteError, RaceLost
from promote.forge.base import Forge, PullRequest
from promote.gates import gates
from promote.kustomize import proof, render
from promote.kustomize.proof import Difference
from promote.model import Change, Gate, Image, Plan, Version
from promote.output.wording import body, commit, override_trailers, shortened
from promote.promotion import selection
from promote.promotion.facts import Known, facts
from promote.repository.config import Environment
from promote.repository.workspace import Tip, Tree, Workspace
from promote.system import clock
from promote.system.git import ABSENT, Push
from promote.versions import kustomization

TRIES = 5
SOURCE = "Source-Commit"  # the trailer that says on which commit of the shared branch a change was decided
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change of one environment that was planned, proved and judged on the commit `tip`."""

    tip: Tip
    environment: Environment
    plan: Plan
    files: Mapping[str, bytes]
    differences: tuple[Difference, ...] = ()
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a change reaches the shared branch: by its own `branch`, or at once where that is None."""

    branch: str | None
    pull_request: bool = True
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """What a change says of itself: its title, the trailers of its commit, and how to undo it."""

    title: str
    trailers: Sequence[tuple[str, str]]
    undo: str


@dataclass(frozen=True, slots=True)
class Published:
    """Where a proposal went: nothing is set that was not done."""

    branch: str | None = None
    commit: str | None = None
    pull_request: PullRequest | None = None
    changed: bool = False
    kept: bool = False  # the commit was there before, from a run that came this far


def edited(tree: Tree, environment: Environment, wanted: Mapping[str, Version | Image]) -> tuple[str, bytes]:
    """The environment's kustomization with the wanted versions: its path and new bytes, nothing written."""
    path = tree.file(environment)
    return path, kustomization.set_images((tree.root / path).read_bytes(), wanted, path)


def changes_of(tree: Tree, environment: Environment, data: bytes) -> tuple[Change, ...]:
    """What `data`, as the environment's kustomization, would change."""
    after = kustomization.read_images(data, tree.file(environment))
    return selection.changes(tree.images(environment), after, tree.config.services)


def hold_gates(tree: Tree, environment: Environment, changes: Sequence[Change]) -> tuple[Gate, ...]:
    """One gate for each change that a hold stands against."""
    return tuple(
        Gate("hold", change.service, False, f"{shortened(str(change.new))} is held since {hold.since}: {hold.reason}")
        for change in changes
        for hold in tree.holds()
        if hold.refuses(environment.name, change.image, change.new)
    )  # fmt: skip


def gated(
    workspace: Workspace, tip: Tip, tree: Tree, environment: Environment, made: Plan
) -> tuple[Plan, Known | None]:
    """The plan with the gates that promote.yaml puts before it, and what is known around the change."""
    if not made.changes:
        return made, None
    known = workspace.known(tree, tip.commit, needed=environment.gates.soak is not None)
    past = known.past if known else {}
    return gates.gated(made, tree.images(environment), past, environment.gates, clock.now()), known


def prove(
    tip: Tip,
    tree: Tree,
    environment: Environment,
    made: Plan,
    files: Mapping[str, bytes],
    others: bool,
    known: Known | None = None,
) -> Proposal:
    """Write `files` into the private `tree`, and prove and judge what they do to the rendered manifests.

    The change itself is judged by what is `known` around it. Raises CheckDenied when the files do more than move the
    planned images and `others` is not set.
    """
    name = environment.name
    folder = tree.root / environment.path
    images = tree.images(environment)
    # A second copy, so that kustomize can render both at once: rendering is most of what a plan waits for.
    with tempfile.TemporaryDirectory(prefix="promote-tree-") as copy:
        old = shutil.copytree(tree.root, Path(copy).resolve() / "before", symlinks=True)
        for path, data in files.items():
            (tree.root / path).write_bytes(data)
        before, after = render.side_by_side([(old / environment.path, name), (folder, name)])
    found = proof.differences(before.documents, after.documents)
    proof.insist(found, images, tree.images(environment), others)
    verdict = inspection.inspect([after], tree.rules(), tree.root)
    if known is not None:
        beside = [f"{one.resource} {one.path or '(the whole object)'}" for one in proof.others(found)]
        verdict = judged(verdict, tree, made, replace(known, others=beside))
    return Proposal(tip, environment, made, files, tuple(found), verdict)


def judged(verdict: Verdict, tree: Tree, made: Plan, known: Known) -> Verdict:
    """The verdict, with what the rules about the change itself find."""
    found = inspection.inspect_change(facts(made, known), tree.rules())
    return replace(verdict, findings=in_order([*verdict.findings, *found]))


def exit_code(proposal: Proposal) -> int:
    """What publishing the proposal would end with: 4 for a shut gate, 3 for a denied manifest, else 0."""
    if proposal.plan.blocked:
        return Blocked.exit_code
    denied = proposal.verdict is not None and proposal.verdict.denied
    return CheckDenied.exit_code if denied else 0


def insist(proposal: Proposal) -> None:
    """Raise Blocked for a shut gate, CheckDenied for a denied manifest."""
    if shut := proposal.plan.blocked:
        raise blocked(shut)
    if proposal.verdict is not None and proposal.verdict.denied:
        first, *more = proposal.verdict.denials
        raise CheckDenied(f"{first.rule}: {first.message}" + (f" (and {len(more)} more)" if more else ""))


def blocked(shut: Sequence[Gate]) -> Blocked:
    """What is raised for shut gates: the reason of each, and the ways past them."""
    reasons = "; ".join(f"{gate.subject}: {gate.reason}" for gate in shut)
    ways = " ".join(dict.fromkeys(gates.WAYS[gate.name] for gate in shut))
    return Blocked(f"{reasons} ({ways})")


def deliver(
    workspace: Workspace,
    delivery: Delivery,
    propose: Callable[[Tip, Tree], Proposal],
    describe: Callable[[Proposal], Wording],
) -> tuple[Proposal, Published]:
    """Decide on the newest tip, then publish unless that is a dry run; all of it again on a lost race."""
    return retrying(lambda: _attempt(workspace, delivery, propose, describe))


def _attempt(
    workspace: Workspace,
    delivery: Delivery,
    propose: Callable[[Tip, Tree], Proposal],
    describe: Callable[[Proposal], Wording],
) -> tuple[Proposal, Published]:
    branches = [delivery.branch] if delivery.branch else []
    refs = workspace.fetch(*branches)
    # Looked up before anything is written: with the wrong forge, nothing must be half done.
    forge = workspace.forge() if delivery.branch and delivery.pull_request and not delivery.dry_run else None
    tip = workspace.tip(refs)
    with workspace.at(tip.commit) as tree:
        proposal = propose(tip, tree)
    there = refs.get(f"refs/heads/{delivery.branch}")
    if not proposal.plan.changes and there and forge:
        return _with_note(proposal, forge.find_open(delivery.branch or "", workspace.config.branch)), Published()
    if delivery.dry_run or not proposal.plan.changes:
        return proposal, Published()
    insist(proposal)
    wording = describe(proposal)
    trailers = [*wording.trailers, *override_trailers(proposal.plan), (SOURCE, tip.commit)]
    message = commit(wording.title, proposal.plan.changes, trailers)
    if delivery.branch is None:
        return proposal, _push_to_base(workspace, proposal, message)
    published = _push_branch(workspace, proposal, delivery.branch, there, message)
    if forge is None:
        return proposal, published
    text = body(wording.title, proposal.plan, proposal.verdict, proposal.differences, wording.undo)
    return proposal, _open_pull_request(forge, published, workspace.config.branch, wording.title, text)


def _with_note(proposal: Proposal, stale: PullRequest | None) -> Proposal:
    if stale is None:
        return proposal
    note = f"pull request #{stale.number} is still open and proposes other versions: close it"
    return replace(proposal, plan=replace(proposal.plan, notes=(*proposal.plan.notes, note)))


def retrying(attempt: Callable[[], _Result]) -> _Result:
    """Do `attempt` anew, from fetching on, while others are faster; raises RaceLost after TRIES times."""
    for _ in range(TRIES):
        with suppress(RaceLost):
            return attempt()
    raise RaceLost(f"others moved the branch {TRIES} times while this change was planned: run the command again")


def _push_to_base(workspace: Workspace, proposal: Proposal, message: str) -> Published:
    """One commit on the shared branch; raises RaceLost when it has moved since the proposal was made."""
    made = workspace.repository.commit(proposal.tip.commit, proposal.files, message)
    workspace.repository.push(workspace.remote, Push(workspace.base_ref, made, proposal.tip.commit))
    return Published(workspace.config.branch, made, None, changed=True)


def _push_branch(workspace: Workspace, proposal: Proposal, branch: str, there: str | None, message: str) -> Published:
    """One commit on `branch` of the remote, which now is at `there`; nothing is moved that is there already.

    Raises RaceLost when that branch or the shared one has moved, and Blocked when it holds commits that
    promote did not make.
    """
    repository, ref, tip = workspace.repository, f"refs/heads/{branch}", proposal.tip.commit
    made = repository.commit(tip, proposal.files, message)
    if there is not None:
        if _same(workspace, there, made) and _says(workspace, there, override_trailers(proposal.plan)):
            made = there
        else:
            _insist_on_own(workspace, tip, there, branch)
    # The shared branch goes along unchanged, and so does a branch that needs no commit: where one of them
    # has moved, the plan and its gates must be made again.
    repository.push(workspace.remote, Push(ref, made, there or ABSENT), Push(workspace.base_ref, tip, tip))
    return Published(branch, made, None, changed=made != there, kept=made == there)


def _same(workspace: Workspace, one: str, other: str) -> bool:
    repository = workspace.repository
    return (repository.tree(one), repository.parents(one)) == (
        repository.tree(other),
        repository.parents(other),
    )


def _says(workspace: Workspace, commit: str, trailers: Sequence[tuple[str, str]]) -> bool:
    """Whether the message of a commit has all of the trailers."""
    text = workspace.repository.message(commit) if trailers else ""
    return all(f"\n{key}: {value}\n" in text for key, value in trailers)


def _insist_on_own(workspace: Workspace, base: str, tip: str, branch: str) -> None:
    repository = workspace.repository
    for sha in repository.ahead(base, tip):
        text, parents = repository.message(sha), repository.parents(sha)
        if [f"{SOURCE}: {parent}" for parent in parents if f"\n{SOURCE}: {parent}\n" in text]:
            # It stands where promote put it, on the shared branch. A shallow clone may not know that its
            # parent is there, and count more commits.
            return
        if "\nPromoted-To: " not in text and not _is_update(workspace, base, sha, parents):
            raise Blocked(
                f"the branch {branch} holds commits that promote did not make ({sha[:12]}): "
                "merge its pull request or delete the branch first"
            )


def _is_update(workspace: Workspace, base: str, sha: str, parents: Sequence[str]) -> bool:
    """Whether a commit does nothing but merge the shared branch, as a forge's `Update branch` does."""
    repository = workspace.repository
    ours, *merged = parents
    return (
        len(merged) == 1
        and repository.is_ancestor(merged[0], base)
        and repository.merge_tree(ours, merged[0]) == repository.tree(sha)
    )


def _open_pull_request(forge: Forge, published: Published, base: str, title: str, body: str) -> Published:
    """Open the branch's pull request, or renew the one that is open.

    Raises PartlyDone when the branch is pushed but the forge fails or refuses.
    """
    head = published.branch or ""
    try:
        there = forge.find_open(head, base)
        if there is None:
            made = forge.open(head, base, title, body)
        elif (there.title, there.body) != (title, body):
            made = forge.update(there.number, title, body)
        else:
            return replace(published, pull_request=there)
    except RaceLost:
        raise
    except PromoteError as error:
        raise PartlyDone(f"the branch {head} is pushed but its pull request is not settled: {error}") from error
    return replace(published, pull_request=made, changed=True)
