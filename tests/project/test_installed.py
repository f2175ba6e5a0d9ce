"""The wheel, installed where there is nothing else: the first minutes of a stranger, from `init` to `verify`.

No network, no Go, no make, no checkout: an empty virtual environment, Git, and a small repository of its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.integration.tiny import ENVIRONMENT, git
from tools.dist import platforms
from tools.setup import complete
from tools.setup.work import Workplace

ROOT = Path(__file__).resolve().parents[2]
# Seconds from an empty environment to the end: those of processors, because other work on a machine is not ours.
LONGEST = 600
BUILD = (sys.executable, "-m", "tools.dist", "--here", "--output")

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app.kubernetes.io/name: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app.kubernetes.io/name: web}}
  template:
    metadata: {labels: {app.kubernetes.io/name: web}}
    spec:
      automountServiceAccountToken: false
      securityContext: {runAsNonRoot: true, runAsUser: 10001, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: web
          image: registry.example.com/shop/web
          ports: [{name: http, containerPort: 8080}]
          readinessProbe: {httpGet: {path: /ready, port: http}}
          livenessProbe: {httpGet: {path: /live, port: http}}
          resources: {requests: {cpu: 10m, memory: 32Mi}, limits: {memory: 32Mi}}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
"""
ISSUER = """\
apiVersion: cert-manager.io/v1
kind: Issuer
metadata: {name: web}
spec: {selfSigned: {}}
"""
FILES = {
    "k8s/base/kustomization.yaml": "resources: [web.yaml, issuer.yaml]\n",
    "k8s/base/web.yaml": DEPLOYMENT,
    "k8s/base/issuer.yaml": ISSUER,
} | {
    f"k8s/overlays/{stage}/kustomization.yaml": f"""\
namespace: shop-{stage}
resources: [../../base]
images:
  - name: registry.example.com/shop/web   # the shop
    newTag: "{tag}"
"""
    for stage, tag in (("dev", "1.3.0"), ("staging", "1.2.0"), ("prod", "1.1.0"))
}


@dataclass(frozen=True)
class Shop:
    """Somebody's clone, and the installed command."""

    root: Path
    program: Path
    env: Mapping[str, str]
    start: float

    def promote(self, *arguments: str, code: int = 0) -> Any:
        done = subprocess.run(
            [self.program, *arguments, "--output", "json"],
            cwd=self.root, env=dict(self.env), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, (arguments, done.stdout, done.stderr)
        return json.loads(done.stdout) if done.stdout else None  # a refusal is said on the other stream

    def commit(self, message: str) -> None:
        git(self.root, "add", "--all")
        git(self.root, "commit", "--quiet", "--message", message)
        git(self.root, "push", "--quiet", "origin", "main")

    def tag(self, stage: str) -> str:
        """The version that the shared branch has for an environment."""
        git(self.root, "pull", "--quiet", "origin", "main")
        return (self.root / f"k8s/overlays/{stage}/kustomization.yaml").read_text().partition('newTag: "')[2][:5]


def spent() -> float:
    """The seconds that the programs that were started have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build(folder)
    return folder


def build(folder: Path) -> None:
    run([*BUILD, str(folder)], dict(os.environ))


def run(command: Sequence[str], env: Mapping[str, str]) -> None:
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (command, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def shop(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The wheel in an empty environment, with Git as the only other program, and a repository with its origin."""
    folder = tmp_path_factory.mktemp("stranger")
    programs = folder / "path"
    programs.mkdir()
    (programs / "git").symlink_to(str(shutil.which("git")))
    # An index or a proxy that does not answer: whatever asks for the network fails.
    closed = dict.fromkeys(("http_proxy", "https_proxy", "HTTPS_PROXY", "HTTP_PROXY"), "http://127.0.0.1:9")
    env = {**ENVIRONMENT, **closed, "PATH": str(programs), "HOME": str(folder), "PYTHONWARNINGS": "error"}
    start = spent()
    venv.create(folder / "venv", with_pip=True)
    (wheel,) = built.glob("*.whl")
    offline = ("--quiet", "--no-compile", "--no-index", "--find-links", str(ROOT / ".tools" / "wheels"))
    pip = [str(folder / "venv" / "bin" / "python"), "-I", "-m", "pip", "install"]
    without = {name: value for name, value in env.items() if name != "PYTHONWARNINGS"}
    run([*pip, *offline, "--constraint", str(built / "constraints.txt"), str(wheel)], without)
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", "--template=", "origin.git")
    git(folder, "clone", "--quiet", str(folder / "origin.git"), "clone")
    clone = folder / "clone"
    for name, text in FILES.items():
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_text(text)
    made = Shop(clone, folder / "venv" / "bin" / "promote", env, start)
    git(clone, "checkout", "--quiet", "-B", "main")
    made.commit("three environments")
    return made


def test_the_whole_journey(shop: Shop) -> None:
    found = shop.promote("init")
    assert [one["name"] for one in found["environments"]] == ["dev", "staging", "prod"]
    shop.commit("describe the environments")
    assert [(one["from"], one["to"]) for one in shop.promote("status")["pending"]] == [
        ("dev", "staging"), ("staging", "prod"),
    ]  # fmt: skip
    checked = shop.promote("check", "--profile", "restricted")
    assert [(one["documents"], one["validated"]) for one in checked["targets"]] == [(2, 2)] * 3
    assert checked["summary"]["deny"] == 0, checked["findings"]

    settings = shop.root / "promote.yaml"
    settings.write_text(settings.read_text().replace("# profile: baseline", "profile: restricted"))
    shop.commit("choose the rules")
    planned = shop.promote("plan", "staging", "prod")
    assert [(one["old"]["tag"], one["new"]["tag"]) for one in planned["changes"]] == [("1.1.0", "1.2.0")]
    pull = shop.promote("staging", "prod")["pull_request"]["number"]
    assert shop.tag("prod") == "1.1.0"
    shop.promote("merge", str(pull))
    assert shop.tag("prod") == "1.2.0"
    assert len(shop.promote("history", "prod")["revisions"]) == 2
    shop.promote("drift", "staging", "prod")
    shop.promote("verify", git(shop.root, "rev-parse", "HEAD").strip())

    shop.promote("rollback", "prod", "--all", "--reason", "it was slow")
    assert shop.tag("prod") == "1.1.0"
    shop.promote("drift", "staging", "prod", code=1)
    shop.promote("verify", git(shop.root, "rev-parse", "HEAD").strip())
    shop.promote("staging", "prod", code=4)  # the rollback holds the version
    assert [one["image"] for one in shop.promote("status")["holds"]] == ["registry.example.com/shop/web"]
    assert spent() - shop.start < LONGEST


CHART = {
    "promote.yaml": "environments: {dev: {path: dev}}\nkustomize: {helm: true}\n",
    "dev/kustomization.yaml": "helmCharts: [{name: web, releaseName: web, includeCRDs: true}]\n",
    "dev/charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "dev/charts/web/values.yaml": "name: of-the-chart\n",
    "dev/charts/web/templates/map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Values.name }}'}\n",
}


def test_a_chart_is_rendered_with_the_helm_of_the_wheel(shop: Shop, tmp_path: Path) -> None:
    for name, text in CHART.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = replace(shop, root=tmp_path).promote("check", "--profile", "baseline")
    assert [(one["documents"], one["validated"]) for one in found["targets"]] == [(1, 1)]


def test_everything_it_runs_comes_from_the_wheel(shop: Shop) -> None:
    package = next((shop.program.parents[1] / "lib").glob("python*")) / "site-packages" / "promote"
    assert {path.name for path in (package / "bin").iterdir()} == {"conftest", "helm", "kubeconform", "kustomize"}
    assert all(os.access(path, os.X_OK) for path in (package / "bin").iterdir())
    rules = shop.promote("policies")["rules"]
    assert {one["file"] for one in rules if one["file"] and str(package) not in one["file"]} == set()
    for program in (package / "bin").iterdir():
        text = (package / "notices" / f"{program.name}.txt").read_text()
        assert "Apache License" in text
        assert "the Go runtime and standard library" in text


KINDS = {
    "argoproj.io": {"application_v1alpha1", "rollout_v1alpha1"},
    "cert-manager.io": {"certificate_v1", "clusterissuer_v1"},
    "external-secrets.io": {"externalsecret_v1", "clustersecretstore_v1"},
    "bitnami.com": {"sealedsecret_v1alpha1"},
    "gateway.networking.k8s.io": {"httproute_v1", "grpcroute_v1"},
    "keda.sh": {"scaledobject_v1alpha1"},
    "kustomize.toolkit.fluxcd.io": {"kustomization_v1"},
    "monitoring.coreos.com": {"servicemonitor_v1", "prometheusrule_v1"},
    "source.toolkit.fluxcd.io": {"gitrepository_v1"},
}


def test_the_wheel_has_schemas_of_common_custom_resources(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name.removeprefix("promote/schemas/") for name in archive.namelist()}
    assert {f"{group}/{kind}.json" for group, kinds in KINDS.items() for kind in kinds} <= names


def test_the_bill_of_materials_names_the_programs_and_their_modules(built: Path) -> None:
    (file,) = built.glob("*.cdx.json")
    bill = json.loads(file.read_text())
    assert (bill["bomFormat"], bill["metadata"]["component"]["name"]) == ("CycloneDX", "gitops-promote")
    names = {one["name"] for one in bill["components"]}
    assert {
        "sigs.k8s.io/kustomize/kustomize/v5",
        "helm.sh/helm/v4",
        "github.com/open-policy-agent/opa",
        "stdlib",
        "pyyaml",
    } <= names


def test_the_constraints_are_the_versions_that_are_installed(built: Path, shop: Shop) -> None:
    (packages,) = shop.program.parents[1].glob("lib/python*/site-packages")
    others = {"gitops-promote", "pip", "setuptools"}
    there = {name: one.version for name, one in complete.installed(packages).items() if name not in others}
    assert complete.locked((built / "constraints.txt").read_text(), {}) == there


def test_the_checksums_are_those_of_the_files(built: Path) -> None:
    lines = [line.split("  ") for line in (built / "SHA256SUMS").read_text().splitlines()]
    assert {name for _, name in lines} == {path.name for path in built.iterdir()} - {"SHA256SUMS"}
    assert all(hashlib.sha256((built / name).read_bytes()).hexdigest() == seen for seen, name in lines)


@pytest.mark.thorough
def test_the_same_checkout_gives_the_same_bytes(built: Path, tmp_path: Path) -> None:
    build(tmp_path)
    assert (tmp_path / "SHA256SUMS").read_bytes() == (built / "SHA256SUMS").read_bytes()


@pytest.mark.thorough
def test_a_program_for_another_platform_has_the_same_bytes_wherever_it_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The smallest program, with a cache of its own each time, so that Go compiles everything again."""
    built = []
    for name in ("one", "another"):
        checkout = tmp_path / name
        shutil.copytree(ROOT / "tools/promote-tools", checkout / "tools/promote-tools")
        shutil.copyfile(ROOT / "tools/requirements-go.in", checkout / "tools/requirements-go.in")
        (checkout / ".tools").symlink_to(ROOT / ".tools")
        monkeypatch.setenv("GOCACHE", str(checkout / "cache"))
        work, package = Workplace(checkout, 0), "github.com/yannh/kubeconform/cmd/kubeconform"
        platforms.build(work, platforms.PLATFORMS[-1], "promote-tools", checkout / "out", package)
        built.append((checkout / "out" / "kubeconform").read_bytes())
    assert built[0] == built[1]
    assert built[0][:4] == bytes.fromhex("cffaedfe")  # a program for macOS
