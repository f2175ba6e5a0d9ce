"""`promote windows`: the freezes of promote.yaml, given to Argo CD and to Flux."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from promote.engines.protocol import Wanted
from promote.live import observed
from promote.repository.workspace import Workspace
from tests.integration.sandbox import REPOSITORY, Sandbox
from tests.integration.test_scale import made
from tests.integration.tiny import FILES

pytestmark = pytest.mark.quick

PROJECT = "deploy/project.yaml"
WEEKEND = "{start: Friday 16:00, end: Monday 06:00, timezone: Europe/Zurich, reason: weekend}"
# One that is open in the time of these tests, and one that is not.
OPEN = "{start: 2020-01-01 00:00, end: 2098-01-01 00:00, timezone: UTC, reason: a long one}"
SHUT = "{start: 2020-01-01 00:00, end: 2020-02-01 00:00, timezone: UTC, reason: an old one}"
ARGOCD = {
    PROJECT: "# Ours.\napiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: shop}\n"
    "spec:\n  sourceRepos: ['*']\n",
    "deploy/production.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop-live}\n"
    "spec: {project: shop, source: {path: overlays/production}}\n",
}
PLAIN = """\
# Applied by Flux itself.
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: production, namespace: flux-system}
spec:
  interval: 10m  # often enough
  path: ./overlays/production
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: staging, namespace: flux-system}
spec: {path: ./overlays/staging, suspend: true}
"""


def config(freeze: str) -> str:
    gates = f"{{path: overlays/production, gates: {{freeze: [{freeze}]}}}}"
    return FILES["promote.yaml"].replace("{path: overlays/production}", gates)


def shop(freeze: str, more: dict[str, str]) -> dict[str, str]:
    return FILES | {"promote.yaml": config(freeze)} | more


def windows(clone: Sandbox) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(clone.read(PROJECT))["spec"]["syncWindows"]
    return found


@pytest.mark.slow
def test_a_project_gets_the_windows_and_is_compared_with_them(tmp_path: Path, surroundings: dict[str, str]) -> None:
    clone = made(tmp_path, surroundings, shop(WEEKEND, ARGOCD))
    before = clone.read(PROJECT)
    assert "syncWindows:\n- kind: deny\n" in clone.promote("windows", PROJECT).out
    assert f"differs: {PROJECT}" in clone.promote("windows", "--check", PROJECT, code=1).out
    assert clone.read(PROJECT) == before
    clone.promote("windows", "--write", "project.yaml", cwd=clone.root / "deploy")
    assert clone.read(PROJECT).startswith(before)
    assert windows(clone) == [
        {"kind": "deny", "schedule": "0 16 * * 5", "duration": "62h", "timeZone": "Europe/Zurich",
         "applications": ["shop-live"], "manualSync": True, "syncOverrun": True,
         "description": "promote.yaml: weekend"}
    ]  # fmt: skip
    assert "as it should be" in clone.promote("windows", "--check", PROJECT).out
    clone.write("promote.yaml", FILES["promote.yaml"])
    clone.promote("windows", "--check", PROJECT, code=1)
    clone.promote("windows", "--write", PROJECT)
    assert clone.read(PROJECT) == before


def test_an_application_that_no_manifest_names_is_given(tmp_path: Path, surroundings: dict[str, str]) -> None:
    clone = made(tmp_path, surroundings, shop(WEEKEND, {PROJECT: ARGOCD[PROJECT]}))
    said = clone.promote("windows", "--write", PROJECT, code=2).err
    assert "no Application in this repository syncs overlays/production" in said
    assert "--application production=NAME" in said
    clone.promote("windows", "--write", PROJECT, "--application", "production=by-hand")
    assert windows(clone)[0]["applications"] == ["by-hand"]
    assert "no environment 'prod'" in clone.promote("windows", PROJECT, "--application", "prod=x", code=2).err
    other = ARGOCD["deploy/production.yaml"].replace("project: shop", "project: other")
    clone.write("deploy/production.yaml", other)
    assert (
        "production is left out: its Application belongs to the project other"
        in clone.promote("windows", PROJECT).out
    )


def test_what_no_schedule_can_express_is_named(tmp_path: Path, surroundings: dict[str, str]) -> None:
    clone = made(tmp_path, surroundings, shop(OPEN, ARGOCD))
    said = clone.promote("windows", PROJECT, code=2).err
    assert "the freeze of production, 'a long one': it lasts 28490 days" in said


@pytest.mark.slow
def test_flux_is_suspended_and_resumed_by_commits(tmp_path: Path, surroundings: dict[str, str]) -> None:
    clone = made(tmp_path, surroundings, shop(OPEN, {"clusters/main/apps.yaml": PLAIN}))
    clone.promote("windows", "--check", "clusters/main", code=1)
    done = clone.promote("windows", "--commit", "clusters/main", "--output", "json").json
    (one,) = done["suspensions"]
    assert (one["resource"]["name"], one["suspended"], one["wanted"]) == ("production", False, True)
    assert clone.at_origin("show", "--no-patch", "--format=%s", "main") == "suspend: production"
    path = "clusters/main/apps.yaml"
    # Only what applies an environment with a freeze: somebody else suspended staging.
    assert clone.show(path, "main") == PLAIN.replace(
        "overlays/production\n", "overlays/production\n  suspend: true\n"
    )
    assert not clone.promote("windows", "--commit", "clusters/main", "--output", "json").json["changed"]
    clone.git("pull", "--quiet", "origin", "main")
    clone.write("promote.yaml", config(SHUT))
    clone.publish("the freeze is over")
    clone.promote("windows", "--commit", "clusters/main")
    assert clone.at_origin("show", "--no-patch", "--format=%s", "main") == "resume: production"
    assert "  suspend: false\n" in clone.show(path, "main")


@pytest.mark.slow
def test_the_tiers_of_this_repository_are_suspended_together(tmp_path: Path, surroundings: dict[str, str]) -> None:
    files = {
        path.relative_to(REPOSITORY).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((REPOSITORY / "delivery/flux").rglob("*.yaml"))
    }
    clone = made(tmp_path, surroundings, shop(OPEN, files))
    done = clone.promote("windows", "--write", "delivery/flux/production", "--output", "json").json
    tiers = files["delivery/flux/tiers/tiers.yaml"].count("\nkind: Kustomization\n")
    assert [(one["suspended"], one["wanted"]) for one in done["suspensions"]] == [(False, True)] * tiers
    changed = clone.git("diff", "--unified=0").splitlines()
    assert [line for line in changed if line[:1] in "-+" and line[:3] not in ("---", "+++")] == [
        "-      - {op: add, path: /spec/suspend, value: false}",
        "+      - {op: add, path: /spec/suspend, value: true}",
    ]
    # Where only shared files could say it, nothing is changed.
    text = files["delivery/flux/production/kustomization.yaml"].replace(
        "      - {op: add, path: /spec/suspend, value: false}\n", ""
    )
    clone.write("delivery/flux/production/kustomization.yaml", text)
    said = clone.promote("windows", "--write", "delivery/flux/production", code=2).err
    assert "let a patch in production set it, `- {op: add, path: /spec/suspend, value: false}`" in said
    assert clone.git("status", "--short") == "M delivery/flux/production/kustomization.yaml"


@pytest.mark.slow
def test_the_applications_of_all_apps_are_in_one_window(tmp_path: Path, surroundings: dict[str, str]) -> None:
    overlay = FILES["overlays/staging/kustomization.yaml"].replace("../../base", "../../../base")
    apps: dict[str, str] = {}
    deployed: dict[str, str] = {}
    for app in ("cart", "web"):
        apps |= {f"apps/{app}/{stage}/kustomization.yaml": overlay for stage in ("staging", "production")}
        text = ARGOCD["deploy/production.yaml"].replace("overlays/production", f"apps/{app}/production")
        deployed[f"deploy/{app}.yaml"] = text.replace("shop-live", f"{app}-live")
    settings = config(WEEKEND).replace("overlays/", "apps/*/")
    files = FILES | {PROJECT: ARGOCD[PROJECT]} | apps | deployed | {"promote.yaml": settings}
    clone = made(tmp_path, surroundings, files)
    clone.promote("windows", "--write", PROJECT)
    assert [one["applications"] for one in windows(clone)] == [["cart-live", "web-live"]]
    clone.promote("windows", "--write", PROJECT, "--application", "production/web=by-hand")
    assert [one["applications"] for one in windows(clone)] == [["by-hand", "cart-live"]]
    clone.promote("windows", "--write", PROJECT, "--application", "production=both")
    assert [one["applications"] for one in windows(clone)] == [["both"]]
    (clone.root / "deploy/web.yaml").unlink()
    assert "name that of production/web with --app" in clone.promote("windows", PROJECT, code=2).err


# Two environments at the same path on two branches, and what delivers each of them.
SAME_PATH = """\
environments:
  staging: {path: deploy}
  production: {path: deploy, branch: live, gates: {freeze: [FREEZE]}, engine: {}}
kubernetes: ["1.36"]
"""
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: NAME}
spec: {project: shop, source: {path: deploy, targetRevision: BRANCH}}
---
"""
KUSTOMIZATION = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: NAME}
spec:
  path: ./deploy
  sourceRef: {kind: GitRepository, name: of-NAME}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: of-NAME}
spec: {url: https://git.example.com/shop, ref: {branch: BRANCH}}
---
"""
# By engine: what delivers, the freeze, and the file or folder that `promote windows` is given.
ENGINES = {"argocd": (APPLICATION, WEEKEND, PROJECT), "flux": (KUSTOMIZATION, OPEN, "clusters/all.yaml")}


@pytest.fixture(params=ENGINES)
def same_path(tmp_path: Path, surroundings: dict[str, str], request: pytest.FixtureRequest) -> tuple[Sandbox, str]:
    """A clone with a frozen production, delivered by the object `late`, and the path for `promote windows`."""
    delivers, freeze, path = ENGINES[request.param]
    objects = [
        delivers.replace("NAME", name).replace("BRANCH", branch)
        for name, branch in (("early", "main"), ("late", "live"))
    ]
    files = {
        "promote.yaml": SAME_PATH.replace("FREEZE", freeze),
        "deploy/kustomization.yaml": "resources: []\n",
        PROJECT: ARGOCD[PROJECT],
        "clusters/all.yaml": "".join(objects),
    }
    clone = made(tmp_path, surroundings, FILES | files)
    clone.git("push", "--quiet", "origin", "main:live")
    return clone, path


def concerned(clone: Sandbox, path: str) -> list[str]:
    """The names of the objects that windows or suspensions are for."""
    answer = clone.promote("windows", path, "--output", "json").json
    names = [name for one in answer["windows"] for name in one["applications"]]
    return [*names, *(one["resource"]["name"] for one in answer["suspensions"])]


@pytest.mark.slow
def test_the_branch_tells_environments_at_the_same_path_apart(same_path: tuple[Sandbox, str]) -> None:
    assert concerned(*same_path) == ["late"]


@pytest.mark.slow
def test_objects_of_another_branch_are_refused(same_path: tuple[Sandbox, str]) -> None:
    clone, path = same_path
    text = clone.read("clusters/all.yaml")
    clone.write("clusters/all.yaml", text.replace("live}", "odd}").replace("main}", "odd}"))
    assert "does not say which of them" in clone.promote("windows", path, code=2).err


@pytest.mark.slow
def test_promote_yaml_names_the_object_where_the_branch_does_not_tell(same_path: tuple[Sandbox, str]) -> None:
    clone, path = same_path
    clone.replace("clusters/all.yaml", "live}", "main}")
    clone.replace("promote.yaml", "engine: {}", "engine: {name: late}")
    assert concerned(clone, path) == ["late"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["deploy/nothing.yaml"], "there is no file or folder 'deploy/nothing.yaml'"),
        (["../elsewhere"], "../elsewhere is outside of the folder of promote.yaml"),
        (["base"], "base has no Kustomization of Flux whose spec.path is an environment with a freeze"),
        ([PROJECT, "--check", "--write"], "choose one of --check, --write, --commit and --pr"),
        ([PROJECT, "--application", "production"], "'production' is not ENV=NAME"),
        (["deploy/empty.yaml"], "no edit was found that changes only `syncWindows`"),
    ],
)
def test_what_makes_no_sense_is_refused(
    words: list[str], said: str, tmp_path: Path, surroundings: dict[str, str]
) -> None:
    clone = made(tmp_path, surroundings, shop(WEEKEND, ARGOCD))
    clone.write("deploy/empty.yaml", ARGOCD[PROJECT].partition("spec:")[0] + "spec: {}\n")
    assert said in clone.promote("windows", *words, code=2).err


def nested(files: dict[str, str]) -> dict[str, str]:
    """The same with promote.yaml in a subfolder; engines name folders from the top of the repository."""
    below = "overlays/production}"
    moved = {f"kube/{name}": text.replace(below, f"kube/{below}") for name, text in files.items()}
    moved["kube/promote.yaml"] = files["promote.yaml"]
    return moved


def test_promote_yaml_in_a_subfolder_with_argo_cd(tmp_path: Path, surroundings: dict[str, str]) -> None:
    files = nested(shop(WEEKEND, ARGOCD))
    # Applications may be anywhere in the repository.
    files["delivery/production.yaml"] = files.pop("kube/deploy/production.yaml")
    clone = made(tmp_path, surroundings, files)
    for cwd, path in (("kube", PROJECT), ("kube/deploy", "project.yaml")):
        assert "shop-live" in clone.promote("windows", path, cwd=clone.root / cwd).out
    clone.promote("windows", PROJECT, "--write", cwd=clone.root / "kube")
    (entry,) = yaml.safe_load(clone.read(f"kube/{PROJECT}"))["spec"]["syncWindows"]
    assert entry["applications"] == ["shop-live"]
    clone.promote("windows", PROJECT, "--check", cwd=clone.root / "kube")
    outside = clone.promote("windows", "../delivery/production.yaml", cwd=clone.root / "kube", code=2).err
    assert "outside of the folder of promote.yaml: name a path in " in outside


def test_promote_yaml_in_a_subfolder_with_flux(tmp_path: Path, surroundings: dict[str, str]) -> None:
    plain = {"flux/production.yaml": PLAIN.replace("./overlays/production", "./kube/overlays/production")}
    clone = made(
        tmp_path, surroundings, nested(shop(OPEN, {})) | {f"kube/{one}": text for one, text in plain.items()}
    )
    clone.promote("windows", "flux/production.yaml", "--commit", cwd=clone.root / "kube")
    assert "suspend: true" in clone.at_origin("show", "main:kube/flux/production.yaml").partition("---")[0]


def test_an_engine_is_asked_for_the_folder_from_the_top(
    tmp_path: Path, surroundings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = made(tmp_path, surroundings, nested(shop(WEEKEND, {})))
    asked: list[str] = []
    monkeypatch.chdir(clone.root / "kube/overlays")

    def delivery_of(_kind: str, _hub: object, wanted: Wanted) -> tuple[None, tuple[str, ...]]:
        asked.append(wanted.path)
        return None, ()

    monkeypatch.setattr("promote.engines.registry.delivery_of", delivery_of)
    workspace = Workspace.here()
    environment = workspace.config.environments["production"]
    observed.delivery(workspace, environment, observed.Reach(None, None))  # type: ignore[arg-type]
    assert asked == ["kube/overlays/production"]
