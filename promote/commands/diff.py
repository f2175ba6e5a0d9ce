"""`promote diff [ENV]`: what the checkout changes in the rendered manifests, compared with a commit."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from promote.checks import rendered_diff
from promote.checks.rendered_diff import Pair
from promote.commands import options
from promote.commands.result import Result
from promote.errors import ConfigError, RenderError, UsageError
from promote.kustomize import differences
from promote.kustomize.differences import Difference
from promote.output import verdicts, wording
from promote.output.values import Json
from promote.repository import trusted
from promote.repository.tree import Tree
from promote.repository.workspace import Workspace
from promote.system import printable


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for; without environments, all of them."""

    environments: tuple[str, ...] = ()
    base: str | None = None


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("environments", nargs="*", default=[], metavar="ENV", help="environments to compare (all)")
    base = "the commit to compare the checkout with (the shared branch)"
    options.option(parser, "--base", metavar="REF", help=base)


def run(given: Options) -> Result:
    """The rendered difference of each environment, Secrets hidden; exit 1 where there is any.

    What cannot be rendered is exit 2, after the others.
    """
    workspace = Workspace.here()
    commit = workspace.repository.resolve(given.base) if given.base else workspace.branches.local_tip().commit
    with workspace.at(commit) as before:
        after = workspace.checkout()
        names, notes = _names(after, given.environments)
        if not names and not notes:
            raise UsageError("there is no promote.yaml here, and no environment was found: name a folder to compare")
        if given.base:
            # The checkout may be that of a stranger.
            trusted.follow(before.config)
        found, faults = _compared(before, after, names)
    missed = [f"not compared: {error}" for error in faults.values()]
    # The first is the error with which the command ends.
    text = [*notes, *missed[1:], *(line for name, differences in found.items() for line in _text(name, differences))]
    json = {
        "base": commit,
        "environments": {name: [_json(one) for one in each] for name, each in found.items()},
        **({"notes": [*notes, *missed]} if notes or missed else {}),
    }
    result = Result(json, text, 1 if any(found.values()) else 0)
    for error in faults.values():
        error.result = replace(result, exit_code=error.exit_code)
        raise error
    return result


def _names(after: Tree, given: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """The environments to compare, and remarks on those whose files this checkout does not have."""
    if given:
        return tuple(one for name in given for one in [x.name for x in after.config.members(name)] or [name]), []
    known = after.config.environments.values()
    notes = [f"{one.name} is left out: it is on {one.line}" for one in known if one.place]
    return tuple(one.name for one in known if not one.place), notes


def _compared(
    before: Tree, after: Tree, names: Sequence[str]
) -> tuple[Mapping[str, list[Difference]], Mapping[str, RenderError]]:
    """The differences of each environment, and the error of each that cannot be rendered."""
    try:
        known = {name: folder for folder, name in before.folders(name for name in names if _has(before, name))}
        pairs = [Pair(name, known.get(name), folder) for folder, name in after.folders(names)]
        return rendered_diff.compare(pairs, before.root, after.root, after.installed), {}
    except RenderError as error:
        if len(names) == 1:
            return {}, {names[0]: error}
    # One after the other: those that were rendered are remembered.
    each = [_compared(before, after, [name]) for name in names]
    return {k: v for found, _ in each for k, v in found.items()}, {k: v for _, bad in each for k, v in bad.items()}


def _has(tree: Tree, name: str) -> bool:
    """Whether the environment was there: a new one has nothing to be compared with."""
    try:
        tree.environment(name)
    except (UsageError, ConfigError):
        return False
    return True


def _text(name: str, found: list[Difference]) -> list[str]:
    if not found:
        return [f"{name}: no difference"]
    others = len(differences.others(found))
    kind = f"{others} other than image fields" if others else "image fields only"
    return [f"{name}: {printable.number_of(len(found), 'difference')}, {kind}", *wording.diff_lines(found)]


def _json(one: Difference) -> Json:
    who = verdicts.identity_json(one.resource)
    changes = {"image": one.is_image, "hash": one.is_hash}
    return {"resource": who, "path": one.path, "old": one.old, "new": one.new, **changes}
