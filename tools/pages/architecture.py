"""The page that draws all network flows, from rendered production and from the table of flows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.manifests.render import COMPONENT, WORKLOADS, Object, Render, containers, labels, name_of, pod_template
from tests.manifests.render import render as rendered_of
from tools.mermaid import FRAME, Chart

TABLE = "policies/data/flows.yaml"
EVERYBODY, OUTSIDE, EDGE = "every pod", "Outside", "The edge"
# The label app.kubernetes.io/component of the pods, and the title of its chart.
GROUPS = {
    "service": "The services",
    "datastore": "The data stores",
    "job": "The jobs",
    "monitoring": "The monitoring",
    "logging": "The logs",
}
# Names that are not rendered and belong to the edge.
AT_THE_EDGE = ("nginx-ingress", "anybody", "edge", "nginx-gateway", "nginx-gateway-fabric", "acme-solver")

HEAD = f"""\
# Architecture

This page is generated from the rendered `overlays/production` and from [{TABLE}](../{TABLE}), the table
of all allowed flows. Staging has the same flows with fewer pods. The rule [network.flows](rules/network.flows.md)
denies network policies that allow anything other than these flows.

- An arrow points from the client to the server of a connection. Its label shows the ports.
- A round node runs outside of production. A hexagon stands for all services.
- A dotted arrow exists only with a [component](../components/README.md) that production does not use.
- Every pod may also resolve names. The charts do not show this.
"""
OVERVIEW = """\
## Overview

Each chart below the overview shows the outgoing connections of one group of pods, and the connections to it from
outside. Each flow is in one chart only.
"""


@dataclass(frozen=True)
class Flow:
    """One caller and one callee of a row of the table; an end may be a group."""

    caller: str
    callee: str
    ports: tuple[str, ...]
    optional: bool


def pages(root: Path) -> dict[str, str]:
    """The one page."""
    table = yaml.safe_load((root / TABLE).read_text(encoding="utf-8"))["flows"]
    return {"docs/architecture.md": Drawing(rendered_of(root / "overlays" / "production"), table).page()}


class Drawing:
    """The charts and tables of one environment."""

    def __init__(self, rendered: Render, table: Mapping[str, Any]) -> None:
        self.rendered, self.table = rendered, table
        self.workloads = {name_of(each): each for each in rendered.kind(*WORKLOADS)}
        # A group may have the name of a workload, of which it has further versions that are not rendered here.
        self.groups = {name: found for name, found in table["groups"].items() if name not in self.workloads}
        self.flows = [flow for row in table["allowed"] if row["from"] != EVERYBODY for flow in self._flows(row)]

    def page(self) -> str:
        """The whole text."""
        parts = [HEAD, OVERVIEW, self._overview().text(), ""]
        for title in (EDGE, *GROUPS.values()):
            parts += [f"## {title}", "", self._chart(title).text(), ""]
        return "\n".join([*parts, *self._workload_table(), "", *self._flow_table(), ""])

    def _flows(self, row: Mapping[str, Any]) -> Iterator[Flow]:
        for caller in _names(row["from"]):
            for callee in _names(row["to"]):
                ends = self._alone(caller), self._alone(callee)
                ports = tuple(self._port(port, ends[1], row) for port in row["ports"])
                yield Flow(*ends, ports, not all(map(self._is_there, ends)))

    def _alone(self, name: str) -> str:
        """The only member of a group with one member, else the name."""
        members = self._members(name)
        return members[0] if len(members) == 1 else name

    def _is_there(self, name: str) -> bool:
        if name not in self.table["others"]:
            return bool(self._members(name))
        condition = self.table["others"][name].get("with")
        return condition is None or any(condition in _conditions(each) for each in self.rendered.objects)

    def _port(self, port: int | str, callee: str, row: Mapping[str, Any]) -> str:
        """The number of a named port of a single callee, and the protocol if it is not TCP."""
        named = _named_ports(self.workloads[callee]) if callee in self.workloads else {}
        return str(named.get(str(port), port)) + ("" if row.get("protocol", "TCP") == "TCP" else "/UDP")

    def _group(self, name: str) -> str:
        """The chart of a name; a workload of a component is in the chart of the workload whose name it extends."""
        members = self._members(name) or [each for each in self.workloads if name.startswith(f"{each}-")]
        if members:
            return GROUPS[labels(pod_template(self.workloads[members[0]]))[COMPONENT]]
        if name in self.groups:
            return GROUPS["service"]  # second versions, which production does not have
        return EDGE if name in AT_THE_EDGE else OUTSIDE

    def _members(self, name: str) -> list[str]:
        wanted = self.groups.get(name)
        if wanted is None:
            return [name] if name in self.workloads else []
        own = {each: labels(pod_template(workload)) for each, workload in self.workloads.items()}
        return [each for each, found in own.items() if wanted.items() <= found.items()]

    def _overview(self) -> Chart:
        chart = Chart()
        for flow in self.flows:
            caller, callee = (self._group_or_name(name) for name in (flow.caller, flow.callee))
            if caller != callee and not flow.optional:
                charts = {EDGE, *GROUPS.values()}
                chart.others |= {end: "box" if end in charts else "round" for end in (caller, callee)}
                chart.arrow(caller, callee, flow.ports)
        return chart

    def _group_or_name(self, name: str) -> str:
        group = self._group(name)
        return name if group == OUTSIDE else group

    def _chart(self, title: str) -> Chart:
        chart = Chart(frame=title)
        own = [name for name in self.workloads if self._group(name) == title]
        drawn = [flow for flow in self.flows if self._home(flow) == title]
        ends = dict.fromkeys(end for flow in drawn for end in (flow.caller, flow.callee))
        inside = [*own, *(end for end in ends if title == self._group(end) and end not in self.groups)]
        chart.framed = {name: self._shape(name) for name in inside}
        chart.others = {name: self._shape(name) for name in ends if self._group(name) != title}
        for flow in drawn:
            for caller, callee, ports in self._arrows(flow, title):
                chart.arrow(caller, callee, ports, dotted=flow.optional)
        return chart

    def _home(self, flow: Flow) -> str:
        group = self._group(flow.caller)
        return self._group(flow.callee) if group == OUTSIDE else group

    def _arrows(self, flow: Flow, title: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """The group of all services is the frame of its chart; from within, it is each member except the caller."""
        caller, callee = (self._end(name, title) for name in (flow.caller, flow.callee))
        if callee != FRAME or self._group(flow.caller) != title:
            yield caller, callee, flow.ports
            return
        for member in self._members(flow.callee):
            if member != flow.caller:
                named = _named_ports(self.workloads[member])
                yield flow.caller, member, tuple(str(named.get(port, port)) for port in flow.ports)

    def _end(self, name: str, title: str) -> str:
        return FRAME if name in self.groups and self._group(name) == title else name

    def _shape(self, name: str) -> str:
        if name in self.groups:
            return "hexagon"
        return "box" if name in self.workloads else "round"

    def _workload_table(self) -> Iterator[str]:
        yield from [
            "## Workloads",
            "",
            "| workload | kind | group | ports | Services |",
            "|---|---|---|---|---|",
        ]
        for name, workload in sorted(self.workloads.items(), key=lambda item: (self._group(item[0]), item[0])):
            ports = ", ".join(f"{number} {port}" for port, number in _named_ports(workload).items())
            services = ", ".join(f"`{each}`" for each in self._services(workload))
            group = self._group(name).removeprefix("The ")
            yield f"| `{name}` | {workload['kind']} | {group} | {ports} | {services} |"

    def _services(self, workload: Object) -> Iterator[str]:
        own = labels(pod_template(workload)).items()
        for service in self.rendered.kind("Service"):
            wanted = {key: value for key, value in service["spec"]["selector"].items() if "pod-name" not in key}
            if wanted.items() <= own:
                yield name_of(service)

    def _flow_table(self) -> Iterator[str]:
        yield from ["## Flows", "", "| from | to | ports | reason | only with |", "|---|---|---|---|---|"]
        for row in self.table["allowed"]:
            ends = [", ".join(_names(row[end])) for end in ("from", "to")]
            ports = ", ".join(f"{port}/{row.get('protocol', 'TCP')}" for port in row["ports"])
            yield f"| {ends[0]} | {ends[1]} | {ports} | {row['why']} | {', '.join(self._conditions(row))} |"

    def _conditions(self, row: Mapping[str, Any]) -> Iterator[str]:
        for name in (*_names(row["from"]), *_names(row["to"])):
            if condition := self.table["others"].get(name, {}).get("with"):
                yield f"`{condition}`"


def _names(end: str | list[str]) -> list[str]:
    return end if isinstance(end, list) else [end]


def _conditions(item: Object) -> tuple[str, str]:
    group = item["apiVersion"].rpartition("/")[0]
    return f"{group}/{item['kind']}", f"{group}/{item['kind']}/{name_of(item)}"


def _named_ports(workload: Object) -> dict[str, int]:
    return {port["name"]: port["containerPort"] for each in containers(workload) for port in each.get("ports", [])}
