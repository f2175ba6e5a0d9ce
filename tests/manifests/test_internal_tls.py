"""With the component internal-tls, servers and clients agree: names, files, keys, order and scraping."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.manifests.promql import run
from tests.manifests.reachability import reach
from tests.manifests.render import (
    NAME,
    REPOSITORY,
    STAGING_IS_SLOW,
    WORKLOADS,
    Object,
    Render,
    containers,
    labels,
    name_of,
    overlay,
    pod_template,
    read_kustomization,
    render,
    without_hash,
)
from tests.manifests.scraping import CONFIGURATION, NAMESPACE, job, relabelled
from tests.manifests.variants import Workshop
from tests.policies.evaluation import POLICIES, evaluate

COMPONENT = REPOSITORY / "components/internal-tls"
SCRAPE = COMPONENT / "redis/redis-tls.scrape.yml"
SERVERS = {"mysql-tls": {"mysql"}, "redis-tls": {"redis", "redis-restore-test"}, "rabbitmq-tls": {"rabbitmq"}}
TLS = "../../components/internal-tls"
CLIENTS = ("api-gateway", "ocr-service", "patient-queue-service", "user-service")
both = pytest.mark.parametrize("environment", STAGING_IS_SLOW)


@pytest.fixture
def rendered(workshop: Workshop, environment: str) -> Render:
    names = ("edge-ingress", f"secrets-sealed/{environment}", "autoscaling-keda", "internal-tls")
    return render(workshop.overlay(environment, names))


def _variables(container: Object) -> dict[str, Any]:
    return {each["name"]: each.get("value") for each in container.get("env", [])}


def _mounted(workload: Object, container: Object) -> dict[str, Object]:
    """By path, the volumes of a container."""
    volumes = {each["name"]: each for each in pod_template(workload)["spec"].get("volumes", [])}
    return {each["mountPath"]: volumes.get(each["name"], {}) for each in container.get("volumeMounts", [])}


@both
def test_a_certificate_has_every_name_that_clients_use(rendered: Render, environment: str) -> None:
    nodes = rendered.one("ConfigMap", "redis-nodes")["data"]["REDIS_NODES"].split()
    replicas = {name: rendered.one("StatefulSet", name)["spec"]["replicas"] for name in ("mysql", "redis")}
    pods = {name: {f"{name}-{each}.{name}-headless" for each in range(count)} for name, count in replicas.items()}
    assert pods["redis"] == {each.partition(":")[0] for each in nodes}
    expected = {
        "mysql-tls": {"mysql-service", "mysql-read-service", *pods["mysql"]},
        "redis-tls": {"redis-service", *pods["redis"]},
        "rabbitmq-tls": {"rabbitmq-service", f"rabbitmq-service.mediq-{environment}.svc"},
    }
    found = {name: set(rendered.one("Certificate", name)["spec"]["dnsNames"]) for name in expected}
    assert found == expected
    for name in expected:
        assert rendered.one("Certificate", name)["spec"]["issuerRef"]["name"] == "internal-ca"
    assert "client auth" in rendered.one("Certificate", "redis-tls")["spec"]["usages"], (
        "on the bus, nodes are clients"
    )


@both
def test_only_servers_have_a_private_key(rendered: Render) -> None:
    holders: dict[str, set[str]] = {name: set() for name in SERVERS}
    for workload in rendered.kind(*WORKLOADS):
        for volume in pod_template(workload)["spec"].get("volumes", []):
            secret = volume.get("secret", {})
            if secret.get("secretName") == "internal-ca":
                assert [each["key"] for each in secret["items"]] == ["ca.crt"], name_of(workload)
            elif secret.get("secretName") in SERVERS:
                holders[secret["secretName"]].add(without_hash(workload))
    assert holders == SERVERS


@both
def test_certificates_come_before_the_data_stores(rendered: Render) -> None:
    waves = {
        each["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"]
        for each in rendered.kind("Issuer", "Certificate")
    }
    assert waves == {"-3"}


@both
def test_every_file_that_is_named_is_mounted(rendered: Render) -> None:
    """The files of certificates that settings, arguments and variables name."""
    texts = {
        "redis": (COMPONENT / "redis/tls.conf").read_text(encoding="utf-8"),
        "rabbitmq": (COMPONENT / "rabbitmq/tls.conf").read_text(encoding="utf-8"),
        "mysqld-exporter": (COMPONENT / "mysqld-exporter/my.cnf").read_text(encoding="utf-8"),
    }
    pattern = re.compile(r"/etc/(?:internal-tls|\w+/certificates)/(?:tls\.crt|tls\.key|ca\.crt)")
    found = 0
    for workload in rendered.kind(*WORKLOADS):
        for container in containers(workload):
            said = " ".join([*map(str, _variables(container).values()), *container.get("args", [])])
            for path in pattern.findall(said + texts.get(container["name"], "")):
                assert Path(path).parent.as_posix() in _mounted(workload, container), f"{name_of(workload)}: {path}"
                found += 1
    assert found > 20


@both
def test_whoever_calls_redis_cli_finds_the_one_that_speaks_tls(rendered: Render) -> None:
    users = set()
    for workload in rendered.kind(*WORKLOADS):
        for container in containers(workload):
            if not container["image"].startswith("redis:"):
                continue
            users.add(without_hash(workload))
            first = str(_variables(container)["PATH"]).split(":")[0]
            tls = _mounted(workload, container)[first]["configMap"]
            assert "redis-cli" in rendered.one("ConfigMap", "redis-tls")["data"]
            assert tls["defaultMode"] == 0o555
            assert "/etc/redis/certificates" in _mounted(workload, container)
    assert users == {"redis", "redis-bootstrap", "redis-backup", "redis-restore-test"}


@both
def test_the_url_of_a_database_gets_its_parameters(rendered: Render) -> None:
    """A variable is replaced only if it is listed before, and where the URL has parameters already, by `&`."""
    urls = {}
    for workload in rendered.kind("Deployment", "Job"):
        for container in containers(workload):
            names = [each["name"] for each in container.get("env", [])]
            if "DATABASE_URL" in names:
                assert names.index("DATABASE_URL_OF_SECRET") < names.index("DATABASE_URL")
                urls[without_hash(workload)] = _variables(container)["DATABASE_URL"]
    parameters = "sslaccept=strict&sslcert=/etc/internal-tls/ca.crt"
    assert urls == {
        "user-service": f"$(DATABASE_URL_OF_SECRET)&{parameters}",
        "patient-queue-service": f"$(DATABASE_URL_OF_SECRET)&{parameters}",
        "migrations-user": f"$(DATABASE_URL_OF_SECRET)?{parameters}",
        "migrations-queue": f"$(DATABASE_URL_OF_SECRET)?{parameters}",
    }
    secrets = yaml.safe_load((REPOSITORY / "components/secrets-sealed/secrets.yaml").read_text(encoding="utf-8"))
    for key, value in secrets["database-secrets"].items():
        assert ("?" in value) == key.startswith("DATABASE_URL_"), key


@both
def test_the_servers_accept_nothing_else(rendered: Render) -> None:
    (*_, server) = containers(rendered.one("StatefulSet", "mysql"))
    assert "--require-secure-transport=ON" in server["args"]
    # The script gives all of this to the server, which takes a file of defaults only as its first argument.
    assert server["command"] == ["/bin/sh", "/etc/mysql/tls/start.sh"]
    assert server["args"][0] == "--defaults-file=/etc/mysql/mediq/my.cnf"
    assert "/etc/mysql/tls" in _mounted(rendered.one("StatefulSet", "mysql"), server)
    redis = (COMPONENT / "redis/tls.conf").read_text(encoding="utf-8").splitlines()
    assert {"port 0", "tls-port 6379", "tls-replication yes", "tls-cluster yes"} <= set(redis)
    rabbitmq = (COMPONENT / "rabbitmq/tls.conf").read_text(encoding="utf-8")
    assert "listeners.tcp = none\n" in rabbitmq
    assert "management.tcp" not in rabbitmq + (REPOSITORY / "base/rabbitmq/rabbitmq.conf").read_text(encoding="utf-8")


@pytest.mark.slow
@both
def test_the_flows_are_those_without_tls(rendered: Render, environment: str) -> None:
    found = {each for each in reach(rendered).reachable if each.callee != "cert-manager"}
    assert found == set(reach(overlay(environment)).reachable)


@both
def test_keda_asks_the_broker_with_tls(rendered: Render, environment: str) -> None:
    for name in ("ocr-service", "patient-queue-service"):
        host = rendered.one("ScaledObject", name)["spec"]["triggers"][0]["metadata"]["host"]
        assert host == f"https://rabbitmq-service.mediq-{environment}.svc:15672/"
    spec = rendered.one("TriggerAuthentication", "rabbitmq")["spec"]
    assert {"parameter": "ca", "name": "internal-ca", "key": "ca.crt"} in spec["secretTargetRef"]
    (reference,) = spec["configMapTargetRef"]
    assert rendered.one("ConfigMap", "internal-tls")["metadata"]["name"] == reference["name"]
    assert rendered.one("ConfigMap", "internal-tls")["data"] == {reference["key"]: "enable"}


def _discovered(rendered: Render, store: str) -> list[dict[str, str]]:
    workload = rendered.one("StatefulSet", store)
    return [
        {
            "__address__": f"10.0.0.1:{port['containerPort']}",
            "__meta_kubernetes_namespace": NAMESPACE,
            "__meta_kubernetes_pod_name": f"{store}-0",
            "__meta_kubernetes_pod_phase": "Running",
            "__meta_kubernetes_pod_label_app_kubernetes_io_name": labels(pod_template(workload))[NAME],
            "__meta_kubernetes_pod_container_port_name": port["name"],
        }
        for container in containers(workload)
        for port in container.get("ports", [])
    ]


@both
def test_prometheus_names_the_servers_as_their_certificates_do(rendered: Render) -> None:
    assert SCRAPE.name in rendered.one("ConfigMap", "prometheus")["data"]
    (secured,) = yaml.safe_load(SCRAPE.read_text(encoding="utf-8"))["scrape_configs"]
    found = {}
    for store, rules in (("redis", secured), ("redis", job("redis")), ("mysql", job("mysql"))):
        for each in _discovered(rendered, store):
            target = relabelled({**each, "job": rules["job_name"]}, rules["relabel_configs"])
            if target:
                found[rules["job_name"]] = (target["job"], target["__param_target"], target["__address__"])
    assert found == {
        "redis-tls": ("redis", "rediss://redis-0.redis-headless:6379", "redis-exporter-service:9121"),
        "mysql": ("mysql", "mysql-0.mysql-headless:3306", "mysqld-exporter-service:9104"),
    }


def test_prometheus_reads_the_file_of_the_component(tmp_path: Path) -> None:
    text = CONFIGURATION.read_text(encoding="utf-8")
    (tmp_path / "token").touch()
    mounted = re.findall(r"credentials_file: (\S+)", text)[0]
    (tmp_path / CONFIGURATION.name).write_text(text.replace(mounted, str(tmp_path / "token")), encoding="utf-8")
    (tmp_path / SCRAPE.name).write_text(SCRAPE.read_text(encoding="utf-8"), encoding="utf-8")
    code, said = run("promtool", "check", "config", "--lint=all", "--lint-fatal", tmp_path / CONFIGURATION.name)
    assert code == 0, said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("order", "denied"), [(("green", TLS), ()), ((TLS, "green"), CLIENTS)], ids=["right", "wrong"]
)
def test_a_second_version_has_tls_or_is_denied(
    workshop: Workshop, tmp_path: Path, order: tuple[str, str], denied: tuple[str, ...]
) -> None:
    """A component changes only what is added before it. Whoever lists the two the other way round learns of it."""
    folder = workshop.two_versions("production", green=CLIENTS)
    target = folder.with_name(f"{folder.name}-{Path(order[0]).name}-first")
    shutil.copytree(folder, target)
    content = read_kustomization(target)
    place = content["components"].index("green")
    content["components"][place : place + 1] = order
    (target / "kustomization.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    report = evaluate(
        render(target).objects, tmp_path, data=POLICIES / "data", only=frozenset({"network.internal_tls"})
    )
    assert report.rules == ("network.internal_tls",)
    assert {(each.rule, each.name) for each in report.findings} == {
        ("network.internal_tls", f"{name}-green") for name in denied
    }
