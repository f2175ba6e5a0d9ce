"""What `promote status` says of all environments, as JSON and as text."""

from __future__ import annotations

from collections import Counter

from promote.model import shortened
from promote.output import empty, values
from promote.output.values import Json
from promote.promotion.overview import Open, Overview, Versions
from promote.repository.config import Config


def overview_json(seen: Overview) -> Json:
    """All environments, as JSON."""
    after = {name: list(one.after) for name, one in seen.config.environments.items() if one.after is not None}
    return {
        "commit": seen.tip.commit,
        **({"branches": seen.branches} if seen.branches else {}),
        "environments": {
            name: [{"image": image.name, **values.version_json(image.version)} for image in images]
            for name, images in seen.versions.running.items()
        },
        "pending": [
            {"from": one.source, "to": one.target, "services": one.services} for one in seen.behind if one.services
        ],
        "pull_requests": [_pull_json(one) for one in seen.pulls],
        "holds": [values.hold_json(hold) for hold in seen.holds],
        "freezes": {name: one.facts for name, one in seen.frozen.items()},
        "notes": [*seen.notes, *seen.unsaid, *seen.unsettled],
        **({"after": after} if after else {}),
        **seen.versions.beyond,
    }


def _pull_json(one: Open) -> Json:
    pull = values.pull_json(one.pull) | {"title": one.pull.title, "branch": one.pull.head}
    return pull | ({"repository": one.repository} if one.repository else {})


def overview_text(seen: Overview) -> list[str]:
    """All environments, for people: a table, the order of promotion, and what there is to do or to know."""
    heads = {seen.tip.label: seen.tip.commit, **seen.branches}
    first = ", ".join(f"{label} at {commit[:12]}" for label, commit in heads.items())
    if seen.elsewhere is None:
        table = _table(seen)
    elif seen.versions.running:
        table = empty.lines(seen.versions.running, seen.elsewhere.kinds, seen.elsewhere.applied)
    else:
        table = ["no environment can be read"]
    rest = [*_waiting(seen), *seen.unsaid, *seen.unsettled, *_lacking(seen.versions)]
    text = [*seen.notes, first, "", *table, *_order(seen.config)]
    return [*text, "", *rest] if rest else text


def _table(seen: Overview) -> list[str]:
    """A column for each name in promote.yaml, and a row for each image, in its app if there are several."""
    shared = _shared_names(seen.versions)
    cells: dict[str, dict[str, str]] = {}
    for name, images in seen.versions.running.items():
        where = seen.config.environments[name]
        column = cells.setdefault(where.stage, {})
        shown = {image.name: image.version.tag or image.version.shortened or "none" for image in images}
        shown |= dict.fromkeys(seen.versions.apart.get(name, ()), "several")
        for image, version in shown.items():
            short = image.rpartition("/")[2]
            row = image if short in shared else short
            column[row if where.app in ("", row) else f"{where.app}/{row}"] = version
    names = list(dict.fromkeys(row for column in cells.values() for row in column))
    rows = [(name, *(column.get(name, "-") for column in cells.values())) for name in names]
    rows = [("", *cells), *rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _shared_names(seen: Versions) -> set[str]:
    """The last parts of names that several images of one environment have, such as a chart and what it brings."""
    found: set[str] = set()
    for name, images in seen.running.items():
        names = {*(image.name for image in images), *seen.apart.get(name, ())}
        often = Counter(image.rpartition("/")[2] for image in names)
        found |= {short for short, times in often.items() if times > 1}
    return found


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


def _waiting(seen: Overview) -> list[str]:
    """What waits, is open, held or frozen, one line each; the apps of an environment of many folders in one."""
    edges: dict[tuple[str, str], dict[str, None]] = {}
    held: dict[tuple[str, str], dict[str, None]] = {}
    for one in seen.behind:
        source, target = (seen.config.environments[name] for name in (one.source, one.target))
        edge = source.stage, target.stage
        free = [target.app] if target.app and one.services else one.services
        edges.setdefault(edge, {}).update(dict.fromkeys(free))
        back = one.held if one.services or not target.app else [target.app]
        held.setdefault(edge, {}).update(dict.fromkeys(back))
    rest = []
    for edge, services in edges.items():
        without = [f"--exclude {name}" for name in held[edge]]
        if services:
            rest.append(f"to promote: {' '.join(('promote', *edge, *without))}  ({', '.join(services)})")
    for pull, repository in ((each.pull, each.repository) for each in seen.pulls):
        rest.append(f"open: #{pull.number}{f' of {repository}:' if repository else ''} {pull.title}")
    rest += [
        f"held in {hold.environment}: {hold.image} {shortened(str(hold.version))}: {hold.reason}"
        for hold in seen.holds
    ]
    return rest + [f"frozen: {name}: {one.reason}, until {one.until}" for name, one in seen.frozen.items()]


def _lacking(seen: Versions) -> list[str]:
    """What is not shown, and why; the environments that have one reason in one line."""
    named: dict[str, list[str]] = {}
    for name, reason in seen.errors.items():
        named.setdefault(reason, []).append(name)
    rest = [f"not shown: {reason}" for reason in dict.fromkeys(seen.missing.values())]
    return [*rest, *(f"not shown: {', '.join(names)}: {reason}" for reason, names in named.items())]
