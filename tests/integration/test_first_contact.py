"""What a stranger meets first: no promote.yaml, or one in a subfolder, and paths as people type them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from promote.forge.local import Local
from promote.git.repository import Repository
from promote.repository import config
from tests.integration.sandbox import Sandbox, create

FOUND = {"staging": "overlays/staging", "production": "overlays/production"}
REMARK = (
    "there is no promote.yaml: environments found by their folders: staging (overlays/staging), production "
    "(overlays/production); `promote init` writes them"
)


@pytest.fixture
def bare(tiny: Sandbox) -> Sandbox:
    """A repository whose shared branch has no promote.yaml."""
    (tiny.root / "promote.yaml").unlink()
    tiny.publish("remove promote.yaml")
    return tiny


@pytest.fixture
def nested(tiny: Sandbox) -> Sandbox:
    """A repository that has everything of promote in the folder `deploy`, but for the base, which is above it."""
    (tiny.root / "deploy").mkdir()
    for name in ("overlays", "policies", "promote.yaml"):
        shutil.move(tiny.root / name, tiny.root / "deploy" / name)
    for stage in FOUND:
        tiny.replace(f"deploy/overlays/{stage}/kustomization.yaml", "../../base", "../../../base")
    tiny.publish("move everything into a folder")
    return tiny


@pytest.mark.quick
def test_init_writes_what_it_finds(bare: Sandbox) -> None:
    outcome = bare.promote("init", "--output", "json").json
    assert outcome["environments"] == [{"name": name, "path": path} for name, path in FOUND.items()]
    assert (outcome["git"], outcome["remarks"]) == ({"remote": "origin", "branch": "main"}, [])
    written = bare.read("promote.yaml")
    assert written == outcome["file"]
    assert written.startswith("# yaml-language-server: $schema=promote.schema.json\n")
    settings = config.load(bare.root)
    assert {one.name: one.path for one in settings.environments.values()} == FOUND
    assert list(settings.environments) == list(FOUND)
    assert bare.read("promote.schema.json").startswith("{")


@pytest.mark.quick
def test_init_writes_nothing_when_it_is_dry(bare: Sandbox) -> None:
    before = bare.snapshot()
    out = bare.promote("init", "--dry-run").out
    assert "  staging: {path: overlays/staging}\n  production: {path: overlays/production}" in out
    assert bare.snapshot() == before


@pytest.mark.quick
def test_init_changes_no_file_that_is_there(tiny: Sandbox) -> None:
    before = tiny.snapshot()
    assert "there is a promote.yaml already" in tiny.promote("init", code=2).err
    assert tiny.snapshot() == before


@pytest.mark.quick
def test_init_names_what_it_did_not_understand(bare: Sandbox) -> None:
    bare.write("overlays/blue/kustomization.yaml", "resources: [../../base]\n")
    bare.write("overlays/qa/kustomization.yaml", "resources: [\n")
    said = bare.promote("init", "--dry-run").out.partition("not understood:\n")[2].splitlines()
    assert said[0].startswith("  overlays/qa/kustomization.yaml cannot be read: ")
    assert said[1].startswith("  blue: its name does not say where it belongs")


@pytest.mark.quick
def test_init_says_what_it_looked_for(bare: Sandbox) -> None:
    shutil.rmtree(bare.root / "overlays")
    said = bare.promote("init", code=2).err
    assert "no environment was found: no kustomization is in overlays/*" in said
    assert "no two next to each other are called like stages, none is called like staging or what comes after" in said
    assert "; there are kustomizations in base; write promote.yaml by hand" in said
    shutil.rmtree(bare.root / "base")
    assert "this repository has no kustomization.yaml; write promote.yaml by hand" in bare.promote("init", code=2).err
    assert not (bare.root / "promote.yaml").exists()


@pytest.mark.quick
def test_init_names_few_of_the_branches_that_are_called_like_stages(bare: Sandbox) -> None:
    shutil.rmtree(bare.root / "overlays")
    for name in ("ci/a", "ci/b", "demo/c", "demo/d", "prod"):
        bare.git("push", "--quiet", "origin", f"main:{name}")
    bare.git("fetch", "--quiet", "origin")
    said = "no kustomization with versions is at the same path on all of the branches ci/a, ci/b, demo/c, demo/d, …"
    bare.write("base/kustomization.yaml", "resources: []\n")
    bare.git("commit", "--quiet", "--all", "--message", "none")
    for name in ("main", "prod"):
        bare.git("push", "--quiet", "--force", "origin", f"HEAD:{name}")
    bare.git("fetch", "--quiet", "origin")
    assert said in bare.promote("init", code=2).err
    for name in ("ci/a", "ci/b", "demo/c", "demo/d"):
        bare.git("push", "--quiet", "--force", "origin", f"HEAD:{name}")
    bare.git("fetch", "--quiet", "origin")
    assert "on all of the branches" not in bare.promote("init", code=2).err


@pytest.mark.quick
def test_init_takes_the_branch_that_the_remote_has(bare: Sandbox) -> None:
    bare.git("branch", "--move", "main", "trunk")
    bare.git("push", "--quiet", "origin", "trunk")
    bare.at_origin("symbolic-ref", "HEAD", "refs/heads/trunk")
    bare.git("push", "--quiet", "origin", "--delete", "main")
    bare.git("checkout", "--quiet", "-b", "feature")
    bare.git("remote", "set-head", "origin", "trunk")
    assert bare.promote("init", "--output", "json").json["git"]["branch"] == "trunk"
    (bare.root / "promote.yaml").unlink()
    assert bare.promote("status").out.splitlines()[1].startswith("origin/trunk at ")


@pytest.mark.quick
def test_where_nothing_is_found_the_branch_of_the_remote_is_not_called_absent(bare: Sandbox) -> None:
    shutil.rmtree(bare.root / "overlays")
    bare.git("commit", "--quiet", "--all", "--message", "no environments")
    bare.git("branch", "--move", "main", "master")
    bare.git("push", "--quiet", "origin", "master")
    bare.at_origin("symbolic-ref", "HEAD", "refs/heads/master")
    bare.git("push", "--quiet", "origin", "--delete", "main")
    bare.git("remote", "set-head", "origin", "master")
    assert "no environment was found by its folders" in bare.promote("status", code=2).err


def test_without_promote_yaml_commands_use_what_init_finds_and_say_so(bare: Sandbox) -> None:
    status = bare.promote("status", "--output", "json").json
    assert (list(status["environments"]), status["notes"]) == (list(FOUND), [REMARK])
    assert bare.promote("status").out.startswith(f"{REMARK}\n")
    checked = bare.promote("check", "--output", "json").json
    assert ([one["name"] for one in checked["targets"]], checked["notes"]) == (list(FOUND), [REMARK])
    assert REMARK in bare.promote("plan", "staging", "production").out
    assert bare.promote("history", "staging", "--output", "json").json["revisions"]


def test_with_promote_yaml_nothing_is_said_of_it(tiny: Sandbox) -> None:
    assert tiny.promote("status", "--output", "json").json["notes"] == []
    assert "init" not in tiny.promote("status").out + tiny.promote("check").out


def test_a_merge_is_checked_in_folders_that_nobody_found(bare: Sandbox) -> None:
    bare.git("checkout", "--quiet", "-b", "change")
    bare.write("special/kustomization.yaml", "resources: [../base]\n")
    bare.commit("a folder that is not found, without tags")
    bare.git("push", "--quiet", "origin", "change")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in bare.env.items():
            patch.setenv(name, value)
        pull = Local(Repository(bare.root), "origin").open("change", "main", "title", "body")
    assert "images.tag" in bare.promote("merge", str(pull.number), code=3).out


PLACES = {
    "by its name": (".", "production"),
    "relative to the top": (".", "overlays/production"),
    "with dots": (".", "./overlays/../overlays/production/"),
    "absolute": (".", "{root}/overlays/production"),
    "absolute, from outside of the top": ("base", "{root}/overlays/production/"),
    "the current folder": ("overlays/production", "."),
    "relative to the current folder": ("overlays", "production"),
    "relative to the top, from a folder": ("overlays", "overlays/production"),
    "above the current folder": ("overlays/staging", "../production"),
}


@pytest.mark.parametrize(("folder", "typed"), PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("config", ["with", "without"])
def test_an_environment_is_named_as_people_type(tiny: Sandbox, folder: str, typed: str, config: str) -> None:
    if config == "without":
        (tiny.root / "promote.yaml").unlink()
        tiny.publish("remove promote.yaml")
    name, cwd = typed.format(root=tiny.root), tiny.root / folder
    staging = str(tiny.root / "overlays/staging")
    planned = tiny.promote("plan", staging, name, "--output", "json", cwd=cwd).json
    assert (planned["from"], planned["to"], len(planned["changes"])) == ("staging", "production", 2)
    assert len(tiny.promote("history", name, "--output", "json", cwd=cwd).json["revisions"]) == 1
    tiny.promote("bump", name, "shop/api=1.2.0", cwd=cwd)
    assert 'newTag: "1.2.0"  # the API' in tiny.read("overlays/production/kustomization.yaml")
    assert tiny.promote("check", name, "--output", "json", cwd=cwd).json["targets"][0]["documents"] == 2


def test_a_folder_and_its_environment_have_the_same_branch(tiny: Sandbox) -> None:
    tiny.promote("../staging", ".", cwd=tiny.root / "overlays/production")
    assert set(tiny.branches()) == {"main", "promote/staging-to-production"}


@pytest.mark.quick
def test_a_name_that_is_nothing_is_refused(tiny: Sandbox, tmp_path: Path) -> None:
    assert "did you mean 'staging'" in tiny.promote("history", "stagin", code=2).err
    assert "leads outside the repository" in tiny.promote("history", str(tmp_path), code=2).err


@pytest.mark.parametrize("folder", ["deploy", "deploy/overlays/staging", "deploy/policies"])
def test_promote_yaml_may_be_in_a_subfolder(nested: Sandbox, folder: str) -> None:
    cwd = nested.root / folder
    status = nested.promote("status", "--output", "json", cwd=cwd).json
    assert list(status["environments"]) == list(FOUND)
    done = nested.promote("staging", "production", "--output", "json", cwd=cwd).json
    assert len(done["changes"]) == 2
    branch = "promote/staging-to-production"
    changed = nested.at_origin("diff", "--numstat", f"main...{branch}")
    assert changed == "2\t2\tdeploy/overlays/production/kustomization.yaml"
    nested.promote("merge", str(done["pull_request"]["number"]), cwd=cwd)
    assert nested.promote("drift", "staging", "production", "--output", "json", cwd=cwd).code == 0
    shown = nested.promote("history", "production", "--output", "json", cwd=cwd).json["revisions"]
    assert len(shown) == 2
    nested.promote("verify", nested.tip(), cwd=cwd)
    nested.promote("rollback", "production", "--all", cwd=cwd)
    assert set(nested.at_origin("show", "--name-only", "--format=", "main").splitlines()) == {
        "deploy/overlays/production/kustomization.yaml", "deploy/holds.yaml",
    }  # fmt: skip
    assert nested.promote("status", "--output", "json", cwd=cwd).json["holds"]
    assert nested.promote("drift", "staging", "production", code=1, cwd=cwd)


def test_a_subfolder_is_compared_and_fixed_in_its_place(nested: Sandbox) -> None:
    cwd = nested.root / "deploy"
    nested.promote("bump", "staging", "shop/api=9.9.9", cwd=cwd)
    assert "9.9.9" in nested.read("deploy/overlays/staging/kustomization.yaml")
    assert nested.promote("diff", "staging", "--output", "json", code=1, cwd=cwd).json["environments"]["staging"]
    found = nested.promote("check", "--base", "HEAD", "--output", "json", cwd=cwd).json
    assert [one["documents"] for one in found["targets"]] == [2, 2]


@pytest.mark.parametrize("url", ["https://forge.example.invalid/team/shop.git", "https://github.com/team/shop.git"])
def test_only_what_needs_a_forge_needs_one(tiny: Sandbox, url: str) -> None:
    """The remote is elsewhere; Git is sent to the local one by `insteadOf`, so only the forge is unreachable."""
    tiny.git("remote", "set-url", "origin", url)
    env = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{tiny.origin}.insteadOf",
        "GIT_CONFIG_VALUE_0": url,
        "GH_TOKEN": "",
        "GITHUB_TOKEN": "",
    }
    status = tiny.promote("status", "--output", "json", env=env).json
    assert list(status["environments"]) == list(FOUND)
    assert [note.partition(":")[0] for note in status["notes"]] == ["open pull requests are not shown"]
    for command in (("plan", "staging", "production"), ("explain", "staging", "production"), ("history", "staging")):
        tiny.promote(*command, env=env)
    assert tiny.run("staging", "production", env=env).code in (2, 6)
    assert set(tiny.branches()) == {"main"}


def test_the_folder_of_a_promotion_may_be_created_later(tmp_path: Path, tiny: Sandbox) -> None:
    """A repository whose first commit has no kustomization: status says what to do, and does not crash."""
    folder = tmp_path / "empty"
    (folder / "clone").mkdir(parents=True)
    (folder / "clone" / "README").write_text("nothing yet\n")
    create(folder, tiny.env)
    empty = Sandbox(folder / "clone", tiny.env)
    assert "promote init --dry-run" in empty.promote("status", code=2).err
    assert "no environment was found" in empty.promote("check", code=2).err


def test_environments_without_versions_are_not_called_the_same(bare: Sandbox) -> None:
    for stage in FOUND:
        bare.write(f"overlays/{stage}/kustomization.yaml", "resources: [settings.yaml]\n")
        bare.write(
            f"overlays/{stage}/settings.yaml",
            f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings}}\ndata: {{STAGE: {stage}}}\n",
        )
    bare.publish("keep nothing but settings")
    nothing = "no version of an image was found in"
    said = bare.promote("status").out
    assert f"{nothing} any environment: staging, production\nan image without a tag gets one with" in said
    assert f"nothing to do: {nothing} staging or production\n" in bare.promote("plan", "staging", "production").out
    assert bare.promote("drift", "staging", "production").out == f"{nothing} staging or production\n"


def test_new_names_without_versions_are_not_called_different(bare: Sandbox) -> None:
    """So an image is named where a pipeline sets its version."""
    for stage in ("staging", "production"):
        bare.write(f"overlays/{stage}/kustomization.yaml", "images: [{name: shop/web, newName: eu/web}]\n")
    bare.publish("name an image")
    status = bare.promote("status").out
    assert "no version of an image was found in any environment: staging, production" in status
    assert "gets one with `promote bump ENV IMAGE=TAG --add`: web\n" in status
    said = "no version of an image was found in staging or production"
    assert said in bare.promote("drift", "staging", "production").out
    assert f"nothing to do: {said}\n" in bare.promote("plan", "staging", "production").out


@pytest.mark.quick
def test_an_environment_that_cannot_be_built_hides_no_difference(tiny: Sandbox) -> None:
    tiny.replace("overlays/staging/kustomization.yaml", "1.2.0", "1.3.0")
    tiny.replace("overlays/production/kustomization.yaml", "../../base", "../../bases")
    found = tiny.promote("diff", "--output", "json", code=2)
    assert [one["new"].partition(":")[2] for one in found.json["environments"]["staging"]] == ["1.3.0"]
    (note,) = found.json["notes"]
    assert note.startswith("not compared: production: overlays/production/kustomization.yaml:")
    assert "overlays/production/kustomization.yaml:" in found.err
    assert "staging: 1 difference," in tiny.promote("diff", code=2).out
