"""The folder of the rules: its Rego files, each read once, what a profile takes of them, and what is waived."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path

from promote.checks import rules, screen, waivers
from promote.checks.rules import Rule
from promote.errors import ConfigError
from promote.git import sparse
from promote.repository import config
from promote.system.paths import is_inside, links_out, shown
from promote.yamltext import reader

FOLDER = config.POLICIES
_WAIVERS = Path("data", "waivers.yaml")
_SCHEMA = Path(__file__).parents[1] / "waivers.schema.json"


@dataclass(frozen=True, slots=True)
class Bundle:
    """What conftest loads: Rego files and folders of tables; `ids` are its rules, `tables` what these read.

    `only_warn` are the rules whose denials are warnings, with those that say so; None where nothing is lowered.
    `needs_schemas` says that a kind without a schema is denied.
    """

    files: tuple[Path, ...]
    data: tuple[Path, ...]
    ids: frozenset[str]
    tables: frozenset[str]
    only_warn: frozenset[str] | None = None
    needs_schemas: bool = True

    @property
    def reads(self) -> Iterator[Path]:
        """What conftest reads: these files and folders, and what links in the folders lead to."""
        yield from (*self.files, *self.data)
        yield from (path for folder in self.data for path in folder.rglob("*") if path.is_symlink())


@dataclass(frozen=True)
class Policies:
    """One folder of rules. Nothing is read before it is needed, and nothing is read twice."""

    folder: Path

    @cached_property
    def texts(self) -> dict[Path, str]:
        """The Rego files other than tests; raises ConfigError if there is none."""
        whole = self.folder.resolve()
        found = sorted(path for path in whole.rglob("*.rego") if not path.name.endswith("_test.rego"))
        if not found:
            raise ConfigError(
                f"there is no Rego rule in {self.folder.name}: point `policies:` in promote.yaml at them"
            )
        if colon := next((path for path in found if ":" in self._shown(path)), None):
            raise ConfigError(f"{self._shown(colon)}: conftest reads no file with a colon in its path: rename it")
        return {path: screen.text_of(path, self._shown(path)) for path in found}

    def bundle(self, profile: str = rules.PROFILES[-1]) -> Bundle:
        """The rules that are in `profile`, and the tables.

        Raises ConfigError for a rule that names an unknown profile.
        """
        if profile not in self._bundles:
            self._bundles[profile] = self._bundle(profile)
        return self._bundles[profile]

    @cached_property
    def _bundles(self) -> dict[str, Bundle]:
        return {}

    def _bundle(self, profile: str) -> Bundle:
        chosen = rules.select({str(path): text for path, text in self.texts.items()}, profile)
        tables = self.folder.resolve() / "data"
        screen.tables(tables)
        data = (tables,) if tables.is_dir() else ()
        needs_schemas = profile == rules.PROFILES[-1]
        files = tuple(map(Path, chosen.files))
        return Bundle(files, data, chosen.ids, chosen.tables, chosen.only_warn, needs_schemas)

    def of_changes(self, profile: str) -> tuple[Path, ...]:
        """What conftest loads to judge a change: the rules about it in `profile`, their entry point and library.

        Nothing where the profile has no such rule.
        """
        whole = self.folder.resolve()
        entry, files = whole / "change.rego", self.bundle(profile).files
        judging = [path for path in files if path.parent == whole / "change"]
        if not judging or not entry.is_file():
            return ()
        return (entry, *judging, *(path for path in files if path.parent == whole / "lib"))

    def _shown(self, path: Path) -> str:
        return f"{self.folder.name}/{path.relative_to(self.folder.resolve()).as_posix()}"

    def described(self, root: Path, silent: bool = False) -> tuple[Rule, ...]:
        """The rules with their files relative to `root`, and promote's own.

        Raises ConfigError for a rule that does not describe itself, unless `silent` rules may be left out.
        """
        top = root.resolve()
        named = {
            (path.relative_to(top) if path.is_relative_to(top) else path).as_posix(): text
            for path, text in self.texts.items()
        }
        return rules.read(named, silent)

    def waived(self, root: Path, today: date) -> tuple[waivers.Entry, ...]:
        """The waivers of the repository at `root`, none where it has no file of them.

        They are in its own folder of rules, or where that would be: what comes with promote waives nothing. Raises
        ConfigError as `waivers.parse` does.
        """
        file = (root / FOLDER if self.folder == packaged() else self.folder) / _WAIVERS
        if not file.is_file():
            return ()
        known = tuple(rule.id for rule in self.described(root))
        return _parsed(file.read_bytes(), shown(file, root.resolve()), known, today)


@lru_cache(maxsize=4)  # a check asks twice, with --base for two commits, and thousands of them take seconds
def _parsed(data: bytes, file: str, known: tuple[str, ...], today: date) -> tuple[waivers.Entry, ...]:
    return waivers.parse(data, file, reader.from_json(_SCHEMA.read_bytes()), known, today)


def choose(root: Path, policies: str | None, profile: str | None) -> tuple[Policies, str]:
    """The rules and their profile, where promote.yaml or the command line name neither, one or both.

    The repository's own rules, in `policies`, all take part; of those that come with promote, what is true of any.
    """
    own = root / (policies or FOLDER)
    if ":" in own.name or ":" in (policies or ""):
        # It takes what comes before a colon for a name, and reads what comes after it, which may be anywhere.
        raise ConfigError(f"conftest reads no folder of rules with a colon in its path: rename '{policies}'")
    _insist_inside(own, root)
    # The rules of the package, or those that are there, would judge something else.
    sparse.insist(own, ", of the rules")
    if policies is not None or (own.is_dir() and _is_of_rules(own)):
        return Policies(own), profile or rules.PROFILES[-1]
    return Policies(packaged()), profile or rules.GENERAL


def _insist_inside(own: Path, root: Path) -> None:
    """Raise ConfigError for a link to a file of somebody else, which a rule could print."""
    folder = own.resolve()
    for link in links_out(folder, root) if folder.is_dir() else ():
        if not is_inside(link, folder):
            raise ConfigError(
                f"{own.name}/{link.relative_to(folder).as_posix()}: this link leads out of the repository: "
                "replace it by the file"
            )


def _is_of_rules(folder: Path) -> bool:
    """Whether a folder with the default name has rules: some repositories keep policies of Kyverno or a page there.

    An empty folder, or one with tests or tables only, has lost its rules: it counts, so that there is an error.
    """
    files = {path for path in folder.rglob("*") if not path.is_dir()}
    tables = {path for path in files if folder / "data" in path.parents} - {folder / _WAIVERS}
    return not files or bool(tables) or any(path.suffix == ".rego" for path in files)


def packaged() -> Path:
    """The rules that come with promote; where it runs from a checkout, they are next to the package."""
    package = Path(__file__).resolve().parents[1]
    installed = package / FOLDER
    return installed if installed.is_dir() else package.parent / FOLDER
