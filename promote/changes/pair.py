"""The versions of two environments, read in all layers where they may differ, so that no difference is missed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promote.changes import deliveries, selection
from promote.errors import RenderError
from promote.kustomize import render, written
from promote.kustomize.reads import HINTS, differing, not_followed, reads
from promote.kustomize.render import Rendered
from promote.model import Document, Image, Version
from promote.repository.environments import Environment
from promote.repository.tree import Tree
from promote.versions.atoms import CONTAINERS
from promote.versions.fields import split
from promote.versions.found import Versions

_Runs = Mapping[tuple[str, str, str], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two environments of one commit, and what each of them runs."""

    tree: Tree
    source: Environment
    target: Environment
    there: Versions
    here: Versions

    @property
    def is_empty(self) -> bool:
        """Whether neither has a version, nor several of an image."""
        several = self.there.apart or self.here.apart
        return not several and not any(image.version.is_set for image in (*self.there.images, *self.here.images))


def read(tree: Tree, source: Environment, target: Environment, names: Collection[str] = ()) -> Pair:
    """The versions of two environments, of all their layers where their own folders may not say all that differs.

    `names` are those that somebody asked for.
    """
    there, here = tree.versions(source), tree.versions(target)
    one, other = ({image.name for image in each.images} for each in (there, here))
    known = (*there.images, *here.images)
    is_asked_elsewhere = any(not selection.is_known(name, known, tree.config.services) for name in names)
    is_doubtful = is_asked_elsewhere or one != other or there.may_double or here.may_double
    if not (there.whole and here.whole) and (is_doubtful or _differs(tree, source, target)):
        there, here = tree.versions(source, whole=True), tree.versions(target, whole=True)
    return Pair(tree, source, target, there, here)


def around(
    before: Tree, there: Environment, after: Tree, here: Environment, files: Iterable[str]
) -> tuple[Versions, Versions]:
    """The versions of an environment before and after a change of `files`, of all its layers if they are among these.

    So they are where an image comes or goes: another layer may say what an item of `images:` or a patch replaces, or
    what it leaves. Raises ConfigError where they cannot be read.
    """
    old, new = before.versions(there), after.versions(here)
    if old.whole and new.whole:
        return old, new
    known = {*old.contents, *new.contents}
    read = reads(before.sheets, there.path) | reads(after.sheets, here.path)
    is_named_alike = {image.name for image in old.images} == {image.name for image in new.images}
    if is_named_alike and not any(one in read - known for one in files):
        return old, new
    return before.versions(there, whole=True), after.versions(here, whole=True)


def _differs(tree: Tree, source: Environment, target: Environment) -> bool:
    """Whether a file outside of both folders, which only one of them reads, may say an image."""
    within = tuple(f"{one.path}/" for one in (source, target))
    unshared = differing(tree.sheets, source.path, target.path)
    outside = [path for path in unshared if not path.startswith(within)]
    return any(hint in (tree.sheets.data(path) or b"") for path in outside for hint in HINTS)


@dataclass(frozen=True, slots=True)
class Unmoved:
    """What two environments differ in, or may differ in, that no promotion can move, each with where and why.

    `names` are images that one of them does not run as its files say, so that nobody knows what to promote.
    """

    lines: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()


def unmoved(pair: Pair) -> Unmoved:
    """What cannot be moved; raises UsageError where an environment is not known.

    Both are rendered only where something in their own layers may set versions in ways that are not followed, or
    objects have versions of what Flux and Argo CD take from elsewhere.
    """
    doubled = pair.there.doubled.keys() | pair.here.doubled.keys()
    lines = [*apart(pair.there, pair.source.name).values(), *apart(pair.here, pair.target.name).values()]
    lines += [*pair.there.doubled.values(), *pair.here.doubled.values()]
    sheets, folders = pair.tree.sheets, (pair.source.path, pair.target.path)
    places, kinds = not_followed(sheets, differing(sheets, *folders)), deliveries.kinds(sheets, folders)
    if not places and not kinds:
        return Unmoved(tuple(lines), frozenset(doubled))
    try:
        one, other = render.side_by_side(pair.tree.folders((pair.source.name, pair.target.name)))
    except RenderError as error:
        return Unmoved((*lines, *_not_compared(pair, error, kinds)), frozenset(doubled))
    found = _overridden(pair, one, other, ", ".join(places)) if places else Unmoved()
    lines += [*found.lines, *_delivered(pair, one.documents, other.documents)]
    return Unmoved(tuple(dict.fromkeys(lines)), found.names.union(doubled))


def apart(versions: Versions, environment: str, done: str = "moved") -> dict[str, str]:
    """What to say of each image that has several versions in an environment, by its name."""
    return {
        name: f"{name} has different versions within {environment} ({', '.join(lines)}): none of them is {done}; "
        "make them the same, or declare each under `versions` in promote.yaml"
        for name, lines in versions.apart.items()
    }


def _not_compared(pair: Pair, error: RenderError, kinds: Sequence[str]) -> Iterator[str]:
    """What is not known without a rendering, and what differs as it is written.

    Objects of `kinds` are named where nothing else is compared, and where operations change them: most environments
    that have a version have such objects, too.
    """
    sheets = pair.tree.sheets
    files = differing(sheets, pair.source.path, pair.target.path)
    named = kinds if pair.is_empty else deliveries.operated(sheets, files)
    unread = [*not_followed(sheets, files, by_text=True), *(f"objects of the kind {kind}" for kind in named)]
    if unread:
        yield f"what is rendered could not be compared ({error}), and {', '.join(unread)} may set versions, too"
    yield from _of_charts(pair)
    folders = (pair.source.path, pair.target.path)
    yield from _delivered(pair, *(deliveries.written(sheets, *both) for both in (folders, folders[::-1])))


def _delivered(pair: Pair, one: Iterable[Document], other: Iterable[Document]) -> Iterator[str]:
    """In which versions they take the same from elsewhere, except those that `versions` in promote.yaml has."""
    declared = {image.name: str(image.version) for image in pair.here.images}
    moved = {(str(image.version), declared.get(image.name, "")) for image in pair.there.images}
    for place, theirs, ours in deliveries.differing(one, other):
        if (*theirs, *ours) not in moved:
            yield (
                f"{place}: {' and '.join(theirs)} in {pair.source.name}, {' and '.join(ours)} in {pair.target.name}: "
                "declare it under `versions` in promote.yaml to move it"
            )


def _overridden(pair: Pair, one: Rendered, other: Rendered, where: str) -> Unmoved:
    """What is rendered in another version than files say, or differs although they say nothing of it.

    What is set at `where` shows only there.
    """
    there, here = _runs(one.documents), _runs(other.documents)
    why = f"this cannot be moved, because it may be set by {where}"
    lines, names = [], set()
    for environment, versions, runs in ((pair.source, pair.there, there), (pair.target, pair.here, here)):
        for image, really in _not_run([one for one in versions.images if one.name not in versions.bundles], runs):
            written = ", ".join(versions.lines(image.name))
            lines.append(
                f"{image.name} is {image.version} in {written}, but {environment.name} renders {really}: {why}"
            )
            names.add(image.name)
    bundles = pair.there.bundles | pair.here.bundles
    images = (image for each in (pair.there, pair.here) for image in each.images if image.name not in bundles)
    known = {last(image.repository) for image in images}
    lines += [
        f"{image}: {_said(there.get(key))} in {pair.source.name}, {_said(here.get(key))} in {pair.target.name}, as "
        f"rendered ({kind}, container {container}): {why}"
        for key in sorted(there.keys() | here.keys())
        for kind, container, image in [key]
        if there.get(key) != here.get(key) and image not in known
    ]
    return Unmoved(tuple(lines), frozenset(names))


def _of_charts(pair: Pair) -> Iterator[str]:
    """In what charts differ that may be a version, though nothing here knows of what."""
    one, other = (written.unfollowed(pair.tree.sheets, each.path) for each in (pair.source, pair.target))
    for keys in one | other:
        sides = [
            (each.get(keys, ("none", "")), where.name) for each, where in ((one, pair.source), (other, pair.target))
        ]
        (theirs, there), (ours, here) = sides
        if theirs[0] != ours[0]:
            places = ", ".join(filter(None, [theirs[1], ours[1]]))
            chart, *rest = keys
            yield (
                f"{chart} {'.'.join(rest)}: {theirs[0]} in {there}, {ours[0]} in {here} ({places}): this cannot be "
                "moved, because only the chart says what it is"
            )


def _not_run(images: Iterable[Image], runs: _Runs) -> Iterator[tuple[Image, str]]:
    """The images that are rendered in other versions only, each with these versions."""
    for image in images:
        found = {
            version for (_, _, name), all_of in runs.items() if name == last(image.repository) for version in all_of
        }
        if found and str(image.version) not in found:
            yield image, " and ".join(sorted(found)) or "none"


def last(repository: str) -> str:
    """The last part of an image's name, which mirrors keep."""
    return repository.rpartition("/")[2]


def _runs(documents: Iterable[Document]) -> _Runs:
    """The versions of each image by kind of object, container, and the last part of the image's name."""
    found: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for kind, container, repository, version in _images(documents):
        found[kind, container, last(repository)].add(str(version))
    return {key: frozenset(versions) for key, versions in found.items()}


def running(documents: Iterable[Document]) -> Mapping[str, frozenset[Version]]:
    """The versions that containers run, by the name of the image."""
    found: dict[str, set[Version]] = defaultdict(set)
    for _, _, repository, version in _images(documents):
        found[repository].add(version)
    return {repository: frozenset(versions) for repository, versions in found.items()}


def _images(documents: Iterable[Document]) -> Iterator[tuple[str, str, str, Version]]:
    """What each container runs: the kind of the object, the container, the name of the image, and its version."""
    for document in documents:
        for container in _containers(document.content):
            repository, version = split(str(container.get("image", "")))
            yield document.identity.kind, str(container.get("name", "")), repository, version


def _containers(value: Any) -> Iterator[Mapping[str, Any]]:
    waiting = [value]
    while waiting:
        here = waiting.pop()
        for key, below in here.items() if isinstance(here, Mapping) else ():
            if key in CONTAINERS and isinstance(below, list):
                yield from (one for one in below if isinstance(one, Mapping))
        if isinstance(here, Mapping):
            waiting += here.values()
        elif isinstance(here, list):
            waiting += here


def _said(versions: frozenset[str] | None) -> str:
    return " and ".join(sorted(versions)) if versions else "none"
