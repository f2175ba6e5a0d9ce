from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.manifests.render import (
    ENVIRONMENTS,
    REPOSITORY,
    WORKLOADS,
    Object,
    Render,
    name_of,
    overlay,
    pod_template,
    render,
)
from tests.manifests.variants import Workshop
from tools import seal_demo
from tools.setup.go import requirements
from tools.setup.groups import steps
from tools.setup.programs import SEALED_SECRETS

both = pytest.mark.parametrize("environment", ENVIRONMENTS)
TABLE: dict[str, dict[str, str]] = yaml.safe_load(seal_demo.TABLE.read_text(encoding="utf-8"))
KEYS = {name: set(keys) for name, keys in TABLE.items()} | {"mediq-tls-secret": {"tls.crt", "tls.key"}}
SEALING = re.compile(r"^```sh\n(make kubeseal\n.*?)^```$", re.MULTILINE | re.DOTALL)
# Of RSA-4096: the length of the session key, this key, and the tag of AES-GCM at the end.
SEALING_BYTES = 2 + 512 + 16
PRIVATE = re.compile(r"PRIVATE KEY|-----BEGIN (?!CERTIFICATE)")


def _sealed(environment: str) -> dict[str, Object]:
    return {name_of(each): each for each in overlay(environment).kind("SealedSecret")}


def _read(node: Any) -> Iterator[tuple[str, str]]:
    """Every Secret, and key of it, that a pod reads; an empty key means all of them."""
    if isinstance(node, dict):
        # A pod starts without an optional one.
        if (found := node.get("secretKeyRef")) and not found.get("optional"):
            yield found["name"], found["key"]
        if found := node.get("secretRef"):
            yield found["name"], ""
        if isinstance(found := node.get("secret"), dict):
            name = found.get("secretName") or found["name"]
            yield from ((name, item["key"]) for item in found.get("items", []))
            yield name, ""
        for value in node.values():
            yield from _read(value)
    elif isinstance(node, list):
        for value in node:
            yield from _read(value)


@both
def test_every_secret_that_a_pod_reads_is_sealed(environment: str) -> None:
    sealed = {name: set(each["spec"]["encryptedData"]) for name, each in _sealed(environment).items()}
    for workload in overlay(environment).kind(*WORKLOADS):
        for name, key in _read(pod_template(workload)):
            assert name in sealed, f"{name_of(workload)} reads {name}"
            assert not key or key in sealed[name], f"{name_of(workload)} reads {key} of {name}"


@both
def test_exactly_the_keys_of_the_table_are_sealed(environment: str) -> None:
    assert {name: set(each["spec"]["encryptedData"]) for name, each in _sealed(environment).items()} == KEYS


@both
def test_a_sealed_secret_is_bound_to_its_name_and_namespace(environment: str) -> None:
    for name, each in _sealed(environment).items():
        assert not [key for key in each["metadata"]["annotations"] if key.startswith("sealedsecrets.bitnami.com/")]
        template = each["spec"]["template"]
        assert (template["metadata"]["name"], template["metadata"]["namespace"]) == (name, f"mediq-{environment}")
        assert template["type"] == ("kubernetes.io/tls" if name == "mediq-tls-secret" else "Opaque")
        assert "data" not in template


def test_no_two_sealed_values_are_the_same_and_all_are_sealed() -> None:
    values = [
        value
        for environment in ENVIRONMENTS
        for each in _sealed(environment).values()
        for value in each["spec"]["encryptedData"].values()
    ]
    assert len(set(values)) == len(values)
    # A length, a session key for RSA-4096, then the sealed value.
    assert all(base64.b64decode(value, validate=True)[:2] == b"\x02\x00" for value in values)


@both
def test_sealed_demonstration_values_are_those_of_the_table(environment: str) -> None:
    """Nobody can read them, but a value is sealed by AES-GCM, which keeps its length."""
    expected = {
        name: {key: len(value) for key, value in seal_demo.values(keys).items()} for name, keys in TABLE.items()
    }
    assert {
        name: {
            key: len(base64.b64decode(value)) - SEALING_BYTES for key, value in each["spec"]["encryptedData"].items()
        }
        for name, each in _sealed(environment).items()
        if name in TABLE and _is_demo(each)
    } == {name: keys for name, keys in expected.items() if _is_demo(_sealed(environment)[name])}


@both
def test_what_is_shipped_is_marked_as_a_demonstration(environment: str) -> None:
    marked = {name for name, each in _sealed(environment).items() if _is_demo(each)}
    written = (REPOSITORY / "components/secrets-sealed" / environment).glob("*.yaml")
    noted = {path.stem for path in written if path.read_text(encoding="utf-8").startswith(seal_demo.NOTE)}
    assert marked == noted


def _is_demo(sealed: Object) -> bool:
    return bool(sealed["metadata"]["annotations"].get(seal_demo.DEMO) == "true")


@pytest.mark.slow
@both
def test_a_store_provides_the_same_secrets(workshop: Workshop, environment: str) -> None:
    folder = workshop.overlay(environment, ("edge-ingress", f"secrets-external/{environment}"))
    rendered = render(folder)
    assert rendered.kind("SealedSecret") == []
    (store,) = rendered.kind("SecretStore")
    assert store["spec"]["provider"]["vault"]["path"] == f"mediq-{environment}"
    found = {}
    for each in rendered.kind("ExternalSecret"):
        assert each["spec"]["secretStoreRef"] == {"kind": "SecretStore", "name": name_of(store)}
        assert {item["remoteRef"]["key"] for item in each["spec"]["data"]} == {name_of(each)}
        assert all(item["secretKey"] == item["remoteRef"]["property"] for item in each["spec"]["data"])
        found[name_of(each)] = {item["secretKey"] for item in each["spec"]["data"]}
    assert found == KEYS


def test_addresses_of_data_stores_lead_to_rendered_services() -> None:
    services = {name_of(each) for each in overlay("production").kind("Service")}
    settings = overlay("production").one("ConfigMap", "user-service")["data"]
    for keys in TABLE.values():
        for address in (value for value in keys.values() if value.startswith(("mysql://", "amqp://"))):
            host = address.rpartition("@")[2].partition(":")[0]
            assert host in services | {settings["DATABASE_HOST"], settings["RABBITMQ_HOST"]}, address


def test_demonstration_values_are_new_each_time_and_fit_together() -> None:
    table = {"USER": "mediq", "PASSWORD": "{random}", "URL": "mysql://{USER}:{PASSWORD}@host:3306/db"}
    first, second = seal_demo.values(table), seal_demo.values(table)
    assert first["PASSWORD"] != second["PASSWORD"]
    assert re.fullmatch(r"[A-Za-z0-9]{32}", first["PASSWORD"])
    assert first["URL"] == f"mysql://mediq:{first['PASSWORD']}@host:3306/db"


def test_no_private_key_is_in_the_repository() -> None:
    for folder in ("base", "components", "overlays", "delivery", "docs", "tools"):
        for path in (REPOSITORY / folder).rglob("*"):
            if path.is_file() and path.suffix in {".yaml", ".yml", ".json", ".pem", ".key", ".md", ".txt", ".env"}:
                assert not PRIVATE.search(path.read_text(encoding="utf-8")), path


def test_the_page_says_how_to_seal_in_four_lines() -> None:
    page = REPOSITORY / "components/secrets-sealed/README.md"
    (commands,) = SEALING.findall(page.read_text(encoding="utf-8"))
    assert len(commands.strip().splitlines()) == 4
    (written,) = re.findall(r"kubeseal --cert .* > (\S+)$", commands, re.MULTILINE)
    sealed = yaml.safe_load((REPOSITORY / written).read_text(encoding="utf-8"))
    assert f"secret generic {name_of(sealed)} -n {sealed['metadata']['namespace']} " in commands


def test_kubeseal_is_built_alone_and_pinned() -> None:
    (step,) = steps(REPOSITORY, "kubeseal")
    assert REPOSITORY / ".tools/bin/kubeseal" in step.results
    assert "\nkubeseal: ##" in (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    pinned = (REPOSITORY / "tools/e2e/cluster/go.mod").read_text(encoding="utf-8")
    version = requirements(pinned)[SEALED_SECRETS].removeprefix("v")
    assert f"version {version}" in (REPOSITORY / "components/secrets-sealed/README.md").read_text(encoding="utf-8")


def _versions(rendered: Render) -> dict[str, dict[str, str]]:
    """Of each pod that stays: the versions of Secrets that it is annotated with."""
    start = "mediq.io/"
    return {
        name_of(each): {
            key.removeprefix(start): value
            for key, value in pod_template(each)["metadata"].get("annotations", {}).items()
            if key.startswith(start) and value.startswith(f"{key.removeprefix(start)}-version-")
        }
        for each in rendered.kind("Deployment", "StatefulSet")
    }


@pytest.mark.slow
@pytest.mark.parametrize("store", ["secrets-sealed", "secrets-external"])
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_pod_that_stays_has_the_version_of_each_secret_that_it_reads(
    workshop: Workshop, environment: str, store: str
) -> None:
    rendered = render(workshop.overlay(environment, ("edge-ingress", f"{store}/{environment}")))
    names = {name_of(each) for each in rendered.kind("ConfigMap")}
    versions = _versions(rendered)
    for each in rendered.kind("Deployment", "StatefulSet"):
        assert versions[name_of(each)].keys() == {name for name, _ in _read(pod_template(each))}, name_of(each)
    assert {version for each in versions.values() for version in each.values()} <= names


@pytest.mark.slow
def test_a_changed_secret_restarts_what_has_read_it_and_nothing_else(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path)
    file = tmp_path / "components/secrets-sealed/production/redis-secrets.yaml"
    before = overlay("production")
    file.write_text(re.sub(r"(REDIS_PASSWORD: ).*", r"\1AgBchanged", file.read_text(encoding="utf-8")))
    after = render(workshop.folder / "overlays/production")

    def templates(rendered: Render) -> dict[str, Object]:
        return {name_of(each): pod_template(each) for each in rendered.kind("Deployment", "StatefulSet")}

    changed = {name for name, template in templates(after).items() if template != templates(before)[name]}
    assert changed == {"redis", "redis-exporter", "patient-queue-service"}
    assert {name_of(each) for each in after.kind("Job")} == {name_of(each) for each in before.kind("Job")}
