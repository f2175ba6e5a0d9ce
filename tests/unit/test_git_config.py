"""What a repository's own Git configuration may decide, as values."""

from __future__ import annotations

from pathlib import Path

import pytest

from promote.errors import ConfigError
from promote.git import config
from promote.git.config import Setting

FILE = "file:.git/config"


def own(key: str, value: str) -> Setting:
    return Setting("local", FILE, key, value)


def users(key: str, value: str) -> Setting:
    return Setting("global", "file:/home/a/.gitconfig", key, value)


def test_a_listing_is_read_with_its_values_over_several_lines() -> None:
    listing = "local\0file:.git/config\0a.b.c\nx\ny\0global\0file:g\0core.bare\0"
    assert config.parse(listing) == [
        Setting("local", FILE, "a.b.c", "x\ny"),
        Setting("global", "file:g", "core.bare", ""),
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("core.sshcommand", "ssh"),
        ("core.gitproxy", "p"),
        ("core.askpass", "p"),
        ("credential.helper", "store"),
        ("credential.https://a.example/b.helper", "!f"),
        ("remote.a\nb.uploadpack", "p"),
        ("remote.origin.receivepack", "p"),
        ("remote.origin.vcs", "p"),
        ("remote.origin.url", "ext::sh -c true"),
        ("remote.origin.pushurl", "fd::3"),
        ("url.ext::sh -c true .insteadof", "https://"),
        ("protocol.allow", "always"),
        ("protocol.ext.allow", "user"),
        ("fetch.bundleuri", "https://a.example"),
    ],
)
def test_a_program_that_reaches_a_remote_is_the_user_s_to_name(key: str, value: str) -> None:
    for scope in ("local", "worktree"):
        with pytest.raises(ConfigError) as refused:
            config.insist([Setting(scope, FILE, key, value)])
        assert f"{key} in .git/config" in str(refused.value)
    config.insist([users(key, value)])
    config.insist([users(key, value), own(key, value)])
    with pytest.raises(ConfigError):
        config.insist([users(key, "another"), own(key, value)])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("remote.origin.url", "https://a.example/b"),
        ("remote.origin.url", "git@a.example:b/c.git"),
        ("remote.origin.url", "/srv/a::b"),
        ("credential.helper", ""),
        ("credential.username", "me"),
        ("protocol.ext.allow", "never"),
        ("url.https://a.example/.insteadof", "a:"),
        ("core.bare", "false"),
        ("http.https://github.com/.extraheader", "AUTHORIZATION: basic x"),
    ],
)
def test_what_starts_nothing_may_stay(key: str, value: str) -> None:
    config.insist([own(key, value)])
    assert config.overrides([own(key, value)]) == {}


def test_what_nothing_needs_is_switched_off_or_the_user_s() -> None:
    found = config.overrides(
        [
            users("gpg.program", "/usr/bin/gpg2"),
            own("gpg.program", "evil"),
            own("gpg.ssh.program", "evil"),
            own("filter.a=b.clean", "evil"),
            users("filter.lfs.process", "git-lfs filter-process"),
            own("filter.lfs.process", "evil"),
            own("hook.evil.command", "evil"),
            users("core.attributesfile", "~/.attributes"),
        ]
    )
    assert "evil" not in found.values()
    assert found["gpg.program"] == "/usr/bin/gpg2"
    assert found["gpg.ssh.program"] == "ssh-keygen"
    assert (found["filter.a=b.clean"], found["filter.a=b.required"]) == ("", "false")
    assert found["filter.lfs.process"] == "git-lfs filter-process"
    assert found["hook.evil.enabled"] == "false"
    assert "core.attributesfile" not in found


def test_further_settings_come_after_those_of_our_own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    assert config.environment([("a.b", "c"), ("d=e.f", "g")]) == {
        "GIT_CONFIG_COUNT": "3",
        "GIT_CONFIG_KEY_1": "a.b",
        "GIT_CONFIG_VALUE_1": "c",
        "GIT_CONFIG_KEY_2": "d=e.f",
        "GIT_CONFIG_VALUE_2": "g",
    }
    assert config.environment([]) == {}


def test_a_checkout_is_where_its_git_folder_is(tmp_path: Path) -> None:
    (tmp_path / "a" / ".git").mkdir(parents=True)
    (tmp_path / "a" / "b").mkdir()
    setting = own("core.worktree", "/")
    config.insist_on_place([setting], tmp_path / "a", tmp_path / "a" / "b")
    config.insist_on_place([], Path("/"), tmp_path / "a")
    with pytest.raises(ConfigError, match="leads to /"):
        config.insist_on_place([setting], Path("/"), tmp_path / "a")
