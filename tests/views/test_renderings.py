"""The paper, the slides, the workbook and the letter say what the wording says of the release, and nothing else."""

from __future__ import annotations

import importlib.abc
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from itertools import combinations
from pathlib import Path

import openpyxl
import pypdf
import pytest
from pptx import Presentation
from pptx.oxml.ns import qn

from pilot.documents import BilingualText
from pilot.figures.drawing import static_drawing
from pilot.i18n import LANGUAGES, Language
from pilot.plan import Design
from pilot.publication import Release
from pilot.report import render_report, write_renderings
from pilot.report.content import Paper, Section, paper_of
from pilot.report.pages import letter_html, paper_html
from pilot.wording.letter import letter_of

ReleaseMaker = Callable[..., Release]
KINDS = ("scale", "adjust", "stop", "inconclusive", "in_evaluation", "harm", "refused")
LONG = BilingualText(
    zh="华东运营中心与华南供应链及客户服务联合事业群员工自主绩效发展与高频对话及发展绑定综合试点项目" * 4,
    en="East operations, southern supply chain and customer service: pilot of self-directed performance " * 4,
)
SAID = Path(__file__).parent / "said"


def texts_of(paper: Paper, shown_part: Callable[[Section], Section] = lambda section: section) -> Iterator[str]:
    """Every text and every cell of the content."""
    briefing = paper.briefing
    yield from (briefing.title, briefing.word, briefing.sentence, paper.footer)
    yield from briefing.deviations[:1]
    for fact in briefing.facts:
        yield from (fact.label, fact.text)
    for section in (paper.effect, *paper.sections):
        yield from texts_of_section(shown_part(section))


def texts_of_section(section: Section) -> Iterator[str]:
    yield section.title
    yield from (*section.paragraphs, *section.bullets, *section.notes)
    for reason in section.reasons:
        yield from (reason.label, reason.sentence)
    for entry in section.entries:
        yield from (entry.label, entry.text)
    if section.table is not None and len(section.table):
        yield from map(str, section.table.columns)
        for row in section.table.itertuples(index=False, name=None):
            yield from map(str, row)


def flat(text: str) -> str:
    """Without the white space, which lines and pages break."""
    return re.sub(r"\s+", "", text)


def missing(texts: Iterator[str], rendering: str) -> list[str]:
    return [text for text in texts if flat(text) not in rendering]


def pdf_text(path: Path) -> str:
    footer = re.compile(r"\d+/\d+$")
    return "".join(footer.sub("", flat(page.extract_text())) for page in pypdf.PdfReader(path).pages)


def slide_texts(path: Path) -> Iterator[str]:
    for slide in Presentation(str(path)).slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                yield shape.text_frame.text
            if shape.has_table:
                yield from (cell.text for row in shape.table.rows for cell in row.cells)


def shown(cell: openpyxl.cell.cell.Cell) -> str:
    """A cell as a spreadsheet shows it."""
    if not isinstance(cell.value, int | float):
        return str(cell.value or "")
    form, value = cell.number_format, cell.value * (100 if cell.number_format.endswith("%") else 1)
    decimals = len(form.split(";")[0].partition(".")[2].rstrip("%"))
    sign = "−" if value < 0 else "+" if form.startswith("+") and value > 0 else ""
    return f"{sign}{abs(value):,.{decimals}f}" + ("%" if form.endswith("%") else "")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def html_text(html: str) -> str:
    reader = _Reader()
    reader.feed(html)
    return flat("".join(reader.text))


@pytest.fixture(scope="module")
def written(make_release: ReleaseMaker, tmp_path_factory: pytest.TempPathFactory) -> tuple[Release, Path]:
    folder = tmp_path_factory.mktemp("report")
    release = make_release(
        "adjust", few_leavers=True, withheld_waves=("pulse_2",), deviations=("the endline came late", "moved house")
    )
    _, faults = write_renderings(release, folder)
    assert faults == ()
    return release, folder


def test_every_form_is_there_and_nothing_else(written: tuple[Release, Path]) -> None:
    names = {"report.html", "tables.xlsx"}
    for language in LANGUAGES:
        names |= {f"paper-{language}.pdf", f"slides-{language}.pptx"}
        names |= {f"letter-{language}.html", f"letter-{language}.pdf"}
    assert {path.name for path in written[1].iterdir()} == names


@pytest.mark.parametrize("language", LANGUAGES)
def test_paper_says_what_the_content_says(written: tuple[Release, Path], language: Language) -> None:
    release, folder = written
    assert missing(texts_of(paper_of(release, language)), pdf_text(folder / f"paper-{language}.pdf")) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_slides_say_what_the_content_says(written: tuple[Release, Path], language: Language) -> None:
    release, folder = written
    said = flat("".join(slide_texts(folder / f"slides-{language}.pptx")))
    assert missing(texts_of(paper_of(release, language), without_charted_table), said) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_charts_on_slides_hold_the_means_of_the_release(written: tuple[Release, Path], language: Language) -> None:
    release, folder = written
    deck = Presentation(str(folder / f"slides-{language}.pptx"))
    charts = [shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart]
    values = [value for chart in charts for plot in chart.plots for series in plot.series for value in series.values]
    means = [wave.score.mean for wave in release.waves if wave.score.mean is not None]
    assert means
    assert all(any(value is not None and abs(value - mean) < 0.006 for value in values) for mean in means)


def without_charted_table(section: Section) -> Section:
    """A native chart holds its numbers: only effect and flow have a table beside it, and nothing is hatched."""
    if section.key == "flow":
        return replace(section, notes=())
    charted = section.picture is not None and section.key not in ("effect", "flow")
    return replace(section, table=None) if charted else section


@pytest.mark.parametrize("language", LANGUAGES)
def test_workbook_says_what_the_content_says(written: tuple[Release, Path], language: Language) -> None:
    release, folder = written
    workbook = openpyxl.load_workbook(folder / "tables.xlsx")
    said = flat("".join(shown(cell) for sheet in workbook for row in sheet.iter_rows() for cell in row))
    assert missing(texts_of(paper_of(release, language)), said) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_says_what_the_content_says(written: tuple[Release, Path], language: Language) -> None:
    release, folder = written
    said = html_text((folder / "report.html").read_text("utf-8"))
    assert missing(texts_of(paper_of(release, language)), said) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_and_slide_carries_the_footer(written: tuple[Release, Path], language: Language) -> None:
    release, folder = written
    footer = flat(paper_of(release, language).footer)
    assert release.sha256[:16] in footer
    pages = pypdf.PdfReader(folder / f"paper-{language}.pdf").pages
    assert 4 <= len(pages) <= 6
    assert all(footer in flat(page.extract_text()) for page in pages)
    for slide in Presentation(str(folder / f"slides-{language}.pptx")).slides:
        assert any(footer in flat(shape.text_frame.text) for shape in slide.shapes if shape.has_text_frame)
    for sheet in openpyxl.load_workbook(folder / "tables.xlsx"):
        last = flat(str(sheet.cell(sheet.max_row, 1).value))
        assert last in {flat(paper_of(release, each).footer) for each in LANGUAGES}


def test_chinese_fonts_are_embedded(written: tuple[Release, Path]) -> None:
    fonts = [
        font.get_object()
        for name in ("paper-zh.pdf", "letter-zh.pdf")
        for page in pypdf.PdfReader(written[1] / name).pages
        for font in page["/Resources"]["/Font"].values()  # type: ignore[index]
    ]
    assert fonts
    for font in fonts:
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert {"/FontFile2", "/FontFile3", "/FontFile"} & set(descriptor)
    assert any("CJK" in str(font["/BaseFont"]) or "SC" in str(font["/BaseFont"]) for font in fonts)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_letter_is_one_page_without_terms_of_the_method(
    kind: str, language: Language, make_release: ReleaseMaker, tmp_path: Path
) -> None:
    release = make_release(kind, title=LONG)
    write_renderings(release, tmp_path, ["letter"])
    pages = pypdf.PdfReader(tmp_path / f"letter-{language}.pdf").pages
    assert len(pages) == 1
    letter = letter_of(release, language)
    said = [letter.title, letter.greeting, letter.thanks, *(part.text for part in letter.parts)]
    assert missing(iter(said), flat(pages[0].extract_text())) == []
    terms = ("interval", "estimate", "points", "%", "grade", "置信", "估计", "显著", "区间", "分组")
    assert [term for term in terms if term in "".join(said[1:])] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("title", [None, LONG])
def test_nothing_on_a_slide_lies_outside_or_on_top_of_another(
    title: BilingualText | None, language: Language, make_release: ReleaseMaker, tmp_path: Path
) -> None:
    release = make_release("adjust", title=title, few_leavers=True, deviations=("too late " * 40,) * 3)
    write_renderings(release, tmp_path, ["pptx"])
    deck = Presentation(str(tmp_path / f"slides-{language}.pptx"))
    if title is None:
        assert 8 <= len(deck.slides) <= 15
    for number, slide in enumerate(deck.slides, 1):
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.left + shape.width <= deck.slide_width
            assert shape.top + shape.height <= deck.slide_height
        for one, other in combinations(slide.shapes, 2):
            across = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
            down = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
            assert min(across, down) <= 9_144, (number, one.name, other.name)  # a hundredth of an inch


def test_slides_have_native_charts_and_fonts_for_both_scripts(written: tuple[Release, Path]) -> None:
    deck = Presentation(str(written[1] / "slides-zh.pptx"))
    charts = [shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart]
    assert len(charts) == sum(section.picture is not None for section in _sections(written[0]))
    runs = [run for slide in deck.slides for run in slide._element.iter(qn("a:rPr"))]
    assert runs
    assert all(run.get("lang") == "zh-CN" and run.find(qn("a:ea")).get("typeface") for run in runs)


def _sections(release: Release) -> tuple[Section, ...]:
    paper = paper_of(release, "zh")
    return (paper.effect, *paper.sections)


@pytest.mark.parametrize("design", ["waitlist", "staggered", "comparison", "before_after"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_release_gets_every_form(
    kind: str, design: Design, make_release: ReleaseMaker, tmp_path: Path
) -> None:
    release = make_release(kind, design=design)
    written, faults = write_renderings(release, tmp_path, ["pptx", "xlsx"])
    assert len(written) == 3
    assert faults == ()
    for section in _sections(release):
        if section.picture is not None:
            assert "nan" not in static_drawing(section.picture.figure).lower()


@pytest.mark.parametrize("nasty", ["=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "</svg><script>alert(1)</script>"])
def test_foreign_text_is_never_run(nasty: str, make_release: ReleaseMaker, tmp_path: Path) -> None:
    release = make_release(title=BilingualText(zh=nasty, en=nasty), deviations=(nasty, "\x07bell"))
    written, _ = write_renderings(release, tmp_path, ["pptx", "xlsx"])
    assert len(written) == 3
    workbook = openpyxl.load_workbook(tmp_path / "tables.xlsx")
    cells = [cell for sheet in workbook for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert nasty in {cell.value for cell in cells}
    assert "<script>" not in letter_html(letter_of(release, "en"), nasty)
    assert "<script>" not in paper_html(paper_of(release, "en"))


class _NoPango(importlib.abc.MetaPathFinder):
    """WeasyPrint fails so where the system lacks its libraries."""

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")


def test_without_pango_everything_else_is_written(
    make_release: ReleaseMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    monkeypatch.setattr(sys, "meta_path", [_NoPango(), *sys.meta_path])
    written, faults = write_renderings(make_release(), tmp_path)
    assert len(faults) == 4
    assert {path.suffix for path in written} == {".html", ".xlsx", ".pptx"}
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in written}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_papers_words_are_those_that_were_reviewed(
    kind: str, language: Language, make_release: ReleaseMaker
) -> None:
    """The reviewed text; after a wanted change `PILOT_SAY=1 pytest` writes it anew, and the change is read."""
    release = make_release(kind)
    paper, letter = paper_of(release, language), letter_of(release, language)
    said = [paper.briefing.word, paper.briefing.sentence]
    said += [f"{fact.label} | {fact.text}" for fact in paper.briefing.facts]
    for section in (paper.effect, *paper.sections):
        said += [section.title, *section.paragraphs, *section.bullets]
        said += [f"{reason.label} | {reason.sentence}" for reason in section.reasons]
    said += [f"{part.label} | {part.text}" for part in letter.parts]
    path = SAID / f"{kind}-{language}.txt"
    if os.environ.get("PILOT_SAY"):
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(said) + "\n", "utf-8")
    assert path.read_text("utf-8").splitlines() == said


def test_page_of_a_release_without_extras_has_no_empty_sections(make_release: ReleaseMaker) -> None:
    release = make_release().model_copy(update={"promise": None, "loop": (), "scale_sheets": ()})
    keys = [section.key for section in _sections(release)]
    assert not {"promise", "loop", "measured"} & set(keys)
    assert render_report(release)
