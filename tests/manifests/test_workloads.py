"""What no rule decides about a workload is what its table says: probes, patience, spread, ports, limits."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.manifests.render import (
    ENVIRONMENTS,
    HASH,
    WORKLOADS,
    Object,
    containers,
    name_of,
    overlay,
    pod_template,
    read_yaml,
    without_hash,
)

TABLE: dict[str, Object] = read_yaml(Path(__file__).with_name("workloads.yaml"))
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
OUTER = (
    "activeDeadlineSeconds", "backoffLimit", "completionMode", "concurrencyPolicy", "failedJobsHistoryLimit",
    "minReadySeconds", "podFailurePolicy", "podManagementPolicy", "progressDeadlineSeconds", "replicas",
    "revisionHistoryLimit", "schedule", "serviceName", "startingDeadlineSeconds", "strategy",
    "successfulJobsHistoryLimit", "timeZone", "updateStrategy",
)  # fmt: skip
OF_POD = (
    "automountServiceAccountToken", "enableServiceLinks", "restartPolicy", "serviceAccountName",
    "terminationGracePeriodSeconds",
)  # fmt: skip

both = pytest.mark.parametrize("environment", ENVIRONMENTS)


def _workload(workload: Object) -> Object:
    outer = workload["spec"] | workload["spec"].get("jobTemplate", {}).get("spec", {})
    pod = pod_template(workload)["spec"]
    return {
        **{key: outer[key] for key in OUTER if key in outer},
        **{key: pod[key] for key in OF_POD if key in pod},
        "spread": [_spread(each) for each in pod.get("topologySpreadConstraints", [])],
        "volumes": dict(sorted(map(_volume, pod.get("volumes", [])))),
        "containers": {each["name"]: _container(each) for each in containers(workload)},
    }


def _spread(constraint: Object) -> str:
    keys = " ".join(sorted([*constraint["labelSelector"]["matchLabels"], *constraint.get("matchLabelKeys", [])]))
    taints = f" {constraint['nodeTaintsPolicy']}" if "nodeTaintsPolicy" in constraint else ""
    return f"{constraint['topologyKey']} {constraint['maxSkew']} {constraint['whenUnsatisfiable']}{taints}: {keys}"


def _volume(volume: Object) -> tuple[str, Object]:
    (source,) = (key for key in volume if key != "name")
    said = {key: HASH.sub("", value) if key == "name" else value for key, value in volume[source].items()}
    return volume["name"], {source: said}


def _container(container: Object) -> Object:
    return {
        **{probe: _probe(container[probe]) for probe in PROBES if probe in container},
        **({"lifecycle": container["lifecycle"]} if "lifecycle" in container else {}),
        **({"ports": [_port(each) for each in container["ports"]]} if "ports" in container else {}),
        "scratch": {kind: amounts["ephemeral-storage"] for kind, amounts in container["resources"].items()},
        "mounts": [_mount(each) for each in container.get("volumeMounts", [])],
    }


def _probe(probe: Object) -> Object:
    """Its handler, and how often it may fail: times × seconds, with what it has to answer."""
    handler = {key: value for key, value in probe.items() if key in {"exec", "grpc", "httpGet", "tcpSocket"}}
    patience = {key: value for key, value in probe.items() if key not in handler}
    times, period, timeout = (patience.pop(key) for key in ("failureThreshold", "periodSeconds", "timeoutSeconds"))
    return {**handler, "patience": f"{times} × {period} s, {timeout} s each", **patience}


def _port(port: Object) -> str:
    return f"{port['name']} {port['containerPort']}/{port.get('protocol', 'TCP')}"


def _mount(mount: Object) -> str:
    inside = f" ({mount['subPath']})" if "subPath" in mount else ""
    return f"{mount['mountPath']} {mount['name']}{inside}{' read-only' if mount.get('readOnly') else ''}"


def _service(service: Object) -> Object:
    spec = service["spec"]
    return {key: value for key, value in spec.items() if key not in {"ports", "selector"}} | {
        "ports": [_offered(each) for each in spec["ports"]]
    }


def _offered(port: Object) -> str:
    protocol = f" ({port['appProtocol']})" if "appProtocol" in port else ""
    return f"{port.get('name', '')} {port['port']} → {port.get('targetPort', port['port'])}{protocol}"


@both
def test_each_workload_is_as_its_table_says(environment: str) -> None:
    workloads = overlay(environment).kind(*WORKLOADS)
    rendered = {f"{each['kind']}/{without_hash(each)}": _workload(each) for each in workloads}
    for name, found in rendered.items():
        assert found == TABLE["workloads"].get(name, {}) | TABLE["differences"][environment].get(name, {}), name
    assert rendered.keys() == TABLE["workloads"].keys()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_slow_start_ends_before_its_rollout_counts_as_failed(environment: str) -> None:
    """With two minutes for the scheduler, the image and the init containers."""
    for deployment in overlay(environment).kind("Deployment"):
        (container,) = pod_template(deployment)["spec"]["containers"]
        probe, spec = container["startupProbe"], deployment["spec"]
        slowest = probe["periodSeconds"] * probe["failureThreshold"] + spec["minReadySeconds"]
        assert slowest + 120 <= spec["progressDeadlineSeconds"], name_of(deployment)


@both
def test_each_service_listens_as_its_table_says(environment: str) -> None:
    assert {name_of(each): _service(each) for each in overlay(environment).kind("Service")} == TABLE["services"]


@both
def test_priorities_are_those_of_the_table(environment: str) -> None:
    found = {
        name_of(each).removeprefix(f"mediq-{environment}-"): {
            key: value for key, value in each.items() if key not in {"apiVersion", "kind", "metadata", "description"}
        }
        for each in overlay(environment).kind("PriorityClass")
    }
    assert found == TABLE["priorities"][environment]


@both
def test_containers_are_limited_as_the_table_says(environment: str) -> None:
    assert overlay(environment).one("LimitRange", "containers")["spec"]["limits"] == TABLE["limits"]


@both
def test_the_copy_of_the_engines_models_takes_little(environment: str) -> None:
    (init,) = pod_template(overlay(environment).one("Deployment", "ocr-engine-service"))["spec"]["initContainers"]
    assert init["resources"] == {
        "requests": {"cpu": "100m", "memory": "128Mi", "ephemeral-storage": "1Gi"},
        "limits": {"cpu": "1", "memory": "512Mi", "ephemeral-storage": "4Gi"},
    }


@pytest.mark.parametrize("has_models", [True, False])
def test_what_the_image_of_the_engine_has_is_in_the_volumes(tmp_path: Path, has_models: bool) -> None:
    """A volume hides a folder of the image. The engine has no way out, so that it cannot fetch its models either."""
    engine = overlay("production").one("Deployment", "ocr-engine-service")
    (init,) = pod_template(engine)["spec"]["initContainers"]
    assert init["image"] == pod_template(engine)["spec"]["containers"][0]["image"]
    assert {each["name"] for each in init["volumeMounts"]} == {"models", "templates"}
    for mount in init["volumeMounts"]:
        (tmp_path / mount["mountPath"].strip("/")).mkdir(parents=True)
    if has_models:
        (tmp_path / "app/models/en").mkdir(parents=True)
        (tmp_path / "app/models/en/weights").write_text("1")
    script = init["command"][-1].replace("/app/", f"{tmp_path}/app/").replace("/copied/", f"{tmp_path}/copied/")
    subprocess.run([*init["command"][:-1], script], check=True, timeout=30)
    copied = [path.relative_to(tmp_path / "copied") for path in (tmp_path / "copied").rglob("*") if path.is_file()]
    assert copied == ([Path("models/en/weights")] if has_models else [])
