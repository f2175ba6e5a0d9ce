"""Names of files and environments that no file system, terminal or shell expects."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile.harness import Hostile

PRODUCTION = "overlays/production/kustomization.yaml"
MANY = "environments:\n" + "".join(
    f"  {name}: {{path: 'apps/*/overlays/{name}'}}\n" for name in ("staging", "production")
)
# Folders of apps, which anybody can name: for a shell, for Git's patterns, for options, and for eyes.
APPS = (
    "$(touch {marker})", "`touch {marker}`", "a;touch {marker};b", "-x", "--help", "a b", "a'b", 'a"b', "a*", "[a]",
    "a\\b", "a:b", "a=b", "~root", "{{a,b}}", "!!", "%s", ":(top)web", "Web", "web", "\u00e9", "e\u0301",
    "dotless\u0131", "r\u202etl",
)  # fmt: skip
LONG = {"one": "a" * 300, "many": "a/" * 3000}
COMMANDS = (
    "check NAME", "history NAME", "plan staging NAME", "diff NAME", "bump NAME web=1", "windows NAME",
    "merge 1 --environment NAME", "hold NAME web=1 --reason x", "status NAME --live", "rollback NAME web",
    "drift staging NAME", "scale NAME --status",
)  # fmt: skip


def apps(hostile: Hostile) -> list[str]:
    """Commit an app for each of APPS, without slashes because no folder has one; return their names."""
    marker = hostile.marker.relative_to(hostile.folder).as_posix().replace("/", "-")
    names = [app.format(marker=marker) for app in APPS]
    overlay = (hostile.root / PRODUCTION).read_text().replace("../../base", "../../../../base")
    files = {
        f"apps/{name}/overlays/{stage}/kustomization.yaml": overlay.replace('newTag: "1.0"', f'newTag: "{tag}"', 1)
        for name in names
        for stage, tag in (("staging", "1.2"), ("production", "1.0"))
    }
    hostile.commit({"promote.yaml": f'{MANY}kubernetes: ["1.36"]\n', **files})
    return names


def test_apps_of_all_names_are_promoted_and_rolled_back(hostile: Hostile) -> None:
    names = apps(hostile)
    hostile.runs("staging", "production", code=0, says=["+23"])
    hostile.runs("merge", "1", code=0)
    hostile.git("pull", "--quiet", "origin", "main")
    for name in names[:5]:
        hostile.runs("history", f"production/{name}", code=0, says=["web  1.2"])
    hostile.runs("rollback", "production/:(top)web", "web", code=0, says=["1.2 → 1.0"])
    hostile.runs("check", "production/[a]", code=0)


@pytest.mark.parametrize("typed", ["promote history staging/", "promote history staging/a"])
def test_completion_in_bash_runs_none_of_them(hostile: Hostile, typed: str) -> None:
    names = {f"staging/{name}" for name in apps(hostile)}
    script = (
        hostile.runs("completion", "bash", code=0).out
        + f"""
COMP_LINE={typed!r}; COMP_POINT=${{#COMP_LINE}}; COMP_TYPE=9; COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
_python_argcomplete promote
for word in "${{COMPREPLY[@]}}"; do eval "set -- $word"; printf '%s\\0' "$1"; done
"""
    )
    env = {**hostile.env, "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    command = [shutil.which("bash") or "bash", "--norc", "-c", script]
    before = sorted(hostile.root.iterdir())
    done = subprocess.run(command, cwd=hostile.root, env=env, capture_output=True, text=True, check=False, timeout=60)
    begun = typed.removeprefix("promote history ")
    assert set(done.stdout.split("\0")) - {""} == {name for name in names if name.startswith(begun)}, done.stderr
    assert sorted(hostile.root.iterdir()) == before


@pytest.mark.parametrize("name", LONG.values(), ids=LONG)
@pytest.mark.parametrize(
    "command",
    [one if one.startswith(("check", "plan")) else pytest.param(one, marks=pytest.mark.slow) for one in COMMANDS],
)
def test_a_name_that_no_file_can_have(hostile: Hostile, name: str, command: str) -> None:
    outcome = hostile.runs(*command.replace("NAME", name).split(), code=2, says=["File name too long: "])
    assert len(outcome.err) < 400


@pytest.mark.parametrize(
    "command", [one if one.startswith("plan") else pytest.param(one, marks=pytest.mark.slow) for one in COMMANDS[1:]]
)
def test_a_link_that_leads_to_itself(hostile: Hostile, command: str) -> None:
    (hostile.root / "loop").symlink_to("loop")
    hostile.runs(*command.replace("NAME", "loop").split(), code=2, says=["oop"])


@pytest.mark.parametrize("command", ["check", "diff", "check --base HEAD", "bump production web=1"])
def test_an_environment_in_a_folder_that_leads_to_itself(hostile: Hostile, command: str) -> None:
    shutil.rmtree(hostile.root / "overlays/production")
    (hostile.root / "overlays/production").symlink_to("production")
    hostile.runs(*command.split(), code=2, says=["oop"])


TEXTS = {
    "path": 'environments:\n  a: {path: "overlays/a\\0"}\n',
    "name": 'environments:\n  "a\\0": {path: overlays/a}\n',
    "policies": 'environments:\n  a: {path: overlays/a}\npolicies: "x\\0"\n',
    "schemas": 'environments:\n  a: {path: overlays/a}\nschemas: ["x\\0"]\n',
    "versions": 'environments:\n  a: {path: overlays/a}\nversions: [{name: v, file: "x\\0", path: a}]\n',
    "branch": 'environments:\n  a: {path: overlays/a}\ngit: {branch: "main\\0"}\n',
}


@pytest.mark.parametrize(
    "text",
    [pytest.param(text, id=name, marks=[pytest.mark.quick] * (name == "path")) for name, text in TEXTS.items()],
)
def test_a_character_that_no_name_can_have(hostile: Hostile, text: str) -> None:
    hostile.write({"promote.yaml": text})
    hostile.runs("check", code=2, says=["promote.yaml:", "cannot name anything"])
