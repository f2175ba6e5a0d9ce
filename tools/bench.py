"""Measure promote against what it cannot beat, side by side in one run; exit 1 where a limit is broken.

`bench.py [--runs N]` from anywhere in the checkout. Medians of interleaved runs: what else the machine does meanwhile
slows both sides of a ratio alike.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from promote.system.tools import LAZY_COLLECTOR  # noqa: E402

FOLDERS = ("base", "components", "overlays", "policies")
CUSTOM_SCHEMAS = (str(ROOT / ".tools" / "schemas"), str(ROOT / "tools" / "schemas"))
VERSIONS = ("1.35", "1.36", "1.37")
PROMOTE = (sys.executable, "-m", "promote")


@dataclass(frozen=True, slots=True)
class Side:
    """One thing that is timed: a command and the folder it runs in."""

    command: tuple[str, ...]
    folder: Path


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is measured against the slowest of what, and how many times as long it may take, if that is limited."""

    title: str
    ours: Side
    theirs: tuple[Side, ...]
    limit: float | None = None


def main() -> int:
    """Measure, print the table and say whether every limit holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=9, help="how often each side runs (9)")
    runs: int = parser.parse_args().runs
    with tempfile.TemporaryDirectory(prefix="promote-bench-") as name:
        work = Path(name).resolve()
        environment = _environment(work)
        comparisons = _comparisons(work, environment)
        times = _measure([side for one in comparisons for side in (one.ours, *one.theirs)], runs, environment)
    print(f"medians of {runs} interleaved runs, {os.cpu_count()} processors")
    print(f"{'':44} {'ms':>6} {'ms':>6} {'ratio':>6} {'limit':>6}")
    return max(_report(one, times) for one in comparisons)


def _environment(work: Path) -> Mapping[str, str]:
    tools = os.environ.get("PROMOTE_TOOLS") or str(ROOT / ".tools" / "bin")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PROMOTE_", "GIT_"))}
    return kept | {
        "PROMOTE_CACHE": str(work / "cache"),
        # A verdict that is remembered takes no work that could be compared.
        "PROMOTE_NO_CACHE": "1",
        "CUSTOM_SCHEMAS": ":".join(CUSTOM_SCHEMAS),
        "PROMOTE_TOOLS": tools,
        "PYTHONPATH": str(ROOT),
        "GIT_CONFIG_GLOBAL": os.devnull,
        **{
            f"GIT_{role}_{field}": "bench@localhost"
            for role in ("AUTHOR", "COMMITTER")
            for field in ("NAME", "EMAIL")
        },
    }


def _comparisons(work: Path, environment: Mapping[str, str]) -> list[Comparison]:
    three, one = (_repository(work / f"with-{len(some)}", some, environment) for some in (VERSIONS, VERSIONS[1:2]))
    for folder in (three, one):
        _run(Side((*PROMOTE, "check"), folder), environment)  # makes the schemas, once
    (schemas,) = (work / "cache" / "schemas").iterdir()
    check = Side((*PROMOTE, "check"), three)
    targets = ("overlays/staging", "overlays/production")
    script = str(ROOT / "tools" / "raw_check.sh")
    programs = (script, environment["PROMOTE_TOOLS"], str(schemas), " ".join(VERSIONS), *targets)
    alone = _alone(three, targets, schemas, environment)
    tuned = ("env", *(f"{key}={value}" for key, value in LAZY_COLLECTOR.items()), *programs)
    return [
        Comparison(
            "promote --help / python -c pass",
            Side((*PROMOTE, "--help"), work), (Side((sys.executable, "-c", "pass"), work),), 5.0,
        ),
        Comparison("promote check / the same programs by a script", check, (Side(programs, three),), 1.3),
        Comparison("promote check / that, tuned as promote does", check, (Side(tuned, three),), 1.3),
        Comparison("promote check / the slowest program, alone", check, alone, 1.3),
        Comparison("promote check / both builds side by side", check, (_side_by_side(three, targets, environment),)),
        Comparison("check with 3 versions / with 1", check, (Side((*PROMOTE, "check"), one),)),
        Comparison(
            "promote plan / promote check", Side((*PROMOTE, "plan", "staging", "production"), three), (check,), 1.2
        ),
    ]  # fmt: skip


def _alone(folder: Path, targets: Sequence[str], schemas: Path, environment: Mapping[str, str]) -> tuple[Side, ...]:
    """Each program over both overlays, by itself and one run after the other, as a person would type it."""
    tools = environment["PROMOTE_TOOLS"]
    files = [f"{Path(target).name}.yaml" for target in targets]
    for target, file in zip(targets, files, strict=True):
        _run(Side((f"{tools}/kustomize", "build", target, "--output", file), folder), environment)
    rules = sorted(path for path in (folder / "policies").rglob("*.rego") if not path.name.endswith("_test.rego"))
    policies = [part for rule in rules for part in ("--policy", str(rule))]
    asked = ["--combine", "--namespace", "main", "--namespace", "evaluation", "--data", "policies/data", *policies]
    custom = " ".join(
        f"-schema-location '{one}/{{{{.Group}}}}/{{{{.ResourceKind}}}}_{{{{.ResourceAPIVersion}}}}.json'"
        for one in CUSTOM_SCHEMAS
    )
    own = "{{.ResourceKind}}{{.KindSuffix}}.json"
    versions = "; ".join(
        f"{tools}/kubeconform -strict -kubernetes-version {version}.0 "
        f"-schema-location '{schemas}/{version}/{own}' {custom} {' '.join(files)}"
        for version in VERSIONS
    )
    tests = f'for file in {" ".join(files)}; do {tools}/conftest test "$file" "$@"; done'
    return (
        Side(("sh", "-ec", f'for target; do {tools}/kustomize build "$target"; done', "sh", *targets), folder),
        Side(("sh", "-ec", tests, "sh", *asked), folder),
        Side(("sh", "-ec", versions), folder),
    )


def _side_by_side(folder: Path, targets: Sequence[str], environment: Mapping[str, str]) -> Side:
    build = f"{environment['PROMOTE_TOOLS']}/kustomize build"
    return Side(("sh", "-ec", " & ".join([*(f"{build} {target}" for target in targets), "wait"])), folder)


def _repository(folder: Path, versions: Sequence[str], environment: Mapping[str, str]) -> Path:
    """A repository of its own with these manifests, in which staging is ahead of production."""
    folder.mkdir()
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name)
    (folder / "promote.yaml").write_text(
        "environments: {staging: {path: overlays/staging}, production: {path: overlays/production}}\n"
        f"kubernetes: [{', '.join(map(repr, versions))}]\n"
        f"schemas: [{', '.join(map(repr, CUSTOM_SCHEMAS))}]\n"
    )
    staging = folder / "overlays" / "staging" / "kustomization.yaml"
    staging.write_text(staging.read_text().replace('newTag: "', 'newTag: "9', 1))
    for arguments in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "start"]):
        _run(Side(("git", *arguments), folder), environment)
    return folder


def _measure(sides: Sequence[Side], runs: int, environment: Mapping[str, str]) -> Mapping[Side, float]:
    times: dict[Side, list[float]] = {side: [] for side in sides}
    for _ in range(runs):
        for side, taken in times.items():
            taken.append(_run(side, environment))
    return {side: median(found) for side, found in times.items()}


def _run(side: Side, environment: Mapping[str, str]) -> float:
    start = time.perf_counter()
    done = subprocess.run(side.command, cwd=side.folder, env=environment, capture_output=True, check=False)
    taken = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{' '.join(side.command)} failed:\n{(done.stderr or done.stdout).decode(errors='replace')}")
    return taken


def _report(one: Comparison, times: Mapping[Side, float]) -> int:
    ours, theirs = times[one.ours], max(times[side] for side in one.theirs)
    ratio = ours / theirs
    broken = one.limit is not None and ratio > one.limit
    limit = f"{one.limit:6.1f}" if one.limit else f"{'':6}"
    print(
        f"{one.title:44} {ours * 1000:6.0f} {theirs * 1000:6.0f} {ratio:6.2f} {limit}{'  BROKEN' if broken else ''}"
    )
    return int(broken)


if __name__ == "__main__":
    raise SystemExit(main())
