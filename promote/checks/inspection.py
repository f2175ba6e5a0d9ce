"""Lets kubeconform and conftest judge rendered manifests at the same time, and collects their verdicts."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promote.checks import completeness, conftest, defined, findings, kubeconform, schemas, waivers
from promote.checks.conftest import CAPABILITIES, CHANGES, EVALUATION, MAIN
from promote.checks.criteria import Criteria
from promote.checks.findings import Finding, Target, Verdict
from promote.checks.judged import Judged
from promote.checks.policies import Bundle
from promote.errors import RenderError, ToolError
from promote.kustomize import documents
from promote.kustomize.render import Rendered, resembles_object
from promote.system import process, tools
from promote.system.paths import shown, without_copies
from promote.yamltext import reader

if TYPE_CHECKING:
    from promote.checks.sources import Origins

# What conftest says of a rule; and of a function that is not in CAPABILITIES, or nowhere.
_FAULT = re.compile(r"(?<!\S)(\S+\.rego):(\d+): rego_\w+: (.+)")
_FORBIDDEN = "undefined function "
_OF_CONFTEST = {"namespace": str, "successes": int}
_OF_KUBECONFORM = dict.fromkeys(("filename", "kind", "name", "version", "status", "msg"), str)
# Programs at the same time, each with 150 MB; and how large a target then may be, in characters, in keys and values.
_WORKERS, _SMALL_TEXT, _SMALL = 3, 1 << 20, 40_000


def inspect(
    targets: Sequence[Rendered], criteria: Criteria, root: Path, only: Sequence[str] = (), ask: Origins | None = None
) -> Verdict:
    """Judge every target by all rules, or those that `only` names; sources are named relative to `root`.

    `ask` returns the files of objects; a caller that keeps its answers passes it.

    Raises ConfigError when the rules cannot be found or the waivers not be followed, ToolError when a program
    fails to answer.
    """
    return verdict(judged(targets, criteria, root, ask), criteria, root, only)


def judged(targets: Sequence[Rendered], criteria: Criteria, root: Path, ask: Origins | None = None) -> list[Judged]:
    """What the programs find in each target by all rules, without waivers; raises errors as `inspect` does."""
    evaluated, are_open = _evaluated(targets, criteria, root)
    with process.side_by_side(len(targets)) as pool:
        # If the files leave a doubt, each finding needs one more run of kustomize.
        found = [one for _, one in evaluated]
        waiting = [pool.submit(_located, *one, root, ask) for one in zip(found, targets, strict=True)]
        located = [process.result(one) for one in waiting]
    who = [tuple(one.identity for one in rendered.documents) for rendered in targets]
    return [
        Judged(target, tuple(part), own, not rendered.files, is_open)
        for (target, _), part, own, rendered, is_open in zip(evaluated, located, who, targets, are_open, strict=True)
    ]


def verdict(each: Sequence[Judged], criteria: Criteria, root: Path, only: Sequence[str] = ()) -> Verdict:
    """The verdict on all targets together, with the waivers of today; raises ConfigError for invalid ones."""
    entries = criteria.policies.waived(criteria.home or root, criteria.today)
    found = waivers.applied((finding for one in each for finding in one.findings), entries, criteria.today)
    looked = []
    for one in each:
        took_part = {*one.target.rules, *waivers.OF_SCHEMAS}
        rules = took_part & set(only) if only else took_part
        looked.append(waivers.seen(one.target.name, rules, one.who, whole=one.whole))
    about_waivers = waivers.reports(entries, found, looked, criteria.today)
    shown_ones = findings.in_order([*findings.restricted(found, only), *about_waivers])
    return Verdict(tuple(one.target for one in each), shown_ones)


def inspect_change(facts: Mapping[str, Any], criteria: Criteria) -> tuple[Finding, ...]:
    """What the rules `change.*` find in a change; nothing where the repository has none of them.

    Raises ToolError when conftest fails to answer.
    """
    rules = criteria.policies.of_changes(criteria.profile)
    if not rules:
        return ()
    loaded = [part for path in rules for part in ("--policy", str(path))]
    with tempfile.TemporaryDirectory(prefix="promote-change-") as temporary:
        file = Path(temporary, "change.json")
        file.write_text(json.dumps(facts), encoding="utf-8")
        done = tools.run(
            "conftest", "test", file, "--namespace", CHANGES, "--output", "json", "--no-color",
            "--fail-on-warn=false", "--capabilities", CAPABILITIES, *loaded,
            reads=[file, CAPABILITIES, *rules], cwd=file.parent,
        )  # fmt: skip
    answer = _entries("conftest", _answer("conftest", done), _OF_CONFTEST)
    if not any(one["successes"] or one.get("failures") or one.get("warnings") for one in answer):
        raise ToolError("conftest gave no verdict: no rule about the change was evaluated")
    gentle = criteria.policies.bundle(criteria.profile).only_warn
    return conftest.from_conftest(answer, str(facts["to"]), gentle).findings


def _evaluated(
    targets: Sequence[Rendered], criteria: Criteria, root: Path
) -> tuple[list[tuple[Target, list[Finding]]], list[bool]]:
    """What the programs find in each target, and for each whether files other than its own decide it, too."""
    chosen = criteria.policies.bundle(criteria.profile)
    _refuse_excess(targets)
    # All targets at the same time: one after the other takes less memory and more time.
    small = all(len(one.text) <= _SMALL_TEXT and reader.at_most(one.text) <= _SMALL for one in targets)
    with (
        tempfile.TemporaryDirectory(prefix="promote-check-") as temporary,
        process.side_by_side(_WORKERS if small else 1) as pool,
    ):
        files = [Path(temporary) / f"{number}.yaml" for number in range(len(targets))]
        for file, target in zip(files, targets, strict=True):
            file.write_text(target.text, encoding="utf-8")
        about = [_about(file, target, criteria, chosen) for file, target in zip(files, targets, strict=True)]
        evaluations = [pool.submit(_conftest, file, chosen, said) for file, said in zip(files, about, strict=True)]
        kinds = set().union(*(documents.kinds(target.text) for target in targets))
        custom, are_open = _custom(targets, kinds, criteria, root, Path(temporary))
        validations = {
            version: pool.submit(_kubeconform, files, version, kinds, custom) for version in criteria.kubernetes
        }
        # Parsed here: while the other programs work, or when their memory is free again.
        for waiting in () if small else (*evaluations, *validations.values()):
            process.result(waiting)
        for target in targets:
            _ = target.documents
        answers = {version: process.result(validation) for version, validation in validations.items()}
        found = []
        for target, file, evaluation in zip(targets, files, evaluations, strict=True):
            of_file = {
                version: [one for one in answer if one["filename"] == str(file)]
                for version, answer in answers.items()
            }
            path = shown(target.folder, root.resolve())
            found.append(_judge(target, path, process.result(evaluation), of_file, chosen))
        return found, are_open


def _custom(
    targets: Sequence[Rendered], kinds: set[tuple[str, str]], criteria: Criteria, root: Path, folder: Path
) -> tuple[list[str], list[bool]]:
    """Where kubeconform finds the schemas of custom resources, and by target whether others may define its own."""
    packaged = schemas.packaged()
    own = [one for one in criteria.schemas if one not in packaged]
    rest = [one for one in criteria.schemas if one in packaged]
    schemas.insist_on_names(kinds)
    for version in criteria.kubernetes:
        schemas.location(version, kinds)
    foreign = defined.lacking(kinds, own, criteria.kubernetes)
    texts = [one.text for one in targets]
    are_disturbed = defined.disturbed(texts, foreign)
    own += defined.in_targets(texts, foreign, folder / "defined-here")
    own += rest
    unknown = defined.lacking(foreign, own, criteria.kubernetes)
    own += defined.in_repository(criteria.home or root, unknown, folder / "defined-elsewhere")
    return schemas.of_custom_resources(own, kinds), [bool(unknown) or one for one in are_disturbed]


def _refuse_excess(targets: Sequence[Rendered]) -> None:
    """Raise RenderError where the targets together are more than a check may hold."""
    texts = [target.text for target in targets]
    if sum(map(len, texts)) > reader.MOST_CHARACTERS or (
        sum(map(reader.at_most, texts)) > reader.MOST_NODES and sum(map(reader.size, texts)) > reader.MOST_NODES
    ):
        raise RenderError(
            f"{', '.join(target.name for target in targets)}: more than {reader.MOST_CHARACTERS >> 20} MiB or "
            f"{reader.MOST_NODES:,} keys and values: check fewer targets at once, or parts of one"
        )


def _judge(
    rendered: Rendered, path: str, evaluation: Any, validation: Mapping[str, list[Any]], chosen: Bundle
) -> tuple[Target, list[Finding]]:
    known = rendered.documents
    if not known:
        # The programs take an empty file for one empty document.
        target = Target(rendered.name, path, 0, 0, 0)
        return target, completeness.unseen(target, {})
    judged = conftest.from_conftest(evaluation, rendered.name, chosen.only_warn)
    by_version = {
        version: kubeconform.from_kubeconform(found, rendered.name, known, chosen.needs_schemas)
        for version, found in validation.items()
    }
    fewest = min((number for number, _ in by_version.values()), default=0)
    skipped = [file for file, _ in rendered.skipped]
    unread = _below(rendered, sorted((*rendered.unread, *rendered.excluded, *skipped)))
    target = Target(rendered.name, path, len(known), judged.documents, fewest, judged.rules, judged.subjects, unread)
    findings = list(judged.findings)
    findings += kubeconform.across_versions({version: found for version, (_, found) in by_version.items()})
    accounted = {
        version: number + kubeconform.without_schema(found) for version, (number, found) in by_version.items()
    }
    findings += completeness.unseen(target, accounted, len(chosen.ids))
    reasons = [reason for _, reason in rendered.skipped]
    findings += completeness.skipped(zip(_below(rendered, skipped), reasons, strict=True), rendered.name)
    findings += completeness.unread(_below(rendered, filter(resembles_object, rendered.unread)), rendered.name)
    findings += completeness.repeated([document.identity for document in known], rendered.name)
    return target, findings


def _below(rendered: Rendered, files: Iterable[Path]) -> tuple[str, ...]:
    return tuple(file.relative_to(rendered.folder).as_posix() for file in files)


def _located(findings: list[Finding], rendered: Rendered, root: Path, ask: Origins | None) -> list[Finding]:
    if not findings:
        return []
    # Imported here: most checks find nothing.
    from promote.checks.sources import Sources

    sources = Sources(rendered, root, ask)
    return [replace(finding, source=sources.of(finding), place=sources.place(finding)) for finding in findings]


def _about(file: Path, target: Rendered, criteria: Criteria, chosen: Bundle) -> Path:
    """A file with what the rules judge: the target, whether it is live, the Kubernetes version, the tables."""
    about = file.with_suffix(".target.json")
    live = target.folder.resolve() in {folder.resolve() for folder in criteria.live}
    # What an older version refuses must not be deployed to it.
    oldest = min(criteria.kubernetes, key=lambda version: [int(part) for part in version.split(".")])
    said = {"name": target.name, "live": live, "kubernetes": oldest, "once": True, "tables": sorted(chosen.tables)}
    about.write_text(json.dumps({"target": said}), encoding="utf-8")
    return about


def _kubeconform(
    files: Sequence[Path], version: str, kinds: Iterable[tuple[str, str]], custom: Sequence[str]
) -> list[Any]:
    places = [schemas.location(version, kinds), *custom]
    options = [part for place in places for part in ("-schema-location", place)]
    # One worker, so that the answers come in the order of the documents.
    done = tools.run(
        "kubeconform", "-strict", "-verbose", "-n", "1", "-output", "json",
        "-kubernetes-version", f"{version}.0", *options, *files, reads=[*files, *schemas.read_at(places, kinds)],
    )  # fmt: skip
    answer = _answer("kubeconform", done)
    found = answer.get("resources") if isinstance(answer, dict) else None
    return [one for one in _entries("kubeconform", found, _OF_KUBECONFORM) if one["status"] != "statusEmpty"]


def _conftest(file: Path, chosen: Bundle, about: Path) -> Any:
    options = [part for path in chosen.files for part in ("--policy", str(path))]
    options += [part for path in (about, *chosen.data) for part in ("--data", str(path))]
    namespaces = ["--namespace", MAIN, "--namespace", EVALUATION]
    # Not in the checkout: its conftest.toml is for people and may set any option.
    done = tools.run(
        "conftest", "test", file, "--combine", *namespaces, "--output", "json", "--no-color", "--fail-on-warn=false",
        "--capabilities", CAPABILITIES, *options, reads=[file, about, CAPABILITIES, *chosen.reads], cwd=file.parent,
    )  # fmt: skip
    return _entries("conftest", _answer("conftest", done), _OF_CONFTEST)


def _answer(name: str, done: process.Completed) -> Any:
    try:
        # 1 means that something was found.
        if done.code in (0, 1):
            return reader.from_json(done.stdout, reader.MOST_OF_PROGRAMS)
    except ValueError:
        pass
    reason = (done.error or done.text).strip().splitlines() or [f"exit code {done.code}"]
    # For a rule that is not Rego, the last line has only a mark below the place.
    if fault := next(filter(None, map(_FAULT.search, reason)), None):
        file, said = without_copies(shown(Path(fault[1]), Path.cwd())), fault[3]
        if said.startswith(_FORBIDDEN):
            said = f"there is no function `{said.removeprefix(_FORBIDDEN)}` for rules: they may read their input and "
            said += "the tables, and use no network, files, clocks or random numbers"
        raise ToolError(f"{file}:{fault[2]}: {said}")
    raise ToolError(f"{name} gave no verdict: {reason[-1]}")


def _entries(name: str, answer: Any, fields: Mapping[str, type]) -> list[Any]:
    """The list `answer`, if it has the form that is known of the program `name`."""
    if isinstance(answer, list) and all(
        isinstance(one, dict) and all(isinstance(one.get(field), kind) for field, kind in fields.items())
        for one in answer
    ):
        return answer
    raise ToolError(f"{name} gave no verdict: its answer has an unknown form")
