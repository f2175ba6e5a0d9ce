"""Finds, before a kustomization is built, what kustomize would fetch, run or read outside of the repository.

A pull request chooses these texts, and kustomize hands them to Git and to HTTP. So whatever is not known to be
harmless is taken for a reference, in every layer, and what a reference may be is decided by rules that are stricter
than those of kustomize itself.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from os.path import normpath
from pathlib import Path

from yaml.nodes import MappingNode, Node, ScalarNode

from promote.errors import RenderError
from promote.kustomize import contents, local_charts, options, remotes
from promote.kustomize.fields import ENTRIES, PLAIN, PLUGINS
from promote.kustomize.files import FILE_NAMES, KINDS, UNPROVED, at, read
from promote.kustomize.remotes import Copies
from promote.system.paths import is_content, private_tree, shown
from promote.yamltext import places

# Fields of a kustomization that name no file, folder or address. Go compares names regardless of case.
_HARMLESS = frozenset(map(str.casefold, PLAIN))
# The same for the fields inside the items of a field.
_HARMLESS_INSIDE = {
    field.casefold(): {each.casefold() for each in known.difference(naming)}
    for field, (known, naming) in ENTRIES.items()
    if field != "openapi"
}
_GENERATORS = frozenset({"configmapgenerator", "secretgenerator"})
_FROM_FILES = frozenset({"files", "envs", "env"})
_OR_UNPROVED = f"; or {UNPROVED}"
_NO_CHARTS = "promote renders no Helm charts: allow it (`kustomize: {helm: true}` in promote.yaml), or commit what "
_NO_CHARTS += "`helm template` prints"
_NO_GENERATOR = "promote does not run HelmChartInflationGenerator: move its fields to an item under `helmCharts` of "
_NO_GENERATOR += "the kustomization (`kustomize: {helm: true}` in promote.yaml), or commit what `helm` prints"
# All that a folder of plugins may say: what it changes in them would be decided only while kustomize runs.
_OF_PLUGINS = frozenset({"apiversion", "kind", "metadata", "resources"})
# The same for the fields of a built-in plugin.
_HARMLESS_IN_PLUGIN = frozenset({
    "apiversion", "kind", "metadata", "patch", "target", "jsonop", "literals", "annotations", "labels", "fieldspecs",
    "options", "source", "sourcevalue", "targets", "name", "namespace", "behavior", "type",
})  # fmt: skip
_FUNCTIONS = ("config.kubernetes.io/function", "config.k8s.io/function")
_BINARY = "tag:yaml.org,2002:binary"
# A superset of what kustomize's NewRepoSpecFromURL and IsRemoteFile accept.
_REMOTE = re.compile(
    r"\s*(git::|https?:|[a-z][a-z0-9+.-]*://|github\.com[/:]|[a-z][a-z0-9-]*@[^/]*[/:])", re.IGNORECASE
)
_QUERY = ("ref", "version", "timeout", "submodules")  # what kustomize reads of a query
_MOST_BUILT = 2_000
_LONGEST = 100  # characters of a reference in a message


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """What a layer says at a line, why that is refused, and advice on what promote.yaml can allow."""

    file: Path
    line: int
    problem: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Local:
    """A folder that can be built without reading anything else than files of its repository: what is in `reads`."""

    folder: Path
    has_charts: bool
    reads: Collection[Path]


@contextmanager
def local(folder: Path) -> Iterator[Local]:
    """`folder`, if building it reads only files of its repository.

    With references to allowed repositories, a private copy of all that building it reads, in which these are folders,
    too. Raises RenderError, with file and line, for any other reference that leads out.
    """
    top = folder.resolve()
    with ExitStack() as stack:
        walk = _Walk(_repository(top), Copies(stack))
        try:
            walk.kustomization(top, of_plugins=False)
            walk.insist_on_few(top)
        except Refused as found:
            raise RenderError(f"{_shown(found.file)}:{found.line}: {found.problem}", found.advice) from None
        if walk.copies.remotes:
            yield Local(walk.copies.of(top, walk.root), bool(walk.charts), walk.copies.tops)
        else:
            yield Local(folder, bool(walk.charts), walk.copies.files | walk.charts)


def is_remote(text: str) -> bool:
    """Whether kustomize might take `text` for an address or a Git repository; true for more than it does."""
    # Go's lower case of this letter is `i`, so that kustomize takes it for a part of `github`.
    plain = text.replace("\u0130", "i")
    asked = [part.partition("=")[0] for part in plain.partition("?")[2].split("&")] if "\n" not in plain else []
    return bool(_REMOTE.match(plain)) or not set(_QUERY).isdisjoint(asked)


def _repository(folder: Path) -> Path | None:
    """The folder that nothing may lead out of; None outside of a repository, where all files are the user's own."""
    for candidate in (folder, *folder.parents):
        if private_tree(candidate) or (candidate / ".git").exists():
            return candidate
    return None


@dataclass(slots=True)
class _Walk:
    root: Path | None
    copies: Copies
    seen: set[tuple[Path, bool]] = field(default_factory=set)
    charts: set[Path] = field(default_factory=set)
    below: dict[Path, list[Path]] = field(default_factory=dict)

    def insist_on_few(self, top: Path) -> None:
        """Raise Refused where kustomize would build too many kustomizations: one as often as others refer to it."""
        counts: dict[Path, int] = {}

        def count(folder: Path) -> int:
            if folder not in counts:
                counts[folder] = 1  # in a circle, which kustomize refuses
                counts[folder] += sum(map(count, self.below.get(folder, ())))
            return counts[folder]

        if count(top) > _MOST_BUILT:
            problem = f"this builds more than {_MOST_BUILT:,} kustomizations, each as often as others refer to it"
            raise Refused(top / FILE_NAMES[0], 1, f"{problem}: refer to each of them once")

    def kustomization(self, folder: Path, *, of_plugins: bool) -> None:
        """Follow all that the kustomization in `folder` refers to."""
        if (folder, of_plugins) in self.seen:
            return
        self.seen.add((folder, of_plugins))
        for file in (folder / name for name in FILE_NAMES):
            if file.is_file():
                self._inside(file.resolve(), file, 0)
                self.copies.files.add(file)
                for number, root in enumerate(contents.roots(read(file), _shown(file))):
                    if number == 0 and (kind := places.text(root, "kind")) not in ("", *KINDS):
                        problem = f"this is a {kind}, not a kustomization: rename the file, or correct its kind"
                        raise Refused(file, places.key_line(root, "kind"), problem)
                    self._layer(file, root, of_plugins)
                    self._charts(file, root)

    def _layer(self, file: Path, root: Node, of_plugins: bool) -> None:
        for key, value in contents.pairs(root) if isinstance(root, MappingNode) else ():
            name = str(key.value).casefold()
            line = key.start_mark.line
            if name in local_charts.FIELDS and not options.used().helm:
                raise Refused(file, line + 1, _NO_CHARTS, _OR_UNPROVED)
            if of_plugins and name not in _OF_PLUGINS:
                raise Refused(file, line + 1, f"a folder of plugins may only list resources: remove `{key.value}`")
            if name not in _HARMLESS | local_charts.FIELDS:
                for scalar in contents.scalars(value, _HARMLESS_INSIDE.get(name, set())):
                    plugin = of_plugins or name in PLUGINS
                    self._reference(file, scalar, 0, plugin=plugin, generated=name in _GENERATORS)

    def _charts(self, file: Path, root: Node) -> None:
        """Follow the charts of a kustomization: each has to be there, so that none is pulled."""
        try:
            found = local_charts.of(root)
        except local_charts.Unclear as error:
            raise Refused(file, error.line, error.problem) from None
        for chart in found:
            line = chart.node.start_mark.line + 1
            for path in (chart.folder, *chart.values):
                if is_remote(path):
                    raise Refused(file, line, f"'{_short(path)}' is a remote reference: copy it into the repository")
                self._target(file, line, path)
            folder = self._target(file, line, chart.folder)
            if folder is None or not folder.is_dir():
                advice = "promote pulls none: commit it there (`helm pull --untar`), or correct its name"
                raise Refused(file, line, f"there is no chart in '{chart.folder}', and {advice}")
            self._chart(folder)

    def _chart(self, top: Path) -> None:
        """Look at all that helm reads in the folder of a chart; it follows links."""
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            if folder in self.charts:
                continue
            self.charts.add(folder)
            for entry in sorted(folder.iterdir()):
                target = self._target(entry, 1, entry.name)
                if target is not None and target.is_dir():
                    waiting.append(target)
                elif target is not None and (fault := local_charts.problem(entry.name, target)):
                    raise Refused(entry, *fault)

    def _reference(
        self, file: Path, scalar: ScalarNode, offset: int, *, plugin: bool = False, generated: bool = False
    ) -> None:
        """One text that may lead somewhere; `offset` are the lines of `file` before the document.

        What is `generated` from it is a file and never the text itself, even if that has several lines.
        """
        line, text = offset + scalar.start_mark.line + 1, str(scalar.value)
        if scalar.tag == _BINARY:
            raise Refused(file, line, "a value in base64 could hide where it leads: write it as text")
        # Generators name a file as `key=path`.
        for path in {text, text if "\n" in text and not generated else text.rpartition("=")[2]}:
            if is_remote(path):
                self._remote(file, line, text)
                return
            target = self._target(file, line, path, is_name=generated)
            if target is not None and target.is_dir():
                self.below.setdefault(file.parent, []).append(target)
                self.kustomization(target, of_plugins=plugin)
            elif target is not None and plugin:
                self._plugins_in(target)
            elif plugin:
                # It is the plugin itself. In a block scalar, its text starts on the next line.
                for document in contents.objects(path, f"{_shown(file)}:{line}"):
                    self._plugin(file, document, line - 1 + (scalar.style in ("|", ">")))

    def _remote(self, file: Path, line: int, text: str) -> None:
        remote = remotes.parse(text)
        if remote is None:
            fix = "copy what it leads to into the repository (or allow it: `remotes` of promote.yaml)"
            raise Refused(file, line, f"'{_short(text)}' is a remote reference: {fix}", _OR_UNPROVED)
        if text.encode() not in file.read_bytes():
            raise Refused(file, line, "this remote reference is written with escapes: write it plainly")
        whole = self.copies.fetched(remote)
        folder = whole / remote.folder
        self.copies.remotes[file, text] = folder
        self.below.setdefault(file.parent, []).append(folder)
        inner = _Walk(whole, self.copies, self.seen, self.charts, self.below)
        inner.kustomization(inner._target(file, line, str(folder)) or folder, of_plugins=False)

    def _target(self, file: Path, line: int, path: str, *, is_name: bool = False) -> Path | None:
        """What `path` leads to; None where that is nothing, but also nothing outside.

        In several lines, it may be a text in place of a name, unless it `is_name`.
        """
        # As kustomize does: `link/..` is the folder of the link, wherever that leads.
        whole = Path(normpath(file.parent / path))
        target = at(whole, "")
        if target is not None or is_name or "\n" not in path:
            self._inside(target or whole, file, line, path)
        if target is not None and target != whole:
            self.copies.links[whole] = target
        if target is not None and target.is_file():
            self.copies.files.add(target)
        return target

    def _plugins_in(self, file: Path) -> None:
        if (file, True) not in self.seen:
            self.seen.add((file, True))
            for document in contents.objects(read(file), _shown(file)):
                self._plugin(file, document, 0)

    def _plugin(self, file: Path, node: Node, offset: int) -> None:
        """One built-in transformer, generator or validator; any other would be a program."""
        line = offset + node.start_mark.line + 1
        if not isinstance(node, MappingNode):
            return
        pairs = [(str(key.value).casefold(), value) for key, value in contents.pairs(node)]
        said = {(name, str(value.value)) for name, value in pairs}
        named = {str(key.value) for part in contents.mappings(node) for key, _ in contents.pairs(part)}
        # If a key is there twice, kustomize may take either.
        if {value for name, value in said if name == "apiversion"} != {"builtin"} or named.intersection(_FUNCTIONS):
            kind = next((value for name, value in said if name == "kind"), "this")
            said_of = f"{kind} is not built into kustomize but a program, which promote never runs"
            raise Refused(file, line, f"{said_of}: commit what it makes instead", _OR_UNPROVED)
        if ("kind", "HelmChartInflationGenerator") in said:
            raise Refused(file, line, _NO_GENERATOR)
        for name, value in pairs:
            if name not in _HARMLESS_IN_PLUGIN:
                for scalar in contents.scalars(value, _HARMLESS_IN_PLUGIN):
                    self._reference(file, scalar, offset, generated=name in _FROM_FILES)

    def _inside(self, target: Path, file: Path, line: int, text: str = "") -> None:
        if self.root is not None and not is_content(target, self.root):
            what = f"'{_short(text)}'" if text else "this file"
            raise Refused(file, line or 1, f"{what} leads out of the repository: name a file or folder inside it")
        # A private copy may have files of other branches, which only promote can see together.
        if self.root is not None and private_tree(self.root) and _repository(target) != self.root:
            raise Refused(file, line or 1, f"'{_short(text)}' leads to another branch: name something on this one")


def _shown(file: Path) -> str:
    here = Path.cwd().resolve()
    # For a link, the message names the link and not its target.
    return f"{shown(file.parent, here)}/{file.name}" if file.is_symlink() else shown(file, here)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
