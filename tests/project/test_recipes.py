"""The examples of docs/extending.md, added to a copy of promote: each is one file and one line, and works there.

Everything is real but the two services on the loopback address: the copy runs as a process of its own.
"""

from __future__ import annotations

import difflib
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest

from promote.cluster.resources import Resource
from tests.integration import cluster_objects, sandbox
from tests.integration.cluster_server import ClusterServer
from tests.integration.sandbox import BRANCH, REPOSITORY, Outcome, Sandbox, tiny_overlay
from tests.integration.test_through_github import TOKEN, URL, GitHub
from tests.test_architecture import PACKAGES

CONFIG_MAPS, INGRESSES = Resource("", "v1", "configmaps"), Resource("networking.k8s.io", "v1", "ingresses")
PAGE = REPOSITORY / "docs/extending.md"
# What every heading of the page with blocks below it adds.
RECIPES = (
    "An approval",
    "A commit status",
    "A metric",
    "A forge",
    "An output format",
    "A command",
    "A sync engine",
    "A check of health",
)
ENCODING = "An image encoding"
# What must hold whatever is in the registries.
ALSO_TRUE = (
    "tests/test_architecture.py",
    "tests/unit/test_arguments.py::test_every_option_is_explained",
    "tests/unit/test_arguments.py::test_options_are_the_fields_of_the_command",
    "tests/unit/test_config.py::test_every_setting_of_a_gate_is_in_the_schema_and_explained",
    "tests/unit/test_config.py::test_no_environment_can_be_called_like_a_command",
    "tests/unit/test_config.py::test_the_schema_explains_what_it_refuses",
    "tests/unit/test_config.py::test_the_schema_for_editors_is_the_one_that_promote_uses",
)
HEADING = re.compile(r"^##+ (.+)$", re.MULTILINE)
BLOCK = re.compile(r"^```(?:python|text) (file|add)=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROMOTED = tiny_overlay("production", "1.2.0", "2.1.0")


class Added(NamedTuple):
    """What a recipe did to the copy: new files, and new or changed lines of others."""

    files: list[str]
    lines: list[str]


@dataclass(frozen=True)
class Extended:
    """A copy of promote with every recipe of the page."""

    root: Path
    added: dict[str, Added]

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Python in the copy, which is then the promote that it finds."""
        env = os.environ | {"PYTHONPATH": str(self.root)}
        command = [sys.executable, *arguments]
        return subprocess.run(
            command, cwd=self.root, env=env, capture_output=True, text=True, check=False, timeout=300
        )


def _sections() -> dict[str, list[tuple[str, str, str]]]:
    """The blocks below each heading of the page."""
    _, *parts = HEADING.split(PAGE.read_text(encoding="utf-8"))
    found = {title: BLOCK.findall(text) for title, text in zip(parts[::2], parts[1::2], strict=True)}
    return {title: blocks for title, blocks in found.items() if blocks}


def _follow(root: Path, blocks: list[tuple[str, str, str]]) -> None:
    """Write the files, and put each line at the end of the constant that its block names."""
    for action, target, text in blocks:
        path, _, constant = target.partition("#")
        if action == "file":
            assert not (root / path).exists()
            (root / path).write_text(text, encoding="utf-8")
        else:
            before, start, rest = (root / path).read_text(encoding="utf-8").partition(f"\n{constant}")
            inside, end, after = re.split(r"^([)}]\n)", rest, maxsplit=1, flags=re.MULTILINE)
            (root / path).write_text(before + start + inside + text + end + after, encoding="utf-8")


def _files(root: Path) -> dict[str, list[str]]:
    paths = (path for path in root.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8").splitlines() for path in paths}


def _added(before: dict[str, list[str]], after: dict[str, list[str]]) -> Added:
    lines = []
    for path, old in before.items():
        changed = difflib.unified_diff(old, after[path], lineterm="", n=0)
        lines += [line for line in list(changed)[2:] if line[0] in "+-"]
    return Added(sorted(after.keys() - before.keys()), lines)


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Extended:
    """The copy; `make docs` has run there, for the one generator that depends on promote alone."""
    root = tmp_path_factory.mktemp("extended")
    nothing_built = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPOSITORY / "promote", root / "promote", ignore=nothing_built)
    needed = ["pyproject.toml", "tools/docs.py", "tools/pages/schema.py", "tests/__init__.py", "tests/conftest.py"]
    needed += ["tests/shared.py", "tests/test_architecture.py"]
    needed += [f"tests/unit/{name}.py" for name in ("__init__", "test_arguments", "test_config")]
    for name in needed:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, root / name)
    found = {}
    for title, blocks in _sections().items():
        before = _files(root)
        _follow(root, blocks)
        found[title] = _added(before, _files(root))
    made = Extended(root, found)
    done = made.python("-m", "tools.docs")
    assert (done.returncode, done.stdout) == (0, "docs: promote/promote.schema.json\n"), done.stderr
    return made


@pytest.fixture
def shop(extended: Extended, tiny_template: Path, surroundings: dict[str, str], tmp_path: Path) -> Sandbox:
    """The small repository, whose promote is the extended copy."""
    return sandbox.copy(tiny_template, tmp_path / "shop", surroundings | {"PYTHONPATH": str(extended.root)})


def run(shop: Sandbox, *arguments: str, code: int = 0, env: Mapping[str, str] | None = None) -> Outcome:
    outcome = shop.finish(*arguments, env=env)
    assert outcome.code == code, outcome
    return outcome


def configure(shop: Sandbox, gates: str, more: str = "") -> None:
    """Give production these gates, on the shared branch."""
    gated = f"  production:\n    path: overlays/production\n    gates: {{{gates}}}\n{more}"
    shop.replace("promote.yaml", "  production: {path: overlays/production}\n", gated)
    shop.publish("ask for more")


def trailers(shop: Sandbox, branch: str) -> list[str]:
    found = shop.at_origin("log", "-1", "--format=%(trailers:key=Override-Reason)", branch)
    return found.splitlines()


def test_the_page_has_these_recipes() -> None:
    assert tuple(_sections()) == (*RECIPES, ENCODING)
    contents = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(docs/extending\.md#([a-z-]+)\)", contents)
    anchors = {title.lower().replace(" ", "-") for title in HEADING.findall(PAGE.read_text(encoding="utf-8"))}
    assert set(links) <= anchors
    assert {title.lower().replace(" ", "-") for title in (*RECIPES, ENCODING)} <= set(links)


def test_the_first_page_lists_the_packages_from_top_to_bottom() -> None:
    text = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    _, _, table = text.partition("| package | content |\n|---|---|\n")
    rows = table.partition("\n\n")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \| \S", rows, re.MULTILINE)) == PACKAGES


@pytest.mark.parametrize("title", RECIPES)
def test_a_recipe_adds_one_file_and_one_line(extended: Extended, title: str) -> None:
    files, lines = extended.added[title]
    assert (len(files), [line[0] for line in lines]) == (1, ["+"])


def test_an_image_encoding_changes_one_file(extended: Extended) -> None:
    files, lines = extended.added[ENCODING]
    assert (files, [line[0] for line in lines]) == ([], ["+"])


def test_a_rule_adds_two_files() -> None:
    text = (REPOSITORY / "policies/README.md").read_text(encoding="utf-8")
    files = re.findall(r"^```rego (\S+)$", text, re.MULTILINE)
    assert [(REPOSITORY / name).exists() for name in files] == [False, False]


def test_the_copy_keeps_the_rules_of_the_code(extended: Extended) -> None:
    done = extended.python("-m", "pytest", "-q", "-p", "no:cacheprovider", *ALSO_TRUE)
    assert done.returncode == 0, done.stdout
    for command in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        lint = extended.python("-m", "ruff", *command, "promote")
        assert lint.returncode == 0, lint.stdout


@pytest.mark.parametrize(
    ("gates", "says"),
    [
        ("approval: 0", "environments.production.gates.approval"),
        ("status: [build, 7]", "environments.production.gates.status.1 is a number but must be a string"),
        ("metric: {address: 'file:///etc/passwd', at_most: 1}", "environments.production.gates.metric.address"),
    ],
)
def test_settings_are_validated_with_file_and_line(shop: Sandbox, gates: str, says: str) -> None:
    configure(shop, gates)
    assert f"promote.yaml:5: {says}" in run(shop, "plan", "staging", "production", code=2).err


def test_an_approval_in_a_forge_of_files(shop: Sandbox) -> None:
    configure(shop, "approval: 1", "forge: {kind: folder}\n")
    # Before there is a pull request, nobody can approve it: that must not prevent it.
    opened = run(shop, "staging", "production", "--output", "json").json
    assert opened["approval"] == {"required": 1, "by": []}
    assert (opened["gates"], opened["pull_request"]["url"]) == ([], (_pulls(shop) / "1.json").as_uri())
    assert "production: approvals that the merge needs: 1" in run(shop, "plan", "staging", "production").out
    # What another commit got counts for nothing.
    (_pulls(shop) / "1.approvals").write_text(f"{shop.tip()} anna\n")
    refused = run(shop, "merge", "1", code=4).err
    assert "production: approved by nobody; 1 required (have a pull request approved, or give the reason" in refused
    (_pulls(shop) / "1.approvals").write_text(f"{shop.tip(BRANCH)} anna\n")
    run(shop, "merge", "1")
    assert shop.show(branch="main") == PROMOTED


def test_a_commit_that_nobody_can_approve_needs_a_reason(shop: Sandbox) -> None:
    configure(shop, "approval: 1", "forge: {kind: folder}\n")
    bump = ["bump", "production", "api=1.2.0", "--commit"]
    assert "production: approved by nobody; 1 required" in run(shop, *bump, code=4).err
    before = shop.tip()
    made = run(shop, *bump, "--despite-approval", "logins fail", "--output", "json").json
    assert [(gate["name"], gate["passed"], gate["despite"]) for gate in made["gates"]] == [
        ("approval", True, "logins fail")
    ]
    assert shop.at_origin("rev-parse", "main^") == before
    assert trailers(shop, "main") == ["Override-Reason: approval: logins fail"]


def _pulls(shop: Sandbox) -> Path:
    return shop.origin.with_name("origin.git.pulls")


@pytest.fixture
def github(shop: Sandbox) -> Iterator[GitHub]:
    shop.git("config", f"url.{shop.origin}.insteadOf", URL)
    shop.git("remote", "set-url", "origin", URL)
    server = GitHub(shop)
    with server:
        yield server
    assert server.violations == []


def test_approvals_and_statuses_of_github(shop: Sandbox, github: GitHub) -> None:
    configure(shop, "approval: 2, status: [build]")
    env = {"GITHUB_API_URL": github.api, "GH_TOKEN": TOKEN}
    run(shop, "staging", "production", env=env)
    head = shop.tip(BRANCH)
    github.review(1, "anna")
    github.run_check(head, "build", None)
    refused = run(shop, "merge", "1", code=4, env=env).err
    assert "production: approved by anna; 2 required; build: the check is pending" in refused
    assert "--despite-approval REASON wait for the check, or give the reason why not with --despite-status" in refused
    github.review(1, "bob")
    run(shop, "merge", "1", "--despite-status", "the runner is down", env=env)
    assert github.pulls[1]["state"] == "closed"
    assert "\nOverride-Reason: status: the runner is down\n" in github.pulls[1]["body"]


class Metric(HTTPServer):
    """Answers every request with `text`."""

    text = "0.2"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/rate"


class _Handler(BaseHTTPRequestHandler):
    server: Metric

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.server.text.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 http.server's name
        """Say nothing."""


@pytest.fixture
def metric() -> Iterator[Metric]:
    with Metric(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def test_a_metric_closes_and_opens(shop: Sandbox, metric: Metric) -> None:
    configure(shop, f"metric: {{address: '{metric.address}', at_most: 0.01}}")
    refused = run(shop, "staging", "production", code=4).err
    assert "production: the number is 0.2; at most 0.01 is allowed (wait until the number is low, or give" in refused
    assert list(shop.branches()) == ["main"]
    metric.text = "soon"
    planned = run(shop, "explain", "staging", "production", "--output", "json", code=4).json
    assert planned["metric"] == {"number": None, "at_most": 0.01}
    assert [(one["name"], one["reason"]) for one in planned["obstacles"]] == [
        ("metric", "production: the number is unknown; at most 0.01 is allowed")
    ]
    run(shop, "staging", "production", "--despite-metric", "the meter is broken")
    assert trailers(shop, BRANCH) == ["Override-Reason: metric: the meter is broken"]
    metric.text = "0.01\n"
    run(shop, "merge", "1")
    assert shop.show(branch="main") == PROMOTED


def test_an_output_format(shop: Sandbox) -> None:
    shop.replace("overlays/staging/kustomization.yaml", '"1.2.0"', "latest")
    lines = run(shop, "check", "staging", "--output", "tap", code=3).out.splitlines()
    assert lines[0] == "TAP version 14"
    results = [line for line in lines if re.match(r"(not )?ok ", line)]
    assert lines[1] == f"1..{len(results)}"
    assert [line.partition(" - ")[2] for line in results if line.startswith("not ok")] == ["images.tag"]
    assert any(line.startswith("# overlays/staging/kustomization.yaml:") for line in lines)


def test_a_command(shop: Sandbox) -> None:
    assert re.search(r"^ +count +count the images of an environment$", run(shop, "--help").out, re.MULTILINE)
    assert run(shop, "count", "staging").out == "staging: 2 images, 0 with a digest\n"
    counted = run(shop, "count", "staging", env={"PROMOTE_OUTPUT": "json"}).json
    assert counted == {"environment": "staging", "images": 2, "pinned": 0}
    shop.replace("promote.yaml", "staging:", "count:")
    assert "promote.yaml:2: 'count' cannot be a name in environments" in run(shop, "count", "staging", code=2).err


def test_a_sync_engine_and_a_check_of_health(shop: Sandbox, tmp_path: Path) -> None:
    namespace, tip = "shop-production", shop.tip()
    record = {"path": "overlays/production", "revision": tip, "error": ""}
    with ClusterServer() as server:
        cluster_objects.run(server, {"api": "shop/api:1.1.0", "web": "shop/web:2.0.0"}, namespace=namespace)
        server.put(CONFIG_MAPS, {"metadata": {"namespace": "pipeline", "name": "production"}, "data": record})
        server.put(INGRESSES, {"metadata": {"namespace": namespace, "name": "edge"}})
        config = str(server.kubeconfig(tmp_path))
        said = run(shop, "status", "production", "--live", "--kubeconfig", config).out
        assert f"ConfigMap/production is Applied, Unknown, at {tip[:12]}" in said
        record["error"] = "the quota is used up"
        said = run(shop, "status", "production", "--live", "--kubeconfig", config, code=1).out
        assert "ConfigMap/production: the quota is used up" in said
        said = run(shop, "health", "production", "--kubeconfig", config, code=1).out
        assert "failed  Ingress/edge  no address" in said


def test_an_image_encoding(shop: Sandbox) -> None:
    shop.replace("overlays/staging/kustomization.yaml", 'newTag: "2.1.0"', "tagSuffix: -slim")
    shop.publish("another encoding")
    refused = run(shop, "plan", "staging", "production", code=2).err
    where = "overlays/staging/kustomization.yaml:7: tagSuffix cannot be '-slim'; write the whole tag in newTag"
    assert where in refused
