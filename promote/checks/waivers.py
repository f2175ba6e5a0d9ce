"""Waivers accept findings until a date: read from waivers.yaml, applied to what was found, and themselves reported.

A waiver is for one rule in one container of one resource, and always ends. It never hides a finding: it says
with it why the finding is accepted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from yaml.nodes import Node

from promote.checks.findings import Finding, Level, Waiver, is_about_seeing, unknown_rule
from promote.checks.kubeconform import MISSING_ID
from promote.errors import ConfigError, RenderError
from promote.model import Identity, Source
from promote.yamltext import places, reader
from promote.yamltext.validation import fault

# From the day of the check, because a file does not say when it was written. What was valid once stays valid:
# the distance only shrinks.
LONGEST = timedelta(days=180)
NOTICE = timedelta(days=14)
EXPIRED, EXPIRING, UNUSED = "waivers.expired", "waivers.expiring", "waivers.unused"
# What kubeconform finds can be waived as well: a schema may be wrong.
OF_SCHEMAS = ("schema.invalid", MISSING_ID)


class Subject(NamedTuple):
    """What one waiver is about: a rule, a resource by its written name, a container or none."""

    rule: str
    kind: str
    namespace: str
    name: str
    container: str

    @property
    def resource(self) -> Identity:
        """The resource; a waiver does not say in which version of its API."""
        return Identity("", self.kind, self.namespace, self.name)


@dataclass(frozen=True, slots=True)
class Entry:
    """One waiver, its last day, and where it is written."""

    subject: Subject
    waiver: Waiver
    last_day: date
    source: Source


@dataclass(frozen=True, slots=True)
class Seen:
    """What one target contained, to distinguish a waiver that nobody needs from one for another target.

    `namespaces` are those that it renders: a resource of theirs that it does not hold is gone.
    """

    target: str
    rules: frozenset[str]
    resources: frozenset[tuple[str, str, str]]
    namespaces: frozenset[str]

    def judges(self, subject: Subject) -> bool:
        """Whether the finding of `subject` would have been found here."""
        if subject.rule not in self.rules:
            return False
        who = (subject.kind, subject.namespace, subject.name)
        home = subject.name if subject.kind == "Namespace" else subject.namespace
        return who in self.resources or home in self.namespaces


def seen(target: str, rules: Iterable[str], identities: Sequence[Identity], whole: bool) -> Seen:
    """What a target held; `whole` where it is a kustomization, and not some files of one."""
    return Seen(
        target,
        frozenset(rules),
        frozenset((one.kind, one.namespace, one.written_name) for one in identities),
        frozenset(one.namespace for one in identities if one.namespace) if whole else frozenset(),
    )


def parse(data: bytes, file: str, schema: Mapping[str, Any], known: Iterable[str], today: date) -> tuple[Entry, ...]:
    """The waivers in the bytes of `file`; `known` are the ids of all rules.

    Raises ConfigError, with file and line, for anything that the schema does not allow, a rule that does not
    exist or cannot be waived, a date that is none or too far ahead, and two waivers for one thing.
    """
    text = reader.decoded(data, file)
    try:
        contents = list(reader.load_all(text, file))
    except RenderError as error:
        raise ConfigError(str(error)) from None
    if len(contents) != 1:
        raise ConfigError(f"{file}:1: there are {len(contents)} YAML documents: write one, with the key waivers")
    if contents[0] == {"waivers": []}:
        return ()
    (root,) = reader.roots(text)
    if found := fault(root, contents[0], schema):
        raise ConfigError(f"{file}:{found.line}: {found.message}")
    given = zip(contents[0]["waivers"], places.items(root, "waivers"), strict=True)
    entries = [_entry(content, node, file, today) for content, node in given]
    _insist_on_rules(entries, frozenset(known))
    _insist_on_one(entries)
    return tuple(entries)


def _entry(content: Mapping[str, Any], node: Node, file: str, today: date) -> Entry:
    who = content["resource"]
    subject = Subject(
        content["rule"], who["kind"], who.get("namespace", ""), who["name"], content.get("container", "")
    )
    waiver = Waiver(*(content[key].strip() for key in ("reason", "owner", "ticket", "expires")))
    line = places.key_line(node, "expires")
    try:
        last_day = date.fromisoformat(waiver.expires)
    except ValueError:
        raise ConfigError(f"{file}:{line}: '{waiver.expires}' is not a date of the calendar; correct it") from None
    if last_day - today > LONGEST:
        raise ConfigError(
            f"{file}:{line}: this waiver would hold for {(last_day - today).days} days: "
            f"{LONGEST.days} are allowed, so write {today + LONGEST} at most"
        )
    return Entry(subject, waiver, last_day, Source(file, node.start_mark.line + 1))


def _insist_on_rules(entries: Iterable[Entry], known: frozenset[str]) -> None:
    for entry in entries:
        rule = entry.subject.rule
        if (is_about_seeing(rule) and rule != MISSING_ID) or rule.startswith("waivers."):
            raise ConfigError(f"{entry.source}: '{rule}' cannot be waived: it is not about a manifest's contents")
        if rule not in known:
            raise ConfigError(f"{entry.source}: {unknown_rule(rule, known)}")


def _insist_on_one(entries: Iterable[Entry]) -> None:
    first: dict[Subject, Entry] = {}
    for entry in entries:
        before = first.setdefault(entry.subject, entry)
        if before is not entry:
            raise ConfigError(
                f"{entry.source}: {_about(entry.subject)} is waived on line {before.source.line} already; delete one"
            )


def applied(findings: Iterable[Finding], entries: Iterable[Entry], today: date) -> list[Finding]:
    """The findings, each that a waiver covers today with that waiver."""
    valid = {entry.subject: entry.waiver for entry in entries if entry.last_day >= today}
    return [replace(finding, waiver=valid.get(subject_of(finding))) for finding in findings]


def subject_of(finding: Finding) -> Subject:
    """What a waiver of `finding` would have to be about."""
    who = finding.resource
    return Subject(finding.rule, who.kind, who.namespace, who.written_name, finding.container)


def reports(
    entries: Iterable[Entry], findings: Iterable[Finding], targets: Sequence[Seen], today: date
) -> list[Finding]:
    """The remarks about the waivers themselves: those that have expired, soon will, or are not needed.

    A waiver is accounted for in the first target that judges what it is about; one that none judges is not.
    """
    needed = {subject_of(finding) for finding in findings}
    found = []
    for entry in entries:
        about = entry.subject
        target = next((one.target for one in targets if one.judges(about)), None)
        if target is None:
            continue
        for rule, level, message, fix in _said(entry, about in needed, today):
            found.append(Finding(rule, level, target, about.resource, message, fix, about.container, entry.source))
    return found


def _said(entry: Entry, needed: bool, today: date) -> Iterator[tuple[str, Level, str, str]]:
    about = _about(entry.subject)
    day, owner = entry.waiver.expires, entry.waiver.owner
    if entry.last_day < today:
        fix = "fix what it was for, then delete the waiver" if needed else "delete the waiver: nothing needs it"
        yield EXPIRED, "deny", f"the waiver of {about} has expired on {day}", fix
    elif not needed:
        yield UNUSED, "warn", f"the waiver of {about} waives nothing", "delete the waiver"
    elif entry.last_day - today <= NOTICE:
        days = (entry.last_day - today).days
        fix = f"fix what it is for; {owner} is responsible, see {entry.waiver.ticket}"
        yield EXPIRING, "warn", f"the waiver of {about} ends in {days} days, on {day}", fix


def _about(subject: Subject) -> str:
    container = f", container {subject.container}" if subject.container else ""
    return f"{subject.rule} for {subject.resource}{container}"
