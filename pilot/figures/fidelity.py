"""Was the practice really tried? How much of it was run, against the plan's floor."""

from __future__ import annotations

import plotly.graph_objects as go

from pilot.figures.picture import Picture, blank_figure
from pilot.i18n import Language, message
from pilot.look import Mode, palette
from pilot.publication import Release
from pilot.wording import Voice, guardrail_table
from pilot.wording.loop import fidelity_sentence

HEIGHT = 104
HALFWAY = 50


def fidelity_picture(release: Release, language: Language, mode: Mode = "light") -> Picture | None:
    """A bullet row; None where the plan sets no floor or nothing can be drawn."""
    fidelity = release.fidelity
    if fidelity.floor_pct is None or fidelity.mean_pct is None:
        return None
    voice = Voice(language)
    title = fidelity_sentence(release, language)
    reading = message("Bar: mean of the pilot teams. Line: the plan's floor.")
    return Picture(
        key="fidelity",
        title=title,
        alternative=voice.join(title, voice.say(reading)),
        figure=_figure(fidelity.mean_pct, fidelity.floor_pct, voice, mode),
        table=guardrail_table(release, language).tail(1),
        notes=(voice.say(reading),),
    )


def _figure(mean: float, floor: float, voice: Voice, mode: Mode) -> go.Figure:
    colours = palette(mode)
    figure = blank_figure(mode, HEIGHT, margin={"l": 8, "r": 12, "t": 24, "b": 28})
    figure.add_trace(
        go.Bar(x=[100], y=[0], width=[0.9], orientation="h", marker={"color": colours.hairline}, hoverinfo="skip")
    )
    figure.add_trace(
        go.Bar(
            x=[mean],
            y=[0],
            width=[0.45],
            orientation="h",
            marker={"color": colours.pilot},
            hovertemplate=f"{voice.percent(mean)}<extra></extra>",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=[floor, floor],
            y=[-0.62, 0.62],
            mode="lines",
            line={"color": colours.worthwhile, "width": 4},
            hovertemplate=f"{voice.percent(floor)}<extra></extra>",
        )
    )
    figure.add_annotation(
        x=floor,
        y=1,
        yref="paper",
        yanchor="bottom",
        xanchor="right" if floor > HALFWAY else "left",
        text=voice.say(message("floor {floor}", floor=voice.percent(floor))),
        showarrow=False,
    )
    figure.update_layout(barmode="overlay")
    figure.update_xaxes(range=[-0.5, 100.5], ticksuffix="%", nticks=6, ticks="outside")
    figure.update_yaxes(visible=False, range=[-0.7, 0.7])
    return figure
