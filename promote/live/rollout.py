"""Waits until what Git says runs: the images of the pods decide, and the engine has to be at the commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from promote.cluster.client import Address
from promote.errors import NetworkError, RaceLost, Unreachable
from promote.live import observed
from promote.live.observed import Expected, Live
from promote.live.running import KINDS, Running
from promote.model import Change
from promote.repository.workspace import Workspace
from promote.system import clock
from promote.versions import fields

_POLL = 5.0  # seconds between two looks
_REFRESH = 30.0  # seconds between two questions to Git for newer commits
_GRACE = 90.0  # seconds that a failure may last before it counts: engines try again by themselves


@dataclass(frozen=True, slots=True)
class Moved:
    """The images that a merge moved, on the commit `past` of the branch at `place` of a tree."""

    changes: tuple[Change, ...]
    past: str
    place: str = ""


@dataclass(frozen=True)
class Waited:
    """How a wait ended: the last look, and what was still missing, empty where everything runs."""

    live: Live
    missing: tuple[str, ...]
    seconds: float

    @property
    def is_done(self) -> bool:
        """Whether everything that was waited for runs."""
        return not self.missing


def wait(workspace: Workspace, name: str, given: Address, timeout: float, moved: Moved | None = None) -> Waited:
    """Wait until an environment runs what the shared branch says of the images that `moved`, or of everything.

    It ends after `timeout` seconds, and before that at a failure that neither the cluster nor the engine overcomes by
    itself. An API server that stops answering is asked again, and so is Git for newer commits. Raises ClusterError.
    """
    start, asked, failing = clock.elapsed(), 0.0, dict[str, float]()
    wanted = _after(workspace, name, *((moved.past, moved.place) if moved else ("", "")), timeout)
    through = observed.reach(wanted.environment, given)
    concerns = _concerns(workspace, wanted, moved)
    seen = observed.look(workspace, wanted, through)
    while True:
        missing = list(_missing(seen, concerns))
        passed = clock.elapsed() - start
        failed = _failed(workspace, seen, concerns)
        for_good = [one for one in failed if passed - failing.setdefault(one, passed) >= _GRACE]
        if not missing or for_good or wanted.fault or passed >= timeout:
            return Waited(_noted(seen, concerns), tuple(missing), passed)
        clock.pause(min(_POLL, timeout - passed))
        try:
            if passed - asked >= _REFRESH:
                wanted, asked = _newest(workspace, wanted), passed
            seen = observed.look(workspace, wanted, through)
        except Unreachable:
            if clock.elapsed() - start >= timeout:
                raise


def _after(workspace: Workspace, name: str, past: str, place: str, timeout: float) -> Expected:
    """What the branch at `place` says once it has moved on from the commit `past`: a forge may show a merge late."""
    deadline = clock.elapsed() + timeout
    while (tip := workspace.branches.local_tip().on(place)).commit == past and clock.elapsed() < deadline:
        clock.pause(_POLL)
    return observed.expected(workspace, tip, name)


def _newest(workspace: Workspace, wanted: Expected) -> Expected:
    """What the shared branch says now, because somebody may have pushed; as before where Git does not answer."""
    try:
        tip = workspace.branches.local_tip().on(wanted.tip.place)
    except (NetworkError, RaceLost):
        return wanted
    same = tip.commit == wanted.tip.commit
    return wanted if same else observed.expected(workspace, tip, wanted.environment.name)


def _concerns(workspace: Workspace, wanted: Expected, moved: Moved | None) -> Callable[[Running], bool]:
    """Whether an image is waited for: one that moved, by what it is called where it runs."""
    if moved is None:
        return lambda _: True
    names = {change.image for change in moved.changes}
    with workspace.at(wanted.tip) as tree:
        repositories = {image.repository for image in tree.images(wanted.environment) if image.name in names}
    return lambda one: fields.split(one.image)[0] in repositories


def _noted(seen: Live, concerns: Callable[[Running], bool]) -> Live:
    if seen.expected.fault or any(map(concerns, seen.running)):
        return seen
    note = f"nothing that keeps running has these images ({', '.join(KINDS)}), so no pod was waited for"
    return replace(seen, notes=(*seen.notes, note))


def _missing(seen: Live, concerns: Callable[[Running], bool]) -> Iterator[str]:
    if seen.expected.fault:
        yield f"{seen.expected.tip.commit[:12]} cannot be rendered: {seen.expected.fault}"
    for one in seen.running:
        if concerns(one) and (problem := one.difference or one.pending):
            yield f"{one.workload}: {problem}"
    yield from (f"{each.part}: {each.difference}" for each in seen.seen if each.difference)
    yield from (f"Job/{job.name} failed" for job in seen.failed_jobs)


def _failed(workspace: Workspace, seen: Live, concerns: Callable[[Running], bool]) -> Iterator[str]:
    """What has failed, by name: nothing as long as the engine has not tried this commit, or still tries."""
    tip = seen.expected.tip
    repository = workspace.branches.line(tip.place).repository
    tried = [each for each in seen.seen if observed.contains(repository, each.part.attempted, tip.commit)]
    yield from (str(each.part) for each in tried if each.part.state == "failed")
    if (tried or not seen.seen) and not any(each.part.state == "working" for each in seen.seen):
        yield from (f"Job/{job.name}" for job in seen.failed_jobs)
        late = (one for one in seen.running if concerns(one) and one.pending.startswith("ProgressDeadlineExceeded"))
        yield from (one.workload for one in late)
