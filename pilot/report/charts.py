"""Native charts of slides, made from the traces of our Plotly figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pptx.chart.data import CategoryChartData, XyChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION, XL_MARKER_STYLE, XL_TICK_LABEL_POSITION
from pptx.enum.dml import MSO_LINE
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Emu, Inches, Pt

from pilot.look import LIGHT
from pilot.report.content import Section

LATIN, EAST_ASIAN = "Arial", "Microsoft YaHei"  # on every computer that opens such a file


@dataclass(frozen=True)
class Chart:
    """A native chart from a Plotly figure of ours."""

    section: Section

    def draw(self, slide: Any, left: float, top: float, width: float, height: float) -> None:
        """Put the chart on a slide, in inches."""
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
                series.format.line.color.rgb = rgb(LIGHT.hairline if pale else colour)
                series.format.line.width = Pt(trace.line.width * 0.75)
                if trace.line.dash == "dash":
                    series.format.line.dash_style = MSO_LINE.DASH
            else:
                series.format.line.fill.background()
                series.marker.style, series.marker.size = XL_MARKER_STYLE.DIAMOND, 14
                series.marker.format.fill.solid()
                series.marker.format.fill.fore_color.rgb = rgb(trace.marker.color)

    def _lines(self, chart: Any) -> None:
        values = [y for trace in self._traces() for y in trace.y if y is not None]
        if values:
            chart.value_axis.minimum_scale = math.floor(10 * min(values) - 2) / 10
            chart.value_axis.maximum_scale = math.ceil(10 * max(values) + 2) / 10
        chart.value_axis.tick_labels.number_format = "0.0"
        chart.value_axis.tick_labels.number_format_is_linked = False
        chart.value_axis.major_gridlines.format.line.color.rgb = rgb(LIGHT.hairline)
        markers = {"circle": XL_MARKER_STYLE.CIRCLE, "square": XL_MARKER_STYLE.SQUARE}
        for trace, series in zip(self._traces(), chart.plots[0].series, strict=True):
            series.smooth = False
            series.format.line.color.rgb, series.format.line.width = rgb(trace.line.color), Pt(2.5)
            if trace.line.dash == "dash":
                series.format.line.dash_style = MSO_LINE.DASH
            series.marker.style, series.marker.size = markers[trace.marker.symbol], 8
            series.marker.format.fill.solid()
            series.marker.format.fill.fore_color.rgb = rgb(trace.marker.color)
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
            series.format.fill.fore_color.rgb = rgb(trace.marker.color)


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


def rgb(colour: str) -> RGBColor:
    """A colour of the palette as PPTX has it."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return RGBColor(red, green, blue)
