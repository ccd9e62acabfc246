"""The paper as slides with native charts, so that a director can change them for the board."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pptx import Presentation
from pptx.enum.text import MSO_ANCHOR
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls
from pptx.util import Inches, Pt

from pilot.figures.drawing import text_width
from pilot.i18n import Language, message
from pilot.look import LIGHT
from pilot.report.charts import EAST_ASIAN, LATIN, Chart, rgb
from pilot.report.content import Chapter, Paper, Section
from pilot.wording import Voice

LANGUAGE_TAGS: dict[Language, str] = {"zh": "zh-CN", "en": "en-GB"}
WIDTH, HEIGHT = 13.333, 7.5  # inches
MARGIN, TITLE_TOP, BODY_TOP, BODY_BOTTOM, FOOTER_TOP = 0.6, 0.4, 1.45, 6.85, 6.98
BODY_WIDTH = WIDTH - 2 * MARGIN
HALF = 6.2
LINE = 1.3  # of the type's size
BULLET = "• "


@dataclass(frozen=True)
class _Run:
    """A piece of text in one look."""

    text: str
    size: float = 14
    bold: bool = False
    colour: str = LIGHT.ink


Paragraph = tuple[_Run, ...]


def write_slides(paper: Paper, path: Path) -> None:
    """Write the paper as a PPTX file."""
    deck = _Deck(paper)
    deck.verdict()
    deck.section(paper.effect)
    for chapter in paper.chapters:
        deck.chapter(chapter)
    deck.save(path)


class _Deck:
    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.file = Presentation()
        self.file.slide_width, self.file.slide_height = Inches(WIDTH), Inches(HEIGHT)
        self.file.core_properties.title = paper.briefing.title[:255]
        self.file.core_properties.author = ""

    def save(self, path: Path) -> None:
        self.file.save(str(path))

    def verdict(self) -> None:
        """The first slide, in the order of page one."""
        briefing = self.paper.briefing
        slide = self._slide(briefing.title)
        top = BODY_TOP
        if briefing.deviations:
            newest = f"{briefing.deviation_heading} {briefing.deviations[0]}"
            top = self._texts(slide, [(_Run(newest, 12, colour=LIGHT.worthwhile),)], top) + 0.1
        tone = getattr(LIGHT, briefing.tone)
        head = [
            (_Run(f"{briefing.symbol} {briefing.word}", 36, bold=True, colour=tone),),
            (_Run(briefing.sentence, 18),),
            (_Run(briefing.effect, 16, bold=True),),
        ]
        top = self._texts(slide, head, top) + 0.15
        facts = [(_Run(f"{fact.label}  ", 14, bold=True), _Run(fact.text, 14)) for fact in briefing.facts]
        self._flow(slide, facts, top, briefing.title)

    def chapter(self, chapter: Chapter) -> None:
        """Slides for a chapter; short sections share one."""
        slide, top = None, BODY_BOTTOM
        for section in chapter.sections:
            heading: Paragraph = (_Run(section.title, 18, bold=True),)
            needed = _height([heading, *_paragraphs(section)], BODY_WIDTH) + _table_height(section) + 0.4
            if section.picture is not None or slide is None or top + needed > BODY_BOTTOM:
                slide, top = self.section(section)
            else:
                top = self._texts(slide, [heading], top + 0.25) + 0.05
                slide, top = self._content(slide, section, top)
            if section.picture is not None:
                slide = None

    def section(self, section: Section) -> tuple[Any, float]:
        """A slide of its own for a section; more where it does not fit on one."""
        slide = self._slide(section.title)
        if section.picture is None:
            return self._content(slide, section, BODY_TOP)
        if section.key == "flow" and section.table is not None:  # the table says why a bar is not there
            Chart(section).draw(slide, MARGIN, BODY_TOP, HALF, BODY_BOTTOM - BODY_TOP)
            self._table(slide, section.table, BODY_TOP, section.title, MARGIN + HALF + 0.2, BODY_WIDTH - HALF - 0.2)
            return slide, BODY_BOTTOM
        texts = list(_paragraphs(section))
        needed = _height(texts, BODY_WIDTH) + 0.15 + (_table_height(section) if section.key == "effect" else 0)
        height = min(max(BODY_BOTTOM - BODY_TOP - needed, 1.9), 2.4 if section.key == "effect" else 9.0)
        Chart(section).draw(slide, MARGIN, BODY_TOP, BODY_WIDTH, height)
        if section.key == "effect":
            return self._content(slide, section, BODY_TOP + height + 0.05)
        return self._flow(slide, texts, BODY_TOP + height + 0.05, section.title)  # the chart holds the numbers

    def _content(self, slide: Any, section: Section, top: float) -> tuple[Any, float]:
        texts = list(_paragraphs(section))
        slide, top = self._flow(slide, texts, top, section.title)
        if section.table is None or not len(section.table):
            return slide, top
        return self._table(slide, section.table, top + 0.1 if texts else top, section.title)

    def _again(self, title: str) -> str:
        return Voice(self.paper.language).say(message("{title} (continued)", title=title))

    def _slide(self, title: str) -> Any:
        slide = self.file.slides.add_slide(self.file.slide_layouts[5])  # title only
        box = slide.shapes.title
        box.left, box.top, box.width, box.height = map(
            Inches, (MARGIN, TITLE_TOP, BODY_WIDTH, BODY_TOP - TITLE_TOP - 0.1)
        )
        size = next(
            (size for size in (24, 22, 20, 18, 16, 14) if _lines(title, size, BODY_WIDTH) * size * LINE <= 68), 12
        )
        self._fill(box.text_frame, [(_Run(title, size, bold=True),)])
        box.text_frame.vertical_anchor = MSO_ANCHOR.TOP
        number = len(self.file.slides)
        foot = slide.shapes.add_textbox(*map(Inches, (MARGIN, FOOTER_TOP, BODY_WIDTH, 0.3)))
        self._fill(foot.text_frame, [(_Run(f"{self.paper.footer} · {number}", 9, colour=LIGHT.quiet),)])
        return slide

    def _flow(self, slide: Any, texts: Sequence[Paragraph], top: float, title: str) -> tuple[Any, float]:
        """Set paragraphs below each other; those that do not fit go on to a further slide."""
        rest = list(texts)
        while rest:
            n, height = 0, 0.0
            while n < len(rest) and (n == 0 or top + height + _height(rest[n : n + 1], BODY_WIDTH) <= BODY_BOTTOM):
                height += _height(rest[n : n + 1], BODY_WIDTH)
                n += 1
            top = self._texts(slide, rest[:n], top)
            rest = rest[n:]
            if rest:
                slide, top = self._slide(self._again(title)), BODY_TOP
        return slide, top

    def _texts(self, slide: Any, paragraphs: Sequence[Paragraph], top: float) -> float:
        height = _height(paragraphs, BODY_WIDTH)
        box = slide.shapes.add_textbox(*map(Inches, (MARGIN, top, BODY_WIDTH, height)))
        self._fill(box.text_frame, paragraphs)
        return top + height

    def _fill(self, frame: Any, paragraphs: Sequence[Paragraph]) -> None:
        frame.word_wrap = True
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        for place, runs in enumerate(paragraphs):
            paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
            paragraph.alignment = 1
            paragraph.space_after = Pt(4)
            for run in runs:
                self._run(paragraph.add_run(), run)

    def _run(self, run: Any, look: _Run) -> None:
        run.text = look.text
        run.font.size, run.font.bold, run.font.name = Pt(look.size), look.bold, LATIN
        run.font.color.rgb = rgb(look.colour)
        properties = run._r.get_or_add_rPr()
        properties.set("lang", LANGUAGE_TAGS[self.paper.language])
        properties.append(parse_xml(f'<a:ea {nsdecls("a")} typeface="{EAST_ASIAN}"/>'))

    def _table(
        self,
        slide: Any,
        table: pd.DataFrame,
        top: float,
        title: str,
        left: float = MARGIN,
        width: float = BODY_WIDTH,
    ) -> tuple[Any, float]:
        """A native table; rows that do not fit go on to a further slide under the same heading."""
        widths, size, heights = _measures(table, width)
        names, rows = tuple(map(str, table.columns)), [tuple(map(str, row)) for row in table.to_numpy()]
        while rows:
            n, height = 0, heights[0]
            while n < len(rows) and (n == 0 or top + height + heights[n + 1] <= BODY_BOTTOM):
                height += heights[n + 1]
                n += 1
            if top > BODY_TOP and top + height > BODY_BOTTOM:
                slide, top = self._slide(self._again(title)), BODY_TOP
                continue
            self._grid(slide, [names, *rows[:n]], heights[: n + 1], widths, (left, top), size)
            rows, heights, top = rows[n:], [heights[0], *heights[n + 1 :]], top + height
            if rows:
                slide, top = self._slide(self._again(title)), BODY_TOP
        return slide, top

    def _grid(
        self,
        slide: Any,
        rows: Sequence[tuple[str, ...]],
        heights: Sequence[float],
        widths: Sequence[float],
        corner: tuple[float, float],
        size: float,
    ) -> None:
        place = map(Inches, (*corner, sum(widths), sum(heights)))
        grid = slide.shapes.add_table(len(rows), len(widths), *place).table
        grid.horz_banding = False
        for column, width in zip(grid.columns, widths, strict=True):
            column.width = Inches(width)
        for at, (row, height) in enumerate(zip(rows, heights, strict=True)):
            grid.rows[at].height = Inches(height)
            for column, text in enumerate(row):
                cell = grid.cell(at, column)
                cell.margin_left = cell.margin_right = Inches(0.1)
                cell.margin_top = cell.margin_bottom = Inches(0.04)
                cell.fill.solid()
                cell.fill.fore_color.rgb = rgb(LIGHT.hairline if at == 0 else LIGHT.paper)
                self._fill(cell.text_frame, [(_Run(text, size, bold=at == 0),)])
                cell.text_frame.paragraphs[0].space_after = Pt(0)


def _paragraphs(section: Section) -> Iterator[Paragraph]:
    for text in section.paragraphs:
        yield (_Run(text, 16),)
    for reason in section.reasons:
        label = _Run(f"{reason.symbol} {reason.label}  ", 12, colour=LIGHT.quiet)
        yield label, _Run(reason.sentence, 13)
    for entry in section.entries:
        yield _Run(f"{entry.label}  ", 11, bold=True), _Run(entry.text, 11)
    for text in section.bullets:
        yield (_Run(f"{BULLET}{text}", 14),)
    for text in section.notes:
        yield (_Run(text, 11, colour=LIGHT.quiet),)


def _lines(text: str, size: float, width: float) -> int:
    """In how many lines a text breaks at most; words leave the ends of lines ragged."""
    return max(1, math.ceil(1.04 * text_width(text, size) / (72 * width)))


def _height(paragraphs: Sequence[Paragraph], width: float) -> float:
    """Inches that paragraphs need."""
    points = 0.0
    for runs in paragraphs:
        size = max(run.size for run in runs)
        points += _lines("".join(run.text for run in runs), size, width) * size * LINE + 4
    return points / 72


def _measures(table: pd.DataFrame, width: float) -> tuple[list[float], float, list[float]]:
    """Column widths in inches, size of the type in points, heights of heading and rows in inches."""
    wanted = [
        min(width / 3, 0.25 + max(text_width(str(text), 12) for text in (name, *table.iloc[:, at])) / 72)
        for at, name in enumerate(table.columns)
    ]
    wanted = [max(each, 0.8) for each in wanted]
    widths = [each * min(1.0, width / sum(wanted)) for each in wanted]
    size = 12.0 if len(widths) <= 6 else 10.0
    heights = [
        max(_lines(str(cell), size, each - 0.2) for cell, each in zip(row, widths, strict=True)) * size * LINE / 72
        + 0.12
        for row in (tuple(table.columns), *table.itertuples(index=False, name=None))
    ]
    return widths, size, heights


def _table_height(section: Section) -> float:
    if section.table is None or not len(section.table):
        return 0.0
    return sum(_measures(section.table, BODY_WIDTH)[2]) + 0.1
