"""`promote check [ENV|PATH…]`: render, validate against every Kubernetes version, evaluate the rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from promote.checks import completeness, coverage, findings, inspection, policy_files
from promote.checks.coverage import Matrix
from promote.checks.findings import Verdict
from promote.checks.inspection import Rules
from promote.checks.rules import PROFILES, Rule
from promote.commands.result import Result
from promote.errors import RenderError, UsageError, nearest
from promote.kustomize import render
from promote.output import junit, sarif, verdict_report
from promote.repository import config
from promote.repository.config import Config
from promote.system import process
from promote.system.paths import shown


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for: environments, folders or files, and the rules to report."""

    targets: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    profile: str | None = None
    coverage: bool = False
    base: str | None = None
    fail_on: Literal["all", "new"] = "all"
    fix: bool = False
    write: bool = False


def run(options: Options) -> Result:
    """Judge the named environments and paths, or every environment; exit 3 where something is denied."""
    _insist_on_sense(options)
    root = config.root_of(Path.cwd())
    settings = config.load(root)
    judges = rules(root, settings, options.profile)
    if options.only:
        _insist_on(options.only, root, judges)
    paths = _paths(root, settings, options.targets)
    known = policy_files.described(root, judges.policies, silent=True)
    try:
        verdict, said, fix = (
            _fixed(options, paths, judges) if options.fix else (_verdict(options, paths, judges, root), [], {})
        )
    except RenderError as error:
        error.result = _unrendered(error, paths, known)
        raise
    seen = coverage.matrix(verdict, known, options.only)
    table = coverage.table(seen) if options.coverage else []
    text = [*said, *table, *verdict_report.verdict_text(verdict, seen)]
    everything = {**verdict_report.verdict_json(verdict), "coverage": coverage.as_json(seen), **fix}
    return Result(everything, text, 3 if verdict.denied else 0, _views(verdict, seen, known, options.only))


def _unrendered(error: RenderError, paths: Sequence[tuple[str, Path]], known: Sequence[Rule]) -> Result:
    """What programs are told where a target cannot be rendered; people read the error itself."""
    name, path = next((one for one in paths if str(error).startswith(f"{one[0]}: ")), paths[0])
    verdict = completeness.unrendered(name, shown(path, Path.cwd()), error)
    about = [rule for rule in known if rule.id == verdict.findings[0].rule]
    seen = coverage.matrix(verdict, about)
    return Result(verdict_report.verdict_json(verdict), [], error.exit_code, _views(verdict, seen, about, ()))


def _insist_on_sense(options: Options) -> None:
    if options.fail_on == "new" and not options.base:
        raise UsageError("--fail-on new needs --base REF, the commit to compare with")
    if options.write and not options.fix:
        raise UsageError("--write needs --fix, which says what to write")


def _verdict(options: Options, paths: Sequence[tuple[str, Path]], judges: Rules, root: Path) -> Verdict:
    with process.side_by_side(8) as pool:
        rendering = [pool.submit(render.folder_or_file, path, name) for name, path in paths]
        targets = [process.result(one) for one in rendering]
    verdict = inspection.inspect(targets, judges, root, options.only)
    if not options.base:
        return verdict
    # Imported here: it brings Git and the forges along.
    from promote.checks import comparison

    compared = comparison.since(options.base, paths, judges, options.only)(verdict)
    return replace(compared, forgives_old=options.fail_on == "new")


def _fixed(
    options: Options, paths: Sequence[tuple[str, Path]], judges: Rules
) -> tuple[Verdict, list[str], verdict_report.Json]:
    """The verdict on the files as they are now, and what was or could be mended, as text and as JSON."""
    from promote.commands import fixing

    made = fixing.outcome(paths, judges, options.only, options.write, options.base)
    verdict = replace(made.after if options.write else made.before, forgives_old=options.fail_on == "new")
    return verdict, fixing.text(made, options.write), {"fix": fixing.as_json(made, options.write)}


def _views(
    verdict: Verdict, seen: Matrix, known: Sequence[Rule], only: Sequence[str]
) -> dict[str, Callable[[], list[str]]]:
    """The formats that few ask for, each made when it is."""
    return {
        "github": lambda: verdict_report.verdict_github(verdict, seen),
        "junit": lambda: junit.report(verdict, known, seen, only),
        "markdown": lambda: verdict_report.verdict_markdown(verdict, seen),
        "sarif": lambda: json.dumps(sarif.log(verdict, known), indent=2).splitlines(),
    }


def _insist_on(names: tuple[str, ...], root: Path, judges: Rules) -> None:
    """Raise UsageError for a name that no rule has: restricted to it, every check would pass."""
    everyone = policy_files.described(root, judges.policies)
    known = [rule.id for rule in everyone]
    taking_part = {rule.id for rule in everyone if PROFILES.index(rule.profile) <= PROFILES.index(judges.profile)}
    for name in names:
        if name not in known:
            raise UsageError(findings.unknown_rule(name, known))
        if name not in taking_part:
            raise UsageError(f"the profile '{judges.profile}' does not have the rule '{name}': choose a larger one")


def rules(root: Path, settings: Config, profile: str | None = None) -> Rules:
    """By what the checkout's manifests are judged."""
    folders = tuple(root / folder for folder in settings.schemas)
    policies, chosen = policy_files.choose(root, settings.policies, profile or settings.profile)
    return Rules(policies, folders, settings.kubernetes, settings.live(root), chosen)


def _paths(root: Path, settings: Config, names: tuple[str, ...]) -> list[tuple[str, Path]]:
    if names:
        return [(name, _path(root, settings, name)) for name in dict.fromkeys(names)]
    if not settings.environments:
        raise UsageError("there is no promote.yaml with environments here: name a folder to check")
    return [(one.name, _path(root, settings, one.name)) for one in settings.environments.values()]


def _path(root: Path, settings: Config, name: str) -> Path:
    if name in settings.environments:
        environment = settings.environment(root, name)
        return root / environment.path
    path = Path(name)
    if path.exists():
        return path.resolve()
    known = nearest(name, settings.environments)
    raise UsageError(f"there is no environment, folder or file '{name}'{known}")
