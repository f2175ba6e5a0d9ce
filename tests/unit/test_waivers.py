from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.checks import policies, waivers
from promote.checks.findings import Finding
from promote.checks.waivers import Entry, Seen
from promote.errors import ConfigError
from promote.model import Identity

TODAY = date(2026, 3, 1)
SCHEMA = json.loads(policies._SCHEMA.read_bytes())
CART = Identity("apps/v1", "Deployment", "shop", "cart")
FOUND = Finding("images.tag", "deny", "staging", CART, "no tag", container="server")
STAGING = waivers.seen("staging", ["images.tag"], [CART], whole=True)
ENTRY = """\
  - rule: images.tag
    resource: {kind: Deployment, namespace: shop, name: cart}
    container: server
    reason: the registry is being moved
    owner: platform team
    ticket: OPS-12
    expires: 2026-05-01
"""
FILE = "waivers:\n" + ENTRY


def parse(text: str, today: date = TODAY) -> tuple[Entry, ...]:
    return waivers.parse(text.encode(), "w.yaml", SCHEMA, ["images.tag", "images.digest", "check.nothing"], today)


def until(day: date, text: str = FILE) -> tuple[Entry, ...]:
    """The entry with another last day, read at a time when that was allowed."""
    return parse(text.replace("2026-05-01", str(day)), day)


def reported(entries: tuple[Entry, ...], *findings: Finding, target: Seen = STAGING) -> list[tuple[str, str]]:
    return [(one.rule, one.level) for one in waivers.reports(entries, findings, [target], TODAY)]


def test_an_entry() -> None:
    (entry,) = parse(FILE)
    assert entry.subject == ("images.tag", "Deployment", "shop", "cart", "server")
    assert str(entry.source) == "w.yaml:2"
    assert str(entry.waiver) == "waived until 2026-05-01 by platform team (OPS-12): the registry is being moved"


def test_what_may_be_left_out() -> None:
    (entry,) = parse(FILE.replace("    container: server\n", "").replace("namespace: shop, ", ""))
    assert (entry.subject.namespace, entry.subject.container) == ("", "")


def test_no_entries() -> None:
    assert parse("# nothing\nwaivers: []\n") == ()


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        ("    expires: 2026-05-01\n", "", "w.yaml:2: waivers.0 lacks the key 'expires'"),
        ("    owner: platform team\n", "", "w.yaml:2: waivers.0 lacks the key 'owner'"),
        ("    reason: the registry is being moved\n", "", "w.yaml:2: waivers.0 lacks the key 'reason'"),
        ("    ticket: OPS-12\n", "", "w.yaml:2: waivers.0 lacks the key 'ticket'"),
        ("the registry is being moved", "tbd", "w.yaml:5: waivers.0.reason cannot be 'tbd': Say in one sentence why"),
        ("OPS-12", "12", "w.yaml:7: waivers.0.ticket is a number but must be a string; put it in quotes"),
        ("2026-05-01", "never", "w.yaml:8: waivers.0.expires cannot be 'never': Write the last day"),
        ("2026-05-01", "2026-02-30", "w.yaml:8: '2026-02-30' is not a date of the calendar"),
        ("2026-05-01", "2026-08-29", "w.yaml:8: this waiver would hold for 181 days: 180 are allowed"),
        ("container:", "contianer:", "w.yaml:4: unknown key 'contianer'; did you mean 'container'?"),
        ("name: cart", "name: 'c*'", "w.yaml:3: waivers.0.resource.name cannot be 'c*': Write one full name"),
        ("images.tag", "images.tga", "w.yaml:2: there is no rule 'images.tga'; did you mean 'images.tag'?"),
        ("images.tag", "q.q", "w.yaml:2: there is no rule 'q.q'; `promote policies` lists them"),
        ("images.tag", "check.nothing", "w.yaml:2: 'check.nothing' cannot be waived"),
        (ENTRY, ENTRY + ENTRY, "w.yaml:9: images.tag for Deployment/shop/cart, container server is waived on line 2"),
        (
            "owner: platform team",
            "owner: a\n    owner: b",
            "w.yaml:7: this is not YAML: duplicate key 'owner'",
        ),
        (FILE, "", "w.yaml:1: there are 0 YAML documents"),
        (FILE, "waivers:\n", "w.yaml:1: waivers is empty but must be a list"),
    ],
)
def test_what_is_refused(old: str, new: str, refusal: str) -> None:
    assert FILE.count(old) == 1
    with pytest.raises(ConfigError) as refused:
        parse(FILE.replace(old, new))
    assert refusal in str(refused.value)


@pytest.mark.parametrize("items", ["[{a: 1}, {b: 2}]", "[]"])
def test_a_list_of_kubernetes_is_refused(items: str) -> None:
    with pytest.raises(ConfigError, match=r"^w\.yaml:1: unknown key 'kind'"):
        parse(f"kind: List\nitems: {items}\n")


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"^w\.yaml:1: this is not UTF-8"):
        waivers.parse(b"waivers: [\xff]", "w.yaml", SCHEMA, [], TODAY)


@given(st.integers(-1000, 180))
def test_a_waiver_holds_until_its_last_day_and_no_longer(days: int) -> None:
    entries = parse(FILE.replace("2026-05-01", str(TODAY + timedelta(days))))
    (found,) = waivers.applied([FOUND], entries, TODAY)
    assert (found.waiver is not None) == (days >= 0)
    expected = [] if days > 14 else [("waivers.expiring", "warn")] if days >= 0 else [("waivers.expired", "deny")]
    assert reported(entries, FOUND) == expected
    # Once valid, it is read on every later day.
    assert until(TODAY + timedelta(days)) == entries


@pytest.mark.parametrize(
    "other",
    [
        replace(FOUND, rule="images.digest"),
        replace(FOUND, container="proxy"),
        replace(FOUND, container=""),
        replace(FOUND, resource=replace(CART, name="cart-2")),
        replace(FOUND, resource=replace(CART, namespace="other")),
        replace(FOUND, resource=replace(CART, kind="StatefulSet")),
    ],
)
def test_a_waiver_is_for_one_rule_in_one_container_of_one_resource(other: Finding) -> None:
    assert waivers.applied([other], parse(FILE), TODAY) == [other]
    assert reported(parse(FILE), other) == [("waivers.unused", "warn")]


def test_every_finding_of_the_rule_there_is_waived_in_every_version_of_the_api() -> None:
    found = [replace(FOUND, message="a"), replace(FOUND, resource=replace(CART, api_version="apps/v2"), level="warn")]
    assert all(one.waiver for one in waivers.applied(found, parse(FILE), TODAY))


def test_a_generated_name_is_waived_without_its_hash() -> None:
    (entry,) = parse(FILE.replace("Deployment", "ConfigMap").replace("    container: server\n", ""))
    found = Finding("images.tag", "deny", "s", Identity("v1", "ConfigMap", "shop", "cart-2tmf8hgb6c"), "")
    assert waivers.applied([found], [entry], TODAY)[0].waiver == entry.waiver
    target = waivers.seen("s", ["images.tag"], [found.resource], whole=False)
    assert reported((entry,), found, target=target) == []


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (STAGING, ["waivers.unused"]),
        (waivers.seen("other rules", ["images.digest"], [CART], whole=True), []),
        (
            waivers.seen("the resource is gone", ["images.tag"], [replace(CART, name="a")], whole=True),
            ["waivers.unused"],
        ),
        (waivers.seen("some files", ["images.tag"], [replace(CART, name="a")], whole=False), []),
        (waivers.seen("another environment", ["images.tag"], [replace(CART, namespace="a")], whole=True), []),
    ],
    ids=lambda value: value.target if isinstance(value, Seen) else None,
)
def test_what_nobody_judged_is_not_called_unused(target: Seen, expected: list[str]) -> None:
    assert [rule for rule, _ in reported(parse(FILE), target=target)] == expected


def test_a_namespace_is_at_home_in_itself() -> None:
    (entry,) = parse(FILE.replace("kind: Deployment, namespace: shop, name: cart", "kind: Namespace, name: shop"))
    assert reported((entry,)) == [("waivers.unused", "warn")]


def test_what_a_report_says() -> None:
    (gone,) = waivers.reports(until(date(2026, 2, 28)), [], [STAGING], TODAY)
    assert gone.message == (
        "the waiver of images.tag for Deployment/shop/cart, container server has expired on 2026-02-28"
    )
    assert (gone.fix, str(gone.source), gone.target) == ("delete the waiver: nothing needs it", "w.yaml:2", "staging")
    (needed,) = waivers.reports(until(date(2026, 2, 28)), [FOUND], [STAGING], TODAY)
    assert needed.fix == "fix what it was for, then delete the waiver"
    (soon,) = waivers.reports(until(date(2026, 3, 8)), [FOUND], [STAGING, STAGING], TODAY)
    assert soon.message.endswith("ends in 7 days, on 2026-03-08")
    assert soon.fix == "fix what it is for; platform team is responsible, see OPS-12"


@pytest.mark.parametrize(
    "text",
    [
        "10000-01-01", "9999-12-31", "2026-02-31", "0000-01-01", "-2026-05-01", "2026-5-1", "2026-121", "20260501",
        "2026-W18-5", "2026-05-01Z", "2026-05-01T10:00:00Z", "2026-05-01 10:00:00+02:00", "1777593600",
        "[2026-05-01]",
        "{2026-05-01: 1}", "~", "true", '" 2026-05-01"', '"2026-05-01\\n"', '"\uff12\uff10\uff12\uff16-05-01"',
    ],
)  # fmt: skip
def test_what_is_not_the_last_day_of_a_waiver(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^w\.yaml:8: "):
        parse(FILE.replace("2026-05-01", text))


@pytest.mark.parametrize("text", ["'2026-05-01'", '"2026-05-01"', "!!timestamp 2026-05-01", "&day 2026-05-01 # end"])
def test_notations_of_one_day(text: str) -> None:
    assert parse(FILE.replace("2026-05-01", text)) == parse(FILE)


def test_the_last_day_of_the_calendar() -> None:
    day = date(9999, 12, 31)
    assert until(day)[0].last_day == day
    with pytest.raises(ConfigError, match="would hold for 181 days: 180 are allowed, so write 9999-12-30 at most"):
        parse(FILE.replace("2026-05-01", str(day)), date(9999, 7, 3))
