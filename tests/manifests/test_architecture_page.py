"""The charts of docs/architecture.md are Mermaid, and every flow and every workload is in them."""

from __future__ import annotations

import re

import pytest

from tests.manifests.reachability import TABLE
from tests.manifests.render import REPOSITORY, WORKLOADS, name_of, overlay
from tools.mermaid import FRAME, Chart
from tools.pages.architecture import EVERYBODY, Drawing

PAGE = (REPOSITORY / "docs/architecture.md").read_text(encoding="utf-8")
CHARTS = re.findall(r"^```mermaid\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
# What of https://mermaid.js.org/syntax/flowchart.html the charts use; Mermaid's own parser reads them, too.
NODE = re.compile(r' {2}(?: {2})?(n_\w+)(?:\["[\w. -]+"\]|\(\["[\w. -]+"\]\)|\{\{"[\w. -]+"\}\})')
ARROW = re.compile(r' {2}(frame|n_\w+) (?:-->|-\.->)\|"[\w/, ]+"\| (frame|n_\w+)')
FRAMING = re.compile(r' {2}subgraph frame\["[\w ]+"\]| {2}end')


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.split('"')[1])
def test_a_chart_is_mermaid_whose_arrows_have_two_ends(chart: str) -> None:
    first, *lines = chart.splitlines()
    assert first == "flowchart LR"
    assert [line for line in lines if not any(each.fullmatch(line) for each in (NODE, ARROW, FRAMING))] == []
    nodes = [found[1] for line in lines if (found := NODE.fullmatch(line))]
    ends = {end for line in lines if (found := ARROW.fullmatch(line)) for end in found.groups()}
    assert len(set(nodes)) == len(nodes)
    assert ends - {FRAME} <= set(nodes)
    assert [line for line in lines if FRAMING.fullmatch(line)][1:] in ([], ["  end"])


def test_the_page_shows_every_workload_and_every_row() -> None:
    assert len(CHARTS) == 7
    for workload in overlay("production").kind(*WORKLOADS):
        assert f'"{name_of(workload)}"' in "\n".join(CHARTS[1:])
        assert f"| `{name_of(workload)}` |" in PAGE
    rows = PAGE.partition("## Flows")[2].splitlines()[4:]
    assert len(rows) == len(TABLE["allowed"])


def test_every_flow_is_drawn_in_exactly_one_chart() -> None:
    drawn = [row for row in TABLE["allowed"] if row["from"] != EVERYBODY]
    # A port of its own shows where each row went; a group may be drawn as several arrows.
    marked = [row | {"ports": [60000 + number]} for number, row in enumerate(drawn)]
    charts = re.split(r"^## ", Drawing(overlay("production"), TABLE | {"allowed": marked}).page(), flags=re.MULTILINE)
    for row in marked:
        found = [chart.partition("\n")[0] for chart in charts[2:-2] if re.search(rf"\b{row['ports'][0]}\b", chart)]
        assert len(found) == 1, (row, found)


def test_a_chart_gathers_what_stands_between_two() -> None:
    chart = Chart(frame="Both", framed={"a-b": "box", "c": "round"}, others={"d": "hexagon"})
    chart.arrow("a-b", "c", ["8080"])
    chart.arrow("a-b", "c", ["443"])
    chart.arrow("d", FRAME, ["53/UDP"], dotted=True)
    assert chart.text().splitlines() == [
        "```mermaid",
        "flowchart LR",
        '  subgraph frame["Both"]',
        '    n_a_b["a-b"]',
        '    n_c(["c"])',
        "  end",
        '  n_d{{"d"}}',
        '  n_a_b -->|"443, 8080"| n_c',
        '  n_d -.->|"53/UDP"| frame',
        "```",
    ]
