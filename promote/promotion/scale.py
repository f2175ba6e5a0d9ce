"""Decides how many pods a service has at least: one number in one environment, or the default ones again.

The numbers are in the overlay's scale.yaml. Every environment is rendered before and after the change, which proves
that it moves these numbers in this environment and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from promote.changes.proposal import denied
from promote.changes.trailers import Trailers
from promote.checks import inspection
from promote.checks.criteria import Criteria, criteria
from promote.checks.findings import Finding, Verdict
from promote.checks.rules import PROFILES
from promote.checks.sources import Sources
from promote.cluster import workloads
from promote.cluster.client import Address
from promote.cluster.workloads import Workload
from promote.errors import CheckDenied, UsageError
from promote.gates import freeze
from promote.git.repository import Files
from promote.kustomize import differences
from promote.kustomize.differences import Difference
from promote.kustomize.render import Rendered
from promote.live import observed
from promote.model import Identity
from promote.proof import introduced
from promote.proof.effect import place_of
from promote.proof.prove import with_findings
from promote.repository.environments import Environment, Place
from promote.repository.tree import Tree
from promote.repository.workspace import Tip
from promote.scaling.overlay import Overlay, numbers
from promote.scaling.overrides import ScaleFile
from promote.scaling.services import Number, Service
from promote.system import clock

_QUOTA, _QUOTA_PROFILE = "quota.fits", "general"


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: `count` pods at least, None for the default; `service` is None for all services."""

    environment: str
    service: str | None
    count: int | None


@dataclass(frozen=True, slots=True)
class Move:
    """One number that changes: of which service, in which field of which object."""

    service: str
    owner: Identity
    path: str
    old: int
    new: int


@dataclass(frozen=True, slots=True)
class Scaling:
    """A change of replicas in one environment, decided on the commit `tip`, proved and judged."""

    tip: Tip
    environment: Environment
    moves: tuple[Move, ...] = ()
    files: Files = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    verdict: Verdict | None = None
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """What publishing it would end with: 3 for a denied manifest, else 0."""
        return CheckDenied.exit_code if self.verdict is not None and self.verdict.denied else 0

    @property
    def overrides(self) -> Trailers:
        """Nothing: gates are about versions, so that a number of pods passes them all."""
        return ()

    def noting(self, note: str) -> Self:
        """The same with one more note."""
        return replace(self, notes=(*self.notes, note))

    def insist(self) -> None:
        """Raise CheckDenied for a denied manifest."""
        if self.verdict is not None and self.verdict.denied:
            raise denied(self.verdict)


@dataclass(frozen=True, slots=True)
class Row:
    """A service, and how many pods it has at least without scale.yaml; None where nobody can say."""

    service: Service
    default: int | None


# By the workload of each service, what a cluster has of it; None where it has none.
Pods = Mapping[Identity, Workload | None]


def propose(tip: Tip, tree: Tree, request: Request) -> Scaling:
    """The change as it would be on the commit that `tree` holds, proved and judged; nothing is published.

    Raises UsageError for an unknown service and a number below 1, and CheckDenied for a number above the maximum and
    for a change that does more than this.
    """
    overlay = Overlay.of(tree, request.environment)
    before, others = overlay.all_rendered()
    nothing = Scaling(tip.on(overlay.environment.place), overlay.environment, notes=_notes(tip, overlay.environment))
    if before is None and (request.service or not overlay.file.overrides):
        before = overlay.rendered()  # raises the reason
    file = _file_as_asked(overlay, before, request)
    files = overlay.files(file)
    if not files:
        return nothing
    overlay.write(file)
    after, others_after = overlay.all_rendered()
    after = after or overlay.rendered()
    found = tuple(differences.differences(before.documents, after.documents)) if before else ()
    changed = set(overlay.file.overrides) ^ set(file.overrides)
    targets = {(one.owner, f"/spec/{one.field}") for one in changed}
    _insist_on_count(overlay, found, targets, request.count)
    _insist_on_others_unchanged(overlay.environment.name, others, others_after)
    judges = criteria(tree.root, tree.config, tree.installed)
    return replace(
        nothing,
        moves=_moves(overlay, before, after),
        files=files,
        differences=found,
        verdict=_verdict(before, after, judges, overlay),
    )


def status(tree: Tree, name: str) -> tuple[Environment, list[Row]]:
    """Every service of an environment with its numbers, also the default ones; `tree` must be a private copy."""
    overlay = Overlay.of(tree, name)
    known = overlay.services(overlay.rendered())
    overlay.write(ScaleFile(overlay.file.source))
    defaults = numbers(overlay.services(overlay.rendered()) if overlay.file.overrides else known)
    return overlay.environment, [
        Row(one, defaults.get((one.numbers[0].owner, one.numbers[0].field)) if len(one.numbers) == 1 else None)
        for one in known
    ]


def pods(environment: Environment, rows: Sequence[Row], address: Address) -> Pods:
    """How many pods of each service really run; raises ClusterError."""
    cluster = observed.reach(environment, address).cluster
    default = (environment.cluster or Place()).namespace
    every = [row.service.workload for row in rows]
    spaces = dict.fromkeys(who.namespace or default for who in every)
    found = {one.key: one for space in spaces for one in workloads.read(cluster, space)}
    return {who: found.get(workloads.key_of(who, default)) for who in every}


def _notes(tip: Tip, environment: Environment) -> tuple[str, ...]:
    notes = [tip.note] if tip.note else []
    if frozen := freeze.current_of(environment.gates, clock.now()):
        notes.append(
            f"{environment.name} is frozen until {frozen.until} ({frozen.reason}): a sync engine that has this "
            "window applies the commit when it is over, or by hand"
        )
    return tuple(notes)


def _file_as_asked(overlay: Overlay, before: Rendered | None, request: Request) -> ScaleFile:
    """The overlay's file as it is asked for."""
    file = overlay.file
    if before is None or request.service is None:
        return ScaleFile(file.source)
    service = overlay.choose(request.service, before)
    if request.count is None:
        for one in (one for one in file.overrides if any(map(one.is_for, service.numbers))):
            file = file.without(one)
        return file
    number = service.number
    _insist_on_bounds(overlay, before, number, request.count)
    there = file.of(number)
    if number.least == request.count:
        return file
    if there is not None:
        # If the number is the default one, it must follow when the default changes.
        without = file.without(there)
        overlay.write(without)
        if numbers(overlay.services(overlay.rendered())).get((number.owner, number.field)) == request.count:
            return without
    return file.with_count(number, request.count)


def _insist_on_bounds(overlay: Overlay, rendered: Rendered, number: Number, count: int) -> None:
    who = f"{number.owner.kind} {number.owner.name}"
    if count < 1:
        raise UsageError(
            f"{count} replicas would stop {who}: `scale` keeps at least 1, because an autoscaler scales nothing up "
            "from 0 by processor or memory; to stop a service, remove it from the overlay"
        )
    if number.most is not None and count > number.most:
        about = Finding("", "deny", rendered.name, number.owner, "", path=number.most_path)
        source = Sources(rendered, overlay.tree.root).of(about)
        raise CheckDenied(
            f"{count} is above {number.most}, the maximum of {who}: raise {number.most_path.rpartition('/')[2]} first"
            f"{f' ({source})' if source else ''}, or scale to {number.most} at most"
        )


def _insist_on_count(
    overlay: Overlay, found: Sequence[Difference], targets: set[tuple[Identity, str]], count: int | None
) -> None:
    """Raise CheckDenied unless the differences are those numbers, and one of them becomes `count`."""
    if rest := [one for one in found if (one.resource, one.path) not in targets]:
        shown = "; ".join(map(place_of, rest[:5]))
        raise CheckDenied(
            f"the number is not the only change in {overlay.environment.name} ({shown}): change it by hand"
        )
    if count is not None and not (len(found) == 1 and found[0].new in (count, None)):
        owners = ", ".join(sorted(str(owner) for owner, _ in targets))
        raise CheckDenied(
            f"no file in {overlay.environment.where} can change the number of {owners}: something after it sets it"
        )


def _insist_on_others_unchanged(
    environment: str, before: Mapping[str, Rendered | None], after: Mapping[str, Rendered | None]
) -> None:
    """Raise CheckDenied where the change reaches another environment."""
    for name, old in before.items():
        new = after[name]
        if old is not None and (new is None or new.text != old.text):
            raise CheckDenied(
                f"{name} is built on {environment} and would change too: write the number by hand, in a folder that "
                "only one of them uses"
            )


def _moves(overlay: Overlay, before: Rendered | None, after: Rendered) -> tuple[Move, ...]:
    if before is None:
        return ()
    old = numbers(overlay.services(before))
    return tuple(
        Move(service.name, one.owner, one.path, old[one.owner, one.field], one.least)
        for service in overlay.services(after)
        for one in service.numbers
        if old.get((one.owner, one.field), one.least) != one.least
    )


def _verdict(before: Rendered | None, rendered: Rendered, judges: Criteria, overlay: Overlay) -> Verdict:
    """What the checks say; the quota is asked about even where the profile leaves it out."""
    verdict = inspection.inspect([rendered], judges, overlay.tree.root)
    if before is not None and not judges.denies_old:
        verdict = introduced.marked(verdict, [before], judges, overlay.tree.root)
    has_quota = any(one.identity.kind == "ResourceQuota" for one in rendered.documents)
    if not has_quota or PROFILES.index(judges.profile) >= PROFILES.index(_QUOTA_PROFILE):
        return verdict
    more = inspection.inspect([rendered], replace(judges, profile=_QUOTA_PROFILE), overlay.tree.root, (_QUOTA,))
    return with_findings(verdict, tuple(one for one in more.findings if one.rule == _QUOTA))
