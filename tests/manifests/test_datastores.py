from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.manifests.numbers import Key, promised
from tests.manifests.reachability import reach
from tests.manifests.render import (
    COMPONENT,
    ENVIRONMENTS,
    HASH,
    NAME,
    REPOSITORY,
    WORKLOADS,
    Object,
    containers,
    labels,
    name_of,
    overlay,
    pod_template,
    read_yaml,
    render,
    without_hash,
)

both = pytest.mark.parametrize("environment", ENVIRONMENTS)
TABLE: dict[str, Any] = read_yaml(Path(__file__).with_name("datastores.yaml"))
STORES = ("mysql", "redis", "rabbitmq")
JOBS = (
    "redis-bootstrap",
    "migrations-user",
    "migrations-queue",
    "mysql-backup",
    "mysql-binlog",
    "mysql-restore-test",
    "redis-backup",
    "redis-restore-test",
    "rabbitmq-backup",
)
OBJECT_STORE = {
    "RCLONE_CONFIG_OFFSITE_ACCESS_KEY_ID": "backup-secrets/BACKUP_ACCESS_KEY_ID",
    "RCLONE_CONFIG_OFFSITE_SECRET_ACCESS_KEY": "backup-secrets/BACKUP_SECRET_ACCESS_KEY",
    "BACKUP_ENCRYPTION_PASSWORD": "backup-secrets/BACKUP_ENCRYPTION_PASSWORD",
}
DATABASE_KEYS = ("ROOT_PASSWORD", "USER", "PASSWORD", *(f"{each}_PASSWORD" for each in ("MIGRATION", "REPLICATION")))
DATABASE_KEYS += tuple(f"{each}_PASSWORD" for each in ("BACKUP", "EXPORTER", "PROBE"))
SECRETS = {
    "mysql/provision": {f"MYSQL_{each}": f"database-secrets/MYSQL_{each}" for each in DATABASE_KEYS},
    "mysql/mysql": {},
    "redis/redis": {
        "REDISCLI_AUTH": "redis-secrets/REDIS_PASSWORD",
        "REDIS_PASSWORD_ALSO": "redis-secrets/REDIS_PASSWORD_ALSO if there",
    },
    "redis-bootstrap/bootstrap": {"REDISCLI_AUTH": "redis-secrets/REDIS_PASSWORD"},
    "rabbitmq/provision": {
        each: f"rabbitmq-secrets/{each}"
        for each in (
            "ERLANG_COOKIE",
            "RABBITMQ_USER",
            "RABBITMQ_PASSWORD",
            "RABBITMQ_ADMIN_USER",
            "RABBITMQ_ADMIN_PASSWORD",
        )
    },
    "rabbitmq/rabbitmq": {},
    "migrations-user/migrate": {"DATABASE_URL": "database-secrets/MIGRATION_URL_USER"},
    "migrations-queue/migrate": {"DATABASE_URL": "database-secrets/MIGRATION_URL_QUEUE"},
    "mysql-backup/dump": {"MYSQL_BACKUP_PASSWORD": "database-secrets/MYSQL_BACKUP_PASSWORD"},
    "mysql-backup/upload": OBJECT_STORE,
    "mysql-binlog/shipped": OBJECT_STORE,
    "mysql-binlog/read": {"MYSQL_BACKUP_PASSWORD": "database-secrets/MYSQL_BACKUP_PASSWORD"},
    "mysql-binlog/ship": OBJECT_STORE,
    "mysql-restore-test/fetch": OBJECT_STORE,
    "mysql-restore-test/decode": {},
    "mysql-restore-test/restore": {},
    "redis-backup/dump": {"REDISCLI_AUTH": "redis-secrets/REDIS_PASSWORD"},
    "redis-backup/upload": OBJECT_STORE,
    "redis-restore-test/fetch": OBJECT_STORE,
    "redis-restore-test/restore": {"REDISCLI_AUTH": "redis-secrets/REDIS_PASSWORD"},
    # RabbitMQ shows its definitions to administrators only.
    "rabbitmq-backup/backup": OBJECT_STORE
    | {key: f"rabbitmq-secrets/{key}" for key in ("RABBITMQ_ADMIN_USER", "RABBITMQ_ADMIN_PASSWORD")},
}


def _workloads(environment: str) -> list[Object]:
    """Data stores and the Jobs that serve them."""
    return [each for each in overlay(environment).kind(*WORKLOADS) if labels(each)[NAME] in (*STORES, *JOBS)]


def _file(environment: str, config: str, name: str) -> str:
    return str(overlay(environment).one("ConfigMap", config)["data"][name])


def _settings(text: str) -> dict[str, str]:
    """Lines like `key = value` or `key value`."""
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    return {
        key: value for key, _, value in (re.sub(r"\s*=\s*|\s+", " ", each).partition(" ") for each in lines) if key
    }


def _given(container: Object, expected: Object) -> Object:
    """What a container is given, in the words of the table."""
    environment: Object = {}
    for each in container.get("env", []):
        source = each.get("valueFrom", {})
        if reference := source.get("configMapKeyRef"):
            source = {"configMapKeyRef": reference | {"name": HASH.sub("", reference["name"])}}
        if "secretKeyRef" not in source:
            environment[each["name"]] = source or each["value"]
    given = {
        "image": container["image"].partition(":")[0],
        "command": container.get("command"),
        "env": environment,
    }
    if "resources" in expected:
        given["resources"] = container["resources"]
    return given


@both
def test_each_container_is_given_what_the_table_says(environment: str) -> None:
    assert TABLE.keys() == {*STORES, *JOBS}
    for workload in _workloads(environment):
        expected = TABLE[without_hash(workload)]
        found = {each["name"]: _given(each, expected[each["name"]]) for each in containers(workload)}
        assert found == expected, without_hash(workload)


@both
def test_the_data_stores_and_their_jobs_are_rendered(environment: str) -> None:
    assert {without_hash(each) for each in _workloads(environment)} == {*STORES, *JOBS}


@both
@pytest.mark.parametrize("name", STORES)
def test_a_data_store_has_its_objects(environment: str, name: str) -> None:
    rendered = overlay(environment)
    store = rendered.one("StatefulSet", name)
    selector = {NAME: name, COMPONENT: "datastore"}
    assert store["spec"]["selector"]["matchLabels"] == selector
    assert pod_template(store)["spec"]["serviceAccountName"] == name
    assert rendered.one("ServiceAccount", name)["automountServiceAccountToken"] is False
    assert rendered.one("Service", f"{name}-service")["spec"]["selector"].items() >= selector.items()
    headless = rendered.one("Service", f"{name}-headless")["spec"]
    assert store["spec"]["serviceName"] == f"{name}-headless"
    assert (headless["clusterIP"], headless["selector"]) == ("None", selector)
    assert headless["publishNotReadyAddresses"] is True


@both
@pytest.mark.parametrize("name", STORES)
def test_volumes_have_the_promised_size_and_are_kept(environment: str, name: str) -> None:
    spec = overlay(environment).one("StatefulSet", name)["spec"]
    size = promised(REPOSITORY, environment)[Key("storage", f"{name}/data", "size")]
    assert spec["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}
    (claim,) = spec["volumeClaimTemplates"]
    assert (claim["apiVersion"], claim["kind"]) == ("v1", "PersistentVolumeClaim")
    assert claim["metadata"]["name"] == "data"
    assert claim["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": f"mediq-{environment}-ssd",
        "resources": {"requests": {"storage": size}},
    }
    mounts = {
        each["name"]: each["mountPath"]
        for each in pod_template(overlay(environment).one("StatefulSet", name))["spec"]["containers"][0][
            "volumeMounts"
        ]
    }
    assert (
        mounts["data"] == {"mysql": "/var/lib/mysql", "redis": "/data", "rabbitmq": "/var/lib/rabbitmq/mnesia"}[name]
    )
    assert overlay(environment).kind("PersistentVolumeClaim") == []


@both
def test_a_service_of_a_data_store_offers_every_port_by_its_name(environment: str) -> None:
    offered = {
        name_of(each): {port["name"]: (port["port"], port["targetPort"]) for port in each["spec"]["ports"]}
        for each in overlay(environment).kind("Service")
        if labels(each).get(COMPONENT) == "datastore"
    }
    assert offered == {
        "mysql-service": {"mysql": (3306, "mysql")},
        "mysql-read-service": {"mysql": (3306, "mysql")},
        "mysql-headless": {"mysql": (3306, "mysql")},
        "redis-service": {"redis": (6379, "redis")},
        "redis-headless": {"redis": (6379, "redis"), "bus": (16379, "bus")},
        "rabbitmq-service": {"amqp": (5672, "amqp"), "management": (15672, "management")},
        "rabbitmq-headless": {
            "epmd": (4369, "epmd"),
            "distribution": (25672, "distribution"),
            "metrics": (15692, "metrics"),
        },
    }


@both
def test_data_stores_and_jobs_read_exactly_their_secrets(environment: str) -> None:
    found = {}
    for workload in _workloads(environment):
        for container in containers(workload):
            references = {
                each["name"]: each["valueFrom"]["secretKeyRef"]
                for each in container.get("env", [])
                if "secretKeyRef" in each.get("valueFrom", {})
            }
            key = f"{without_hash(workload)}/{container['name']}"
            found[key] = {
                name: f"{each['name']}/{each['key']}" + (" if there" if each.get("optional") else "")
                for name, each in references.items()
            }
            assert not [each for each in container.get("envFrom", []) if "secretRef" in each]
    assert found == SECRETS


@both
def test_every_file_of_a_command_is_mounted(environment: str) -> None:
    config_maps = {name_of(each): each["data"] for each in overlay(environment).kind("ConfigMap")}
    for workload in _workloads(environment):
        spec = pod_template(workload)["spec"]
        volumes = {each["name"]: each["configMap"]["name"] for each in spec["volumes"] if "configMap" in each}
        for container in containers(workload):
            mounted = {
                f"{mount['mountPath']}/{name}"
                for mount in container["volumeMounts"]
                if mount["name"] in volumes
                for name in config_maps[volumes[mount["name"]]]
            }
            if container["image"].startswith("rclone/rclone:"):
                assert "/etc/backup/vault.sh" in mounted, f"{name_of(workload)}: its scripts read it"
            for word in container.get("command", []):
                path = word.partition("=")[2] or word
                if path.startswith(("/etc/mysql", "/etc/redis", "/etc/rabbitmq")):
                    assert path in mounted, f"{name_of(workload)}: {word}"


@both
def test_addresses_of_data_stores_lead_to_a_rendered_service(environment: str) -> None:
    ports = {
        (name_of(each), str(port["port"]))
        for each in overlay(environment).kind("Service")
        for port in each["spec"]["ports"]
    }
    used = set()
    for settings in overlay(environment).kind("ConfigMap"):
        data = settings["data"]
        used |= {(data[key], data[f"{key[:-4]}PORT"]) for key in data if key.endswith("_HOST")}
    assert used == {("mysql-service", "3306"), ("redis-service", "6379"), ("rabbitmq-service", "5672")}
    assert used <= ports


@both
def test_nobody_else_reaches_a_data_store(environment: str) -> None:
    peers: dict[str, set[str]] = {name: set() for name in STORES}
    for flow in reach(overlay(environment)).reachable:
        if flow.callee in STORES:
            peers[flow.callee].add(flow.caller)
    users = {"user-service", "patient-queue-service", "migrations-user", "migrations-queue"}
    assert peers == {
        "mysql": {*users, "mysql-backup", "mysql-binlog", "mysqld-exporter", "mysql"},
        "redis": {
            "patient-queue-service",
            "redis-backup",
            "redis-bootstrap",
            "redis-exporter",
            "redis-restore-test",
            "redis",
        },
        "rabbitmq": {
            "api-gateway",
            "user-service",
            "ocr-service",
            "patient-queue-service",
            "keda-operator",
            "prometheus",
            "rabbitmq",
            "rabbitmq-backup",
        },
    }


@both
def test_replication_is_set_up_by_clone_and_gtid(environment: str) -> None:
    settings = _settings(_file(environment, "mysql", "my.cnf"))
    expected = {
        "datadir": "/var/lib/mysql/data",
        "gtid_mode": "ON",
        "enforce_gtid_consistency": "ON",
        "log_bin": "binlog",
        "relay_log_recovery": "ON",
        "plugin_load_add": "mysql_clone.so",
        "secure_file_priv": "NULL",
        "innodb_flush_log_at_trx_commit": "1",
        "sync_binlog": "1",
        "!include": "/etc/mysql/generated/server.cnf",
    }
    assert {key: settings.get(key) for key in expected} == expected
    gone = {"default_authentication_plugin", "query_cache_size", "query_cache_type", "master_info_repository"}
    assert not gone & settings.keys()
    store = overlay(environment).one("StatefulSet", "mysql")
    replicas = "mysql-1.mysql-headless mysql-2.mysql-headless"
    variables = {each["name"]: each.get("value") for each in containers(store)[0]["env"]}
    assert variables["MYSQL_PRIMARY_HOST"] == "mysql-0.mysql-headless"
    assert variables["MYSQL_REPLICA_HOSTS"] == replicas
    assert len(replicas.split()) == store["spec"]["replicas"] - 1


def _may_begin_empty(root: Path) -> set[str]:
    """The environments whose primary may create empty databases, and whether its pods find a change of that."""
    found = set()
    for environment in ENVIRONMENTS:
        settings = render(root / "overlays" / environment).one("ConfigMap", "mysql-empty-volume")
        assert name_of(settings) == "mysql-empty-volume", "a hash would make a change a new revision of the pods"
        if settings["data"] != {"initialise": "no", "recover-from": ""}:
            found.add(environment)
    return found


def _live(root: Path) -> set[str]:
    environments = yaml.safe_load((root / "promote.yaml").read_text(encoding="utf-8"))["environments"]
    return {name for name, each in environments.items() if each.get("live")}


def test_the_primary_of_a_live_environment_never_begins_empty() -> None:
    assert _live(REPOSITORY) & _may_begin_empty(REPOSITORY) == set()


@pytest.mark.slow
def test_without_its_four_lines_an_environment_begins_with_nothing(tmp_path: Path) -> None:
    """What production-checklist.md asks for after the first installation."""
    for name in ("base", "components", "overlays"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    overlays = [tmp_path / "overlays" / each / "kustomization.yaml" for each in ENVIRONMENTS]
    for path in overlays:
        text, count = re.subn(r"(?m)^  # Lets the primary create empty.*\n(?:.*\n){3}", "", path.read_text("utf-8"))
        assert count <= 1
        path.write_text(text, encoding="utf-8")
    assert _may_begin_empty(tmp_path) == set()


@pytest.mark.slow
def test_the_runbook_names_the_replica_that_the_primary_clones(tmp_path: Path) -> None:
    """Its lines, in the place of those of the first installation, reach the container that waits."""
    for name in ("base", "components", "overlays"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    page = (REPOSITORY / "docs/runbook.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"(?ms)^   ```yaml\n(     - name: mysql-empty-volume\n.*?)^   ```$", page)
    path = tmp_path / "overlays/staging/kustomization.yaml"
    text = re.sub(r"(?m)^  # Lets the primary create empty.*\n(?:.*\n){3}", "", path.read_text("utf-8"))
    head, key, rest = text.partition("configMapGenerator:\n")
    path.write_text(head + key + re.sub(r"(?m)^   ", "", lines) + rest, encoding="utf-8")
    rendered = render(tmp_path / "overlays/staging")
    data = rendered.one("ConfigMap", "mysql-empty-volume")["data"]
    assert data == {"initialise": "no", "recover-from": "mysql-1.mysql-headless"}
    variables = {each["name"]: each for each in containers(rendered.one("StatefulSet", "mysql"))[0]["env"]}
    reference = variables["MYSQL_RECOVER_FROM"]["valueFrom"]["configMapKeyRef"]
    assert reference == {"name": "mysql-empty-volume", "key": "recover-from"}


@both
def test_redis_is_a_cluster_that_knows_its_names(environment: str) -> None:
    settings = _settings(_file(environment, "redis", "redis.conf"))
    expected = {
        "port": "6379",
        "dir": "/data",
        "cluster-enabled": "yes",
        "cluster-config-file": "nodes.conf",
        "cluster-preferred-endpoint-type": "hostname",
        "protected-mode": "yes",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "volatile-lru",
        "include": "/run/redis/runtime.conf",
    }
    assert {key: settings.get(key) for key in expected} == expected
    store = overlay(environment).one("StatefulSet", "redis")
    nodes = _file(environment, "redis-nodes", "REDIS_NODES").split()
    assert nodes == [f"redis-{each}.redis-headless:6379" for each in range(store["spec"]["replicas"])]
    variables = {each["name"]: each.get("value") for each in containers(store)[0]["env"]}
    assert variables["POD_HOST"] == "$(POD_NAME).redis-headless"


@both
def test_the_brokers_know_one_another(environment: str) -> None:
    settings = _settings(_file(environment, "rabbitmq", "rabbitmq.conf"))
    store = overlay(environment).one("StatefulSet", "rabbitmq")
    count = store["spec"]["replicas"]
    members = {
        f"cluster_formation.classic_config.nodes.{each + 1}": f"rabbit@rabbitmq-{each}.rabbitmq-headless"
        for each in range(count)
    }
    expected = members | {
        "cluster_formation.peer_discovery_backend": "classic_config",
        "cluster_formation.target_cluster_size_hint": str(count),
        "quorum_queue.continuous_membership_reconciliation.enabled": "true",
        "quorum_queue.continuous_membership_reconciliation.target_group_size": str(count),
        "definitions.local.path": "/etc/rabbitmq/definitions/definitions.json",
    }
    assert {key: settings.get(key) for key in expected} == expected
    variables = {each["name"]: each.get("value") for each in containers(store)[1]["env"]}
    assert variables["RABBITMQ_NODENAME"] == "rabbit@$(POD_NAME).rabbitmq-headless"
    assert variables["RABBITMQ_USE_LONGNAME"] == "true"
    assert _file(environment, "rabbitmq", "enabled_plugins") == "[rabbitmq_management,rabbitmq_prometheus].\n"


@both
def test_the_broker_takes_the_limit_of_its_container_for_its_memory(environment: str) -> None:
    settings = _settings(_file(environment, "rabbitmq", "rabbitmq.conf"))
    (broker,) = (
        each for each in containers(overlay(environment).one("StatefulSet", "rabbitmq")) if each["name"] == "rabbitmq"
    )
    [variable] = [each["valueFrom"] for each in broker["env"] if each["name"] == "MEMORY_LIMIT"]
    assert settings["total_memory_available_override_value"] == "$(MEMORY_LIMIT)"
    assert variable == {"resourceFieldRef": {"resource": "limits.memory", "divisor": "1"}}
    promise = promised(REPOSITORY, environment)[Key("resources", "rabbitmq/rabbitmq", "limits.memory")]
    assert broker["resources"]["limits"]["memory"] == promise
    # The rest is for what the broker does not count, such as the cache of its files.
    assert settings["vm_memory_high_watermark.relative"] == "0.6"


@both
@pytest.mark.parametrize("name", ["mysql", "redis", "rabbitmq"])
def test_production_refuses_to_run_a_store_on_one_node_or_in_one_zone(environment: str, name: str) -> None:
    template = pod_template(overlay(environment).one("StatefulSet", name))
    spread = {each["topologyKey"]: each for each in template["spec"]["topologySpreadConstraints"]}
    assert spread.keys() == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}
    for each in spread.values():
        assert (each["maxSkew"], each["nodeTaintsPolicy"]) == (1, "Honor")
        assert each["labelSelector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
        assert (each["whenUnsatisfiable"] == "DoNotSchedule") == (environment == "production")


@both
def test_a_node_of_redis_can_join_with_the_script_of_the_job(environment: str) -> None:
    spec = pod_template(overlay(environment).one("StatefulSet", "redis"))["spec"]
    [path] = [each["mountPath"] for each in spec["containers"][0]["volumeMounts"] if each["name"] == "bootstrap"]
    [volume] = [each["configMap"]["name"] for each in spec["volumes"] if each["name"] == "bootstrap"]
    assert overlay(environment).one("ConfigMap", "redis-bootstrap")["metadata"]["name"] == volume
    assert f"{path}/bootstrap.sh" in _file(environment, "redis", "start.sh")


@both
def test_every_queue_is_a_quorum(environment: str) -> None:
    text = _file(environment, "rabbitmq", "topology.json")
    assert text.startswith("{\n"), "provision.sh replaces the first line"
    topology = json.loads(text)
    assert "users" not in topology
    assert "permissions" not in topology
    for queue in topology["queues"]:
        assert (queue["durable"], queue["arguments"]) == (True, {"x-queue-type": "quorum"}), queue["name"]


@both
def test_the_broker_offers_what_the_services_ask_for(environment: str) -> None:
    topology = json.loads(_file(environment, "rabbitmq", "topology.json"))
    bound = {
        (each["vhost"], each["source"], each["destination"]): each["routing_key"] for each in topology["bindings"]
    }
    settings = [each["data"] for each in overlay(environment).kind("ConfigMap") if "RABBITMQ_QUEUE" in each["data"]]
    asked = {tuple(each[f"RABBITMQ_{key}"] for key in ("VHOST", "EXCHANGE", "QUEUE")) for each in settings}
    ours = {key: value for key, value in bound.items() if key[1] == "mediq_exchange"}
    assert asked == ours.keys()
    assert {key[2]: value for key, value in ours.items()} == {
        "user_service_queue": "user.*",
        "ocr_service_queue": "ocr.*",
        "patient_queue_service_queue": "queue.*",
    }
    types = {each["name"]: each["type"] for each in topology["exchanges"]}
    assert types["mediq_exchange"] == "topic"


@both
def test_a_backup_asks_for_everything_and_is_restored(environment: str) -> None:
    dump = _file(environment, "mysql-backup", "dump.sh")
    for option in (
        "all-databases",
        "single-transaction",
        "routines",
        "events",
        "triggers",
        "set-gtid-purged=ON",
        "source-data=2",
    ):
        assert re.search(rf"mysqldump [^|]*--{option}\b", dump), option
    destination = overlay(environment).one("ConfigMap", "backup-destination")["data"]
    assert destination["RCLONE_CONFIG_OFFSITE_ENDPOINT"].startswith("https://")
    for name in (each for each in JOBS if each not in {"redis-bootstrap", "migrations-user", "migrations-queue"}):
        job = overlay(environment).one("CronJob", name)["spec"]["jobTemplate"]["spec"]
        assert job["activeDeadlineSeconds"] > 0
        assert job["template"]["spec"]["restartPolicy"] == "Never"


@both
def test_binary_logs_leave_every_five_minutes(environment: str) -> None:
    """And are kept by the server for longer than the store may be away."""
    spec = overlay(environment).one("CronJob", "mysql-binlog")["spec"]
    assert (spec["schedule"], spec["concurrencyPolicy"], spec.get("suspend")) == ("*/5 * * * *", "Forbid", None)
    assert int(_settings(_file(environment, "mysql", "my.cnf"))["binlog_expire_logs_seconds"]) >= 3 * 24 * 3600


def _jobs(root: Path) -> dict[str, str]:
    return {without_hash(each): name_of(each) for each in render(root / "overlays/staging").kind("Job")}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "old", "new", "changed"),
    [
        ("overlays/staging/kustomization.yaml", "sha256:621519", "sha256:721519", {"migrations-user"}),
        ("overlays/staging/kustomization.yaml", "sha256:dc6c01", "sha256:ec6c01", {"smoke-test"}),
        ("base/redis/bootstrap.sh", "primaries=3", "primaries=4", {"redis-bootstrap"}),
        ("base/redis/kustomization.yaml", " redis-5.redis-headless:6379", "", {"redis-bootstrap"}),
        ("base/migrations/queue-job.yaml", "cpu: 100m", "cpu: 101m", {"migrations-queue"}),
    ],
)
def test_a_job_that_changes_is_another_job(file: str, old: str, new: str, changed: set[str], tmp_path: Path) -> None:
    before = _jobs(REPOSITORY)
    for name in ("base", "components", "overlays"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    text = (tmp_path / file).read_text()
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new))
    after = _jobs(tmp_path)
    assert {name for name, rendered in after.items() if before[name] != rendered} == changed


@both
def test_a_finished_job_stays(environment: str) -> None:
    for job in overlay(environment).kind("Job"):
        assert "ttlSecondsAfterFinished" not in job["spec"], name_of(job)


@both
def test_migrations_run_the_version_of_their_service(environment: str) -> None:
    for job, service in (("migrations-user", "user-service"), ("migrations-queue", "patient-queue-service")):
        (migrate,) = containers(overlay(environment).one("Job", job))
        (server,) = containers(overlay(environment).one("Deployment", service))
        assert migrate["image"] == server["image"]
        assert migrate["command"] == ["npx", "--no-install", "prisma", "migrate", "deploy"]


SCRIPTS = sorted(path for each in ("base", "components") for path in (REPOSITORY / each).rglob("*.sh"))


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="NOT CHECKED: apt-get install shellcheck")
def test_shellcheck_has_nothing_to_complain_about() -> None:
    done = subprocess.run(["shellcheck", *map(str, SCRIPTS)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_script_is_plain_sh_and_stops_at_a_fault(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#!/bin/sh"
    assert lines[1].startswith("# ")
    assert ("set -u" if path.name == "stop.sh" else "set -eu") in lines
