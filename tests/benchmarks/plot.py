"""A small plot as SVG: panels of lines, both axes logarithmic."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

__all__ = ["Lines", "svg"]

Lines = Mapping[str, Sequence[tuple[float, float]]]
_COLOURS = ("#0b6e4f", "#c1121f", "#3a86ff", "#ff9f1c", "#6d597a", "#8d99ae")
_WIDTH, _HEIGHT, _LEFT, _TOP = 320, 240, 56, 30


def svg(panels: Mapping[str, tuple[str, str, Lines]]) -> str:
    """The plot.

    Args:
        panels: by title, what the axes are and the points of each line.
    """
    names = list(dict.fromkeys(name for _, _, lines in panels.values() for name in lines))
    colour = {name: _COLOURS[i % len(_COLOURS)] for i, name in enumerate(names)}
    width, height = len(panels) * (_WIDTH + _LEFT + 16), _HEIGHT + _TOP + 46 + 16 * len(names)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif"'
    parts = [f'{head} font-size="11"><rect width="{width}" height="{height}" fill="white"/>']
    for i, (title, (across, up, lines)) in enumerate(panels.items()):
        parts.append(f'<g transform="translate({i * (_WIDTH + _LEFT + 16) + _LEFT},{_TOP})">')
        parts += _panel(title, across, up, lines, colour)
        parts.append("</g>")
    for i, name in enumerate(names):
        y = _TOP + _HEIGHT + 52 + 16 * i
        parts.append(f'<rect x="{_LEFT}" y="{y - 8}" width="14" height="4" fill="{colour[name]}"/>')
        parts.append(f'<text x="{_LEFT + 20}" y="{y}">{escape(name.replace("`", ""))}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _panel(title: str, across: str, up: str, lines: Lines, colour: Mapping[str, str]) -> list[str]:
    xs = [x for points in lines.values() for x, _ in points]
    ys = [y for points in lines.values() for _, y in points]
    x_of, y_of = _axis(xs, 0, _WIDTH), _axis(ys, _HEIGHT, 0)
    parts = [
        f'<text x="0" y="-12" font-weight="bold">{escape(title)}</text>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="none" stroke="#999"/>',
        f'<text x="{_WIDTH // 2}" y="{_HEIGHT + 32}" text-anchor="middle">{escape(across)}</text>',
        f'<text transform="translate(-44,{_HEIGHT // 2}) rotate(-90)" text-anchor="middle">{escape(up)}</text>',
    ]
    parts += [
        f'<text x="{x_of(value):.1f}" y="{_HEIGHT + 14}" text-anchor="middle">{value:g}</text>'
        for value in _decades(xs)
    ]
    for value in _decades(ys):
        parts.append(f'<text x="-4" y="{y_of(value):.1f}" text-anchor="end">{value:g}</text>')
        parts.append(f'<path d="M0 {y_of(value):.1f}H{_WIDTH}" stroke="#eee"/>')
    for name, points in lines.items():
        drawn = " ".join(f"{x_of(x):.1f},{y_of(y):.1f}" for x, y in points)
        parts.append(f'<polyline points="{drawn}" fill="none" stroke="{colour[name]}" stroke-width="2"/>')
    return parts


def _axis(values: Sequence[float], first: float, last: float) -> _Axis:
    return _Axis(math.log10(min(values)), math.log10(max(values)), first, last)


class _Axis:
    def __init__(self, low: float, high: float, first: float, last: float) -> None:
        self.low, self.span, self.first, self.length = low, max(high - low, 1e-9), first, last - first

    def __call__(self, value: float) -> float:
        return self.first + (math.log10(value) - self.low) / self.span * self.length


def _decades(values: Sequence[float]) -> list[float]:
    low, high = math.ceil(math.log10(min(values)) - 1e-9), math.floor(math.log10(max(values)) + 1e-9)
    return [10.0**power for power in range(low, high + 1)]
