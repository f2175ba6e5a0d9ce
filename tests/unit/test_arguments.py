from __future__ import annotations

import argparse
import dataclasses
import os
import re
from importlib import import_module

import pytest

from promote import __version__
from promote.cli import arguments
from promote.commands.options import variable_of
from promote.commands.registry import COMMANDS
from promote.errors import UsageError


def words_of(verb: str) -> list[str]:
    """The words that a command requires, and no others."""
    actions = [one for one in arguments.parser_of(verb)._actions if not one.option_strings]
    words = (
        (action.choices or ["1" if action.type is int else "a"]) for action in actions if action.nargs in (None, "+")
    )
    return [next(iter(each)) for each in words]


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PROMOTE_")]:
        monkeypatch.delenv(name)


def test_an_empty_reason_is_refused() -> None:
    with pytest.raises(UsageError, match="--despite-soak needs a reason"):
        arguments.parse(["a", "b", "--despite-soak", " "])


def parse(text: str) -> dict[str, object]:
    return vars(arguments.parse(text.split()))


def options(verb: str) -> list[argparse.Action]:
    found = [action for action in arguments.parser_of(verb).options() if action.dest != "help"]
    assert found, verb
    return found


def given(action: argparse.Action) -> tuple[list[str], str, object]:
    """An option on the command line, the same in the environment, and what both mean."""
    option = action.option_strings[-1]
    if action.nargs == 0:
        return [option], "yes", True
    if action.choices:
        last = list(action.choices)[-1]
        return [option, last], last, last
    if isinstance(action.default, list):
        return [option, "x", option, "y"], "x, y", ["x", "y"]
    return ([option, "7"], "7", 7) if action.type in (int, float) else ([option, "a text"], "a text", "a text")


def value(given: argparse.Namespace, action: argparse.Action) -> object:
    """What an option came out as; reasons to override gates are gathered in one field."""
    name = action.dest.removeprefix("despite_")
    return getattr(given, action.dest) if name == action.dest else given.despite.get(name)


@pytest.mark.parametrize("verb", COMMANDS)
def test_every_option_has_a_variable(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = arguments.parse([verb, *words_of(verb)])
    for action in options(verb):
        words, variable, meaning = given(action)
        assert value(plain, action) == action.default != meaning, action.dest
        by_option = arguments.parse([verb, *words_of(verb), *words])
        assert value(by_option, action) == meaning, action.dest
        with monkeypatch.context() as patch:
            patch.setenv(variable_of(action.option_strings[-1]), variable)
            assert arguments.parse([verb, *words_of(verb)]) == by_option, action.dest


@pytest.mark.parametrize("verb", COMMANDS)
def test_an_empty_variable_says_nothing(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = arguments.parse([verb, *words_of(verb)])
    for action in options(verb):
        monkeypatch.setenv(variable_of(action.option_strings[-1]), " ")
    assert arguments.parse([verb, *words_of(verb)]) == plain


@pytest.mark.parametrize("verb", COMMANDS)
def test_the_command_line_wins(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for action in options(verb):
        if action.nargs == 0:  # a flag has no opposite
            continue
        words, _, meaning = given(action)
        other = next(iter(action.choices)) if action.choices else "3"
        with monkeypatch.context() as patch:
            patch.setenv(variable_of(action.option_strings[-1]), other)
            assert value(arguments.parse([verb, *words_of(verb), *words]), action) == meaning, action.dest


def test_every_option_is_explained() -> None:
    for verb in COMMANDS:
        for action in options(verb):
            assert action.help, (verb, action.dest)
            for option in action.option_strings:
                assert re.fullmatch(r"--[a-z]+(-[a-z]+)*", option), (verb, option)
            # These two are for the machine, and no option's twins.
            assert variable_of(action.option_strings[-1]) not in ("PROMOTE_CACHE", "PROMOTE_TOOLS")


@pytest.mark.parametrize("verb", COMMANDS)
def test_options_are_the_fields_of_the_command(verb: str) -> None:
    fields = {field.name for field in dataclasses.fields(import_module(f"promote.commands.{verb}").Options)}
    # A promotion finds out itself which apps it leaves out.
    fields -= {"is_left_out"}
    assert parse(" ".join([verb, *words_of(verb)])).keys() - {"verb", "output"} == fields


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("PROMOTE_DRY_RUN", "maybe", "PROMOTE_DRY_RUN is 'maybe': write true or false"),
        ("PROMOTE_OUTPUT", "yaml", "PROMOTE_OUTPUT is 'yaml': choose from text, json"),
        ("PROMOTE_TIMEOUT", "soon", "PROMOTE_TIMEOUT is 'soon': write a number"),
    ],
)
def test_variable_that_makes_no_sense(variable: str, value: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(UsageError, match=re.escape(says)):
        parse("a b")


@pytest.mark.parametrize(("value", "meaning"), [("1", True), ("ON", True), ("false", False), ("0", False)])
def test_flags(value: str, meaning: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMOTE_DRY_RUN", value)
    assert parse("a b")["dry_run"] is meaning


def test_promote_is_the_default_verb() -> None:
    assert parse("a b --dry-run") == parse("promote a b --dry-run")
    assert parse("--only x a b") == parse("promote a b --only x")


def test_options_may_stand_anywhere() -> None:
    assert parse("rollback a --to 3 web --dry-run cart") == parse("rollback a web cart --to 3 --dry-run")
    assert parse("rollback a --to 3 web")["services"] == ["web"]
    assert parse("bump --dry-run a web=1 --pr cart=2")["versions"] == ["web=1", "cart=2"]
    assert arguments.parse(["hold", "a", "web=1", "--reason", "- it is slow"]).reason == "- it is slow"
    assert parse("rollback a web --to=-1")["to"] == parse("rollback a web --to -1")["to"] == -1
    assert parse("diff -- a")["environments"] == ["a"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("stats", "there is no command 'stats'; did you mean 'status'?"),
        ("staging", "there is no command 'staging': name two environments, or see `promote --help`"),
        ("stats a b", "there is no command 'stats'; did you mean 'status'?"),
        ("drift a b c", "'c' is one word too many; see `promote drift --help`"),
        ("plan a", "the following arguments are required: TO; see `promote plan --help`"),
        ("rollback", "the following arguments are required: ENV; see `promote rollback --help`"),
        ("plan a b --onl x", "`promote plan` has no option '--onl'; did you mean '--only'?"),
        ("plan a b --zzz=1", "`promote plan` has no option '--zzz'; known: --add, --allow-other-changes, --despite-"),
        (
            "status -v",
            "`promote status` has no option '-v'; known: --context, --help, --kubeconfig, --live, --output",
        ),
        ("-v", "`promote promote` has no option '-v'; known: "),
        ("plan a b --only", "argument --only: expected one argument; see `promote plan --help`"),
        ("merge x", "argument NUMBER: invalid int value: 'x'; see `promote merge --help`"),
        ("merge 1 --method octopus", "argument --method: invalid choice: 'octopus'"),
    ],
)
def test_usage_errors(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=re.escape(says)):
        parse(text)


@pytest.mark.parametrize("text", ["", "-h", "--help", "plan --help", "--version"])
def test_help(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        parse(text)
    assert left.value.code == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("promote " + __version__ if text == "--version" else "usage: promote")


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse("")
    out = capsys.readouterr().out
    assert [verb for verb in COMMANDS if not re.search(rf"\n    {verb}\s", out)] == []
    assert [code for code in ("0", "1", "2", "3", "4", "5", "6", "7", "130") if f" {code} " not in out] == []


@pytest.mark.parametrize(("word", "verb"), [("histroy", "history"), ("plans", "plan"), ("staging", None)])
def test_nearest_verb(word: str, verb: str | None) -> None:
    assert arguments.nearest_verb(word) == verb
