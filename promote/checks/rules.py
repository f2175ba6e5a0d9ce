"""What the rules say about themselves: the METADATA comment at the head of every Rego file, and our own checks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import yaml

from promote.checks.findings import Level
from promote.checks.kubeconform import MISSING_SCHEMA
from promote.errors import ConfigError

_METADATA = re.compile(r"^# METADATA\n((?:#.*\n)+)package (?:rules|change)\.", re.MULTILINE)
# Sets of rules, each with all of the sets before it: the two Pod Security Standards that forbid something, what is
# true of any repository, and what needs tables of this system's own.
PROFILES = ("baseline", "restricted", "general", "system")
GENERAL = "general"
# The C loader, where there is one, reads a hundred headers in a tenth of the time.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PACKAGE = re.compile(r"^package (\S+)$", re.MULTILINE)
_IMPORT = re.compile(r"^import data\.(lib\.\w+)", re.MULTILINE)
# What is no table: Rego's own packages, and what promote says of the target.
_TABLE = re.compile(r"\bdata\.(?!lib\b|rules\b|main\b|evaluation\b|target\b)([a-z_]+)")
_TABLES = "lib.tables"
_LEVEL = re.compile(r"^(deny|warn) contains\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what must hold, why, how grave it is and what mends it; `file` is empty for promote's own.

    `profile` is the smallest set of rules that has it; promote's own checks always take part. `subjects` are what it
    judges, as policies/README.md names them; nothing where it does not say.
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


_OF_CHECKS = tuple(
    Rule(name, ("deny",), title, description, fix)
    for name, title, description, fix in (
        (
            "check.no_rules",
            "Rules are evaluated",
            "Where no rule took part, nothing was looked at, and no finding means nothing.",
            "point `policies:` in promote.yaml at the rules",
        ),
        (
            "check.nothing",
            "There is something to check",
            "A target that renders no document is a mistake, not a wish to delete everything.",
            "name a folder that holds manifests",
        ),
        (
            "check.repeated",
            "An object stands once",
            "Of two objects with the same kind, namespace and name only the last would reach the cluster.",
            "keep one of them",
        ),
        (
            "check.unevaluated",
            "Every document is evaluated",
            "The rules must see as many documents as were rendered.",
            "report this: a document must not escape the rules",
        ),
        (
            "check.unrendered",
            "Everything can be rendered",
            "What kustomize cannot build, or is no YAML, is not looked at by anything else.",
            "mend the line that the finding names, then check again",
        ),
        (
            "check.unvalidated",
            "Every document is validated",
            "Every Kubernetes version of promote.yaml must have a say about every document.",
            "see the findings `schema.*` beside it",
        ),
        (
            "main.input",
            "Rules see all documents at once",
            "Seeing one document as if it were the list of all, the rules would find nothing wrong in it.",
            "run conftest with --combine",
        ),
        (
            "main.tables",
            "The tables of the rules are there",
            "A rule whose table is missing finds nothing wrong.",
            "keep policies/data beside the rules",
        ),
        (
            "schema.invalid",
            "Documents have the fields and types of their kind",
            "The API server refuses a wrong type and silently drops an unknown field.",
            "remove or correct the field that the finding names",
        ),
        (
            "schema.missing",
            "Every kind has a schema",
            "A document without a schema cannot be validated.",
            MISSING_SCHEMA,
        ),
        (
            "schema.unreadable",
            "Documents can be validated",
            "kubeconform could not read the document, or the schema of its kind.",
            "make it a valid manifest",
        ),
    )
)
_OF_FILES_AND_NAMES = (
    Rule(
        "check.unread", ("warn",), "Every manifest is read",
        "A file that begins like an object, and whose name does not end like one, is not checked.",
        "end its name in .yaml, .yml or .json, or move it to another folder", "low",
    ),
    Rule(
        "rule.unnamed", ("deny", "warn"), "Every finding names its rule",
        "A finding of an entry point of the repository's own has no id to waive it by or to ask for.",
        "give the finding a `rule`, or move it into a package under `rules`",
    ),
)  # fmt: skip
_OF_WAIVERS = (
    Rule(
        "waivers.expired", ("deny",), "No waiver outlives its last day",
        "What was waived counts again, and a waiver of nothing must not look as if it held.",
        "mend what it was for, then delete the waiver",
    ),
    Rule(
        "waivers.expiring", ("warn",), "Waivers are replaced before they end",
        "From 14 days before its last day, so that its end surprises nobody in the middle of another change.",
        "mend what it is for, then delete the waiver", "low",
    ),
    Rule(
        "waivers.unused", ("warn",), "Waivers waive something",
        "A waiver whose finding is gone would silently allow the same fault again.",
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
    """The Rego files of a profile, the ids of the rules in them, and the tables that they read."""

    files: tuple[str, ...]
    ids: frozenset[str]
    tables: frozenset[str]


def select(texts: Mapping[str, str], profile: str) -> Selection:
    """What of the Rego files `texts` (by their paths) `profile` has: its rules, and all files that are no rules.

    Raises ConfigError for a rule that names an unknown profile.
    """
    packages = {file: found[1] if (found := _PACKAGE.search(text)) else "" for file, text in texts.items()}
    files = [file for file in texts if not packages[file].startswith("rules.") or _has(profile, file, texts[file])]
    chosen = {packages[file]: texts[file] for file in files}
    ids = frozenset(package.removeprefix("rules.") for package in chosen if package.startswith("rules."))
    return Selection(tuple(files), ids, _tables(chosen))


def _has(profile: str, file: str, text: str) -> bool:
    return PROFILES.index(_profile(file, _custom(_metadata(text)))) <= PROFILES.index(profile)


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
        tuple(map(str, subjects if isinstance(subjects, list) else [subjects])),
    )  # fmt: skip


def _profile(file: str, custom: Mapping[str, Any]) -> str:
    # A rule that claims no smaller set is in the largest.
    profile = str(custom.get("profile", PROFILES[-1]))
    if profile not in PROFILES:
        raise ConfigError(f"{file}:1: there is no profile '{profile}': choose from {', '.join(PROFILES)}")
    return profile


def _custom(given: Mapping[str, Any]) -> Mapping[str, Any]:
    custom = given.get("custom")
    return custom if isinstance(custom, dict) else {}


def _metadata(file: str) -> Mapping[str, Any]:
    comment = _METADATA.search(file)
    try:
        text = re.sub(r"^# ?", "", comment[1], flags=re.MULTILINE) if comment else ""
        content = yaml.load(text, Loader=_LOADER)  # noqa: S506 it is a safe one
    except yaml.YAMLError:
        content = None
    return content if isinstance(content, dict) else {}
