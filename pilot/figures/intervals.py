"""What else moved? The effect on every scale, one interval each, on one axis of points."""

from __future__ import annotations

from collections.abc import Iterator

import plotly.graph_objects as go

from pilot.figures.picture import Picture, blank_figure
from pilot.i18n import Language, message
from pilot.look import Mode, palette
from pilot.publication import Release
from pilot.result import EstimateOf
from pilot.wording import Voice, effect_table

ROW, AROUND = 58, 36  # pixels


def intervals_picture(release: Release, language: Language, mode: Mode = "light") -> Picture:
    """Primary outcome, the same at the follow-ups, secondary outcomes."""
    voice = Voice(language)
    rows = list(_rows(release, voice))
    title = _title(release, voice)
    reading = message(
        "Points on each scale. Line: every value that fits the answers. Diamond: best estimate. The first row decides."
    )
    return Picture(
        key="intervals",
        title=title,
        alternative=voice.join(title, voice.say(message("Intervals in rows; the table below has every value."))),
        figure=_figure(rows, voice, mode),
        table=effect_table(release, language),
        notes=(voice.say(reading),),
    )


def _rows(release: Release, voice: Voice) -> Iterator[tuple[str, EstimateOf | None]]:
    name = voice.name(release.pilot.primary_name)
    yield name, release.primary.with_drift
    if release.pilot.lasting_waves:
        yield voice.say(message("{name}, at the follow-up", name=name)), release.lasting
    for effect in release.secondary:
        yield voice.name(effect.name), effect.with_drift


def _title(release: Release, voice: Voice) -> str:
    """Which of the other scales can be told from none, by their own intervals."""
    name = voice.name(release.pilot.primary_name)
    shown = [(voice.name(effect.name), effect.with_drift) for effect in release.secondary if effect.with_drift]
    higher = [scale for scale, estimate in shown if estimate.lower > 0]
    lower = [scale for scale, estimate in shown if estimate.upper < 0]
    if not release.secondary:
        return voice.say(message("Nothing was asked about beside {name}.", name=name))
    if not shown:
        return voice.say(message("What moved beside {name} cannot be shown.", name=name))
    if not higher and not lower:
        return voice.say(message("Beside {name} nothing moved that can be told from no effect.", name=name))
    sentences = (
        message("Beside {name}, what went up: {scales}.", name=name, scales=higher),
        message("Beside {name}, what went down: {scales}.", name=name, scales=lower),
    )
    return voice.join(*(voice.say(each) for each in sentences if each.values["scales"]))


def _figure(rows: list[tuple[str, EstimateOf | None]], voice: Voice, mode: Mode) -> go.Figure:
    colours = palette(mode)
    figure = blank_figure(mode, AROUND + ROW * len(rows), margin={"l": 8, "r": 8, "t": 4, "b": 28})
    figure.add_vline(x=0, line={"color": colours.ink, "width": 2})
    for height, (name, estimate) in zip(range(len(rows) - 1, -1, -1), rows, strict=True):
        figure.add_annotation(
            x=0,
            xref="paper",
            y=height + 0.46,
            text=name,
            showarrow=False,
            xanchor="left",
            yanchor="top",
            font={"size": 14},
            bgcolor=colours.paper,
        )
        if estimate is None:
            text = voice.say(message("not available"))
            figure.add_annotation(x=0, y=height - 0.16, text=text, showarrow=False, xanchor="left", xshift=8)
        else:
            _add_interval(figure, estimate, height - 0.16, voice, mode)
    figure.update_xaxes(range=_range(rows), showline=True, ticks="outside", tickformat=".2~f", nticks=6)
    figure.update_yaxes(visible=False, range=[-0.5, len(rows) - 0.5])
    return figure


def _add_interval(figure: go.Figure, estimate: EstimateOf, height: float, voice: Voice, mode: Mode) -> None:
    colours = palette(mode)
    figure.add_trace(
        go.Scatter(
            x=[estimate.lower, estimate.upper],
            y=[height, height],
            mode="lines",
            line={"color": colours.pilot, "width": 5},
            hovertemplate="%{x:+.2f}<extra></extra>",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=[estimate.estimate],
            y=[height],
            mode="markers",
            marker={
                "symbol": "diamond",
                "size": 14,
                "color": colours.pilot,
                "line": {"color": colours.paper, "width": 2},
            },
            hovertemplate="%{x:+.2f}<extra></extra>",
        )
    )
    figure.add_annotation(
        x=estimate.upper,
        y=height,
        text=voice.effect(estimate.estimate),
        showarrow=False,
        xanchor="left",
        xshift=8,
        font={"size": 14, "color": colours.ink},
    )


def _range(rows: list[tuple[str, EstimateOf | None]]) -> list[float]:
    bounds = [0.0, *(bound for _, each in rows if each for bound in (each.lower, each.upper))]
    span = (max(bounds) - min(bounds)) or 1.0
    return [min(bounds) - 0.08 * span, max(bounds) + 0.22 * span]
