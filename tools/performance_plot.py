"""Draw how figures grow with a size, with logarithmic axes, as SVG."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT, _LEFT, _TOP = 420, 260, 60, 40
_COLOURS = ("#0b5fa5", "#c1440e", "#2e7d32", "#7b1fa2", "#616161", "#b8860b", "#00838f", "#ad1457")


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: its title, the name of its horizontal axis, the sizes, and the figures of each series for them.

    A series may have figures for the first sizes only.
    """

    title: str
    axis: str
    sizes: Sequence[int]
    series: Mapping[str, Sequence[float]]


def svg(charts: Sequence[Chart]) -> str:
    """The charts next to each other, each with its legend below."""
    rows = max(len(chart.series) for chart in charts)
    width, height = len(charts) * (_WIDTH + 2 * _LEFT), _HEIGHT + _TOP + 60 + rows * 18
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" '
        'font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for number, chart in enumerate(charts):
        parts.append(f'<g transform="translate({_LEFT + number * (_WIDTH + 2 * _LEFT)} {_TOP})">')
        parts += [*_axes(chart), *_lines(chart), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def _axes(chart: Chart) -> Iterator[str]:
    yield f'<text y="-16" font-weight="bold">{escape(chart.title)}</text>'
    yield f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="none" stroke="#999"/>'
    for size in chart.sizes:
        x = _across(chart, size)
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{_HEIGHT}" stroke="#ddd"/>'
        yield f'<text x="{x:.1f}" y="{_HEIGHT + 18}" text-anchor="middle">{size:,} {escape(chart.axis)}</text>'
    low, high = _range(chart)
    for power in range(low, high + 1):
        y = _up(chart, 10.0**power)
        yield f'<line x1="0" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
        yield f'<text x="-8" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>'


def _lines(chart: Chart) -> Iterator[str]:
    for number, (name, figures) in enumerate(chart.series.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        points = [(_across(chart, size), _up(chart, one)) for size, one in zip(chart.sizes, figures, strict=False)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for (x, y), size, one in zip(points, chart.sizes, figures, strict=False):
            about = f"{name}, {size:,} {chart.axis}: {one:.2f}"
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"><title>{escape(about)}</title></circle>'
        y = _HEIGHT + 42 + number * 18
        values = " · ".join(f"{one:.2f}" for one in figures)
        yield f'<text y="{y}" fill="{colour}">{escape(name)}: {values}</text>'


def _across(chart: Chart, size: float) -> float:
    first, last = math.log10(chart.sizes[0]), math.log10(max(chart.sizes[-1], chart.sizes[0] + 1))
    return 40 + (math.log10(size) - first) / (last - first) * (_WIDTH - 80)


def _range(chart: Chart) -> tuple[int, int]:
    figures = [one for those in chart.series.values() for one in those]
    return math.floor(math.log10(min(figures))), math.ceil(math.log10(max(figures)) + 1e-9)


def _up(chart: Chart, figure: float) -> float:
    low, high = _range(chart)
    return _HEIGHT - (math.log10(figure) - low) / max(high - low, 1) * _HEIGHT
