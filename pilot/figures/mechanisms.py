"""Was the loop run? Each mechanism before and since the launch, pilot beside comparison, on one axis."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from pilot.figures.picture import Picture, blank_figure
from pilot.i18n import Language, message
from pilot.look import Mode, palette
from pilot.loop import HOURS, IndicatorCode
from pilot.plan import Arm
from pilot.plan.model import ARMS
from pilot.publication import Release
from pilot.wording import Voice, arm_name, withheld_reason
from pilot.wording.loop import (
    indicator_of,
    indicator_text,
    loop_sentence,
    loop_sentences,
    loop_table,
    mechanism_name,
    mechanisms_of,
)

BLOCK, AROUND = 96, 40  # pixels
ROOM_AFTER, HATCHED = 0.58, 0.16  # of the axis
ROW: dict[Arm, float] = {"pilot": 0.5, "comparison": 0.18}  # within a block; the name stands above
SYMBOL: dict[Arm, str] = {"pilot": "circle", "comparison": "square"}


def loop_picture(release: Release, language: Language, mode: Mode = "light") -> Picture | None:
    """All shares; None where no practice was imported."""
    codes = mechanisms_of(release)
    if not codes:
        return None
    title = loop_sentence(release, language)
    return _picture("loop", title, codes, release, language, mode)


def hours_picture(release: Release, language: Language, mode: Mode = "light") -> Picture | None:
    """Time in conversation; None where no conversation was recorded."""
    if not any(each.code == HOURS for each in release.loop):
        return None
    title = loop_sentences(release, language)[-1]
    return _picture("hours", title, (HOURS,), release, language, mode)


def _picture(
    key: str, title: str, codes: tuple[IndicatorCode, ...], release: Release, language: Language, mode: Mode
) -> Picture:
    voice = Voice(language)
    table = loop_table(release, language)
    names = [voice.say(mechanism_name(code)) for code in codes]
    reading = message("Empty mark: before the launch. Full mark: since. Circle: pilot; square: comparison.")
    notes = [voice.say(reading)]
    if any(each.value is None and each.code in codes for each in release.loop):
        notes.append(voice.say(message("Hatched: not shown; the table says why.")))
    lines = loop_sentences(release, language)
    said = [line for line, code in zip(lines, (*mechanisms_of(release), HOURS), strict=False) if code in codes]
    return Picture(
        key=key,
        title=title,
        alternative=voice.join(title, *(line for line in said if line != title)),
        figure=_figure(codes, release, voice, mode),
        table=table[table.iloc[:, 0].isin(names)],
        notes=tuple(notes),
    )


def _figure(codes: tuple[IndicatorCode, ...], release: Release, voice: Voice, mode: Mode) -> go.Figure:
    colours = palette(mode)
    figure = blank_figure(mode, AROUND + BLOCK * len(codes), margin={"l": 8, "r": 12, "t": 4, "b": 28})
    right = _right_end(codes, release)
    for place, code in enumerate(reversed(codes)):
        figure.add_annotation(
            x=0,
            y=place + 0.98,
            text=voice.say(mechanism_name(code)),
            showarrow=False,
            xanchor="left",
            yanchor="top",
            font={"size": 14},
        )
        for arm in ARMS:
            if any(each.code == code and each.arm == arm for each in release.loop):
                _add_row(figure, code, arm, place + ROW[arm], right, release, voice, mode)
    # room at the right for the values and at the left for the arms' names
    figure.update_xaxes(
        range=[-0.02 * right, 1.06 * right],
        showline=True,
        ticks="outside",
        ticksuffix="" if codes == (HOURS,) else "%",
        showgrid=True,
        gridcolor=colours.hairline,
        nticks=6,
    )
    figure.update_yaxes(visible=False, range=[0, len(codes)])
    return figure


def _right_end(codes: tuple[IndicatorCode, ...], release: Release) -> float:
    if codes != (HOURS,):
        return 100.0
    return max((each.value or 0.0 for each in release.loop if each.code == HOURS), default=0.0) * 1.4 or 1.0


def _add_row(
    figure: go.Figure,
    code: IndicatorCode,
    arm: Arm,
    height: float,
    right: float,
    release: Release,
    voice: Voice,
    mode: Mode,
) -> None:
    colours = palette(mode)
    colour = colours.pilot if arm == "pilot" else colours.comparison
    shown = [indicator_of(release, code, arm, period) for period in ("before", "since")]
    texts = [indicator_text(each, voice) for each in shown]
    values = [each.value if each else None for each in shown]
    name = voice.say(arm_name(arm))
    if None in values:
        _add_hatched(figure, height, right, colour, mode)
    known = [value for value in values if value is not None]
    marks = [f"{SYMBOL[arm]}-open", SYMBOL[arm]]
    figure.add_trace(
        go.Scatter(
            name=name,
            x=values,
            y=[height, height],
            mode="lines+markers",
            line={"color": colour, "width": 2.5},
            marker={"symbol": marks, "size": 12, "color": colour, "line": {"color": colour, "width": 2}},
            text=texts,
            hovertemplate="%{fullData.name}: %{text}<extra></extra>",
        )
    )
    not_shown = voice.say(message("not shown"))
    said = " → ".join(not_shown if value is None else text for value, text in zip(values, texts, strict=True))
    figure.add_annotation(
        **_beside(known, right),
        y=height,
        text=f"{name} {said}",
        showarrow=False,
        font={"size": 12, "color": colours.ink},
        hovertext=", ".join(voice.say(withheld_reason(each.withheld)) for each in shown if each and each.withheld),
    )


def _beside(known: list[float], right: float) -> dict[str, Any]:
    """Where a row's label has room, also on a phone: after the marks, before them, else above the line."""
    drawn = known if len(known) > 1 else [0.0, HATCHED * right, *known]
    if max(drawn) < ROOM_AFTER * right:
        return {"x": max(drawn), "xanchor": "left", "xshift": 12}
    if min(drawn) > (1 - ROOM_AFTER) * right:
        return {"x": min(drawn), "xanchor": "right", "xshift": -12}
    return {"x": (min(drawn) + max(drawn)) / 2, "xanchor": "center", "yshift": 13}


def _add_hatched(figure: go.Figure, height: float, right: float, colour: str, mode: Mode) -> None:
    """A bar whose length says nothing."""
    figure.add_trace(
        go.Bar(
            x=[HATCHED * right],
            y=[height],
            width=[0.2],
            orientation="h",
            hoverinfo="skip",
            marker={
                "color": palette(mode).paper,
                "line": {"color": colour, "width": 1},
                "pattern": {"shape": "/", "fgcolor": colour, "fillmode": "overlay", "size": 6},
            },
        )
    )
