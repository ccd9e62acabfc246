"""How sure is the verdict? 100 pilots in which nothing works, beside 100 in which it is just worth scaling."""

from __future__ import annotations

import math

import plotly.graph_objects as go

from pilot.figures.picture import Picture, blank_figure
from pilot.i18n import Language, Message, message
from pilot.look import Mode, Palette, palette
from pilot.publication import Release
from pilot.publication.promise import Outlook, ShownPromise
from pilot.verdict import Word
from pilot.wording import Voice, word_name
from pilot.wording.promised import of_100, outlook, promise_line, promised_sentences, promised_table

HEIGHT, A_SIDE, APART = 290, 10, 3.0
WORDS_SHOWN: tuple[Word, ...] = ("scale", "adjust", "stop", "inconclusive")
SYMBOLS: dict[Word, str] = {
    "scale": "triangle-up",
    "adjust": "diamond",
    "stop": "square",
    "inconclusive": "circle-open",
}


def dots_picture(release: Release, language: Language, mode: Mode = "light") -> Picture | None:
    """Two fields of 100 dots; None where the plan was not rehearsed."""
    if release.promise is None:
        return None
    voice, promise = Voice(language), release.promise
    sentences = promised_sentences(release, language)
    title = _title(promise, voice)
    reading = message("One mark for each of 100 simulated pilots; shape and colour say what it would have said.")
    return Picture(
        key="dots",
        title=title,
        alternative=voice.join(title, *sentences),
        figure=_figure(promise, voice, mode),
        table=promised_table(release, language),
        notes=(voice.say(reading), *sentences[2:]),
    )


def _title(promise: ShownPromise, voice: Voice) -> str:
    found = message(
        "Of 100 in which it is just worth scaling, {scale} would say so.", scale=of_100(outlook(promise, "sesoi").scale)
    )
    return voice.join(promise_line(promise, voice), voice.say(found))


def marks_of_100(each: Outlook) -> dict[Word, int]:
    """The shares as 100 whole marks: rounded down, the rest to the largest remainders; what happens has a mark."""
    shares = {"scale": each.scale, "adjust": each.adjust, "stop": each.stop, "inconclusive": each.inconclusive}
    exact: dict[Word, float] = {word: 100 * shares[word] for word in WORDS_SHOWN}
    marks = {word: max(math.floor(n), 1 if n > 0 else 0) for word, n in exact.items()}
    while sum(marks.values()) > 100:
        marks[max(marks, key=lambda word: marks[word])] -= 1
    while sum(marks.values()) < 100:
        marks[max(marks, key=lambda word: exact[word] - marks[word])] += 1
    return marks


def _figure(promise: ShownPromise, voice: Voice, mode: Mode) -> go.Figure:
    colours = palette(mode)
    figure = blank_figure(
        mode,
        HEIGHT,
        showlegend=True,
        legend={
            "orientation": "h",
            "x": 0,
            "y": -0.02,
            "xanchor": "left",
            "yanchor": "top",
            "itemclick": False,
            "itemdoubleclick": False,
        },
        margin={"l": 4, "r": 4, "t": 8, "b": 44},
    )
    nothing, sesoi = outlook(promise, "nothing"), outlook(promise, "sesoi")
    fields: tuple[tuple[Outlook, Message], ...] = (
        (nothing, message("Nothing works")),
        (sesoi, message("It works ({points})", points=voice.effect(sesoi.points))),
    )
    for place, (each, heading) in enumerate(fields):
        left = place * (A_SIDE + APART)
        _add_field(figure, each, left, voice, colours)
        figure.add_annotation(
            x=left - 0.4,
            y=A_SIDE + 0.2,
            text=voice.say(heading),
            showarrow=False,
            xanchor="left",
            yanchor="bottom",
            font={"size": 14},
        )
    # Square fields at any width.
    figure.update_xaxes(visible=False, range=[-0.8, 2 * A_SIDE + APART], constrain="domain", constraintoward="left")
    figure.update_yaxes(
        visible=False, range=[-0.6, A_SIDE + 1.6], scaleanchor="x", constrain="domain", constraintoward="bottom"
    )
    return figure


def _add_field(figure: go.Figure, each: Outlook, left: float, voice: Voice, colours: Palette) -> None:
    roles = {"scale": colours.good, "adjust": colours.worthwhile, "stop": colours.harm, "inconclusive": colours.quiet}
    start = 0
    for word, n in marks_of_100(each).items():
        places = range(start, start + n)
        x: list[float | None] = [left + place % A_SIDE for place in places]
        y: list[float | None] = [A_SIDE - 1 - place // A_SIDE for place in places]
        start += n
        figure.add_trace(
            go.Scatter(
                name=voice.say(word_name(word)),
                legendgroup=word,
                showlegend=left == 0,
                x=x or [None],  # a word that nobody says still stands in the legend
                y=y or [None],
                mode="markers",
                marker={
                    "symbol": SYMBOLS[word],
                    "size": 11,
                    "color": roles[word],
                    "line": {"width": 1.6, "color": roles[word]},
                },
                hovertemplate=f"%{{fullData.name}}: {n}<extra></extra>",
            )
        )
