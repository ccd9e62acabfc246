"""The paper as slides with native charts, so that a director can change them for the board."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pptx import Presentation
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION, XL_MARKER_STYLE, XL_TICK_LABEL_POSITION
from pptx.enum.dml import MSO_LINE
from pptx.enum.text import MSO_ANCHOR
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Emu, Inches, Pt

from pilot.figures.drawing import text_width
from pilot.i18n import Language, message
from pilot.look import LIGHT
from pilot.report.content import Chapter, Paper, Section
from pilot.wording import Voice

LATIN, EAST_ASIAN = "Arial", "Microsoft YaHei"  # on every computer that opens such a file
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
            _Chart(section).draw(slide, MARGIN, BODY_TOP, HALF, BODY_BOTTOM - BODY_TOP)
            self._table(slide, section.table, BODY_TOP, section.title, MARGIN + HALF + 0.2, BODY_WIDTH - HALF - 0.2)
            return slide, BODY_BOTTOM
        texts = list(_paragraphs(section))
        needed = _height(texts, BODY_WIDTH) + 0.15 + (_table_height(section) if section.key == "effect" else 0)
        height = min(max(BODY_BOTTOM - BODY_TOP - needed, 1.9), 2.4 if section.key == "effect" else 9.0)
        _Chart(section).draw(slide, MARGIN, BODY_TOP, BODY_WIDTH, height)
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
        run.font.color.rgb = _rgb(look.colour)
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
                cell.fill.fore_color.rgb = _rgb(LIGHT.hairline if at == 0 else LIGHT.paper)
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


@dataclass(frozen=True)
class _Chart:
    """A native chart from a Plotly figure of ours."""

    section: Section

    def draw(self, slide: Any, left: float, top: float, width: float, height: float) -> None:
        kind, data = self._data()
        place = map(Inches, (left, top, width, height))
        shape = slide.shapes.add_chart(kind, *place, data)
        chart = shape.chart
        chart.font.size, chart.font.name = Pt(12), LATIN
        text = chart._chartSpace.txPr.find(".//" + qn("a:defRPr"))
        text.append(parse_xml(f'<a:ea {nsdecls("a")} typeface="{EAST_ASIAN}"/>'))
        shape._element._nvXxPr.cNvPr.set("descr", self.section.picture.alternative if self.section.picture else "")
        chart.has_title = False
        chart.has_legend = True
        chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
        {"effect": self._effect, "lines": self._lines, "flow": self._flow}[self.section.key](chart)

    def _figure(self) -> Any:
        if self.section.picture is None:
            raise ValueError(f"{self.section.key} has no picture")
        return self.section.picture.figure

    def _traces(self) -> list[Any]:
        return [trace for trace in self._figure().data if trace.showlegend is not False]

    def _data(self) -> tuple[Any, Any]:
        if self.section.key == "effect":
            return XL_CHART_TYPE.XY_SCATTER_LINES_NO_MARKERS, self._points()
        kind = XL_CHART_TYPE.LINE_MARKERS if self.section.key == "lines" else XL_CHART_TYPE.BAR_CLUSTERED
        data = CategoryChartData(number_format="0.00" if self.section.key == "lines" else "#,##0")
        traces = self._traces()
        data.categories = list(traces[0].text if self.section.key == "lines" else traces[0].y) if traces else [""]
        for trace in traces:
            data.add_series(trace.name, list(trace.y if self.section.key == "lines" else trace.x))
        return kind, data

    def _points(self) -> XyChartData:
        data = XyChartData(number_format="0.00")
        names = [note.text.replace("<br>", " ") for note in self._figure().layout.annotations[:2]]
        table = self.section.table
        band = f"{table.columns[2]} – {table.columns[3]}" if table is not None else ""
        best = str(table.columns[1]) if table is not None else ""
        lines = [trace for trace in self._figure().data if "lines" in trace.mode]
        named = [*names, *[band] * (len(lines) - len(names) - 1), band]
        for trace, name in zip(self._figure().data, [*named, best], strict=False):
            series = data.add_series(name)
            for x, y in zip(trace.x, trace.y, strict=True):
                series.add_data_point(x, y)
        return data

    def _effect(self, chart: Any) -> None:
        axis = self._figure().layout.xaxis
        chart.category_axis.minimum_scale, chart.category_axis.maximum_scale = axis.range
        chart.category_axis.has_major_gridlines = False
        chart.category_axis.tick_labels.number_format = "0.00"
        chart.category_axis.tick_labels.number_format_is_linked = False
        chart.value_axis.minimum_scale, chart.value_axis.maximum_scale = -0.9, 1.75
        chart.value_axis.visible = False
        chart.value_axis.has_major_gridlines = False
        chart.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
        for trace, series in zip(self._figure().data, chart.plots[0].series, strict=False):
            series.smooth = False
            if "lines" in trace.mode:
                colour, pale = trace.line.color, trace.line.color.startswith("rgba")
                series.format.line.color.rgb = _rgb(LIGHT.hairline if pale else colour)
                series.format.line.width = Pt(trace.line.width * 0.75)
                if trace.line.dash == "dash":
                    series.format.line.dash_style = MSO_LINE.DASH
            else:
                series.format.line.fill.background()
                series.marker.style, series.marker.size = XL_MARKER_STYLE.DIAMOND, 14
                series.marker.format.fill.solid()
                series.marker.format.fill.fore_color.rgb = _rgb(trace.marker.color)

    def _lines(self, chart: Any) -> None:
        values = [y for trace in self._traces() for y in trace.y if y is not None]
        if values:
            chart.value_axis.minimum_scale = math.floor(10 * min(values) - 2) / 10
            chart.value_axis.maximum_scale = math.ceil(10 * max(values) + 2) / 10
        chart.value_axis.tick_labels.number_format = "0.0"
        chart.value_axis.tick_labels.number_format_is_linked = False
        chart.value_axis.major_gridlines.format.line.color.rgb = _rgb(LIGHT.hairline)
        markers = {"circle": XL_MARKER_STYLE.CIRCLE, "square": XL_MARKER_STYLE.SQUARE}
        for trace, series in zip(self._traces(), chart.plots[0].series, strict=True):
            series.smooth = False
            series.format.line.color.rgb, series.format.line.width = _rgb(trace.line.color), Pt(2.5)
            if trace.line.dash == "dash":
                series.format.line.dash_style = MSO_LINE.DASH
            series.marker.style, series.marker.size = markers[trace.marker.symbol], 8
            series.marker.format.fill.solid()
            series.marker.format.fill.fore_color.rgb = _rgb(trace.marker.color)
            _set_error_bars(series, trace)

    def _flow(self, chart: Any) -> None:
        chart.category_axis.reverse_order = True
        chart.value_axis.visible = False
        chart.value_axis.has_major_gridlines = False
        chart.value_axis.minimum_scale = 0
        plot = chart.plots[0]
        plot.gap_width, plot.overlap = 40, 0
        plot.has_data_labels = True
        plot.data_labels.show_value = True
        plot.data_labels.number_format, plot.data_labels.number_format_is_linked = "#,##0", False
        for trace, series in zip(self._traces(), plot.series, strict=True):
            series.format.fill.solid()
            series.format.fill.fore_color.rgb = _rgb(trace.marker.color)


def _set_error_bars(series: Any, trace: Any) -> None:
    """Intervals as native error bars, which python-pptx has no words for."""

    def numbers(values: Sequence[float]) -> str:
        points = "".join(f'<c:pt idx="{at}"><c:v>{value:.6g}</c:v></c:pt>' for at, value in enumerate(values))
        return f'<c:numLit><c:formatCode>General</c:formatCode><c:ptCount val="{len(values)}"/>{points}</c:numLit>'

    above, below = numbers(trace.error_y.array), numbers(trace.error_y.arrayminus)
    bars = parse_xml(
        f'<c:errBars {nsdecls("c", "a")}><c:errDir val="y"/><c:errBarType val="both"/><c:errValType val="cust"/>'
        f'<c:noEndCap val="1"/><c:plus>{above}</c:plus><c:minus>{below}</c:minus><c:spPr><a:ln w="{Emu(Pt(1.2))}">'
        f'<a:solidFill><a:srgbClr val="{trace.error_y.color[1:]}"/></a:solidFill></a:ln></c:spPr></c:errBars>'
    )
    series._element.find(qn("c:cat")).addprevious(bars)


def _rgb(colour: str) -> RGBColor:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return RGBColor(red, green, blue)
