"""`promote canary ENV SERVICE NAME=VERSION`: gives a version more traffic step by step, or takes it back."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from promote.changes.proposal import Proposal
from promote.cluster.client import Address
from promote.commands import editing, options
from promote.commands.result import Result
from promote.errors import UsageError
from promote.output import strategies
from promote.promotion import bump
from promote.promotion.deliver import Delivery, Wording, deliver
from promote.repository.tree import Tree
from promote.repository.workspace import Tip, Workspace
from promote.strategy import canary, running
from promote.strategy.canary import Request, Step
from promote.strategy.conduct import Conductor, Pace
from promote.strategy.prometheus import Prometheus
from promote.system import clock, progress

_STEPS = "5,25,50,100"


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for; `version` is the text NAME=TAG[@DIGEST], `steps` shares with commas."""

    environment: str
    service: str
    version: str
    steps: str = _STEPS
    once: bool = False
    abort: bool = False
    reason: str = ""
    kubeconfig: str | None = None
    context: str | None = None
    dry_run: bool = False
    despite: Mapping[str, str] = field(default_factory=dict)


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    options.environment(parser)
    parser.add_argument("service", metavar="SERVICE", help="the Deployment; SERVICE-canary gets the new version")
    parser.add_argument("version", metavar="NAME=TAG[@DIGEST]", help="the version to try")
    steps = f"the shares of the traffic in percent; 100 gives the version to SERVICE ({_STEPS})"
    options.option(parser, "--steps", default=_STEPS, metavar="N,N…", help=steps)
    once = "make one step, or say what it waits for: for jobs that run on a schedule"
    options.option(parser, "--once", action="store_true", help=once)
    options.option(parser, "--abort", action="store_true", help="take the version back now, and hold it")
    options.option(parser, "--reason", default="", metavar="TEXT", help="with --abort: why; it is kept with the hold")
    options.cluster(parser)
    options.dry_run(parser)
    options.despite(parser)


def run(given: Options) -> Result:
    """Conduct the canary on the shared branch; exit 4 where the version was taken back."""
    name, version = bump.parse_version(given.version)
    request = Request(given.environment, given.service, name, version, _shares(given.steps), given.despite)
    workspace = Workspace.here()
    if given.abort or given.dry_run:
        return _one(workspace, request, given)
    environment = workspace.environment(given.environment)
    if environment.canary is None:
        raise UsageError(f"promote.yaml does not say how {environment.name} judges a canary: "
                         "set `canary: {prometheus: URL}` there; docs/strategies.md shows it")  # fmt: skip
    ask = Prometheus(environment.canary.prometheus).ask
    pending = running.pending(environment, Address(given.kubeconfig, given.context))
    pace = Pace(clock.now, clock.pause, progress.report)
    conductor = Conductor(workspace, request, environment.canary, ask, strategies.canary, pending, given.once, pace)
    outcome = conductor.run()
    json, text = strategies.outcome_json(outcome, request), strategies.outcome_text(outcome, request)
    return Result(json, text, outcome.exit_code)


def _shares(text: str) -> tuple[int, ...]:
    try:
        found = tuple(int(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"--steps {text} is not a list of percents, such as {_STEPS}") from None
    canary.insist_on_steps(found)
    return found


def _one(workspace: Workspace, request: Request, given: Options) -> Result:
    """The way back, or the next step without a commit."""
    found: list[Step] = []

    def propose(tip: Tip, tree: Tree) -> Proposal:
        state = canary.read(workspace, tip, tree, request)
        if given.abort:
            return canary.abort(state, workspace, request.version, given.reason or "ended by hand")
        found[:] = [canary.following(state, request.version, request.steps)]
        if found[0].kind in ("done", "stay"):
            return state.here.planned(state.here.versions)
        return canary.propose(state, request, found[0])

    def describe(proposal: Proposal) -> Wording:
        return strategies.canary(proposal, request, None, given.reason)

    proposal, published = deliver(workspace, Delivery(None, dry_run=given.dry_run), propose, describe)
    done = editing.result(proposal, published)
    if not found:
        return done
    step = f"next step: {found[0].kind}" + (f" to {found[0].share} %" if found[0].share else "")
    return replace(done, text=[step, *done.text])
