"""Whatever is wrong with the input: one line that says what, where and what to do, and nothing has changed."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from promote.cli.main import main
from promote.git.repository import ABSENT, Push, Repository
from promote.system import cache, scratch, tools
from tests.integration.tiny import CONFIG, Tiny, git

ROOT = Path(__file__).resolve().parents[2]
STAGING, PRODUCTION = "overlays/staging/kustomization.yaml", "overlays/production/kustomization.yaml"
IMAGES = 'images: [{name: shop/web, newTag: "1.0"}, {name: shop/cart, newTag: "1.0"}]\n'
BASE = "resources: [../../base]\n"
SHA = "sha256:" + "0" * 64


@pytest.fixture(scope="session")
def caches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def tiny(clone: Tiny, caches: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tiny]:
    monkeypatch.setenv("PROMOTE_CACHE", str(caches))
    before = set(scratch.top().rglob("*"))
    tools.find.cache_clear()
    yield clone
    tools.find.cache_clear()
    # A cache that takes the place of one that cannot be written goes when this process does; all else is gone.
    left = set(scratch.top().rglob("*")) - before
    assert [path for path in left if not path.is_relative_to(scratch.top() / "cache")] == []
    cache._temporary.cache_clear()


@dataclass(frozen=True)
class Case:
    """A command line that must fail, after `files` were written or `pushed`, with what `says` in its one line."""

    name: str
    command: str
    says: tuple[str, ...]
    code: int = 2
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    pushed: Mapping[str, str | bytes] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[Tiny], object] | None = None


def in_config(old: str, new: str) -> dict[str, str]:
    assert old in CONFIG
    return {"promote.yaml": CONFIG.replace(old, new)}


COMMAND_LINE = [
    Case("no-such-environment", "plan stagin production", ("no environment 'stagin'", "did you mean 'staging'?")),
    Case("no-such-target", "promote staging prod", ("no environment 'prod'", "'production'")),
    Case("environment-far-off", "history x", ("no environment 'x'", "known: production, staging")),
    Case("command-for-environment", "histroy staging", ("no environment 'histroy'", "`promote history`")),
    Case("no-such-command", "statis", ("no command 'statis'", "did you mean 'status'?")),
    Case("no-such-command-with-words", "plam a b c", ("no command 'plam'", "'plan'")),
    Case("one-environment", "staging", ("no command 'staging'", "name two environments")),
    Case("no-such-option", "plan staging production --exclud web", ("no option '--exclud'", "'--exclude'")),
    Case("shortened-option", "staging production --dry", ("no option '--dry'", "'--dry-run'")),
    Case("option-without-value", "plan staging production --only", ("--only", "expected one argument", "--help")),
    Case("one-word-too-many", "drift staging production web", ("'web' is one word too many", "--help")),
    Case("one-word-too-few", "plan staging", ("required: TO", "--help")),
    Case("no-such-output", "check --output xml", ("--output", "'xml'", "'github'")),
    Case("same-environment", "promote staging staging", ("same folder", "name two environments")),
    Case("same-environment-as-folder", "plan staging ./overlays/staging/", ("same folder",)),
    Case("folder-without-kustomization", "plan base/.. policies", ("kustomization.yaml in", "add the file")),
    Case("folder-outside", "plan staging ..", ("'..' leads outside the repository", "a folder inside it")),
    Case("absolute-folder", "plan staging /", ("'/' leads outside the repository",)),
    Case("no-such-service", "plan staging production --only wep", ("'wep'", "did you mean 'web'?")),
    Case("excluded-service", "plan staging production --exclude x", ("'x'", "known: cart, web")),
    Case("service-of-history", "history staging wep", ("'wep'", "'web'")),
    Case("service-of-release", "release staging wep", ("'wep'", "'web'")),
    Case("bump-unknown", "bump staging wep=1.2", ("'wep'", "'web'")),
    Case("pin-unknown", "pin staging --only wep", ("'wep'", "'web'")),
    Case("pin-without-environment", "pin nowhere", ("no environment 'nowhere'",)),
    Case("bump-resolve-digest", f"bump staging web=1.2@{SHA} --resolve", ("is given with a digest", "--resolve")),
    Case("bump-tag", "bump staging web=1:2", ("'1:2' is not a valid image tag", "letters")),
    Case("bump-long-tag", f"bump staging web={'1' * 129}", ("not a valid image tag", "128")),
    Case("bump-short-digest", "bump staging web=1.2@sha256:abc", ("'sha256:abc' is not", "64")),
    Case("bump-long-digest", f"bump staging web=1.2@{SHA}0", ("is not a valid image digest", "64")),
    Case("bump-without-version", "bump staging web=", ("version is empty", "TAG@DIGEST")),
    Case("bump-without-equals", "bump staging web", ("'web' is not NAME=TAG", "api-gateway=1.5.0")),
    Case("bump-without-name", "bump staging =1", ("'=1' is not NAME=TAG",)),
    Case("bump-twice", "bump staging web=1 web=2", ("'web' is given twice",)),
    Case("bump-twice-by-two-names", "bump staging web=1 shop/web=2", ("'shop/web' is given twice",)),
    Case("hold-without-reason", "hold staging web=1.1", ("--reason",)),
    Case("hold-without-version", "hold staging web --reason x", ("'web' is not NAME=TAG",)),
    Case("rollback-of-nothing", "rollback staging", ("name the services", "--all")),
    Case("rollback-of-both", "rollback staging web --all", ("services or --all, not both",)),
    Case("rollback-to-both", "rollback staging --all --to 1 --to-commit HEAD", ("--to or by --to-commit",)),
    Case("rollback-to-0", "rollback staging --all --to 0", ("no revision 0", "revisions 1 to 2")),
    Case("rollback-to-99", "rollback staging --all --to 99", ("no revision 99", "revisions 1 to 2")),
    Case("rollback-to-minus-1", "rollback staging --all --to -1", ("no revision -1", "revisions 1 to 2")),
    Case("rollback-to-word", "rollback staging --all --to last", ("--to", "'last'", "--help")),
    Case("rollback-to-no-commit", "rollback staging --all --to-commit beef", ("no commit 'beef'", "fetch")),
    Case("rollback-to-an-option", "rollback staging --all --to-commit=--all", ("no commit '--all'",)),
    Case("no-earlier-version", "rollback production web", ("shop/web has no earlier version",)),
    Case("no-earlier-revision", "rollback production --all", ("no earlier revision",)),
    Case("merge-unknown", "merge 7", ("no pull request 7", "none yet")),
    Case("merge-word", "merge web", ("NUMBER", "'web'", "--help")),
    Case("check-unknown", "check stagign", ("'stagign'", "'staging'")),
    Case("check-nothing", "check empty", ("empty: no YAML or JSON file",), files={"empty/.keep": ""}),
    Case("diff-unknown", "diff stagign", ("'stagign'", "'staging'")),
    Case("diff-base", "diff --base nowhere", ("no commit 'nowhere'",)),
    Case("variable-of-choice", "plan staging production", ("PROMOTE_OUTPUT is 'xml'", "json"), env={"OUTPUT": "xml"}),
    Case("variable-of-flag", "staging production", ("PROMOTE_DRY_RUN is 'si'", "true"), env={"DRY_RUN": "si"}),
    Case("variable-of-number", "rollback staging --all", ("PROMOTE_TO is 'x'", "number"), env={"TO": "x"}),
    Case("variable-of-list", "plan staging production", ("'wep'", "'web'"), env={"ONLY": "cart,wep"}),
]


def with_mail(version: int) -> str:
    return BASE + IMAGES.replace("]", f", {{name: shop/mail, newTag: v{version}}}]")


def overlay(text: str, where: str = PRODUCTION) -> dict[str, str | bytes]:
    return {where: text}


def link(tiny: Tiny, name: str) -> str:
    """Make `name` a link out of the repository."""
    shutil.rmtree(tiny.root / name, ignore_errors=True)
    (tiny.root / name).symlink_to("/")
    return name


def delete_origin(tiny: Tiny) -> str:
    shutil.rmtree(tiny.origin)
    return str(tiny.origin)


REPOSITORY = [
    Case("no-remote", "staging production", ("no remote 'origin'", "git remote add"),
         before=lambda tiny: git(tiny.root, "remote", "remove", "origin")),
    Case("other-remote", "staging production", ("no remote 'upstream'",),
         files={"promote.yaml": CONFIG + "git: {remote: upstream}\n"}),
    Case("unreachable", "staging production", ("git ls-remote failed", "not appear to be a git", "remote's URL"),
         code=6, before=delete_origin),
    Case("unreachable-host", "status", ("git ls-remote failed", "not allowed"), code=6,
         before=lambda tiny: git(tiny.root, "remote", "set-url", "origin", "https://u:pw@shop.invalid/x")),
    Case("no-such-branch", "staging production", ("'origin' has no branch 'live'", "git.branch"),
         files={"promote.yaml": CONFIG + "git: {branch: live}\n"}),
    Case("bump-not-yaml", "bump production web=1.1", (f"{PRODUCTION}:2: ",), files=overlay("images:\n  [")),
    Case("source-not-yaml", "staging production", (f"{STAGING}:2: ",), pushed=overlay("images:\n  [", STAGING)),
    Case("target-not-yaml", "staging production", (f"{PRODUCTION}:2: ",), pushed=overlay("images:\n  [")),
    Case("target-not-utf-8", "staging production", (f"{PRODUCTION}:2: ", "UTF-8"),
         pushed={PRODUCTION: b"# a\n# \xff\n" + IMAGES.encode()}),
    Case("missing-resource", "staging production", (f"production: {PRODUCTION}:1: ", "'gone.yaml'"),
         pushed=overlay("resources: [../../base, gone.yaml]\n" + IMAGES)),
    Case("unknown-field", "staging production", (f"production: {PRODUCTION}:", "'imagez'", "'images'?"),
         pushed=overlay(BASE + IMAGES + "imagez: []\n")),
    Case("image-twice", "staging production", (f"{PRODUCTION}:", "'shop/web' has two items"),
         pushed=overlay(BASE + IMAGES.replace("shop/cart", "shop/web"))),
    Case("image-of-source-only", "plan staging production --only mail", ("shop/mail", PRODUCTION),
         pushed={STAGING: with_mail(2)}),
    Case("image-of-target-only", "plan staging production --only mail", ("shop/mail", STAGING),
         pushed={PRODUCTION: with_mail(2)}),
    Case("image-in-no-container", "staging production --only mail", ("no container runs shop/mail",
         "correct its name"), code=3, pushed={STAGING: with_mail(2), PRODUCTION: with_mail(1)}),
    Case("link-out-of-the-tree", "plan staging evil", ("evil: this link leads out of the repository",),
         before=lambda tiny: (link(tiny, "evil"), tiny.commit())),
    Case("link-out-of-the-checkout", "diff staging", ("leads outside the repository",),
         before=lambda tiny: link(tiny, "overlays/staging")),
    Case("holds-misspelt", "staging production", ("holds.yaml:1: unknown key 'hold'", "'holds'"),
         pushed={"holds.yaml": "hold: []\n"}),
    Case("holds-no-list", "staging production", ("holds.yaml:1: `holds` is not a list",),
         pushed={"holds.yaml": "holds: web\n"}),
    Case("holds-lacking-a-key", "status", ("holds.yaml:2: the key 'since' is missing",),
         pushed={"holds.yaml": "holds:\n- {environment: staging, image: a, version: '1', reason: x}\n"}),
    Case("holds-not-yaml", "status", ("holds.yaml:2: this is not YAML",), pushed={"holds.yaml": "holds:\n  ]"}),
    Case("policies-gone", "plan staging production", ("no Rego rule", "`policies:` in promote.yaml"),
         pushed={"promote.yaml": CONFIG + "policies: rules\n"}),
    Case("kubernetes-unknown", "check production", ("Kubernetes 1.1", "`kubernetes:` in promote.yaml"),
         files={"promote.yaml": CONFIG.replace("1.36", "1.1")}),
]  # fmt: skip

CONFIGURATION = [
    Case("typo", "status", ("promote.yaml:4: unknown key 'kubernets'", "did you mean 'kubernetes'?"),
         files=in_config("kubernetes", "kubernets")),
    Case("typo-inside", "status", ("promote.yaml:2: unknown key 'pat'", "did you mean 'path'?"),
         files=in_config("{path: overlays/staging}", "{pat: overlays/staging}")),
    Case("wrong-type", "status", ("promote.yaml:4: kubernetes is a string but must be a list",),
         files=in_config('["1.36"]', '"1.36"')),
    Case("number-for-text", "status", ("promote.yaml:4: kubernetes.0 is a number but must be a string", "in quotes"),
         files=in_config('["1.36"]', "[1.36]")),
    Case("no-minor-version", "status", ("promote.yaml:4: kubernetes.0 cannot be 'v1.36.1'", '"1.36"'),
         files=in_config("1.36", "v1.36.1")),
    Case("not-yaml", "status", ("promote.yaml:3: this is not YAML",),
         files=in_config("production: {", "production: ]")),
    Case("not-utf-8", "status", ("promote.yaml:5: this is not UTF-8",),
         files={"promote.yaml": CONFIG.encode() + b"# \xff\n"}),
    Case("empty", "status", ("promote.yaml:1: the file is empty but must be a mapping",), files={"promote.yaml": ""}),
    Case("key-twice", "status", ("promote.yaml:3: duplicate key 'staging'",),
         files=in_config("production", "staging")),
    Case("like-a-command", "status", ("promote.yaml:3: 'merge' cannot be a name in environments", "commands"),
         files=in_config("production:", "merge:")),
    Case("upper-case", "status", ("promote.yaml:3: 'Prod' cannot be a name in environments", "lower-case"),
         files=in_config("production:", "Prod:")),
    Case("path-upwards", "status", ("promote.yaml:3: environments.production.path cannot be '../x'", "inside"),
         files=in_config("overlays/production", "../x")),
    Case("path-absolute", "status", ("promote.yaml:3: environments.production.path cannot be '/x'", "inside"),
         files=in_config("overlays/production", "/x")),
    Case("path-nowhere", "diff", ("environment 'production'", "no kustomization.yaml in 'overlays/x'"),
         files=in_config("overlays/production", "overlays/x")),
    Case("no-such-forge", "status", ("promote.yaml:5: forge.kind cannot be 'githup'", "did you mean 'github'?"),
         files={"promote.yaml": CONFIG + "forge: {kind: githup}\n"}),
]  # fmt: skip


@pytest.mark.parametrize("case", COMMAND_LINE + REPOSITORY + CONFIGURATION, ids=lambda case: case.name)
def test_bad_input(
    case: Case, tiny: Tiny, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name, value in case.env.items():
        monkeypatch.setenv(f"PROMOTE_{name}", value)
    tiny.write(case.files)
    if case.pushed:
        tiny.commit(case.pushed)
    if case.before:
        case.before(tiny)
    fails(tiny, case.command, case.code, *case.says, capfd=capfd)


def fails(tiny: Tiny, command: str, code: int, *says: str, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    state = tiny.state()
    assert main(command.split()) == code
    out, err = capfd.readouterr()
    assert out == ""
    assert re.fullmatch(r"promote: [^\n]*\n", err), err
    assert [said for said in says if said not in err] == [], err
    # Where it was planned is a private folder that is gone by now.
    assert "promote-" not in err.replace("promote-by", "")
    assert tiny.state() == state


def answers(tiny: Tiny, command: str, capfd: pytest.CaptureFixture[str]) -> str:
    capfd.readouterr()
    state = tiny.state()
    assert main(command.split()) == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert tiny.state() == state
    return out


@pytest.mark.quick
def test_checkout_behind_origin(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    git(tiny.root, "reset", "--quiet", "--hard", "HEAD~1")
    out = answers(tiny, "plan staging production", capfd)
    assert "planned from origin/main" in out
    assert "behind" in out
    assert "1.1" in out


@pytest.mark.quick
def test_checkout_with_unpushed_commits(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    tiny.commit({STAGING: BASE + IMAGES.replace("1.0", "6.6")}, push=False)
    out = answers(tiny, "plan staging production", capfd)
    assert "not pushed: planned from origin/main" in out
    assert "6.6" not in out


@pytest.mark.quick
def test_dirty_checkout(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    tiny.write({STAGING: BASE + IMAGES.replace("1.0", "6.6"), "new.txt": "new"})
    git(tiny.root, "add", "new.txt")
    out = answers(tiny, "plan staging production", capfd)
    assert "uncommitted changes: planned from origin/main" in out
    assert "6.6" not in out


def test_shallow_clone(tiny: Tiny, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(tiny.root)
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{tiny.origin}", str(tiny.root))
    os.chdir(tiny.root)
    for command in ("history staging", "rollback staging --all"):
        fails(tiny, command, 2, "shallow", "git fetch --unshallow", capfd=capfd)
    assert "1.1" in answers(tiny, "plan staging production", capfd)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["staging production", "plan staging production", "status", "diff"])
def test_outside_of_a_repository(
    command: str, tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    fails(tiny, command, 2, "not in a Git repository", "inside a clone", capfd=capfd)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["staging production", "history staging", "diff"])
def test_empty_repository(
    command: str, tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    git(tmp_path, "init", "--quiet", "empty")
    monkeypatch.chdir(tmp_path / "empty")
    fails(tiny, command, 2, "no remote" if command == "staging production" else "no commit", capfd=capfd)


@pytest.mark.quick
def test_empty_origin(tiny: Tiny, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "empty.git")
    git(tiny.root, "remote", "set-url", "origin", str(tmp_path / "empty.git"))
    fails(tiny, "staging production", 2, "'origin' has no branch 'main'", "push it", capfd=capfd)


@pytest.mark.quick
def test_closed_pull_request(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    repository, head = Repository(tiny.root), git(tiny.root, "rev-parse", "HEAD").strip()
    pull = {"number": 1, "url": "", "title": "", "body": "", "state": "closed"}
    pull |= {"head": "promote/staging-to-production", "base": "main", "head_commit": head}
    tree = repository.make_tree({"1.json": json.dumps(pull).encode()})
    closed = repository.commit_tree(tree, [], "closed")
    repository.push("origin", Push("refs/promote/pulls", closed, ABSENT))
    fails(tiny, "merge 1", 2, "#1 is closed", "run the command that opened it", capfd=capfd)
    fails(tiny, "merge 2", 2, "no pull request 2", "there", capfd=capfd)


def fake(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    # Promote starts its tools without a PATH.
    (folder / name).write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.mark.quick
def test_tool_of_another_version(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    fake(tmp_path / "bin", "kustomize", "echo v5.0.0")
    monkeypatch.setenv("PROMOTE_TOOLS", str(tmp_path / "bin"))
    says = ("bin/kustomize is not kustomize 5.8.1", "v5.0.0", "make setup")
    fails(tiny, "staging production", 2, *says, capfd=capfd)


@pytest.mark.quick
def test_tool_that_is_missing(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").symlink_to(shutil.which("git") or "")
    monkeypatch.setenv("PROMOTE_TOOLS", str(tmp_path / "nowhere"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    fails(tiny, "check production", 2, "kustomize 5.8.1 is not installed", "make setup", capfd=capfd)
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    fails(tiny, "check production", 2, "kustomize", "make setup", capfd=capfd)
    fails(tiny, "staging production", 2, "cannot start git: No such file", capfd=capfd)


def test_cache_that_cannot_be_written(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    # Below a file: chmod would not stop root.
    monkeypatch.setenv("PROMOTE_CACHE", str(tiny.root / "promote.yaml/cache"))
    assert "0 denied" in answers(tiny, "plan staging production", capfd)


def test_no_home(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PROMOTE_CACHE")
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert "0 denied" in answers(tiny, "plan staging production", capfd)


def test_file_names_that_are_no_text(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    with Path(os.fsdecode(os.fsencode(tiny.root) + b"/caf\xe9 \n.txt")).open("w") as file:
        file.write("x")
    tiny.commit()
    assert "1.1" in answers(tiny, "plan staging production", capfd)
    assert main(["staging", "production", "--no-pr"]) == 0
    changed = git(tiny.origin, "diff", "--name-only", "main", "promote/staging-to-production")
    assert changed.split() == [PRODUCTION]


def start(*command: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    python = [sys.executable, "-m", "promote", *command]
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | dict(env or {})
    return subprocess.Popen(
        python,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Whoever runs the tests in the background has Ctrl-C ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 no threads here
    )


@pytest.mark.parametrize("command", ["status", "--help"])
def test_reader_that_goes_away(command: str, tiny: Tiny) -> None:
    state = tiny.state()
    # A pipe that nobody reads: writing to it fails at once.
    process = start(command)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(20) == 0
    assert tiny.state() == state


@pytest.mark.parametrize("command", ["promote staging production", "bump staging web=1.2", "check"])
def test_interrupt(command: str, tiny: Tiny, tmp_path: Path) -> None:
    # kustomize hangs, together with a program that it has started.
    script = 'test "$1" = version && exec echo v5.8.1\n' + f"sleep 60 & echo $! > {tmp_path}/started; wait"
    fake(tmp_path / "bin", "kustomize", script)
    for name in ("kubeconform", "conftest"):
        (tmp_path / "bin" / name).symlink_to(ROOT / ".tools/bin" / name)
    state = tiny.state()
    process = start(*command.split(), env={"PROMOTE_TOOLS": str(tmp_path / "bin")})
    pid = until(lambda: (tmp_path / "started").read_text().strip())
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, b"")
    assert err == b"promote: interrupted; run the command again to finish\n"
    assert tiny.state() == state
    until(lambda: not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text())


def until(seen: Callable[[], object]) -> object:
    """What `seen` returns once that is true."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if found := seen():
                return found
        except FileNotFoundError:
            pass
        time.sleep(0.02)
    pytest.fail("it never came")
