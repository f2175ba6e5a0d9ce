"""What environments ran, read when it is asked for, and remembered by the commit that it was read at."""

from __future__ import annotations

from collections.abc import Collection, ItemsView, Iterable, Iterator, Mapping, Sequence, ValuesView
from functools import cached_property
from itertools import zip_longest
from typing import Any

from promote.model import Image, Revision, Version
from promote.repository.environments import Environment
from promote.repository.history import Recorded, revisions
from promote.repository.scope import Scope, at_steps, scopes
from promote.system import cache
from promote.system.git import Repository
from promote.system.git_history import current
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

    def digests(self, tags: Mapping[str, str]) -> dict[str, set[str]]:
        """By image, every digest that any environment ran with the image's tag in `tags`.

        Of an environment that only its own `images:` describes, files without one of the tags are not parsed. That
        takes much less than all histories. The answer is remembered by commit.
        """
        every = (text for one in self._environments.values() for text in (one.name, one.path))
        about = (repr(self._declared), repr(sorted(self._whole)), repr(sorted(tags.items())))
        key = cache.key(code(), str(self._repository.folder.resolve()), "digests", *every, *about)
        known = self._store.get(key)
        if known is None or known["tip"] != self._tip:
            known = self._digests(tags, known)
            self._store.put(key, known)
        return {image: set(found) for image, found in known["digests"].items()}

    def _digests(self, tags: Mapping[str, str], before: dict[str, Any] | None) -> dict[str, Any]:
        """The digests up to the tip, from `before` on if that was read at a commit on the same line."""
        self._know([*self._environments])
        own = [name for name in self._environments if self._scopes[name].is_own]
        others = [name for name in self._environments if name not in set(own)]
        if before is None or before["own"] != own or not self._is_on_line(before["tip"]):
            before = {"tip": "", "states": {}, "digests": {}}
        states: dict[str, dict[str, str]] = {name: before["states"].get(name, {}) for name in own}
        self._load(others)
        images = [image for name in others for revision in self._read[name] for image in revision.images]
        texts = {tag.encode() for tag in tags.values()}
        reader = Reader()
        for _, data in self._repository.blobs(self._blobs(states, before["tip"])):
            # YAML has other notations for the characters of a tag, all of them with a backslash.
            if b"\\" in data or any(text in data for text in texts):
                images += reader.read(data)
        found = {image: set(before["digests"].get(image, ())) for image in tags}
        for image in images:
            if tags.get(image.name) == image.version.tag and image.version.digest:
                found[image.name].add(image.version.digest)
        digests = {image: sorted(some) for image, some in found.items()}
        return {"tip": self._tip, "own": own, "states": states, "digests": digests}

    def _blobs(self, states: dict[str, dict[str, str]], start: str) -> list[str]:
        """The kustomizations that environments had after each commit since `start`; `states` become those of now."""
        owners = {path: name for name in states for path in self._scopes[name].paths}
        found: dict[str | None, None] = {}
        touched: set[str] = set()
        last: object = None
        for commit, path, blob in self._repository.steps(self._tip, owners, start) if owners else ():
            if commit is not last:
                found |= dict.fromkeys(current(states[name], self._scopes[name].paths) for name in touched)
                touched, last = set(), commit
            touched.add(owners[path])
            states[owners[path]] = _after(states[owners[path]], {path: blob})
        found |= dict.fromkeys(current(states[name], self._scopes[name].paths) for name in touched)
        return [blob for blob in found if blob]

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
        for commit, path, blob in self._repository.steps(self._tip, owners, start):
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
        reader = Reader()
        read = self._repository.blobs(blob for blobs in own.values() for blob in blobs if blob)
        images = {sha: reader.read(data) for sha, data in read}
        return found | {name: [images[blob] if blob else () for blob in blobs] for name, blobs in own.items()}

    def _key(self, name: str) -> str:
        scope = self._scopes[name]
        more = () if scope.is_own else (repr(scope.declared), str(scope.whole))
        branch = [scope.environment.branch] if scope.environment.branch else []
        return cache.key(code(), str(self._repository.folder.resolve()), *branch, *scope.paths, *more)


class Several(Mapping[str, Sequence[Revision]]):
    """The revisions of environments on several branches, each by its name in the past of its branch."""

    def __init__(self, parts: Mapping[str, Past]) -> None:
        self._parts = parts

    def __getitem__(self, name: str) -> list[Revision]:
        """The revisions of the environment `name`."""
        return self._parts[name][name]

    def __iter__(self) -> Iterator[str]:
        """The names; nothing is read."""
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def __contains__(self, name: object) -> bool:
        """Whether there is an environment `name`; nothing is read."""
        return name in self._parts


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
