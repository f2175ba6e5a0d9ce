"""Blue-green and canary on a real control plane; a real Prometheus judges, and each step is a commit."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from promote.repository.canary import DEFAULTS
from promote.strategy.prometheus import Prometheus
from tests.e2e import endpoints, shop
from tests.e2e.api import Object
from tests.e2e.cluster import TOOLS, Cluster
from tests.e2e.endpoints import Endpoints
from tests.e2e.environments import missing
from tests.e2e.process import wait
from tests.e2e.shop import SCRAPE, Engine
from tests.integration import sandbox
from tests.integration.sandbox import Sandbox, Shim
from tests.integration.shop import write_shop
from tests.load import patience

LIVE = "env/live/kustomization.yaml"
NAMESPACE = "live"
WINDOW = f"[{3 * SCRAPE}s]"
CHECKS = [{"name": one.name, "query": one.query.replace("[2m]", WINDOW), "above": one.above} for one in DEFAULTS]
SETTINGS = f"""\
      interval: 2s
      duration: {3 * SCRAPE}s
      patience: {5 * SCRAPE}s
      checks: {json.dumps(CHECKS)}
kubernetes:"""
STEPS = ("--steps", "5,50,100")


@dataclass(frozen=True)
class Site:
    """The shop's repository, the cluster that follows it, and the Prometheus that watches its traffic."""

    clone: Sandbox
    cluster: Cluster
    engine: Engine
    prometheus: str

    def promote(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run promote as a process of its own, with the cluster's kubeconfig, to its end."""
        with self.clone.start(*arguments, "--kubeconfig", str(self.cluster.kubeconfig), env=env) as child:
            out, err = child.communicate(timeout=300)
        return subprocess.CompletedProcess(arguments, child.returncode, out, err)

    def subjects(self) -> list[str]:
        """The subjects on the shared branch, oldest first."""
        return self.clone.at_origin("log", "--reverse", "--format=%s", "main").splitlines()

    def applied(self) -> None:
        """Wait until the cluster runs the newest commit."""
        wait("the newest commit runs", self._unapplied, seconds=60)

    def _unapplied(self) -> str | None:
        for each in self.objects():
            if each["kind"] == "Deployment" and (problem := missing(self.cluster.api, each)):
                return f"{each['metadata']['name']}: {problem}"
            live = self.cluster.api.get(each)
            if each["kind"] == "Deployment" and _images(live) != _images(each):
                return f"{each['metadata']['name']} has {_images(live)}"
            if each["kind"] == "HTTPRoute" and _weights(live) != _weights(each):
                return f"weights {_weights(live)}"
            if each["kind"] == "Service" and live["spec"]["selector"] != each["spec"]["selector"]:
                return f"selector {live['spec']['selector']}"
        return None

    def objects(self) -> list[Object]:
        """What the tip of the shared branch renders."""
        return shop.rendered(self.clone, self.clone.tip(), "env/live")


def _images(deployment: Object) -> list[str]:
    return [each["image"] for each in deployment["spec"]["template"]["spec"]["containers"]]


def _weights(route: Object) -> list[int]:
    return [each["weight"] for each in route["spec"]["rules"][0]["backendRefs"]]


@pytest.fixture(scope="module")
def site(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The shop, applied, with a Prometheus that has scraped it."""
    folder = tmp_path_factory.mktemp("shop")
    env = sandbox.environment(folder) | {"PROMOTE_TOOLS": str(TOOLS / "bin")}
    cluster.define("gateway.networking.k8s.io")
    cluster.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    account = ("v1", "ServiceAccount", "default", NAMESPACE)
    wait("the namespace is ready", lambda: None if cluster.api.find(*account) else "no account", seconds=30)
    with shop.measured(cluster, NAMESPACE) as address:
        write_shop(folder / "clone", address)
        clone = Sandbox(folder / "clone", env)
        config = re.sub(
            r"      interval: .*kubernetes:", lambda _: SETTINGS, clone.read("promote.yaml"), flags=re.DOTALL
        )
        clone.write("promote.yaml", config)
        counts = "".join(f"- {{name: {name}, count: 2}}\n" for name in ("web-blue", "web-green", "api"))
        clone.replace(LIVE, "replicas:\n", f"replicas:\n{counts}")
        sandbox.create(folder, env)
        made = Site(clone, cluster, shop.applying(cluster, clone, "env/live"), address)
        made.engine(clone.tip())
        made.applied()
        yield made
    cluster.api.delete({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})


@dataclass
class Watched:
    """What was seen while a version was tried: when errors were above the threshold, and when each commit came."""

    threshold: float = 0.0
    commits: list[tuple[float, str]] = field(default_factory=list)


@contextmanager
def watching(site: Site, workload: str) -> Iterator[Watched]:
    """Let the cluster follow Git, and ask Prometheus ten times a second about the errors of a workload."""
    watched, ended = Watched(), threading.Event()
    query = DEFAULTS[0].query.replace("[2m]", WINDOW)
    check = type(DEFAULTS[0])("errors", query, 0.05).about(workload, workload, NAMESPACE)
    prometheus = Prometheus(site.prometheus)

    def ask() -> None:
        while not ended.wait(0.1) and not watched.threshold:
            if (prometheus.ask(check) or 0.0) > 0.05:
                watched.threshold = time.monotonic()

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        with shop.following(site.clone, site.engine, lambda tip: watched.commits.append((time.monotonic(), tip))):
            yield watched
    finally:
        ended.set()
        asking.join()


@pytest.mark.parametrize("service", ["api", "mail"])
def test_six_percent_of_errors_are_taken_back_within_two_scrapes(
    site: Site, report: Callable[[str], None], service: str
) -> None:
    before = site.subjects()
    with watching(site, f"{service}-canary") as watched:
        done = site.promote("canary", "live", service, f"{service}=2.0-bad", *STEPS, "--output", "json")
        assert done.returncode == 4, done
        wait("the way back is seen", lambda: None if _taken_back(site, watched) else "not yet", seconds=5)
        site.applied()
    assert re.match(rf"errors of {service}-canary is 0.06, above 0.05", json.loads(done.stdout)["failed"])
    made = site.subjects()[len(before) :]
    assert made[-1] == f"canary: live ({service} 2.0-bad, taken back)"
    assert made[:-1] == [
        f"canary: live ({service} 2.0-bad, {each})" for each in (["prepared"] if service == "api" else []) + ["5 %"]
    ]
    seconds = watched.commits[-1][0] - watched.threshold
    report(f"canary of {service}: the way back was committed {seconds:.1f} s after 6 % of errors were seen")
    assert 0 < seconds <= patience(2 * SCRAPE)
    live = {each["metadata"]["name"]: each for each in map(site.cluster.api.get, site.objects()) if "spec" in each}
    assert _images(live[f"{service}-canary"]) == _images(live[service])
    if service == "api":
        assert _weights(live["shop"]) == [100, 0]
    else:
        assert live["mail-canary"]["spec"]["replicas"] == 0


def _taken_back(site: Site, watched: Watched) -> bool:
    return watched.commits[-1][1] == site.clone.tip()


def test_a_version_without_metrics_is_bad(site: Site) -> None:
    with watching(site, "api-canary"):
        done = site.promote("canary", "live", "api", "api=3.0-silent", *STEPS, "--output", "json")
        site.applied()
    assert done.returncode == 4, done
    assert "no data for errors of api-canary" in json.loads(done.stdout)["failed"]
    assert site.subjects()[-1] == "canary: live (api 3.0-silent, taken back)"


def test_a_good_version_takes_over_although_promote_is_killed_at_each_step(
    site: Site, tmp_path: Path, report: Callable[[str], None]
) -> None:
    shim: Shim = sandbox.shim(tmp_path / "shim")
    before, runs, started = site.subjects(), 0, time.monotonic()
    with watching(site, "api-canary"):
        while True:
            done = site.promote("canary", "live", "api", "api=1.1", *STEPS, env=shim.killing_after("push"))
            runs += 1
            if done.returncode >= 0:
                break
        site.applied()
    assert done.returncode == 0, done
    steps = ["prepared", "5 %", "50 %", "stable", "canary withdrawn"]
    assert site.subjects()[len(before) :] == [f"canary: live (api 1.1, {each})" for each in steps]
    # Each of them ended a run; the last run found nothing to do.
    assert runs == len(steps) + 1
    report(f"canary of api: {len(steps)} commits in {time.monotonic() - started:.0f} s, killed after each")


def test_a_switch_and_the_return_never_leave_the_service_without_ready_pods(site: Site) -> None:
    with endpoints.watched(site.cluster.api, NAMESPACE) as seen, shop.following(site.clone, site.engine):
        assert _owners(seen) == {"web-blue"}
        for colour in ("green", "blue"):
            done = site.promote("switch", "live", "web", "--to", colour)
            assert done.returncode == 0, done

            def elsewhere(wanted: str = f"web-{colour}") -> str | None:
                return None if _owners(seen) == {wanted} else str(seen.now("web"))

            wait(f"traffic is on {colour}", elsewhere, seconds=30)
    assert seen.fewest("web") == 2


def _owners(seen: Endpoints) -> set[str]:
    """The Deployments whose pods get the traffic of web."""
    return {name.rsplit("-", 2)[0] for name in seen.now("web")}


def test_a_colour_that_is_not_ready_gets_no_traffic(site: Site) -> None:
    site.clone.replace(LIVE, "{name: web-green, count: 2}", "{name: web-green, count: 0}")
    with shop.following(site.clone, site.engine):
        tip = site.clone.publish("no green")
        site.applied()
        done = site.promote("switch", "live", "web", "--to", "green")
    assert (done.returncode, site.clone.tip()) == (4, tip), done
    assert "Deployment/live/web-green is not ready for the traffic of web: none of its pods is ready" in done.stderr
