"""What environments ran, read when it is asked for, and remembered by the commit that it was read at."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, Mapping, Sequence, ValuesView
from functools import cached_property
from itertools import zip_longest
from typing import Any

from promote.kustomize.files import FILE_NAMES
from promote.model import Image, Revision, Version
from promote.repository.config import Environment
from promote.repository.history import Recorded, revisions
from promote.system import cache
from promote.system.git import Repository
from promote.system.git_history import current
from promote.system.store import code
from promote.versions.templates import Reader
from promote.yamltext.answers import Answers

_MOST = 200 << 20  # bytes of all histories in the cache
_FEW = 3  # histories that are read one by one; after these, all the others are read at once


class Past(Mapping[str, Sequence[Revision]]):
    """The revisions of each of `environments` up to the commit `tip`, oldest first, by name.

    A history is read at its first use, by one pass through Git over the commits that are newer than what is
    remembered from before. What is remembered is used only if it was read at a commit on the same line.
    """

    def __init__(self, repository: Repository, environments: Iterable[Environment], tip: str) -> None:
        """Raises UsageError in a shallow clone, whose history is cut off."""
        repository.insist_on_history()
        self._repository = repository
        self._tip = tip
        self._paths = {one.name: tuple(_below(one.path, name) for name in FILE_NAMES) for one in environments}
        self._read: dict[str, list[Revision]] = {}
        self._on_line: dict[str, bool] = {}

    def __getitem__(self, name: str) -> list[Revision]:
        """The revisions of the environment `name`."""
        if name not in self._read:
            self._load([name] if len(self._read) < _FEW else [*self._paths])
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        """The names, in the order of promotion; nothing is read."""
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __contains__(self, name: object) -> bool:
        """Whether there is an environment `name`; nothing is read."""
        return name in self._paths

    def values(self) -> ValuesView[Sequence[Revision]]:
        """All histories, read at once."""
        self._load(self._paths)
        return super().values()

    def items(self) -> ItemsView[str, Sequence[Revision]]:
        """All histories with their names, read at once."""
        self._load(self._paths)
        return super().items()

    @cached_property
    def _store(self) -> Answers:
        return Answers("history", self._repository.root, _MOST)

    def _load(self, names: Iterable[str]) -> None:
        """Read what of `names` was not read yet: one pass through Git for all that begin at the same commit."""
        remembered = {name: self._remembered(name) for name in names if name not in self._read}
        starts: dict[str, list[str]] = {}
        for name, known in remembered.items():
            starts.setdefault(known["tip"], []).append(name)
        if len(starts) > _FEW:
            # One pass over everything is faster than many over parts of it.
            old = [name for start, some in starts.items() if start != self._tip for name in some]
            starts = {"": old, self._tip: starts.get(self._tip, [])}
            remembered |= {name: _nothing() for name in old}
        for start, some in starts.items():
            if start == self._tip:
                for name in some:
                    self._read[name] = revisions(_recorded(remembered[name]))
            else:
                self._read_on(start, {name: remembered[name] for name in some})

    def _remembered(self, name: str) -> dict[str, Any]:
        """What was read before, at a commit on the line to the tip; otherwise that nothing was read."""
        known = self._store.get(self._key(name))
        if known is None or not self._is_on_line(known["tip"]):
            return _nothing()
        return dict(known)

    def _is_on_line(self, commit: str) -> bool:
        if commit not in self._on_line:
            self._on_line[commit] = self._repository.follows(commit, self._tip)
        return self._on_line[commit]

    def _read_on(self, start: str, remembered: Mapping[str, dict[str, Any]]) -> None:
        owners: dict[str, list[str]] = {}
        for name in remembered:
            for path in self._paths[name]:
                owners.setdefault(path, []).append(name)
        seen: dict[str, list[tuple[Any, str | None]]] = {name: [] for name in remembered}
        states = {name: dict(known["state"]) for name, known in remembered.items()}
        for commit, path, blob in self._repository.steps(self._tip, owners, start):
            for name in owners[path]:
                states[name].pop(path, None)
                if blob is not None:
                    states[name][path] = blob
                if seen[name] and seen[name][-1][0] is commit:
                    seen[name].pop()
                seen[name].append((commit, current(states[name], self._paths[name])))
        reader = Reader()
        blobs = self._repository.blobs(blob for steps in seen.values() for _, blob in steps if blob)
        images = {sha: reader.read(data) for sha, data in blobs}
        for name, known in remembered.items():
            new = [
                Recorded(one.sha, one.when, one.author, one.subject, images[blob] if blob else ())
                for one, blob in seen[name]
            ]
            self._read[name] = revisions([*_recorded(known), *new])
            self._store.put(self._key(name), _packed(self._tip, states[name], self._read[name]))

    def _key(self, name: str) -> str:
        return cache.key(code(), str(self._repository.folder.resolve()), *self._paths[name])


def _nothing() -> dict[str, Any]:
    return {"tip": "", "state": {}, "images": [], "commits": []}


def _packed(tip: str, state: Mapping[str, str], known: Sequence[Revision]) -> dict[str, Any]:
    """Revisions as JSON values; commits that made none are not needed again.

    Each image is written once. A commit has the number of its images, and for each that is not that of the commit
    before in the same place, its place and its number.
    """
    numbers: dict[Image, int] = {}
    commits: list[list[Any]] = []
    before: Sequence[Image] = ()
    for one in known:
        moved: list[int] = []
        for place, (image, old) in enumerate(zip_longest(one.images, before)):
            if image is not None and image is not old:
                moved += (place, numbers.setdefault(image, len(numbers)))
        commits.append([one.commit, one.when, one.author, one.subject, len(one.images), *moved])
        before = one.images
    images = [[one.name, one.repository, one.version.tag, one.version.digest] for one in numbers]
    return {"tip": tip, "state": dict(state), "images": images, "commits": commits}


def _recorded(known: Mapping[str, Any]) -> Iterator[Recorded]:
    every = [Image(name, repository, Version(*version)) for name, repository, *version in known["images"]]
    images: list[Image] = []
    for commit, when, author, subject, number, *moved in known["commits"]:
        del images[number:]
        for place, image in zip(moved[::2], moved[1::2], strict=True):
            images[place : place + 1] = [every[image]]
        yield Recorded(commit, when, author, subject, tuple(images))


def _below(folder: str, name: str) -> str:
    return f"{folder}/{name}".removeprefix("./")
