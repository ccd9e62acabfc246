"""Compared with doing nothing? Pilot and comparison over the weeks, wave by wave."""

from __future__ import annotations

import plotly.graph_objects as go

from pilot.figures.picture import Picture, blank_figure
from pilot.i18n import Language, Message, message
from pilot.look import Mode, palette
from pilot.plan import Arm
from pilot.plan.model import ARMS
from pilot.publication import Release, ShownWave
from pilot.wording import Voice, arm_name, labelled_table, wave_name, withheld_reason

HEIGHT = 340
APART_WEEKS = 0.4  # the arms' marks stand beside each other, so that neither interval hides the other
SYMBOL: dict[Arm, str] = {"pilot": "circle", "comparison": "square"}
DASH: dict[Arm, str] = {"pilot": "solid", "comparison": "dash"}


def lines_picture(release: Release, language: Language, mode: Mode = "light") -> Picture:
    """Means of the linked people of both arms over the waves."""
    voice = Voice(language)
    title = _title(release, voice)
    lowest, highest = release.pilot.primary_range
    reading = message(
        "Only people who answered before and after. Bars: every mean that fits the answers. "
        "The axis shows a part of the scale from {lowest} to {highest}.",
        lowest=voice.amount(lowest),
        highest=voice.amount(highest),
    )
    return Picture(
        key="lines",
        title=title,
        alternative=voice.join(title, voice.say(message("Lines over the weeks; the table below has every value."))),
        figure=_figure(release, voice, mode),
        table=labelled_table(*_table(release, voice), voice),
        notes=(voice.say(reading), *_in_turns(release, voice), *_not_shown(release, voice)),
    )


def arms_of(release: Release) -> list[Arm]:
    """The arms that the release has."""
    present = {flow.arm for flow in release.flow} | {wave.arm for wave in release.waves}
    return [arm for arm in ARMS if arm in present]


def _figure(release: Release, voice: Voice, mode: Mode) -> go.Figure:
    colours = palette(mode)
    figure = blank_figure(mode, HEIGHT, showlegend=True)
    weeks = {wave.week: voice.say(wave_name(wave.wave_id)) for wave in release.waves}
    arms = arms_of(release)
    shifts = dict(zip(ARMS, (APART_WEEKS, -APART_WEEKS), strict=True)) if len(arms) > 1 else {}
    for arm in arms:
        waves = [wave for wave in release.waves if wave.arm == arm]
        _add_arm(figure, waves, arm, shifts.get(arm, 0.0), voice, mode)
    figure.update_layout(
        legend={"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
        margin={"l": 8, "r": 16, "t": 36, "b": 8},
    )
    figure.update_xaxes(
        tickvals=list(weeks),
        ticktext=list(weeks.values()),
        autotickangles=[0, -60, -90],
        showline=True,
        ticks="outside",
        range=[min(weeks, default=0) - 2, max(weeks, default=24) + 2],
    )
    figure.update_yaxes(showgrid=True, gridcolor=colours.hairline, tickformat=".1f", nticks=6)
    names = [message("launch"), *[message("next start")] * (len(release.pilot.start_weeks) - 1)]
    for week, name in zip(release.pilot.start_weeks, names, strict=True):
        figure.add_vline(x=week, line={"color": colours.ink, "width": 1, "dash": "dot"})
        figure.add_annotation(
            x=week,
            xref="x",
            y=1,
            yref="paper",
            text=voice.say(name),
            showarrow=False,
            xanchor="left",
            yanchor="top",
            xshift=6,
        )
    return figure


def _add_arm(figure: go.Figure, waves: list[ShownWave], arm: Arm, shift: float, voice: Voice, mode: Mode) -> None:
    colours = palette(mode)
    colour = colours.pilot if arm == "pilot" else colours.comparison
    means = [wave.score.mean for wave in waves]
    figure.add_trace(
        go.Scatter(
            name=voice.say(arm_name(arm)),
            x=[wave.week + shift for wave in waves],
            y=means,
            mode="lines+markers",
            connectgaps=False,
            line={"color": colour, "width": 2.5, "dash": DASH[arm]},
            marker={"symbol": SYMBOL[arm], "size": 9, "color": colour},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [_reach(wave.score.mean, wave.score.upper) for wave in waves],
                "arrayminus": [_reach(wave.score.lower, wave.score.mean) for wave in waves],
                "thickness": 1.2,
                "width": 0,
                "color": colour,
            },
            text=[voice.say(wave_name(wave.wave_id)) for wave in waves],
            hovertemplate="%{fullData.name} · %{text}: %{y:.2f}<extra></extra>",
        )
    )


def _reach(low: float | None, high: float | None) -> float:
    return 0.0 if low is None or high is None else high - low


def _title(release: Release, voice: Voice) -> str:
    name = voice.name(release.pilot.primary_name)
    before = _last_shown(release, release.pilot.baseline_waves)
    after = _last_shown(release, release.pilot.outcome_waves)
    if before is None or after is None:
        return voice.say(message("{name} in the pilot teams, wave by wave.", name=name))
    values: dict[str, object] = {
        "name": name,
        "wave": wave_name(after["pilot"].wave_id),
        "pilot_before": voice.size(before["pilot"].score.mean or 0),
        "pilot_after": voice.size(after["pilot"].score.mean or 0),
    }
    if "comparison" not in after:
        return voice.say(
            message(
                "{name} in the pilot teams: {pilot_before} before the launch, {pilot_after} after it ({wave}); "
                "nobody is compared.",
                **values,
            )
        )
    values["comparison_before"] = voice.size(before["comparison"].score.mean or 0)
    values["comparison_after"] = voice.size(after["comparison"].score.mean or 0)
    return voice.say(
        message(
            "{name} before the launch and after it ({wave}): pilot {pilot_before} to {pilot_after}, "
            "comparison {comparison_before} to {comparison_after}.",
            **values,
        )
    )


def _last_shown(release: Release, wave_ids: tuple[str, ...]) -> dict[Arm, ShownWave] | None:
    """The last of the waves whose mean is shown for every arm."""
    arms = arms_of(release)
    for wave_id in reversed(wave_ids):
        shown = {wave.arm: wave for wave in release.waves if wave.wave_id == wave_id and wave.score.mean is not None}
        if arms and all(arm in shown for arm in arms):
            return shown
    return None


def _in_turns(release: Release, voice: Voice) -> list[str]:
    if len(release.pilot.start_weeks) == 1:
        return []
    sentence = message(
        "The pilot line holds all teams that start within the pilot, also before their own start; so the gap between "
        "the lines is smaller than the effect."
    )
    return [voice.say(sentence)]


def _not_shown(release: Release, voice: Voice) -> list[str]:
    return [
        voice.say(
            message(
                "{wave} ({arm}) {reason}.",
                wave=wave_name(wave.wave_id),
                arm=arm_name(wave.arm),
                reason=withheld_reason(wave.score.withheld),
            )
        )
        for wave in release.waves
        if wave.score.mean is None
    ]


def _table(release: Release, voice: Voice) -> tuple[list[Message], list[list[str]]]:
    columns = [
        message("Wave"),
        message("Week"),
        message("Arm"),
        message("People"),
        message("Mean"),
        message("Lowest that fits"),
        message("Highest that fits"),
    ]
    return columns, [_row(wave, voice) for wave in release.waves]


def _row(wave: ShownWave, voice: Voice) -> list[str]:
    reason = voice.say(withheld_reason(wave.score.withheld))

    def shown(value: float | None) -> str:
        return reason if value is None else voice.size(value)

    return [
        voice.say(wave_name(wave.wave_id)),
        str(wave.week).replace("-", "−"),
        voice.say(arm_name(wave.arm)),
        voice.say(withheld_reason(wave.people.withheld)) if wave.people.n is None else voice.count(wave.people.n),
        shown(wave.score.mean),
        shown(wave.score.lower),
        shown(wave.score.upper),
    ]
