"""Writes flowcharts in Mermaid, which forges draw: https://mermaid.js.org/syntax/flowchart.html."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

SHAPES = {"box": '["{}"]', "round": '(["{}"])', "hexagon": '{{{{"{}"}}}}'}
FRAME = "frame"


@dataclass
class Chart:
    """Nodes, some of them in one frame, and arrows between them; `FRAME` is the frame itself as an arrow's end."""

    frame: str = ""
    framed: dict[str, str] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)
    arrows: dict[tuple[str, str, bool], set[str]] = field(default_factory=dict)

    def arrow(self, start: str, end: str, labels: Iterable[str], *, dotted: bool = False) -> None:
        """Draw an arrow; what stands on arrows between the same two is gathered on one."""
        self.arrows.setdefault((start, end, dotted), set()).update(labels)

    def text(self) -> str:
        """The chart in a fenced block."""
        framed = [f"    {_node(name, shape)}" for name, shape in self.framed.items()]
        frame = [f'  subgraph {FRAME}["{self.frame}"]', *framed, "  end"] if framed else []
        others = [f"  {_node(name, shape)}" for name, shape in self.others.items()]
        return "\n".join(["```mermaid", "flowchart LR", *frame, *others, *self._lines(), "```"])

    def _lines(self) -> Iterable[str]:
        for (start, end, dotted), labels in self.arrows.items():
            shaft = "-.->" if dotted else "-->"
            label = ", ".join(sorted(labels, key=lambda label: (len(label), label)))
            yield f'  {_id(start)} {shaft}|"{label}"| {_id(end)}'


def _node(name: str, shape: str) -> str:
    return _id(name) + SHAPES[shape].format(name)


def _id(name: str) -> str:
    # A prefix, because some words, such as end, mean something in Mermaid.
    return name if name == FRAME else "n_" + re.sub(r"\W", "_", name)
