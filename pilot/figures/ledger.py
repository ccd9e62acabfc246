"""How wrong could we be? For each possible lie two marks: how large it looks, how large it would have to be."""

from __future__ import annotations

import textwrap

import plotly.graph_objects as go

from pilot.figures.picture import Picture, blank_figure
from pilot.i18n import Language, message
from pilot.look import Mode, palette
from pilot.publication import Release
from pilot.publication.release import ShownBias
from pilot.wording import Voice
from pilot.wording.biases import bias_label
from pilot.wording.trust import ledger_sentence, ledger_table

ROW, AROUND = 100, 76  # pixels
CHARACTERS_A_LINE = {"zh": 24, "en": 46}  # fits a phone at this size


def ledger_picture(release: Release, language: Language, mode: Mode = "light") -> Picture | None:
    """The rows that can be shown; None where there is none."""
    if not any(bias.looks_like is not None for bias in release.biases):
        return None
    voice = Voice(language)
    title = ledger_sentence(release, language)
    notes = [
        voice.say(message("Points of the scale. A full mark beyond the empty one would turn the verdict.")),
        *_hidden(release, voice),
    ]
    return Picture(
        key="ledger",
        title=title,
        alternative=voice.join(title, voice.say(message("Two marks in each row; the table below has every value."))),
        figure=_figure([bias for bias in release.biases if bias.looks_like is not None], voice, mode),
        table=ledger_table(release, language),
        notes=tuple(notes),
    )


def _hidden(release: Release, voice: Voice) -> list[str]:
    if all(bias.withheld is None for bias in release.biases):
        return []
    sentence = message(
        "Others were looked at too, but their numbers could give away a few people or one team: the table names them, "
        "the analyst has the numbers."
    )
    return [voice.say(sentence)]


def _figure(rows: list[ShownBias], voice: Voice, mode: Mode) -> go.Figure:
    colours = palette(mode)
    figure = blank_figure(
        mode,
        AROUND + ROW * len(rows),
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom"},
        margin={"l": 8, "r": 12, "t": 36, "b": 28},
    )
    heights = list(range(len(rows) - 1, -1, -1))
    figure.add_vline(x=0, line={"color": colours.ink, "width": 1})
    for height, bias in zip(heights, rows, strict=True):
        lines = textwrap.wrap(bias_label(bias, voice), CHARACTERS_A_LINE[voice.language])
        figure.add_annotation(
            x=0,
            xref="paper",
            y=height + 0.5,
            text="<br>".join(lines),
            align="left",
            showarrow=False,
            xanchor="left",
            yanchor="top",
            bgcolor=colours.paper,
        )
    marks = (
        (message("looks like"), [bias.looks_like for bias in rows], "circle", colours.uncertain, "top center"),
        (
            message("would have to be"),
            [bias.overturns_at for bias in rows],
            "diamond-open",
            colours.ink,
            "bottom center",
        ),
    )
    for name, places, symbol, colour, beside in marks:
        figure.add_trace(
            go.Scatter(
                name=voice.say(name),
                x=places,
                y=[height - 0.26 for height in heights],
                mode="markers+text",
                text=["" if value is None else voice.effect(value) for value in places],
                textposition=beside,
                marker={"symbol": symbol, "size": 13, "color": colour, "line": {"width": 2, "color": colour}},
                hovertemplate="%{fullData.name}: %{x:+.2f}<extra></extra>",
            )
        )
    drawn = [value for bias in rows for value in (bias.looks_like, bias.overturns_at)]
    values = [0.0, *(value for value in drawn if value is not None)]
    span = (max(values) - min(values)) or 1.0
    figure.update_xaxes(
        range=[min(values) - 0.15 * span, max(values) + 0.15 * span],
        showline=True,
        ticks="outside",
        tickformat=".2~f",
        nticks=6,
    )
    figure.update_yaxes(visible=False, range=[-0.75, len(rows) - 0.5])
    return figure
