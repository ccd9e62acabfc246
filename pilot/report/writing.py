"""The report: one HTML file with both languages, drawings included, that asks nobody for anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from plotly.offline import get_plotlyjs

from pilot.figures import CONFIG, Picture, effect_picture, flow_picture, lines_picture
from pilot.i18n import LANGUAGES, TAGS, Language
from pilot.look import DARK, FONT_STACK, LIGHT, MODES, Mode
from pilot.publication import Release
from pilot.report.rendering import environment, shared_style, template_text
from pilot.wording import brief, guardrail_table, withheld_texts
from pilot.wording.sheets import published_sentences, published_table


def write_report(release: Release, path: Path) -> None:
    """Write the report of a release as a whole; an earlier one at the same place is replaced."""
    draft = path.with_suffix(".draft")
    draft.write_text(render_report(release), "utf-8")
    draft.replace(path)


def render_report(release: Release) -> str:
    """The report's HTML."""
    chinese = brief(release, "zh")
    return (
        environment("zh")
        .get_template("report.html.j2")
        .render(
            title=f"{chinese.title} · {chinese.word}",
            light=LIGHT.css,
            dark=DARK.css,
            font=FONT_STACK,
            style=shared_style(),
            editions=[_edition(release, language) for language in LANGUAGES],
            plotly=get_plotlyjs(),
            drawings=_drawings(release),
            script=template_text("report.js"),
        )
    )


def pictures_of(release: Release, language: Language, mode: Mode) -> tuple[Picture, ...]:
    """Every picture, in the order of the page."""
    return tuple(draw(release, language, mode) for draw in (effect_picture, lines_picture, flow_picture))


def _edition(release: Release, language: Language) -> str:
    return (
        environment(language)
        .get_template("edition.html.j2")
        .render(
            language=language,
            tag=TAGS[language],
            briefing=brief(release, language),
            pictures=pictures_of(release, language, "light"),
            watched=guardrail_table(release, language),
            measured=published_table(release, language),
            measured_sentences=published_sentences(release, language),
            withheld=withheld_texts(language),
        )
    )


def _drawings(release: Release) -> str:
    """All drawings as JSON that may stand in a script element."""
    pictures: dict[str, dict[str, Any]] = {}
    for language in LANGUAGES:
        for mode in MODES:
            for picture in pictures_of(release, language, mode):
                drawing = json.loads(picture.figure.to_json())
                pictures.setdefault(f"{language}-{picture.key}", {})[mode] = drawing
    text = json.dumps({"pictures": pictures, "config": CONFIG}, ensure_ascii=False)
    return text.replace("<", "\\u003c")
