"""What the rules say about themselves: the METADATA comment at the head of every Rego file, and our own checks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from promote.checks.findings import Level
from promote.checks.kubeconform import MISSING_SCHEMA
from promote.errors import ConfigError
from promote.yamltext import reader

_METADATA = re.compile(r"^# METADATA\n((?:#.*\n)+)package (?:rules|change)\.", re.MULTILINE)
# Sets of rules, each with all of the sets before it: the two Pod Security Standards that forbid something, what is
# true of any repository, what is a matter of taste there, and what needs tables of this system's own.
PROFILES = ("baseline", "restricted", "general", "strict", "system")
# The default where a repository has no rules of its own. It denies only what is broken or dangerous for everybody.
GENERAL = "general"
_IN_GENERAL = ("deny", "warn")
_PACKAGE = re.compile(r"^package (\S+)$", re.MULTILINE)
_IMPORT = re.compile(r"^import data\.(lib\.\w+)", re.MULTILINE)
# Data other than tables: Rego's own packages, and what promote passes about the target.
_TABLE = re.compile(r"\bdata\.(?!lib\b|rules\b|main\b|evaluation\b|target\b)([a-z_]+)")
_TABLES = "lib.tables"
_JUDGING = ("rules.", "change.")  # packages of rules; all others are what rules import, and the entry points
_LEVEL = re.compile(r"^(deny|warn) contains\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what must hold, why, how severe a violation is and how to fix it; `file` is empty for promote's own.

    `profile` is the smallest set of rules that has it; promote's own checks always take part. `subjects` are what it
    judges, as policies/README.md names them; nothing where it does not say. If it `only_warns`, what it denies is a
    warning in the profile `general`.
    """

    id: str
    levels: tuple[Level, ...]
    title: str
    description: str
    fix: str
    severity: str = "high"
    docs: str = ""
    file: str = ""
    profile: str = PROFILES[0]
    subjects: tuple[str, ...] = ()
    only_warns: bool = False

    @property
    def in_general(self) -> Literal["deny", "warn", "off"]:
        """The worst that the rule says in the profile `general`."""
        if PROFILES.index(self.profile) > PROFILES.index(GENERAL):
            return "off"
        return "deny" if "deny" in self.levels and not self.only_warns else "warn"


_OF_CHECKS = tuple(
    Rule(name, ("deny",), title, description, fix)
    for name, title, description, fix in (
        (
            "check.no_rules",
            "Rules are evaluated",
            "If no rule took part, nothing was checked, so the absence of findings proves nothing.",
            "set `policies:` in promote.yaml to the folder of the rules",
        ),
        (
            "check.nothing",
            "There is something to check",
            "A target without documents is a mistake, not a request to delete everything.",
            "use a folder that contains manifests",
        ),
        (
            "check.repeated",
            "Objects are unique",
            "Of two objects with the same kind, namespace and name, only the last one reaches the cluster.",
            "keep one of them",
        ),
        (
            "check.skipped",
            "Everything in a folder is judged",
            "A Helm chart, another kustomization or a file that is not a manifest is skipped, so it did not pass.",
            "render it and check the result, fix it, or leave it out by name with `--skip`",
        ),
        (
            "check.unevaluated",
            "Every document is evaluated",
            "The rules must see all rendered documents.",
            "report this as a bug of promote",
        ),
        (
            "check.unrendered",
            "Everything can be rendered",
            "If kustomize cannot build a target, or a file is not valid YAML, no other check sees it.",
            "fix the line in the finding, then run the check again",
        ),
        (
            "check.unvalidated",
            "Every document is validated",
            "Every document must be validated for every Kubernetes version in promote.yaml.",
            "see the `schema.*` findings of the same target",
        ),
        (
            "main.input",
            "Rules see all documents at once",
            "Rules that treat a single document as the list of all documents find nothing.",
            "run conftest with --combine",
        ),
        (
            "main.tables",
            "The tables of the rules exist",
            "A rule without its table finds nothing.",
            "keep the tables in policies/data",
        ),
        (
            "schema.invalid",
            "Documents match the schema of their kind",
            "The API server rejects a wrong type and silently drops an unknown field.",
            "remove or correct the field in the finding",
        ),
        (
            "schema.unreadable",
            "Documents can be validated",
            "kubeconform could not read the document, or the schema of its kind.",
            "correct the manifest",
        ),
    )
)
_OF_FILES_AND_NAMES = (
    Rule(
        "check.unread", ("warn",), "Every manifest is read",
        "A file that looks like a manifest but has another extension is not checked.",
        "change its extension to .yaml, .yml or .json, or move it to another folder", "low",
    ),
    Rule(
        "schema.missing", ("deny", "warn"), "Every kind has a schema",
        "A document without a schema cannot be validated. This is a warning, and a denial in the profile `system`. "
        "The definition of a custom resource in the target, or in a file of the repository, serves as its schema.",
        MISSING_SCHEMA, only_warns=True,
    ),
    Rule(
        "rule.unnamed", ("deny", "warn"), "Findings name their rule",
        "A finding without the id of its rule cannot be waived or selected.",
        "add `rule` to the finding, or move its rule into a package under `rules`",
    ),
)  # fmt: skip
_OF_WAIVERS = (
    Rule(
        "waivers.expired", ("deny",), "Waivers are not expired",
        "The finding of an expired waiver counts again, so the waiver is misleading.",
        "fix the finding, then delete the waiver",
    ),
    Rule(
        "waivers.expiring", ("warn",), "Waivers do not expire soon",
        "The warning starts 14 days before the last day, so that the end of a waiver is not a surprise.",
        "fix the finding, then delete the waiver", "low",
    ),
    Rule(
        "waivers.unused", ("warn",), "Waivers have a finding",
        "A waiver without a finding would silently allow the same problem again.",
        "delete the waiver", "low",
    ),
)  # fmt: skip
OWN = tuple(sorted((*_OF_CHECKS, *_OF_FILES_AND_NAMES, *_OF_WAIVERS), key=lambda rule: rule.id))


def read(texts: Mapping[str, str], silent: bool = False) -> tuple[Rule, ...]:
    """The rules in the Rego files `texts` (by their paths) and promote's own, by id.

    Raises ConfigError for a file in package `rules` or `change` that does not say what it denies, or names an unknown
    profile; where `silent` rules are allowed, those are left out.
    """
    found = []
    for file, text in texts.items():
        if re.search(r"^package (rules|change)\.", text, re.MULTILINE):
            with suppress(ConfigError) if silent else nullcontext():
                found.append(_rule(file, text))
    return tuple(sorted((*found, *OWN), key=lambda rule: rule.id))


class Selection(NamedTuple):
    """The Rego files of a profile, the ids of the rules in them, and the tables that they read.

    `only_warn` are those whose denials are warnings, in the profile `general`; None in every other profile.
    """

    files: tuple[str, ...]
    ids: frozenset[str]
    tables: frozenset[str]
    only_warn: frozenset[str] | None


def select(texts: Mapping[str, str], profile: str) -> Selection:
    """What of the Rego files `texts` (by their paths) `profile` has: its rules, and all files other than rules.

    Raises ConfigError for a rule that names an unknown profile.
    """
    packages = {file: found[1] if (found := _PACKAGE.search(text)) else "" for file, text in texts.items()}
    files = []
    for file, text in texts.items():
        is_rule = packages[file].startswith(_JUDGING)
        if not is_rule or PROFILES.index(_profile(file, _custom(_metadata(text)))) <= PROFILES.index(profile):
            files.append(file)
    chosen = {packages[file]: texts[file] for file in files}
    ids = {package: _id(package, text) for package, text in chosen.items() if package.startswith("rules.")}
    judging = {package: text for package, text in chosen.items() if package.startswith(_JUDGING)}
    gentle = [package for package, text in judging.items() if _only_warns(package, _custom(_metadata(text)))]
    only_warn = frozenset(_id(package, judging[package]) for package in gentle) if profile == GENERAL else None
    return Selection(tuple(files), frozenset(ids.values()), _tables(chosen), only_warn)


def _id(package: str, text: str) -> str:
    # Rules may move to another folder, and package, without a change of their ids.
    return str(_custom(_metadata(text)).get("id") or package.removeprefix("rules."))


def _tables(chosen: Mapping[str, str]) -> frozenset[str]:
    """The tables that rules among the packages `chosen` read, by themselves or by what they import."""
    waiting = [package for package in chosen if package.startswith("rules.")]
    seen = {_TABLES}  # which names them all
    found: set[str] = set()
    while waiting:
        package = waiting.pop()
        if package not in seen:
            seen.add(package)
            text = chosen.get(package, "")
            found.update(_TABLE.findall(text))
            waiting += _IMPORT.findall(text)
    return frozenset(found)


def _rule(file: str, text: str) -> Rule:
    given = _metadata(text)
    custom = _custom(given)
    subjects = custom.get("subjects", [])
    said = {key: str(value).strip() for key, value in {**given, **custom}.items()}
    levels = tuple(sorted(set(_LEVEL.findall(text))))
    if missing := [key for key in ("id", "title", "description", "fix") if not said.get(key)]:
        raise ConfigError(f"{file}:1: the METADATA of this rule lacks {', '.join(missing)}: see policies/README.md")
    return Rule(
        said["id"], levels, said["title"], " ".join(said["description"].split()), said["fix"],
        said.get("severity", ""), said.get("docs", ""), file, _profile(file, custom),
        tuple(map(str, subjects if isinstance(subjects, list) else [subjects])), _only_warns(file, custom),
    )  # fmt: skip


def _profile(file: str, custom: Mapping[str, Any]) -> str:
    # A rule that claims no smaller set is in the largest.
    profile = str(custom.get("profile", PROFILES[-1]))
    if profile not in PROFILES:
        raise ConfigError(f"{file}:1: there is no profile '{profile}': choose from {', '.join(PROFILES)}")
    return profile


def _only_warns(file: str, custom: Mapping[str, Any]) -> bool:
    level = custom.get("general", "deny")
    if level not in _IN_GENERAL:
        raise ConfigError(f"{file}:1: `general: {level}` is not a level: choose from {', '.join(_IN_GENERAL)}")
    return bool(level == "warn")


def _custom(given: Mapping[str, Any]) -> Mapping[str, Any]:
    custom = given.get("custom")
    return custom if isinstance(custom, dict) else {}


def _metadata(file: str) -> Mapping[str, Any]:
    comment = _METADATA.search(file)
    text = re.sub(r"^# ?", "", comment[1], flags=re.MULTILINE) if comment else ""
    try:
        _, content = reader.document(text.encode(), "")
    except ConfigError:
        content = None
    return content if isinstance(content, dict) else {}
