from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.setup.__main__ import OLDEST_PYTHON
from tools.setup.programs import E2E_MODULES, programs_step

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))
# What is built of a module in several steps.
ALONE = {"prometheus-tools": ("promtool", "prometheus")}
TEST_MODULES = sorted(file.parent.name for file in (ROOT / "tools").glob("*-tools/go.mod"))
CHECK = ROOT / ".github" / "workflows" / "check.yaml"
NIGHTLY = CHECK.with_name("nightly.yaml")
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in load(path)["jobs"].values() for step in job["steps"]]


def test_the_workflows_are_found() -> None:
    assert [path.stem for path in WORKFLOWS] == ["check", "nightly", "promote", "release", "report"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_by_commit(path: Path) -> None:
    uses = [line.strip(" -") for line in path.read_text().splitlines() if "uses:" in line]
    assert len(uses) == sum("uses" in step for step in steps(path))
    assert [line for line in uses if not PINNED.fullmatch(line)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_expression_reaches_a_shell(path: Path) -> None:
    assert [step["run"] for step in steps(path) if "${{" in step.get("run", "")] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_job_asks_for_its_own_permissions_and_ends(path: Path) -> None:
    workflow = load(path)
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["permissions"]
        limits = {"nightly": 220, "check": 90, "promote": 45, "release": 60, "report": 5}
        assert job["timeout-minutes"] <= limits[path.stem]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_checkout_leaves_a_token_behind(path: Path) -> None:
    checkouts = [step["with"] for step in steps(path) if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts == [{"fetch-depth": 0, "persist-credentials": False}] * len(load(path)["jobs"])


def test_only_some_may_write_and_no_more_than_they_need() -> None:
    permissions = {name: job["permissions"] for path in WORKFLOWS for name, job in load(path)["jobs"].items()}
    assert permissions == {
        "verify": {"contents": "read"},
        "newer": {"contents": "read"},
        "thorough": {"contents": "read"},
        "promote": {"contents": "write", "pull-requests": "write"},
        "comment": {"actions": "read", "contents": "read", "pull-requests": "write"},
        "release": {"contents": "write", "id-token": "write", "attestations": "write"},
    }


def test_what_can_write_for_a_stranger_runs_nothing_of_the_stranger() -> None:
    report = ROOT / ".github" / "workflows" / "report.yaml"
    workflow = load(report)
    assert workflow[True] == {
        "workflow_run": {"workflows": ["check"], "types": ["completed"]}
    }  # YAML takes `on` for true
    checkout, post = steps(report)
    assert "ref" not in checkout["with"]
    assert "repository" not in checkout["with"]
    assert post["run"] == "python3 -I tools/post_report.py"
    assert re.findall(r"\$\{\{[^}]*\bsecrets[.[]", CHECK.read_text() + report.read_text()) == []
    assert "pull_request_target" not in "".join(path.read_text() for path in WORKFLOWS)


def test_promotions_of_one_edge_run_one_after_the_other() -> None:
    promote = load(ROOT / ".github" / "workflows" / "promote.yaml")
    assert promote["concurrency"] == {
        "group": "promote-${{ inputs.from }}-${{ inputs.to }}",
        "cancel-in-progress": False,
    }
    assert promote["jobs"]["promote"]["environment"] == "${{ inputs.to }}"


def test_a_release_has_the_version_of_its_tag_and_provenance_of_every_file() -> None:
    workflow = load(ROOT / ".github" / "workflows" / "release.yaml")
    assert workflow[True] == {"push": {"tags": ["v[0-9]*"]}}  # YAML 1.1 reads `on` so
    *_, build, attest, publish = workflow["jobs"]["release"]["steps"]
    assert build["run"] == 'make dist VERSION="${GITHUB_REF_NAME#v}"'
    assert attest["uses"].startswith("actions/attest-build-provenance@")
    assert attest["with"] == {"subject-path": "dist/*"}
    assert "dist/*" in publish["run"]


def test_the_action_takes_no_expression_into_a_shell_and_installs_what_is_attested() -> None:
    action = load(ROOT / "action.yml")
    scripts = [step["run"] for step in action["runs"]["steps"]]
    assert [script for script in scripts if "${{" in script] == []
    assert "gh attestation verify" in scripts[0]
    used = {name for step in action["runs"]["steps"] for name in re.findall(r"inputs\.([a-z-]+)", str(step))}
    assert used == set(action["inputs"])


def test_the_wheel_of_a_release_is_installed_from_no_index() -> None:
    """An index may have another package of this name and version."""
    (action, *_) = (step["run"] for step in load(ROOT / "action.yml")["runs"]["steps"])
    job = load(ROOT / ".gitlab" / "promote.gitlab-ci.yml")["promote-check"]
    for script in (action, "\n".join(job["before_script"])):
        first = script.index("gitops-promote")
        assert "--no-index --no-deps --find-links" in script[:first]
        assert "find-links" not in script[first:]


@pytest.mark.parametrize("shell", ["bash -n"])
def test_the_scripts_of_the_action_are_valid(shell: str) -> None:
    for step in load(ROOT / "action.yml")["runs"]["steps"]:
        done = subprocess.run(shell.split(), input=step["run"], text=True, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def program(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)


def run_of_action(name: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a step of the action as GitHub does; programs in `bin` and then those of the machine are on PATH."""
    (script,) = (step["run"] for step in load(ROOT / "action.yml")["runs"]["steps"] if step["name"].startswith(name))
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    given = {"RUNNER_TEMP": str(folder), "PATH": f"{folder / 'bin'}:{os.defpath}", **env}
    (folder / "workspace").mkdir(exist_ok=True)
    return subprocess.run(command, cwd=folder / "workspace", env=given, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["venv.py", "venv/__init__.py", "runpy.py", "logging.py", "ensurepip/__init__.py"])
def test_the_action_runs_no_file_of_the_pull_request(tmp_path: Path, name: str) -> None:
    """Its token is in the environment while it installs the command."""
    marker = tmp_path / "ran"
    file = tmp_path / "workspace" / name
    file.parent.mkdir(parents=True)
    file.write_text(f"open({str(marker)!r}, 'w').close()\n")
    program(tmp_path / "bin/gh", 'mkdir -p "$RUNNER_TEMP/promote/wheels"; : > "$RUNNER_TEMP/promote/wheels/a.whl"')
    program(tmp_path / "bin/python3", f'exec {sys.executable} "$@" --without-pip')
    done = run_of_action("Install", tmp_path, REPOSITORY="a/b", VERSION="v1")
    assert not marker.exists()
    assert (tmp_path / "promote/venv/bin/python3").exists(), done.stderr


@pytest.mark.parametrize(
    ("found", "asked"),
    [
        ("https://github.com/a/b/pull/7#issuecomment-42", "api --method PATCH repos/a/b/issues/comments/42 "),
        ("", "api --method POST repos/a/b/issues/7/comments "),
    ],
)
def test_the_action_renews_no_comment_of_somebody_else(tmp_path: Path, found: str, asked: str) -> None:
    """Its author could change the report afterwards."""
    log = tmp_path / "log"
    program(tmp_path / "bin/gh", f"""echo "$*" >> {log}; if [ "$1" = pr ]; then echo '{found}'; fi""")
    (tmp_path / "promote").mkdir()
    (tmp_path / "promote/report.md").write_text("all is well\n")
    done = run_of_action("Report", tmp_path, NUMBER="7", GITHUB_REPOSITORY="a/b", COMMIT="0123456789abcdef")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    search, *_, write = log.read_text().splitlines()
    assert search.startswith("pr view 7 --repo a/b --json comments --jq .comments[] | select(.viewerDidAuthor and ")
    assert write.startswith(asked)


def test_the_action_shows_what_is_denied_before_it_fails(tmp_path: Path) -> None:
    program(tmp_path / "promote/venv/bin/promote", "echo denied: $*\nexit 3")
    summary = str(tmp_path / "summary")
    done = run_of_action("Check", tmp_path, GITHUB_STEP_SUMMARY=summary, TARGETS="a b\nc\n", BASE="main")
    arguments = "denied: check a b c --base=main --fail-on new --output"
    assert (done.returncode, done.stdout, done.stderr) == (3, f"{arguments} github\n", "")
    assert (tmp_path / "summary").read_text() == f"{arguments} markdown\n"


@pytest.mark.parametrize("refused", ["pr", "api"])
def test_the_action_passes_where_its_token_may_not_comment(tmp_path: Path, refused: str) -> None:
    """That of a pull request from a fork may only read."""
    program(tmp_path / "bin/gh", f'[ "$1" != {refused} ]')
    (tmp_path / "promote").mkdir()
    (tmp_path / "promote/report.md").write_text("all is well\n")
    done = run_of_action("Report", tmp_path, NUMBER="7", GITHUB_REPOSITORY="a/b", COMMIT="0123456789abcdef")
    said = "::warning::The report is in the summary of the job: no comment could be written with this token.\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, said, "")


@pytest.mark.parametrize("length", [0, 60_000, 60_001, 2_000_000])
def test_a_report_of_any_length_is_shown(tmp_path: Path, length: int) -> None:
    """GitHub refuses a comment of more than 65,536 characters, and a summary of more than 1 MiB."""
    program(tmp_path / "promote/venv/bin/promote", f"head -c {length} /dev/zero | tr '\\0' x")
    program(tmp_path / "bin/gh", "true")
    run_of_action("Check", tmp_path, GITHUB_STEP_SUMMARY=str(tmp_path / "summary"), TARGETS="", BASE="")
    given = {"NUMBER": "7", "GITHUB_REPOSITORY": "a/b", "COMMIT": "0123456789abcdef"}
    assert run_of_action("Report", tmp_path, **given).returncode == 0
    body = (tmp_path / "promote/report.md.body").read_text()
    shown = "`promote check` could not finish: the log of the job has the reason.\n" if length == 0 else "x" * length
    assert (tmp_path / "summary").read_text() == shown[:1_000_000]
    assert body.startswith(f"<!-- promote check -->\n`promote check` of 0123456789ab:\n\n{shown[:60_000]}")
    assert ("The report is longer" in body, len(body) < 65_536) == (length > 60_000, True)


def test_the_other_entrances_start_a_command_that_exists() -> None:
    (hook,) = load(ROOT / ".pre-commit-hooks.yaml")
    job = load(ROOT / ".gitlab" / "promote.gitlab-ci.yml")["promote-check"]
    promotion = load(ROOT / ".gitlab" / "promote.gitlab-ci.yml")["promote-pull-request"]
    assert promotion["script"][-1] == 'promote "$PROMOTION_FROM" "$PROMOTION_TO"'
    # Without a branch that is the default one, a pipeline of a merge request never gets there.
    assert [rule["if"].split(" && ") for rule in promotion["rules"]] == [
        ["$PROMOTION_FROM", "$PROMOTION_TO", "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"]
    ]
    assert promotion["before_script"] == job["before_script"]
    commands = [hook["entry"], *(line.partition(" ||")[0].partition(" >")[0] for line in job["script"][:2])]
    assert commands == ["promote check", "promote check --output junit", "promote check"]
    # A commit that deletes a manifest has no file for a filter, and kustomize reads files of any name.
    assert (hook["always_run"], hook["pass_filenames"], "files" in hook) == (True, False, False)


def test_the_token_of_gitlab_stays_out_of_the_configuration(tmp_path: Path) -> None:
    """A runner keeps `.git` for later jobs, and some of them are of merge requests."""
    promotion = load(ROOT / ".gitlab" / "promote.gitlab-ci.yml")["promote-pull-request"]
    ask = "printf 'protocol=https\\nhost=gitlab.example\\n\\n' | git credential fill"
    program(tmp_path / "bin/promote", ask)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    given = {
        "CI_SERVER_URL": "https://gitlab.example",
        "CI_PROJECT_PATH": "team/shop",
        "GITLAB_TOKEN": "glpat-secret",
    }
    env = os.environ | given | {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "GIT_CONFIG_GLOBAL": os.devnull}
    script = "\n".join(["set -e", "git remote add origin https://job@gitlab.example/x.git", *promotion["script"]])
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    assert "username=promote\npassword=glpat-secret\n" in done.stdout
    config = (tmp_path / ".git/config").read_text()
    assert ("https://gitlab.example/team/shop.git" in config, "glpat-secret" in config) == (True, False)


@pytest.mark.parametrize("module", [*TEST_MODULES, *E2E_MODULES])
def test_each_tool_is_kept_until_its_lock_changes(module: str) -> None:
    alone = ALONE.get(module, ("",))
    made = [programs_step(ROOT, module, "", only) for only in alone]
    files = [sorted(str(path.relative_to(ROOT)) for path in (step.stamp, *step.results)) for step in made]
    kept = [each["with"] for each in steps(CHECK) if each.get("uses", "").startswith("actions/cache@")]
    found = [each for each in kept if f"hashFiles('tools/{module}/go.mod', 'tools/{module}/go.sum')" in each["key"]]
    assert [sorted(each["path"].split()) for each in found] == files
    assert len({each["key"].partition("-${{")[0] for each in found}) == len(alone)


def test_each_python_that_is_promised_is_tried_and_the_oldest_and_newest_before_a_merge() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    prefix = "Programming Language :: Python :: "
    promised = [each.removeprefix(prefix) for each in project["classifiers"] if each.startswith(prefix)]
    before, newer = (load(CHECK)["jobs"][job]["strategy"]["matrix"]["python"] for job in ("verify", "newer"))
    night = [each["with"]["python-version"] for each in steps(NIGHTLY) if "setup-python@" in each.get("uses", "")]
    assert sorted({*before, *newer, *night}) == promised
    assert (before[0], newer[-1]) == (promised[0], promised[-1])
    assert (project["requires-python"], OLDEST_PYTHON) == (f">={promised[0]}", (3, int(promised[0].split(".")[1])))
