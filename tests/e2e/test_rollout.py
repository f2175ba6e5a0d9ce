"""Both environments, as the API server, the controllers and the scheduler see them after the waves were applied."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from itertools import permutations

import pytest

from tests.e2e.api import Api, Object
from tests.e2e.cluster import Cluster
from tests.e2e.environments import (
    Environment,
    applied_at,
    condition,
    describe,
    missing,
    references,
    resolved,
    roll_out,
    runs_by_the_clock,
    seal,
    substance,
)
from tests.e2e.process import wait
from tests.manifests.render import WORKLOADS, labels, name_of, selects

# As long as the metrics server waits for the second reading of a pod.
METRICS_SECONDS = 60


def _settle(
    environment: Environment, item: Object, missing: Callable[[Object], str | None], seconds: float = 30
) -> None:
    """Controllers report a little later than pods become ready."""
    wait(describe(item), lambda: missing(environment.api.get(item)), seconds=seconds)


def test_the_api_server_warns_of_nothing(environment: Environment) -> None:
    assert environment.warnings == []


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "Job", "PersistentVolumeClaim"])
def test_everything_becomes_ready(environment: Environment, kind: str) -> None:
    assert environment.unready(environment.kind(kind)) == []


def test_the_services_are_there(environment: Environment) -> None:
    assert len(environment.kind("Deployment")) >= 5


def test_every_pod_that_should_run_is_ready_and_nothing_else_exists(environment: Environment) -> None:
    for pod in environment.api.list("v1", "Pod", environment.namespace):
        if runs_by_the_clock(pod):
            continue  # it may have begun just now
        state = condition(pod, "Ready")
        finished = pod["status"]["phase"] == "Succeeded" and pod["metadata"]["ownerReferences"][0]["kind"] == "Job"
        assert finished or (state and state["status"] == "True"), describe(pod)


def test_every_claim_of_a_stateful_set_is_bound_to_its_class(environment: Environment) -> None:
    claims = {
        name_of(each): each for each in environment.api.list("v1", "PersistentVolumeClaim", environment.namespace)
    }
    for workload in environment.live("StatefulSet"):
        for template in workload["spec"].get("volumeClaimTemplates", []):
            for number in range(workload["spec"]["replicas"]):
                claim = claims[f"{name_of(template)}-{name_of(workload)}-{number}"]
                assert claim["status"]["phase"] == "Bound"
                assert claim["status"]["capacity"] == template["spec"]["resources"]["requests"]
                assert claim["spec"]["storageClassName"] == template["spec"]["storageClassName"]


def test_no_claim_waits_for_a_volume(environment: Environment) -> None:
    claims = environment.api.list("v1", "PersistentVolumeClaim", environment.namespace)
    assert {each["status"]["phase"] for each in claims} == {"Bound"}


def test_every_autoscaler_finds_its_target_and_its_metrics(environment: Environment) -> None:
    scalers = environment.autoscalers()
    rendered = environment.kind("HorizontalPodAutoscaler", "ScaledObject")
    assert sorted(map(name_of, scalers)) == sorted(map(name_of, rendered))
    for scaler in scalers:
        _settle(environment, scaler, _unable, METRICS_SECONDS)


def _unable(scaler: Object) -> str | None:
    able, active = condition(scaler, "AbleToScale"), condition(scaler, "ScalingActive")
    if able and able["status"] != "True":
        return str(able["message"])
    if not (able and active):
        return "without conditions"
    if active["status"] != "True":
        return str(active["message"])
    if unknown := [each for each in scaler["spec"]["metrics"] if not _is_known(each, scaler["status"])]:
        return f"without {unknown}"
    count, least = scaler["status"].get("currentReplicas", 0), scaler["spec"]["minReplicas"]
    return None if count >= least else f"{count} replicas, not {least}"


def _is_known(metric: Object, status: Object) -> bool:
    """Whether the last decision took a metric into account."""
    return _measured(metric) in [_measured(each) for each in status.get("currentMetrics") or []]


def _measured(metric: Object) -> str:
    if metric["type"] == "Resource":
        return str(metric["resource"]["name"])
    return str(metric["external"]["metric"]["name"])


def test_every_disruption_budget_covers_pods_and_allows_a_drain(environment: Environment) -> None:
    for budget in environment.kind("PodDisruptionBudget"):
        _settle(environment, budget, _blocked)


def _blocked(budget: Object) -> str | None:
    status = budget.get("status", {})
    if status.get("observedGeneration") != budget["metadata"]["generation"] or not status.get("expectedPods"):
        return "without pods"
    if status["currentHealthy"] != status["expectedPods"]:
        return f"{status['currentHealthy']} of {status['expectedPods']} healthy"
    return None if status["disruptionsAllowed"] > 0 else "not letting a node be drained"


def test_every_pod_of_a_long_running_workload_has_one_disruption_budget(environment: Environment) -> None:
    budgets = environment.live("PodDisruptionBudget")
    for pod in environment.api.list("v1", "Pod", environment.namespace, fieldSelector="status.phase=Running"):
        if pod["metadata"]["ownerReferences"][0]["kind"] not in {"DaemonSet", "Job"}:
            found = [name_of(each) for each in budgets if selects(each["spec"]["selector"], labels(pod))]
            assert len(found) == 1, (name_of(pod), found)


def test_every_service_reaches_ready_pods_on_every_port(environment: Environment) -> None:
    for service in environment.kind("Service"):
        _settle(environment, service, lambda live: _unreachable(environment.api, live))


def _unreachable(api: Api, service: Object) -> str | None:
    selector = f"kubernetes.io/service-name={name_of(service)}"
    slices = api.list(
        "discovery.k8s.io/v1", "EndpointSlice", service["metadata"]["namespace"], labelSelector=selector
    )
    ready = [each for each in slices if any(end["conditions"]["ready"] for end in each["endpoints"] or [])]
    if not ready:
        return "without a ready endpoint"
    wanted = {port.get("name", "") for port in service["spec"].get("ports", [])}
    found = {port.get("name", "") for each in ready for port in each["ports"] or [] if port.get("port")}
    return None if found == wanted else f"ports {found}, not {wanted}"


def test_every_secret_that_a_pod_reads_is_there(environment: Environment) -> None:
    needed = {each for workload in environment.kind(*WORKLOADS) for each in references(workload)}
    assert [each for each in sorted(needed) if not resolved(environment.api, each)] == []


def test_every_sealed_secret_is_unsealed_to_the_values_of_this_run(environment: Environment) -> None:
    assert environment.sealed
    _assert_unsealed(environment)


def _assert_unsealed(environment: Environment) -> None:
    for sealed in environment.kind("SealedSecret"):
        secret = environment.api.find("v1", "Secret", name_of(sealed), environment.namespace)
        assert secret is not None
        values = {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}
        # A template may make other keys of the sealed ones.
        made = sealed["spec"].get("template", {}).get("data", {}).keys()
        assert {key: value for key, value in values.items() if key not in made} == environment.sealed[name_of(sealed)]
        assert made <= values.keys()


def test_secrets_are_sealed_for_this_cluster_and_unsealed_by_it(cluster: Cluster) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "mediq-sealing"}}
    sealed = {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {"name": "example", "namespace": "mediq-sealing"},
        "spec": {"encryptedData": {"PASSWORD": "for another cluster"}},
    }
    environment = Environment("sealing", cluster, [namespace, sealed])
    seal(environment)
    try:
        roll_out(environment)
        _assert_unsealed(environment)
    finally:
        cluster.api.delete(namespace)


def test_a_second_apply_changes_nothing(environment: Environment) -> None:
    for each in environment.objects:
        before = environment.api.get(each)
        answer = environment.api.apply(each)
        # Controllers write reports at any time; what we own, and since when, is ours alone.
        assert substance(answer.content) == substance(before), describe(each)
        assert applied_at(answer.content) == applied_at(before), describe(each)
        assert answer.warnings == ()


def test_nothing_refers_to_the_other_environment(environment: Environment) -> None:
    [other] = {"staging", "production"} - {environment.name}
    for each in environment.live(*{each["kind"] for each in environment.objects}):
        assert f"mediq-{other}" not in json.dumps(each), describe(each)


# What an account with any business in a namespace may do there.
DEEDS = [("list", "", "pods"), ("list", "", "services"), ("get", "", "secrets"), ("patch", "apps", "deployments")]


def test_no_account_may_do_anything_in_the_other_environment(environments: dict[str, Environment]) -> None:
    allowed = [
        (other.name, name_of(account), deed)
        for environment, other in permutations(environments.values())
        for account in environment.api.list("v1", "ServiceAccount", environment.namespace)
        for deed in DEEDS
        if _may(account, deed, other)
    ]
    assert allowed == []


def test_the_monitoring_may_look_at_pods_of_its_own_environment(environment: Environment) -> None:
    account = environment.api.find("v1", "ServiceAccount", "prometheus", environment.namespace)
    assert account is not None
    assert [_may(account, deed, environment) for deed in DEEDS] == [True, False, False, False]


def _may(account: Object, deed: tuple[str, str, str], environment: Environment) -> bool:
    """What the API server says of an account that asks for something in an environment."""
    verb, group, resource = deed
    namespace = account["metadata"]["namespace"]
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "metadata": {"name": ""},
        "spec": {
            "user": f"system:serviceaccount:{namespace}:{name_of(account)}",
            "groups": ["system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated"],
            "resourceAttributes": {
                "namespace": environment.namespace,
                "verb": verb,
                "group": group,
                "resource": resource,
            },
        },
    }
    return bool(environment.api.create(review).content["status"]["allowed"])


def test_no_policy_opens_to_the_other_environment(environments: dict[str, Environment]) -> None:
    for environment, other in permutations(environments.values()):
        [namespace] = other.live("Namespace")
        for policy in environment.live("NetworkPolicy"):
            rules = [*policy["spec"].get("ingress", []), *policy["spec"].get("egress", [])]
            peers = [peer for rule in rules for peer in [*rule.get("from", []), *rule.get("to", [])]]
            spaces = [peer["namespaceSelector"] for peer in peers if "namespaceSelector" in peer]
            assert not any(selects(each, labels(namespace)) for each in spaces), describe(policy)


def test_no_object_is_rendered_by_both(environments: dict[str, Environment]) -> None:
    addresses = [each.api.address(item) for each in environments.values() for item in each.objects]
    assert sorted(set(addresses)) == sorted(addresses)


def test_what_is_missing_is_noticed(environment: Environment) -> None:
    absent = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "absent", "namespace": "default"}}
    assert missing(environment.api, absent) == "not there"
