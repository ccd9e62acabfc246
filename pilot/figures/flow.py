"""Who answered? From the invitation to the linked panel, by arm, with leavers and joiners."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from pilot.figures.lines import arms_of
from pilot.figures.picture import Picture, blank_figure
from pilot.i18n import Language, Message, message
from pilot.look import Mode, palette
from pilot.plan import Arm
from pilot.publication import Count, Release, ShownFlow
from pilot.wording import Voice, arm_name, asked_sentence, labelled_table, withheld_reason

ROW, AROUND = 46, 64  # pixels
WITHHELD_SHARE = 0.16  # width of every hatched bar: it says nothing about the number behind it
STEPS = ("n_invited", "n_baseline", "n_outcome", "n_linked", "n_leavers", "n_joiners")


def flow_picture(release: Release, language: Language, mode: Mode = "light") -> Picture:
    """The participant flow of both arms."""
    voice = Voice(language)
    title = asked_sentence(release, voice)
    hatched = [flow for flow in release.flow for step in STEPS if _count(flow, step).n is None]
    notes = (
        [voice.say(message("Hatched: not shown, to protect a small group; its length means nothing."))]
        if hatched
        else []
    )
    return Picture(
        key="flow",
        title=title,
        alternative=voice.join(title, voice.say(message("Bars by step and arm; the table below has every count."))),
        figure=_figure(release, voice, mode),
        table=labelled_table(*_table(release, voice), voice),
        notes=tuple(notes),
    )


def step_names() -> dict[str, Message]:
    """The steps in words."""
    return {
        "n_invited": message("Invited"),
        "n_baseline": message("Answered before"),
        "n_outcome": message("Answered after"),
        "n_linked": message("Both, linked"),
        "n_leavers": message("Only before"),
        "n_joiners": message("Only after"),
    }


def _figure(release: Release, voice: Voice, mode: Mode) -> go.Figure:
    arms = arms_of(release)
    figure = blank_figure(
        mode,
        AROUND + ROW * len(STEPS),
        showlegend=True,
        barmode="group",
        bargap=0.28,
        bargroupgap=0.08,
        margin={"l": 8, "r": 8, "t": 36, "b": 8},
        legend={"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
    )
    largest = max((_count(flow, step).n or 0 for flow in release.flow for step in STEPS), default=0) or 1
    for arm in arms:
        flow = next(flow for flow in release.flow if flow.arm == arm)
        figure.add_traces([_shown_bars(flow, arm, voice, mode), _hatched_bars(flow, arm, largest, voice, mode)])
    figure.update_yaxes(autorange="reversed", ticks="")
    figure.update_xaxes(visible=False, range=[0, largest * 1.18])
    return figure


def _shown_bars(flow: ShownFlow, arm: Arm, voice: Voice, mode: Mode) -> go.Bar:
    counts = [_count(flow, step).n for step in STEPS]
    return go.Bar(
        **_common(arm, voice),
        x=counts,
        text=["" if n is None else voice.count(n) for n in counts],
        hovertemplate="%{fullData.name} · %{y}: %{text}<extra></extra>",
        marker={"color": _colour(arm, mode)},
    )


def _hatched_bars(flow: ShownFlow, arm: Arm, largest: int, voice: Voice, mode: Mode) -> go.Bar:
    counts = [_count(flow, step) for step in STEPS]
    colour = _colour(arm, mode)
    return go.Bar(
        **_common(arm, voice),
        x=[largest * WITHHELD_SHARE if count.n is None else None for count in counts],
        text=[voice.say(message("not shown")) if count.n is None else "" for count in counts],
        hovertext=[voice.say(withheld_reason(count.withheld)) for count in counts],
        hovertemplate="%{fullData.name} · %{y}: %{hovertext}<extra></extra>",
        showlegend=False,
        marker={
            "color": palette(mode).paper,
            "line": {"color": colour, "width": 1},
            "pattern": {"shape": "/", "fgcolor": colour, "fillmode": "overlay", "size": 6},
        },
    )


def _common(arm: Arm, voice: Voice) -> dict[str, Any]:
    names = step_names()
    return {
        "name": voice.say(arm_name(arm)),
        "orientation": "h",
        "y": [voice.say(names[step]) for step in STEPS],
        "offsetgroup": arm,
        "textposition": "outside",
        "cliponaxis": False,
        "constraintext": "none",
    }


def _colour(arm: Arm, mode: Mode) -> str:
    colours = palette(mode)
    return colours.pilot if arm == "pilot" else colours.comparison


def _count(flow: ShownFlow, step: str) -> Count:
    count: Count = getattr(flow, step)
    return count


def _table(release: Release, voice: Voice) -> tuple[list[Message], list[list[str]]]:
    arms = arms_of(release)
    flows = {flow.arm: flow for flow in release.flow}
    columns = [message("Step"), *(arm_name(arm) for arm in arms)]
    teams = [voice.say(message("Teams")), *(voice.count(flows[arm].n_teams) for arm in arms)]
    rows = [
        [voice.say(name), *(_cell(_count(flows[arm], step), voice) for arm in arms)]
        for step, name in step_names().items()
    ]
    return columns, [teams, *rows]


def _cell(count: Count, voice: Voice) -> str:
    return voice.say(withheld_reason(count.withheld)) if count.n is None else voice.count(count.n)
