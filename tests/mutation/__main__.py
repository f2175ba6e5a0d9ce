"""`python -m tests.mutation`: weakens what the overlays render, line by line, and prints who notices.

Each mutant must be noticed by the rule or the test that `named.yaml` names for it.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.manifests.render import ENVIRONMENTS, REPOSITORY, Object, render
from tests.mutation.judging import denials
from tests.mutation.manifests import Mutant, mutants
from tests.mutation.naming import Named, named, needless, table
from tests.mutation.testing import noticing


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who noticed a mutant, the rules that deny it or the first test that fails, and who is named for it."""

    operator: str
    title: str
    rules: frozenset[str]
    test: str
    named: Named

    @property
    def survived(self) -> bool:
        """Whether nobody noticed."""
        return not self.rules and not self.test

    @property
    def fault(self) -> str:
        """What is wrong about this; empty where who is named has noticed it."""
        if _heeds(self.named, self.rules, self.test) or (self.named.why and self.survived):
            return ""
        by = ", ".join(sorted(self.rules)) or self.test or "nobody"
        return f"{self.named} is named for {self.title}: noticed by {by}"


def _heeds(who: Named, rules: Iterable[str], test: str = "") -> bool:
    return not {*rules, test.partition("[")[0].rpartition("::")[2]}.isdisjoint(who.by)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the matrix; 1 where a mutant is not noticed by who is named for it."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__.partition("\n")[0])
    parser.add_argument("--environment", choices=ENVIRONMENTS, default=ENVIRONMENTS[-1])
    parser.add_argument("--sample", type=int, help="try so many mutants, always the same, instead of all")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write each mutant and who noticed it, as JSON")
    options = parser.parse_args(arguments)
    directory = REPOSITORY / "overlays" / options.environment
    objects = render(directory).objects
    tried = _chosen(list(mutants(objects)), options.sample)
    print(f"{options.environment}: {len(tried)} mutants of {len(objects)} objects", flush=True)
    entries = table()
    verdicts = _judged(directory, objects, tried, entries)
    if options.write:
        _write(options.write, verdicts)
    print(*_matrix(verdicts), sep="\n")
    faults = [verdict.fault for verdict in verdicts if verdict.fault]
    if not options.sample:
        titles = [verdict.title for verdict in verdicts]
        faults += [f"no mutant is like {pattern}" for pattern in needless(titles, entries)]
    print(*faults, sep="\n")
    return 1 if faults else 0


def _chosen(every: list[Mutant], number: int | None) -> list[Mutant]:
    return every if number is None else random.Random(0).sample(every, min(number, len(every)))  # noqa: S311


def _judged(
    directory: Path, objects: Sequence[Object], tried: Sequence[Mutant], entries: Sequence[Named]
) -> list[Verdict]:
    with tempfile.TemporaryDirectory() as folder:
        denied = denials(objects, tried, Path(folder))
    titles = [mutant.title(objects) for mutant in tried]
    who = [named(title, entries) for title in titles]
    # Where a test is named, a rule that is not does not save it from proving that it notices.
    heeded = [_heeds(who[each], denied[each]) for each in range(len(tried))]
    asked = [each for each, done in enumerate(heeded) if not done and (who[each].tests or not denied[each])]
    print(f"{len(tried) - len(asked)} denied by rules; the others go before the tests", flush=True)
    found = noticing(directory, objects, [tried[each] for each in asked], [who[each].tests for each in asked])
    tests = dict(zip(asked, found, strict=True))
    return [
        Verdict(mutant.operator, titles[each], denied[each], tests.get(each, ""), who[each])
        for each, mutant in enumerate(tried)
    ]


def _matrix(verdicts: Iterable[Verdict]) -> list[str]:
    """For each operator, how many mutants each rule denied; a mutant may be denied by several."""
    operators: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        operators.setdefault(verdict.operator, []).append(verdict)
    lines = ["", f"{'operator':28}{'mutants':>8}{'rules':>7}{'tests':>7}{'survived':>9}  denied by"]
    for operator, found in sorted(operators.items()):
        killers = Counter(rule for one in found for rule in one.rules)
        rules, survived = sum(bool(one.rules) for one in found), sum(one.survived for one in found)
        counts = f"{len(found):8}{rules:7}{len(found) - rules - survived:7}{survived:9}"
        lines.append(f"{operator:28}{counts}  {', '.join(f'{rule} {n}' for rule, n in killers.most_common())}")
    return [*lines, ""]


def _write(file: Path, verdicts: Iterable[Verdict]) -> None:
    answers = [{**asdict(one), "rules": sorted(one.rules), "named": str(one.named)} for one in verdicts]
    file.write_text(json.dumps(answers, indent=1), encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
