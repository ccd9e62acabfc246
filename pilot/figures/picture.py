"""What every picture is made of, and the look they share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from pilot.look import FONT_STACK, Mode, palette

CONFIG: dict[str, Any] = {"displayModeBar": False, "responsive": True, "doubleClick": False}
"""How plotly.js shows every picture: no tool bar; reading needs no zoom."""


@dataclass(frozen=True)
class Picture:
    """A picture that can be read, heard and checked.

    Attributes:
        key: `effect`, `lines` or `flow`.
        title: A sentence with the finding; the view sets it as a heading.
        alternative: What the picture shows, for those who do not see it.
        figure: The drawing, without a title of its own.
        table: The numbers behind it.
        notes: What must be said below it: how to read it, what is not shown and why.
    """

    key: str
    title: str
    alternative: str
    figure: go.Figure
    table: pd.DataFrame
    notes: tuple[str, ...]


def blank_figure(mode: Mode, height: int, **layout: Any) -> go.Figure:
    """An empty drawing in the house's look."""
    colours = palette(mode)
    axis = {
        "zeroline": False,
        "showgrid": False,
        "fixedrange": True,
        "linecolor": colours.hairline,
        "tickcolor": colours.hairline,
        "automargin": True,
    }
    figure = go.Figure()
    figure.update_layout(
        template="none",
        height=height,
        font={"family": FONT_STACK, "size": 13, "color": colours.ink},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        dragmode=False,
        showlegend=False,
        hoverlabel={"bgcolor": colours.paper, "font": {"family": FONT_STACK, "color": colours.ink}},
        xaxis=axis,
        yaxis=axis,
    )
    figure.update_layout(**layout)
    return figure
