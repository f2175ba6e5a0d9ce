"""One environment of many folders: `path: apps/*/overlays/staging`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.cluster_objects import run
from tests.integration.cluster_server import ClusterServer
from tests.integration.registry_server import RegistryServer
from tests.integration.sandbox import Sandbox

BRANCH = "promote/staging-to-production"
SETTINGS = """\
environments:
  staging: {path: apps/*/overlays/staging}
  production: {path: apps/*/overlays/production}
kubernetes: ["1.36"]
"""


def file_of(app: str, stage: str) -> str:
    return f"apps/{app}/overlays/{stage}/kustomization.yaml"


def overlay(app: str, version: str) -> str:
    return f"namespace: {app}\nresources: [../../base]\nimages:\n- name: shop/{app}\n  newTag: {version}  # {app}\n"


@pytest.fixture
def apps(tiny: Sandbox) -> Sandbox:
    """Two apps that are ahead in staging, and a third one that is only there."""
    tiny.git("rm", "-r", "--quiet", "overlays", "base")
    for app in ("api", "web", "worker"):
        tiny.write(f"apps/{app}/base/kustomization.yaml", "resources: [deployment.yaml]\n")
        tiny.write(f"apps/{app}/base/deployment.yaml", DEPLOYMENT.format(app=app))
        for stage, version in (("staging", "v1.2.0"), ("production", "v1.1.0")):
            if (app, stage) != ("worker", "production"):
                tiny.write(file_of(app, stage), overlay(app, version))
    tiny.write("promote.yaml", SETTINGS)
    tiny.publish()
    return tiny


DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {app}}}
spec:
  selector: {{matchLabels: {{app: {app}}}}}
  template:
    metadata: {{labels: {{app: {app}}}}}
    spec: {{containers: [{{name: {app}, image: "shop/{app}:v0"}}]}}
"""


def test_a_release_of_all_apps_is_one_commit_and_pull_request(apps: Sandbox) -> None:
    assert "to promote: promote staging production  (api, web)" in apps.promote("status").out
    planned = apps.promote("plan", "staging", "production")
    assert "note: the app worker has no folder in production" in planned.out
    answer = apps.promote("staging", "production", "--output", "json").json
    assert (answer["branch"], answer["pull_request"]["number"]) == (BRANCH, 1)
    assert answer["to"] == "production/api, production/web"
    assert apps.at_origin("rev-list", "--count", f"main..{BRANCH}") == "1"
    assert apps.pulls()[1]["title"] == "promote: staging → production (api v1.1.0→v1.2.0, +1)"
    for app in ("api", "web"):
        assert apps.show(file_of(app, "production"), BRANCH) == overlay(app, "v1.2.0")
    assert "moves versions and nothing else" in apps.promote("verify", answer["commit"]).out
    apps.promote("merge", "1")
    assert "nothing to do: production has all of this" in apps.promote("staging", "production").out
    assert "worker" in apps.promote("drift", "staging", "production", code=1).out


def test_a_wait_that_is_run_again_is_about_all_apps(apps: Sandbox, tmp_path: Path) -> None:
    with ClusterServer() as server:
        line = ["staging", "production", "--auto-merge", "--wait", "--timeout", "0"]
        line += ["--kubeconfig", str(server.kubeconfig(tmp_path))]
        run(server, {"api": "shop/api:v1.2.0"}, namespace="api")
        run(server, {"web": "shop/web:v1.1.0"}, namespace="web")
        apps.promote(*line, code=7)
        again = apps.promote(*line, code=7).out
        assert "production/api runs what" in again
        assert "production/web does not run what" in again
        assert "production/web" not in apps.promote(*line, "--only", "api").out


def test_only_names_an_app_or_an_image_and_the_pull_request_keeps_the_others(apps: Sandbox) -> None:
    apps.promote("staging", "production", "--only", "web")
    assert apps.show(file_of("api", "production"), BRANCH) == overlay("api", "v1.1.0")
    apps.promote("staging", "production", "--only", "shop/api")
    for app in ("api", "web"):
        assert apps.show(file_of(app, "production"), BRANCH) == overlay(app, "v1.2.0")
    replaced = apps.promote("staging", "production", "--only", "api", "--replace")
    assert "no longer proposes web" in replaced.out
    assert apps.show(file_of("web", "production"), BRANCH) == overlay("web", "v1.1.0")
    apps.promote("staging", "production", "--exclude", "api")
    assert apps.show(file_of("api", "production"), BRANCH) == overlay("api", "v1.1.0")
    assert apps.show(file_of("web", "production"), BRANCH) == overlay("web", "v1.2.0")
    refused = apps.promote("plan", "staging", "production", "--only", "wep", code=2).err
    assert "no app, image or service is called 'wep'; did you mean 'web'?" in refused


def test_apps_without_versions_are_not_called_the_same(apps: Sandbox) -> None:
    for app in ("api", "web"):
        for stage in ("staging", "production"):
            apps.write(file_of(app, stage), "resources: []\nnamespace: shop\n")
    apps.publish("nothing runs")
    plan = apps.promote("plan", "staging", "production").out
    assert "nothing to do: no version of an image was found in staging or production\n" in plan
    assert plan.count("nothing to do") == 1


def test_of_an_app_that_was_not_asked_for_nothing_is_said_or_rendered(apps: Sandbox) -> None:
    remote = "resources: ['https://github.test/shop/api/releases/download/v1/install.yaml']\n"
    for stage in ("staging", "production"):
        apps.write(file_of("api", stage), remote)
    apps.publish("an app without versions, from elsewhere")
    whole = apps.promote("plan", "staging", "production").out
    assert "no version of an image was found in staging/api or production/api" in whole
    assert "what is rendered could not be compared" in whole
    only = apps.promote("plan", "staging", "production", "--only", "web").out
    assert "v1.1.0 → v1.2.0" in only
    assert "api" not in only
    assert "api" not in apps.promote("plan", "staging", "production", "--exclude", "api").out


def test_history_and_rollback_know_the_apps(apps: Sandbox) -> None:
    apps.promote("bump", "production", "web=v1.1.1", "--commit")
    apps.promote("staging", "production")
    apps.promote("merge", "1")
    known = apps.promote("history", "production", "--output", "json").json["apps"]
    assert {one["app"]: len(one["revisions"]) for one in known} == {"api": 2, "web": 3}
    assert len(apps.promote("history", "production", "web", "--output", "json").json["revisions"]) == 3
    # All of it is what the newest commit moved.
    apps.promote("rollback", "production", "--all", "--reason", "it is slow")
    assert apps.show(file_of("api", "production"), "main") == overlay("api", "v1.1.0")
    assert apps.show(file_of("web", "production"), "main") == overlay("web", "v1.1.1")
    assert "web: v1.2.0 is held" in apps.promote("staging", "production", "--only", "web", code=4).err
    assert "closed" in apps.promote("explain", "staging", "production", code=4).out.lower()
    apps.promote("release", "production", "web")
    apps.promote("rollback", "production", "web", "--again")
    assert apps.show(file_of("web", "production"), "main") == overlay("web", "v1.1.0")
    assert apps.show(file_of("api", "production"), "main") == overlay("api", "v1.1.0")
    refused = apps.promote("rollback", "production", "api", "web", "--to", "1", code=2).err
    assert "each app of production has revisions of its own" in refused


def test_check_and_diff_take_the_environment_or_one_app(apps: Sandbox) -> None:
    targets = apps.promote("check", "production", "--output", "json").json["targets"]
    assert [one["name"] for one in targets] == ["production/api", "production/web"]
    assert apps.promote("check", "production/web").code == 0
    apps.promote("bump", "staging", "web=v1.3.0")
    assert list(apps.promote("diff", "staging", "--output", "json", code=1).json["environments"]) == [
        "staging/api", "staging/web", "staging/worker",
    ]  # fmt: skip
    apps.promote("hold", "production", "web=v1.3.0", "--reason", "it leaks")
    assert "environment: production/web" in apps.show("holds.yaml", "main")
    assert "name production/api or production/web" in apps.promote("scale", "production", "web", "2", code=2).err


@pytest.mark.quick
def test_a_path_that_matches_nothing_is_an_error(apps: Sandbox) -> None:
    apps.write("promote.yaml", SETTINGS.replace("apps/*/overlays/production", "apps/*/overlays/prod"))
    assert "no folder with a kustomization matches 'apps/*/overlays/prod'" in apps.promote("status", code=2).err
    apps.write("promote.yaml", SETTINGS.replace("apps/*/overlays/production", "apps/*/overlays/*"))
    assert "promote.yaml:3: environments.production.path: it may have one `*`" in apps.promote("status", code=2).err


def test_init_finds_the_apps(apps: Sandbox) -> None:
    (apps.root / "promote.yaml").unlink()
    apps.publish("remove promote.yaml")
    assert "to promote: promote staging production  (api, web)" in apps.promote("status").out
    apps.promote("init")
    assert "  staging: {path: 'apps/*/overlays/staging'}" in apps.read("promote.yaml")
    apps.replace("promote.yaml", "# follow:\n#   example/web:", "follow:\n  shop/web:")
    assert apps.promote("plan", "staging", "production", "--only", "web", "--output", "json").json["changes"]


def test_the_gates_of_an_app_look_at_the_same_app_before(apps: Sandbox) -> None:
    """production/api is listed before production/web; but it is staging/web in which web has to soak."""
    apps.write("promote.yaml", SETTINGS.replace("production}", "production, gates: {soak: 2h}}"))
    apps.publish()
    refused = apps.promote("bump", "production", "web=v1.2.0", "--commit", code=4).err
    assert "in staging/web" in refused
    refused = apps.promote("staging", "production", "--exclude", "api", code=4).err
    assert "web" in refused
    assert "api" not in refused


def test_the_newest_versions_of_all_apps_are_one_pull_request(apps: Sandbox) -> None:
    digest = f"sha256:{'a' * 64}"
    with RegistryServer(
        {f"shop/{app}:v{tag}": digest for app in ("api", "worker") for tag in ("1.3.0", "1.4.0")}
    ) as one:
        mirror = f'registries: {{docker.io: {{mirror: "{one.host}"}}, "{one.host}": {{private: true}}}}\n'
        apps.write(
            "promote.yaml", f"{SETTINGS}{mirror}follow: {{api: {{semver: ^1}}, shop/worker: {{semver: ~1.3}}}}\n"
        )
        apps.publish()
        apps.promote("hold", "production", "api=v1.4.0", "--reason", "it leaks")
        done = apps.promote("bump", "staging", "--newest", "--pr", "--output", "json").json
        assert [(one["service"], one["new"]["tag"]) for one in done["changes"]] == [
            ("api", "v1.3.0"),
            ("worker", "v1.3.0"),
        ]
        assert done["targets"][0]["unmoved"][0].startswith("api: v1.4.0 is held in production/api since ")
        assert apps.show(file_of("web", "staging"), done["branch"]) == overlay("web", "v1.2.0")
        only = apps.promote("bump", "staging", "worker", "--newest", "--dry-run").out
        assert "web" not in only
        assert f"v1.2.0 → v1.3.0@{digest[:19]}" in only
        left = apps.promote("bump", "staging", "web", "--newest", "--dry-run").out
        assert "note: without a row of `follow`, so left as they are: web\n" in left
