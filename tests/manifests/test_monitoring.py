from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from tests.manifests.promql import metrics, run
from tests.manifests.reachability import Flow, reach
from tests.manifests.render import (
    COMPONENT,
    ENVIRONMENTS,
    NAME,
    REPOSITORY,
    WORKLOADS,
    Object,
    containers,
    labels,
    name_of,
    overlay,
    pod_template,
    read_kustomization,
    without_hash,
)
from tests.manifests.scraping import CONFIGURATION, NAMESPACE, Target, job, relabelled, targets

HERE = Path(__file__).parent
MONITORING = REPOSITORY / "base/monitoring"
LOGGING = REPOSITORY / "components/log-aggregation"
RULES = sorted(
    [*(MONITORING / "prometheus").glob("*.rules.yml"), *(REPOSITORY / "components").rglob("*.rules.yml")],
)
CASES = sorted((HERE / "alerts").glob("*.yaml"))
DASHBOARDS = sorted((MONITORING / "grafana/dashboards").glob("*.json"))
DATASOURCES = sorted([*(MONITORING / "grafana/datasources").glob("*.yaml"), LOGGING / "grafana/loki.yaml"])
RUNBOOK = REPOSITORY / "docs/runbook.md"
# Always fires, so that somebody notices when it stops.
HEARTBEAT = "Watchdog"
PROMISED = {
    "HighCpuUsage": "warning",
    "HighMemoryUsage": "warning",
    "PodRestarting": "warning",
    "ServiceDown": "critical",
    "MysqlDown": "critical",
    "RedisDown": "critical",
    "RabbitmqDown": "critical",
    "HighErrorRate": "critical",
}
READ = {"get", "list", "watch"}
WATCHING = ("monitoring", "logging")

both = pytest.mark.parametrize("environment", ENVIRONMENTS)


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _rules(kind: str) -> dict[str, Object]:
    rules = [rule for path in RULES for group in _yaml(path)["groups"] for rule in group["rules"] if kind in rule]
    found = {rule[kind]: rule for rule in rules}
    assert len(found) == len(rules), "a name is given twice"
    return found


ALERTS, RECORDED = _rules("alert"), _rules("record")
KNOWN = {name for names in _yaml(HERE / "metrics.yaml").values() for name in names}


# Prometheus


def test_prometheus_reads_its_configuration(tmp_path: Path) -> None:
    mounted = job("cadvisor")["authorization"]["credentials_file"]
    for path in (CONFIGURATION, *RULES):
        text = path.read_text(encoding="utf-8")
        (tmp_path / path.name).write_text(text.replace(mounted, str(tmp_path / "token")), encoding="utf-8")
    (tmp_path / "token").touch()
    code, said = run("promtool", "check", "config", "--lint=all", "--lint-fatal", tmp_path / CONFIGURATION.name)
    assert code == 0, said
    assert said.count("rules found") == len(RULES)
    assert "Empty environment variable" not in said


def test_every_rule_is_read_and_none_twice() -> None:
    code, said = run("promtool", "check", "rules", "--lint=all", "--lint-fatal", *RULES)
    assert code == 0, said
    assert len(ALERTS) + len(RECORDED) == sum(int(count) for count in re.findall(r"(\d+) rules found", said))


@pytest.mark.slow
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_alerts_fire_as_promised(path: Path) -> None:
    code, said = run("promtool", "test", "rules", path)
    assert code == 0, said


def test_every_alert_has_a_case_that_fires_and_one_that_does_not() -> None:
    fires: set[str] = set()
    quiet: set[str] = set()
    for path in CASES:
        for case in _yaml(path)["tests"]:
            for expected in case["alert_rule_test"]:
                (fires if expected["exp_alerts"] else quiet).add(expected["alertname"])
            if "stays quiet" in case["name"]:
                assert not any(expected["exp_alerts"] for expected in case["alert_rule_test"]), case["name"]
    assert fires == set(ALERTS)
    assert quiet == set(ALERTS) - {HEARTBEAT}


def test_every_promised_alert_is_there_with_its_severity() -> None:
    assert {name: ALERTS[name]["labels"]["severity"] for name in PROMISED} == PROMISED
    assert {each["labels"]["severity"] for each in ALERTS.values()} == {"critical", "warning", "none"}


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_what_is_wrong_and_where_to_read_on(name: str) -> None:
    alert = ALERTS[name]
    assert alert.keys() <= {"alert", "expr", "for", "labels", "annotations"}
    assert alert["annotations"].keys() == {"summary", "description", "runbook"}
    assert alert["annotations"]["runbook"] == f"docs/runbook.md#{name.lower()}"
    assert f"\n### {name}\n" in RUNBOOK.read_text(encoding="utf-8")


def test_rules_ask_for_metrics_that_somebody_exposes() -> None:
    for name, rule in {**ALERTS, **RECORDED}.items():
        assert metrics(rule["expr"]) <= KNOWN | RECORDED.keys(), name


def test_every_known_metric_is_asked_for() -> None:
    asked = {found for rule in (*ALERTS.values(), *RECORDED.values()) for found in metrics(rule["expr"])}
    asked |= {found for expression in _expressions() for found in metrics(expression)}
    assert asked >= KNOWN
    assert asked >= RECORDED.keys()


def test_an_expression_is_taken_apart() -> None:
    assert metrics('max by (a) (rate(b_total{c="d"}[5m])) / on (e) group_left (f) g:h:i > 5 and vector(1)') == {
        "b_total",
        "g:h:i",
    }


def test_requests_errors_and_duration_are_recorded_by_service() -> None:
    recorded = {name.partition(":")[2] for name in RECORDED if name.startswith("service:")}
    assert recorded >= {
        "http_requests:rate5m",
        "http_errors:ratio_rate5m",
        *(f"http_request_duration_seconds:p{percent}_rate5m" for percent in (50, 95, 99)),
    }
    for name, rule in RECORDED.items():
        if name.startswith("service:") and "sum by" in rule["expr"]:
            assert "sum by (namespace, service" in rule["expr"], name


# What is scraped


def _targets(environment: str, name: str) -> set[Target]:
    return {target for target in targets(overlay(environment)) if target.job == name}


@both
def test_every_service_is_scraped_on_its_port(environment: str) -> None:
    services = overlay(environment).services("Deployment")
    assert {(each.label("service"), each.address, each.path) for each in _targets(environment, "services")} == {
        (name_of(each), f"{name_of(each)}:{port['containerPort']}", "/metrics")
        for each in services
        for container in containers(each)
        for port in container.get("ports", ())
    }
    assert all(each.label("pod") and each.label("namespace") for each in _targets(environment, "services"))


@both
def test_every_port_of_metrics_is_scraped(environment: str) -> None:
    expected = {
        (labels(pod_template(each))[NAME], port["containerPort"])
        for each in overlay(environment).kind(*WORKLOADS)
        for container in containers(each)
        for port in container.get("ports", [])
        if port.get("name") in ("metrics", "http-metrics")
    }
    found = _targets(environment, "components")
    assert {(each.label("service"), int(each.address.rpartition(":")[2])) for each in found} == expected
    assert {name for name, _ in expected} >= {"prometheus", "alertmanager", "jaeger", "loki", "alloy"}


@both
def test_the_state_of_objects_keeps_its_own_labels(environment: str) -> None:
    (found,) = _targets(environment, "kube-state-metrics")
    assert (found.address, found.labels) == ("kube-state-metrics:8080", (("job", "kube-state-metrics"),))
    assert job("kube-state-metrics")["honor_labels"] is True


@pytest.mark.parametrize(
    ("name", "store", "port", "path"),
    [
        ("mysql", "mysql", 3306, "/probe?target=mysql-1.mysql-headless:3306"),
        ("redis", "redis", 6379, "/scrape?target=redis://10.0.0.1:6379"),
        ("rabbitmq-queues", "rabbitmq", 15692, "/metrics/detailed"),
    ],
)
def test_every_pod_of_a_data_store_is_measured(name: str, store: str, port: int, path: str) -> None:
    discovered = {
        "__address__": f"10.0.0.1:{port}",
        "__meta_kubernetes_namespace": NAMESPACE,
        "__meta_kubernetes_pod_name": f"{store}-1",
        "__meta_kubernetes_pod_phase": "Running",
        "__meta_kubernetes_pod_label_app_kubernetes_io_name": store,
        "__meta_kubernetes_pod_container_port_name": "metrics" if store == "rabbitmq" else store,
    }
    found = relabelled(discovered, job(name)["relabel_configs"])
    assert found is not None
    asked, target = job(name)["metrics_path"], found.get("__param_target")
    assert (f"{asked}?target={target}" if target else asked) == path
    assert (found["service"], found["pod"], found["namespace"]) == (store, f"{store}-1", NAMESPACE)
    if target:
        assert found["instance"] == f"{store}-1"
    ended = {**discovered, "__meta_kubernetes_pod_phase": "Succeeded"}
    assert relabelled(ended, job(name)["relabel_configs"]) is None
    other = {**discovered, "__meta_kubernetes_pod_label_app_kubernetes_io_name": "other"}
    assert relabelled(other, job(name)["relabel_configs"]) is None


@both
def test_exporters_are_asked_by_the_name_of_their_service(environment: str) -> None:
    addresses = {
        rule["replacement"]
        for name in ("mysql", "redis")
        for rule in job(name)["relabel_configs"]
        if rule.get("target_label") == "__address__"
    }
    assert addresses == {"mysqld-exporter-service:9104", "redis-exporter-service:9121"}
    assert addresses <= _service_addresses(environment)


@both
def test_each_node_is_asked_once(environment: str) -> None:
    for name, path in (("cadvisor", "/metrics/cadvisor"), ("kubelet", "/metrics")):
        (found,) = _targets(environment, name)
        assert (found.address, found.path, job(name)["scheme"]) == ("node-1:10250", path, "https")
        assert (found.label("node"), found.label("instance")) == ("node-1", "node-1")


@pytest.mark.parametrize(
    ("sample", "kept"),
    [
        ({"__name__": "container_memory_working_set_bytes", "namespace": NAMESPACE, "id": "/kubepods/a"}, True),
        ({"__name__": "container_memory_working_set_bytes", "namespace": "another", "id": "/kubepods/b"}, False),
        ({"__name__": "container_memory_working_set_bytes", "id": "/"}, True),
        ({"__name__": "container_memory_working_set_bytes", "id": "/system.slice"}, False),
        ({"__name__": "machine_memory_bytes"}, True),
        ({"__name__": "container_tasks_state", "namespace": NAMESPACE}, False),
    ],
)
def test_a_node_tells_about_itself_and_this_namespace_only(sample: dict[str, str], kept: bool) -> None:
    found = relabelled({**sample, "own_namespace": NAMESPACE}, job("cadvisor")["metric_relabel_configs"])
    assert found == (sample if kept else None)


@pytest.mark.parametrize(("namespace", "kept"), [(NAMESPACE, True), ("another", False)])
def test_only_volumes_of_this_namespace_are_kept(namespace: str, kept: bool) -> None:
    sample = {"__name__": "kubelet_volume_stats_available_bytes", "namespace": namespace}
    found = relabelled({**sample, "own_namespace": NAMESPACE}, job("kubelet")["metric_relabel_configs"])
    assert found == (sample if kept else None)


def test_discovery_never_leaves_the_namespace() -> None:
    for each in _yaml(CONFIGURATION)["scrape_configs"]:
        assert each["kubernetes_sd_configs"] == [{"role": "pod", "namespaces": {"own_namespace": True}}]


@both
def test_prometheus_may_reach_what_it_scrapes(environment: str) -> None:
    flows = reach(overlay(environment)).reachable
    for target in targets(overlay(environment)):
        name, _, port = target.address.partition(":")
        if name not in ("node-1", "prometheus"):
            peer = name.removesuffix("-service") if name.endswith("exporter-service") else name
            assert Flow("prometheus", peer, f"{port}/TCP") in flows, target


@both
def test_alerts_are_sent_to_a_rendered_service(environment: str) -> None:
    (manager,) = _yaml(CONFIGURATION)["alerting"]["alertmanagers"]
    (static,) = manager["static_configs"]
    assert set(static["targets"]) <= _service_addresses(environment)


def _service_addresses(environment: str) -> set[str]:
    return {
        f"{name_of(each)}:{port['port']}"
        for each in overlay(environment).kind("Service")
        for port in each["spec"]["ports"]
    }


@both
def test_the_size_limit_leaves_a_tenth_of_the_volume(environment: str) -> None:
    prometheus = overlay(environment).one("StatefulSet", "prometheus")
    (server,) = containers(prometheus)
    settings = {each["name"]: each.get("value") for each in server["env"]}
    (claim,) = prometheus["spec"]["volumeClaimTemplates"]
    volume = claim["spec"]["resources"]["requests"]["storage"]
    # Prometheus's GB is a power of two, like Gi.
    assert int(settings["RETENTION_SIZE"].removesuffix("GB")) <= 0.9 * int(volume.removesuffix("Gi"))
    assert re.fullmatch(r"\d+d", settings["RETENTION_TIME"])
    for flag, variable in (("time", "RETENTION_TIME"), ("size", "RETENTION_SIZE")):
        assert f"--storage.tsdb.retention.{flag}=$({variable})" in server["args"]


# Alertmanager


def test_alertmanager_reads_its_configuration() -> None:
    code, said = run("amtool", "check-config", MONITORING / "alertmanager/alertmanager.yml")
    assert (code, "SUCCESS" in said) == (0, True), said


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_is_routed_by_its_severity(name: str) -> None:
    severity = ALERTS[name]["labels"]["severity"]
    config = MONITORING / "alertmanager/alertmanager.yml"
    code, said = run(
        "amtool", "config", "routes", "test", "--config.file", config, f"alertname={name}", f"severity={severity}"
    )
    expected = {"critical": "on-call", "warning": "team", "none": "heartbeat"}[severity]
    assert (code, said.strip()) == (0, expected)


@both
def test_credentials_of_receivers_are_files_of_a_secret(environment: str) -> None:
    text = (MONITORING / "alertmanager/alertmanager.yml").read_text(encoding="utf-8")
    (server,) = containers(overlay(environment).one("StatefulSet", "alertmanager"))
    folders = {each["mountPath"] for each in server["volumeMounts"] if each["name"] == "secrets"}
    assert {path.rpartition("/")[0] for path in re.findall(r"_file: (\S+)", text)} == folders
    assert not re.search(r"(?:^|\s)(?:url|smtp_auth_password|api_url|password):", text)


# Grafana


def _expressions() -> list[str]:
    boards = [json.loads(path.read_text(encoding="utf-8")) for path in DASHBOARDS]
    found = [target["expr"] for board in boards for panel in board["panels"] for target in panel["targets"]]
    found += [
        re.sub(r"^label_values\((.*), \w+\)$", r"\1", variable["definition"])
        for board in boards
        for variable in board["templating"]["list"]
    ]
    return found


def test_the_promised_dashboards_are_there() -> None:
    assert {path.stem for path in DASHBOARDS} == {"services", "datastores", "nodes-and-pods", "queues"}
    generators = read_kustomization(MONITORING / "grafana")["configMapGenerator"]
    (files,) = (each["files"] for each in generators if each["name"] == "grafana-dashboards")
    assert sorted(files) == [f"dashboards/{path.name}" for path in DASHBOARDS]


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_complete_and_in_order(path: Path) -> None:
    board = json.loads(path.read_text(encoding="utf-8"))
    assert board["uid"] == path.stem
    assert path.read_text(encoding="utf-8") == json.dumps(board, indent=2, ensure_ascii=False) + "\n"
    assert board["title"]
    assert board["description"]
    panels = board["panels"]
    assert [each["id"] for each in panels] == list(range(1, len(panels) + 1))
    cells = Counter(
        (x, y)
        for at in (each["gridPos"] for each in panels)
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    )
    assert set(cells.values()) == {1}, "panels lie on one another"
    assert max(x for x, _ in cells) == 23


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_reads_from_provisioned_sources(path: Path) -> None:
    known = {each["uid"]: each["type"] for file in DATASOURCES for each in _yaml(file)["datasources"]}
    board = json.loads(path.read_text(encoding="utf-8"))
    used = [each["datasource"] for each in (*board["panels"], *board["templating"]["list"])]
    used += [target["datasource"] for panel in board["panels"] for target in panel["targets"]]
    assert used
    assert all(known.get(each["uid"]) == each["type"] for each in used)


def test_dashboards_ask_in_promql_for_metrics_that_somebody_exposes(tmp_path: Path) -> None:
    for expression in _expressions():
        assert metrics(expression) <= KNOWN | RECORDED.keys(), expression
    rules = [{"record": f"panel{number}", "expr": text} for number, text in enumerate(_expressions())]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    code, said = run("promtool", "check", "rules", "--lint=none", tmp_path / "rules.yml")
    assert code == 0, said


@both
def test_a_data_source_is_a_rendered_service_that_grafana_may_reach(environment: str) -> None:
    flows = reach(overlay(environment)).reachable
    rendered = overlay(environment).one("ConfigMap", "grafana-datasources")["data"]
    assert sorted(rendered) == sorted(path.name for path in DATASOURCES)
    for text in rendered.values():
        for source in yaml.safe_load(text)["datasources"]:
            address = urlsplit(source["url"])
            assert f"{address.hostname}:{address.port}" in _service_addresses(environment)
            peer = str(address.hostname).removesuffix("-service")
            assert Flow("grafana", peer, f"{address.port}/TCP") in flows
            assert source["editable"] is False


@both
def test_dashboards_are_mounted_where_the_provider_looks(environment: str) -> None:
    grafana = overlay(environment).one("Deployment", "grafana")
    (server,) = containers(grafana)
    mounted = {each["mountPath"]: each["name"] for each in server["volumeMounts"]}
    (provider,) = _yaml(MONITORING / "grafana/provider.yaml")["providers"]
    assert mounted[provider["options"]["path"]] == "dashboards"
    assert mounted["/etc/grafana/provisioning/dashboards"] == "provider"
    assert mounted["/etc/grafana/provisioning/datasources"] == "datasources"


# Jaeger and Loki, whose programs are on no package registry: what can be read off the files


@both
def test_jaeger_is_wired_from_port_to_volume(environment: str) -> None:
    config = _yaml(MONITORING / "jaeger/jaeger.yaml")
    (pipeline,) = config["service"]["pipelines"].values()
    for part in ("receivers", "processors", "exporters"):
        assert set(pipeline[part]) == config[part].keys()
    assert set(config["service"]["extensions"]) == config["extensions"].keys()
    backends = config["extensions"]["jaeger_storage"]["backends"]
    assert {config["exporters"]["jaeger_storage_exporter"]["trace_storage"]} == backends.keys()
    assert {config["extensions"]["jaeger_query"]["storage"]["traces"]} == backends.keys()
    jaeger = overlay(environment).one("StatefulSet", "jaeger")
    (server,) = containers(jaeger)
    opened = set(re.findall(r"endpoint: 0\.0\.0\.0:(\d+)", yaml.safe_dump(config)))
    (reader,) = config["service"]["telemetry"]["metrics"]["readers"]
    opened.add(str(reader["pull"]["exporter"]["prometheus"]["port"]))
    assert opened == {str(port["containerPort"]) for port in server["ports"]}
    folders = backends["volume"]["badger"]["directories"].values()
    (data,) = (each["mountPath"] for each in server["volumeMounts"] if each["name"] == "data")
    assert all(folder.startswith(f"{data}/") for folder in folders)
    assert backends["volume"]["badger"]["ephemeral"] is False


@both
def test_loki_writes_to_its_volume_and_forgets_in_time(environment: str) -> None:
    config = _yaml(LOGGING / "loki/loki.yaml")
    (server,) = containers(overlay(environment).one("StatefulSet", "loki"))
    assert [port["containerPort"] for port in server["ports"]] == [config["server"]["http_listen_port"]]
    (data,) = (each["mountPath"] for each in server["volumeMounts"] if each["name"] == "data")
    folders = re.findall(r"(?:directory|prefix): (/\S+)", yaml.safe_dump(config))
    assert folders
    assert all(f"{folder}/".startswith(f"{data}/") for folder in folders)
    assert config["compactor"]["retention_enabled"] is True
    assert config["limits_config"]["retention_period"] == "336h"


@both
def test_alloy_hands_logs_of_its_namespace_to_loki(environment: str) -> None:
    text = (LOGGING / "alloy/config.alloy").read_text(encoding="utf-8")
    assert text.count("{") == text.count("}")
    assert "own_namespace = true" in text
    (url,) = re.findall(r"url = \"([^\"]+)\"", text)
    assert f"{urlsplit(url).hostname}:{urlsplit(url).port}" in _service_addresses(environment)
    components = set(re.findall(r"^([a-z.]+) \"(\w+)\" \{", text, flags=re.MULTILINE))
    used = set(re.findall(r"\b((?:discovery|loki)\.[a-z.]+)\.(\w+)\.(?:targets|output|receiver)\b", text))
    assert used == components - {("loki.source.kubernetes", "containers")}


# Pods

WATCHERS = {
    "prometheus", "alertmanager", "grafana", "jaeger", "kube-state-metrics", "mysqld-exporter", "redis-exporter",
    "loki", "alloy",
}  # fmt: skip


def _watching(environment: str) -> dict[str, Object]:
    workloads = overlay(environment).kind(*WORKLOADS)
    return {name_of(each): each for each in workloads if labels(each).get(COMPONENT) in WATCHING}


@both
def test_each_workload_that_watches_is_probed_and_limited(environment: str) -> None:
    assert _watching(environment).keys() == WATCHERS
    for name, workload in _watching(environment).items():
        spec = pod_template(workload)["spec"]
        assert spec["terminationGracePeriodSeconds"] >= 30, name
        (server,) = containers(workload)
        assert {key for key in server if key.endswith("Probe")} == {
            "startupProbe",
            "livenessProbe",
            "readinessProbe",
        }, name
        for part in ("requests", "limits"):
            assert server["resources"][part].keys() == {"cpu", "memory", "ephemeral-storage"}, name


@both
def test_each_probe_asks_an_open_port(environment: str) -> None:
    for name, workload in _watching(environment).items():
        (server,) = containers(workload)
        ports = {port["name"] for port in server["ports"]}
        for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
            assert server[kind]["httpGet"]["port"] in ports, f"{name}: {kind}"
        # Longer than any start that was seen, and never shorter than what liveness would allow.
        assert server["startupProbe"]["periodSeconds"] * server["startupProbe"]["failureThreshold"] >= 150, name


@both
def test_each_workload_that_watches_has_its_objects(environment: str) -> None:
    rendered = overlay(environment)
    for name, workload in _watching(environment).items():
        selector = {NAME: name, COMPONENT: labels(workload)[COMPONENT]}
        assert workload["spec"]["selector"] == {"matchLabels": selector}, name
        assert (workload["spec"]["replicas"], workload["spec"]["minReadySeconds"]) == (1, 10), name
        assert rendered.one("Service", f"{name}-service")["spec"]["selector"] == selector
        assert rendered.one("NetworkPolicy", name)["spec"]["podSelector"] == {"matchLabels": {NAME: name}}
        if workload["kind"] == "StatefulSet":
            governing = rendered.one("Service", workload["spec"]["serviceName"])["spec"]
            assert (governing["clusterIP"], governing["selector"]) == ("None", selector)
            retained = workload["spec"]["persistentVolumeClaimRetentionPolicy"]
            assert retained == {"whenDeleted": "Retain", "whenScaled": "Retain"}


@both
def test_each_claim_is_mounted_and_sized_by_the_environment(environment: str) -> None:
    for name, workload in _watching(environment).items():
        for claim in workload["spec"].get("volumeClaimTemplates", []):
            assert (claim["apiVersion"], claim["kind"]) == ("v1", "PersistentVolumeClaim")
            assert claim["spec"]["storageClassName"] == f"mediq-{environment}-ssd"
            assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
            assert claim["spec"]["resources"]["requests"]["storage"]
            (server,) = containers(workload)
            assert claim["metadata"]["name"] in {each["name"] for each in server["volumeMounts"]}, name


# Rights


def _rights(role: Object) -> set[tuple[str, str]]:
    return {
        (f"{group}/{resource}" if group else resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


@both
def test_the_monitoring_may_do_exactly_this(environment: str) -> None:
    rendered = overlay(environment)
    rights = {
        (each["kind"], name_of(each)): _rights(each)
        for each in rendered.kind("Role", "ClusterRole")
        if labels(each).get(COMPONENT) in WATCHING
    }
    watched = (
        "persistentvolumeclaims",
        "pods",
        "resourcequotas",
        "apps/deployments",
        "apps/statefulsets",
        "autoscaling/horizontalpodautoscalers",
        "batch/cronjobs",
        "batch/jobs",
        "policy/poddisruptionbudgets",
    )
    assert rights == {
        ("Role", "prometheus"): {("pods", verb) for verb in READ},
        ("Role", "alloy"): {("pods", verb) for verb in READ} | {("pods/log", "get")},
        ("Role", "kube-state-metrics"): {(each, verb) for each in watched for verb in ("list", "watch")},
        ("ClusterRole", f"mediq-{environment}-prometheus"): {("nodes/metrics", "get")},
    }


@both
def test_every_binding_joins_a_role_to_the_account_of_its_name(environment: str) -> None:
    rendered = overlay(environment)
    bindings = [
        each for each in rendered.kind("RoleBinding", "ClusterRoleBinding") if labels(each).get(COMPONENT) in WATCHING
    ]
    assert len(bindings) == 4
    for each in bindings:
        kind, role = each["roleRef"]["kind"], each["roleRef"]["name"]
        assert (f"{kind}Binding", role) == (each["kind"], name_of(each))
        rendered.one(kind, role)
        (subject,) = each["subjects"]
        assert subject == {
            "kind": "ServiceAccount",
            "name": labels(each)[NAME],
            "namespace": f"mediq-{environment}",
        }
        rendered.one("ServiceAccount", subject["name"])


@both
def test_tokens_are_mounted_where_a_role_is_bound_and_nowhere_else(environment: str) -> None:
    rendered = overlay(environment)
    bindings = [each for each in rendered.kind("RoleBinding") if labels(each).get(COMPONENT) in WATCHING]
    bound = {subject["name"] for each in bindings for subject in each["subjects"]}
    watching = [each for each in rendered.kind(*WORKLOADS) if labels(each).get(COMPONENT) in WATCHING]
    assert {
        pod_template(each)["spec"]["serviceAccountName"]
        for each in watching
        if pod_template(each)["spec"]["automountServiceAccountToken"]
    } == bound
    table = _yaml(REPOSITORY / "policies/data/service_accounts.yaml")["service_accounts"]
    assert table[f"mediq-{environment}"].keys() >= bound
    for each in watching:
        account = rendered.one("ServiceAccount", pod_template(each)["spec"]["serviceAccountName"])
        assert account["automountServiceAccountToken"] is False
        assert name_of(account) == name_of(each)


@both
def test_kube_state_metrics_watches_what_its_role_allows(environment: str) -> None:
    (server,) = containers(overlay(environment).one("Deployment", "kube-state-metrics"))
    (resources,) = (each.partition("=")[2] for each in server["args"] if each.startswith("--resources="))
    role = overlay(environment).one("Role", "kube-state-metrics")
    assert set(resources.split(",")) == {each.rpartition("/")[2] for each, _ in _rights(role)}
    assert "--namespaces=$(POD_NAMESPACE)" in server["args"]


@both
def test_settings_of_the_monitoring_are_the_files(environment: str) -> None:
    rendered = {without_hash(each): each for each in overlay(environment).kind("ConfigMap")}
    for name, path in (
        ("prometheus", CONFIGURATION),
        ("alertmanager", MONITORING / "alertmanager/alertmanager.yml"),
        ("jaeger", MONITORING / "jaeger/jaeger.yaml"),
        ("grafana", MONITORING / "grafana/grafana.ini"),
        ("loki", LOGGING / "loki/loki.yaml"),
        ("alloy", LOGGING / "alloy/config.alloy"),
    ):
        assert rendered[name]["data"][path.name] == path.read_text(encoding="utf-8")
