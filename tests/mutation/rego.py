"""`python -m tests.mutation.rego`: breaks the rules, one expression at a time, and prints what their tests miss."""

from __future__ import annotations

import argparse
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.policies.evaluation import POLICIES, SHARED_BY_TESTS, rule_files, tool

EXPLAINED = Path(__file__).parent / "survivors-rego.yaml"

_HEAD = re.compile(r"^(?!#).*\bif \{$|^(?!#).*:= [\[{].* \|$|^(?!#).*:= [\[{]\w* \|$")
_SWAPS = {" == ": " != ", " != ": " == ", " < ": " <= ", " <= ": " < ", " > ": " >= ", " >= ": " > "}
# Not the -1 that asks for all matches: any number below zero does.
_NUMBER = re.compile(r"(?<![\w.\"%])(?<!, -)\d+(?![\w.\"])")
_TEXT = re.compile(r'"([^"\\%]+)"')
# What a finding says to people: its tests compare the message, and a mutant of it proves nothing.
_SAID = re.compile(r'^\s*("(msg|fix|path)"|"found"|\}\)|finding\.|found :=)|^_fix := ')


@dataclass(frozen=True, slots=True)
class Mutant:
    """One line of one policy, changed."""

    file: Path
    line: int
    operator: str
    text: str

    @property
    def title(self) -> str:
        """The mutant without the number of its line, which moves: how the line reads then, or what is dropped."""
        shown = self.text or self._lines()[self.line - 1]
        return f"{self.file.relative_to(POLICIES)} {self.operator}: {shown.strip()}"

    def __str__(self) -> str:
        file, _, rest = self.title.partition(" ")
        return f"{file}:{self.line} {rest}"

    def _lines(self) -> list[str]:
        return self.file.read_text(encoding="utf-8").splitlines()

    def source(self) -> str:
        """The whole file with the change."""
        lines = self._lines()
        lines[self.line - 1] = self.text
        return "\n".join(lines) + "\n"


def mutants(file: Path) -> Iterator[Mutant]:
    """Every mutant of one file: expressions dropped and negated, comparisons, numbers and texts changed."""
    inside = False
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if _HEAD.match(line):
            inside = True
            continue
        if line in {"}", "]"}:
            inside = False
        if line.lstrip().startswith(("#", "import", "package")) or _SAID.match(line):
            continue
        if inside and re.match(r"^\t[^\t}\])]", line):
            yield from (Mutant(file, number, *change) for change in _expressions(line))
        yield from (Mutant(file, number, *change) for change in _constants(line))


def _expressions(line: str) -> Iterator[tuple[str, str]]:
    expression = line.strip()
    if expression.endswith(("{", "[", "(", ",")):
        return  # it goes on in the next line
    if not expression.startswith("some ") and ":=" not in expression:
        yield "dropped", ""
        negated = expression.removeprefix("not ")
        yield "negated", "\t" + (negated if negated != expression else f"not {expression}")


def _constants(line: str) -> Iterator[tuple[str, str]]:
    for sign, other in _SWAPS.items():
        if sign in line:
            yield "compared", line.replace(sign, other, 1)
    for found in _NUMBER.finditer(line):
        yield "number", f"{line[: found.start()]}{int(found[0]) + 1}{line[found.end() :]}"
    for found in _TEXT.finditer(line):
        yield "text", f'{line[: found.start()]}"{found[1]}~"{line[found.end() :]}'


class Laboratory:
    """A copy of the policies in which one file at a time is broken."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(POLICIES, folder, dirs_exist_ok=True)

    def verdict(self, mutant: Mutant) -> str:
        """`killed`, `survived`, or `stillborn` where OPA does not compile it."""
        file = self.folder / mutant.file.relative_to(POLICIES)
        original = file.read_bytes()
        file.write_text(mutant.source(), encoding="utf-8")
        try:
            return self._verdict(file)
        finally:
            file.write_bytes(original)

    def _verdict(self, file: Path) -> str:
        near = tool("opa", "test", "--fail-on-empty", *self._tests(file))
        if near.code:
            return "killed" if "FAIL" in near.text else "stillborn"
        # What rules share is proved by the tests of the rules, too.
        shared = file.parent.name == "lib" and tool("opa", "test", self.folder).code
        return "killed" if shared else "survived"

    def _tests(self, file: Path) -> list[Path]:
        """The files among which the tests of this one run: those that rules share, or all for what gathers rules."""
        if file.parent == self.folder:
            return [self.folder]
        own = file.with_name(f"{file.stem}_test.rego")
        shared = {self.folder / "lib" / f"{name}_test.rego" for name in SHARED_BY_TESTS}
        return sorted({*rule_files(self.folder / "lib"), *shared, file, own})

    def unbroken(self, files: Iterable[Path]) -> None:
        """Make sure that tests pass while nothing is broken; else they would seem to notice everything."""
        for file in files:
            done = tool("opa", "test", "--fail-on-empty", *self._tests(self.folder / file.relative_to(POLICIES)))
            assert done.code == 0, done.text


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the verdicts; 1 where a mutant survives without an explanation."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.rego", description=__doc__)
    parser.add_argument("folders", nargs="*", help="topics, all where none is named")
    options = parser.parse_args(arguments)
    files = [file for file in rule_files(POLICIES) if not options.folders or file.parent.name in options.folders]
    tried = [mutant for file in files for mutant in mutants(file)]
    print(f"{len(tried)} mutants of {len(files)} policies", flush=True)
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two, ThreadPoolExecutor(2) as pool:
        halves = zip((one, two), (tried[::2], tried[1::2]), strict=True)
        found = [
            each for half in pool.map(lambda half: _run(Laboratory(Path(half[0])), half[1]), halves) for each in half
        ]
    survivors = [mutant for mutant, verdict in found if verdict == "survived"]
    counts = sorted(Counter(verdict for _, verdict in found).items())
    print(*(f"{verdict:10}{number:6}" for verdict, number in counts), sep="\n")
    unexplained, needless = _explained(survivors, files)
    print(*(f"survived without an explanation: {mutant}" for mutant in unexplained), sep="\n")
    print(*(f"explains no survivor: {title}" for title in needless), sep="\n")
    return 1 if unexplained or needless else 0


def _explained(survivors: Sequence[Mutant], files: Sequence[Path]) -> tuple[list[Mutant], list[str]]:
    """The survivors that nobody explains, and the explanations about these files that explain none."""
    explanations = [one["mutant"] for one in yaml.safe_load(EXPLAINED.read_text(encoding="utf-8"))]
    names = {str(file.relative_to(POLICIES)) for file in files}
    titles = [mutant.title for mutant in survivors]
    needless = [one for one in explanations if one.split()[0] in names and one not in titles]
    return [mutant for mutant in survivors if mutant.title not in explanations], needless


def _run(laboratory: Laboratory, tried: Sequence[Mutant]) -> list[tuple[Mutant, str]]:
    laboratory.unbroken({mutant.file for mutant in tried})
    return [(mutant, laboratory.verdict(mutant)) for mutant in tried]


if __name__ == "__main__":
    raise SystemExit(main())
