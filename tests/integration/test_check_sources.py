"""Where findings point in kustomizations that build on others."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from promote.checks.findings import NOWHERE, Finding
from promote.checks.sources import Sources
from promote.kustomize import origins, render
from promote.kustomize.files import FILE_NAMES
from promote.kustomize.render import Rendered
from promote.model import Identity, Source
from promote.yamltext import places
from tests.integration.checking import ROOT, Repository, surroundings, wrap

pytestmark = pytest.mark.quick

TOP = "top/kustomization.yaml"
BASE = "base/kustomization.yaml"


@pytest.fixture
def two(tmp_path: Path) -> Repository:
    """The small kustomization as a base, and one of its own on top."""
    repository = Repository.small(tmp_path / "two")
    (repository.folder / "base").mkdir()
    for name in ("kustomization.yaml", "cart.yaml", "policies.yaml"):
        shutil.move(repository.folder / name, repository.folder / "base" / name)
    repository.write(TOP, "namePrefix: my-\nresources: [../base]\n")
    return repository


def source(repository: Repository, kind: str, name: str, path: str, rule: str = "x", **environment: str) -> str:
    folder = repository.folder / "top"
    with surroundings(repository.folder, **environment):
        rendered = render.kustomize(folder, "top")
        who = next(
            one.identity for one in rendered.documents if one.identity.kind == kind and name in str(one.identity)
        )
        return str(Sources(rendered, repository.folder).of(Finding(rule, "deny", "top", who, "", path=path)))


def test_an_object_of_the_base(two: Repository) -> None:
    assert source(two, "Deployment", "my-cart", "") == "base/cart.yaml:2"
    path = "/spec/template/spec/containers/0/resources/limits"
    assert source(two, "Deployment", "my-cart", path) == two.line("base/cart.yaml", "limits:")


def test_the_name_of_an_image_that_the_base_gives(two: Repository) -> None:
    path = "/spec/template/spec/containers/0/image"
    assert source(two, "Deployment", "my-cart", path, "images.tag") == two.line(BASE, "newTag")
    assert source(two, "Deployment", "my-cart", path, "images.retired") == two.line(BASE, "newName")


def test_the_targets_own_images_come_first(two: Repository) -> None:
    two.append(TOP, "images:\n  - name: registry.example/shop/cart\n    digest: sha256:" + "0" * 64 + "\n")
    path = "/spec/template/spec/containers/0/image"
    assert source(two, "Deployment", "my-cart", path, "images.digest") == two.line(TOP, "digest")
    assert source(two, "Deployment", "my-cart", path, "images.tag") == two.line(TOP, "name: registry")


def test_an_image_that_no_entry_sets(two: Repository) -> None:
    two.edit(BASE, "  - name: cart\n    newName: registry.example/shop/cart\n", "  - name: other\n")
    path = "/spec/template/spec/containers/0/image"
    assert source(two, "Deployment", "my-cart", path, "images.tag") == two.line("base/cart.yaml", "image: cart")


def test_a_generated_object_and_its_values(two: Repository) -> None:
    assert source(two, "ConfigMap", "my-settings", "/data/MODE") == two.line(BASE, "MODE=quiet")
    assert source(two, "ConfigMap", "my-settings", "") == two.line(BASE, "name: settings")


def test_a_value_that_the_target_merges_into_a_generated_object(two: Repository) -> None:
    two.append(
        TOP,
        "configMapGenerator:\n  - {name: settings, namespace: shop, behavior: merge, literals: [MODE=loud]}\n",
    )
    assert source(two, "ConfigMap", "my-settings", "/data/MODE") == two.line(TOP, "MODE=loud")


ALERTS = "groups:\n  - rules:\n      - alert: Down\n        for: 1m\n      - alert: Slow\n        for: 5m\n"
SECOND = "/data/alerts.yml/groups/0/rules/1"


def generates(repository: Repository, entry: str, kind: str = "ConfigMap") -> None:
    if kind == "ConfigMap":
        repository.edit(BASE, "configMapGenerator:\n", f"configMapGenerator:\n  - {entry}\n")
    else:
        repository.append(BASE, f"secretGenerator:\n  - {entry}\n")


def test_a_value_that_is_a_file(two: Repository) -> None:
    two.write("base/rules/alerts.yml", ALERTS)
    generates(two, "{name: rules, files: [rules/alerts.yml, other.yml=rules/alerts.yml]}")
    assert source(two, "ConfigMap", "my-rules", "/data/alerts.yml") == "base/rules/alerts.yml:1"
    assert source(two, "ConfigMap", "my-rules", "/data/other.yml") == "base/rules/alerts.yml:1"
    assert source(two, "ConfigMap", "my-rules", "") == two.line(BASE, "name: rules")


def test_a_path_that_leads_on_into_a_file(two: Repository) -> None:
    two.write("base/alerts.yml", "# Who is called.\n" + ALERTS)
    generates(two, "{name: rules, files: [alerts.yml]}")
    assert source(two, "ConfigMap", "my-rules", SECOND) == two.line("base/alerts.yml", "alert: Slow")
    assert source(two, "ConfigMap", "my-rules", SECOND + "/for") == two.line("base/alerts.yml", "for: 5m")
    assert source(two, "ConfigMap", "my-rules", SECOND + "/labels") == two.line("base/alerts.yml", "alert: Slow")


def test_a_path_that_leads_on_into_a_text_in_the_object(two: Repository) -> None:
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: rules}\ndata:\n  alerts.yml: |\n"
    two.write("base/rules.yaml", head + "".join(f"    {line}\n" for line in ALERTS.splitlines()))
    two.edit(BASE, "resources:\n", "resources:\n  - rules.yaml\n")
    assert source(two, "ConfigMap", "my-rules", SECOND) == two.line("base/rules.yaml", "alert: Slow")


def test_a_path_that_leads_on_into_a_text_whose_lines_are_not_its_own(two: Repository) -> None:
    text = ALERTS.replace("\n", "\\n")
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: rules}\ndata:\n"
    two.write("base/rules.yaml", f'{head}  alerts.yml: "{text}"\n')
    two.edit(BASE, "resources:\n", "resources:\n  - rules.yaml\n")
    assert source(two, "ConfigMap", "my-rules", SECOND) == two.line("base/rules.yaml", "alerts.yml:")


def test_a_path_that_leads_on_into_a_text_that_no_parser_takes(two: Repository) -> None:
    two.write("base/alerts.yml", "groups: !reference [here]\n")
    generates(two, "{name: rules, files: [alerts.yml]}")
    assert source(two, "ConfigMap", "my-rules", SECOND) == "base/alerts.yml:1"


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_a_value_that_is_a_line_of_a_file(two: Repository, kind: str) -> None:
    two.write("base/shop.env", "# none of it is real\nCOLOUR=red\nSIZE=large\n")
    generates(two, "{name: wishes, envs: [shop.env]}", kind)
    assert source(two, kind, "my-wishes", "/data/SIZE") == two.line("base/shop.env", "SIZE")


def test_a_patch_wrote_what_is_rendered(two: Repository) -> None:
    two.append(
        TOP,
        "patches:\n  - target: {kind: Deployment}\n    patch: |-\n"
        "      - {op: add, path: /spec/replicas, value: 3}\n",
    )
    assert source(two, "Deployment", "my-cart", "/spec/replicas") == two.line(TOP, "op: add")


def test_a_number_of_replicas_that_the_target_sets(two: Repository) -> None:
    two.append(TOP, "replicas:\n  - name: cart\n    count: 7\n")
    assert source(two, "Deployment", "my-cart", "/spec/replicas") == two.line(TOP, "count: 7")


def test_a_transformer_comes_after_every_patch(two: Repository) -> None:
    two.append(TOP, "replicas: [{name: cart, count: 7}]\ntransformers: [late.yaml]\n")
    head = "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: x}\npatch: |-\n  # A number.\n"
    body = "  apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: my-cart, namespace: shop}\n"
    two.write("top/late.yaml", head + body + "  spec:\n    replicas: 8\n")
    assert source(two, "Deployment", "my-cart", "/spec/replicas") == two.line("top/late.yaml", "replicas: 8")


def test_a_patch_reaches_further_than_the_file(two: Repository) -> None:
    two.write(
        "top/patch.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart}\nspec:\n"
        "  template:\n    spec:\n      initContainers:\n        - name: wait\n          image: wait:1\n",
    )
    two.append(TOP, "patches:\n  - path: patch.yaml\n    target: {kind: Deployment, name: cart}\n")
    where = two.line("top/patch.yaml", "- name: wait")
    assert source(two, "Deployment", "my-cart", "/spec/template/spec/initContainers/0/resources") == where


def test_an_object_of_a_component(two: Repository) -> None:
    two.write("part/kustomization.yaml", "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
              "resources: [account.yaml]\n")  # fmt: skip
    two.write("part/account.yaml", "\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot}\n")
    two.append(TOP, "components: [../part]\n")
    assert source(two, "ServiceAccount", "robot", "/automountServiceAccountToken") == "part/account.yaml:2"


def test_a_renamed_object_is_found_by_its_kind(two: Repository) -> None:
    two.append(TOP, "patches:\n  - target: {kind: Deployment}\n    options: {allowNameChange: true}\n    patch: |-\n"
               "      - {op: replace, path: /metadata/name, value: trolley}\n")  # fmt: skip
    assert source(two, "Deployment", "trolley", "/spec/selector") == two.line("base/cart.yaml", "selector:")


def test_a_namespace_that_a_kustomization_gives(two: Repository) -> None:
    two.append(TOP, "namespace: market\n")
    two.append("base/cart.yaml", "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")
    assert source(two, "Deployment", "my-cart", "/metadata/namespace") == two.line(TOP, "namespace: market")
    assert source(two, "Namespace", "market", "/metadata/name") == two.line(TOP, "namespace: market")


def test_findings_about_nothing_or_nobody_have_no_source(two: Repository) -> None:
    rendered = Rendered("x", two.folder / "base", "")
    whole = Sources(rendered, two.folder)
    assert whole.of(Finding("x", "deny", "t", NOWHERE, "")) is None
    assert whole.of(Finding("x", "deny", "t", Identity("v1", "Namespace", "", "other"), "")) is None
    shop = whole.of(Finding("x", "deny", "t", Identity("v1", "Namespace", "", "shop"), ""))
    assert str(shop) == two.line(BASE, "namespace: shop")


def test_a_file_outside_the_repository_is_named_whole(two: Repository, tmp_path: Path) -> None:
    rendered = Rendered("x", tmp_path, "kind: Pod\n", (tmp_path / "pod.yaml",))
    (tmp_path / "pod.yaml").write_text("# nothing here\n")
    found = Sources(rendered, two.folder).of(Finding("x", "deny", "t", Identity("", "Pod", "", ""), ""))
    assert found == Source(str(tmp_path.resolve() / "pod.yaml"), 1)


TWINS = """\
apiVersion: v1
kind: List
items:
  - &twin {apiVersion: v1, kind: ServiceAccount, metadata: &first {name: left}}
  - <<: *twin
    metadata: {<<: *first, name: right}
"""
RENAMED = """\
patches:
  - target: {kind: ServiceAccount, name: right}
    options: {allowNameChange: true}
    patch: |-
      - {op: replace, path: /metadata/name, value: starboard}
  - target: {kind: ServiceAccount, name: left}
    options: {allowNameChange: true}
    patch: |-
      - {op: replace, path: /metadata/name, value: port}
  - target: {kind: ConfigMap, name: second}
    options: {allowNameChange: true}
    patch: |-
      - {op: replace, path: /metadata/name, value: other}
configMapGenerator:
  - {name: first, namespace: shop, literals: [A=1]}
  - {name: second, namespace: shop, literals: [A=1]}
"""


@pytest.mark.slow
def test_renamed_objects_are_told_apart_however_alike(two: Repository) -> None:
    two.write("top/twins.yaml", TWINS)
    two.edit(TOP, "[../base]", "[../base, twins.yaml]")
    two.append(TOP, RENAMED)
    assert source(two, "ServiceAccount", "my-port", "") == two.line("top/twins.yaml", "name: left")
    assert source(two, "ServiceAccount", "my-starboard", "") == two.line("top/twins.yaml", "<<: *twin")
    assert source(two, "ConfigMap", "my-other", "/data/A") == two.line(TOP, "name: second, n")


def test_a_job_whose_name_ends_with_a_hash_of_its_contents(two: Repository) -> None:
    hashed = "annotations: {internal.config.kubernetes.io/needsHashSuffix: enabled}"
    two.write("base/job.yaml", f"kind: Job\napiVersion: batch/v1\nmetadata:\n  name: migrate\n  {hashed}\n")
    two.edit(BASE, "resources:\n", "resources:\n  - job.yaml\n")
    two.append(TOP, RENAMED.partition("configMapGenerator")[0].replace("ServiceAccount, name: left", "Job"))
    assert source(two, "Job", "my-port-", "") == "base/job.yaml:1"


@pytest.mark.thorough
def test_every_object_of_the_overlays_has_an_origin_of_its_kind() -> None:
    with surroundings(ROOT):
        found = origins.of(ROOT / "overlays" / "production")
        rendered = render.kustomize(ROOT / "overlays" / "production", "production")
    assert [one.identity for one in rendered.documents if origins.find(one.identity, found) is None] == []
    for who, origin in found.items():
        if origin.file.name in FILE_NAMES:
            assert who.kind in origins.GENERATORS
        else:
            assert places.text(origins.objects(origin.file)[origin.number], "kind") == who.kind


def test_kustomize_is_asked_once_more_at_most(two: Repository, tmp_path: Path) -> None:
    log = tmp_path / "log"
    slow = wrap(tmp_path / "tools", "kustomize", f'echo "$*" >> {log}; exec "$real" "$@"')
    two.append(TOP, RENAMED.partition("  - target: {kind: ServiceAccount, name: left}")[0])
    two.edit(TOP, "value: starboard", "value: port")

    def builds(kind: str, name: str) -> int:
        log.write_text("")
        source(two, kind, name, "/data/MODE", PROMOTE_TOOLS=slow)
        return len(log.read_text().splitlines())

    two.write("top/twins.yaml", TWINS.replace("left", "wrong"))
    two.edit(TOP, "[../base]", "[../base, twins.yaml]")
    assert builds("ConfigMap", "my-settings") == 1  # its generator can be no other
    assert builds("ServiceAccount", "my-port") == 2


@pytest.mark.slow
def test_without_origins_there_is_no_source(two: Repository, tmp_path: Path) -> None:
    refuses = 'case "$*" in *promote-origins-*) exit 1;; esac; exec "$real" "$@"'
    with surroundings(two.folder, PROMOTE_TOOLS=wrap(tmp_path / "tools", "kustomize", refuses)):
        assert origins.of(two.folder / "base") == {}
    found = two.check("base", only=("images.tag",), PROMOTE_TOOLS=str(tmp_path / "tools"))
    assert found.code == 0
