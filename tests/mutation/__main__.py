"""`python -m tests.mutation`: weakens what the overlays render, line by line, and prints who notices."""

from __future__ import annotations

import argparse
import fnmatch
import random
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.manifests.render import ENVIRONMENTS, REPOSITORY, Object, render
from tests.mutation.judging import denials
from tests.mutation.manifests import Mutant, mutants
from tests.mutation.testing import noticing

EXPLAINED = Path(__file__).parent / "survivors.yaml"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who noticed a mutant: the rules that deny it, else the first test that fails."""

    mutant: Mutant
    title: str
    rules: frozenset[str]
    test: str = ""

    @property
    def survived(self) -> bool:
        """Whether nobody noticed."""
        return not self.rules and not self.test


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the matrix; 1 where a mutant survives without an explanation."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--environment", choices=ENVIRONMENTS, default=ENVIRONMENTS[-1])
    parser.add_argument("--sample", type=int, help="try so many mutants, always the same, instead of all")
    options = parser.parse_args(arguments)
    directory = REPOSITORY / "overlays" / options.environment
    objects = render(directory).objects
    tried = _chosen(list(mutants(objects)), options.sample)
    print(f"{options.environment}: {len(tried)} mutants of {len(objects)} objects", flush=True)
    verdicts = _judged(directory, objects, tried)
    print(*_matrix(verdicts), sep="\n")
    explanations = yaml.safe_load(EXPLAINED.read_text(encoding="utf-8"))
    unexplained, needless = _survivors(verdicts, explanations)
    print(*(f"survived without an explanation: {title}" for title in unexplained), sep="\n")
    if not options.sample:
        print(*(f"explains no survivor: {pattern}" for pattern in needless), sep="\n")
    return 1 if unexplained or (needless and not options.sample) else 0


def _chosen(every: list[Mutant], number: int | None) -> list[Mutant]:
    return every if number is None else random.Random(0).sample(every, min(number, len(every)))  # noqa: S311


def _judged(directory: Path, objects: Sequence[Object], tried: Sequence[Mutant]) -> list[Verdict]:
    with tempfile.TemporaryDirectory() as folder:
        denied = denials(objects, tried, Path(folder))
    quiet = [mutant for number, mutant in enumerate(tried) if not denied[number]]
    print(f"{len(tried) - len(quiet)} denied by rules; the others go before the tests", flush=True)
    tests = dict(zip(quiet, noticing(directory, objects, quiet), strict=True))
    return [
        Verdict(mutant, mutant.title(objects), denied[number], tests.get(mutant, ""))
        for number, mutant in enumerate(tried)
    ]


def _matrix(verdicts: Iterable[Verdict]) -> list[str]:
    """For each operator, how many mutants each rule denied; a mutant may be denied by several."""
    operators: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        operators.setdefault(verdict.mutant.operator, []).append(verdict)
    lines = ["", f"{'operator':28}{'mutants':>8}{'rules':>7}{'tests':>7}{'survived':>9}  denied by"]
    for operator, found in sorted(operators.items()):
        killers = Counter(rule for one in found for rule in one.rules)
        rules, survived = sum(bool(one.rules) for one in found), sum(one.survived for one in found)
        counts = f"{len(found):8}{rules:7}{len(found) - rules - survived:7}{survived:9}"
        lines.append(f"{operator:28}{counts}  {', '.join(f'{rule} {n}' for rule, n in killers.most_common())}")
    return [*lines, ""]


def _survivors(verdicts: Iterable[Verdict], explanations: list[dict[str, str]]) -> tuple[list[str], list[str]]:
    """The survivors that nobody explains, and the explanations that explain none."""
    survivors = [one.title for one in verdicts if one.survived]
    patterns = [one["mutant"] for one in explanations]
    unexplained = [one for one in survivors if not any(fnmatch.fnmatchcase(one, pattern) for pattern in patterns)]
    return unexplained, [one for one in patterns if not any(fnmatch.fnmatchcase(it, one) for it in survivors)]


if __name__ == "__main__":
    raise SystemExit(main())
