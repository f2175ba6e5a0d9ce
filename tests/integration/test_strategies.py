"""Blue-green and canary in a shop that has nothing of MediQ, against a Prometheus that says what a test wants."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from promote.changes.proposal import Proposal
from promote.cluster.resources import DEPLOYMENTS
from promote.errors import Blocked
from promote.model import Document, Version
from promote.output import strategies
from promote.repository.workspace import Workspace
from promote.strategy import failed, objects, switch
from promote.strategy.canary import Request
from promote.strategy.conduct import Conductor, Outcome, Pace
from promote.strategy.prometheus import Prometheus as Client
from promote.strategy.running import Pending
from promote.system import clock
from tests.integration import sandbox
from tests.integration.cluster_server import ClusterServer
from tests.integration.sandbox import Sandbox
from tests.integration.shop import FILES, OVERLAY, Prometheus, write_shop

# When the tests conduct their canaries: after every commit that they begin with, whose dates are real.
START = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
LIVE = "env/live/kustomization.yaml"
ROUTE = "env/live/route.yaml"


@pytest.fixture(scope="module")
def prometheus() -> Iterator[Prometheus]:
    with Prometheus() as started:
        yield started


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, surroundings: dict[str, str], prometheus: Prometheus) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    write_shop(folder / "clone", prometheus.address)
    sandbox.create(folder, surroundings)
    return folder


@pytest.fixture(scope="module")
def midway_template(template: Path, tmp_path_factory: pytest.TempPathFactory, surroundings: dict[str, str]) -> Path:
    folder = tmp_path_factory.mktemp("midway")
    clone = sandbox.copy(template, folder / "midway", surroundings | {"GIT_COMMITTER_DATE": START.isoformat()})
    for image in ("api", "mail"):
        clone.replace(LIVE, f'newName: shop/{image}, newTag: "1.0"', f'newName: shop/{image}, newTag: "1.1"')
    clone.replace(LIVE, "count: 0", "count: 1")
    clone.replace(ROUTE, "weight: 100", "weight: 75")
    clone.replace(ROUTE, "weight: 0", "weight: 25")
    clone.publish("canaries")
    return folder / "midway"


@pytest.fixture
def midway(midway_template: Path, surroundings: dict[str, str], tmp_path: Path, prometheus: Prometheus) -> Sandbox:
    """The shop whose canaries of api and mail have a quarter of the traffic."""
    prometheus.value = 0.0
    return sandbox.copy(midway_template, tmp_path / "midway", surroundings)


@pytest.fixture
def shop(template: Path, surroundings: dict[str, str], tmp_path: Path, prometheus: Prometheus) -> Sandbox:
    """The shop with everything at rest; Prometheus sees no errors."""
    prometheus.value = 0.0
    return sandbox.copy(template, tmp_path / "shop", surroundings)


AT_REST = OVERLAY.format(name="live")


def live(shop: Sandbox, file: str = LIVE) -> str:
    """A file of the live environment on the shared branch."""
    return shop.show(file, "main")


def subjects(shop: Sandbox) -> list[str]:
    """What was committed to the shared branch after its first commit, oldest first."""
    return shop.at_origin("log", "--reverse", "--format=%s", "main").splitlines()[1:]


# Blue-green


def test_a_switch_changes_one_word_of_one_file(shop: Sandbox) -> None:
    answer = shop.promote("switch", "live", "web", "--to", "green", "--output", "json").json
    assert (answer["commit"], answer["colour"], answer["changed"]) == (shop.tip(), "green", True)
    assert live(shop) == AT_REST.replace("value: blue}", "value: green}")
    assert shop.at_origin("diff", "--name-only", "main^", "main") == LIVE
    shop.promote("switch", "live", "web-green", "--to", "blue")
    assert live(shop) == AT_REST
    assert subjects(shop) == ["switch: live (web blue→green)", "switch: live (web green→blue)"]


def test_a_switch_that_is_made_already_is_not_made_again(shop: Sandbox) -> None:
    before = shop.tip()
    answer = shop.promote("switch", "live", "web", "--to", "blue", "--output", "json").json
    assert (answer["changed"], shop.tip()) == (False, before)


def test_a_switch_by_pull_request_or_without_a_commit(shop: Sandbox) -> None:
    before = shop.tip()
    out = shop.promote("switch", "live", "web", "--to", "green", "--dry-run").out
    assert "- /spec/selector/version: blue" in out
    assert "+ /spec/selector/version: green" in out
    assert shop.branches() == {"main": before}
    answer = shop.promote("switch", "live", "web", "--to", "green", "--pr", "--output", "json").json
    assert (answer["branch"], answer["pull_request"]["number"], shop.tip()) == ("switch/live/web", 1, before)
    assert shop.show(LIVE, "switch/live/web") == AT_REST.replace("value: blue}", "value: green}")


@pytest.mark.parametrize(
    ("service", "colour", "why"),
    [
        ("web", "red", "has no colour 'red' in live: its pods are blue, green"),
        ("api", "green", "has one colour"),
        ("wbe", "green", "did you mean 'web"),
    ],
)
def test_what_cannot_be_switched_is_refused(shop: Sandbox, service: str, colour: str, why: str) -> None:
    before = shop.tip()
    assert why in shop.promote("switch", "live", service, "--to", colour, code=2).err
    assert shop.tip() == before


def test_a_colour_that_another_environment_shares_is_not_edited(shop: Sandbox) -> None:
    shop.write(LIVE, AT_REST.partition("- target")[0] + "- path: route.yaml\n")
    shop.publish()
    error = shop.promote("switch", "live", "web", "--to", "green", code=2).err
    assert "it is written in apps/web.yaml, which other environments may read: add a patch" in error


def test_another_service_is_not_a_colour(shop: Sandbox) -> None:
    pods = FILES["apps/web.yaml"].split("---\n")[1].replace("web", "cart").replace("shop/cart-blue", "shop/cart:1")
    shop.write("env/live/cart.yaml", pods)
    shop.replace(LIVE, "[../../apps]", "[../../apps, cart.yaml]")
    shop.publish()
    error = shop.promote("switch", "live", "web", "--to", "cart", code=2).err
    assert "Service/live/web has no colour 'cart' in live: its pods are blue, green" in error
    assert (
        "+ /spec/selector/version: green" in shop.promote("switch", "live", "web", "--to", "green", "--dry-run").out
    )


def test_a_word_that_also_decides_another_service_is_not_changed(shop: Sandbox) -> None:
    service = (
        "apiVersion: v1\nkind: Service\nmetadata: {name: web-admin}\nspec: {selector: {app: web, version: blue}}\n"
    )
    shop.write("env/live/admin.yaml", service)
    shop.replace(LIVE, "[../../apps]", "[../../apps, admin.yaml]")
    shop.replace(LIVE, "{kind: Service, name: web}", "{kind: Service, name: web.*}")
    tip = shop.publish()
    error = shop.promote("switch", "live", "web", "--to", "green", code=3).err
    assert "touches more than" in error
    assert "Service/live/web-admin /spec/selector/version" in error
    assert shop.tip() == tip


def test_a_colour_without_a_ready_pod_gets_no_traffic(shop: Sandbox) -> None:
    asked: list[str] = []

    def pending(workload: Document) -> str:
        asked.append(str(workload.identity))
        return "none of its pods is ready" if len(asked) == 1 else ""

    def propose(workspace: Workspace) -> Proposal:
        tip = workspace.branches.tip()
        with workspace.at(tip.commit) as tree:
            return switch.propose(workspace, tip, tree, switch.Request("live", "web", "green", lambda _: pending))

    with at_home(shop):
        with pytest.raises(
            Blocked, match="live/web-green is not ready for the traffic of web: none of its pods is ready"
        ):
            propose(Workspace.here())
        assert list(propose(Workspace.here()).files) == [LIVE]
    assert asked == ["Deployment/live/web-green"] * 2


# Canary


@contextlib.contextmanager
def at_home(shop: Sandbox) -> Iterator[None]:
    """In the clone, with its environment."""
    with pytest.MonkeyPatch.context() as patch, contextlib.chdir(shop.root):
        for name, value in shop.env.items():
            patch.setenv(name, value)
        patch.setenv("GIT_COMMITTER_DATE", "")
        patch.delenv("GIT_COMMITTER_DATE")
        yield


class Stopped(Exception):
    """Stands for the end of the process."""


@dataclass
class Passing:
    """A clock that `sleep` moves; before that, `meanwhile` gets the seconds slept so far, and may end the process."""

    meanwhile: Callable[[float], None] = lambda _: None
    stop_after_commits: bool = False
    slept: float = 0.0
    said: list[str] = field(default_factory=list)

    def now(self) -> datetime:
        return START + timedelta(seconds=self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.set()
        self.meanwhile(self.slept)

    def set(self) -> None:
        """Let Git have the same time; whoever conducts restores its environment."""
        os.environ["GIT_COMMITTER_DATE"] = self.now().isoformat()

    def say(self, line: str) -> None:
        self.said.append(line)
        if self.stop_after_commits and line.startswith("canary:"):
            raise Stopped


def conduct(
    shop: Sandbox,
    service: str,
    passing: Passing | None = None,
    shares: tuple[int, ...] = (25, 100),
    pending: Pending | None = None,
) -> Outcome:
    """One run of the command in the live environment, whose clock only moves when it sleeps."""
    pace = passing or Passing()
    request = Request("live", service, service, Version.parse("1.1"), shares)
    with at_home(shop):
        pace.set()
        workspace = Workspace.here()
        settings = workspace.config.environments["live"].canary
        assert settings is not None
        conductor = Conductor(
            workspace, request, settings, Client(settings.prometheus).ask, strategies.canary, pending,
            pace=Pace(pace.now, pace.sleep, pace.say),
        )  # fmt: skip
        return conductor.run()


def weights(shop: Sandbox, commit: str = "main") -> list[int]:
    return [int(found) for found in re.findall(r"weight: (\d+)", shop.show(ROUTE, commit))]


def steps(shop: Sandbox) -> list[str]:
    """The last word of each commit: what was done to the canary."""
    return [subject.rpartition(", ")[2].rstrip(")") for subject in subjects(shop)]


@pytest.mark.parametrize("shares", [(25, 100), pytest.param((5, 25, 50, 100), marks=pytest.mark.thorough)])
def test_a_good_version_gets_all_traffic_although_each_commit_is_the_last_of_its_run(
    shop: Sandbox, prometheus: Prometheus, shares: tuple[int, ...]
) -> None:
    prometheus.queries.clear()
    slept = 0.0
    while True:
        passing = Passing(stop_after_commits=True, slept=slept)
        try:
            outcome = conduct(shop, "api", passing, shares)
        except Stopped:
            slept = passing.slept
            continue
        break
    assert (outcome.exit_code, outcome.made, outcome.waiting, outcome.failed) == (0, [], "", "")
    *between, _ = shares
    assert steps(shop) == ["prepared", *(f"{one} %" for one in between), "stable", "canary withdrawn"]
    commits = shop.at_origin("log", "--reverse", "--format=%H", "main").split()[1:]
    shown = [0, *between, between[-1], 0]
    assert [weights(shop, one) for one in commits] == [[100 - share, share] for share in shown]
    # Every state but the last was good for forty seconds.
    assert passing.slept == 40 * (len(shown) - 1)
    assert set(prometheus.queries) == {f'error_ratio{{workload="{one}"}}' for one in ("none", "api-canary", "api")}
    moved = re.sub(r'(shop/api, newTag: |shop/api-canary, newName: shop/api, newTag: )"1.0"', r'\1"1.1"', AT_REST)
    assert (live(shop), live(shop, ROUTE)) == (moved, shop.read(ROUTE))


@pytest.mark.thorough
def test_replicas_are_the_share_where_no_route_splits(shop: Sandbox) -> None:
    conduct(shop, "mail", shares=(5, 25, 50, 100))
    # Of three stable pods: 5 % and 25 % are both one of four, 50 % is three of six.
    assert steps(shop) == ["5 %", "50 %", "stable", "canary withdrawn"]
    counts = [
        re.findall(r"count: (\d)}", shop.show(LIVE, one))
        for one in shop.at_origin("log", "--reverse", "--format=%H", "main").split()
    ]
    assert counts == [["0"], ["1"], ["3"], ["3"], ["0"]]


@pytest.mark.parametrize("service", ["api", pytest.param("mail", marks=pytest.mark.thorough)])
def test_a_bad_version_is_taken_back_at_once_and_held(midway: Sandbox, prometheus: Prometheus, service: str) -> None:
    def meanwhile(seconds: float) -> None:
        prometheus.value = 0.06 if seconds >= 20 else 0.05

    passing = Passing(meanwhile)
    outcome = conduct(midway, service, passing)
    assert outcome.failed == f"errors of {service}-canary is 0.06, above 0.05"
    assert (outcome.exit_code, passing.slept) == (4, 20)
    assert subjects(midway)[1:] == [f"canary: live ({service} 1.1, taken back)"]
    assert f'{service}-canary, newName: shop/{service}, newTag: "1.0"' in live(midway)
    assert [weights(midway), "count: 0" in live(midway)] == (
        [[100, 0], False] if service == "api" else [[75, 25], True]
    )
    held = f"image: shop/{service}\n    version: '1.1'\n    reason: {outcome.failed}"
    assert held in midway.show("holds.yaml", "main")
    assert f"Canary-Reason: {outcome.failed}" in midway.at_origin("log", "-1", "--format=%b", "main")
    # It does not come again, neither by a canary nor by a bump.
    prometheus.value = 0.0
    tip = midway.tip()
    for command in (["canary", "live", service, f"{service}=1.1"], ["bump", "live", f"{service}=1.1", "--commit"]):
        assert "1.1 is held since" in midway.promote(*command, code=4).err
    assert midway.tip() == tip


@pytest.mark.thorough
def test_a_version_that_fails_once_it_is_stable_is_taken_back_too(midway: Sandbox, prometheus: Prometheus) -> None:
    def meanwhile(_: float) -> None:
        prometheus.value = 0.06 if steps(midway)[-1] == "stable" else 0.0

    assert conduct(midway, "api", Passing(meanwhile)).failed == "errors of api is 0.06, above 0.05"
    assert subjects(midway)[1:] == ["canary: live (api 1.1, stable)", "canary: live (api 1.1, taken back)"]
    assert weights(midway) == [100, 0]
    assert re.findall(r'shop/api, newTag: "(.*)"', live(midway)) == ["1.0", "1.0"]


@pytest.mark.parametrize(
    "value", [None, *(pytest.param(one, marks=pytest.mark.thorough) for one in (float("nan"), "down"))]
)
def test_missing_data_is_bad_after_a_time(midway: Sandbox, prometheus: Prometheus, value: float | str | None) -> None:
    def meanwhile(seconds: float) -> None:
        prometheus.value = value if seconds >= 10 else 0.0

    passing = Passing(meanwhile)
    outcome = conduct(midway, "api", passing)
    assert outcome.failed.endswith("for more than 30 s")
    assert passing.slept == 40
    assert (steps(midway)[-1], weights(midway)) == ("taken back", [100, 0])


@pytest.mark.thorough
def test_data_that_comes_back_in_time_is_no_fault(midway: Sandbox, prometheus: Prometheus) -> None:
    def meanwhile(seconds: float) -> None:
        prometheus.value = None if seconds % 40 < 20 else 0.0

    assert conduct(midway, "api", Passing(meanwhile)).failed == ""
    assert steps(midway)[-1] == "canary withdrawn"


def test_a_run_of_one_step_makes_one_commit_or_waits(midway: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    once = ("canary", "live", "mail", "mail=1.1", "--once", "--output", "json")
    passed = timedelta()
    monkeypatch.setattr(clock, "now", lambda: START + passed)
    first = midway.promote(*once).json
    assert (first["commits"], first["waiting"].partition(";")[0]) == ([], "errors is 0")
    assert first["share"] == "1 of 4 pods, 25 % of the traffic"
    passed = timedelta(minutes=3)
    second = midway.promote(*once).json
    assert [(one["step"], one["share"]) for one in second["commits"]] == [("shift", 50)]
    assert second["share"] == "3 of 6 pods, 50 % of the traffic"


@pytest.mark.thorough
def test_pods_that_do_not_become_ready_get_no_traffic(shop: Sandbox) -> None:
    asked: list[tuple[str, str]] = []

    def pending(workload: Document) -> str:
        asked.append((str(workload.identity), *objects.images(workload)))  # type: ignore[arg-type]
        return "0 of 1 pods are available"

    outcome = conduct(shop, "api", pending=pending)
    assert outcome.failed == "api-canary does not become ready: 0 of 1 pods are available"
    assert (steps(shop), weights(shop)) == (["prepared", "taken back"], [100, 0])
    assert set(asked) == {("Deployment/live/api-canary", "shop/api:1.1")}


def test_a_canary_is_ended_by_hand_whatever_the_rules_say(midway: Sandbox) -> None:
    midway.write("env/live/denied.yaml", FILES["apps/web.yaml"].split("---\n")[1].replace("web", "untagged"))
    midway.replace(LIVE, "[../../apps]", "[../../apps, denied.yaml]")
    midway.write("promote.yaml", midway.read("promote.yaml") + "deny: all\n")
    midway.publish("a rule denies this")
    assert "images.tag" in midway.promote("bump", "live", "api=1.2", "--commit", code=3).err
    assert "end it with --abort" in midway.promote("canary", "live", "mail", "mail=1.2", "--dry-run", code=4).err
    midway.promote("canary", "live", "mail", "mail=1.1", "--abort", "--reason", "too slow")
    assert [one in live(midway) for one in ('shop/mail, newTag: "1.1"', "count: 0")] == [False, True]
    assert "reason: too slow" in midway.show("holds.yaml", "main")
    tip = midway.tip()
    midway.promote("canary", "live", "mail", "mail=1.1", "--abort")
    assert midway.tip() == tip


@pytest.mark.thorough
def test_the_digest_of_a_canary_does_not_stop_the_way_back(midway: Sandbox) -> None:
    pinned = f'newTag: "1.1", digest: sha256:{"1" * 64}'
    midway.replace(LIVE, 'newName: shop/mail, newTag: "1.1"', f"newName: shop/mail, {pinned}")
    midway.publish("a digest")
    midway.promote("canary", "live", "mail", f"mail=1.1@sha256:{'1' * 64}", "--abort")
    assert [one in live(midway) for one in ('newTag: "1.0", digest: ""', "count: 0")] == [True, True]
    assert "version: 1.1@sha256" in midway.show("holds.yaml", "main")


def test_a_service_of_several_images_needs_the_one_that_is_meant(shop: Sandbox) -> None:
    config = shop.read("promote.yaml")
    shop.write("promote.yaml", f"{config}services: {{all: [shop/api, shop/mail]}}\n")
    shop.publish("a service")
    error = shop.promote("canary", "live", "api", "all=1.1", "--dry-run", code=2).err
    assert "'all' has several images: name the one that the canary tries, such as 'shop/api'" in error


@pytest.mark.quick
@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (("live", "api", "api=1.1", "--steps", "50,25"), 2, "--steps needs growing shares"),
        (("live", "api", "api=1.1", "--steps", "100"), 2, "--steps needs growing shares"),
        (("live", "api", "api=1.1", "--steps", "5%"), 2, "is not a list of percents"),
        (("live", "web-blue", "web-blue=8"), 2, "no Deployment is called 'web-blue-canary'"),
        (("dev", "api", "api=1.1"), 2, "promote.yaml does not say how dev judges a canary"),
    ],
)
def test_what_cannot_be_a_canary_is_refused(shop: Sandbox, arguments: tuple[str, ...], code: int, why: str) -> None:
    before = shop.tip()
    assert why in shop.promote("canary", *arguments, code=code).err
    assert shop.tip() == before


def test_nothing_starts_without_prometheus(shop: Sandbox, prometheus: Prometheus) -> None:
    prometheus.value = "down"
    assert "answers HTTP 503: starting" in shop.promote("canary", "live", "api", "api=1.1", code=6).err
    shop.replace("promote.yaml", "error_ratio{", "errors{")
    shop.publish("ask for errors")
    assert "cannot evaluate the query" in _with_value(shop, prometheus, 0.0)
    shop.replace("promote.yaml", prometheus.address, "http://127.0.0.1:9")
    before = shop.publish("ask nobody")
    assert "cannot be reached" in shop.promote("canary", "live", "api", "api=1.1", code=6).err
    assert shop.tip() == before


def _with_value(shop: Sandbox, prometheus: Prometheus, value: float) -> str:
    prometheus.value = value
    return shop.promote("canary", "live", "api", "api=1.1", code=2).err


# With Argo Rollouts or Flagger


@pytest.fixture
def server() -> Iterator[ClusterServer]:
    with ClusterServer() as started:
        yield started


def rollout(tag: str, **status: object) -> dict[str, object]:
    """The Rollout of the stock, which Git has too, as the cluster has it."""
    pod = {"containers": [{"name": "main", "image": f"shop/stock:{tag}"}]}
    metadata = {"name": "stock", "namespace": "live"}
    return {"metadata": metadata, "spec": {"template": {"spec": pod}}, "status": status}


STOCK = """\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: stock}
spec:
  selector: {matchLabels: {app: stock}}
  template:
    metadata: {labels: {app: stock}}
    spec: {containers: [{name: main, image: shop/stock}]}
"""


@pytest.fixture
def released(shop: Sandbox) -> tuple[Sandbox, str]:
    """New versions of stock, which is a Rollout, and of mail; with the kustomization before them."""
    shop.write("env/live/stock.yaml", STOCK)
    shop.write("schemas/argoproj.io/rollout_v1alpha1.json", '{"type": "object"}')
    shop.replace("promote.yaml", "schemas: [", "schemas: [schemas, ")
    shop.replace(LIVE, "resources: [../../apps]", "resources: [../../apps, stock.yaml]")
    shop.replace(LIVE, "images:\n", "images:\n- {name: shop/stock, newTag: '7'}\n")
    shop.publish("old versions")
    before = shop.read(LIVE)
    shop.replace(LIVE, "newTag: '7'", "newTag: '8'")
    shop.replace(LIVE, 'name: shop/mail, newTag: "1.0"', 'name: shop/mail, newTag: "1.1"')
    shop.publish("new versions")
    return shop, before


def roll_back_failed(server: ClusterServer, tmp_path: Path) -> tuple[str, ...]:
    return ("rollback", "live", "--failed-rollouts", "--kubeconfig", str(server.kubeconfig(tmp_path)))


@pytest.mark.parametrize(
    ("tag", "status"),
    [("8", {"phase": "Healthy"}), ("6", {"abort": True, "message": "RolloutAborted"})],
    ids=["healthy", "failed with another version than Git has now"],
)
def test_a_rollout_that_has_not_failed_with_the_version_in_git_is_left_alone(
    released: tuple[Sandbox, str], server: ClusterServer, tmp_path: Path, tag: str, status: dict[str, object]
) -> None:
    shop, _ = released
    tip = shop.tip()
    # Flagger is not installed: its kind is not served.
    server.put(failed.ROLLOUTS, rollout(tag, **status))
    assert "no rollout has failed in live" in shop.promote(*roll_back_failed(server, tmp_path)).out
    assert shop.tip() == tip


def test_rollouts_that_failed_are_rolled_back_and_held_with_their_reasons(
    released: tuple[Sandbox, str], server: ClusterServer, tmp_path: Path
) -> None:
    shop, before = released
    server.put(failed.ROLLOUTS, rollout("8", abort=True, message="RolloutAborted: error rate"))
    metadata, target = {"name": "mail", "namespace": "live"}, {"kind": "Deployment", "name": "mail"}
    pod = {"containers": [{"name": "main", "image": "shop/mail:1.1"}]}
    status = {"phase": "Failed", "conditions": [{"message": "Canary analysis failed"}]}
    server.put(DEPLOYMENTS, {"metadata": metadata, "spec": {"template": {"spec": pod}}})
    server.put(failed.CANARIES, {"metadata": metadata, "spec": {"targetRef": target}, "status": status})
    command = roll_back_failed(server, tmp_path)
    shop.promote(*command)
    assert live(shop) == before
    held = shop.show("holds.yaml", "main")
    assert held.count("Rollout/stock: RolloutAborted: error rate; Canary/mail: Canary analysis failed") == 2
    # Until the engine has applied it, the controllers still say that they failed.
    tip = shop.tip()
    shop.promote(*command)
    assert shop.tip() == tip


def test_failed_rollouts_are_not_named_by_hand(shop: Sandbox, server: ClusterServer, tmp_path: Path) -> None:
    said = shop.promote(*roll_back_failed(server, tmp_path), "mail", code=2).err
    assert "finds the services itself" in said
