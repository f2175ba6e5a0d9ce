"""The rules that keep `promote` easy to change: dependencies point downward, each outer thing has one owner."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from graphlib import TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]

# From the ground up: a module imports from layers below its own, and never from beside or above it.
# PURE modules decide: they get values and return values. The others read, write, ask and start programs.
PURE, OUTER = "pure", "outer"
LAYERS: tuple[tuple[str, str, frozenset[str]], ...] = tuple(
    (kind, what, frozenset(modules.split()))
    for kind, what, modules in (
        (PURE, "what can go wrong, where a value stands", "errors places durations"),
        (PURE, "words and texts", "model yaml_scalars documents config_schema api_forms"),
        (PURE, "formats, time and decisions", "yaml_spans image_fields holds history freezes plan checks proof"),
        (PURE, "what a change waits for", "gates"),
        (PURE, "files as values, wording", "facts kustomization message rules waivers baseline edits"),
        (PURE, "what the rules saw, a text within a text, a patch as text", "coverage block_scalars patch_text"),
        (PURE, "a verdict in every format", "verdict_report sarif junit"),
        (OUTER, "other programs, what can be made again", "process cache clock"),
        (OUTER, "one outer thing each", "git tools schemas config policy_files forge.base"),
        (OUTER, "why nothing can be rendered", "diagnosis"),
        (OUTER, "rendering, the forges", "render forge.local forge.github"),
        (OUTER, "the choice of a forge, where a patch or what is generated stands", "forge patches generators"),
        (OUTER, "where an object is written", "origins"),
        (OUTER, "where a finding comes from", "sources"),
        (OUTER, "the checks", "inspection"),
        (OUTER, "one clone, what mends its files", "workspace mending"),
        (OUTER, "the path of a change, and what it does to findings", "workflow comparison"),
        (OUTER, "how results look", "report commands.result"),
        (OUTER, "one module a verb", "commands commands.*"),
        (OUTER, "the command line", "arguments"),
        (OUTER, "printing and exit codes", "cli"),
        (OUTER, "python -m promote", "__main__"),
    )
)
LEVEL = {name: level for level, (_, _, names) in enumerate(LAYERS) for name in names}
PURE_MODULES = frozenset().union(*(names for kind, _, names in LAYERS if kind == PURE))
SAME_LAYER = "commands."  # a verb may be made of others: `plan` is the first half of `promote`

# Who alone may import what comes from outside. What is heavy must wait inside the function that needs it.
OWNERS = {
    "subprocess": {"process"},
    "git": {"git"},
    "github": {"forge.github"},
    "requests": {"forge.github"},
    "argparse": {"arguments", "cli"},
    "jsonschema": {"config_schema"},
    "jsonpatch": {"proof"},
    "jsonpointer": {"proof"},
    "ruamel": {"holds"},
}
HEAVY = frozenset({"git", "jsonschema", "jsonpatch", "jsonpointer", "ruamel"})
# `promote --help` loads these, so they may load next to nothing.
QUICK = ("__init__", "__main__", "cli", "arguments", "errors")
LIGHT = frozenset(
    "__future__ argparse collections errno io itertools os re sys typing promote".split()  # noqa: SIM905
)
LONGEST_FUNCTION, LONGEST_FILE = 50, 420


class Import(NamedTuple):
    """One imported module, with its dots, and whether that happens as soon as the importer is loaded."""

    name: str
    at_once: bool
    line: int


class Module(NamedTuple):
    """One file of the package; its name without `promote.`."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def own(self) -> set[str]:
        """What it imports of the package."""
        found = {one.name.removeprefix("promote").removeprefix(".") for one in _imports(self.tree)
                 if one.name.partition(".")[0] == "promote"}  # fmt: skip
        return {name for part in found for name in _modules_of(part)} - {self.name}


def _modules() -> list[Module]:
    found = []
    for path in sorted((ROOT / "promote").rglob("*.py")):
        parts = path.relative_to(ROOT / "promote").with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)
        found.append(Module(name, path, ast.parse(path.read_text())))
    return found


def _modules_of(dotted: str) -> set[str]:
    """The module that `dotted` names, or the one that a name in it belongs to."""
    known = {module.name for module in MODULES}
    owner = dotted.rpartition(".")[0]
    return {dotted} & known or {owner} & known


def _imports(tree: ast.AST, *, at_once: bool = True) -> Iterator[Import]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, at_once, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (Import(f"{node.module}.{alias.name}", at_once, node.lineno) for alias in node.names)
        else:
            typing_only = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
            later = typing_only or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _imports(node, at_once=at_once and not later)


MODULES = _modules()


def each(modules: Iterable[Module]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("module", list(modules), ids=lambda module: module.name)


each_module = each(MODULES)


def _level(name: str) -> int:
    return LEVEL.get(name, LEVEL["commands"] if name.startswith("commands.") else -1)


@each_module
def test_dependencies_point_downward(module: Module) -> None:
    if module.name == "__init__":
        assert module.own == set()
        return
    assert _level(module.name) >= 0, f"give {module.name} a place in LAYERS"
    for other in module.own - {"__init__"}:
        beside = module.name.startswith(SAME_LAYER) and other.startswith(SAME_LAYER)
        assert _level(other) < _level(module.name) or beside, f"{module.name} imports {other}"


def test_the_table_names_modules_that_exist() -> None:
    assert LEVEL.keys() - {"commands.*"} <= {module.name for module in MODULES}


@each(module for module in MODULES if module.name in PURE_MODULES)
def test_pure_modules_only_decide(module: Module) -> None:
    outside = {"os", "subprocess", "shutil", "tempfile", "socket", "time", "random", "sys", "git", "github"}
    assert outside & {one.name.partition(".")[0] for one in _imports(module.tree)} == set()
    assert module.own <= PURE_MODULES
    # Reading a file needs no import where there are paths.
    calls = {node.func for node in ast.walk(module.tree) if isinstance(node, ast.Call)}
    names = {call.attr for call in calls if isinstance(call, ast.Attribute)}
    names |= {call.id for call in calls if isinstance(call, ast.Name)}
    assert names & {"open", "read_text", "read_bytes", "write_text", "write_bytes", "is_file", "exists"} == set()


def test_no_import_cycles() -> None:
    # Counting the imports that wait in functions too: they only hide a cycle.
    TopologicalSorter({module.name: module.own for module in MODULES}).prepare()


@each_module
def test_each_outer_thing_has_one_owner(module: Module) -> None:
    for one in _imports(module.tree):
        top = one.name.partition(".")[0]
        assert module.name in OWNERS.get(top, {module.name}), f"{module.path}:{one.line} imports {one.name}"


@each_module
def test_heavy_imports_wait_until_they_are_needed(module: Module) -> None:
    for one in _imports(module.tree):
        top = one.name.partition(".")[0]
        assert not (one.at_once and top in HEAVY), f"{module.path}:{one.line} imports {one.name} at once"
        if one.at_once and module.name in QUICK:
            assert top in LIGHT, f"{module.path}:{one.line} makes --help load {one.name}"


@each(module for module in MODULES if module.name not in ("cli", "__main__"))
def test_only_cli_prints_and_exits(module: Module) -> None:
    names = {node.id for node in ast.walk(module.tree) if isinstance(node, ast.Name)}
    assert names & {"print", "input", "exit", "quit", "SystemExit"} == set()
    attributes = {ast.unparse(node) for node in ast.walk(module.tree) if isinstance(node, ast.Attribute)}
    assert attributes & {"sys.exit", "os._exit", "os.abort", "sys.stdout", "sys.stderr"} == set()


@each_module
def test_functions_and_files_are_short(module: Module) -> None:
    assert len(module.path.read_text().splitlines()) <= LONGEST_FILE
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{module.path}:{node.lineno} {node.name} has {length} lines"


def test_help_loads_next_to_nothing() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "promote", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "promote" in loaded
    # Setuptools puts itself in front of every Python that it is installed in.
    assert loaded & (packages_distributions().keys() - {"promote", "_distutils_hack"}) == set()
    slow = {"dataclasses", "inspect", "subprocess", "pathlib", "json", "tempfile", "logging", "socket", "difflib"}
    assert loaded & slow == set()
