"""`promote status`: what Git says that every environment runs, what waits, is open or held; what runs with --live."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from promote.changes import deliveries, selection, unsettled
from promote.commands import options
from promote.commands.result import Result
from promote.errors import ConfigError, NetworkError, PromoteError, UsageError
from promote.forge.protocol import Forge, PullRequest
from promote.gates import freeze
from promote.gates.freeze import Freeze
from promote.model import Hold, Image, shortened
from promote.output import empty, values
from promote.output.values import Json
from promote.repository.config import Config, assumed
from promote.repository.tree import Tree
from promote.repository.workspace import Tip, Workspace
from promote.system import clock


@dataclass(frozen=True, slots=True)
class Options:
    """With `live`, the environment whose cluster is asked, and where that is."""

    environment: str | None = None
    live: bool = False
    kubeconfig: str | None = None
    context: str | None = None


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("environment", nargs="?", metavar="ENV", help="with --live, the environment to look at")
    options.option(parser, "--live", action="store_true", help="ask its cluster what runs, and compare it with Git")
    options.cluster(parser)


def run(given: Options) -> Result:
    """The versions of each environment on the shared branch, pending promotions, open pull requests and holds.

    Exit 2 where an environment cannot be read, after the others. With --live, what one environment really runs;
    exit 1 where that is not what the shared branch says.
    """
    workspace = Workspace.here()
    if given.live:
        return _live(workspace, given)
    if given.environment:
        raise UsageError(f"add --live to ask the cluster of {given.environment}, or leave out the environment")
    tip = workspace.branches.local_tip()
    with workspace.at(tip, judged=False) as tree:
        _insist_on_some(tree.config)
        seen = _seen(tree)
        standing = tree.holds()
        pending = _pending(tree, seen.running)
        frozen = _frozen(tree)
        notes = assumed(tree.config)
    pulls, without = _pulls(workspace, tip)
    branches = {workspace.branches.line(place).label: commit for place, commit in tip.commits.items() if place}
    json = {
        "commit": tip.commit,
        **({"branches": branches} if branches else {}),
        "environments": {
            name: [{"image": image.name, **values.version_json(image.version)} for image in images]
            for name, images in seen.running.items()
        },
        "pending": pending,
        "pull_requests": [_pull_json(one) for one in pulls],
        "holds": [values.hold_json(hold) for hold in standing],
        "freezes": {name: one.facts for name, one in frozen.items()},
        "notes": [*notes, *without, *unsettled.of_all(seen.running)],
        **({"after": after} if (after := _after(tree.config)) else {}),
        **seen.beyond,
    }
    rest = [*_waiting(tree.config, pending, pulls, standing, frozen), *without, *_lacking(seen)]
    heads = ", ".join(f"{label} at {commit[:12]}" for label, commit in {tip.label: tip.commit, **branches}.items())
    text = [*notes, heads, "", *(seen.nothing or _table(tree.config, seen)), *_order(tree.config)]
    return Result(json, [*text, "", *rest] if rest else text, ConfigError.exit_code if seen.errors else 0)


@dataclass(slots=True)
class _Seen:
    """By environment, what it runs; and of images with different versions in it, by name, where these are written.

    `missing` and `errors` say why that is not known: of some in other repositories, and of what cannot be read. Where
    no environment has a version, `nothing` says what there is instead.
    """

    running: dict[str, tuple[Image, ...]]
    missing: dict[str, str]
    errors: dict[str, str]
    apart: dict[str, dict[str, list[str]]]
    nothing: Sequence[str] = ()

    @property
    def has_versions(self) -> bool:
        """Whether any environment has a version."""
        return bool(self.apart) or any(image.version.is_set for images in self.running.values() for image in images)

    @property
    def beyond(self) -> Json:
        """What there is to say, in JSON, other than what runs."""
        parts = {"missing": self.missing, "errors": self.errors, "apart": self.apart}
        return {name: part for name, part in parts.items() if part}


def _seen(tree: Tree) -> _Seen:
    seen = _Seen({}, {name: str(tree.missing[one.place]) for name, one in tree.lacking.items()}, {}, {})
    for name, one in tree.readable.items():
        try:
            seen.running[name], apart = tree.said(one)
        except (ConfigError, UsageError) as error:
            (seen.missing if one.repository else seen.errors)[name] = str(error)
            continue
        if apart:
            seen.apart[name] = {image: list(lines) for image, lines in apart.items()}
    seen.nothing = () if seen.has_versions else _nothing(tree, seen)
    return seen


def _lacking(seen: _Seen) -> list[str]:
    """What says no version, and what is not shown and why; the environments that have one reason in one line."""
    named: dict[str, list[str]] = {}
    for name, reason in seen.errors.items():
        named.setdefault(reason, []).append(name)
    rest = unsettled.of_all(seen.running)
    rest += [f"not shown: {reason}" for reason in dict.fromkeys(seen.missing.values())]
    return [*rest, *(f"not shown: {', '.join(names)}: {reason}" for reason, names in named.items())]


def _insist_on_some(settings: Config) -> None:
    if not settings.environments:
        raise UsageError(
            "there is no promote.yaml, and no environment was found by its folders: write the file "
            "(`promote init --dry-run` says what was not understood)"
        )


def _after(settings: Config) -> dict[str, list[str]]:
    return {name: list(one.after) for name, one in settings.environments.items() if one.after is not None}


def _order(settings: Config) -> list[str]:
    """What promote.yaml states of the order of promotion; nothing where it states nothing."""
    stated: dict[str, list[str]] = {}
    for one in settings.environments.values():
        if one.after is not None:
            stated.setdefault(one.stage, []).extend(settings.environments[name].stage for name in one.after)
    alike: dict[str, list[str]] = {}
    for name, before in stated.items():
        alike.setdefault(" and ".join(dict.fromkeys(before)) or "no environment", []).append(name)
    lines = [
        f"{', '.join(names)} {'come' if len(names) > 1 else 'comes'} after {before}"
        for before, names in alike.items()
    ]
    return ["", *lines] if lines else []


def _waiting(
    settings: Config,
    pending: list[Json],
    pulls: Sequence[_Open],
    standing: tuple[Hold, ...],
    frozen: dict[str, Freeze],
) -> list[str]:
    """What waits, is open, held or frozen, one line each; the apps of an environment of many folders in one."""
    edges: dict[tuple[str, str], list[str]] = {}
    for one in pending:
        source, target = (settings.environments[one[key]] for key in ("from", "to"))
        edges.setdefault((source.stage, target.stage), []).extend([target.app] if target.app else one["services"])
    rest = [f"to promote: promote {' '.join(edge)}  ({', '.join(services)})" for edge, services in edges.items()]
    rest += [f"open: #{one.pull.number}{one.inside} {one.pull.title}" for one in pulls]
    rest += [
        f"held in {hold.environment}: {hold.image} {shortened(str(hold.version))}: {hold.reason}" for hold in standing
    ]
    rest += [f"frozen: {name}: {one.reason}, until {one.until}" for name, one in frozen.items()]
    return rest


def _live(workspace: Workspace, given: Options) -> Result:
    if not given.environment:
        raise UsageError("--live asks the cluster of one environment: name it")
    # Imported here: clusters are seldom asked, and the client of Kubernetes takes longer than all else.
    from promote.cluster.client import Address
    from promote.live import observed
    from promote.output import live as output

    wanted = observed.expected(workspace, workspace.branches.local_tip(), given.environment)
    through = observed.reach(wanted.environment, Address(given.kubeconfig, given.context))
    seen = observed.look(workspace, wanted, through)
    return Result(output.live_json(seen), output.live_text(seen), int(bool(seen.differences)))


def _frozen(tree: Tree) -> dict[str, Freeze]:
    """By environment, the window that is open now."""
    now, known = clock.now(), tree.config.environments
    return {name: current for name, one in known.items() if (current := freeze.current_of(one.gates, now))}


def _pending(tree: Tree, running: dict[str, tuple[Image, ...]]) -> list[Json]:
    found = []
    edges = [(source, target) for target, before in tree.config.order.items() for source in before]
    for source, target in edges:
        if source not in running or target not in running:
            continue  # it cannot be read now
        images, now = running[source], running[target]
        chosen = frozenset(image.name for image in images)
        behind = selection.wanted(unsettled.said(images), unsettled.said(now, as_target=True), chosen)
        services = [selection.service_of(image, tree.config.services) for image in images if image.name in behind]
        if services:
            # Images of several registries may have the same short name.
            found.append({"from": source, "to": target, "services": list(dict.fromkeys(services))})
    return found


class _Open(NamedTuple):
    """An open pull request, and the name of its repository unless that is the one that promote runs in."""

    pull: PullRequest
    repository: str

    @property
    def inside(self) -> str:
        """Its repository for people."""
        return f" of {self.repository}:" if self.repository else ""


def _pull_json(one: _Open) -> Json:
    pull = values.pull_json(one.pull) | {"title": one.pull.title, "branch": one.pull.head}
    return pull | ({"repository": one.repository} if one.repository else {})


def _pulls(workspace: Workspace, tip: Tip) -> tuple[list[_Open], list[str]]:
    """The open pull requests, and why they are not known: without a forge, the versions can be shown nevertheless."""
    if not workspace.repository.has_remote(workspace.remote):
        return [], []
    forges: dict[str, Forge | None] = {}  # by repository
    found: list[_Open] = []
    notes = []
    for line in map(workspace.branches.line, tip.commits):
        inside = f" of {line.another}" if line.another else ""
        try:
            if line.another not in forges:
                forges[line.another] = None
                forges[line.another] = workspace.forge(line.place)
        except (UsageError, NetworkError) as error:
            notes.append(f"open pull requests{inside} are not shown: {error}")
        forge = forges[line.another]
        try:
            found += [_Open(pull, line.another) for pull in forge.list_open(line.branch)] if forge else []
        except PromoteError as error:
            if not line.another:
                raise
            notes.append(f"open pull requests{inside} are not shown: {error}")
    return found, notes


def _table(settings: Config, seen: _Seen) -> list[str]:
    """A column for each name in promote.yaml, and a row for each image, in its app if there are several."""
    running = seen.running
    shared = _shared_names(seen)
    cells: dict[str, dict[str, str]] = {}
    for name, images in running.items():
        where = settings.environments[name]
        column = cells.setdefault(where.stage, {})
        shown = {image.name: image.version.tag or str(image.version)[:19] or "none" for image in images}
        shown |= dict.fromkeys(seen.apart.get(name, ()), "several")
        for image, version in shown.items():
            short = image.rpartition("/")[2]
            row = image if short in shared else short
            column[row if where.app in ("", row) else f"{where.app}/{row}"] = version
    names = list(dict.fromkeys(row for column in cells.values() for row in column))
    rows = [(name, *(column.get(name, "-") for column in cells.values())) for name in names]
    rows = [("", *cells), *rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _nothing(tree: Tree, seen: _Seen) -> list[str]:
    if not seen.running:
        return ["no environment can be read"]
    folders = [one.path for name, one in tree.readable.items() if name in seen.running]
    kinds, applied = deliveries.kinds(tree.sheets, folders), deliveries.applied(tree.sheets, folders)
    return empty.lines(seen.running, kinds, applied)


def _shared_names(seen: _Seen) -> set[str]:
    """The last parts of names that several images of one environment have, such as a chart and what it brings."""
    found: set[str] = set()
    for name, images in seen.running.items():
        names = {*(image.name for image in images), *seen.apart.get(name, ())}
        often = Counter(image.rpartition("/")[2] for image in names)
        found |= {short for short, times in often.items() if times > 1}
    return found
