"""`promote check [ENV|PATH…]`: render, validate against every Kubernetes version, evaluate the rules."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from promote.checks import causes, completeness, coverage, findings, remembered, renderable
from promote.checks.criteria import Criteria, criteria
from promote.checks.findings import Verdict
from promote.checks.rules import PROFILES, Rule
from promote.commands import options
from promote.commands.result import Result
from promote.errors import RenderError, UsageError, nearest
from promote.git import sparse
from promote.kustomize import render
from promote.kustomize.render import Rendered
from promote.model import GateResult, Plan, PolicyChange
from promote.output.report import CheckReport
from promote.output.values import Json, gate_json, gate_line
from promote.output.verdicts import verdict_json, verdict_text
from promote.repository import config, trusted
from promote.repository.config import Config

if TYPE_CHECKING:
    from promote.checks.comparison import Past


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for: environments, folders or files, and the rules to report."""

    targets: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    profile: str | None = None
    coverage: bool = False
    base: str | None = None
    fail_on: Literal["all", "new"] = "all"
    skip: tuple[str, ...] = ()
    fix: bool = False
    write: bool = False
    despite: Mapping[str, str] = field(default_factory=dict)
    no_cache: bool = False


def arguments(parser: ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "targets", nargs="*", default=[], metavar="ENV|PATH", help="what to check (every environment)"
    )
    options.repeated(parser, "--only", metavar="RULE", help="only this rule's findings (repeatable)")
    base = "mark findings as new or old, compared with the commit where the checkout left REF"
    options.option(parser, "--base", metavar="REF", help=base)
    options.option(
        parser, "--fail-on", choices=("all", "new"), default="all", help="with --base: what to fail on (all)"
    )
    options.despite(parser, "policy")
    leave = "not these files and folders of a folder of manifests (repeatable)"
    options.repeated(parser, "--skip", metavar="PATTERN", help=leave)
    options.option(parser, "--fix", action="store_true", help="print a patch of what can be fixed for certain")
    options.option(parser, "--write", action="store_true", help="with --fix: also change the files")
    options.option(
        parser, "--coverage", action="store_true", help="also list to how many resources each rule applied"
    )
    fresh = "judge everything again, and compare with the verdicts that are remembered"
    options.option(parser, "--no-cache", action="store_true", help=fresh)
    options.option(parser, "--profile", choices=PROFILES, help="which rules take part (`profile:` of promote.yaml)")


def run(given: Options) -> Result:
    """Judge the named environments and paths, or every environment; exit 3 where something is denied.

    What cannot be rendered is exit 2, after the verdict on the others. With --base, exit 4 where the policy of that
    commit denies what that of the checkout allows.
    """
    _insist_on_sense(given)
    root = config.root_of(Path.cwd())
    # Nothing has to be found where every target is a path.
    is_about_paths = given.targets and all(Path(name).exists() for name in given.targets)
    settings = config.load(root) if is_about_paths else config.load_or_find(root)
    trusted.follow(settings)
    named = [[one.name for one in settings.members(name)] or [name] for name in given.targets]
    given = replace(given, targets=tuple(name for names in named for name in names))
    judges = replace(criteria(root, settings, profile=given.profile), excluded=given.skip)
    if given.only:
        _insist_on_rules(given.only, root, judges)
    elsewhere = _outside_checkout(settings, given)
    known = judges.policies.described(root, silent=True)
    # Nothing of the checkout, which may be a stranger's, is rendered before the settings of `base` are valid.
    with _open_past(given.base) as base:
        targets, unrendered, rendered = renderable.lenient(
            settings, _targets_in_checkout(root, settings, given.targets, elsewhere)
        )
        judged = _judge_apart(given, targets, rendered, judges, base, known)
    more, left_out = _judge_elsewhere(elsewhere, judges, root, given)
    verdict = completeness.beside(judged.verdict, [*unrendered, *judged.broken, *more])
    seen = coverage.matrix(verdict, known, given.only)
    verdict = causes.merged(verdict)
    table = coverage.table(seen) if given.coverage else []
    notes = [*config.assumed(settings), *left_out]
    text = [*notes, *judged.said, *table, *verdict_text(verdict, seen), *map(gate_line, judged.gates)]
    everything = {**verdict_json(verdict), "coverage": coverage.as_json(seen), **(judged.json or {}), "notes": notes}
    result = Result(everything, text, 3 if verdict.denied else 0, CheckReport(verdict, seen, known, given.only))
    if judged.fault:
        judged.fault.result = replace(result, exit_code=judged.fault.exit_code)
        raise judged.fault
    if not verdict.denied:
        _insist_on_open(judged.gates, result)
    return result


def _insist_on_open(gates: Sequence[GateResult], result: Result) -> None:
    """Raise Blocked if a gate is closed, with the `result` to print."""
    if closed := [gate for gate in gates if not gate.passed]:
        from promote.changes.proposal import blocked

        refusal = blocked(closed)
        refusal.result = replace(result, exit_code=refusal.exit_code)
        raise refusal


def _insist_on_sense(given: Options) -> None:
    if given.fail_on == "new" and not given.base:
        raise UsageError("--fail-on new needs --base REF, the commit to compare with")
    if given.write and not given.fix:
        raise UsageError("--write needs --fix, which says what to write")


class _Judged(NamedTuple):
    """A verdict, what the gate about the policy says, and what else there is to print and to return as JSON.

    `broken` are findings in place of the targets that cannot be rendered, `fault` is the error of the first.
    """

    verdict: Verdict
    gates: Sequence[GateResult] = ()
    said: Sequence[str] = ()
    json: Json | None = None
    broken: Sequence[Verdict] = ()
    fault: RenderError | None = None


@contextmanager
def _open_past(reference: str | None) -> Iterator[Past | None]:
    """The commit that the checkout is compared with, if there is one."""
    if not reference:
        yield None
        return
    # Imported here, because it imports Git and the forges.
    from promote.checks import comparison

    with comparison.past(reference) as base:
        yield base


def _judge_apart(
    given: Options,
    targets: Sequence[tuple[str, Path]],
    there: Mapping[str, Rendered],
    judges: Criteria,
    base: Past | None,
    known: Sequence[Rule],
) -> _Judged:
    """As `_judge`, or `_fix`; what cannot be rendered keeps no other target from being judged."""
    try:
        return _fix(given, targets, judges) if given.fix else _judge(given, targets, there, judges, base)
    except RenderError as error:
        # A target alone is not rendered again: it would fail with the same error.
        left, broken, rendered = renderable.apart(targets if len(targets) > 1 else (), judges.excluded)
        if not left or not broken:
            error.result = _result_of_faults(broken or [renderable.stopped(error, targets)], known, error)
            raise
        judged = _fix(given, left, judges) if given.fix else _judge(given, left, rendered, judges, base)
        return judged._replace(broken=broken, fault=error)


def _result_of_faults(broken: Sequence[Verdict], known: Sequence[Rule], error: RenderError) -> Result:
    """What programs are given where nothing is judged, and other reasons than the error, which people read anyway."""
    verdict = completeness.beside(Verdict((), ()), broken)
    about = tuple(rule for rule in known if rule.id in {one.rule for one in verdict.findings})
    seen = coverage.matrix(verdict, about)
    others = [f"not judged: {one.message}" for one in verdict.findings if one.message != str(error)]
    return Result(verdict_json(verdict), others, error.exit_code, CheckReport(verdict, seen, about))


def _judge(
    given: Options,
    targets: Sequence[tuple[str, Path]],
    there: Mapping[str, Rendered],
    judges: Criteria,
    base: Past | None,
) -> _Judged:
    """The verdict on the files as they are; what is `there`, by name, is rendered already."""
    root = config.root_of(Path.cwd())

    def load(path: Path, name: str) -> Rendered:
        return there[name] if name in there else render.folder_or_file(path, name, judges.excluded)

    if base is None:
        return _Judged(remembered.judge(targets, judges, root, given.only, load, fresh=given.no_cache))
    from promote.checks import comparison

    only, forgives = given.only, given.fail_on == "new"
    rendered = render.side_by_side(((path, name) for name, path in targets), load, renderable.WORKERS)
    known = {one.name: one for one in rendered}
    verdict = remembered.judge(targets, judges, root, only, lambda _, name: known[name], fresh=given.no_cache)
    verdict = replace(comparison.since(base, targets, judges, only)(verdict), forgives_old=forgives)
    brought = comparison.by_policy_of(base, rendered, given.targets, given.profile, only, forgives)
    gates = _ask_policy_gate(brought, given.despite)
    return _Judged(verdict, gates, json={"gates": [gate_json(gate) for gate in gates]})


def _ask_policy_gate(brought: PolicyChange | None, despite: Mapping[str, str]) -> tuple[GateResult, ...]:
    """What the gate about the policy says."""
    from promote.gates import evaluation, policy
    from promote.gates.protocol import Context
    from promote.system import clock

    context = Context(Plan("", "", (), despite=despite), (), clock.now(), policy=brought)
    return evaluation.evaluate(context, [policy.Gate()]).gates


def _fix(given: Options, targets: Sequence[tuple[str, Path]], judges: Criteria) -> _Judged:
    """The verdict on the files as they are now, and what was or could be fixed, as text and as JSON."""
    from promote.fix.apply import corrected
    from promote.output.fixes import fixes_json, fixes_text

    made = corrected(targets, judges, given.only, given.write, given.base)
    verdict = replace(made.after if given.write else made.before, forgives_old=given.fail_on == "new")
    return _Judged(verdict, (), fixes_text(made, given.write), {"fix": fixes_json(made, given.write)})


def _insist_on_rules(names: tuple[str, ...], root: Path, judges: Criteria) -> None:
    """Raise UsageError for a name that no rule has: restricted to it, every check would pass."""
    everyone = judges.policies.described(root)
    known = [rule.id for rule in everyone]
    taking_part = {rule.id for rule in everyone if PROFILES.index(rule.profile) <= PROFILES.index(judges.profile)}
    for name in names:
        if name not in known:
            raise UsageError(findings.unknown_rule(name, known))
        if name not in taking_part:
            raise UsageError(f"the profile '{judges.profile}' does not have the rule '{name}': choose a larger one")


def _outside_checkout(settings: Config, given: Options) -> list[str]:
    """The environments on branches of their own among those that are asked for.

    Raises UsageError where one is named, and all that is asked for is about the checkout.
    """
    every, known = given.targets or tuple(settings.environments), settings.environments
    found = [name for name in every if (one := known.get(name) or known.get(name.partition("/")[0])) and one.place]
    if found and given.targets and (given.base or given.fix):
        raise UsageError(
            f"{found[0]} is not in the checkout, which --base and --fix are about: leave it out, or name its folder "
            "in a checkout of its branch"
        )
    return found


def _judge_elsewhere(
    names: Sequence[str], judges: Criteria, root: Path, given: Options
) -> tuple[list[Verdict], list[str]]:
    """The verdicts on environments that are not in the checkout, and what is left out of them."""
    if given.base or given.fix:
        return [], [
            f"{name} is left out: it is not in the checkout, and this is about the checkout" for name in names
        ]
    if not names:
        return [], []
    # Imported here, because it imports Git and the forges.
    from promote.checks import on_branches

    return on_branches.verdicts(names, judges, root, given.only, all_of_them=bool(given.targets))


def _targets_in_checkout(
    root: Path, settings: Config, names: tuple[str, ...], elsewhere: Sequence[str]
) -> list[tuple[str, Path]]:
    """What to check of the checkout, by name."""
    if not names and not settings.environments:
        raise UsageError("there is no promote.yaml here, and no environment was found: name a folder to check")
    wanted = dict.fromkeys(names or settings.environments)
    return [(name, _path_of(root, settings, name)) for name in wanted if name not in elsewhere]


def _path_of(root: Path, settings: Config, name: str) -> Path:
    if name in settings.environments:
        return root / settings.environment(root, name).path
    if Path(name).exists():
        return Path(name).resolve()
    if (root / name).is_dir():
        return (root / name).resolve()
    raise UsageError(
        f"there is no environment, folder or file '{name}'{sparse.hint(root / name) or nearest(name, settings.names)}"
    )
