"""Count what `promote check` finds in sets of manifests: per set, and per rule.

`python -m tools.score_manifests NAME=PATH… [--profile general] [--findings FILE] [--sample N]` checks each PATH, a
kustomization, a folder of manifests or a file in a checkout of somebody else's repository, as `promote check PATH`
does there. It prints a table of the sets and one of the rules, as Markdown. `--findings` writes every finding as a
line of JSON. `--sample` prints so many denials, chosen by a hash, to be judged one by one. The checkouts stay
as they are.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from promote.checks.rules import GENERAL, PROFILES
from promote.system import process

_JUDGED = (0, 3)  # exit codes of a check that judged everything
_SHOWN = 90  # characters of a reason
_LONGEST = 1800  # seconds for one set, on a busy machine


@dataclass(frozen=True, slots=True)
class Score:
    """One set: the number of its documents, what was found in them, and why there is nothing, if so."""

    name: str
    documents: int
    findings: tuple[dict[str, Any], ...]
    failure: str = ""

    def count(self, level: str) -> int:
        """How many findings of `level` there are."""
        return sum(one["level"] == level for one in self.findings)


def score(name: str, path: Path, profile: str) -> Score:
    """What a check finds at `path`."""
    where = path.resolve()
    folder = where if where.is_dir() else where.parent
    command = [sys.executable, "-m", "promote", "check", str(where), "--profile", profile, "--output", "json"]
    done = process.run(command, cwd=folder, timeout=_LONGEST)
    try:
        answer = json.loads(done.text)
    except ValueError:
        answer = {}
    if done.code not in _JUDGED or "findings" not in answer:
        return Score(name, 0, (), (answer.get("error") or done.error or f"exit code {done.code}")[:_SHOWN])
    documents = sum(target["documents"] for target in answer["targets"])
    return Score(name, documents, tuple(answer["findings"]))


def table(scores: Iterable[Score]) -> Iterator[str]:
    """The sets, one a line."""
    yield "| set | documents | denials | warnings |"
    yield "|---|---:|---:|---:|"
    for one in scores:
        cells = one.failure or f"{one.documents} | {one.count('deny')} | {one.count('warn')}"
        yield f"| {one.name} | {cells} |"


def by_rule(scores: Iterable[Score]) -> Iterator[str]:
    """The rules that found something, the most frequent denials first."""
    found = [(one["rule"], one["level"]) for each in scores for one in each.findings]
    counts = Counter(found)
    yield "| rule | denials | warnings |"
    yield "|---|---:|---:|"
    for rule in sorted({rule for rule, _ in found}, key=lambda name: (-counts[name, "deny"], -counts[name, "warn"])):
        yield f"| {rule} | {counts[rule, 'deny']} | {counts[rule, 'warn']} |"


def sample(scores: Iterable[Score], number: int) -> Iterator[str]:
    """Some of the denials: always the same ones of the same findings."""
    denials = [(each.name, one) for each in scores for one in each.findings if one["level"] == "deny"]
    chosen = sorted(denials, key=lambda found: hashlib.sha256(json.dumps(found).encode()).digest())[:number]
    for name, one in sorted(chosen, key=lambda found: (found[1]["rule"], found[0])):
        yield f"{name}: {one['rule']}: {one['message']} ({_place(one)})"


def _place(finding: dict[str, Any]) -> str:
    source = finding["source"]
    return f"{source['file']}:{source['line']}" if source else "no place"


def main() -> None:
    """Check the sets that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", metavar="NAME=PATH")
    parser.add_argument("--profile", choices=PROFILES, default=GENERAL)
    parser.add_argument("--findings", type=Path, metavar="FILE")
    parser.add_argument("--sample", type=int, default=0, metavar="N")
    given = parser.parse_args()
    named = [one.partition("=") for one in given.sets]
    scores = [score(name, Path(path or name), given.profile) for name, _, path in named]
    if given.findings:
        lines = [json.dumps({"set": each.name, **one}) for each in scores for one in each.findings]
        given.findings.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    print("\n".join([*table(scores), "", *by_rule(scores), *sample(scores, given.sample)]))


if __name__ == "__main__":
    main()
