"""`python -m tests.mutation.rego`: breaks the rules, one expression at a time, and prints what their tests miss."""

from __future__ import annotations

import argparse
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.policies.evaluation import POLICIES, rule_files, tool

EXPLAINED = Path(__file__).parent / "survivors-rego.yaml"

_HEAD = re.compile(r"^(?!#).*\bif \{$|^(?!#).*:= [\[{].* \|$|^(?!#).*:= [\[{]\w* \|$")
_SWAPS = {" == ": " != ", " != ": " == ", " < ": " <= ", " <= ": " < ", " > ": " >= ", " >= ": " > "}
_NUMBER = re.compile(r"(?<![\w.\"%])\d+(?![\w.\"])")
_TEXT = re.compile(r'"([^"\\%]+)"')
# What a finding says to people: its tests compare the message, and a mutant of it proves nothing.
_SAID = re.compile(r'^\s*("(msg|fix|path)"|"found"|\}\)|finding\.|found :=)')


@dataclass(frozen=True, slots=True)
class Mutant:
    """One line of one policy, changed."""

    file: Path
    line: int
    operator: str
    text: str

    def __str__(self) -> str:
        return f"{self.file.relative_to(POLICIES)}:{self.line} {self.operator}: {self.text.strip()}"

    def source(self) -> str:
        """The whole file with the change."""
        lines = self.file.read_text(encoding="utf-8").splitlines()
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
        shared = [*(path for path in rule_files(self.folder / "lib")), self.folder / "lib/examples_test.rego"]
        own = file.with_name(f"{file.stem}_test.rego")
        near = tool("opa", "test", "--fail-on-empty", *{*shared, file, own})
        if near.code == 0 and file.parent.name == "lib":
            # What rules share is proved by the tests of the rules, too.
            return "killed" if tool("opa", "test", self.folder).code else "survived"
        if near.code == 0:
            return "survived"
        return "killed" if "FAIL" in near.text else "stillborn"


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
    explained = {one["mutant"] for one in yaml.safe_load(EXPLAINED.read_text(encoding="utf-8"))}
    survivors = {str(mutant) for mutant, verdict in found if verdict == "survived"}
    print(
        *(f"{verdict:10}{number:6}" for verdict, number in sorted(Counter(one for _, one in found).items())), sep="\n"
    )
    print(*(f"survived: {one}" for one in sorted(survivors - explained)), sep="\n")
    return 1 if survivors - explained else 0


def _run(laboratory: Laboratory, tried: Sequence[Mutant]) -> list[tuple[Mutant, str]]:
    return [(mutant, laboratory.verdict(mutant)) for mutant in tried]


if __name__ == "__main__":
    raise SystemExit(main())
