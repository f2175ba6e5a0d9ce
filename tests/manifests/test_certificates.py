"""With the component cert-manager, Prometheus knows when the certificates of its own environment expire."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.manifests.promql import run
from tests.manifests.reachability import Flow, reach
from tests.manifests.render import REPOSITORY, Object, render
from tests.manifests.scraping import CONFIGURATION, NAMESPACE, relabelled
from tests.manifests.variants import Workshop

COMPONENT = REPOSITORY / "components/cert-manager/metrics"
SCRAPE = COMPONENT / "cert-manager.scrape.yml"
DISCOVERED = {
    "__address__": "10.0.0.1:9090",
    "__meta_kubernetes_namespace": NAMESPACE,
    "__meta_kubernetes_pod_label_app_kubernetes_io_name": "prometheus",
    "__meta_kubernetes_pod_container_port_name": "http-metrics",
}


def _job() -> Object:
    (found,) = yaml.safe_load(SCRAPE.read_text(encoding="utf-8"))["scrape_configs"]
    return dict(found)


@pytest.mark.slow
def test_prometheus_gets_the_files_and_may_reach_cert_manager(workshop: Workshop) -> None:
    rendered = render(workshop.overlay("production", ("edge-ingress", "secrets-sealed/production", "cert-manager")))
    files = rendered.one("ConfigMap", "prometheus")["data"]
    for name in (SCRAPE.name, "certificates.rules.yml"):
        assert files[name] == (COMPONENT / name).read_text(encoding="utf-8")
    target = relabelled(DISCOVERED, _job()["relabel_configs"])
    assert target is not None
    assert target["__address__"] == "cert-manager.cert-manager:9402"
    assert Flow("prometheus", "cert-manager", "9402/TCP") in reach(rendered).reachable


def test_prometheus_reads_the_file_of_the_component(tmp_path: Path) -> None:
    text = CONFIGURATION.read_text(encoding="utf-8")
    mounted = re.findall(r"credentials_file: (\S+)", text)[0]
    (tmp_path / "token").touch()
    (tmp_path / CONFIGURATION.name).write_text(text.replace(mounted, str(tmp_path / "token")), encoding="utf-8")
    scrape = tmp_path / SCRAPE.name
    scrape.write_text(SCRAPE.read_text(encoding="utf-8"), encoding="utf-8")
    assert run("promtool", "check", "config", tmp_path / CONFIGURATION.name)[0] == 0
    scrape.write_text(scrape.read_text(encoding="utf-8").replace("relabel_configs", "relabel", 1), encoding="utf-8")
    assert run("promtool", "check", "config", tmp_path / CONFIGURATION.name)[0] == 1


@pytest.mark.parametrize(("namespace", "kept"), [(NAMESPACE, True), ("another", False)])
def test_only_certificates_of_this_namespace_are_kept(namespace: str, kept: bool) -> None:
    sample = {"__name__": "certmanager_certificate_expiration_timestamp_seconds", "namespace": namespace}
    found = relabelled({**sample, "own_namespace": NAMESPACE}, _job()["metric_relabel_configs"])
    assert found == (sample if kept else None)


@pytest.mark.parametrize("key", ["io_name", "port_name"])
def test_other_pods_make_no_target(key: str) -> None:
    (changed,) = (each for each in DISCOVERED if each.endswith(f"_{key}"))
    assert relabelled({**DISCOVERED, changed: "other"}, _job()["relabel_configs"]) is None
