"""`promote scale`: one number of pods in one environment, in this repository and in unlike ones."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration import sandbox
from tests.integration.cluster_objects import run
from tests.integration.cluster_server import TOKEN, ClusterServer
from tests.integration.sandbox import REPOSITORY, Sandbox
from tests.integration.tiny import FILES

OVERLAY = "overlays/production/kustomization.yaml"
SCALE = "overlays/production/scale.yaml"
# The schemas of custom resources are installed, not copied.
CONFIG = f"{FILES['promote.yaml']}schemas: ['{REPOSITORY}/.tools/schemas', '{REPOSITORY}/tools/schemas']\n"
RULES = {path: FILES[path] for path in ("policies/main.rego", "policies/evaluation.rego")}


def workload(kind: str, name: str, spec: str = "") -> str:
    return f"""\
apiVersion: apps/v1
kind: {kind}
metadata: {{name: {name}}}
spec:
  {spec}
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: {name}, image: "shop/{name}:1"}}]}}
"""


def autoscaler(name: str, numbers: str) -> str:
    target = f"{{apiVersion: apps/v1, kind: Deployment, name: {name}}}"
    head = f"---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: {name}}}\n"
    return f"{head}spec: {{scaleTargetRef: {target}, {numbers}}}\n"


WEB = workload("Deployment", "web") + autoscaler("web", "minReplicas: 1, maxReplicas: 6")
KEDA = """\
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: jobs}
spec:
  scaleTargetRef: {name: web}
  maxReplicaCount: 6
  triggers: [{type: cpu, metricType: Utilization, metadata: {value: '70'}}]
"""
INLINE = """\
patches:
  - target: {kind: HorizontalPodAutoscaler, name: web}
    patch: |-
      - {op: replace, path: /spec/minReplicas, value: 2}
"""
MERGE = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec: {minReplicas: 2}\n"
REPLACED = """\
replacements:
  - source: {kind: HorizontalPodAutoscaler, name: web, fieldPath: spec.maxReplicas}
    targets: [{select: {kind: HorizontalPodAutoscaler, name: web}, fieldPaths: [spec.minReplicas]}]
"""
# What is unlike MediQ: the base, more of the overlay, the service as it is named, and what decides.
SHAPES: dict[str, tuple[str, str, str, str]] = {
    "only in the base": (WEB, "", "web", "HorizontalPodAutoscaler web /spec/minReplicas"),
    "a patch of operations": (WEB, INLINE, "web", "HorizontalPodAutoscaler web /spec/minReplicas"),
    "a patch in a file": (
        WEB, "patches: [{path: web.patch.yaml}]\n", "web", "HorizontalPodAutoscaler web /spec/minReplicas",
    ),
    "an old field for patches": (
        WEB, "patchesStrategicMerge:\n- web.patch.yaml\n", "web", "HorizontalPodAutoscaler web /spec/minReplicas",
    ),
    "a replacement": (WEB, REPLACED, "web", "HorizontalPodAutoscaler web /spec/minReplicas"),
    "an autoscaler without a minimum": (
        workload("Deployment", "web") + autoscaler("web", "maxReplicas: 6"), "", "web",
        "HorizontalPodAutoscaler web /spec/minReplicas",
    ),
    "an autoscaler beside replicas": (
        workload("Deployment", "web", "replicas: 2") + autoscaler("web", "maxReplicas: 6"), "", "web",
        "HorizontalPodAutoscaler web /spec/minReplicas",
    ),
    "KEDA": (workload("Deployment", "web") + KEDA, "", "web", "ScaledObject jobs /spec/minReplicaCount"),
    "no autoscaler": (workload("Deployment", "web"), "", "web", "Deployment web /spec/replicas"),
    "replicas in the overlay": (
        workload("Deployment", "web", "replicas: 1"), "replicas:\n  - {name: web, count: 2}\n", "web",
        "Deployment web /spec/replicas",
    ),
    "a StatefulSet": (workload("StatefulSet", "db", "replicas: 1"), "", "db", "StatefulSet db /spec/replicas"),
    "a prefix": (
        WEB, "namePrefix: shop-\nnameSuffix: -eu\n", "web", "HorizontalPodAutoscaler shop-web-eu /spec/minReplicas",
    ),
    "other transformers": (
        WEB, "transformers:\n- prefix.yaml\n", "web", "HorizontalPodAutoscaler web /spec/minReplicas",
    ),
}  # fmt: skip
PREFIX = "apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: x}\nprefix: a-\nfieldSpecs: []\n"


def made(folder: Path, env: dict[str, str], files: dict[str, str]) -> Sandbox:
    """A clone of a repository with these files."""
    for name, text in files.items():
        (folder / "clone" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "clone" / name).write_text(text, encoding="utf-8")
    sandbox.create(folder, env)
    return Sandbox(folder / "clone", env)


def shop(base: str, overlay: str = "") -> dict[str, str]:
    """A repository with this base, and more in the overlay of production."""
    return RULES | {
        "promote.yaml": CONFIG,
        "base/kustomization.yaml": "resources: [all.yaml]\n",
        "base/all.yaml": base,
        "overlays/staging/kustomization.yaml": "resources: [../../base]\n",
        OVERLAY: f"# Production.\nnamespace: shop\nresources: [../../base]\n{overlay}",
        "overlays/production/web.patch.yaml": MERGE,
        "overlays/production/prefix.yaml": PREFIX,
    }


@pytest.fixture
def web(tmp_path: Path, surroundings: dict[str, str]) -> Sandbox:
    return made(tmp_path, surroundings, shop(WEB, INLINE))


def rendered(clone: Sandbox, folder: str = "overlays/production") -> list[dict[str, Any]]:
    """What the shared branch renders."""
    clone.git("pull", "--quiet", "--ff-only", "origin", "main")
    tool = REPOSITORY / ".tools/bin/kustomize"
    done = subprocess.run([tool, "build", folder], cwd=clone.root, capture_output=True, check=True)
    return list(yaml.safe_load_all(done.stdout))


def numbers(clone: Sandbox, service: str) -> tuple[int, int | None]:
    """The minimum of a service and its default, as `--status` reports them."""
    every = clone.promote("scale", "production", "--status", "--output", "json").json["services"]
    (found,) = (one for one in every if one["service"] == service)
    return found["numbers"][0]["minimum"], found["default"]


QUICK = ("a patch of operations", "a prefix", "KEDA", "replicas in the overlay", "a StatefulSet")
EVERY = [pytest.param(one, marks=() if one in QUICK else pytest.mark.thorough) for one in SHAPES]


@pytest.mark.parametrize("shape", EVERY)
def test_a_number_applies_wherever_the_default_is_written(
    shape: str, tmp_path: Path, surroundings: dict[str, str]
) -> None:
    base, overlay, name, decides = SHAPES[shape]
    clone = made(tmp_path, surroundings, shop(base, overlay))
    start, before = clone.tip(), rendered(clone)
    done = clone.promote("scale", "production", name, "5", "--output", "json").json
    (change,) = done["changes"]
    kind, owner, path = decides.split(" ")
    assert (change["resource"]["kind"], change["resource"]["name"], change["path"]) == (kind, owner, path)
    after = rendered(clone)
    for one in before:
        if (one["kind"], one["metadata"]["name"]) == (kind, owner):
            one["spec"][path.rpartition("/")[2]] = 5
    assert after == before
    assert clone.at_origin("diff", "--name-status", start, "main").split() == ["M", OVERLAY, "A", SCALE]
    clone.promote("scale", "production", "--all", "--default")
    assert clone.at_origin("diff", "--name-only", start, "main") == ""


def test_a_second_number_changes_its_digits_only(web: Sandbox) -> None:
    web.promote("scale", "production", "web", "4")
    first = web.tip()
    web.promote("scale", "production", "web", "5")
    changed = web.at_origin("diff", "--unified=0", first, "main").splitlines()
    assert [line for line in changed if re.match(r"[-+][^-+]", line)] == [
        "-    minReplicas: 4",
        "+    minReplicas: 5",
    ]
    assert web.at_origin("show", "--no-patch", "--format=%s", "main") == "scale: production (web 4→5)"
    assert "HorizontalPodAutoscaler/shop/web /spec/minReplicas 4 -> 5" in web.at_origin("show", "--format=%b", "main")


def test_each_service_has_its_own_number_and_its_own_way_back(tmp_path: Path, surroundings: dict[str, str]) -> None:
    clone = made(tmp_path, surroundings, shop(WEB + "---\n" + workload("Deployment", "cart")))
    clone.promote("scale", "production", "web", "5")
    one = clone.show(SCALE, "main")
    clone.promote("scale", "production", "cart", "3")
    assert (numbers(clone, "web"), numbers(clone, "cart")) == ((5, 1), (3, 1))
    clone.promote("scale", "production", "cart", "--default")
    assert clone.show(SCALE, "main") == one
    # The default is no number of its own: whoever changes the default changes the service.
    clone.promote("scale", "production", "web", "1")
    assert clone.at_origin("ls-tree", "--name-only", "main", SCALE) == ""
    assert numbers(clone, "web") == (1, 1)


def test_status_shows_the_number_the_maximum_and_the_default(web: Sandbox) -> None:
    web.promote("scale", "production", "web", "4")
    lines = web.promote("scale", "production", "--status").out.splitlines()
    assert [line.split() for line in lines] == [
        ["service", "minimum", "maximum", "default", "decided", "by"],
        ["web", "4", "6", "2", "HorizontalPodAutoscaler", "web"],
    ]


def test_status_also_shows_how_many_pods_run(tmp_path: Path, surroundings: dict[str, str]) -> None:
    base = WEB + "---\n" + workload("Deployment", "cart")
    clone = made(tmp_path, surroundings, shop(base))
    with ClusterServer() as server:
        run(server, {"web": "shop/web:1"}, namespace="shop", replicas=2)
        words = ["--live", "--kubeconfig", str(server.kubeconfig(tmp_path))]
        done = clone.promote("scale", "production", "--status", *words)
        assert [line.split()[:4] for line in done.out.splitlines()] == [
            ["service", "minimum", "maximum", "default"], ["cart", "1", "-", "-"], ["web", "1", "6", "2/2"],
        ]  # fmt: skip
        every = clone.promote("scale", "production", "--status", *words, "--output", "json").json["services"]
        assert [one["live"] for one in every] == [None, {"replicas": 2, "ready": 2}]
        assert "--live needs --status" in clone.promote("scale", "production", "web", "3", *words, code=2).err
        assert TOKEN not in done.out + done.err
    assert server.violations == []
    assert clone.promote("scale", "production", "--status", *words, code=6).err.startswith("promote: ")


def test_a_dry_run_and_a_number_that_is_there_write_nothing(web: Sandbox) -> None:
    before = (web.snapshot(), web.branches())
    done = web.promote("scale", "production", "web", "4", "--dry-run")
    assert "web: 2 → 4 (HorizontalPodAutoscaler /spec/minReplicas)" in done.out
    assert "+ /spec/minReplicas: 4" in done.out
    assert "nothing to do" in web.promote("scale", "production", "web", "2").out
    assert "nothing to do" in web.promote("scale", "production", "--all", "--default").out
    assert (web.snapshot(), web.branches()) == before


def test_a_pull_request_is_opened_renewed_and_merged(web: Sandbox) -> None:
    start = web.tip()
    web.promote("scale", "production", "web", "4", "--pr")
    web.promote("scale", "production", "web", "5", "--pr")
    (pull,) = web.pulls().values()
    assert (pull["head"], pull["title"], web.tip()) == (
        "scale/production/web", "scale: production (web 2→5)", start,
    )  # fmt: skip
    assert "| web | HorizontalPodAutoscaler `/spec/minReplicas` | 2 | 5 |" in pull["body"]
    web.promote("merge", "1")
    assert numbers(web, "web") == (5, 2)


REFUSED = [
    (
        ["web", "7"],
        3,
        "7 is above 6, the maximum of HorizontalPodAutoscaler web: raise maxReplicas first (base/all.ya",
    ),
    (["web", "0"], 2, "0 replicas would stop HorizontalPodAutoscaler web: `scale` keeps at least 1"),
    (["web", "-3"], 2, "-3 replicas would stop"),
    (["wbe", "2"], 2, "no service is called 'wbe'; known: web"),
    (["wbe", "--default"], 2, "no service is called 'wbe'; known: web"),
    (["web", "many"], 2, "invalid int value: 'many'"),
    (["web"], 2, "write SERVICE and a number, --all --default, or --status"),
    (["--all"], 2, "write SERVICE and a number"),
    (["--default"], 2, "--default takes SERVICE or --all, and no number"),
    (["web", "3", "--default"], 2, "--default takes SERVICE or --all, and no number"),
    (["web", "--status"], 2, "--status shows every service"),
]


def test_what_makes_no_sense_is_refused(web: Sandbox) -> None:
    start = web.tip()
    for words, code, said in REFUSED:
        assert said in web.promote("scale", "production", *words, code=code).err
    assert web.tip() == start


def test_two_autoscalers_of_one_service_are_refused(tmp_path: Path, surroundings: dict[str, str]) -> None:
    clone = made(tmp_path, surroundings, shop(WEB + KEDA))
    said = clone.promote("scale", "production", "web", "3", code=2).err
    assert "web has 2 autoscalers, HorizontalPodAutoscaler web and ScaledObject jobs: keep one of them first" in said
    assert "ScaledObject jobs" in clone.promote("scale", "production", "--status").out


def test_an_environment_that_another_one_is_built_on_is_refused(tmp_path: Path, surroundings: dict[str, str]) -> None:
    files = shop(WEB) | {
        "overlays/eu/kustomization.yaml": "resources: [../production]\n",
        "promote.yaml": CONFIG.replace("kubernetes", "  eu: {path: overlays/eu}\nkubernetes"),
    }
    clone = made(tmp_path, surroundings, files)
    said = clone.promote("scale", "production", "web", "3", code=3).err
    assert "eu is built on production and would change too" in said
    clone.promote("scale", "eu", "web", "3")
    assert [one["spec"]["minReplicas"] for one in rendered(clone, "overlays/eu") if "minReplicas" in one["spec"]] == [
        3
    ]


def test_a_number_beyond_the_quota_is_denied_in_every_profile(tmp_path: Path, surroundings: dict[str, str]) -> None:
    quota = 'apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: all}\nspec: {hard: {pods: "4"}}\n---\n'
    files = shop(quota + workload("StatefulSet", "db", "replicas: 1"))
    config = files.pop("promote.yaml") + "profile: baseline\n"
    files = {path: text for path, text in files.items() if path not in RULES} | {"promote.yaml": config}
    clone = made(tmp_path, surroundings, files)
    said = clone.promote("scale", "production", "db", "5", code=3).err
    assert "quota.fits: ResourceQuota/all: pods is 4, but the maximum demand is 5: StatefulSet db 5 × 1" in said
    clone.promote("scale", "production", "db", "4")


def test_a_name_that_others_had_or_have_elsewhere_is_one_object(tmp_path: Path, surroundings: dict[str, str]) -> None:
    files = shop("") | {
        "base/all.yaml": WEB,
        "canary/kustomization.yaml": "nameSuffix: -canary\nresources: [../base]\n",
        "tenant/kustomization.yaml": "namespace: tenant\nresources: [../base]\n",
        "shop/kustomization.yaml": "namespace: shop\nresources: [../base, ../canary]\n",
        OVERLAY: "resources: [../../shop, ../../tenant]\n",
    }
    clone = made(tmp_path, surroundings, files)
    said = clone.promote("scale", "production", "web", "3", code=2).err
    assert "'web' could be Deployment/shop/web or Deployment/tenant/web: write NAMESPACE/NAME" in said
    clone.promote("scale", "production", "shop/web", "3")
    scalers = [one for one in rendered(clone) if one["kind"] == "HorizontalPodAutoscaler"]
    found = {(one["metadata"]["namespace"], one["metadata"]["name"]): one["spec"]["minReplicas"] for one in scalers}
    assert found == {("shop", "web"): 3, ("shop", "web-canary"): 1, ("tenant", "web"): 1}


@pytest.mark.quick
def test_a_scale_yaml_of_somebody_else_is_left_alone(tmp_path: Path, surroundings: dict[str, str]) -> None:
    clone = made(tmp_path, surroundings, shop(WEB) | {SCALE: "mine: true\n"})
    said = clone.promote("scale", "production", "web", "3", code=2).err
    assert f"{SCALE}: `promote scale` keeps its numbers in a file of this name" in said
    clone.replace(OVERLAY, "resources:", "transformers: [scale.yaml]\nresources:")
    clone.write(SCALE, PREFIX)
    clone.publish()
    said = clone.promote("scale", "production", "web", "3", code=2).err
    assert f"{SCALE}:1: `promote scale` keeps its numbers in this file, and did not write this" in said


def test_the_defaults_come_back_also_where_an_autoscaler_is_gone(web: Sandbox) -> None:
    start = web.show(OVERLAY, "main")
    web.promote("scale", "production", "web", "4")
    web.git("pull", "--quiet", "origin", "main")
    web.write("base/all.yaml", workload("Deployment", "web"))
    web.publish("no autoscaler")
    # Kustomize refuses a number of nothing, so that it is not lost without a word.
    assert (
        "no matches for Id HorizontalPodAutoscaler.v2.autoscaling/web.shop"
        in web.promote("scale", "production", "web", "5", code=2).err
    )
    web.promote("scale", "production", "--all", "--default")
    assert web.show(OVERLAY, "main") == start


def test_a_service_of_promote_yaml_is_what_runs_its_image(tmp_path: Path, surroundings: dict[str, str]) -> None:
    overlay = "images: [{name: 'shop/web', newName: registry.example/web, newTag: '2'}]\n"
    config = CONFIG + "services: {front: [shop/web]}\n"
    clone = made(tmp_path, surroundings, shop(WEB, overlay) | {"promote.yaml": config})
    assert clone.promote("scale", "production", "front", "3", "--output", "json").json["changes"][0]["new"] == 3


def test_a_freeze_does_not_stop_it_but_is_mentioned(tmp_path: Path, surroundings: dict[str, str]) -> None:
    gates = (
        "{path: overlays/production, gates: {freeze: [{start: 2020-01-01 00:00, end: 2098-01-01 00:00, "
        "timezone: UTC, reason: a long one}]}}"
    )
    config = CONFIG.replace("{path: overlays/production}", gates)
    clone = made(tmp_path, surroundings, shop(WEB) | {"promote.yaml": config})
    done = clone.promote("scale", "production", "web", "3")
    assert "note: production is frozen until Wed 2098-01-01 00:00 UTC (a long one)" in done.out
    assert numbers(clone, "web") == (3, 1)


@pytest.mark.thorough
def test_this_repository(mediq: Sandbox) -> None:
    start = mediq.tip()
    mediq.promote("scale", "production", "api-gateway", "5")
    assert mediq.at_origin("diff", "--name-status", start, "main").split() == ["M", OVERLAY, "A", SCALE]
    gateway = next(one for one in rendered(mediq) if one["kind"] == "ScaledObject")
    assert (gateway["metadata"]["name"], gateway["spec"]["minReplicaCount"]) == ("api-gateway", 5)


@pytest.mark.thorough
def test_this_repository_and_back(mediq: Sandbox) -> None:
    start = mediq.tip()
    mediq.promote("scale", "staging", "user-service", "2")
    mediq.promote("scale", "staging", "ocr-service", "2")
    mediq.promote("scale", "staging", "--all", "--default")
    assert mediq.at_origin("diff", "--name-only", start, "main") == ""
    assert "least is below 3" in mediq.promote("scale", "production", "api-gateway", "2", code=3).err
