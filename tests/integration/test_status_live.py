from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from promote.cluster import resources
from promote.engines import argocd, flux
from promote.engines.protocol import Wanted
from tests.integration.cluster_objects import application, argo, fluxcd, kustomization, pod, run
from tests.integration.cluster_server import TOKEN, ClusterServer
from tests.integration.sandbox import Outcome, Sandbox

pytestmark = pytest.mark.quick

PATH = "overlays/production"
NAMESPACE = "shop-production"
IMAGES = {"api": "shop/api:1.1.0", "web": "shop/web:2.0.0"}


@dataclass(frozen=True)
class Shop:
    """The tiny repository, and a cluster that runs what its production says."""

    sandbox: Sandbox
    server: ClusterServer
    folder: Path

    def status(self, *arguments: str, code: int = 0) -> Outcome:
        """Run `promote status production --live`; the token may be in nothing that it prints."""
        config = str(self.server.kubeconfig(self.folder))
        done = self.sandbox.promote("status", "production", "--live", "--kubeconfig", config, *arguments, code=code)
        assert TOKEN not in done.out + done.err
        assert "Traceback" not in done.err
        return done

    def json(self, code: int = 0) -> Any:
        return self.status("--output", "json", code=code).json

    def run(self, **images: str) -> None:
        """Pods of other images, ready, in place of those that run."""
        run(self.server, {**IMAGES, **images}, namespace=NAMESPACE)


@pytest.fixture
def shop(tiny: Sandbox, tmp_path: Path) -> Iterator[Shop]:
    with ClusterServer() as server:
        made = Shop(tiny, server, tmp_path)
        made.run()
        yield made
    assert server.violations == []


def test_a_cluster_that_runs_what_git_says(shop: Shop) -> None:
    argo(shop.server, application(PATH, shop.sandbox.tip()))
    said = shop.status().out
    assert "Application/shop is Synced, Healthy, at " + shop.sandbox.tip()[:12] in said
    assert "runs what Git says" in said
    assert "unsafe" not in said
    found = shop.json()
    assert (found["differences"], found["unhealthy"], found["engine"]["advice"]) == ([], [], [])
    assert [(one["workload"], one["running"], one["ready"]) for one in found["workloads"]] == [
        ("Deployment/api", {"shop/api:1.1.0": 1}, 1),
        ("Deployment/web", {"shop/web:2.0.0": 1}, 1),
    ]


@pytest.mark.slow
def test_synced_at_the_new_commit_while_the_old_images_run_is_a_difference(shop: Shop) -> None:
    shop.sandbox.replace(f"{PATH}/kustomization.yaml", '"1.1.0"', '"1.2.0"')
    tip = shop.sandbox.publish("bump api")
    argo(shop.server, application(PATH, tip))
    assert shop.json(code=1)["differences"] == [
        f"Application/shop is Synced at {tip[:12]}, and yet not what Git says runs",
        "Deployment/api: 1 of 1 ready pods run shop/api:1.1.0, Git says shop/api:1.2.0",
    ]


@pytest.mark.slow
def test_synced_at_a_commit_that_was_never_applied_as_a_whole_is_noted(shop: Shop) -> None:
    old = shop.sandbox.tip()
    shop.sandbox.replace(f"{PATH}/kustomization.yaml", "resources:", "commonAnnotations: {team: shop}\nresources:")
    new = shop.sandbox.publish("annotate")
    argo(shop.server, application(PATH, new, status={"history": [{"revision": old}]}))
    found = shop.json()
    assert found["differences"] == []
    [note] = found["notes"]
    assert f"applied {new[:12]}, but the last commit that it applied as a whole is {old[:12]}" in note


@pytest.mark.slow
@pytest.mark.parametrize("history", [[], [{"revision": "1" * 40}], None])
def test_a_history_that_says_nothing_is_not_noted(shop: Shop, history: list[dict[str, str]] | None) -> None:
    shop.sandbox.write("README.md", "nothing of production\n")
    old = shop.sandbox.tip()
    new = shop.sandbox.publish("explain")
    status = {"history": [{"revision": old}] if history is None else history}
    argo(shop.server, application(PATH, new, status=status))
    assert shop.json()["notes"] == []


@pytest.mark.slow
def test_ready_kustomizations_of_an_older_commit_are_a_difference(shop: Shop) -> None:
    old = shop.sandbox.tip()
    fluxcd(shop.server, kustomization(f"./{PATH}", old))
    shop.sandbox.replace(f"{PATH}/kustomization.yaml", '"1.1.0"', '"1.2.0"')
    new = shop.sandbox.publish("bump api")
    assert shop.json(code=1)["differences"] == [
        "Deployment/api: 1 of 1 ready pods run shop/api:1.1.0, Git says shop/api:1.2.0",
        f"Kustomization/shop: it has applied {old[:12]}, not {new[:12]}",
    ]


@pytest.mark.slow
def test_an_older_commit_that_renders_the_same_is_not_a_difference(shop: Shop) -> None:
    fluxcd(shop.server, kustomization(f"./{PATH}", shop.sandbox.tip()))
    shop.sandbox.write("README.md", "nothing of production\n")
    shop.sandbox.publish("explain")
    assert shop.json()["differences"] == []


@pytest.mark.slow
def test_an_unknown_commit_is_a_difference(shop: Shop) -> None:
    argo(shop.server, application(PATH, "1" * 40))
    [said] = shop.json(code=1)["differences"]
    assert "111111111111, which this clone does not have" in said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({"sync": {"status": "OutOfSync", "revision": "x"}}, "it is not synced (OutOfSync)"),
        ({"operationState": {"phase": "Failed", "message": "one sync task failed"}}, "it has failed (Synced)"),
        ({"operationState": {"phase": "Running", "message": "waiting"}}, "it has not finished (Synced)"),
    ],
)
def test_an_engine_that_has_not_applied_everything_is_a_difference(shop: Shop, status: Any, said: str) -> None:
    argo(shop.server, application(PATH, shop.sandbox.tip(), status=status))
    assert shop.json(code=1)["differences"] == [f"Application/shop: {said}"]


def test_what_argo_cd_says_of_a_failure_is_shown(shop: Shop) -> None:
    status = {
        "conditions": [{"type": "ComparisonError", "message": "cannot render"}, {"type": "OrphanedResourceWarning"}],
        "operationState": {
            "phase": "Failed",
            "message": "one task failed",
            "syncResult": {
                "resources": [{"kind": "Job", "name": "migrate", "status": "SyncFailed", "message": "no"}]
            },
        },
        "resources": [
            {
                "kind": "Deployment",
                "name": "api",
                "status": "Synced",
                "health": {"status": "Degraded", "message": "late"},
            },
            {"kind": "Deployment", "name": "web", "status": "OutOfSync"},
        ],
    }
    argo(shop.server, application(PATH, shop.sandbox.tip(), status=status))
    assert shop.json(code=1)["unhealthy"] == [
        "Application/shop: ComparisonError: cannot render",
        "Application/shop: operation Failed: one task failed",
        "Application/shop: Job/migrate: no",
        "Application/shop: Deployment/api is Degraded: late",
        "Application/shop: Deployment/web is OutOfSync",
    ]


@pytest.mark.slow
def test_an_application_that_is_degraded_says_so_though_not_why(shop: Shop) -> None:
    degraded = {
        "health": {"status": "Degraded"},
        "resources": [{"kind": "Deployment", "name": "api", "status": "Synced"}],
    }
    argo(shop.server, application(PATH, shop.sandbox.tip(), status=degraded))
    found = shop.json()
    assert found["unhealthy"] == ["Application/shop: it is Degraded, and does not say why: see `promote health`"]


@pytest.mark.slow
def test_what_flux_says_of_a_failure_is_shown(shop: Shop) -> None:
    failed = {"type": "Ready", "status": "False", "reason": "HealthCheckFailed", "message": "Job/migrate failed"}
    one = kustomization(f"./{PATH}", shop.sandbox.tip(), status={"conditions": [failed]})
    fluxcd(shop.server, one, suspend=True)
    found = shop.json(code=1)
    assert found["differences"] == ["Kustomization/shop: it has failed (HealthCheckFailed)"]
    assert found["unhealthy"] == [
        "Kustomization/shop: HealthCheckFailed: Job/migrate failed",
        "Kustomization/shop: GitRepository/shop is suspended",
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ready", "reason"), [("Unknown", "Progressing"), ("False", "DependencyNotReady"), ("True", "Succeeded")]
)
def test_looking_for_drift_is_not_a_difference(shop: Shop, ready: str, reason: str) -> None:
    condition = {"type": "Ready", "status": ready, "reason": reason, "message": "busy"}
    tip = shop.sandbox.tip()
    fluxcd(shop.server, kustomization(f"./{PATH}", tip, status={"conditions": [condition]}))
    assert shop.json()["differences"] == []
    attempt = {"conditions": [condition], "lastAttemptedRevision": "main@sha1:" + "1" * 40}
    fluxcd(shop.server, kustomization(f"./{PATH}", tip, status=attempt))
    [said] = shop.json(code=1)["differences"]
    assert said.startswith("Kustomization/shop: it ")


def test_the_tiers_of_flux_are_listed_in_their_order(shop: Shop) -> None:
    tip = shop.sandbox.tip()
    last = kustomization(f"./{PATH}", tip, name="a", spec={"dependsOn": [{"name": "b"}]})
    other = kustomization("./overlays/staging", tip, name="c")
    fluxcd(shop.server, last, kustomization(f"./{PATH}", tip, name="b"), other)
    assert [one["name"] for one in shop.json()["engine"]["objects"]] == ["b", "a"]


@pytest.mark.slow
def test_a_tier_may_wait_for_one_of_its_name_elsewhere(shop: Shop) -> None:
    waits = {"dependsOn": [{"name": "shop", "namespace": "platform"}]}
    fluxcd(shop.server, kustomization(f"./{PATH}", shop.sandbox.tip(), spec=waits))
    assert [one["name"] for one in shop.json()["engine"]["objects"]] == ["shop"]


@pytest.mark.slow
def test_tiers_that_wait_for_each_other_are_an_error(shop: Shop) -> None:
    tip = shop.sandbox.tip()
    tiers = [
        kustomization(f"./{PATH}", tip, name=name, spec={"dependsOn": [{"name": other}]})
        for name, other in (("a", "b"), ("b", "a"))
    ]
    fluxcd(shop.server, *tiers)
    assert "wait for each other: correct their dependsOn" in shop.status(code=6).err


def test_the_revision_is_that_of_the_source_with_the_environment() -> None:
    one = application(".", "", spec={"source": None, "sources": [{"chart": "redis"}, {"path": "."}]})
    status = one["status"] | {"sync": {"status": "Synced", "revisions": ["1.2.3", "a" * 40]}}
    assert argocd.part(one | {"status": status}, (), Wanted(".")).revision == "a" * 40


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spec", "advice"),
    [
        ({"syncOptions": ["ApplyOutOfSyncOnly=true"], "retry": {"refresh": True}}, "ApplyOutOfSyncOnly=true"),
        ({"syncOptions": [], "retry": {"limit": 5}}, "syncPolicy.retry.refresh: true"),
    ],
)
def test_an_unsafe_application_is_reported(shop: Shop, spec: Any, advice: str) -> None:
    policy = {"syncPolicy": {"automated": {}, **spec}}
    argo(shop.server, application(PATH, shop.sandbox.tip(), spec=policy))
    [said] = shop.json()["engine"]["advice"]
    assert advice in said


@pytest.mark.slow
@pytest.mark.parametrize(("job", "is_unsafe"), [("migrate", True), ("migrate-2456789bcd", False)])
def test_a_job_that_would_be_changed_is_reported(shop: Shop, job: str, is_unsafe: bool) -> None:
    jobs = {"resources": [{"kind": "Job", "name": job, "status": "Synced"}]}
    made = application(PATH, shop.sandbox.tip(), status=jobs)
    argo(shop.server, made)
    assert shop.json()["engine"]["advice"] == []
    made["metadata"]["annotations"] = {}
    said = shop.json()["engine"]["advice"]
    assert ["ServerSideDiff=false" in one for one in said] == [True] * is_unsafe


@pytest.mark.slow
def test_operations_without_a_time_limit_are_reported(shop: Shop) -> None:
    argo(shop.server, application(PATH, shop.sandbox.tip()), timeout="0")
    [said] = shop.json()["engine"]["advice"]
    assert "controller.sync.timeout.seconds" in said
    assert "unsafe settings of argocd:" in shop.status().out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spec", "gate", "advice"),
    [
        ({"wait": False}, "=true", "spec.wait: true"),
        ({"timeout": None}, "=true", "spec.timeout"),
        ({}, "=false", "--feature-gates=CancelHealthCheckOnNewRevision=true"),
    ],
)
def test_unsafe_settings_of_flux_are_reported(shop: Shop, spec: Any, gate: str, advice: str) -> None:
    fluxcd(shop.server, kustomization(f"./{PATH}", shop.sandbox.tip(), spec=spec), gate=gate)
    [said] = shop.json()["engine"]["advice"]
    assert advice in said


@pytest.mark.slow
def test_what_stops_argo_cd_from_applying_is_shown(shop: Shop) -> None:
    window = {"kind": "deny", "schedule": "0 18 * * 5", "duration": "60h", "applications": ["sh*"]}
    other = window | {"applications": ["other"]}
    made = application(PATH, shop.sandbox.tip(), spec={"syncPolicy": {"retry": {"refresh": True}}})
    argo(shop.server, made, windows=(window, other))
    assert shop.json()["engine"]["objects"][0]["paused"] == [
        "automatic sync is off",
        "sync window: deny 0 18 * * 5 for 60h UTC",
    ]


@pytest.mark.slow
def test_what_may_not_be_read_is_named_and_nothing_fails(shop: Shop) -> None:
    argo(shop.server, application(PATH, shop.sandbox.tip()))
    shop.server.forbidden |= {("appprojects", "*"), ("configmaps", "*"), ("applications", "")}
    found = shop.json()["engine"]
    assert [one["name"] for one in found["objects"]] == ["shop"]
    assert len(found["unread"]) == 2
    shop.server.forbidden |= {("applications", "*"), ("kustomizations", "*")}
    found = shop.json()
    assert found["engine"] is None
    assert [note.split(" may not")[0] for note in found["notes"]] == ["the objects of argocd", "the objects of flux"]


@pytest.mark.slow
def test_without_an_engine_the_images_decide(shop: Shop) -> None:
    assert shop.json()["notes"] == [f"no sync engine in this cluster delivers {PATH}"]
    shop.run(web="shop/web:1.9.0")
    assert shop.json(code=1)["differences"] == [
        "Deployment/web: 1 of 1 ready pods run shop/web:1.9.0, Git says shop/web:2.0.0"
    ]


@pytest.mark.slow
def test_two_engines_are_an_error_until_one_is_named(shop: Shop) -> None:
    argo(shop.server, application(PATH, shop.sandbox.tip()))
    fluxcd(shop.server, kustomization(f"./{PATH}", shop.sandbox.tip()))
    assert "argocd and flux both deliver overlays/production" in shop.status(code=6).err
    shop.sandbox.replace("promote.yaml", f"{PATH}}}", f"{PATH}, engine: {{kind: flux}}}}")
    fluxcd(shop.server, kustomization(f"./{PATH}", shop.sandbox.publish("name the engine")))
    assert shop.json()["engine"]["name"] == "flux"


@pytest.mark.slow
def test_of_several_applications_the_one_of_this_repository_counts(shop: Shop) -> None:
    tip = shop.sandbox.tip()
    argo(shop.server, application(PATH, tip), application(PATH, tip, name="other"))
    assert "Application/other, Application/shop all deliver overlays/production" in shop.status(code=6).err
    ours = application(PATH, tip, name="ours")
    ours["spec"]["source"]["repoURL"] = f"https://git.example/{shop.sandbox.origin.parent.name}/origin.git"
    shop.server.put(argocd.APPLICATIONS, ours)
    assert shop.json()["engine"]["objects"][0]["name"] == "ours"


def test_a_pod_that_is_not_ready_is_named_with_its_reason(shop: Shop) -> None:
    waits = {"name": "api", "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}}}
    owner = f"{NAMESPACE}-api-1"
    broken = pod("api-1-0", IMAGES["api"], owner, ready=False, namespace=NAMESPACE, containerStatuses=[waits])
    shop.server.put(resources.PODS, broken)
    found = shop.json(code=1)
    assert found["differences"] == ["Deployment/api: no pod is ready, Git says shop/api:1.1.0"]
    assert "Pod/api-1-0: container api waits: CrashLoopBackOff: back-off 5m0s" in found["unhealthy"]


def test_a_workload_that_is_not_there_is_a_difference(shop: Shop) -> None:
    shop.server.objects[resources.DEPLOYMENTS].clear()
    assert [one.split(",")[0] for one in shop.json(code=1)["differences"]] == [
        "Deployment/api: it is not in the cluster",
        "Deployment/web: it is not in the cluster",
    ]


@pytest.mark.slow
def test_a_commit_that_cannot_be_rendered_is_reported_with_what_runs(shop: Shop) -> None:
    old = shop.sandbox.tip()
    shop.sandbox.replace(f"{PATH}/kustomization.yaml", "../../base", "../../bse")
    shop.sandbox.publish("break production")
    shop.sandbox.write("README.md", "this does not help\n")
    shop.sandbox.publish("explain")
    fluxcd(shop.server, kustomization(f"./{PATH}", old))
    found = shop.json(code=1)
    first, second = found["differences"]
    assert "cannot be rendered: production: overlays/production/kustomization.yaml:2: " in first
    assert "it has applied" in second
    assert [one["difference"] for one in found["workloads"]] == [None, None]
    assert found["notes"] == [f"compared with {old[:12]}, the newest commit that can be rendered"]


@pytest.mark.slow
def test_the_clusters_that_promote_yaml_names_are_asked(shop: Shop) -> None:
    settings = "cluster: {context: shop}, engine: {context: hub}"
    shop.sandbox.replace("promote.yaml", f"{PATH}}}", f"{PATH}, {settings}}}")
    tip = shop.sandbox.publish("name the clusters")
    with ClusterServer() as hub:
        fluxcd(hub, kustomization(f"./{PATH}", tip))
        files = [shop.server.kubeconfig(shop.folder, context="shop"), hub.kubeconfig(shop.folder, context="hub")]
        env = {"KUBECONFIG": ":".join(map(str, files))}
        # Users and clusters of the same name are those of the first file.
        files[1].write_text(files[1].read_text().replace('"c"', '"d"'))
        found = shop.sandbox.promote("status", "production", "--live", "--output", "json", env=env).json
    assert (found["context"], found["engine"]["name"]) == ("shop", "flux")
    assert {read.plural for read in hub.reads} >= {flux.KUSTOMIZATIONS.plural}
    assert "kustomizations" not in {read.plural for read in shop.server.reads}


def test_a_namespace_that_is_forbidden_ends_with_6(shop: Shop) -> None:
    shop.server.forbidden.add(("*", NAMESPACE))
    assert "does not allow to list pods in the namespace shop-production" in shop.status(code=6).err


def test_a_server_that_is_gone_ends_with_6(shop: Shop) -> None:
    config = shop.server.kubeconfig(shop.folder)
    config.write_text(config.read_text().replace(shop.server.url, "http://127.0.0.1:1"))
    done = shop.sandbox.promote("status", "production", "--live", "--kubeconfig", str(config), code=6)
    assert "cannot reach the API server 127.0.0.1:1 (context test): connection refused" in done.err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("status", "production"), "add --live"), (("status", "--live"), "name it")],
)
def test_an_environment_and_live_go_together(tiny: Sandbox, arguments: tuple[str, ...], said: str) -> None:
    assert said in tiny.promote(*arguments, code=2).err
