"""Bases in repositories that promote.yaml allows: fetched by promote, by commit, and rendered from the cache."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from promote.cli.main import main
from promote.git import objects
from promote.git.fetched import fetched
from promote.kustomize import remotes
from tests.integration.tiny import CONFIG, Tiny, git

pytestmark = pytest.mark.quick

ADDRESS = "https://example.invalid/team/library"
THING = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\n"
IMAGES = 'images: [{name: shop/web, newTag: "1.0"}, {name: shop/cart, newTag: "1.0"}]\n'
STAGING = "overlays/staging/kustomization.yaml"


@dataclass(frozen=True)
class Library:
    """Another team's repository at `root`; `first` is the commit before its last one."""

    root: Path
    first: str
    last: str


@pytest.fixture
def library(tmp_path: Path) -> Library:
    root = tmp_path / "library"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch=main", "--template=")
    commits = []
    for name in ("one", "two"):
        (root / "deploy/base").mkdir(parents=True, exist_ok=True)
        (root / "deploy/kustomization.yaml").write_text("resources: [base]\n")
        (root / "deploy/base/kustomization.yaml").write_text("resources: [thing.yaml]\n")
        (root / "deploy/base/thing.yaml").write_text(THING.replace("NAME", name))
        git(root, "add", "--all")
        git(root, "commit", "--quiet", f"--message={name}")
        commits.append(git(root, "rev-parse", "HEAD").strip())
    return Library(root, *commits)


@pytest.fixture
def tiny(clone: Tiny, tmp_path: Path, library: Library, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tiny]:
    """A repository that allows the library, whose address leads to a folder in this test only."""
    settings = tmp_path / "gitconfig"
    settings.write_text(f'[url "file://{library.root}"]\n\tinsteadOf = {ADDRESS}\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("PROMOTE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(remotes, "PROTOCOL", "file")
    fetched.cache_clear()
    clone.write({"promote.yaml": CONFIG + "remotes: [example.invalid/team/library]\n"})
    yield clone
    remotes.allow(())
    fetched.cache_clear()


def overlay(*references: str) -> dict[str, str]:
    listed = "".join(f"- {one}\n" for one in ("../../base", *references))
    return {STAGING: f"resources:\n{listed}{IMAGES}"}


def rendered(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> str:
    capfd.readouterr()
    code = main(["diff", "staging"])
    out, err = capfd.readouterr()
    assert (code, err) == (1, "")
    return out


@pytest.mark.slow
def test_an_allowed_commit_is_rendered_and_fetched_once(
    tiny: Tiny, library: Library, capfd: pytest.CaptureFixture[str]
) -> None:
    tiny.write(overlay(f"{ADDRESS}//deploy?ref={library.first}"))
    assert "ConfigMap/one" in rendered(tiny, capfd)
    shutil.rmtree(library.root)
    fetched.cache_clear()
    assert "ConfigMap/one" in rendered(tiny, capfd)
    assert main(["check", "staging"]) == 0
    assert "3 documents rendered" in capfd.readouterr().out


@pytest.mark.slow
def test_two_commits_of_one_repository(tiny: Tiny, library: Library, capfd: pytest.CaptureFixture[str]) -> None:
    tiny.write(overlay(*(f"{ADDRESS}.git//deploy/base?ref={one}" for one in (library.first, library.last))))
    out = rendered(tiny, capfd)
    assert "ConfigMap/one" in out
    assert "ConfigMap/two" in out


@pytest.mark.slow
def test_the_files_of_the_checkout_stay_as_they_are(tiny: Tiny, library: Library) -> None:
    tiny.commit(
        {
            **overlay(f"{ADDRESS}//deploy?ref={library.first}"),
            "promote.yaml": (tiny.root / "promote.yaml").read_text(),
        }
    )
    state = tiny.state()
    assert main(["check", "staging"]) == 0
    assert tiny.state() == state


def test_any_other_form_is_refused(tiny: Tiny, library: Library, capfd: pytest.CaptureFixture[str]) -> None:
    for reference in (
        "{address}//deploy?ref=main",
        "{address}//deploy?ref={short}",
        "{address}//deploy",
        "{address}//deploy?ref={commit}&timeout=1",
        "{address}//deploy/../..?ref={commit}",
        "https://example.invalid/team/other//deploy?ref={commit}",
        "https://example.invalid/team/library/more//deploy?ref={commit}",
        "https://user@example.invalid/team/library//deploy?ref={commit}",
        "https://other.invalid/team/library//deploy?ref={commit}",
        "git::{address}//deploy?ref={commit}",
        "ssh://example.invalid/team/library//deploy?ref={commit}",
    ):
        tiny.write(overlay(reference.format(address=ADDRESS, commit=library.first, short=library.first[:12])))
        assert main(["check", "staging"]) == 2, reference
        err = capfd.readouterr().err
        assert f"{STAGING}:3: " in err
        assert "is a remote reference" in err


@pytest.mark.slow
def test_only_the_checkout_that_promote_runs_in_allows(
    tiny: Tiny, library: Library, capfd: pytest.CaptureFixture[str]
) -> None:
    allowing = (tiny.root / "promote.yaml").read_text()
    tiny.commit({**overlay(f"{ADDRESS}//deploy?ref={library.first}"), "promote.yaml": allowing})
    tiny.write({"promote.yaml": CONFIG})
    assert main(["bump", "staging", "web=7", "--commit", "--dry-run"]) == 2
    assert "is a remote reference" in capfd.readouterr().err


@pytest.mark.slow
def test_a_remote_may_not_lead_out_of_itself(tiny: Tiny, library: Library, capfd: pytest.CaptureFixture[str]) -> None:
    (library.root / "deploy/kustomization.yaml").write_text("resources: [../../../../base]\n")
    git(library.root, "commit", "--quiet", "--all", "--message=out")
    last = git(library.root, "rev-parse", "HEAD").strip()
    tiny.write(overlay(f"{ADDRESS}//deploy?ref={last}"))
    assert main(["check", "staging"]) == 2
    assert "leads out of the repository" in capfd.readouterr().err


@pytest.mark.slow
def test_a_file_that_is_too_large_is_missing_and_not_empty(
    tiny: Tiny, library: Library, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "LARGEST", 500)
    (library.root / "deploy/base/thing.yaml").write_text(THING.replace("NAME", "large") + "#" * 500)
    git(library.root, "commit", "--quiet", "--all", "--message=large")
    last = git(library.root, "rev-parse", "HEAD").strip()
    tiny.write(overlay(f"{ADDRESS}//deploy?ref={last}"))
    assert main(["check", "staging"]) == 2
    assert "thing.yaml" in capfd.readouterr().err


@pytest.mark.slow
def test_a_cache_that_was_changed_is_refused(
    tiny: Tiny, library: Library, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    tiny.write(overlay(f"{ADDRESS}//deploy?ref={library.first}"))
    assert main(["check", "staging"]) == 0
    [kept] = (tmp_path / "cache/remotes").iterdir()
    thing = git(kept, "rev-parse", f"{library.first}:deploy/base/thing.yaml").strip()
    other = git(kept, "hash-object", "-w", str(library.root / "deploy/base/thing.yaml")).strip()
    assert thing != other
    objects = kept / ".git/objects"
    for pack in (objects / "pack").glob("*.pack"):
        moved = pack.rename(tmp_path / pack.name)
        pack.with_suffix(".idx").unlink()
        with moved.open("rb") as opened:
            import subprocess

            subprocess.run(["git", "unpack-objects", "-q"], cwd=kept, stdin=opened, check=True)
    file = objects / thing[:2] / thing[2:]
    file.unlink()
    shutil.copy(objects / other[:2] / other[2:], file)
    fetched.cache_clear()
    assert main(["check", "staging"]) == 2
    assert "delete this folder" in capfd.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("command", ["check", "diff"])
def test_with_a_base_only_its_remotes_are_fetched(
    tiny: Tiny, library: Library, tmp_path: Path, capfd: pytest.CaptureFixture[str], command: str
) -> None:
    allowing = (tiny.root / "promote.yaml").read_text()
    before = git(tiny.root, "rev-parse", "HEAD").strip()
    tiny.commit({"promote.yaml": allowing})
    after = git(tiny.root, "rev-parse", "HEAD").strip()
    tiny.commit(overlay(f"{ADDRESS}//deploy?ref={library.first}"))
    assert main([command, "staging", "--base", before]) == 2
    assert "is a remote reference" in capfd.readouterr().err
    assert not (tmp_path / "cache/remotes").exists()
    assert main([command, "staging", "--base", after]) == (0 if command == "check" else 1)


@pytest.mark.slow
def test_a_commit_is_promoted_with_all_that_it_brings(
    tiny: Tiny, library: Library, capfd: pytest.CaptureFixture[str]
) -> None:
    def files(environment: str, commit: str, web: str) -> dict[str, str]:
        text = overlay(f"{ADDRESS}//deploy?ref={commit}  # ours")[STAGING].replace('"1.0"', f'"{web}"', 1)
        return {f"overlays/{environment}/kustomization.yaml": text}

    production = files("production", library.first, "1.0")
    allowed = {"promote.yaml": (tiny.root / "promote.yaml").read_text() + "forge: {kind: local}\n"}
    tiny.commit({**allowed, **files("staging", library.last, "1.1"), **production})
    assert main(["drift", "staging", "production"]) == 1
    assert f"library: {library.last} in staging, {library.first} in production" in capfd.readouterr().out
    assert main(["staging", "production"]) == 0
    out = capfd.readouterr().out
    assert f"{library.first} → {library.last}" in out
    assert "ConfigMap/two" in out
    assert main(["merge", "1"]) == 0
    file = "overlays/production/kustomization.yaml"
    assert git(tiny.origin, "show", f"main:{file}") == files("production", library.last, "1.1")[file]
    git(tiny.root, "fetch", "--quiet", "origin")
    assert main(["verify", "origin/main"]) == 0
    assert main(["drift", "staging", "production"]) == 0
    assert main(["rollback", "production", "library", "--reason", "broken"]) == 0
    assert git(tiny.origin, "show", f"main:{file}") == files("production", library.first, "1.1")[file]


@pytest.mark.slow
def test_a_commit_hides_no_other_change(tiny: Tiny, library: Library, capfd: pytest.CaptureFixture[str]) -> None:
    settings = {"promote.yaml": (tiny.root / "promote.yaml").read_text()}
    tiny.commit({**overlay(f"{ADDRESS}//deploy?ref={library.first}"), **settings})
    moved = overlay(f"{ADDRESS}//deploy?ref={library.last}")[STAGING]
    tiny.commit({STAGING: moved + "namePrefix: more-\n"})
    assert main(["verify", "HEAD"]) == 3
    out = capfd.readouterr().out
    assert "changes beyond its versions" in out
