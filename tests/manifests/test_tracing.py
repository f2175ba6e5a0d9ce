"""The way of a trace from a service to Jaeger: variables, Service, ports, receiver, and the policies of both ends."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from tests.manifests.reachability import Flow, reach
from tests.manifests.render import (
    ENVIRONMENTS,
    NAME,
    Object,
    Render,
    containers,
    dig,
    labels,
    name_of,
    overlay,
    pod_template,
    render,
    selects,
)
from tests.manifests.variants import Workshop

# Which receiver of OTLP understands which protocol of OTEL_EXPORTER_OTLP_PROTOCOL.
RECEIVERS = {"grpc": "grpc", "http/protobuf": "http"}

both = pytest.mark.parametrize("environment", ENVIRONMENTS)


def _variables(rendered: Render, workload: Object) -> dict[str, str]:
    """What the container `server` finds in its environment, as the kubelet fills it in."""
    template = pod_template(workload)
    (server,) = (each for each in containers(workload) if each["name"] == "server")
    found: dict[str, str] = {}
    for source in server["envFrom"]:
        found |= rendered.one("ConfigMap", source["configMapRef"]["name"])["data"]
    for each in server["env"]:
        path = each.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath", "")
        if "value" in each:
            found[each["name"]] = each["value"]
        elif path.startswith("metadata.labels["):
            found[each["name"]] = labels(template)[path.removeprefix("metadata.labels['").removesuffix("']")]
    return found


def _receivers(rendered: Render) -> dict[str, Any]:
    settings = yaml.safe_load(rendered.one("ConfigMap", "jaeger")["data"]["jaeger.yaml"])
    assert settings["service"]["pipelines"]["traces"]["receivers"] == ["otlp"]
    protocols: dict[str, Any] = dig(settings, "receivers otlp protocols")
    return protocols


def _is_open(rendered: Render, workload: Object) -> None:
    """Follow the address from one service's variables to the socket that Jaeger opens."""
    settings = _variables(rendered, workload)
    assert settings["OTEL_TRACES_EXPORTER"] == "otlp"
    assert (settings["OTEL_METRICS_EXPORTER"], settings["OTEL_LOGS_EXPORTER"]) == ("none", "none")
    address = urlsplit(settings["OTEL_EXPORTER_OTLP_ENDPOINT"])
    assert (address.scheme, address.path) == ("http", "")
    service = rendered.one("Service", str(address.hostname))["spec"]
    (port,) = (each for each in service["ports"] if each["port"] == address.port)
    jaeger = rendered.one("StatefulSet", "jaeger")
    assert selects({"matchLabels": service["selector"]}, labels(pod_template(jaeger)))
    (server,) = containers(jaeger)
    (opened,) = (each["containerPort"] for each in server["ports"] if each["name"] == port["targetPort"])
    receiver = _receivers(rendered)[RECEIVERS[settings["OTEL_EXPORTER_OTLP_PROTOCOL"]]]
    assert receiver["endpoint"] == f"0.0.0.0:{opened}"
    assert Flow(name_of(workload), "jaeger", f"{opened}/TCP") in reach(rendered).reachable


@pytest.mark.slow
@both
def test_the_way_of_a_trace_from_each_service_to_jaeger_is_open(environment: str) -> None:
    services = overlay(environment).services("Deployment")
    assert len(services) == 5
    for workload in services:
        _is_open(overlay(environment), workload)


@pytest.mark.slow
def test_so_is_that_of_a_second_version(workshop: Workshop) -> None:
    rendered = render(workshop.two_versions("production", green=["user-service"]))
    _is_open(rendered, rendered.one("Deployment", "user-service-green"))


@both
def test_a_trace_says_which_service_it_is_of(environment: str) -> None:
    for workload in overlay(environment).services("Deployment"):
        assert _variables(overlay(environment), workload)["OTEL_SERVICE_NAME"] == labels(workload)[NAME]


@both
def test_the_gateway_decides_which_requests_are_traced(environment: str) -> None:
    for workload in overlay(environment).services("Deployment"):
        settings = _variables(overlay(environment), workload)
        assert settings["OTEL_TRACES_SAMPLER"] == "parentbased_traceidratio"
        assert settings["OTEL_PROPAGATORS"] == "tracecontext,baggage"
        assert 0 < float(settings["OTEL_TRACES_SAMPLER_ARG"]) <= 1
