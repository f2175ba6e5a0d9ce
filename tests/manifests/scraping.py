"""Works out from files alone what Prometheus scrapes: its relabelling, applied to the pods of a render."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.manifests.render import REPOSITORY, WORKLOADS, Object, Render, containers, labels, name_of, pod_template

CONFIGURATION = REPOSITORY / "base/monitoring/prometheus/prometheus.yml"
NAMESPACE = "the-environment"
_META = "__meta_kubernetes_"


@dataclass(frozen=True)
class Target:
    """Whom Prometheus asks, for what path, and with which labels what it hears is kept."""

    job: str
    address: str
    path: str
    labels: tuple[tuple[str, str], ...]

    def label(self, name: str) -> str:
        return dict(self.labels).get(name, "")


def configuration(path: Path = CONFIGURATION) -> Object:
    content: Object = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def job(name: str) -> Object:
    (found,) = (each for each in configuration()["scrape_configs"] if each["job_name"] == name)
    return dict(found)


def targets(render: Render) -> set[Target]:
    """Every target that the pods of a render make; the address of a pod is its workload's name."""
    return {
        target
        for each in configuration()["scrape_configs"]
        for discovered in _discovered(render)
        if (target := _target(each, discovered)) is not None
    }


def _target(scrape: Object, discovered: dict[str, str]) -> Target | None:
    found = relabelled({**discovered, "job": scrape["job_name"]}, scrape["relabel_configs"])
    if found is None:
        return None
    parameter = found.get("__param_target")
    path = scrape.get("metrics_path", "/metrics") + (f"?target={parameter}" if parameter else "")
    kept = {key: value for key, value in found.items() if not key.startswith("__")}
    return Target(scrape["job_name"], found["__address__"], path, tuple(sorted(kept.items())))


def _discovered(render: Render) -> Iterable[dict[str, str]]:
    """What service discovery tells about each port of each pod."""
    for workload in render.kind(*WORKLOADS):
        template = pod_template(workload)
        for container in containers(workload):
            for port in container.get("ports", [{"name": "", "containerPort": 0}]):
                yield {
                    "__address__": f"{name_of(workload)}:{port['containerPort']}",
                    _META + "namespace": NAMESPACE,
                    _META + "pod_name": f"{name_of(workload)}-0",
                    _META + "pod_phase": "Running",
                    _META + "pod_host_ip": "node-1",
                    _META + "pod_node_name": "node-1",
                    _META + "pod_container_port_name": port.get("name", ""),
                    **{
                        _META + "pod_label_" + re.sub(r"\W", "_", key): value
                        for key, value in labels(template).items()
                    },
                }


def relabelled(found: dict[str, str], rules: list[dict[str, Any]]) -> dict[str, str] | None:
    """The labels after all rules, or None where one of them drops the target or sample."""
    found = dict(found)
    for rule in rules:
        value = ";".join(found.get(name, "") for name in rule.get("source_labels", []))
        matched = re.fullmatch(str(rule.get("regex", "(.*)")), value)
        action = rule.get("action", "replace")
        if action in ("keep", "drop", "keepequal"):
            equal = found.get(rule.get("target_label", ""), "") == value
            if not {"keep": bool(matched), "drop": not matched, "keepequal": equal}[action]:
                return None
        elif action == "labeldrop":
            found = {key: text for key, text in found.items() if not re.fullmatch(rule["regex"], key)}
        else:
            assert action == "replace", action
            _replace(found, rule, matched)
    return found


def _replace(found: dict[str, str], rule: dict[str, Any], matched: re.Match[str] | None) -> None:
    if matched is None:
        return
    text = re.sub(r"\$(\d)", lambda group: matched[int(group[1])], rule.get("replacement", "$1"))
    found[rule["target_label"]] = text
    if not text:
        del found[rule["target_label"]]
