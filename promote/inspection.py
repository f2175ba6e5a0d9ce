"""Puts rendered manifests before kubeconform and conftest, side by side, and collects their verdict."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from promote import checks, documents, process, schemas, tools
from promote.checks import Finding, Verdict
from promote.documents import Document, Source
from promote.errors import ConfigError, ToolError
from promote.render import Rendered

_NAME = re.compile(r"""["']?name["']?: *["']?([a-z0-9.-]+)""")
_HEAD = 12  # lines in which an object's name usually follows its kind
_WORKERS = 8  # the work is done by other processes; a thread only waits for one


@dataclass(frozen=True, slots=True)
class Rules:
    """By what manifests are judged: rules, custom-resource schemas, Kubernetes versions."""

    policies: Path
    schemas: tuple[Path, ...]
    kubernetes: tuple[str, ...]


def inspect(targets: Sequence[Rendered], rules: Rules, root: Path) -> Verdict:
    """Judge every target; sources of findings are named relative to `root`.

    Raises ConfigError when the rules cannot be found, ToolError when a program fails to answer.
    """
    with (
        tempfile.TemporaryDirectory(prefix="promote-check-") as temporary,
        ThreadPoolExecutor(_WORKERS) as pool,
    ):
        files = [_write(Path(temporary), number, target) for number, target in enumerate(targets)]
        evaluations = [pool.submit(_conftest, file, rules.policies) for file in files]
        kinds = set().union(*(documents.kinds(target.text) for target in targets))
        validations = {
            version: pool.submit(_kubeconform, files, version, kinds, rules.schemas) for version in rules.kubernetes
        }
        # Parsed here, while the other programs work.
        parsed = [target.documents for target in targets]
        answers = {version: validation.result() for version, validation in validations.items()}
        judged = [
            _judge(target, parsed[number], evaluations[number].result(), _of(answers, files[number]))
            for number, target in enumerate(targets)
        ]
    located = [_locate(findings, target, root) for target, (_, findings) in zip(targets, judged, strict=True)]
    return Verdict(
        tuple(target for target, _ in judged),
        checks.in_order(finding for part in located for finding in part),
    )


def _judge(
    rendered: Rendered, parsed: list[Document], evaluation: Any, validation: Mapping[str, list[Any]]
) -> tuple[checks.Target, list[Finding]]:
    evaluated, rules, findings = checks.from_conftest(evaluation, rendered.name)
    by_version = {version: checks.from_kubeconform(found, rendered.name) for version, found in validation.items()}
    validated = {version: number for version, (number, _) in by_version.items()}
    target = checks.Target(
        rendered.name, str(rendered.folder), len(parsed), evaluated, min(validated.values(), default=0)
    )
    findings += checks.across_versions({version: found for version, (_, found) in by_version.items()})
    findings += checks.unseen(target, validated, rules)
    findings += checks.repeated([document.identity for document in parsed], rendered.name)
    return target, findings


def _write(folder: Path, number: int, target: Rendered) -> Path:
    file = folder / f"{number}.yaml"
    file.write_text(target.text, encoding="utf-8")
    return file


def _of(answers: Mapping[str, list[Any]], file: Path) -> dict[str, list[Any]]:
    return {
        version: [resource for resource in found if resource["filename"] == str(file)]
        for version, found in answers.items()
    }


def _kubeconform(
    files: Sequence[Path], version: str, kinds: Iterable[tuple[str, str]], custom: Sequence[Path]
) -> list[Any]:
    locations = [schemas.location(version, kinds)]
    locations += [str(folder / "{{.Group}}" / "{{.ResourceKind}}_{{.ResourceAPIVersion}}.json") for folder in custom]
    options = [part for place in locations for part in ("-schema-location", place)]
    done = process.run(
        [tools.find("kubeconform"), "-strict", "-verbose", "-output", "json",
         "-kubernetes-version", f"{version}.0", *options, *files]
    )  # fmt: skip
    answer = _answer("kubeconform", done)
    found: list[Any] = [one for one in answer["resources"] if one["status"] != "statusEmpty"]
    return found


def _conftest(file: Path, policies: Path) -> Any:
    rules = sorted(path for path in policies.rglob("*.rego") if not path.name.endswith("_test.rego"))
    if not rules:
        raise ConfigError(f"there is no Rego rule in {policies}: point `policies:` in promote.yaml at them")
    options = [part for path in rules for part in ("--policy", str(path))]
    if (policies / "data").is_dir():
        options += ["--data", str(policies / "data")]
    done = process.run(
        [tools.find("conftest"), "test", file, "--combine", "--namespace", "main", "--namespace", "evaluation",
         "--output", "json", "--no-color", *options]
    )  # fmt: skip
    return _answer("conftest", done)


def _answer(name: str, done: process.Completed) -> Any:
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        reason = (done.error or done.text).strip().splitlines() or [f"exit code {done.code}"]
        raise ToolError(f"{name} gave no verdict: {reason[-1]}") from None


def _locate(findings: Sequence[Finding], rendered: Rendered, root: Path) -> list[Finding]:
    """The findings, each with the file and line where its object is written."""
    return [
        replace(finding, source=_source(finding, rendered, root), resource=_full(finding, rendered.documents))
        for finding in findings
    ]


def _full(finding: Finding, known: Sequence[Document]) -> documents.Identity:
    # kubeconform does not say the namespace.
    for document in known:
        if replace(document.identity, namespace="") == finding.resource:
            return document.identity
    return finding.resource


def _source(finding: Finding, rendered: Rendered, root: Path) -> Source | None:
    who = _full(finding, rendered.documents)
    for document in rendered.documents:
        if document.identity == who and document.origin:
            return _place(document.origin, who, root)
    return None


def _place(path: Path, who: documents.Identity, root: Path) -> Source:
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    return Source(name, _line(lines, who))


def _line(lines: Sequence[str], who: documents.Identity) -> int:
    """Where the object `who` begins: its `kind:` line, preferring the one that its name follows."""
    kind = re.compile(rf"""["']?kind["']?: *["']?{re.escape(who.kind)}\b""")
    starts = [number for number, line in enumerate(lines) if kind.search(line)]
    for start in starts:
        names = (_NAME.search(line) for line in lines[start : start + _HEAD])
        if any(found and who.name.endswith(found[1]) for found in names):
            return start + 1
    return starts[0] + 1 if starts else 1
