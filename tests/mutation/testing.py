"""Runs the tests of the manifests against mutants: collected once, then each mutant in a fork of its own."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

from tests.manifests import render
from tests.manifests.render import REPOSITORY, Object, Render
from tests.mutation.manifests import Mutant

# A test that takes longer renders something itself, and so does not look at the mutant.
_QUICK = 0.5  # seconds of the processor, which do not depend on what else the machine does


class _Loop:
    """Takes the place of pytest's own loop over the collected tests."""

    def __init__(
        self, directory: Path, objects: Sequence[Object], mutants: Sequence[Mutant], first: Sequence[Collection[str]]
    ) -> None:
        self.directory, self.objects, self.mutants, self.first = directory, objects, mutants, first
        self.noticed: list[str] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Find the tests that are quick and pass, then the first of them that fails for each mutant."""
        others = {one for one in render.ENVIRONMENTS if one != self.directory.name}
        items = [item for item in session.items if not others & set(_words(item.nodeid))]
        names = set(_heard(_fork(partial(self._passing, items))).splitlines())
        quick = [item for item in items if item.nodeid in names]
        assert quick, "no test of the manifests passes without a mutant"
        asked = zip(self.mutants, self.first, strict=True)
        self.noticed += _in_turn(partial(self._first, _before(quick, first), mutant) for mutant, first in asked)
        return True

    def _passing(self, items: Iterable[pytest.Item]) -> Iterator[str]:
        _replace(self.directory, Render(tuple(self.objects), ""))
        for item in items:
            started = sum(os.times()[:4])
            if _outcomes(item) == {"passed"} and sum(os.times()[:4]) - started < _QUICK:
                yield item.nodeid

    def _first(self, items: Iterable[pytest.Item], mutant: Mutant) -> Iterator[str]:
        changed = mutant.of(self.objects)
        instead = [changed] if changed else []
        objects = (*self.objects[: mutant.number], *instead, *self.objects[mutant.number + 1 :])
        _replace(self.directory, Render(objects, ""))
        failed = (item.nodeid for item in items if "failed" in _outcomes(item))
        yield next(failed, "")


def noticing(
    directory: Path, objects: Sequence[Object], mutants: Sequence[Mutant], first: Sequence[Collection[str]]
) -> list[str]:
    """For each mutant of what a directory renders, the first test that fails; empty where all pass.

    `first` are, for each mutant, the tests to begin with.
    """
    loop = _Loop(directory, objects, mutants, first)
    options = ["-q", "-m", "not thorough", "-p", "no:cacheprovider", "-s"]
    pytest.main([*options, str(REPOSITORY / "tests/manifests")], plugins=[loop])
    assert len(loop.noticed) == len(mutants), "the tests could not be collected"
    return loop.noticed


def _before(items: Iterable[pytest.Item], first: Collection[str]) -> list[pytest.Item]:
    return sorted(items, key=lambda item: item.nodeid.partition("[")[0].rpartition("::")[2] not in first)


def _words(nodeid: str) -> list[str]:
    return nodeid.rpartition("[")[2].rstrip("]").split("-")


def _outcomes(item: pytest.Item) -> set[str]:
    return {report.outcome for report in runtestprotocol(item, log=False)}


def _replace(directory: Path, mutant: Render) -> None:
    """Let everybody who asks for what the directory renders have the mutant."""
    original = render.render

    def rendered(asked: Path) -> Render:
        if asked != directory:
            # A line that is weakened in base is weakened in all that is rendered: comparing would prove nothing.
            pytest.skip("looks at more than the mutant")
        return mutant

    for name, module in list(sys.modules.items()):
        if name.startswith("tests.manifests") and getattr(module, "render", None) is original:
            module.render = rendered  # type: ignore[attr-defined]


_Child = tuple[int, int]  # its process, and the end of the pipe to read from


def _in_turn(tasks: Iterable[Callable[[], Iterable[str]]]) -> Iterator[str]:
    """What each task answers, in their order; as many at once as there are processors."""
    started: deque[_Child] = deque()
    for task in tasks:
        started.append(_fork(task))
        if len(started) == (os.cpu_count() or 1):
            yield _heard(started.popleft())
    yield from map(_heard, started)


def _fork(answer: Callable[[], Iterable[str]]) -> _Child:
    """A copy of this process that answers, and leaves no trace in this one."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, "\n".join(answer()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    return child, reading


def _heard(child: _Child) -> str:
    process, reading = child
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    os.waitpid(process, 0)
    return said
