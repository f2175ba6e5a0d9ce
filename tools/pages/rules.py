"""A page for each rule, from its METADATA and the defect that its tests use."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from promote.checks.policies import Policies
from promote.checks.rules import PROFILES, Rule
from tests.policies.defects import DEFECTS, InContainer, InPod, InTarget, pod_spec, workload
from tests.policies.evaluation import good

FOLDER = "docs/rules"
VERBS = {"deny": "denies", "warn": "warns"}
MEANINGS = {
    "baseline": "the Pod Security Standard `baseline`, and checks that all others need",
    "restricted": "the Pod Security Standard `restricted`",
    "general": "what is broken or dangerous in any repository; other findings warn. The default without own rules",
    "strict": "denies that too, and adds conventions; applies to any repository, without tables of its own",
    "system": "needs the tables of this system in `policies/data`",
}
# The maximum length of a line in an example, because some defects are very long values.
LONGEST = 160
# The meaning of `custom.subjects`, other than kinds.
SUBJECTS = {
    "containers": "workloads with containers",
    "namespaces": "namespaces with pods",
    "own": "resources that the rule selects itself",
    "pods": "workloads",
    "resources": "all resources",
    "target": "all rendered documents together",
}

Document = dict[str, Any]
Defect = InContainer | InPod | InTarget


def pages(root: Path) -> dict[str, str]:
    """A page for each rule, and an index."""
    rules = Policies(root / "policies").described(root)
    found = {f"{FOLDER}/{rule.id}.md": _page(rule) for rule in rules}
    return {f"{FOLDER}/README.md": _index(rules), **found}


def _index(rules: Collection[Rule]) -> str:
    head = ["| rule | profile | verdict | in `general` | severity | title |", "|---|---|---|---|---|---|"]
    rows = [
        f"| [{rule.id}]({rule.id}.md) | {_profile(rule) or '–'} | {_verdict(rule)} | {_in_general(rule) or '–'} "
        f"| {rule.severity} | {rule.title} |"
        for rule in rules
    ]
    said = [
        "# Rules",
        "",
        "The rules of `promote check` for rendered documents. [policies/README.md](../../policies/README.md)",
        "explains how to write and add a rule. Run `make docs` to update these pages.",
        "",
        "Each profile of `promote check --profile` includes the rules of the profiles above it. `general`, the",
        "default for a repository without rules of its own, denies only what is broken or dangerous for everybody.",
        "A column says what becomes of each rule there: [how it compares](../defaults.md). Rules about a change of",
        "versions (`change.*`) have no profile. `promote plan` and other commands that move versions use them.",
        "",
    ]
    return "\n".join([*said, *_profiles(rules), "", *head, *rows, ""])


def _profiles(rules: Iterable[Rule]) -> Iterator[str]:
    """The number of rules that each profile adds, and its total."""
    added = Counter(_profile(rule) for rule in rules)
    yield "| profile | meaning | additional rules | total |"
    yield "|---|---|---|---|"
    for number, profile in enumerate(PROFILES, 1):
        total = sum(added[each] for each in PROFILES[:number])
        yield f"| `{profile}` | {MEANINGS[profile]} | {added[profile]} | {total} |"


def _page(rule: Rule) -> str:
    parts = [
        f"# {rule.id}",
        f"**{rule.title}.**",
        "\n".join(_table(rule)),
        f"## Why\n\n{rule.description}",
        f"## How to fix it\n\n{rule.fix[0].upper()}{rule.fix[1:]}.",
        *_example(rule),
        *([f"See also: <{rule.docs}>"] if rule.docs else []),
    ]
    return "\n\n".join(parts) + "\n"


def _table(rule: Rule) -> Iterator[str]:
    file = f"[{rule.file}](../../{rule.file})" if rule.file else "`promote check` itself"
    cells = {
        "verdict": _verdict(rule),
        "in `general`": _in_general(rule),
        "severity": rule.severity,
        "profile": _profile(rule),
        "applies to": ", ".join(_subjects(rule)),
        "defined in": file,
    }
    given = {title: cell for title, cell in cells.items() if cell}
    yield f"| {' | '.join(given)} |"
    yield "|---" * len(given) + "|"
    yield f"| {' | '.join(given.values())} |"


def _profile(rule: Rule) -> str:
    return "" if _is_of_change(rule) else rule.profile


def _subjects(rule: Rule) -> list[str]:
    if _is_of_change(rule):
        return ["the change of versions"]
    return [SUBJECTS.get(subject, f"`{subject}`") for subject in rule.subjects]


def _is_of_change(rule: Rule) -> bool:
    """Whether the rule is about a change of versions, which has no profile."""
    return rule.id.startswith("change.")


def _verdict(rule: Rule) -> str:
    return " or ".join(VERBS[level] for level in rule.levels)


def _in_general(rule: Rule) -> str:
    return "" if _is_of_change(rule) else {"deny": "denies", "warn": "warns", "off": "off"}[rule.in_general]


def _example(rule: Rule) -> Iterator[str]:
    """The defect that the tests of the rule use, as a difference to valid documents."""
    if rule.id in DEFECTS:
        yield "## Example\n\nValid (`-`) and invalid (`+`):"
        for before, after in _changes(DEFECTS[rule.id]):
            lines = difflib.unified_diff(_lines(before), _lines(after), lineterm="", n=4)
            yield "\n".join(["```diff", f"  # {_title(before or after)}", *_readable(lines), "```"])


def _changes(defect: Defect) -> Iterator[tuple[Document, Document]]:
    """Each document before and after the defect. A missing document is empty."""
    before, after = good(), good()
    if isinstance(defect, InTarget):
        defect.change(after)
    else:
        broken = list(defect.workloads("cart"))
        after = [next((each for each in broken if each["kind"] == "Deployment"), broken[0])]
        before = [workload(after[0]["kind"], after[0]["metadata"]["name"], pod_spec())]
    if len(before) == len(after):
        yield from ((old, new) for old, new in zip(before, after, strict=True) if old != new)
    else:
        yield from ((old, {}) for old in before if old not in after)
        yield from (({}, new) for new in after if new not in before)


def _title(document: Document) -> str:
    return f"{document['kind']}/{document['metadata']['name']}"


def _lines(document: Document) -> list[str]:
    return yaml.safe_dump(document, sort_keys=False, width=110).splitlines() if document else []


def _readable(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if line.startswith("@@"):
            yield from [] if line.startswith(("@@ -0", "@@ -1,")) else ["  …"]
        elif not line.startswith(("---", "+++")):
            yield line if len(line) <= LONGEST else f"{line[:LONGEST]}…"
