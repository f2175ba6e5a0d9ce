"""What the rules say about themselves: the METADATA comment at the head of every Rego file, and our own checks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from promote.checks import MISSING_SCHEMA, Level
from promote.errors import ConfigError

_METADATA = re.compile(r"^# METADATA\n((?:#.*\n)+)package rules\.", re.MULTILINE)
# Sets of rules, each with all of the sets before it: the two Pod Security Standards that forbid something, what is
# true of any repository, and what needs tables of this system's own.
PROFILES = ("baseline", "restricted", "general", "system")
_LEVEL = re.compile(r"^(deny|warn) contains\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what must hold, why, how grave it is and what mends it; `file` is empty for promote's own.

    `profile` is the smallest set of rules that has it; promote's own checks always take part.
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
OWN = (*_OF_CHECKS, *_OF_WAIVERS)


def read(texts: Mapping[str, str]) -> tuple[Rule, ...]:
    """The rules in the Rego files `texts` (by their paths) and promote's own, by id.

    Raises ConfigError for a file in package `rules` that does not say what it denies, or names an unknown profile.
    """
    found = [_rule(file, text) for file, text in texts.items() if re.search(r"^package rules\.", text, re.MULTILINE)]
    return tuple(sorted((*found, *OWN), key=lambda rule: rule.id))


def _rule(file: str, text: str) -> Rule:
    given = _metadata(text)
    custom = given.get("custom")
    custom = custom if isinstance(custom, dict) else {}
    said = {key: str(value).strip() for key, value in {**given, **custom}.items()}
    levels = tuple(sorted(set(_LEVEL.findall(text))))
    if missing := [key for key in ("id", "title", "description", "fix") if not said.get(key)]:
        raise ConfigError(f"{file}:1: the METADATA of this rule lacks {', '.join(missing)}: see policies/README.md")
    # A rule that claims no smaller set is in the largest.
    profile = said.get("profile", PROFILES[-1])
    if profile not in PROFILES:
        raise ConfigError(f"{file}:1: there is no profile '{profile}': choose from {', '.join(PROFILES)}")
    return Rule(
        said["id"], levels, said["title"], " ".join(said["description"].split()), said["fix"],
        said.get("severity", ""), said.get("docs", ""), file, profile,
    )  # fmt: skip


def _metadata(text: str) -> Mapping[str, Any]:
    comment = _METADATA.search(text)
    try:
        content = yaml.safe_load(re.sub(r"^# ?", "", comment[1], flags=re.MULTILINE)) if comment else None
    except yaml.YAMLError:
        content = None
    return content if isinstance(content, dict) else {}
