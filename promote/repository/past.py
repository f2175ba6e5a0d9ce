"""What environments ran, read when it is asked for, and remembered by the commit that it was read at."""

from __future__ import annotations

from collections.abc import Collection, ItemsView, Iterable, Iterator, Mapping, Sequence, ValuesView
from functools import cached_property
from itertools import groupby, zip_longest
from operator import itemgetter
from typing import Any

from promote.git.history import Step, current
from promote.git.repository import Repository
from promote.model import Image, Revision, Version
from promote.repository.digests import Digests, Lost
from promote.repository.environments import Environment
from promote.repository.history import Recorded, revisions
from promote.repository.scope import Scope, at_steps, scopes
from promote.system import cache
from promote.system.store import code
from promote.versions.declared import Declared
from promote.versions.templates import Reader
from promote.yamltext.answers import Answers

_MOST = 200 << 20  # bytes of all histories in the cache
_FEW = 3  # histories that are read one by one; after these, all the others are read at once


class Past(Mapping[str, Sequence[Revision]]):
    """The revisions of each of `environments` up to the commit `tip`, oldest first, by name.

    A history is read at its first use, by one pass through Git over the commits that are newer than what is
    remembered from before. What is remembered is used only if it was read at a commit on the same line.
    """

    def __init__(
        self,
        repository: Repository,
        environments: Iterable[Environment],
        tip: str,
        declared: Sequence[Declared] = (),
        whole: Collection[str] = (),
    ) -> None:
        """Raises UsageError in a shallow clone, whose history is cut off.

        `declared` are the versions that promote.yaml declares. Of environments in `whole`, all layers are read.
        """
        repository.insist_on_history()
        self._repository = repository
        self._tip = tip
        self._environments = {one.name: one for one in environments}
        self._declared, self._whole = declared, whole
        self._scopes: dict[str, Scope] = {}
        self._read: dict[str, list[Revision]] = {}
        self._on_line: dict[str, bool] = {}
        self._is_for_all = False
        self._passes: dict[str, list[Step]] = {}  # by where they begin
        # For kustomizations that alone decide what an environment ran: the images of all, and of each.
        self._reader, self._by_blob = Reader(), dict[str, tuple[Image, ...]]()

    def __getitem__(self, name: str) -> list[Revision]:
        """The revisions of the environment `name`."""
        if name not in self._read:
            self._load([name] if len(self._read) < _FEW else [*self._environments])
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        """The names, in the order of promotion; nothing is read."""
        return iter(self._environments)

    def __len__(self) -> int:
        return len(self._environments)

    def __contains__(self, name: object) -> bool:
        """Whether there is an environment `name`; nothing is read."""
        return name in self._environments

    def values(self) -> ValuesView[Sequence[Revision]]:
        """All histories, read at once."""
        self._load(self._environments)
        return super().values()

    def items(self) -> ItemsView[str, Sequence[Revision]]:
        """All histories with their names, read at once."""
        self._load(self._environments)
        return super().items()

    def expect_digests(self) -> None:
        """Read what `digests` needs, and with it, in the same pass, what all histories need."""
        if self._index.tip != self._tip:
            self._is_for_all = True
            self.digests({})

    def digests(self, tags: Mapping[str, str]) -> dict[str, set[str]]:
        """By image, every digest that any environment ran with the image's tag in `tags`.

        All digests of all tags are remembered by commit; after that, only newer commits are read.
        """
        try:
            return self._indexed(self._index).of(tags)
        except Lost:
            self._index = Digests(self._store, self._index_key, fresh=True)
            return self._indexed(self._index).of(tags)

    @cached_property
    def _index(self) -> Digests:
        return Digests(self._store, self._index_key)

    @cached_property
    def _index_key(self) -> str:
        every = (text for one in self._environments.values() for text in (one.name, one.path))
        about = (repr(self._declared), repr(sorted(self._whole)))
        return cache.key(code(), str(self._repository.folder.resolve()), "digests", *every, *about)

    def _indexed(self, index: Digests) -> Digests:
        """The index, read up to the tip: from where it is on if that is on the same line; raises Lost."""
        if index.tip == self._tip:
            return index
        self._know([*self._environments])
        own = [name for name in self._environments if self._scopes[name].is_own]
        if index.tip and (index.own != own or not self._is_on_line(index.tip)):
            raise Lost
        states = {name: dict(index.states.get(name, {})) for name in own}
        self._images_of(self._blobs(states, index.tip))
        index.add(self._reader.seen)
        others = [name for name in self._environments if name not in states]
        self._load(others)
        index.add(image for name in others for revision in self._read[name] for image in revision.images)
        index.keep(self._tip, own, states)
        return index

    def _blobs(self, states: dict[str, dict[str, str]], start: str) -> Iterator[tuple[str, str]]:
        """Environments with the kustomizations that they had after each commit since `start`.

        `states` become those of now.
        """
        owners = {path: name for name in states for path in self._scopes[name].paths}
        for _, steps in groupby(self._steps(owners, start) if owners else (), key=itemgetter(0)):
            touched: set[str] = set()
            for _, path, blob in steps:
                touched.add(owners[path])
                states[owners[path]] = _after(states[owners[path]], {path: blob})
            for name in touched:
                if blob := current(states[name], self._scopes[name].paths):
                    yield name, blob

    def _steps(self, paths: Collection[str], start: str) -> Iterable[Step]:
        """The changes of files since `start`; of all environments in one pass, where these will be asked for."""
        if not self._is_for_all:
            return self._repository.steps(self._tip, paths, start)
        if start not in self._passes:
            self._know([*self._environments])
            every = {path for scope in self._scopes.values() for path in scope.paths}
            self._passes[start] = list(self._repository.steps(self._tip, every, start))
        return [step for step in self._passes[start] if step.path in paths]

    @cached_property
    def _store(self) -> Answers:
        return Answers("history", self._repository.root, _MOST)

    def _load(self, names: Iterable[str]) -> None:
        """Read what of `names` was not read yet: one pass through Git for all that begin at the same commit."""
        names = [name for name in names if name not in self._read]
        self._know(names)
        remembered = {name: self._remembered(name) for name in names}
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

    def _know(self, names: Iterable[str]) -> None:
        """Find out which files say the versions of environments."""
        new = [self._environments[name] for name in names if name not in self._scopes]
        self._scopes |= scopes(self._repository, self._tip, new, self._declared, self._whole) if new else {}

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
            for path in self._scopes[name].paths:
                owners.setdefault(path, []).append(name)
        seen: dict[str, list[tuple[Any, dict[str, str | None]]]] = {name: [] for name in remembered}
        states = {name: dict(known["state"]) for name, known in remembered.items()}
        for commit, path, blob in self._steps(owners, start):
            for name in owners[path]:
                states[name].pop(path, None)
                if blob is not None:
                    states[name][path] = blob
                if not seen[name] or seen[name][-1][0] is not commit:
                    seen[name].append((commit, {}))
                seen[name][-1][1][path] = blob
        images = self._images({name: [step for _, step in steps] for name, steps in seen.items()}, remembered)
        for name, known in remembered.items():
            new = [
                Recorded(one.sha, one.when, one.author, one.subject, after)
                for (one, _), after in zip(seen[name], images[name], strict=True)
            ]
            self._read[name] = revisions([*_recorded(known), *new])
            self._store.put(self._key(name), _packed(self._tip, states[name], self._read[name]))

    def _images(
        self, steps: Mapping[str, list[dict[str, str | None]]], remembered: Mapping[str, dict[str, Any]]
    ) -> dict[str, list[tuple[Image, ...]]]:
        """By environment, the images after each step, which has the new blobs of files."""
        own: dict[str, list[str | None]] = {}
        found: dict[str, list[tuple[Image, ...]]] = {}
        for name, some in steps.items():
            scope, state = self._scopes[name], dict(remembered[name]["state"])
            if scope.is_own:
                own[name] = [current(state := _after(state, step), scope.paths) for step in some]
            else:
                blobs = self._repository.blobs(blob for step in [state, *some] for blob in step.values() if blob)
                found[name] = at_steps(state, some, dict(blobs), scope)
        images = self._images_of((name, blob) for name, blobs in own.items() for blob in blobs if blob)
        return found | {name: [images[blob] if blob else () for blob in blobs] for name, blobs in own.items()}

    def _images_of(self, blobs: Iterable[tuple[str, str]]) -> Mapping[str, tuple[Image, ...]]:
        """The images of kustomizations by their hashes, given with environments that had them; each is read once."""
        owners: dict[str, str] = {}
        for name, blob in blobs:
            if blob not in self._by_blob:
                owners.setdefault(blob, name)
        self._by_blob |= {
            blob: self._reader.read(data, owners[blob]) for blob, data in self._repository.blobs(owners)
        }
        return self._by_blob

    def _key(self, name: str) -> str:
        scope = self._scopes[name]
        more = () if scope.is_own else (repr(scope.declared), str(scope.whole))
        branch = [scope.environment.branch] if scope.environment.branch else []
        return cache.key(code(), str(self._repository.folder.resolve()), *branch, *scope.paths, *more)


def _after(state: Mapping[str, str], step: Mapping[str, str | None]) -> dict[str, str]:
    return {path: blob for path, blob in {**state, **step}.items() if blob is not None}


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
