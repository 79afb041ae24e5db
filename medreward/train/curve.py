"""A curve, for the terminal and as SVG; no drawing library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

__all__ = ["smoothed", "svg_curve", "terminal_curve"]

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_COLOURS = ("#1f5fa8", "#c7641c", "#3a8a4d", "#7b4fa0")


def smoothed(values: Sequence[float], window: int = 5) -> list[float]:
    """Means over consecutive windows; the last one may be shorter."""
    return [sum(values[at : at + window]) / len(values[at : at + window]) for at in range(0, len(values), window)]


def terminal_curve(values: Sequence[float], top: float, height: int = 6) -> str:
    """Columns of blocks, one a value, between 0 and ``top``, with the scale at the left.

    Example:
        >>> print(terminal_curve([0.0, 1.0, 2.0], 2.0, height=2))
          2.0 |  █
          1.0 | ██
    """
    lines = []
    for row in range(height, 0, -1):
        cells = "".join(_cell(value / top * height - (row - 1)) for value in values)
        lines.append(f"{top * row / height:5.1f} |{cells}".rstrip())
    return "\n".join(lines)


def _cell(filled: float) -> str:
    return _EIGHTHS[round(min(max(filled, 0.0), 1.0) * 8)]


def svg_curve(series: Mapping[str, Sequence[float]], top: float, title: str) -> str:
    """Lines over steps, between 0 and ``top``, as one SVG document."""
    width, height, left, under = 640, 320, 48, 40
    steps = max((len(values) for values in series.values()), default=1)

    def x(step: int) -> float:
        return left + step * (width - left - 16) / max(steps - 1, 1)

    def y(value: float) -> float:
        return height - under - value / top * (height - under - 36)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" style="font: 12px sans-serif">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="{left}" y="20">{escape(title)}</text>',
    ]
    for mark in range(5):
        value = top * mark / 4
        parts.append(f'<line x1="{left}" x2="{width - 16}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.2g}</text>')
    for number, (name, values) in enumerate(series.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        points = " ".join(f"{x(step):.1f},{y(value):.1f}" for step, value in enumerate(values))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="{left + 110 * number}" y="{height - 8}" fill="{colour}">{escape(name)}</text>')
    parts.append(f'<text x="{width - 16}" y="{height - 8}" text-anchor="end">step {steps}</text>')
    return "\n".join([*parts, "</svg>", ""])
