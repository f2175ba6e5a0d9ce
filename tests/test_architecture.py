"""The rules that keep `promote` easy to change: dependencies point downward, each outer thing has one owner."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]

# From top to bottom: a package imports from those below it, and never from one above. Whatever is in no package is
# one of these four modules.
PACKAGES = (
    "cli",
    "commands",
    "output",
    "strategy",
    "promotion",
    "proof",
    "changes",
    "live",
    "windows",
    "scaling",
    "fix",
    "checks",
    "api",
    "repository",
    "gates",
    "health",
    "kustomize",
    "versions",
    "oci",
    "forge",
    "engines",
    "cluster",
    "yamltext",
    "git",
    "system",
    "model",
    "errors",
)
TOP_LEVEL = {"__init__", "__main__", "model", "errors"}
# These decide: they are given values and return values. The others read, write, ask and start programs.
PURE = {"gates", "versions", "yamltext", "output", "model", "errors"}
# A registry names the files of its package, and imports them only when they are asked for.
REGISTRIES = {
    "commands.registry",
    "engines.registry",
    "forge.registry",
    "gates.registry",
    "health.registry",
    "output.registry",
}

# Who alone may import what comes from outside. What is heavy must wait inside the function that needs it.
OWNERS = {
    "subprocess": {"system.process"},
    "ctypes": {"system.landlock"},
    "github": {"forge.github_client", "forge.github_errors"},
    "requests": {"forge.json_api", "oci.client", "oci.server", "strategy.prometheus", "system.http"},
    "argparse": {"cli.arguments", "cli.completion", "cli.main", "commands"},
    "argcomplete": {"cli.completion", "commands.completion"},
    "jsonschema": {"yamltext.validation"},
    "kubernetes": {"cluster.client", "cluster.kubeconfig"},
    "urllib3": {"cluster.client", "system.http", "system.public_network"},
    "jsonpatch": {"kustomize.differences"},
    "jsonpointer": {"checks.kubeconform", "fix.patch_text", "kustomize.differences", "yamltext.places"},
    "ruamel": {"repository.holds"},
}
HEAVY = frozenset({"argcomplete", "jsonschema", "jsonpatch", "jsonpointer", "kubernetes", "ruamel", "urllib3"})
# `promote --help` loads these, so they may load next to nothing.
QUICK = ("__init__", "__main__", "cli.main", "cli.arguments", "errors", "commands.options", *REGISTRIES)
LIGHT = frozenset(
    "__future__ argparse collections errno gc importlib io itertools os re sys typing promote".split()  # noqa: SIM905
)
LONGEST_FUNCTION, LONGEST_FILE = 40, 300


class Import(NamedTuple):
    """One imported module, with its dots, and whether that happens as soon as the importer is loaded."""

    name: str
    at_once: bool
    line: int


@dataclass(frozen=True)
class Module:
    """One file of the package; its name without `promote.`."""

    name: str
    path: Path

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text())

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def imports(self) -> list[Import]:
        return list(_imports(self.tree))

    @cached_property
    def own(self) -> set[str]:
        """What it imports of the package."""
        return {name for one in self.imports for name in _promote_modules(one)} - {self.name}


def _modules() -> Iterator[Module]:
    for path in sorted((ROOT / "promote").rglob("*.py")):
        parts = path.relative_to(ROOT / "promote").with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)
        yield Module(name, path)


def _promote_modules(one: Import) -> set[str]:
    """The modules of the package that an import names."""
    if one.name.partition(".")[0] != "promote":
        return set()
    return _modules_of(one.name.removeprefix("promote").removeprefix("."))


def _modules_of(dotted: str) -> set[str]:
    """The module that `dotted` names, or the one that a name in it belongs to."""
    owner = dotted.rpartition(".")[0]
    return {dotted} & NAMES or {owner} & NAMES


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


MODULES = tuple(_modules())
NAMES = {module.name for module in MODULES}


def of(*packages: str) -> list[Module]:
    return [module for module in MODULES if _package(module.name) in packages]


def _package(name: str) -> str:
    return name.partition(".")[0]


def test_only_four_modules_are_in_no_package() -> None:
    assert {
        module.name for module in MODULES if "/" not in str(module.path.relative_to(ROOT / "promote"))
    } == TOP_LEVEL
    assert {_package(module.name) for module in MODULES} == set(PACKAGES) | TOP_LEVEL


def test_dependencies_point_downward() -> None:
    levels = {name: level for level, name in enumerate(("__main__", *PACKAGES, "__init__"))}
    upward = [
        f"{module.name} imports {other}"
        for module in MODULES
        for other in module.own
        if _package(other) != _package(module.name) and levels[_package(other)] <= levels[_package(module.name)]
    ]
    assert upward == []


def test_commands_do_not_use_each_other() -> None:
    shared = {"commands", *(f"commands.{name}" for name in ("editing", "options", "registry", "result"))}
    for module in of("commands"):
        assert {name for name in module.own if _package(name) == "commands"} <= shared, module.name


def test_pure_packages_only_decide() -> None:
    outside = {"os", "subprocess", "shutil", "tempfile", "socket", "time", "random", "sys", "github"}
    # Reading a file needs no import where there are paths.
    reading = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "is_file", "exists"}
    for module in of(*PURE):
        found = module.imports
        at_once = {name for one in found if one.at_once for name in _promote_modules(one)}
        calls = {node.func for node in module.nodes if isinstance(node, ast.Call)}
        names = {call.attr for call in calls if isinstance(call, ast.Attribute)}
        names |= {call.id for call in calls if isinstance(call, ast.Name)}
        assert outside & {one.name.partition(".")[0] for one in found} == set(), module.name
        assert [name for name in at_once if name.startswith(("git.", "system.process", "system.tools"))] == []
        assert {name for name in at_once if _package(name) == "forge"} <= {"forge.protocol"}, module.name
        assert names & reading == set(), module.name


def test_no_import_cycles() -> None:
    # Counting the imports that wait in functions too: they only hide a cycle.
    TopologicalSorter({module.name: module.own for module in MODULES}).prepare()


def test_each_outer_thing_has_one_owner() -> None:
    for module in MODULES:
        for one in module.imports:
            owners = OWNERS.get(one.name.partition(".")[0], {module.name})
            assert {module.name, _package(module.name)} & owners, f"{module.path}:{one.line} imports {one.name}"


def test_heavy_imports_wait_until_they_are_needed() -> None:
    for module in MODULES:
        for one in (one for one in module.imports if one.at_once):
            top = one.name.partition(".")[0]
            assert top not in HEAVY, f"{module.path}:{one.line} imports {one.name} at once"
            assert module.name not in QUICK or top in LIGHT, f"{module.path}:{one.line} makes --help load {one.name}"


# Of PyYAML, all others may use the types of nodes and the root of its errors.
YAML_TYPES = {"yaml.Node", "yaml.ScalarNode", "yaml.SequenceNode", "yaml.MappingNode", "yaml.YAMLError"}
PARSERS = {"tomllib", "pickle", "marshal", "ast", "csv", "configparser", "plistlib", "shelve"}


def test_only_the_bounded_reader_parses() -> None:
    """Whatever comes from outside is limited in one place; `repository.holds` edits with ruamel what it has read."""
    allowed = {"json.dumps", *YAML_TYPES, *(f"yaml.nodes.{name.removeprefix('yaml.')}" for name in YAML_TYPES)}
    for module in MODULES:
        if _package(module.name) == "yamltext":
            continue
        imported = {one.name for one in module.imports}
        assert {name for name in imported if name.partition(".")[0] in PARSERS} == set(), module.name
        used = imported | _attributes(module)
        assert {name for name in used if name.startswith(("json.", "yaml."))} <= allowed, module.name


def test_only_cli_prints_and_exits() -> None:
    for module in MODULES:
        if module.name in ("cli.main", "__main__"):
            continue
        names = {node.id for node in module.nodes if isinstance(node, ast.Name)}
        assert names & {"print", "input", "exit", "quit", "SystemExit"} == set(), module.name
        leaving = {"sys.exit", "os._exit", "os.abort", "sys.stdout", "sys.stderr"}
        assert _attributes(module) & leaving == set(), module.name


def _attributes(module: Module) -> set[str]:
    """What is used of names, such as `json.dumps`."""
    attributes = (node for node in module.nodes if isinstance(node, ast.Attribute))
    return {f"{node.value.id}.{node.attr}" for node in attributes if isinstance(node.value, ast.Name)}


def test_functions_and_files_are_short() -> None:
    for module in MODULES:
        assert len(module.path.read_text().splitlines()) <= LONGEST_FILE, module.path
        for node in module.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                assert length <= LONGEST_FUNCTION, f"{module.path}:{node.lineno} {node.name} has {length} lines"


def _loaded(*arguments: str) -> set[str]:
    """The packages and modules of the top level that a Python with these arguments loads."""
    command = [sys.executable, "-X", "importtime", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}


def test_help_loads_next_to_nothing() -> None:
    # Since Python 3.14, argparse itself loads two of those that are slow.
    unavoidable = _loaded("-c", "import argparse; argparse.ArgumentParser().print_help()")
    loaded = _loaded("-m", "promote", "--help") - unavoidable
    assert "promote" in loaded
    # Setuptools puts itself in front of every Python that it is installed in.
    assert loaded & (packages_distributions().keys() - {"promote", "_distutils_hack"}) == set()
    slow = {"dataclasses", "inspect", "subprocess", "pathlib", "json", "tempfile", "logging", "socket", "difflib"}
    assert loaded & slow == set()
