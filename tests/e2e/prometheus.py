"""A real Prometheus for an environment, with the settings that its overlay renders.

What differs: it reads the API from outside of the cluster, scrapes by way of a proxy that answers for the pods, and
more often, so that nobody waits for a quarter of a minute. Its rules, for which nobody asks, have their own pace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from tests.e2e.api import Object
from tests.manifests.render import without_hash
from tests.ports import free_ports

if TYPE_CHECKING:
    from tests.e2e.cluster import Cluster

SETTINGS = "prometheus"
# The others ask exporters and kubelets, which nobody plays.
JOBS = ("services",)


def start(cluster: Cluster, name: str, objects: list[Object], proxy: str) -> str:
    """Start the Prometheus of an environment called `name`, of which these are the objects; its address."""
    [settings] = [each for each in objects if each["kind"] == "ConfigMap" and without_hash(each) == SETTINGS]
    folder = cluster.folder / f"prometheus-{name}"
    folder.mkdir()
    for file, text in settings["data"].items():
        (folder / file).write_text(text)
    config = _outside(cluster, settings, proxy)
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    [port] = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    cluster.run(
        f"prometheus-{name}",
        cluster.program("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        env={"ENVIRONMENT": name},
    ).ready(f"{url}/-/ready")
    return url


def _outside(cluster: Cluster, settings: Object, proxy: str) -> Any:
    """The settings, for a process outside of the cluster."""
    config = yaml.safe_load(settings["data"]["prometheus.yml"])
    config["global"] |= dict.fromkeys(("scrape_interval", "scrape_timeout"), f"{cluster.attention}s")
    del config["alerting"]
    config["scrape_configs"] = [each for each in config["scrape_configs"] if each["job_name"] in JOBS]
    for job in config["scrape_configs"]:
        job["proxy_url"] = proxy
        for discovery in job["kubernetes_sd_configs"]:
            discovery["namespaces"] = {"names": [settings["metadata"]["namespace"]]}
            discovery["kubeconfig_file"] = str(cluster.kubeconfig)
    return config
