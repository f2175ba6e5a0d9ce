"""`promote windows PATH`: writes the freeze windows of promote.yaml for Argo CD or Flux."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path

from promote.commands import options
from promote.commands.result import Result
from promote.errors import UsageError
from promote.output import plans
from promote.output import windows as wording
from promote.promotion import windows
from promote.promotion.deliver import Delivery, Published, branch_of, deliver
from promote.promotion.windows import Windows
from promote.repository.tree import Tree
from promote.repository.workspace import Tip, Workspace
from promote.system import clock
from promote.system.confined import replace_files


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for; `application` are the texts ENV=NAME."""

    path: str
    check: bool = False
    write: bool = False
    commit: bool = False
    pr: bool = False
    application: tuple[str, ...] = ()


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    about = "the file of an AppProject (Argo CD), or a file or folder of Kustomizations (Flux)"
    parser.add_argument("path", metavar="PATH", help=about)
    options.option(parser, "--check", action="store_true", help="exit 1 where PATH differs")
    options.option(parser, "--write", action="store_true", help="change PATH in the checkout")
    options.option(parser, "--commit", action="store_true", help="change PATH by a commit to the shared branch")
    options.option(parser, "--pr", action="store_true", help="change PATH by a pull request")
    application = "the Application of an environment that no manifest names (repeatable)"
    options.repeated(parser, "--application", metavar="ENV=NAME", help=application)


def run(given: Options) -> Result:
    """Print what PATH should have, compare it, or change it."""
    if sum((given.check, given.write, given.commit, given.pr)) > 1:
        raise UsageError("choose one of --check, --write, --commit and --pr")
    workspace = Workspace.here()
    names = _applications(given.application)
    path = _below(workspace.root, given.path)

    def propose(tip: Tip, tree: Tree) -> Windows:
        return windows.propose(tip, tree, path, names, clock.now())

    if given.commit or given.pr:
        branch = branch_of("windows", path) if given.pr else None
        found, published = deliver(workspace, Delivery(branch), propose, wording.described)
    else:
        with workspace.checkout_copy() as tree:
            found, published = propose(Tip("", "the checkout"), tree), Published()
        if given.write:
            replace_files(workspace.root, found.files)
            published = Published(changed=bool(found.files))
    text = [*wording.windows_text(found), *plans.published_text(published)]
    if given.check:
        text += [f"differs: {file}; run `promote windows {path} --write`" for file in found.files] or [
            "as it should be"
        ]
    if given.write:
        text += [f"edited {file}" for file in found.files] or ["nothing to do"]
    return Result(wording.windows_json(found, published), text, 1 if given.check and found.files else 0)


def _applications(given: tuple[str, ...]) -> dict[str, str]:
    names = {}
    for text in given:
        environment, equals, name = text.partition("=")
        if not equals or not name:
            raise UsageError(f"'{text}' is not ENV=NAME, such as production=shop-production")
        names[environment] = name
    return names


def _below(root: Path, path: str) -> str:
    """The path relative to the folder of promote.yaml."""
    whole = (Path.cwd() / path).resolve()
    if not whole.is_relative_to(root.resolve()):
        raise UsageError(f"{path} is outside of the folder of promote.yaml: name a path in {root}")
    return whole.relative_to(root.resolve()).as_posix()
