"""Compare what another judge says of the rendered environments with the tables of docs/second-judge.md.

`second_judge.py JUDGE PROGRAM` runs that program, prints each difference, and exits with 1 if there is one. JUDGE is
`checkov`, which judges production, or `kube-score` or `trivy`, which judge both environments.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "second-judge.md"
_ROW = re.compile(r"^\| ([\w-]+) \|.*\| ([^|]*`[^|]+) \|$", re.MULTILINE)
_OBJECT = re.compile(r"`([^`]+)`(?: \((\w+)\))?")
_HASH = re.compile(r"-[2456789bcdfghkmt]{10}$")

# A check, the object that fails it (Kind/name, without a hash of its content), and its environment.
Finding = tuple[str, str, str]


class NotRead(Exception):
    """The judge did not judge everything."""


class Judge(NamedTuple):
    """Another program with checks of its own."""

    environments: tuple[str, ...]
    # What follows the program on the command line, for a file of rendered objects.
    arguments: Callable[[str], Sequence[str]]
    # Each failed check in the program's JSON, and its object. Raises NotRead.
    failed: Callable[[Any], Iterator[tuple[str, str]]]
    # Whether it gets a folder with a file for each object, because it names only the file.
    apart: bool = False


def _checkov(report: Any) -> Iterator[tuple[str, str]]:
    if not report["summary"]["passed"] or report["summary"]["parsing_errors"]:
        raise NotRead(f"checkov did not read everything: {report['summary']}")
    for each in report["results"]["failed_checks"]:
        kind, _, name = each["resource"].split(".", 2)
        yield each["check_id"], _named(kind, name)


def _kube_score(report: Any) -> Iterator[tuple[str, str]]:
    checks = [(each, check) for each in report for check in each["checks"] if not check["skipped"]]
    if not any(check["grade"] == _PASSED for _, check in checks):
        raise NotRead(f"kube-score read {len(report)} objects and passed none of them")
    for each, check in checks:
        if check["grade"] < _PASSED:
            yield check["check"]["id"], _named(each["type_meta"]["kind"], each["object_meta"]["name"])


# Of kube-score's grades: 1 is critical, 5 a warning, 7 nearly passed.
_PASSED = 10


def _trivy(report: Any) -> Iterator[tuple[str, str]]:
    results = report.get("Results", [])
    if not any(each.get("MisconfSummary", {}).get("Successes") for each in results):
        raise NotRead(f"trivy read {len(results)} objects and passed none of them")
    for each in results:
        kind, name = each["Target"].removesuffix(".yaml").split(".", 1)
        for found in each.get("Misconfigurations", ()):
            if found["ID"] not in _OF_NAMESPACES:
                yield found["ID"], _named(kind, name)


# They ask each object whether it is a LimitRange or a ResourceQuota, and say that its namespace has none.
_OF_NAMESPACES = {"KSV-0039", "KSV-0040"}


def _named(kind: str, name: str) -> str:
    return f"{kind}/{_HASH.sub('', name) if kind in ('ConfigMap', 'Job') else name}"


def _oldest() -> str:
    """The oldest version of Kubernetes that promote.yaml names, as kube-score writes it."""
    versions = yaml.safe_load((ROOT / "promote.yaml").read_text(encoding="utf-8"))["kubernetes"]
    return "v" + min(map(str, versions), key=lambda each: [int(part) for part in each.split(".")])


_CHECKOV = ("--output", "json", "--quiet", "--compact", "--skip-download")
_TRIVY = ("--format", "json", "--quiet", "--skip-check-update", "--misconfig-scanners", "kubernetes")
JUDGES = {
    "checkov": Judge(
        ("production",), lambda file: ["--framework", "kubernetes", "--file", file, *_CHECKOV], _checkov
    ),
    "kube-score": Judge(
        ("staging", "production"),
        lambda file: ["score", "--kubernetes-version", _oldest(), "--output-format", "json", file],
        _kube_score,
    ),
    "trivy": Judge(
        ("staging", "production"),
        lambda folder: ["config", *_TRIVY, "--skip-version-check", folder],
        _trivy,
        apart=True,
    ),
}


def accepted(page: str, name: str) -> set[Finding]:
    """Each check, object and environment of a judge's table; an object without an environment has all of them."""
    section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    rows: list[tuple[str, str]] = _ROW.findall(section)
    return {
        (check, found, environment)
        for check, objects in rows
        for found, only in _OBJECT.findall(objects)
        for environment in ([only] if only else JUDGES[name].environments)
    }


def differences(name: str, reports: Mapping[str, Any], page: str) -> list[str]:
    """What the table of a judge lacks, and what it has in vain, by its report for each environment."""
    try:
        found = {(*each, environment) for environment, said in reports.items() for each in JUDGES[name].failed(said)}
    except NotRead as error:
        return [str(error)]
    known = accepted(page, name)
    advice = {
        f"fix it, or accept it with a reason in {PAGE.name}": found - known,
        f"is no longer found, remove it from {PAGE.name}": known - found,
    }
    return sorted(
        f"{check} {each} ({environment}): {what}"
        for what, findings in advice.items()
        for check, each, environment in findings
    )


def _report(judge: Judge, program: str, environment: str) -> Any:
    kustomize = [str(ROOT / ".tools/bin/kustomize"), "build", str(ROOT / "overlays" / environment)]
    rendered = subprocess.run(kustomize, stdout=subprocess.PIPE, check=True, timeout=120).stdout
    with tempfile.TemporaryDirectory() as folder:
        judged = Path(folder)
        if judge.apart:
            for each in yaml.load_all(rendered, yaml.CSafeLoader):
                file = judged / f"{each['kind']}.{each['metadata']['name']}.yaml"
                file.write_text(yaml.safe_dump(each), encoding="utf-8")
        else:
            judged /= "rendered.yaml"
            judged.write_bytes(rendered)
        # It exits with 1 if a check fails, which is the usual case.
        done = subprocess.run(
            [program, *judge.arguments(str(judged))], stdout=subprocess.PIPE, text=True, timeout=900, check=False
        )
    return json.loads(done.stdout)


def main(arguments: list[str]) -> int:
    """The exit code: 1 for a difference."""
    if len(arguments) != 2 or arguments[0] not in JUDGES:  # noqa: PLR2004
        print(__doc__, file=sys.stderr)
        return 2
    name, program = arguments
    judge = JUDGES[name]
    reports = {each: _report(judge, program, each) for each in judge.environments}
    found = differences(name, reports, PAGE.read_text(encoding="utf-8"))
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
