"""The folder of the policies: whose it is, which of its Rego files a profile has, what they say, what is waived."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from promote.checks import rules, waivers
from promote.checks.rules import Rule
from promote.errors import ConfigError
from promote.system.paths import shown

_OWN = "policies"
_WAIVERS = Path("data", "waivers.yaml")
_SCHEMA = Path(__file__).parents[1] / "waivers.schema.json"


@dataclass(frozen=True, slots=True)
class Ruleset:
    """What conftest loads: Rego files and a folder of tables; `ids` are its rules, `tables` what these read."""

    files: tuple[Path, ...]
    data: tuple[Path, ...]
    ids: frozenset[str]
    tables: frozenset[str]


def choose(root: Path, policies: str | None, profile: str | None) -> tuple[Path, str]:
    """The folder of the rules and their profile, where promote.yaml or the command line name neither, one or both.

    The repository's own rules, in `policies`, all take part; of those that come with promote, what is true of any.
    """
    own = root / (policies or _OWN)
    if policies is not None or (own.is_dir() and not _has_only_waivers(own)):
        return own, profile or rules.PROFILES[-1]
    return packaged(), profile or rules.GENERAL


def _has_only_waivers(folder: Path) -> bool:
    # A folder that holds anything else, or nothing, has lost its rules, which is worth an error.
    return [path for path in folder.rglob("*") if not path.is_dir()] == [folder / _WAIVERS]


def packaged() -> Path:
    """The rules that come with promote; where it runs from a checkout, they lie beside the package."""
    package = Path(__file__).resolve().parents[1]
    installed = package / _OWN
    return installed if installed.is_dir() else package.parent / _OWN


def load(folder: Path, profile: str = rules.PROFILES[-1]) -> Ruleset:
    """The rules of `folder` that are in `profile`, and the tables beside them.

    Raises ConfigError where there is no Rego file, or one that names an unknown profile.
    """
    whole = folder.resolve()
    chosen = rules.select({str(path): path.read_text("utf-8") for path in rego_files(whole)}, profile)
    data = (whole / "data",) if (whole / "data").is_dir() else ()
    return Ruleset(tuple(map(Path, chosen.files)), data, chosen.ids, chosen.tables)


def rego_files(policies: Path) -> list[Path]:
    """The Rego files in a folder that are no tests; raises ConfigError where there is none."""
    found = sorted(path for path in policies.rglob("*.rego") if not path.name.endswith("_test.rego"))
    if not found:
        raise ConfigError(f"there is no Rego rule in {policies.name}: point `policies:` in promote.yaml at them")
    return found


def of_changes(policies: Path) -> list[Path]:
    """What conftest loads to judge a change: the rules about it, what gathers them, what they share; or nothing."""
    found = [path for name in ("change", "lib") for path in sorted((policies / name).glob("*.rego"))]
    entry = policies / "change.rego"
    return [entry, *(path for path in found if not path.name.endswith("_test.rego"))] if entry.is_file() else []


def described(root: Path, policies: Path, silent: bool = False) -> tuple[Rule, ...]:
    """The rules in a folder, with their files relative to `root`; raises ConfigError where there is none.

    And for a rule that does not describe itself, unless `silent` ones may be left out.
    """
    texts = {
        (file.relative_to(root) if file.is_relative_to(root) else file).as_posix(): file.read_text("utf-8")
        for file in rego_files(policies)
    }
    return rules.read(texts, silent)


def waived(root: Path, policies: Path, today: date) -> tuple[waivers.Entry, ...]:
    """The waivers of the repository at `root`, none where it has no file of them.

    They lie beside its own rules or where these would lie: what comes with promote waives nothing. Raises ConfigError
    as `waivers.parse` does.
    """
    file = (root / _OWN if policies == packaged() else policies) / _WAIVERS
    if not file.is_file():
        return ()
    known = [rule.id for rule in described(root, policies)]
    schema = json.loads(_SCHEMA.read_bytes())
    return waivers.parse(file.read_bytes(), shown(file, root.resolve()), schema, known, today)
