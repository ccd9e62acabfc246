"""The paper and the letter as pages of A4; charts are drawn without a browser, fonts are embedded."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NoReturn

from pilot.errors import Fault, PilotError
from pilot.figures.drawing import static_drawing
from pilot.i18n import TAGS, message
from pilot.look import FONT_STACK, LIGHT
from pilot.report.content import Paper
from pilot.report.rendering import environment, shared_style, template_text
from pilot.wording import withheld_texts
from pilot.wording.letter import Letter


def paper_html(paper: Paper) -> str:
    """The paper as HTML for paper: no script, every table open."""
    pictured = [section for section in (paper.effect, *paper.sections) if section.picture is not None]
    return (
        environment(paper.language)
        .get_template("paper.html.j2")
        .render(
            paper=paper,
            tag=TAGS[paper.language],
            colours=LIGHT.css,
            font=FONT_STACK,
            style=shared_style(),
            page_style=template_text("paper.css"),
            drawings={each.key: static_drawing(each.picture.figure) for each in pictured if each.picture},
            withheld=withheld_texts(paper.language),
        )
    )


def letter_html(letter: Letter, footer: str) -> str:
    """The letter as one HTML file."""
    return (
        environment(letter.language)
        .get_template("letter.html.j2")
        .render(letter=letter, footer=footer, tag=TAGS[letter.language], colours=LIGHT.css, font=FONT_STACK)
    )


def write_pdf(html: str, path: Path) -> None:
    """Set HTML on pages.

    Raises:
        PilotError: the system has no Pango, which sets the lines.
    """
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):  # it prints its own advice
            import weasyprint
    except OSError as error:
        found = message("the PDF files need Pango, which this computer does not have.")
        remedy = message(
            "Install it: on Debian and Ubuntu `apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0`, "
            "on macOS `brew install pango`, on Windows with MSYS2. All other files are written."
        )
        raise PilotError(message("No PDF was written."), [Fault(path.name, found, remedy)]) from error
    weasyprint.HTML(string=html, url_fetcher=_refuse).write_pdf(path, pdf_tags=True)


def _refuse(url: str, *_arguments: object, **_options: object) -> NoReturn:
    """Nothing in a paper comes from elsewhere."""
    raise ValueError(url)
