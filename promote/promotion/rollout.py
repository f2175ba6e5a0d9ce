"""Waits until what Git says runs: the images of the pods decide, and the engine has to be at the commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from promote.cluster.client import Address
from promote.errors import Unreachable
from promote.model import Change
from promote.promotion import live
from promote.promotion.live import Live
from promote.promotion.running import Running
from promote.repository.workspace import Workspace
from promote.versions import fields

_POLL = 5.0  # seconds between two looks
_GRACE = 90.0  # seconds that a failure may last before it counts: engines try again by themselves


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


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds, and how."""

    timeout: float
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic


def wait(
    workspace: Workspace, name: str, given: Address, patience: Patience, changes: Iterable[Change] = ()
) -> Waited:
    """Wait until an environment runs what the shared branch says of `changes`, or of everything.

    It ends before the time is over at a failure that neither the cluster nor the engine overcomes by itself.
    An API server that stops answering is asked again. Raises ClusterError.
    """
    wanted = live.expected(workspace, workspace.local_tip(), name)
    through = live.reach(wanted.environment, given)
    moved = {change.image for change in changes}
    repositories = _repositories(workspace, wanted, moved) if moved else None

    def concerns(one: Running) -> bool:
        return repositories is None or fields.split(one.image)[0] in repositories

    start, failing = patience.now(), dict[str, float]()
    seen = live.look(workspace, wanted, through)
    while True:
        missing = list(_missing(seen, concerns))
        passed = patience.now() - start
        failed = _failed(workspace, seen, concerns)
        for_good = [one for one in failed if passed - failing.setdefault(one, passed) >= _GRACE]
        if not missing or for_good or wanted.fault or passed >= patience.timeout:
            return Waited(seen, tuple(missing), passed)
        patience.sleep(min(_POLL, patience.timeout - passed))
        try:
            seen = live.look(workspace, wanted, through)
        except Unreachable:
            if patience.now() - start >= patience.timeout:
                raise


def _repositories(workspace: Workspace, wanted: live.Expected, moved: set[str]) -> set[str]:
    """What the images that moved are called where they run."""
    with workspace.at(wanted.tip.commit) as tree:
        return {image.repository for image in tree.images(wanted.environment) if image.name in moved}


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
    tried = [each for each in seen.seen if live.contains(workspace, each.part.attempted, seen.expected.tip.commit)]
    yield from (str(each.part) for each in tried if each.part.state == "failed")
    if (tried or not seen.seen) and not any(each.part.state == "working" for each in seen.seen):
        yield from (f"Job/{job.name}" for job in seen.failed_jobs)
        late = (one for one in seen.running if concerns(one) and one.pending.startswith("ProgressDeadlineExceeded"))
        yield from (one.workload for one in late)
