"""`promote bump ENV NAME=VERSION…`: set versions in one environment, in the checkout or by a commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from promote.commands.overriding import Reasons
from promote.commands.result import Result
from promote.errors import UsageError
from promote.model import Plan, Version
from promote.output import plans, wording
from promote.promotion import selection, workflow
from promote.promotion.workflow import Delivery, Proposal, Published, Wording
from promote.repository.workspace import Tip, Tree, Workspace
from promote.system import cache


@dataclass(frozen=True, slots=True)
class Options(Reasons):
    """What the command line asked for; `versions` are the texts NAME=TAG[@DIGEST]."""

    environment: str
    versions: tuple[str, ...]
    commit: bool = False
    pr: bool = False
    dry_run: bool = False
    allow_other_changes: bool = False


def run(options: Options) -> Result:
    """Edit the checkout's file or, with --commit or --pr, the shared branch; the same proof and checks."""
    wanted = _parse(options.versions)
    workspace = Workspace.here()
    if options.commit or options.pr:
        proposal, published = workflow.deliver(
            workspace,
            Delivery(_branch(workspace, options, wanted) if options.pr else None, dry_run=options.dry_run),
            lambda tip, tree: _propose(workspace, tip, tree, options, wanted),
            _describe,
        )
    else:
        proposal, published = _in_checkout(workspace, options, wanted)
    text = [*plans.proposal_text(proposal), *plans.published_text(published)]
    if published.changed and not published.commit:
        text.append(f"edited {', '.join(proposal.files)}; look at it with `git diff`, then commit")
    code = 0 if published.changed else workflow.exit_code(proposal)
    return Result(plans.plan_json(proposal.plan, published, proposal.verdict), text, code)


def _parse(versions: tuple[str, ...]) -> dict[str, Version]:
    wanted: dict[str, Version] = {}
    for given in versions:
        name, equals, version = given.partition("=")
        if not equals or not name:
            raise UsageError(f"'{given}' is not NAME=TAG or NAME=TAG@DIGEST, such as api-gateway=1.5.0")
        if name in wanted:
            raise UsageError(f"'{name}' is given twice: which version is meant?")
        wanted[name] = Version.parse(version)
    return wanted


def _propose(workspace: Workspace, tip: Tip, tree: Tree, options: Options, wanted: Mapping[str, Version]) -> Proposal:
    environment = tree.environment(options.environment)
    images = tree.images(environment)
    by_image: dict[str, Version] = {}
    for given, version in wanted.items():
        for image in selection.resolve(given, images, tree.config.services):
            if by_image.setdefault(image, version) != version:
                raise UsageError(f"'{image}' is given twice, as '{given}' too: which version is meant?")
    path, data = workflow.edited(tree, environment, by_image)
    changes = workflow.changes_of(tree, environment, data)
    held = workflow.hold_gates(tree, environment, changes)
    made = Plan("", environment.name, changes, held, (tip.note,) if tip.note else (), despite=options.despite)
    made, known = workflow.gated(workspace, tip, tree, environment, made)
    if not changes:
        return Proposal(tip, environment, made, {})
    return workflow.prove(tip, tree, environment, made, {path: data}, options.allow_other_changes, known)


def _in_checkout(workspace: Workspace, options: Options, wanted: Mapping[str, Version]) -> tuple[Proposal, Published]:
    with workspace.checkout_copy() as tree:
        proposal = _propose(workspace, Tip("", "the checkout"), tree, options, wanted)
    if options.dry_run or not proposal.files:
        return proposal, Published()
    workflow.insist(proposal)
    for path, data in proposal.files.items():
        _replace(workspace.root / path, data)
    return proposal, Published(changed=True)


def _replace(path: Path, data: bytes) -> None:
    """New contents in one step, for a file that keeps its mode and stays where a link points at."""
    file = path.resolve()
    mode = file.stat().st_mode
    cache.write(file, data)
    file.chmod(mode)


def _branch(workspace: Workspace, options: Options, wanted: Mapping[str, Version]) -> str:
    names = [workspace.config.known(options.environment), "-".join(sorted(wanted))]
    return "/".join(["bump", *(name.replace("/", "-") for name in names)])


def _describe(proposal: Proposal) -> Wording:
    name = proposal.environment.name
    title = wording.subject("bump", name, proposal.plan.changes)
    return Wording(title, [("Promoted-To", name)], f"promote rollback {name}")
