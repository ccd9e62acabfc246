"""A picture as a drawing that needs no browser: the few kinds of trace that our pictures use, as SVG.

Paper has no pointer and no script. The numbers are those of the Plotly figure; only the placing is done here.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go
from markupsafe import escape

from pilot.look import FONT_STACK, LIGHT

SIZE = 12.0
DASHES = {"dash": "6 4", "dot": "2 3"}
LINE = 1.3  # of the type's size, from one line to the next
GAP = 8.0


def static_drawing(figure: go.Figure, width: float = 680) -> str:
    """The figure as one SVG element in the light palette."""
    frame = _frame_of(figure, width)
    parts = [*_axes(figure, frame), *_shapes(figure, frame)]
    for trace in figure.data:
        parts += _bars(trace, figure, frame) if trace.type == "bar" else _scatter(trace, frame)
    parts += [*_annotations(figure, frame), *_legend(figure)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {frame.height:g}" '
        f'width="{width:g}" height="{frame.height:g}" font-family="{escape(FONT_STACK)}">{"".join(parts)}</svg>'
    )


@dataclass(frozen=True)
class _Frame:
    """Where a number lies on the drawing.

    Attributes:
        width: Of the whole drawing.
        height: Of the whole drawing.
        left: Edge of the plot.
        right: Likewise.
        top: Likewise.
        bottom: Likewise.
        x_range: Numbers at the left and right edge.
        y_range: Numbers at the bottom and top edge.
        categories: Names on the y axis from the top; empty where it has numbers.
        turned: Whether the names below the x axis stand aslant.
    """

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    categories: tuple[str, ...]
    turned: bool

    def x(self, value: float) -> float:
        low, high = self.x_range
        return self.left + (value - low) / (high - low) * (self.right - self.left)

    def y(self, value: float) -> float:
        low, high = self.y_range
        return self.bottom - (value - low) / (high - low) * (self.bottom - self.top)


def text_width(text: str, size: float = SIZE) -> float:
    """About how wide a text is: Chinese signs are square, others a little more than half as wide."""
    return sum(size if unicodedata.east_asian_width(sign) in "WF" else 0.57 * size for sign in text)


def _frame_of(figure: go.Figure, width: float) -> _Frame:
    layout = figure.layout
    categories = tuple(dict.fromkeys(name for trace in figure.data if trace.type == "bar" for name in trace.y))
    left, right = GAP, width - GAP
    if categories:
        left += max(map(text_width, categories)) + GAP
    elif layout.yaxis.visible is not False:
        left += 3 * SIZE
    x_range = (float(layout.xaxis.range[0]), float(layout.xaxis.range[1]))
    turned = _crowded(layout.xaxis, x_range, right - left)
    below = 0.0
    if layout.xaxis.visible is not False:
        below = (max(map(text_width, layout.xaxis.ticktext), default=0) * 0.75 if turned else 0) + 2 * SIZE
    return _Frame(
        width=width,
        height=float(layout.height),
        left=left,
        right=right,
        top=GAP + (2 * SIZE if layout.showlegend else 0),
        bottom=float(layout.height) - GAP - below,
        x_range=x_range,
        y_range=_y_range(figure),
        categories=categories,
        turned=turned,
    )


def _crowded(axis: Any, x_range: tuple[float, float], length: float) -> bool:
    if not axis.tickvals:
        return False
    places = [(at - x_range[0]) / (x_range[1] - x_range[0]) * length for at in axis.tickvals]
    half = [text_width(text) / 2 + 3 for text in axis.ticktext]
    ordered = sorted(zip(places, half, strict=True))
    return any(at + reach > next_at - next_reach for (at, reach), (next_at, next_reach) in pairwise(ordered))


def _y_range(figure: go.Figure) -> tuple[float, float]:
    given = figure.layout.yaxis.range
    if given:
        return float(given[0]), float(given[1])
    values: list[float] = []
    for trace in figure.data:
        if trace.type != "scatter":
            continue
        values += [
            mean + sign * reach
            for mean, above, below in zip(
                trace.y, trace.error_y.array or (), trace.error_y.arrayminus or (), strict=False
            )
            if mean is not None
            for sign, reach in ((1, above), (-1, below))
        ]
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = 0.08 * (high - low or 1.0)
    return low - room, high + room


def _axes(figure: go.Figure, frame: _Frame) -> Iterator[str]:
    x_axis, y_axis = figure.layout.xaxis, figure.layout.yaxis
    if x_axis.visible is not False:
        yield _line(frame.left, frame.bottom, frame.right, frame.bottom, LIGHT.hairline, 1)
        for at, text in _ticks(x_axis, frame.x_range):
            x = frame.x(at)
            yield _line(x, frame.bottom, x, frame.bottom + 4, LIGHT.hairline, 1)
            if frame.turned:
                yield _text(x + 4, frame.bottom + 12, text, "end", turned=True)
            else:
                yield _text(x, frame.bottom + 4 + SIZE, text, "middle")
    for place, name in enumerate(frame.categories):
        yield _text(frame.left - GAP, _category_at(frame, place) + SIZE / 3, name, "end")
    if not frame.categories and y_axis.visible is not False:
        for at, text in _ticks(y_axis, frame.y_range):
            yield _line(frame.left, frame.y(at), frame.right, frame.y(at), LIGHT.hairline, 1)
            yield _text(frame.left - GAP, frame.y(at) + SIZE / 3, text, "end")


def _ticks(axis: Any, given: tuple[float, float]) -> list[tuple[float, str]]:
    if axis.tickvals is not None:
        return list(zip(axis.tickvals, axis.ticktext, strict=True))
    low, high = given
    rough = (high - low) / (axis.nticks or 6)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    decimals = max(0, -math.floor(math.log10(step)))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [(n * step, f"{n * step:.{decimals}f}".replace("-", "−")) for n in range(first, last + 1)]


def _category_at(frame: _Frame, place: int) -> float:
    row = (frame.bottom - frame.top) / len(frame.categories)
    return frame.top + (place + 0.5) * row


def _shapes(figure: go.Figure, frame: _Frame) -> Iterator[str]:
    for shape in figure.layout.shapes:
        yield _line(
            frame.x(shape.x0),
            frame.top,
            frame.x(shape.x1),
            frame.bottom,
            shape.line.color,
            shape.line.width,
            shape.line.dash,
        )


def _scatter(trace: Any, frame: _Frame) -> Iterator[str]:
    points = [(frame.x(x), None if y is None else frame.y(y)) for x, y in zip(trace.x, trace.y, strict=True)]
    for at, (x, y) in enumerate(points):
        if y is not None and trace.error_y.array is not None:
            above = frame.y(trace.y[at] + trace.error_y.array[at])
            below = frame.y(trace.y[at] - trace.error_y.arrayminus[at])
            yield _line(x, above, x, below, trace.error_y.color, trace.error_y.thickness)
    if "lines" in trace.mode:
        for (x_from, y_from), (x_to, y_to) in pairwise(points):
            if y_from is not None and y_to is not None:
                yield _line(x_from, y_from, x_to, y_to, trace.line.color, trace.line.width, trace.line.dash)
    if "markers" in trace.mode:
        for x, y in points:
            if y is not None:
                yield _marker(x, y, trace.marker)


def _marker(x: float, y: float, marker: Any) -> str:
    half = marker.size / 2
    look = f'fill="{marker.color}"'
    if marker.line.width:
        look += f' stroke="{marker.line.color}" stroke-width="{marker.line.width:g}"'
    if marker.symbol == "square":
        return f'<rect x="{x - half:.1f}" y="{y - half:.1f}" width="{2 * half:g}" height="{2 * half:g}" {look}/>'
    if marker.symbol == "diamond":
        corners = f"{x:.1f},{y - half:.1f} {x + half:.1f},{y:.1f} {x:.1f},{y + half:.1f} {x - half:.1f},{y:.1f}"
        return f'<polygon points="{corners}" {look}/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{half:g}" {look}/>'


def _bars(trace: Any, figure: go.Figure, frame: _Frame) -> Iterator[str]:
    groups = list(dict.fromkeys(each.offsetgroup for each in figure.data if each.type == "bar"))
    row = (frame.bottom - frame.top) / len(frame.categories)
    lane = row * (1 - figure.layout.bargap) / len(groups)
    thickness = lane * (1 - figure.layout.bargroupgap)
    for value, name, text in zip(trace.x, trace.y, trace.text, strict=True):
        if value is None:
            continue
        middle = _category_at(frame, frame.categories.index(name))
        top = middle + (groups.index(trace.offsetgroup) - len(groups) / 2) * lane + (lane - thickness) / 2
        length = frame.x(value) - frame.left
        if trace.marker.pattern.shape:
            yield from _hatched(frame.left, top, length, thickness, trace.marker.line.color)
        else:
            yield f'<rect x="{frame.left:.1f}" y="{top:.1f}" width="{length:.1f}" height="{thickness:.1f}" ' + (
                f'fill="{trace.marker.color}"/>'
            )
        yield _text(frame.left + length + 5, top + thickness / 2 + SIZE / 3, text, "start")


def _hatched(left: float, top: float, width: float, height: float, colour: str) -> Iterator[str]:
    yield (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" fill="none" '
        f'stroke="{colour}" stroke-width="1"/>'
    )
    start = 6.0
    while start < width + height:  # lines rising to the right, cut at the four edges
        x_low, x_high = max(0.0, start - height), min(start, width)
        yield _line(left + x_low, top + (start - x_low), left + x_high, top + (start - x_high), colour, 0.8)
        start += 6.0


def _annotations(figure: go.Figure, frame: _Frame) -> Iterator[str]:
    for note in figure.layout.annotations:
        size = float(note.font.size or SIZE)
        in_plot = note.xref == "paper"
        x = frame.left + note.x * (frame.right - frame.left) if in_plot else frame.x(note.x)
        y = frame.top + (1 - note.y) * (frame.bottom - frame.top) if _of_plot(note.yref) else frame.y(note.y)
        x, y = x + (note.xshift or 0), y - (note.yshift or 0)
        anchor = {"left": "start", "right": "end"}.get(note.xanchor, "middle")
        lines = note.text.split("<br>")
        height = LINE * size * len(lines)
        top = y - {"bottom": height, "top": 0.0}.get(note.yanchor, height / 2)
        if note.bgcolor:
            width = max(text_width(line, size) for line in lines) + 2
            left = x - {"start": 1.0, "end": width - 1}.get(anchor, width / 2)
            place = f'x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"'
            yield f'<rect {place} fill="{note.bgcolor}"/>'
        for row, line in enumerate(lines):
            yield _text(x, top + (row * LINE + 1) * size, line, anchor, size=size, colour=note.font.color)


def _of_plot(reference: str | None) -> bool:
    return reference is not None and (reference == "paper" or reference.endswith("domain"))


def _legend(figure: go.Figure) -> Iterator[str]:
    if not figure.layout.showlegend:
        return
    x, y = GAP, GAP + SIZE / 2
    for trace in figure.data:
        if trace.showlegend is False or not trace.name:
            continue
        if trace.type == "bar":
            yield f'<rect x="{x:g}" y="{y - 6:g}" width="20" height="10" fill="{trace.marker.color}"/>'
        else:
            yield _line(x, y, x + 24, y, trace.line.color, trace.line.width, trace.line.dash)
            yield _marker(x + 12, y, trace.marker)
        yield _text(x + 30, y + SIZE / 3, trace.name, "start")
        x += 30 + text_width(trace.name) + 2 * SIZE


def _line(
    x_from: float, y_from: float, x_to: float, y_to: float, colour: str, width: float, dash: str | None = None
) -> str:
    dashes = f' stroke-dasharray="{DASHES[dash]}"' if dash in DASHES else ""
    return (
        f'<line x1="{x_from:.1f}" y1="{y_from:.1f}" x2="{x_to:.1f}" y2="{y_to:.1f}" '
        f'stroke="{colour}" stroke-width="{width:g}"{dashes}/>'
    )


def _text(
    x: float,
    y: float,
    text: str,
    anchor: str,
    *,
    size: float = SIZE,
    colour: str | None = None,
    turned: bool = False,
) -> str:
    turn = f' transform="rotate(-45 {x:.1f} {y:.1f})"' if turned else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size:g}" '
        f'fill="{colour or LIGHT.ink}"{turn}>{escape(text)}</text>'
    )
