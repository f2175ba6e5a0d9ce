"""Conducts a canary: asks Prometheus between two steps, and commits the next step or the way back.

Nothing is remembered between two runs: the state is in Git, a step began at the date of its commit, and whether it is
good is in Prometheus.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from promote.changes.proposal import Proposal
from promote.errors import Blocked, ConfigError, NetworkError
from promote.model import Document, Version
from promote.promotion.deliver import Delivery, Published, Wording, deliver
from promote.repository.canary import Canary as Settings
from promote.repository.tree import Tree
from promote.repository.workspace import Tip, Workspace
from promote.strategy import canary
from promote.strategy.canary import Canary, Request, Step
from promote.strategy.prometheus import LONGEST_REASON
from promote.strategy.running import Pending
from promote.system import clock, durations

Ask = Callable[[str], float | None]  # the answer of Prometheus to a query, None without data
# The wording of a step or, where there is none, of the way back and its reason.
Describe = Callable[[Proposal, Request, Step | None, str], Wording]


@dataclass(frozen=True, slots=True)
class Pace:
    """The clock, how to let seconds pass, and where to report what happens meanwhile."""

    now: Callable[[], datetime] = clock.now
    sleep: Callable[[float], None] = clock.pause
    say: Callable[[str], None] = lambda _: None


class Judgement(NamedTuple):
    """What the checks say of a version, unknown where one of them has no data, and why."""

    verdict: Literal["good", "bad", "unknown"]
    reason: str


@dataclass(frozen=True, slots=True)
class Made:
    """A commit of this run; without a step, it is the way back."""

    step: Step | None
    proposal: Proposal
    published: Published


@dataclass(slots=True)
class Outcome:
    """How a run ended: what it committed, what it waits for, and why the version was taken back, if it was.

    `stable`, `canary` and `share` are what the workloads had when it looked last.
    """

    made: list[Made] = field(default_factory=list)
    waiting: str = ""
    failed: str = ""
    stable: Version = field(default_factory=Version)
    canary: Version = field(default_factory=Version)
    share: str = ""

    @property
    def exit_code(self) -> int:
        """4 where the version was taken back, else 0."""
        return Blocked.exit_code if self.failed else 0


class _Seen(NamedTuple):
    """The state on the newest commits, the step that comes next, and since when the state is so."""

    commits: Mapping[str, str]
    state: Canary
    step: Step
    since: datetime


class _Wait(NamedTuple):
    """What a step waits for, empty where it waits for nothing; `late` if that should be there by now."""

    reason: str = ""
    late: bool = False


def judge(settings: Settings, ask: Ask, workload: str, service: str, namespace: str) -> Judgement:
    """Ask every check about one workload: bad if one is above its threshold, else unknown if one has no data."""
    found: dict[Literal["good", "bad", "unknown"], list[str]] = {}
    for check in settings.checks:
        try:
            value = ask(check.about(workload, service, namespace))
        except (NetworkError, ConfigError) as error:
            found.setdefault("unknown", []).append(str(error))
            continue
        if value is None:
            found.setdefault("unknown", []).append(f"no data for {check.name} of {workload}")
        elif value > check.above:
            found.setdefault("bad", []).append(f"{check.name} of {workload} is {value:.4g}, above {check.above:g}")
        else:
            found.setdefault("good", []).append(f"{check.name} is {value:.4g}")
    worst = next(verdict for verdict in ("bad", "unknown", "good") if verdict in found)
    return Judgement(worst, ", ".join(found[worst]))


@dataclass(slots=True)
class Conductor:
    """One run of `promote canary`; `once` ends it after one commit, or when there is something to wait for."""

    workspace: Workspace
    request: Request
    settings: Settings
    ask: Ask
    describe: Describe
    pending: Pending | None = None
    once: bool = False
    pace: Pace = field(default_factory=Pace)
    outcome: Outcome = field(default_factory=Outcome)
    _seen: _Seen | None = None
    _known: datetime | None = None  # when this run last had data, at first its start

    def run(self) -> Outcome:
        """Step after step, until nothing is left, the version is taken back, or `once` is done.

        Raises what a step raises: Blocked for a gate, CheckDenied for a rule. The next run goes on from there.
        """
        self._known = self.pace.now()
        while True:
            seen = self._look()
            if seen.step.kind in ("done", "stay"):
                return self.outcome
            wait = self._wait(seen)
            if self.outcome.failed:
                self._commit(None)
                self._look()
                return self.outcome
            if wait.reason and wait.reason != self.outcome.waiting:
                self.pace.say(wait.reason)
            self.outcome.waiting = wait.reason
            if not wait.reason:
                self._commit(seen.step)
            if self.once and not wait.late:
                self._look()
                return self.outcome
            if wait.reason:
                self.pace.sleep(self.settings.interval.total_seconds())

    def _look(self) -> _Seen:
        """The state on the newest tip; a tip that has not moved is not rendered again."""
        tip = self.workspace.branches.tip()
        if self._seen is None or self._seen.commits != tip.commits:
            with self.workspace.at(tip) as tree:
                state = canary.read(self.workspace, tip, tree, self.request)
            step = canary.following(state, self.request.version, self.request.steps)
            here, line = state.here, self.workspace.branches.line(state.here.tip.place)
            since = line.repository.last_changed(here.tip.commit, here.environment.own_path)
            self._seen = _Seen(tip.commits, state, step, since)
            self.outcome.stable, self.outcome.canary = state.image.version, state.twin.version
            self.outcome.share = state.traffic.now
        return self._seen

    def _wait(self, seen: _Seen) -> _Wait:
        """What the next step waits for; sets `failed` where the version is bad."""
        state, step, settings = seen.state, seen.step, self.settings
        if step.proof == "none":
            for check in settings.checks:
                self.ask(check.about("none", "none", "none"))  # raises before anything is committed
            return _Wait()
        workload = state.stable if step.kind == "withdraw" else state.canary
        who, now, until = workload.identity, self.pace.now(), seen.since + settings.duration
        if step.proof == "ready":
            return self._ready(workload, until)
        verdict, reason = judge(settings, self.ask, who.name, self.request.service, who.namespace)
        if verdict == "unknown":
            if now - max(seen.since, self._known or now) > settings.patience:
                self.outcome.failed = f"{reason}, for more than {settings.patience.total_seconds():.0f} s"
            return _Wait(reason, late=now - seen.since > settings.patience)
        self._known = now
        if verdict == "bad":
            self.outcome.failed = reason
        if verdict == "bad" or now < until:
            return _Wait(f"{reason}; it must stay good until {durations.moment(until)}")
        # A rollout takes as long as it takes: what the canary does not get, the pods of the version before do.
        pending = self.pending(workload) if self.pending else ""
        return _Wait(f"{who.name}: {pending}" if pending else "")

    def _ready(self, workload: Document, until: datetime) -> _Wait:
        """What a workload without traffic waits for; where nobody can be asked, it has as much time as a step."""
        name, now = workload.identity.name, self.pace.now()
        if self.pending is None:
            return _Wait(f"{name} has until {durations.moment(until)} to start" if now < until else "")
        if (problem := self.pending(workload)) and now > until + self.settings.patience:
            self.outcome.failed = f"{name} does not become ready: {problem[:LONGEST_REASON]}"
        return _Wait(f"{name}: {problem}" if problem else "")

    def _commit(self, step: Step | None) -> None:
        """Make one step or, without one, the way back, on the newest tip; nothing where others were faster."""

        def propose(tip: Tip, tree: Tree) -> Proposal:
            state = canary.read(self.workspace, tip, tree, self.request)
            if step is None:
                return canary.abort(state, self.workspace, self.request.version, self.outcome.failed)
            if canary.following(state, self.request.version, self.request.steps) != step:
                return state.here.planned(state.here.versions)
            return canary.propose(state, self.request, step)

        def describe(proposal: Proposal) -> Wording:
            return self.describe(proposal, self.request, step, self.outcome.failed)

        proposal, published = deliver(self.workspace, Delivery(None), propose, describe)
        if published.changed:
            self.outcome.made.append(Made(step, proposal, published))
            self.pace.say(f"{describe(proposal).title}: {published.commit}")
