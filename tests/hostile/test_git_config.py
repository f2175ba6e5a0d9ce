"""What the Git configuration of a repository, and files in its folder, may start: nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile.harness import Hostile

HOOKS = ("pre-push", "pre-commit", "post-checkout", "post-index-change", "reference-transaction", "pre-auto-gc",
         "post-rewrite", "prepare-commit-msg", "commit-msg", "fsmonitor-watchman", "post-merge")  # fmt: skip
# Each value starts {run}, which leaves the marker, or names a file outside of the repository.
IGNORED = """
[core]
\tfsmonitor = {run}
\thooksPath = {hooks}
\tpager = {run}
\teditor = {run}
\tattributesFile = {outside}/attributes
\texcludesFile = {outside}/excludes
\talternateRefsCommand = {run}
[sequence]
\teditor = {run}
[diff]
\texternal = {run}
[diff "evil"]
\tcommand = {run}
\ttextconv = {run}
[filter "evil"]
\tclean = {run}
\tsmudge = {run}
\trequired = true
[filter "more=evil"]
\tprocess = {run}
\trequired = true
[merge]
\tdefault = evil
\trenormalize = true
[merge "evil"]
\tdriver = {run}
[gpg]
\tprogram = {run}
[gpg "ssh"]
\tprogram = {run}
\tdefaultKeyCommand = {run}
[log]
\tshowSignature = true
[gc]
\tauto = 1
\tautoDetach = false
[maintenance]
\tauto = true
[submodule]
\trecurse = true
[submodule "evil"]
\tactive = true
\tupdate = !{run}
[fetch]
\trecurseSubmodules = true
[push]
\trecurseSubmodules = on-demand
[http]
\tsaveCookies = true
\tcookieFile = {outside}/cookies
[uploadpack]
\tpackObjectsHook = {run}
[trace2]
\teventTarget = {outside}/trace
\tnormalTarget = {outside}/trace
[alias]
\tstatus = !{run}
\trev-parse = !{run}
[pager]
\tstatus = {run}
[interactive]
\tdiffFilter = {run}
[hook "evil"]
\tcommand = {run}
\tevent = pre-push
"""
ATTRIBUTES = "* filter=evil diff=evil merge=evil\n*.txt filter=more=evil\n"
COMMANDS = (
    "status",
    "plan staging production",
    "diff",
    "check --base HEAD~1",
    "bump staging web=1.2 --dry-run",
    "bump staging web=1.3 --commit",
    "staging production",
    "merge 1",
    "history staging",
    "verify HEAD",
    "rollback staging web",
)
QUICK = ("diff", "merge 1", "bump staging web=1.3 --commit")


def run(hostile: Hostile) -> Path:
    """A program that leaves the marker."""
    program = hostile.root / ".git" / "run"
    program.write_text(f"#!/bin/sh\ntouch '{hostile.marker}'\ncat\n")
    program.chmod(0o755)
    return program


def ignored(hostile: Hostile) -> None:
    """Everything that promote can do without, in one configuration and in the files that it needs."""
    program = run(hostile)
    hooks = hostile.root / ".git" / "evil-hooks"
    number = hostile.pull({"overlays/staging/kustomization.yaml": hostile_overlay(hostile), "note.txt": "b\n"})
    assert number == 1
    hostile.commit({".gitattributes": ATTRIBUTES, "note.txt": "a\n"})
    text = IGNORED.format(run=program, hooks=hooks, outside=hostile.outside)
    with (hostile.root / ".git" / "config").open("a") as file:
        file.write(text)
    # Last: the test itself commits and pushes.
    for folder in (hooks, hostile.root / ".git" / "hooks"):
        folder.mkdir(exist_ok=True)
        for name in HOOKS:
            (folder / name).symlink_to(program)
    assert not hostile.marker.exists()
    for path in hostile.root.glob("*/*"):
        os.utime(path, (1, 1))  # Git has to look at the contents again


def hostile_overlay(hostile: Hostile) -> str:
    text = (hostile.root / "overlays/staging/kustomization.yaml").read_text()
    return text.replace('"1.1"', '"1.4"')


@pytest.mark.quick
def test_this_configuration_starts_programs(hostile: Hostile) -> None:
    ignored(hostile)
    subprocess.run(
        ["git", "diff"], cwd=hostile.root, env=os.environ | dict(hostile.env), capture_output=True, check=False
    )
    assert hostile.marker.exists()


def test_none_of_it_is_started(hostile: Hostile) -> None:
    ignored(hostile)
    for command in QUICK:
        hostile.runs(*command.split())


@pytest.mark.thorough
@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_starts_it(hostile: Hostile, command: str) -> None:
    ignored(hostile)
    hostile.runs(*command.split())


REFUSED = {
    "core.sshCommand": "{run}",
    "core.gitProxy": "{run}",
    "core.askPass": "{run}",
    "credential.helper": "!{run}",
    "credential.https://example.com.helper": "{run}",
    "remote.origin.uploadpack": "{run}",
    "remote.origin.receivepack": "{run}",
    "remote.origin.vcs": "evil",
    "remote.origin.pushurl": "ext::{run}",
    "url.ext::{run} .insteadOf": "/",
    "protocol.ext.allow": "always",
    "fetch.bundleURI": "{url}/bundle",
    "http.sslVerify": "false",
    "http.https://example.com.sslVerify": "0",
}


@pytest.mark.parametrize(
    "key", [key if key in ("core.sshCommand", "http.sslVerify") else pytest.param(key, marks=pytest.mark.thorough)
            for key in REFUSED]
)  # fmt: skip
def test_what_would_reach_a_remote_by_a_program_is_refused(hostile: Hostile, key: str) -> None:
    program = run(hostile)
    name = key.format(run=program)
    hostile.git("config", name, REFUSED[key].format(run=program, url=hostile.watcher.url))
    section, _, last = name.rpartition(".")
    shown = f"{section}.{last.lower()}"
    hostile.runs("status", code=2, says=[shown, ".git/config", "git config --global"])


@pytest.mark.thorough
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_refuses_it(hostile: Hostile, command: str) -> None:
    hostile.pull({"note.txt": "b\n"})
    hostile.git("config", "core.sshCommand", str(run(hostile)))
    hostile.runs(*command.split(), code=2, says=["core.sshcommand"])


def test_an_included_file_and_a_worktree_are_the_repository_s_own(hostile: Hostile) -> None:
    program = run(hostile)
    (hostile.root / "evil.config").write_text(f"[core]\n\tsshCommand = {program}\n")
    hostile.git("config", "include.path", "../evil.config")
    hostile.runs("status", code=2, says=["core.sshcommand in .git/../evil.config"])
    hostile.git("config", "--unset", "include.path")
    hostile.git("config", "extensions.worktreeConfig", "true")
    hostile.git("config", "--worktree", "core.gitProxy", str(program))
    hostile.runs("status", code=2, says=["core.gitproxy in .git/config.worktree"])


def test_the_user_s_own_configuration_may_name_programs(hostile: Hostile) -> None:
    mine = hostile.folder / "gitconfig"
    mine.write_text("[core]\n\tsshCommand = ssh -v\n[credential]\n\thelper = store\n")
    env = {"GIT_CONFIG_GLOBAL": str(mine)}
    hostile.runs("status", code=0, env=env)
    hostile.git("config", "core.sshCommand", "ssh -v")
    hostile.runs("status", code=0, env=env)


def test_a_checkout_elsewhere_is_refused(hostile: Hostile) -> None:
    hostile.git("config", "core.worktree", str(hostile.outside))
    hostile.runs("status", code=2)
    hostile.git("config", "core.worktree", "/")
    hostile.runs("status", code=2, says=["core.worktree in ", "/.git/config leads to /"])


def test_a_driver_that_attributes_in_the_git_folder_choose_is_refused(hostile: Hostile) -> None:
    hostile.pull({"note.txt": "b\n"})
    hostile.commit({"note.txt": "a\n"})
    hostile.git("config", "merge.evil.driver", str(run(hostile)))
    hostile.runs("merge", "1", code=4)
    (hostile.root / ".git/info").mkdir(exist_ok=True)
    (hostile.root / ".git/info/attributes").write_text("* merge=evil\n")
    hostile.runs("merge", "1", code=2, says=["merge.evil.driver in .git/config"])


def test_a_repository_in_a_folder_of_the_checkout_is_not_used(hostile: Hostile) -> None:
    program = run(hostile)
    bare = hostile.root / "bare"
    hostile.git("init", "--quiet", "--bare", "--template=", str(bare))
    with (bare / "config").open("a") as file:
        file.write(f"[core]\n\tfsmonitor = {program}\n\tworktree = {hostile.outside}\n")
    hostile.runs("status", cwd=bare, code=2)


@pytest.mark.parametrize("path", [".:{path}", ":{path}", "tools:{path}", "{path}:"])
def test_a_program_in_the_current_folder_is_not_taken(hostile: Hostile, path: str) -> None:
    program = run(hostile)
    for folder in (hostile.root, hostile.root / "tools"):
        folder.mkdir(exist_ok=True)
        for name in ("git", "kustomize", "conftest", "kubeconform", "ssh"):
            (folder / name).symlink_to(program)
    env = {"PATH": path.format(path=os.environ["PATH"])}
    hostile.runs("status", code=0, env=env)


MODULES = (
    "yaml",
    "sitecustomize",
    "usercustomize",
    "git",
    "jsonschema",
    "requests",
    "tenacity",
    "platformdirs",
    "json",
)


def test_modules_in_the_current_folder_are_not_imported(hostile: Hostile) -> None:
    for name in MODULES:
        hostile.write({f"{name}.py": f"open({str(hostile.marker)!r}, 'w')\n"})
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | dict(hostile.env)
    command = [sys.executable, "-m", "promote", "status"]
    done = subprocess.run(command, cwd=hostile.root, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, hostile.marker.exists()) == (0, False), done
    hostile.runs("status", code=0)


def test_a_package_of_the_same_name_is_not_the_command(hostile: Hostile) -> None:
    bad = f"open({str(hostile.marker)!r}, 'w')\n"
    hostile.write({"promote/__init__.py": bad, "promote/__main__.py": bad})
    hostile.runs("status", code=0)
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | dict(hostile.env)
    command = [sys.executable, "-P", "-m", "promote", "status"]
    done = subprocess.run(command, cwd=hostile.root, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, hostile.marker.exists()) == (0, False), done
