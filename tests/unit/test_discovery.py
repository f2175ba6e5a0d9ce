"""The layouts that `promote init` recognises, and what it says of the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.repository import candidates, config, discovery, groups, shapes, stages
from promote.repository.kustomizations import Kustomization, Survey

BASE = "resources: [deployment.yaml]\n"
OVERLAY = "resources: [{base}]\nimages: [{{name: shop/web, newTag: '1'}}]\n"


def layout(root: Path, files: dict[str, str]) -> discovery.Layout:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return discovery.find(root)


def overlays(*folders: str, base: str) -> dict[str, str]:
    """A base, and an overlay of it in each of the folders."""
    depth = {folder: "/".join([".."] * (folder.count("/") + 1)) for folder in folders}
    made = {f"{folder}/kustomization.yaml": OVERLAY.format(base=f"{depth[folder]}/{base}") for folder in folders}
    return {f"{base}/kustomization.yaml": BASE, **made}


@pytest.mark.parametrize("container", shapes.CONTAINERS)
def test_each_usual_folder_is_known(tmp_path: Path, container: str) -> None:
    made = overlays(f"{container}/prod", f"{container}/dev", f"{container}/staging", base="base")
    assert list(layout(tmp_path, made).environments.items()) == [
        (name, f"{container}/{name}") for name in ("dev", "staging", "prod")
    ]


def test_the_names_decide_the_order() -> None:
    names = ["dev", "ci", "test", "qa", "uat", "staging", "demo", "pre-prod", "production", "dr"]
    ranks = [stages.rank(name) for name in names]
    assert None not in ranks
    assert ranks == sorted(ranks, key=lambda rank: rank or 0)
    assert len(set(ranks)) == len(names)
    assert {stages.rank(name) for name in ("stg", "stag", "hml", "hlg")} == {stages.rank("staging")}
    assert (stages.rank("alpha"), stages.rank("beta")) == (stages.rank("test"), stages.rank("uat"))
    assert {stages.rank(name) for name in ("pprd", "nonprd")} == {stages.rank("preprod")}
    same = {"prod", "prod-eu", "eu_prod", "prod1", "live", "PRD"}
    assert {stages.rank(name) for name in same} == {stages.rank("production")}
    assert stages.rank("non-prod") == stages.rank("preprod") == stages.rank("pre-production") == stages.rank("pre")
    assert stages.rank("blue") is None


def test_a_folder_whose_stage_is_unknown_comes_last_and_is_reported(tmp_path: Path) -> None:
    found = layout(tmp_path, overlays("overlays/blue", "overlays/prod", base="base"))
    assert list(found.environments) == ["prod", "blue"]
    assert [remark.partition(":")[0] for remark in found.remarks] == ["blue"]


def of_apps(*owners: str) -> dict[str, str]:
    """For each owner a base and two overlays."""
    files: dict[str, str] = {}
    for one in owners:
        files |= overlays(f"{one}/overlays/prod", f"{one}/overlays/dev", base=f"{one}/base")
    return files


def test_the_folders_of_several_apps_are_one_environment(tmp_path: Path) -> None:
    files = of_apps("apps/web", "apps/cart") | {"apps/redis/overlays/dev/kustomization.yaml": BASE}
    found = layout(tmp_path, files)
    assert list(found.environments.items()) == [("dev", "apps/*/overlays/dev"), ("prod", "apps/*/overlays/prod")]
    assert (found.remarks, dict(found.after)) == ((), {})
    assert list(config.of_layout(found, groups.of_folder(tmp_path)).environments) == [
        "dev/cart", "dev/redis", "dev/web", "prod/cart", "prod/web",
    ]  # fmt: skip


def test_apps_next_to_their_base_are_one_environment_too(tmp_path: Path) -> None:
    files = overlays("web/prod", "web/dev", base="web/base") | overlays("cart/prod", "cart/dev", base="cart/base")
    assert dict(layout(tmp_path, files).environments) == {"dev": "*/dev", "prod": "*/prod"}


@pytest.mark.parametrize("below", ["k8s", "deploy/kubernetes"])
def test_apps_with_manifests_next_to_their_code_are_one_environment(tmp_path: Path, below: str) -> None:
    files = of_apps(f"services/web/{below}", f"services/cart/{below}")
    found = layout(tmp_path, files)
    pattern = f"services/*/{below}/overlays"
    assert list(found.environments.items()) == [("dev", f"{pattern}/dev"), ("prod", f"{pattern}/prod")]
    assert (found.remarks, dict(found.after)) == ((), {})
    assert list(config.of_layout(found, groups.of_folder(tmp_path)).environments) == [
        "dev/cart", "dev/web", "prod/cart", "prod/web",
    ]  # fmt: skip


def test_a_folder_that_has_another_app_is_not_one_of_several_by_its_name(tmp_path: Path) -> None:
    found = layout(tmp_path, of_apps("east/web", "west/web"))
    assert found.environments["east-web-dev"] == "east/web/overlays/dev"
    assert len(found.environments) == 4


@pytest.mark.parametrize("version", ["", "images: [{name: a, newTag: v1}]\n"])
def test_the_only_stage_counts_if_a_cluster_has_no_version_and_it_has(tmp_path: Path, version: str) -> None:
    files = {
        "apps/base/web/kustomization.yaml": "resources: [a.yaml]\n",
        "apps/development/kustomization.yaml": "resources: [web]\n",
        "apps/development/web/kustomization.yaml": f"resources: [../../base/web]\n{version}",
        "clusters/development/sources/kustomization.yaml": "resources: [a.yaml]\n",
    }
    expected = (
        {"development": "apps/development"} if version else {"development-sources": "clusters/development/sources"}
    )
    assert layout(tmp_path, files).environments == expected


def test_the_only_environment_needs_no_place_in_the_order(tmp_path: Path) -> None:
    found = layout(tmp_path, overlays("overlays/blue", base="base"))
    assert (dict(found.environments), found.remarks) == ({"blue": "overlays/blue"}, ())


def test_a_folder_of_environments_is_not_one_itself(tmp_path: Path) -> None:
    files = {f"{path}/kustomization.yaml": "resources: [../base]\n" for path in ("env/overlays", "apps/web/overlays")}
    files |= {f"{path}/base/kustomization.yaml": "resources: [a.yaml]\n" for path in ("env", "apps/web")}
    assert layout(tmp_path, files).environments == {}


def test_variants_in_a_base_that_stages_build_on_are_not_environments(tmp_path: Path) -> None:
    variant = "resources: [../../base]\nimages: [{name: a, newTag: v1}]\n"
    stage = "resources: [../../base/web/overlays/one, ../../base/web/overlays/two-test]\n"
    files = {f"base/web/overlays/{name}/kustomization.yaml": variant for name in ("one", "two-test")}
    files |= {f"overlays/{name}/kustomization.yaml": stage for name in ("beta", "prod")}
    files |= {"base/web/base/kustomization.yaml": "resources: [a.yaml]\n"}
    assert dict(layout(tmp_path, files).environments) == {"beta": "overlays/beta", "prod": "overlays/prod"}


def test_of_two_such_folders_the_one_with_stages_counts(tmp_path: Path) -> None:
    names = [f"clusters/{cluster}/overlays/{stage}" for cluster in ("east", "west") for stage in ("dev", "prod")]
    found = layout(tmp_path, overlays(*names, base="base"))
    assert found.environments == {"dev": "clusters/*/overlays/dev", "prod": "clusters/*/overlays/prod"}


@pytest.mark.parametrize("below", ["", "/k8s"])  # a folder of manifests names no app
def test_each_app_has_environments_of_its_own_where_no_folder_has_them_all(tmp_path: Path, below: str) -> None:
    found = layout(tmp_path, of_apps(f"shop/web{below}", f"bank/cart{below}"))
    assert list(found.environments.items()) == [
        (f"{app}-{stage}", f"{folder}/{app}{below}/overlays/{stage}")
        for stage in ("dev", "prod") for folder, app in (("bank", "cart"), ("shop", "web"))
    ]  # fmt: skip
    assert found.after == {"web-dev": (), "cart-prod": ("cart-dev",)} | {"web-prod": ("web-dev",)}


@pytest.mark.parametrize(
    ("names", "after"),
    [
        (["dev", "staging", "prod"], {}),
        (["staging", "prod-eu", "prod-us"], {"prod-us": ("staging",)}),
        (["dev", "staging-eu", "staging-us", "prod-eu", "prod-us"],
         {"staging-us": ("dev",), "prod-eu": ("staging-eu",), "prod-us": ("staging-us",)}),
        (["qa1", "qa2", "prod"], {"qa2": (), "prod": ("qa1", "qa2")}),
        (["dev", "prod", "blue"], {"blue": ()}),
        (["prod", "blue", "green"], {"blue": (), "green": ()}),
        (["blue", "green"], {"green": ()}),
    ],
)  # fmt: skip
def test_several_of_the_same_rank_come_after_what_is_before_all_of_them(
    tmp_path: Path, names: list[str], after: dict[str, tuple[str, ...]]
) -> None:
    assert layout(tmp_path, overlays(*(f"overlays/{name}" for name in names), base="base")).after == after


def test_folders_that_share_a_base_are_environments(tmp_path: Path) -> None:
    found = layout(tmp_path, overlays("app/prod", "app/dev", "app/base", base="parts"))
    assert list(found.environments) == ["dev", "prod"]


def test_of_a_base_that_others_use_nothing_is_made(tmp_path: Path) -> None:
    files = overlays("prod", "dev", base="base")
    files["base/kustomization.yaml"] = "resources: [../web, ../cart]\n"
    files |= {f"{part}/kustomization.yaml": "resources: [../service]\n" for part in ("web", "cart")}
    files["service/kustomization.yaml"] = BASE
    assert dict(layout(tmp_path, files).environments) == {"dev": "dev", "prod": "prod"}


def test_folders_with_names_of_stages_are_environments_where_nothing_else_is_found(tmp_path: Path) -> None:
    files = {f"apps/{stage}/kustomization.yaml": "resources: [release.yaml]\n" for stage in ("staging", "production")}
    files["infrastructure/nginx/kustomization.yaml"] = BASE
    assert dict(layout(tmp_path, files).environments) == {"staging": "apps/staging", "production": "apps/production"}


def test_what_delivers_the_environments_is_not_one(tmp_path: Path) -> None:
    files = overlays("overlays/prod", "overlays/dev", base="base")
    for stage in ("dev", "prod"):
        files[f"clusters/{stage}/kustomization.yaml"] = "resources: [apps.yaml]\n"
        files[f"clusters/{stage}/flux-system/kustomization.yaml"] = "resources: [gotk.yaml]\n"
    found = layout(tmp_path, files)
    assert dict(found.environments) == {"dev": "overlays/dev", "prod": "overlays/prod"}
    assert found.remarks == ("clusters: left out, because none of its kustomizations sets a version",)


@pytest.mark.parametrize("path", ["{stage}", "overlays/{stage}", "envs/{stage}", "{stage}/web"])
@pytest.mark.parametrize("name", ["flux-system-addons", "my-flux-system"])
def test_a_folder_is_not_left_out_for_a_part_of_its_name(tmp_path: Path, name: str, path: str) -> None:
    folders = {stage: f"{name}/{path.format(stage=stage)}" for stage in ("dev", "prod")}
    found = layout(tmp_path, overlays(*folders.values(), base="base"))
    assert sorted(found.environments.values()) == sorted(folders.values())


def test_what_delivers_is_left_out_where_bases_of_others_have_the_versions(tmp_path: Path) -> None:
    remote = "resources: ['https://github.test/shop/shop//web?ref=v1.2.0']\n"
    files = {
        "delivery/environments/staging/kustomization.yaml": "resources: [../../web.yaml]\n",
        "delivery/environments/production/kustomization.yaml": "resources: [../../web.yaml]\n",
    }
    for app in ("web", "cart"):
        files[f"apps/{app}/base/kustomization.yaml"] = remote
        for stage in ("staging", "production"):
            files[f"apps/{app}/{stage}/kustomization.yaml"] = "resources: [../base]\n"
    found = layout(tmp_path, files)
    assert found.environments == {"staging": "apps/*/staging", "production": "apps/*/production"}
    folders = "delivery/environments/production, delivery/environments/staging"
    assert found.remarks == (f"{folders} are left out, because nothing in them sets a version",)


def test_components_and_nested_clones_are_left_out(tmp_path: Path) -> None:
    files = overlays("overlays/dev", base="base")
    files["overlays/debug/kustomization.yaml"] = "kind: Component\n"
    files["other/overlays/prod/kustomization.yaml"] = OVERLAY.format(base="../../base")
    (tmp_path / "other" / ".git").mkdir(parents=True)
    files["node_modules/x/overlays/prod/kustomization.yaml"] = BASE
    assert dict(layout(tmp_path, files).environments) == {"dev": "overlays/dev"}


def test_every_name_of_a_kustomization_file_counts(tmp_path: Path) -> None:
    text = OVERLAY.format(base="../../base")
    files = {
        f"overlays/{stage}/{name}": text for stage, name in (("dev", "kustomization.yml"), ("prod", "Kustomization"))
    }
    assert list(layout(tmp_path, files).environments) == ["dev", "prod"]


def test_only_the_first_document_of_a_kustomization_counts(tmp_path: Path) -> None:
    text = OVERLAY.format(base="../../base")
    files = {
        "overlays/dev/kustomization.yaml": f"---\n{text}---\n",
        "overlays/prod/kustomization.yaml": f"{text}---\nresources: [../../other]\n",
    }
    found = layout(tmp_path, files)
    assert list(found.environments) == ["dev", "prod"]
    assert found.remarks == ()


@pytest.mark.parametrize("text", ["a: [", "- a list", "a: \x00", "&a [*a]", "x" * (1 << 20) + "y"])
def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path, text: str) -> None:
    files = overlays("overlays/dev", base="base") | {"overlays/prod/kustomization.yaml": text}
    found = layout(tmp_path, files)
    assert list(found.environments) == ["dev"]
    assert found.remarks[0].startswith("overlays/prod/kustomization.yaml cannot be read: ")


@pytest.mark.parametrize("text", ["=", "2023-02-30", "2026-01-02", "12:30:45", "0o17", "1e3", "n", "<", "~"])
def test_a_kustomization_is_read_as_kustomize_reads_it(tmp_path: Path, text: str) -> None:
    """PyYAML takes `=` for something that it cannot read, and 2023-02-30 for a date."""
    files = overlays("overlays/dev", "overlays/prod", base="base")
    files = {file: f"{content}namePrefix: {text}\n" for file, content in files.items()}
    found = layout(tmp_path, files)
    assert (dict(found.environments), found.remarks) == ({"dev": "overlays/dev", "prod": "overlays/prod"}, ())


@pytest.mark.parametrize("text", ["", "# moved\n", "---\n"])
def test_a_kustomization_without_content_says_nothing(tmp_path: Path, text: str) -> None:
    files = overlays("overlays/dev", "overlays/prod", base="base") | {"gone/kustomization.yaml": text}
    found = layout(tmp_path, files)
    assert (list(found.environments), found.remarks) == (["dev", "prod"], ())


def test_an_environment_without_a_kustomization_is_reported(tmp_path: Path) -> None:
    (tmp_path / "overlays" / "prod").mkdir(parents=True)
    found = layout(tmp_path, overlays("overlays/dev", base="base"))
    assert found.remarks == ("overlays/prod: left out, because it has no kustomization.yaml",)


def test_names_are_valid_and_differ(tmp_path: Path) -> None:
    found = layout(tmp_path, overlays("overlays/Prod_EU", "overlays/release", "a/overlays/prod", base="base"))
    assert dict(found.environments) == {
        "a-prod": "a/overlays/prod", "prod-eu": "overlays/Prod_EU", "release-environment": "overlays/release",
    }  # fmt: skip


def test_no_two_paths_get_the_same_name() -> None:
    of_both = [candidates.Candidate(f"{app}/dev", "dev", app) for app in ("a-b", "A-B", "a_b")]
    assert sorted(candidates.named(of_both)) == ["a-b-dev", "a-b-dev-2", "a-b-dev-3"]
    assert set(candidates.named(of_both).values()) == {*of_both}


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    assert layout(tmp_path, {"base/kustomization.yaml": BASE}) == discovery.Layout(others=("base",))


def in_stages(*folders: str) -> dict[str, str]:
    """Apps in folders of stages, with versions and without a base."""
    return {f"{folder}/kustomization.yaml": OVERLAY.format(base="web.yaml") for folder in folders}


@pytest.mark.parametrize("above", ["overlays/", "deploy/overlays/", "", "deploy/"])
def test_the_apps_in_the_folder_of_a_stage_are_one_environment(tmp_path: Path, above: str) -> None:
    files = in_stages(*(f"{above}{stage}/{app}" for stage in ("prod", "dev") for app in ("web", "api")))
    files |= {f"{above}dev/base/kustomization.yaml": BASE}
    found = layout(tmp_path, files)
    assert list(found.environments.items()) == [("dev", f"{above}dev/*"), ("prod", f"{above}prod/*")]
    assert groups.apps(f"{above}prod/*", groups.of_folder(tmp_path)).keys() == {"api", "web"}


def test_one_late_stage_alone_is_an_environment_and_an_early_one_is_not(tmp_path: Path) -> None:
    found = layout(tmp_path, in_stages("prod/web", "prod/api", "test/e2e/tools"))
    assert found.environments == {"prod": "prod/*"}
    assert layout(tmp_path / "demo", in_stages("apps/demo", "apps/web")).environments == {}
    other = layout(tmp_path / "other", in_stages("test/e2e", "apps/production"))
    assert other.environments == {"production": "apps/production"}


def test_what_environments_share_or_consist_of_is_not_one(tmp_path: Path) -> None:
    inner = ("common", "eu/shared", "eu/components/dns", "eu/one")
    found = layout(tmp_path, in_stages(*(f"overlays/prod/{one}" for one in inner)))
    assert found.environments == {"prod-eu-one": "overlays/prod/eu/one"}


def test_variants_next_to_stages_are_left_out_and_reported(tmp_path: Path) -> None:
    files = overlays("overlays/dev", "overlays/prod", "kit/overlays/aws", "kit/overlays/gcp", base="base")
    found = layout(tmp_path, files)
    assert list(found.environments) == ["dev", "prod"]
    assert found.remarks == ("kit/overlays: left out, because none of its folders is called like a stage",)


def test_stages_whose_own_files_say_images_are_taken_next_to_those_with_images(tmp_path: Path) -> None:
    """Others are left out: what sets no version for a stage has nothing to promote."""
    files = overlays("apps/shop/web/overlays/dev", "apps/shop/web/overlays/prod", base="base")
    for group, text in (("media", "image: shop/video:1.2\n"), ("tools", "replicas: 2\n")):
        for stage in ("dev", "prod"):
            folder = f"apps/{group}/app/overlays/{stage}"
            files |= {f"{folder}/kustomization.yaml": "patches: [{path: patch.yaml}]\n", f"{folder}/patch.yaml": text}
    found = layout(tmp_path, files)
    assert {path.split("/")[1] for path in found.environments.values()} == {"shop", "media"}
    assert found.remarks == ("apps/tools/app/overlays: left out, because none of its kustomizations sets a version",)


@pytest.mark.parametrize(
    "names",
    [
        ["desenvolvimento", "aceite", "homologacao", "producao"],
        ["desarrollo", "staging", "produccion"],
        ["entwicklung", "test", "abnahme", "produktion"],
    ],
)
def test_stages_of_other_languages_are_in_order(tmp_path: Path, names: list[str]) -> None:
    found = layout(tmp_path, overlays(*(f"overlays/{name}" for name in reversed(names)), base="base"))
    assert list(found.environments) == names
    assert (found.remarks, found.after) == ((), {})


def test_one_environment_with_a_version_does_not_leave_out_all_others(tmp_path: Path) -> None:
    """Their bases say the versions; with one environment alone there is nothing to promote."""
    files = overlays("k8s/overlays/dev", base="base")
    for app in ("web", "worker"):
        files[f"apps/{app}/base/kustomization.yaml"] = "resources: [pod.yaml]\n"
        files[f"apps/{app}/base/pod.yaml"] = "image: shop/web:1.2\n"
        for stage in ("dev", "prod"):
            files[f"apps/{app}/overlays/{stage}/kustomization.yaml"] = "resources: [../../base]\n"
            files[f"tools/{app}/overlays/{stage}/kustomization.yaml"] = "namePrefix: x\n"
    found = layout(tmp_path, files)
    assert dict(found.environments) == {
        "apps-dev": "apps/*/overlays/dev",
        "k8s-dev": "k8s/overlays/dev",
        "apps-prod": "apps/*/overlays/prod",
    }
    assert found.remarks == ("tools/*/overlays: left out, because none of its kustomizations sets a version",)


def test_what_shares_no_name_with_apps_that_have_stages_is_left_out(tmp_path: Path) -> None:
    folders = ["apps/overlays/staging", "apps/overlays/home", "tools/overlays/home", "databases/overlays/orders-db"]
    found = layout(tmp_path, overlays(*folders, base="base"))
    assert dict(found.environments) == {"staging": "*/overlays/staging", "home": "*/overlays/home"}
    assert found.remarks[0] == "databases/overlays: left out, because none of its folders is called like a stage"


def test_variants_are_left_out_where_no_kustomization_sets_a_version_itself(tmp_path: Path) -> None:
    files = overlays("overlays/dev", "overlays/prod", "kit/overlays/aws", "kit/overlays/gcp", base="base")
    found = layout(tmp_path, {name: text.partition("images")[0] for name, text in files.items()})
    assert list(found.environments) == ["dev", "prod"]
    assert found.remarks == ("kit/overlays: left out, because none of its folders is called like a stage",)


def test_folders_of_other_programs_are_not_reported_where_there_are_environments(tmp_path: Path) -> None:
    for folder in ("web/overlays/menu", "terraform/environments/prod", "terraform/environments/dev"):
        (tmp_path / folder).mkdir(parents=True)
    assert layout(tmp_path, {}).remarks == (
        "terraform/environments: dev, prod are left out, because they have no kustomization.yaml",
    )
    assert layout(tmp_path, overlays("overlays/dev", base="base")).remarks == ()


def test_what_flux_applies_to_clusters_is_taken_instead_of_the_clusters(tmp_path: Path) -> None:
    files = {
        f"{above}/{stage}/kustomization.yaml": "resources: [release.yaml]\n"
        for stage in ("dev", "prod")
        for above in ("apps", "clusters")
    }
    files |= {f"apps/dev/{name}/kustomization.yaml": BASE for name in ("web-demo", "web-staging")}
    found = layout(tmp_path, files)
    assert found.environments == {"dev": "apps/dev", "prod": "apps/prod"}
    assert found.remarks == ("clusters/dev, clusters/prod are left out, because nothing in them sets a version",)
    alone = {name: text for name, text in files.items() if name.startswith("clusters")}
    assert layout(tmp_path / "alone", alone).environments == {"dev": "clusters/dev", "prod": "clusters/prod"}


def test_what_flux_applies_to_its_only_late_cluster_is_taken_too(tmp_path: Path) -> None:
    files = {f"{one}/kustomization.yaml": BASE for one in ("apps/production", "apps/core", "apps/base/web")}
    files |= {f"clusters/{one}/alerts/kustomization.yaml": BASE for one in ("production", "core")}
    assert layout(tmp_path, files).environments == {"production": "apps/production"}


def test_what_an_environment_of_a_cluster_consists_of_is_not_another_one(tmp_path: Path) -> None:
    files = overlays("app/web/staging", "app/web/production", base="app/web/base")
    files |= {
        f"clusters/apps-{stage}/kustomization.yaml": f"resources: [../../app/web/{stage}/]\n"
        for stage in ("staging", "production")
    }
    found = layout(tmp_path / "whole", files)
    assert found.environments == {
        "apps-staging": "clusters/apps-staging",
        "apps-production": "clusters/apps-production",
    }
    assert found.after == {}
    # Where the clusters do not name them, they are the environments.
    files |= {f"clusters/apps-{stage}/kustomization.yaml": "{}\n" for stage in ("staging", "production")}
    found = layout(tmp_path / "apart", files)
    assert found.environments == {"staging": "app/web/staging", "production": "app/web/production"}


def test_an_app_with_one_stage_alone_is_in_the_environment_of_all_apps(tmp_path: Path) -> None:
    files: dict[str, str] = {}
    for app in ("web", "cart"):
        files |= overlays(f"app/{app}/staging", f"app/{app}/production", base=f"app/{app}/base")
    files |= overlays("app/mail/production", base="app/mail/base")
    found = layout(tmp_path / "apps", files)
    assert found.environments == {"staging": "app/*/staging", "production": "app/*/production"}
    assert found.after == {}
    # A component would not be an environment.
    files["app/mail/production/kustomization.yaml"] = "kind: Component\n"
    found = layout(tmp_path / "component", files)
    assert {*found.environments.values()} == {"app/*/staging", "app/cart/production", "app/web/production"}


def test_folders_of_stages_that_have_nothing_in_common_are_not_apps(tmp_path: Path) -> None:
    files = {f"lab/{name}/kustomization.yaml": OVERLAY.format(base="../../base") for name in ("dev", "staging")}
    files |= {f"prod/{name}/kustomization.yaml": OVERLAY.format(base="../../base") for name in ("blue", "green")}
    found = layout(tmp_path / "colours", files | {"base/kustomization.yaml": BASE})
    assert list(found.environments) == ["lab-dev", "lab-staging", "prod-blue", "prod-green"]
    assert found.environments["prod-blue"] == "prod/blue"
    assert found.after == {"prod-green": ("lab-staging",)}
    assert found.remarks == ()
    # An app may be called like a stage.
    files = overlays("apps/web/dev", "apps/web/prod", base="apps/web/base")
    files |= overlays("apps/demo/dev", "apps/demo/prod", base="apps/demo/base")
    assert layout(tmp_path / "apps", files).environments == {"dev": "apps/*/dev", "prod": "apps/*/prod"}


def test_a_file_of_another_kind_is_not_a_kustomization(tmp_path: Path) -> None:
    files = overlays("k8s/dev", "k8s/prod", base="k8s/base")
    found = layout(tmp_path, files | {"k8s/dev/kustomization.yaml": "kind: Service\nmetadata: {name: web}\n"})
    assert found.environments == {"prod": "k8s/prod"}
    assert found.remarks == ("k8s/dev/kustomization.yaml cannot be read: it is a Service, not a kustomization",)


def test_apps_in_folders_of_stages_are_taken_before_what_runs_nothing(tmp_path: Path) -> None:
    """One stage may have an app in several folders, and namespaces share a base, too."""
    files = {
        "apps/bases/web/kustomization.yaml": BASE,
        "apps/bases/web/deployment.yaml": "spec: {containers: [\n  {name: web},\n]}\n# \n- image: shop/web:1.0\n",
        "apps/staging/web/kustomization.yaml": "resources: [../../bases/web]\n",
        "infrastructure/bases/kustomization.yaml": "resources: [namespace.yaml]\n",
    }
    files |= {
        f"apps/dev/web/{one}/kustomization.yaml": f"resources: [../../../bases/{one}]\n" for one in ("v1", "v2")
    }
    files |= {f"apps/bases/{one}/kustomization.yaml": "resources: [../web]\n" for one in ("v1", "v2")}
    files |= {f"infrastructure/{one}/kustomization.yaml": "resources: [../bases]\n" for one in ("dev", "staging")}
    found = layout(tmp_path, files)
    assert found.environments == {
        "dev-web-v1": "apps/dev/web/v1", "dev-web-v2": "apps/dev/web/v2", "staging-web": "apps/staging/web",
    }  # fmt: skip
    assert found.after == {"dev-web-v2": (), "staging-web": ("dev-web-v1", "dev-web-v2")}


@pytest.mark.parametrize("name", ["pre-sync", "pre-post-sync", "post-sync", "pre-install"])
def test_a_lone_folder_called_after_when_it_runs_is_not_an_environment(tmp_path: Path, name: str) -> None:
    assert not layout(tmp_path, {f"{name}/kustomization.yaml": BASE}).environments


@pytest.mark.parametrize("name", ["pre", "pre-prod", "eu-pre", "production"])
def test_a_lone_folder_called_like_a_late_stage_is_one(tmp_path: Path, name: str) -> None:
    assert list(layout(tmp_path, {f"{name}/kustomization.yaml": BASE}).environments) == [name]


def test_what_environments_of_clusters_build_on_is_a_part_of_them(tmp_path: Path) -> None:
    files = overlays("environments/overlays/dev", "environments/overlays/prod", base="base")
    for stage in ("dev", "prod"):
        for cluster in ("east", "west"):
            path = f"clusters/{cluster}/overlays/{stage}"
            files[f"{path}/kustomization.yaml"] = OVERLAY.format(base=f"../../../../environments/overlays/{stage}")
    # Without a version, and so left out; the folder of the others is not.
    files["environments/overlays/monitor/kustomization.yaml"] = "resources: [rules.yaml]\n"
    found = layout(tmp_path, files)
    assert found.environments == {"dev": "clusters/*/overlays/dev", "prod": "clusters/*/overlays/prod"}
    assert not any(remark.startswith("clusters") for remark in found.remarks)


NAMES = ["overlays", "clusters", "dev", "production", "aws", "web", "cart", "base", "v1", "k8s", "flux-system"]
PATHS = st.lists(st.sampled_from(NAMES), max_size=4).map(lambda parts: "/".join(parts) or ".")


@pytest.mark.parametrize("login", ["{}\n", "images: [{name: shop/login, newTag: '1'}]\n"])
def test_a_part_without_images_of_an_environment_is_not_another_one(tmp_path: Path, login: str) -> None:
    image = "images: [{name: shop/web, newTag: '1'}]\n"
    folders = {"web": image, "edge": "resources: [login, limits]\n", "edge/login": login, "edge/limits": "{}\n"}
    files = {
        f"apps/{stage}/{folder}/kustomization.yaml": text
        for stage in ("staging", "production")
        for folder, text in folders.items()
    }
    found = layout(tmp_path, files).environments
    assert {path for path in found.values() if "edge" not in path} == {"apps/staging/*", "apps/production/*"}
    assert ("apps/staging/edge/login" in found.values()) == ("image" in login)
    assert "apps/staging/edge/limits" not in found.values()


@st.composite
def surveys(draw: st.DrawFn) -> Survey:
    paths = draw(st.sets(PATHS, max_size=8))
    uses = st.frozensets(st.sampled_from(sorted(paths)), max_size=2) if paths else st.just(frozenset[str]())
    found = {
        path: Kustomization(path, draw(uses) - {path}, draw(st.booleans()), draw(st.booleans())) for path in paths
    }
    return Survey(found, frozenset(paths), {})


@given(surveys())
def test_of_any_folders_environments_or_all_others_are_found(seen: Survey) -> None:
    found = discovery.layout(seen)
    for path in found.environments.values():
        pattern = path.split("/")
        assert any(
            len(pattern) == len(parts) and all(one in (part, "*") for one, part in zip(pattern, parts, strict=True))
            for parts in (each.split("/") for each in seen.kustomizations)
        )
    assert found.others == (() if found.environments else tuple(sorted(seen.kustomizations)))


def test_a_kustomization_in_the_top_folder_alone_is_not_an_environment(tmp_path: Path) -> None:
    found = layout(tmp_path, {"kustomization.yaml": BASE})
    assert (dict(found.environments), found.others) == ({}, (".",))
