"""The report in every form: one content, many renderings, each written as a whole."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from plotly.offline import get_plotlyjs

from pilot.errors import Fault, PilotError
from pilot.figures import CONFIG, Picture, effect_picture, flow_picture, lines_picture
from pilot.i18n import LANGUAGES, TAGS, Language
from pilot.look import DARK, FONT_STACK, LIGHT, MODES, Mode
from pilot.publication import Release
from pilot.report.content import Paper, paper_of
from pilot.report.pages import letter_html, paper_html, write_pdf
from pilot.report.rendering import environment, shared_style, template_text
from pilot.report.slides import write_slides
from pilot.report.workbook import write_workbook
from pilot.wording import brief, withheld_texts
from pilot.wording.letter import letter_of

Format = Literal["html", "pdf", "pptx", "xlsx", "letter"]
FORMATS: tuple[Format, ...] = get_args(Format)


def write_renderings(
    release: Release, folder: Path, formats: Sequence[Format] = FORMATS
) -> tuple[tuple[Path, ...], tuple[Fault, ...]]:
    """Write the report of a release into a folder; earlier files of the same names are replaced.

    Returns:
        What was written, and what could not be for want of a library of the system.
    """
    folder.mkdir(parents=True, exist_ok=True)
    papers = [paper_of(release, language) for language in LANGUAGES]
    written: list[Path] = []
    faults: list[Fault] = []
    for name, write in _renderings(release, papers, formats):
        try:
            _replace(folder / name, write)
        except PilotError as error:
            faults += error.faults
        else:
            written.append(folder / name)
    return tuple(written), tuple(faults)


def _renderings(
    release: Release, papers: Sequence[Paper], formats: Sequence[Format]
) -> list[tuple[str, Callable[[Path], None]]]:
    """Every file with what writes it."""
    files: list[tuple[str, Callable[[Path], None]]] = []
    if "html" in formats:
        files.append(("report.html", lambda path: _write_text(path, render_report(release))))
    if "xlsx" in formats:
        files.append(("tables.xlsx", lambda path: write_workbook(papers, path)))
    for paper in papers:
        files += _of_language(release, paper, formats)
    return files


def _of_language(release: Release, paper: Paper, formats: Sequence[Format]) -> list[tuple[str, Callable[[Path], None]]]:
    files: list[tuple[str, Callable[[Path], None]]] = []
    if "pdf" in formats:
        files.append((f"paper-{paper.language}.pdf", lambda path: write_pdf(paper_html(paper), path)))
    if "pptx" in formats:
        files.append((f"slides-{paper.language}.pptx", lambda path: write_slides(paper, path)))
    if "letter" in formats:
        letter = letter_html(letter_of(release, paper.language), paper.footer)
        files.append((f"letter-{paper.language}.html", lambda path: _write_text(path, letter)))
        files.append((f"letter-{paper.language}.pdf", lambda path: write_pdf(letter, path)))
    return files


def _replace(path: Path, write: Callable[[Path], None]) -> None:
    """Write beside the file and rename, so that nobody ever opens half a file."""
    with tempfile.TemporaryDirectory(prefix=".draft-", dir=path.parent) as drafts:
        draft = Path(drafts) / path.name
        write(draft)
        draft.replace(path)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")


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
            editions=[_edition(paper_of(release, language)) for language in LANGUAGES],
            plotly=get_plotlyjs(),
            drawings=_drawings(release),
            script=template_text("report.js"),
        )
    )


def pictures_of(release: Release, language: Language, mode: Mode) -> tuple[Picture, ...]:
    """Every picture, in the order of the page."""
    return tuple(draw(release, language, mode) for draw in (effect_picture, lines_picture, flow_picture))


def _edition(paper: Paper) -> str:
    return (
        environment(paper.language)
        .get_template("edition.html.j2")
        .render(
            language=paper.language,
            tag=TAGS[paper.language],
            paper=paper,
            briefing=paper.briefing,
            withheld=withheld_texts(paper.language),
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
