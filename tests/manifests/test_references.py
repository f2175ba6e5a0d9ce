from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from tests.manifests.render import (
    COMPONENT,
    ENVIRONMENTS,
    NAME,
    Object,
    labels,
    name_of,
    overlay,
    pod_template,
    without_hash,
)

SERVICES = {
    "api-gateway": "api-gateway-service",
    "user-service": "user-service",
    "ocr-service": "ocr-service",
    "ocr-engine-service": "ocr-engine-service",
    "patient-queue-service": "patient-queue-service",
}
OWNED = ("Deployment", "ServiceAccount", "PodDisruptionBudget", "ConfigMap")
SCALERS = ("HorizontalPodAutoscaler", "ScaledObject")
SECRETS = {
    "api-gateway": {
        "JWT_SECRET": "jwt-secrets/JWT_SECRET",
        "RABBITMQ_URL": "rabbitmq-secrets/RABBITMQ_URL",
        "SESSION_SECRET": "session-secrets/SESSION_SECRET",
    },
    "user-service": {
        "DATABASE_URL": "database-secrets/DATABASE_URL_USER",
        "ENCRYPTION_KEY": "jwt-secrets/ENCRYPTION_KEY",
        "JWT_REFRESH_SECRET": "jwt-secrets/JWT_REFRESH_SECRET",
        "JWT_SECRET": "jwt-secrets/JWT_SECRET",
        "RABBITMQ_URL": "rabbitmq-secrets/RABBITMQ_URL",
        "SIGNING_KEY": "jwt-secrets/SIGNING_KEY",
    },
    "ocr-service": {
        "OCR_API_KEY": "ocr-api-secrets/OCR_API_KEY",
        "RABBITMQ_URL": "rabbitmq-secrets/RABBITMQ_URL",
    },
    "ocr-engine-service": {},
    "patient-queue-service": {
        "DATABASE_URL": "database-secrets/DATABASE_URL_QUEUE",
        "RABBITMQ_URL": "rabbitmq-secrets/RABBITMQ_URL",
        "REDIS_PASSWORD": "redis-secrets/REDIS_PASSWORD",
    },
}

both = pytest.mark.parametrize("environment", ENVIRONMENTS)


@both
def test_the_five_deployments_are_rendered(environment: str) -> None:
    assert {name_of(each) for each in overlay(environment).services("Deployment")} >= set(SERVICES)


@both
@pytest.mark.parametrize("name", SERVICES)
def test_each_service_has_all_its_objects(environment: str, name: str) -> None:
    for kind in OWNED:
        overlay(environment).one(kind, name)
    overlay(environment).one("Service", SERVICES[name])
    assert [name_of(each) for each in overlay(environment).kind(*SCALERS)].count(name) == 1


@both
@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_labelled_by_its_name_everywhere(environment: str, name: str) -> None:
    deployment = overlay(environment).one("Deployment", name)
    expected = {
        NAME: name,
        COMPONENT: "service",
        "app.kubernetes.io/part-of": "mediq",
        "environment": environment,
    }
    assert labels(deployment) == expected
    assert labels(pod_template(deployment)) == expected | {"colour": "blue"}


@both
def test_each_service_runs_as_its_own_account(environment: str) -> None:
    for deployment in overlay(environment).services("Deployment"):
        account = pod_template(deployment)["spec"]["serviceAccountName"]
        assert account == name_of(deployment)
        overlay(environment).one("ServiceAccount", account)


@both
def test_each_service_reads_its_own_and_the_shared_settings(environment: str) -> None:
    rendered = {name_of(each): each for each in overlay(environment).kind("ConfigMap")}
    for deployment in overlay(environment).services("Deployment"):
        (server,) = pod_template(deployment)["spec"]["containers"]
        read = [rendered[source["configMapRef"]["name"]] for source in server["envFrom"]]
        assert [without_hash(each) for each in read] == [name_of(deployment), "environment"]
        assert all(re.fullmatch(r".+-[0-9a-z]{10}", name_of(each)) for each in read)


@both
def test_a_service_listens_where_its_settings_say(environment: str) -> None:
    for deployment in overlay(environment).services("Deployment"):
        settings = overlay(environment).one("ConfigMap", name_of(deployment))["data"]
        (server,) = pod_template(deployment)["spec"]["containers"]
        assert [port["containerPort"] for port in server["ports"]] == [int(settings["PORT"])]


@both
def test_no_setting_is_given_twice(environment: str) -> None:
    shared = overlay(environment).one("ConfigMap", "environment")["data"]
    for deployment in overlay(environment).services("Deployment"):
        own = overlay(environment).one("ConfigMap", name_of(deployment))["data"]
        (server,) = pod_template(deployment)["spec"]["containers"]
        names = [*shared, *own, *(each["name"] for each in server["env"])]
        assert len(names) == len(set(names)), name_of(deployment)


@both
def test_discovery_addresses_lead_to_a_rendered_service(environment: str) -> None:
    ports = {
        (name_of(each), port["port"])
        for each in overlay(environment).kind("Service")
        for port in each["spec"]["ports"]
    }
    for settings in overlay(environment).kind("ConfigMap"):
        for key, value in settings.get("data", {}).items():
            if key.endswith("_URL"):
                address = urlsplit(value)
                assert (address.hostname, address.port) in ports, f"{name_of(settings)}: {key}"


@both
@pytest.mark.parametrize("name", SERVICES)
def test_services_read_exactly_their_secrets(environment: str, name: str) -> None:
    (server,) = pod_template(overlay(environment).one("Deployment", name))["spec"]["containers"]
    assert _secrets(server) == SECRETS[name]
    assert not [source for source in server["envFrom"] if "secretRef" in source]


def _secrets(container: Object) -> dict[str, str]:
    sources = {each["name"]: each.get("valueFrom", {}) for each in container["env"]}
    references = {name: source["secretKeyRef"] for name, source in sources.items() if "secretKeyRef" in source}
    return {variable: f"{found['name']}/{found['key']}" for variable, found in references.items()}


@both
def test_no_secret_is_kept_in_git(environment: str) -> None:
    assert overlay(environment).kind("Secret") == []


@both
def test_writable_folders_are_bounded_scratch_space(environment: str) -> None:
    for deployment in overlay(environment).services("Deployment"):
        spec = pod_template(deployment)["spec"]
        (server,) = spec["containers"]
        assert all(each.keys() == {"name", "emptyDir"} for each in spec["volumes"]), name_of(deployment)
        used = sum(_mebibytes(each["emptyDir"]["sizeLimit"]) for each in spec["volumes"])
        limit = server["resources"]["limits"]["ephemeral-storage"]
        assert used < _mebibytes(limit), name_of(deployment)
        assert {each["name"] for each in spec["volumes"]} == {each["name"] for each in server["volumeMounts"]}


def _mebibytes(quantity: str) -> int:
    return int(quantity[:-2]) * {"Mi": 1, "Gi": 1024}[quantity[-2:]]


@both
def test_the_last_request_has_time_to_finish(environment: str) -> None:
    for deployment in overlay(environment).services("Deployment"):
        spec = pod_template(deployment)["spec"]
        (server,) = spec["containers"]
        settings = overlay(environment).one("ConfigMap", name_of(deployment))["data"]
        longest = int(settings.get("OCR_TIMEOUT", settings.get("CIRCUIT_BREAKER_TIMEOUT", 0))) / 1000
        drain = server["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert drain + longest < spec["terminationGracePeriodSeconds"], name_of(deployment)


@both
def test_replicas_spread_over_zones_and_nodes_where_they_can(environment: str) -> None:
    for deployment in overlay(environment).services("Deployment"):
        spread = pod_template(deployment)["spec"]["topologySpreadConstraints"]
        keys = [each["topologyKey"] for each in spread]
        assert keys == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
        for constraint in spread:
            assert constraint["whenUnsatisfiable"] == "ScheduleAnyway"
            assert constraint["labelSelector"] == deployment["spec"]["selector"]
