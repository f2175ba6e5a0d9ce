"""Variables of Git that a hook, another command or a user has set, and repositories that Git does not read."""

from __future__ import annotations

import os

import pytest

from tests.hostile.harness import Hostile
from tests.hostile.test_git_config import run

# What Git exports to hooks, and what changes the meaning of paths, attributes and configuration; {other} is another
# repository.
VARIABLES = {
    "namespace": {"GIT_NAMESPACE": "x"},
    "another repository": {
        "GIT_DIR": "{other}/.git", "GIT_WORK_TREE": "{other}", "GIT_INDEX_FILE": "{other}/.git/index",
        "GIT_COMMON_DIR": "{other}/.git", "GIT_PREFIX": "x/",
    },
    "quarantine": {
        "GIT_QUARANTINE_PATH": "{other}", "GIT_OBJECT_DIRECTORY": "{other}/.git/objects",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": "{other}/.git/objects",
    },
    "history": {"GIT_SHALLOW_FILE": "{other}/a", "GIT_GRAFT_FILE": "{other}/a", "GIT_REPLACE_REF_BASE": "refs/x"},
    "patterns": {"GIT_GLOB_PATHSPECS": "1"},
    "no patterns": {"GIT_NOGLOB_PATHSPECS": "1"},
    "any case": {"GIT_ICASE_PATHSPECS": "1"},
    "attributes": {"GIT_ATTR_SOURCE": "nowhere"},
    "configuration": {"GIT_CONFIG": "{other}/.git/config"},
    "trace": {"GIT_TRACE": "1", "GIT_TRACE_PACKET": "1", "GIT_TRACE_SETUP": "1"},
    "external": {"GIT_EXTERNAL_DIFF": "/bin/false", "GIT_DIFF_OPTS": "-u0", "GIT_PAGER": "/bin/false"},
}  # fmt: skip
COMMANDS = ("history staging", "plan staging production")


@pytest.mark.slow
@pytest.mark.parametrize("variables", VARIABLES.values(), ids=VARIABLES)
def test_no_variable_of_another_git_changes_an_answer(hostile: Hostile, variables: dict[str, str]) -> None:
    other = hostile.root / "ignored"
    hostile.git("init", "--quiet", "--template=", str(other))
    (hostile.root / ".git/info").mkdir(exist_ok=True)
    (hostile.root / ".git/info/exclude").write_text("ignored\n")
    given = {name: value.format(other=other) for name, value in variables.items()} | {"PROMOTE_NO_CACHE": "1"}
    for command in COMMANDS:
        usual = hostile.runs(*command.split(), env={"PROMOTE_NO_CACHE": "1"})
        assert hostile.runs(*command.split(), env=given)[:2] == usual[:2]


@pytest.mark.quick
def test_another_configuration_does_not_hide_that_of_the_repository(hostile: Hostile) -> None:
    """`git config` reads the file of GIT_CONFIG alone; everything else that Git does reads .git/config."""
    hostile.git("config", "core.sshCommand", str(run(hostile)))
    (hostile.root / "harmless").write_text("")
    hostile.runs("status", code=2, says=["core.sshcommand in .git/config"], env={"GIT_CONFIG": "harmless"})


UNREADABLE = {
    "a configuration that is not one": ("[core\n", {}, "bad config line"),
    "an extension that Git does not know": ("[extensions]\n\tunheardOf = 1\n", {}, "unheardof"),
    "a number that is none": ("", {"GIT_CONFIG_COUNT": "x"}, "bogus count in GIT_CONFIG_COUNT"),
    "a key that is missing": ("", {"GIT_CONFIG_COUNT": "1"}, "GIT_CONFIG_KEY_0"),
    "no parameters": ("", {"GIT_CONFIG_PARAMETERS": "garbage"}, "GIT_CONFIG_PARAMETERS"),
}


@pytest.mark.parametrize(("text", "variables", "why"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_git_does_not_read_is_reported_with_its_reason(
    hostile: Hostile, text: str, variables: dict[str, str], why: str
) -> None:
    with (hostile.root / ".git/config").open("a") as file:
        file.write(f"[core]\n\trepositoryFormatVersion = 1\n{text}")
    outcome = hostile.runs("status", code=2, says=["Git does not read the repository of ", why], env=variables)
    assert "not in a Git repository" not in outcome.err


@pytest.mark.parametrize("folder", [".git", ".", "bare.git"])
def test_where_there_is_no_checkout_it_is_said(hostile: Hostile, folder: str) -> None:
    hostile.git("init", "--quiet", "--bare", "--template=", "bare.git")
    if folder == ".":
        (hostile.root / ".git/HEAD").unlink()
    hostile.runs("status", code=2, says=["is not in a Git repository"], cwd=hostile.root / folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_clone_of_another_user_is_not_used(hostile: Hostile) -> None:
    for path in (hostile.root, *hostile.root.rglob("*")):
        os.lchown(path, 12345, 12345)
    hostile.runs("status", code=2, says=["belongs to another user", "safe.directory"])
