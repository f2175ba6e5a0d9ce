"""Every promised denial, with its rule, its resource, and the file and line to mend."""

from __future__ import annotations

import pytest

from tests.integration.checking import Checked, Repository
from tests.manifests.render import HASH

STAGING = "overlays/staging/kustomization.yaml"
ENGINE = "overlays/staging/resources-ocr-engine.patch.yaml"
USERS = "base/network-policies/user-service.yaml"
INIT_CONTAINER = """\
  - patch: |-
      apiVersion: apps/v1
      kind: Deployment
      metadata:
        name: user-service
      spec:
        template:
          spec:
            initContainers:
              - name: wait
                image: mediq/user-service
"""
OPERATIONS = """\
  - target:
      kind: HorizontalPodAutoscaler
      name: user-service
    patch: |-
      - op: add
        path: /spec/maximum
        value: 3
      - op: replace
        path: /spec/maxReplicas
        value: "three"
"""
NO_DEFAULT_DENY = """\
  - patch: |-
      apiVersion: networking.k8s.io/v1
      kind: NetworkPolicy
      metadata:
        name: default-deny
      $patch: delete
"""
# A value of each kind of source: what stands there, what instead, who breaks which rule, and the line to name.
GRAFANA, JAEGER = "base/monitoring/grafana/deployment.yaml", "base/monitoring/jaeger/statefulset.yaml"
MONITORING, LOKI = "overlays/staging/monitoring.patch.yaml", "components/log-aggregation/loki/statefulset.yaml"
GATEWAY, PDB, NAMESPACE = (
    "base/api-gateway/kustomization.yaml",
    "base/mysql/pdb.yaml",
    "overlays/staging/namespace.yaml",
)
VALUES = [
    (GRAFANA, "Filesystem: true", "Filesystem: false", "workloads.read_only_root", "Deployment/grafana", "m: false"),
    (PDB, "Unavailable: 1", "Unavailable: 0", "disruption.drain", "PodDisruptionBudget/mysql", "Unavailable: 0"),
    (NAMESPACE, "enforce: restricted", "enforce: baseline", "namespaces.pod_security", "Namespace/", "enforce: base"),
    (MONITORING, '{cpu: "1", mem', "{mem", "workloads.resources", "StatefulSet/prometheus", "limits: {mem"),
    (STAGING, "storage: 2Gi", "storage: 3Gi", "storage.table", "StatefulSet/rabbitmq", "storage: 3Gi"),
    (LOKI, "image: grafana/loki\n", "image: grafana/lokis\n", "images.tag", "StatefulSet/loki", "grafana/lokis"),
    (GATEWAY, "- PORT=8601", "- A=todo\n      - PORT=8601", "secrets.placeholders", "ConfigMap/api-gate", "- A=to"),
]  # fmt: skip


@pytest.fixture(scope="module")
def overlays(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    repository = Repository.of_overlays(tmp_path_factory.mktemp("overlays"))
    repository.edit(
        ENGINE, "- name: server\n", "- name: server\n          securityContext:\n            runAsUser: 0\n"
    )
    mysql = "- podSelector:\n            matchLabels:\n              app.kubernetes.io/name: mysql"
    repository.edit(USERS, mysql, "- {}")
    version = (
        '    newTag: "1.5.0"\n    digest: sha256:621519d57b4072917462900490dc13a878224a646ae726c1776fd7bad476f55c\n'
    )
    repository.edit(STAGING, version, "")
    for file, old, new, *_ in VALUES:
        repository.edit(file, old, new)
    repository.edit(JAEGER, "            readOnlyRootFilesystem: true\n", "")
    repository.append(STAGING, INIT_CONTAINER + OPERATIONS + NO_DEFAULT_DENY)
    return repository


@pytest.fixture(scope="module")
def found(overlays: Repository) -> Checked:
    return overlays.check()


def of_staging(found: Checked, rule: str) -> set[tuple[str, str, str]]:
    return {place for place in found.places_in("staging") if place[0] == rule}


def test_the_check_is_denied(found: Checked) -> None:
    assert found.code == 3


def test_every_document_is_seen_all_the_same(found: Checked) -> None:
    for target in found.json["targets"]:
        assert target["documents"] == target["evaluated"] == target["validated"] > 30, target


# Why a rule finds nothing to judge in either environment; all others must.
IDLE = {
    "delivery": "what Argo CD and Flux read lies in delivery/, not in an environment",
    "edge.parents": "Gateways and their routes come with the component edge-gateway",
    "references.monitor": "Prometheus is configured by its own file, not by an operator",
    "references.rollout_service": "Deployments roll out here, not Rollouts",
    "secrets.plain_secret": "no Secret lies in Git",
    "storage.host_path": "volumes are made by a StorageClass, none is written down",
    "storage.unused_claim": "claims are made by the templates of StatefulSets",
    "workloads.naked_pods": "every pod has a controller",
}


def test_every_rule_had_something_to_judge(found: Checked) -> None:
    coverage = found.json["coverage"]
    assert {rule for rule in coverage["never_applied"] if not {rule, rule.partition(".")[0]} & set(IDLE)} == set()
    assert coverage["unknown"] == []
    judged = {row["rule"]: row["applied"] for row in coverage["rules"] if row["target"] == "production"}
    assert judged["network.default_deny"] == 1
    assert judged["workloads.replicas_with_hpa"] >= 5


@pytest.mark.parametrize(("file", "rule", "who", "text"), [(one[0], *one[3:]) for one in VALUES])
def test_the_line_that_was_changed(
    found: Checked, overlays: Repository, file: str, rule: str, who: str, text: str
) -> None:
    where = {place for _, name, place in of_staging(found, rule) if name.startswith(who)}
    assert where == {overlays.line(file, text)}


def test_the_line_where_what_is_missing_belongs(found: Checked, overlays: Repository) -> None:
    where = overlays.line(JAEGER, "privileged: false", above=2)
    assert ("workloads.read_only_root", "StatefulSet/jaeger", where) in found.places_in("staging")


def test_a_root_container(found: Checked, overlays: Repository) -> None:
    where = overlays.line(ENGINE, "runAsUser: 0")
    assert of_staging(found, "workloads.run_as_user") == {
        ("workloads.run_as_user", "Deployment/ocr-engine-service", where)
    }
    assert [one["container"] for one in found.of("workloads.run_as_user")] == ["server"]


def test_an_init_container_without_limits(found: Checked, overlays: Repository) -> None:
    where = overlays.line(STAGING, "- name: wait")
    assert ("workloads.resources", "Deployment/user-service", where) in found.places
    assert {one["container"] for one in found.of("workloads.resources")} == {"wait", "prometheus"}


def test_a_namespace_without_deny_all(found: Checked, overlays: Repository) -> None:
    where = overlays.line("overlays/staging/namespace.yaml", "apiVersion")
    assert {("network.default_deny", "Namespace/mediq-staging", where)} == of_staging(found, "network.default_deny")
    # What a namespace lacks is one finding.
    assert len(found.of("network.default_deny")) == 1


def test_a_network_policy_with_an_empty_peer(found: Checked, overlays: Repository) -> None:
    where = overlays.line(USERS, "- {}")
    assert of_staging(found, "network.allow_all") == {("network.allow_all", "NetworkPolicy/user-service", where)}
    assert {one["target"] for one in found.of("network.allow_all")} == {"staging", "production"}


def test_an_unknown_field_and_a_wrong_type(found: Checked, overlays: Repository) -> None:
    who = "HorizontalPodAutoscaler/user-service"
    # The operation that wrote it: its first line is one above its path.
    unknown = overlays.line(STAGING, "path: /spec/maximum", above=1)
    wrong = overlays.line(STAGING, 'value: "three"', above=2)
    places = {place for place in of_staging(found, "schema.invalid") if place[1] == who}
    assert places == {("schema.invalid", who, unknown), ("schema.invalid", who, wrong)}
    messages = {one["message"] for one in found.of("schema.invalid")}
    assert any("'maximum' is unknown (Kubernetes 1.35, 1.36, 1.37)" in message for message in messages)
    assert any("at /spec/maxReplicas: got string, want integer" in message for message in messages)


def test_an_image_without_a_tag(found: Checked, overlays: Repository) -> None:
    where = overlays.line(STAGING, "- name: mediq/user-service")
    # The Job that migrates its database runs the same image.
    users = ("Deployment/user-service", "Job/migrations-user")
    shown = {(rule, HASH.sub("", who), line) for rule, who, line in of_staging(found, "images.tag")}
    assert {one for one in shown if one[2].startswith("overlays")} == {("images.tag", who, where) for who in users}
    assert {"server", "wait"} <= {one["container"] for one in found.of("images.tag")}


def test_production_shows_only_what_both_share(found: Checked) -> None:
    of_production = {(rule, where.partition(":")[0]) for rule, _, where in found.places_in("production")}
    assert {rule for rule, file in of_production if file.startswith("overlays/staging")} == set()
    assert ("network.allow_all", USERS) in of_production
