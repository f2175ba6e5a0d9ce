from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable
from typing import Any

import pytest
import yaml

from tests.manifests.reachability import Flow, names_resolved, reach
from tests.manifests.render import (
    COMPONENT,
    ENVIRONMENTS,
    REPOSITORY,
    STAGING_IS_SLOW,
    WORKLOADS,
    Render,
    containers,
    labels,
    name_of,
    overlay,
    pod_template,
    render,
    selects,
)
from tests.manifests.variants import COVERING, Variant, Workshop, example, optional, table, variants
from tools import quota

both = pytest.mark.parametrize("environment", ENVIRONMENTS)
rendering = pytest.mark.parametrize("environment", STAGING_IS_SLOW)
HOSTS = {"staging": ["api.staging.mediq.com", "staging.mediq.com"], "production": ["api.mediq.com", "mediq.com"]}
SCALED = ("api-gateway", "ocr-service", "patient-queue-service")


def _with(workshop: Workshop, environment: str, *names: str, patches: str = "") -> Render:
    variant = tuple(name.replace("ENV", environment) for name in names)
    return render(workshop.overlay(environment, variant, patches=patches))


def _kinds(rendered: Render) -> set[str]:
    return {f"{each['apiVersion'].rpartition('/')[0]}/{each['kind']}".lstrip("/") for each in rendered.objects}


def test_the_page_lists_every_component() -> None:
    folders = {path.parent for path in (REPOSITORY / "components").glob("*/README.md")}
    written = {each.name for each in folders}
    assert {each.name for each in (REPOSITORY / "components").iterdir() if each.is_dir()} == written
    assert optional() <= written
    assert {row[0].strip("`") for row in table("component")} >= optional()


def test_the_covering_combinations_are_allowed_and_cover() -> None:
    for environment in ENVIRONMENTS:
        chosen = [tuple(name.replace("ENV", environment) for name in each) for each in COVERING]
        assert set(chosen) <= set(variants(environment))
    assert {name.removesuffix("/ENV") for each in COVERING for name in each} == optional()


@pytest.mark.slow
@pytest.mark.parametrize("names", COVERING, ids=lambda names: names[0])
@rendering
def test_a_component_keeps_to_the_namespace_and_its_labels(
    workshop: Workshop, environment: str, names: Variant
) -> None:
    for each in _with(workshop, environment, *names).objects:
        if "namespace" in each["metadata"]:
            assert each["metadata"]["namespace"] == f"mediq-{environment}", each
        assert labels(each)["app.kubernetes.io/part-of"] == "mediq", each
        assert labels(each)["environment"] == environment, each
        assert ".NAMESPACE." not in json.dumps(each)
        assert "example.com" not in json.dumps(each.get("spec", {}).get("hostnames", [])), each


@pytest.mark.slow
def test_the_page_tells_the_kinds_of_each_component(workshop: Workshop) -> None:
    bare = _kinds(_with(workshop, "production"))
    told = {row[0].strip("`"): set(re.findall(r"`([^`]+)`", row[2])) for row in table("component")}
    for names in COVERING:
        brought = _kinds(_with(workshop, "production", *names)) - bare
        assert brought == {kind for name in names for kind in told[name.removesuffix("/ENV")]}


# The edge


@both
def test_staging_and_production_have_the_same_edge_but_for_the_hosts(environment: str) -> None:
    ingress = overlay(environment).one("Ingress", "mediq")
    other = overlay("production").one("Ingress", "mediq")
    assert ingress["metadata"]["annotations"] == other["metadata"]["annotations"]
    assert ingress["spec"]["tls"] == [{"hosts": HOSTS[environment], "secretName": "mediq-tls-secret"}]
    assert [rule["host"] for rule in ingress["spec"]["rules"]] == HOSTS[environment]


@both
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Frame-Options", "DENY"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-XSS-Protection", "1; mode=block"),
        ("Content-Security-Policy", "default-src 'none'; "),
    ],
)
def test_the_edge_sends_each_promised_header_with_every_answer(environment: str, name: str, value: str) -> None:
    annotations = overlay(environment).one("Ingress", "mediq")["metadata"]["annotations"]
    entries = [[part.strip() for part in each.split(":")] for each in annotations["nginx.org/add-header"].split(",")]
    (found,) = [entry for entry in entries if entry[0] == name]
    assert found[1].startswith(value)
    assert found[2:] == ["always"]
    assert name in annotations["nginx.org/proxy-hide-headers"].split(",")


def test_the_controller_is_told_to_count_connections() -> None:
    file = REPOSITORY / "components/edge-ingress/controller/nginx-config.yaml"
    settings = yaml.safe_load(file.read_text(encoding="utf-8"))["data"]
    assert "limit_conn_zone $binary_remote_addr zone=connections_per_address:10m;" in settings["http-snippets"]
    assert "limit_conn_status 429;" in settings["http-snippets"]
    assert settings["server-snippets"].strip() == "limit_conn connections_per_address 10;"


@pytest.mark.slow
@rendering
def test_both_edges_send_the_same_headers(workshop: Workshop, environment: str) -> None:
    annotation = overlay(environment).one("Ingress", "mediq")["metadata"]["annotations"]["nginx.org/add-header"]
    by_ingress = {entry.split(":")[0].strip(): entry.split(":")[1].strip() for entry in annotation.split(",")}
    rendered = _with(workshop, environment, "edge-gateway", "secrets-sealed/ENV")
    (modifier, *_) = rendered.one("HTTPRoute", "mediq")["spec"]["rules"][0]["filters"]
    by_gateway = {entry["name"]: entry["value"] for entry in modifier["responseHeaderModifier"]["set"]}
    assert by_ingress == by_gateway
    policy = by_gateway["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"unsafe|\*|data|http", policy)


@pytest.mark.slow
@rendering
def test_the_gateway_api_edge_is_the_same_contract(workshop: Workshop, environment: str) -> None:
    rendered = _with(workshop, environment, "edge-gateway", "secrets-sealed/ENV")
    assert rendered.kind("Ingress") == []
    gateway = rendered.one("Gateway", "mediq")["spec"]
    secure = [each for each in gateway["listeners"] if each["protocol"] == "HTTPS"]
    assert [each["hostname"] for each in secure] == HOSTS[environment]
    assert {each["tls"]["certificateRefs"][0]["name"] for each in secure} == {"mediq-tls-secret"}
    assert all(each["allowedRoutes"]["namespaces"]["from"] == "Same" for each in gateway["listeners"])
    for route in rendered.kind("HTTPRoute"):
        assert route["spec"]["hostnames"] == HOSTS[environment]
    (backend,) = rendered.one("HTTPRoute", "mediq")["spec"]["rules"][0]["backendRefs"]
    service = rendered.one("Service", backend["name"])
    assert backend["port"] in [port["port"] for port in service["spec"]["ports"]]
    redirect = rendered.one("HTTPRoute", "redirect-to-https")["spec"]
    assert redirect["parentRefs"] == [{"name": "mediq", "sectionName": "http"}]


@pytest.mark.slow
def test_the_pods_of_the_gateway_let_100_requests_a_second_through_together(workshop: Workshop) -> None:
    rendered = _with(workshop, "production", "edge-gateway", "secrets-sealed/ENV")
    (rule,) = rendered.one("RateLimitPolicy", "requests-per-address")["spec"]["rateLimit"]["local"]["rules"]
    pods = rendered.one("NginxProxy", "mediq")["spec"]["kubernetes"]["deployment"]["replicas"]
    assert int(rule["rate"].removesuffix("r/s")) * pods == 100
    assert (rule["rejectCode"], rule["key"]) == (429, "$binary_remote_addr")
    snippets = rendered.one("SnippetsPolicy", "connections-per-address")["spec"]["snippets"]
    text = "\n".join(each["value"] for each in snippets)
    assert "limit_conn connections_per_address 10;" in text
    assert "limit_conn_status 429;" in text


@pytest.mark.slow
def test_both_edges_wait_for_a_pod_as_long(workshop: Workshop) -> None:
    annotations = overlay("production").one("Ingress", "mediq")["metadata"]["annotations"]
    rendered = _with(workshop, "production", "edge-gateway", "secrets-sealed/ENV")
    timeouts = rendered.one("ProxySettingsPolicy", "timeouts")["spec"]["timeout"]
    assert timeouts == {each: annotations[f"nginx.org/proxy-{each}-timeout"] for each in ("connect", "send", "read")}


# Two versions of the gateway service

CANARY = ("edge-gateway", "secrets-sealed/ENV", "gateway-canary")


def _weights(rendered: Render) -> dict[str, int]:
    backends = rendered.one("HTTPRoute", "mediq")["spec"]["rules"][0]["backendRefs"]
    for each in backends:
        service = rendered.one("Service", each["name"])
        assert each["port"] in [port["port"] for port in service["spec"]["ports"]]
    return {each["name"].removeprefix("api-gateway-service"): each["weight"] for each in backends}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shown", "weights"),
    [("", {"": 100, "-canary": 0}), ("canary", {"": 90, "-canary": 10}), ("blue-green", {"": 0, "-canary": 100})],
)
def test_traffic_moves_by_weight(workshop: Workshop, shown: str, weights: dict[str, int]) -> None:
    patches = yaml.safe_dump(example("gateway-canary", shown)) if shown else ""
    rendered = _with(workshop, "production", *CANARY, patches=patches)
    assert _weights(rendered) == weights
    scaler = rendered.one("HorizontalPodAutoscaler", "api-gateway-canary")["spec"]
    first = rendered.one("HorizontalPodAutoscaler", "api-gateway")["spec"]
    assert ((scaler["minReplicas"], scaler["maxReplicas"]) == (first["minReplicas"], first["maxReplicas"])) == (
        shown == "blue-green"
    )


@pytest.mark.slow
@rendering
def test_the_second_version_has_everything_of_its_own(workshop: Workshop, environment: str) -> None:
    rendered = _with(workshop, environment, *CANARY)
    for kind in ("Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget", "ServiceAccount", "ConfigMap"):
        rendered.one(kind, "api-gateway")
        rendered.one(kind, "api-gateway-canary")
    pods = [labels(pod_template(rendered.one("Deployment", f"api-gateway{end}"))) for end in ("", "-canary")]
    for end, name in enumerate(("api-gateway-service", "api-gateway-service-canary")):
        selector = {"matchLabels": rendered.one("Service", name)["spec"]["selector"]}
        assert [selects(selector, each) for each in pods] == [end == 0, end == 1]
    images = [containers(rendered.one("Deployment", f"api-gateway{end}"))[0]["image"] for end in ("", "-canary")]
    assert {each.partition(":")[0] for each in images} == {"mediq/api-gateway"}
    assert images[0] != images[1]


FIRST = ("api-gateway", "user-service", "ocr-service", "ocr-engine-service", "patient-queue-service")


@pytest.mark.slow
@rendering
def test_any_service_may_have_a_second_colour_that_only_shares_its_flows(
    workshop: Workshop, environment: str
) -> None:
    folder = workshop.two_versions(environment, green=FIRST)
    rendered = render(folder)
    reached = reach(rendered)
    assert reached.denied == set()
    for name in FIRST:
        for kind in ("Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget", "ServiceAccount", "ConfigMap"):
            rendered.one(kind, f"{name}-green")
        pods = [labels(pod_template(rendered.one("Deployment", each))) for each in (name, f"{name}-green")]
        assert [each["colour"] for each in pods] == ["blue", "green"]
        service = rendered.one("Service", "api-gateway-service" if name == "api-gateway" else name)
        first, second = service["spec"]["selector"], service["spec"]["selector"] | {"colour": "green"}
        own = [
            rendered.one(kind, each)["spec"]["selector"]["matchLabels"]
            for kind in ("Deployment", "PodDisruptionBudget")
            for each in (name, f"{name}-green")
        ]
        for selector, expected in zip([first, second, *own], [(1, 0), (0, 1), *[(1, 0), (0, 1)] * 2], strict=True):
            assert tuple(selects({"matchLabels": selector}, each) for each in pods) == expected
        mine, other = (_flows_of(each, reached.reachable) for each in (name, f"{name}-green"))
        assert mine == other


def _flows_of(name: str, flows: Iterable[Flow]) -> set[tuple[str, str, str]]:
    """The flows between a workload, called `it`, and those that have no second version of their own name."""
    ends = {flow: ["it" if each == name else each for each in (flow.caller, flow.callee)] for flow in flows}
    found = {(caller, callee, flow.port) for flow, (caller, callee) in ends.items() if "it" in (caller, callee)}
    return {each for each in found if not each[0].endswith("-green") and not each[1].endswith("-green")}


@pytest.mark.slow
def test_a_canary_by_replicas_is_behind_the_service_of_the_first(workshop: Workshop) -> None:
    rendered = render(workshop.two_versions("production", canary=["ocr-service"]))
    (selector,) = (rendered.one("Service", "ocr-service")["spec"]["selector"],)
    canary = rendered.one("Deployment", "ocr-service-canary")
    for each in (rendered.one("Deployment", "ocr-service"), canary):
        assert selects({"matchLabels": selector}, labels(pod_template(each)))
    assert canary["spec"]["replicas"] == 0
    assert "ocr-service-canary" not in map(name_of, rendered.kind("HorizontalPodAutoscaler"))
    assert reach(rendered).denied == set()


@both
def test_uploads_pass_the_edge_as_far_as_the_gateway_takes_them(environment: str) -> None:
    annotations = overlay(environment).one("Ingress", "mediq")["metadata"]["annotations"]
    _passes_uploads(annotations["nginx.org/client-max-body-size"])


def test_uploads_pass_the_other_edge_likewise(workshop: Workshop) -> None:
    rendered = _with(workshop, "production", "edge-gateway", "secrets-sealed/ENV")
    _passes_uploads(rendered.one("ClientSettingsPolicy", "uploads")["spec"]["body"]["maxSize"])


def _passes_uploads(size: str) -> None:
    settings = overlay("production").one("ConfigMap", "api-gateway")["data"]
    assert 0 < int(size.removesuffix("m")) * 2**20 - int(settings["MAX_FILE_SIZE"]) <= 2**20


@both
def test_the_edge_does_not_tell_its_version(environment: str) -> None:
    annotations = overlay(environment).one("Ingress", "mediq")["metadata"]["annotations"]
    assert annotations["nginx.org/server-tokens"] == "false"


def test_the_retired_controller_is_nowhere() -> None:
    for folder in ("base", "components", "overlays"):
        for path in (REPOSITORY / folder).rglob("*.yaml"):
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"ingress-nginx|nginx\.ingress\.kubernetes\.io", text), path


# Certificates


@pytest.mark.slow
@rendering
@pytest.mark.parametrize("secrets", ["secrets-sealed/ENV", "secrets-external/ENV"])
def test_cert_manager_is_the_only_owner_of_the_certificate(
    workshop: Workshop, environment: str, secrets: str
) -> None:
    rendered = _with(workshop, environment, "edge-ingress", secrets, "cert-manager")
    certificate = rendered.one("Certificate", "mediq-tls")["spec"]
    assert (certificate["secretName"], certificate["dnsNames"]) == ("mediq-tls-secret", HOSTS[environment])
    assert certificate["issuerRef"]["name"] == name_of(rendered.kind("Issuer")[0])
    provided = [name_of(each) for each in rendered.kind("SealedSecret", "ExternalSecret")]
    assert "mediq-tls-secret" not in provided
    assert "jwt-secrets" in provided


@pytest.mark.slow
def test_names_are_proved_over_http_only_at_the_gateway(workshop: Workshop) -> None:
    by_dns = _with(workshop, "production", "edge-ingress", "secrets-sealed/ENV", "cert-manager")
    assert [list(each) for each in by_dns.one("Issuer", "mediq")["spec"]["acme"]["solvers"]] == [["dns01"]]
    rendered = _with(workshop, "production", *COVERING[0])
    (solver,) = rendered.one("Issuer", "mediq")["spec"]["acme"]["solvers"]
    (parent,) = solver["http01"]["gatewayHTTPRoute"]["parentRefs"]
    listeners = rendered.one("Gateway", parent["name"])["spec"]["listeners"]
    assert [each["protocol"] for each in listeners if each["name"] == parent["sectionName"]] == ["HTTP"]


# Autoscaling


@pytest.mark.slow
@rendering
def test_keda_takes_the_place_of_three_autoscalers(workshop: Workshop, environment: str) -> None:
    without = _with(workshop, environment, "edge-ingress", "secrets-sealed/ENV")
    assert sorted(map(name_of, overlay(environment).kind("ScaledObject"))) == sorted(SCALED)
    for scaled in overlay(environment).kind("ScaledObject"):
        before, after = without.one("HorizontalPodAutoscaler", name_of(scaled))["spec"], scaled["spec"]
        assert after["scaleTargetRef"] == before["scaleTargetRef"]
        advanced = after["advanced"]["horizontalPodAutoscalerConfig"]
        assert advanced == {"name": name_of(scaled), "behavior": before["behavior"]}
        usage = {each["type"]: each["metricType"] for each in after["triggers"][1:]}
        assert usage == {each["resource"]["name"]: each["resource"]["target"]["type"] for each in before["metrics"]}


@both
def test_nothing_is_scaled_twice(environment: str) -> None:
    rendered = overlay(environment)
    targets = [each["spec"]["scaleTargetRef"]["name"] for each in rendered.kind("ScaledObject")]
    targets += [each["spec"]["scaleTargetRef"]["name"] for each in rendered.kind("HorizontalPodAutoscaler")]
    assert sorted(targets) == sorted(name_of(each) for each in rendered.services("Deployment"))


@pytest.mark.parametrize(
    ("name", "trigger"),
    [
        ("api-gateway", {"type": "prometheus", "threshold": "1000"}),
        ("ocr-service", {"type": "rabbitmq", "queueName": "ocr_service_queue", "mode": "QueueLength", "value": "5"}),
        (
            "patient-queue-service",
            {"type": "rabbitmq", "queueName": "patient_queue_service_queue", "mode": "QueueLength", "value": "50"},
        ),
    ],
)
@both
def test_keda_scales_by_requests_and_queues(environment: str, name: str, trigger: dict[str, Any]) -> None:
    rendered = overlay(environment)
    first = rendered.one("ScaledObject", name)["spec"]["triggers"][0]
    said = {"type": first["type"], **first["metadata"]}
    assert {key: said[key] for key in trigger} == trigger
    address = said.get("serverAddress") or said["host"]
    assert f".mediq-{environment}.svc:" in address
    if first["type"] == "rabbitmq":
        settings = rendered.one("ConfigMap", name)["data"]
        assert said["queueName"] == settings["RABBITMQ_QUEUE"]
        assert said["vhostName"] == settings["RABBITMQ_VHOST"]
        rendered.one("TriggerAuthentication", first["authenticationRef"]["name"])


@both
def test_without_keda_everything_else_is_applied(environment: str) -> None:
    """Argo CD would refuse all of a revision for one kind that is not defined, and Flux all of a tier."""
    rendered = overlay(environment)
    needing = [each for each in rendered.objects if each["apiVersion"].startswith("keda.sh/")]
    waves = {int(each["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"]) for each in rendered.objects}
    for each in needing:
        annotations = each["metadata"]["annotations"]
        assert annotations["argocd.argoproj.io/sync-options"] == "SkipDryRunOnMissingResource=true", each
        assert int(annotations["argocd.argoproj.io/sync-wave"]) == max(waves), each
        assert annotations["mediq.io/tier"] == "autoscaling", each


@both
def test_missing_numbers_are_an_error_and_not_zero(environment: str) -> None:
    (gateway,) = (each for each in overlay(environment).kind("ScaledObject") if name_of(each) == "api-gateway")
    trigger = gateway["spec"]["triggers"][0]["metadata"]
    assert trigger["ignoreNullValues"] == "false"
    assert all("fallback" not in each["spec"] for each in overlay(environment).kind("ScaledObject"))
    assert all(each["spec"]["minReplicaCount"] >= 1 for each in overlay(environment).kind("ScaledObject"))


# Who may talk to whom


def _changed(workshop: Workshop, *names: str) -> tuple[set[Flow], set[Flow]]:
    """The flows that these components add to those of production with its edge and secrets, and those that go."""
    bare = _with(workshop, "production", "edge-ingress", "secrets-sealed/ENV")
    before, after = reach(bare).reachable, reach(_with(workshop, "production", *names)).reachable
    return set(after - before), set(before - after)


@pytest.mark.slow
def test_debugging_adds_its_flows_and_no_other(workshop: Workshop) -> None:
    stores = {
        Flow("debug", "mysql", "3306/TCP"),
        Flow("debug", "redis", "6379/TCP"),
        Flow("debug", "rabbitmq", "5672/TCP"),
    }
    services = {
        Flow("debug", name_of(each), f"{containers(each)[-1]['ports'][0]['containerPort']}/TCP")
        for each in overlay("production").services("Deployment")
    }
    added, removed = _changed(workshop, "edge-ingress", "secrets-sealed/ENV", "debug-pod")
    assert added == stores | services | names_resolved("debug")
    assert removed == set()


@pytest.mark.slow
def test_keda_reaches_what_it_reads_and_nothing_else(workshop: Workshop) -> None:
    added, removed = _changed(workshop, "edge-ingress", "secrets-sealed/ENV", "autoscaling-keda")
    assert added == {Flow("keda-operator", "prometheus", "9090/TCP"), Flow("keda-operator", "rabbitmq", "15672/TCP")}
    assert removed == set()


@pytest.mark.slow
def test_the_gateway_api_edge_reaches_the_gateway_only(workshop: Workshop) -> None:
    added, removed = _changed(workshop, "edge-gateway", "secrets-sealed/ENV")
    controllers = {Flow("edge", name, "8443/TCP") for name in ("nginx-gateway", "nginx-gateway-fabric")}
    entering = {flow for flow in added if flow.callee == "edge"}
    assert {flow.port for flow in entering} == {"80/TCP", "443/TCP"}
    assert added - entering == {Flow("edge", "api-gateway", "8601/TCP")} | controllers | names_resolved("edge")
    assert removed == {Flow("nginx-ingress", "api-gateway", "8601/TCP")}


@pytest.mark.slow
def test_challenges_are_answered_by_the_edge(workshop: Workshop) -> None:
    without, _ = _changed(workshop, "edge-gateway", "secrets-sealed/ENV", "cert-manager")
    added, _ = _changed(workshop, "edge-gateway", "secrets-sealed/ENV", "cert-manager", "cert-manager-http01")
    assert added - without == {Flow("edge", "acme-solver", "8089/TCP")} | names_resolved("acme-solver")


# The debug pod


def test_a_debug_pod_is_hardened_by_the_overrides() -> None:
    file = REPOSITORY / "components/debug-pod/overrides.json"
    overrides = json.loads(file.read_text(encoding="utf-8"))
    spec = overrides["spec"]
    (container,) = spec["containers"]
    # kubectl calls the container like the pod, and merges by that name.
    page = (file.parent / "README.md").read_text(encoding="utf-8")
    assert f"kubectl run {container['name']} " in page
    assert "--override-type=strategic" in page
    assert overrides["metadata"]["labels"] == {"mediq.io/debug": "true"}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "debug", "namespace": "mediq-staging"},
        "spec": spec | {"containers": [container | {"image": "nicolaka/netshoot:v0.13"}]},
    }
    assert _denied(pod) == set()
    assert spec["activeDeadlineSeconds"] <= 3600


def _denied(pod: dict[str, Any]) -> set[str]:
    rules = sorted(path for path in (REPOSITORY / "policies").rglob("*.rego") if "_test" not in path.stem)
    options = [part for path in rules for part in ("-p", str(path))]
    done = subprocess.run(
        [REPOSITORY / ".tools/bin/conftest", "test", "-", "--combine", "-d", REPOSITORY / "policies/data",
         "-n", "main", "-o", "json", "--no-color", *options],
        input=yaml.safe_dump(pod), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    (answer,) = json.loads(done.stdout)
    denied = {each["metadata"]["rule"] for each in answer.get("failures", [])}
    # A pod by itself is no environment: other rules judge the namespace around it, or what stands in Git.
    others = {"workloads.resource_table", "workloads.labels", "workloads.service_account"}
    return {rule for rule in denied if rule.startswith("workloads.")} - others


# What an environment may take


@both
def test_the_quota_is_what_everything_takes_at_its_largest(environment: str) -> None:
    text = (REPOSITORY / "overlays" / environment / "resourcequota.yaml").read_text(encoding="utf-8")
    assert text == quota.text(overlay(environment).objects), f"run .venv/bin/python tools/quota.py {environment}"
    (rendered,) = overlay(environment).kind("ResourceQuota")
    assert rendered["spec"] == yaml.safe_load(text)["spec"]


@pytest.mark.slow
@pytest.mark.parametrize("names", COVERING, ids=lambda names: names[0])
@rendering
def test_the_quota_admits_every_component_at_its_largest(
    workshop: Workshop, environment: str, names: Variant
) -> None:
    rendered = _with(workshop, environment, *names)
    (hard,) = (each["spec"]["hard"] for each in rendered.kind("ResourceQuota"))
    for name, amount in quota.needed(rendered.objects).items():
        assert amount <= quota.quantity(hard[name]) or name == "pods", f"{name}: {amount} of {hard[name]}"
    for proxy in rendered.kind("NginxProxy"):
        _fits(quota.needed(rendered.objects), proxy["spec"]["kubernetes"]["deployment"], hard)


def _fits(needed: Any, deployment: dict[str, Any], hard: dict[str, str]) -> None:
    own = quota.pod({"containers": [deployment["container"]]})
    for name, amount in own.items():
        assert needed[name] + amount * (deployment["replicas"] + 1) <= quota.quantity(hard[name]), name
    assert needed["pods"] + deployment["replicas"] + 1 <= int(hard["pods"])


@rendering
def test_only_the_gateway_api_edge_may_have_a_load_balancer(workshop: Workshop, environment: str) -> None:
    (default,) = overlay(environment).kind("ResourceQuota")
    ports = ("services.loadbalancers", "services.nodeports")
    assert [default["spec"]["hard"][each] for each in ports] == ["0", "0"]
    (opened,) = _with(workshop, environment, "edge-gateway", "secrets-sealed/ENV").kind("ResourceQuota")
    assert [opened["spec"]["hard"][each] for each in ports] == ["1", "2"]


@both
def test_every_workload_has_a_priority_of_its_environment(environment: str) -> None:
    values = {name_of(each): each["value"] for each in overlay(environment).kind("PriorityClass")}
    assert all(name.startswith(f"mediq-{environment}-") for name in values)
    tiers = {"datastore": "datastore", "service": "service", "monitoring": "monitoring", "logging": "monitoring"}
    for workload in overlay(environment).kind(*WORKLOADS):
        template = pod_template(workload)
        tier = tiers.get(labels(template)[COMPONENT], "job")
        assert template["spec"].get("priorityClassName") == f"mediq-{environment}-{tier}", name_of(workload)
    ranked = [values[f"mediq-{environment}-{tier}"] for tier in ("datastore", "service", "monitoring", "job")]
    assert ranked == sorted(ranked, reverse=True)
    assert len(set(ranked)) == 4


def test_all_of_production_comes_before_all_of_staging() -> None:
    values = {
        environment: [each["value"] for each in overlay(environment).kind("PriorityClass")]
        for environment in ENVIRONMENTS
    }
    assert min(values["production"]) > max(values["staging"])
    assert {each["preemptionPolicy"] for each in overlay("staging").kind("PriorityClass")} == {"Never"}


@both
def test_volumes_are_kept_and_made_by_the_class_of_the_environment(environment: str) -> None:
    (storage,) = overlay(environment).kind("StorageClass")
    assert name_of(storage) == f"mediq-{environment}-ssd"
    expected = {"reclaimPolicy": "Retain", "allowVolumeExpansion": True, "volumeBindingMode": "WaitForFirstConsumer"}
    assert {key: storage[key] for key in expected} == expected
    assert storage["parameters"] == {"type": "gp3", "encrypted": "true"}
    for workload in overlay(environment).kind("StatefulSet"):
        for claim in workload["spec"].get("volumeClaimTemplates", []):
            assert claim["spec"]["storageClassName"] == name_of(storage), name_of(workload)
