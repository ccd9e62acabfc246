"""Did it work? One interval on the scale's points, with zero and the smallest worthwhile effect."""

from __future__ import annotations

import plotly.graph_objects as go

from pilot.figures.picture import Picture, blank_figure
from pilot.i18n import Language, message
from pilot.look import Mode, palette
from pilot.publication import Release
from pilot.result import EstimateOf
from pilot.wording import Voice, effect_sentence, effect_table

HEIGHT = 176
BAR, LABEL_ROW = 0.0, 1.0
ZERO_AT_LEAST, WORTHWHILE_AT_MOST = 0.24, 0.66  # of the width, so that their labels fit on a phone


def effect_picture(release: Release, language: Language, mode: Mode = "light") -> Picture:
    """The effect on the primary outcome."""
    voice = Voice(language)
    drawing = _Drawing(release, voice, mode)
    title = effect_sentence(release, voice)
    return Picture(
        key="effect",
        title=title,
        alternative=drawing.alternative(title),
        figure=drawing.figure(),
        table=effect_table(release, language),
        notes=drawing.notes(),
    )


class _Drawing:
    def __init__(self, release: Release, voice: Voice, mode: Mode) -> None:
        self.voice = voice
        self.mode = mode
        self.colours = palette(mode)
        self.worthwhile = release.pilot.sesoi_points
        self.inner = release.primary.between_arms
        self.outer = release.primary.with_drift
        self.drifts = release.pilot.drift_allowance_points > 0 and self.outer is not None

    def figure(self) -> go.Figure:
        left, right = self._range()
        figure = blank_figure(self.mode, HEIGHT)
        figure.update_xaxes(range=[left, right], showline=True, nticks=7, ticks="outside", tickformat=".2~f")
        figure.update_yaxes(visible=False, range=[-0.9, 1.75])
        self._mark(figure, 0.0, self.colours.ink, self._zero_label(), "right", "solid")
        self._mark(figure, self.worthwhile, self.colours.worthwhile, self._worthwhile_label(), "left", "dash")
        if self.outer is None:
            label = self.voice.say(message("cannot be estimated"))
            figure.add_annotation(
                x=0.5, xref="paper", y=BAR, text=label, showarrow=False, font={"color": self.colours.quiet}
            )
            return figure
        if self.drifts:
            self._bar(figure, self.outer, 22, self.colours.veil("pilot", 0.28))
        self._bar(figure, self.inner or self.outer, 8, self.colours.pilot)
        self._numbers(figure, self.outer)
        return figure

    def notes(self) -> tuple[str, ...]:
        if self.outer is None:
            return ()
        reading = message("Points on the answer scale. Bar: every value that fits the answers. Diamond: best estimate.")
        notes = [self.voice.say(reading)]
        if self.drifts:
            drift = message("Pale band: the same, with two units drifting apart by themselves allowed for.")
            notes.append(self.voice.say(drift))
        return tuple(notes)

    def alternative(self, title: str) -> str:
        marks = message(
            "An interval on the scale's points; zero and the smallest effect worth scaling, {sesoi}, are marked.",
            sesoi=self.voice.effect(self.worthwhile),
        )
        return self.voice.join(title, self.voice.say(marks))

    def _range(self) -> tuple[float, float]:
        values = [0.0, self.worthwhile]
        if self.outer is not None:
            values += [self.outer.lower, self.outer.upper, self.outer.estimate]
        span = max(values) - min(values)
        left, right = min(values) - 0.2 * span, max(values) + 0.2 * span
        room = WORTHWHILE_AT_MOST - ZERO_AT_LEAST
        right = max(
            right,
            left + (self.worthwhile - left) / WORTHWHILE_AT_MOST,
            self.worthwhile / room * (1 - ZERO_AT_LEAST),
        )
        left = min(left, -right * ZERO_AT_LEAST / (1 - ZERO_AT_LEAST))
        return left, right

    def _mark(self, figure: go.Figure, at: float, colour: str, label: str, anchor: str, dash: str) -> None:
        figure.add_trace(
            go.Scatter(
                x=[at, at],
                y=[-0.9, 1.7],
                mode="lines",
                line={"color": colour, "width": 2, "dash": dash},
                hoverinfo="skip",
            )
        )
        figure.add_annotation(
            x=at,
            y=1.75,
            yanchor="top",
            text=label,
            showarrow=False,
            xanchor=anchor,
            align=anchor,
            xshift=6 if anchor == "left" else -6,
            font={"size": 13, "color": self.colours.ink},
        )

    def _bar(self, figure: go.Figure, estimate: EstimateOf, width: int, colour: str) -> None:
        figure.add_trace(
            go.Scatter(
                x=[estimate.lower, estimate.upper],
                y=[BAR, BAR],
                mode="lines",
                line={"color": colour, "width": width},
                hovertemplate="%{x:+.2f}<extra></extra>",
            )
        )

    def _numbers(self, figure: go.Figure, estimate: EstimateOf) -> None:
        figure.add_trace(
            go.Scatter(
                x=[estimate.estimate],
                y=[BAR],
                mode="markers",
                marker={
                    "symbol": "diamond",
                    "size": 17,
                    "color": self.colours.pilot,
                    "line": {"color": self.colours.paper, "width": 2},
                },
                hovertemplate="%{x:+.2f}<extra></extra>",
            )
        )
        half_diamond = 12
        places = (
            (estimate.lower, "right", -8, 0, 13),
            (estimate.upper, "left", 8, 0, 13),
            (estimate.estimate, "center", 0, half_diamond, 16),
        )
        for value, anchor, xshift, yshift, size in places:
            figure.add_annotation(
                x=value,
                y=BAR,
                text=self.voice.effect(value),
                showarrow=False,
                xanchor=anchor,
                yanchor="bottom" if yshift else "middle",
                xshift=xshift,
                yshift=yshift,
                font={"size": size, "color": self.colours.ink},
                bgcolor=self.colours.paper,
                borderpad=1,
            )

    def _zero_label(self) -> str:
        return self.voice.say(message("no effect"))

    def _worthwhile_label(self) -> str:
        sentence = message("worth scaling<br>from {sesoi}", sesoi=self.voice.effect(self.worthwhile))
        return self.voice.say(sentence)
