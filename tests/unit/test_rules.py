from __future__ import annotations

import pytest

from promote.checks import rules
from promote.errors import ConfigError

RULE = """\
# METADATA
# title: Carts have wheels
# description: |
#   Without wheels
#   a cart is a box.
# custom:
#   id: carts.wheels
#   profile: general
#   severity: low
#   fix: "add wheels"
package rules.carts.wheels

deny contains found if found := 1

warn contains found if found := 2
"""


def test_a_rule_says_what_it_is() -> None:
    (rule,) = (one for one in rules.read({"carts/wheels.rego": RULE}) if one.file)
    assert (rule.id, rule.levels, rule.severity) == ("carts.wheels", ("deny", "warn"), "low")
    assert (rule.title, rule.description) == ("Carts have wheels", "Without wheels a cart is a box.")
    assert (rule.fix, rule.docs, rule.file) == ("add wheels", "", "carts/wheels.rego")
    assert rule.profile == "general"


def test_a_rule_says_what_becomes_of_it_in_the_default_profile() -> None:
    warns = RULE.replace("#   profile: general\n", "#   profile: general\n#   general: warn\n")
    strict = RULE.replace("profile: general", "profile: strict")
    only = RULE.replace("deny contains", "warn contains")
    levels = [rules.read({"a.rego": text}) for text in (RULE, warns, strict, only)]
    assert [one.in_general for each in levels for one in each if one.file] == ["deny", "warn", "off", "warn"]
    assert rules.select({"a.rego": warns}, "general").only_warn == frozenset({"carts.wheels"})
    assert rules.select({"a.rego": RULE}, "general").only_warn == frozenset()
    for profile in set(rules.PROFILES) - {"general"}:
        assert rules.select({"a.rego": warns}, profile).only_warn is None


def test_another_level_in_the_default_profile_is_refused() -> None:
    text = RULE.replace("#   profile: general\n", "#   profile: general\n#   general: never\n")
    with pytest.raises(ConfigError, match=r"a\.rego:1: `general: never` is not a level: choose from deny, warn"):
        rules.read({"a.rego": text})


def test_a_rule_that_names_no_profile_is_in_the_largest_only() -> None:
    (rule,) = (one for one in rules.read({"a.rego": RULE.replace("#   profile: general\n", "")}) if one.file)
    assert rule.profile == rules.PROFILES[-1] == "system"


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"a\.rego:1: there is no profile 'generel': choose from baseline, "):
        rules.read({"a.rego": RULE.replace("general", "generel")})


def test_libraries_and_entry_points_are_no_rules() -> None:
    assert rules.read({"lib/a.rego": "package lib.a\n", "main.rego": "package main\n"}) == rules.OWN


def test_our_own_checks_are_listed_in_order() -> None:
    ids = [rule.id for rule in rules.read({"carts/wheels.rego": RULE})]
    assert ids == sorted(ids)
    assert {"schema.invalid", "check.nothing", "carts.wheels"} <= set(ids)


def rule(package: str, profile: str, body: str = "") -> str:
    head = f"# METADATA\n# title: A\n# custom:\n#   profile: {profile}\n"
    return f"{head}package {package}\n\n{body}\n\ndeny contains 1 if data.target.live\n"


TEXTS = {
    "main.rego": "package main\n\nimport data.lib.tables\n",
    "lib/tables.rego": 'package lib.tables\n\nmissing contains "flows" if not data.flows\n',
    "lib/flows.rego": "package lib.flows\n\nimport data.lib.shared\n\nfound := data.flows[_]\n",
    "lib/shared.rego": "package lib.shared\n\nfound := data.ports\n",
    "a/b.rego": rule("rules.a.b", "baseline"),
    "a/c.rego": rule("rules.a.c", "general", "import data.lib.tables\n\nfound := data.images"),
    "a/d.rego": rule("rules.a.d", "system", "import data.lib.flows"),
}


@pytest.mark.parametrize(
    ("profile", "ids", "tables"),
    [
        ("baseline", {"a.b"}, set()),
        ("restricted", {"a.b"}, set()),
        ("general", {"a.b", "a.c"}, {"images"}),
        ("system", {"a.b", "a.c", "a.d"}, {"images", "flows", "ports"}),
    ],
)
def test_a_profile_has_its_rules_and_needs_the_tables_that_they_read(
    profile: str, ids: set[str], tables: set[str]
) -> None:
    found = rules.select(TEXTS, profile)
    assert set(found.ids) == ids
    assert set(found.tables) == tables
    left_out = {f"{name.replace('.', '/')}.rego" for name in {"a.b", "a.c", "a.d"} - ids}
    assert set(found.files) == set(TEXTS) - left_out


def test_a_rule_keeps_its_id_in_another_folder() -> None:
    text = RULE.replace("package rules.carts.wheels", "package rules.vehicles.wheels")
    assert rules.select({"vehicles/wheels.rego": text}, "general").ids == {"carts.wheels"}


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("package rules.a.b\n", "id, title, description, fix"),
        (RULE.replace('#   fix: "add wheels"\n', ""), "fix"),
        (RULE.replace("#   id: carts.wheels\n", ""), "id"),
        (RULE.replace("# custom:", "# custom: text\n# other:"), "id, fix"),
        (RULE.replace("# title: Carts have wheels", "# title: ["), "id, title, description, fix"),
        ("# METADATA\n# - a\n" + "package rules.a.b\n", "id, title, description, fix"),
    ],
)
def test_a_rule_that_does_not_say_enough(text: str, missing: str) -> None:
    with pytest.raises(ConfigError, match=rf"a\.rego:1: the METADATA of this rule lacks {missing}: "):
        rules.read({"a.rego": text})
