"""Every table behind the paper as a workbook: numbers as numbers, rounded as published, nothing that a program runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from pilot.i18n import Language, message
from pilot.look import LIGHT
from pilot.report.content import Paper, Section
from pilot.wording import Voice
from pilot.wording.voice import MINUS

NUMBER = re.compile(rf"[+{MINUS}]?\d{{1,3}}(,?\d{{3}})*(\.\d+)?%?")
FORBIDDEN_IN_A_NAME = re.compile(r"[\[\]:*?/\\']")
LONGEST_NAME, WIDEST_COLUMN, LONGEST_CELL = 31, 60, 32_000
TITLE, HEADING, QUIET = Font(bold=True, size=13), Font(bold=True), Font(color=LIGHT.quiet[1:])


def write_workbook(papers: Sequence[Paper], path: Path) -> None:
    """Write the tables of the paper, both languages one after the other."""
    workbook = Workbook()
    workbook.remove(workbook.active)
    for paper in papers:
        _add_summary(workbook, paper)
        for section in (paper.effect, *paper.sections):
            _add_section(workbook, paper, section)
    workbook.save(path)


def sheet_name(section: str, language: Language) -> str:
    """The name of a section's sheet."""
    voice = Voice(language)
    names = {
        "summary": message("Verdict"),
        "effect": message("Effects"),
        "lines": message("Waves"),
        "flow": message("Participants"),
        "promise": message("Rehearsal"),
        "watched": message("Guardrails"),
        "loop": message("Loop"),
        "reasons": message("Reasons"),
        "changes": message("Turning points"),
        "ledger": message("Bias ledger"),
        "deviations": message("Deviations"),
        "method": message("Method"),
        "measured": message("Scale sheets"),
    }
    return FORBIDDEN_IN_A_NAME.sub(" ", voice.say(names[section]))[:LONGEST_NAME]


def _add_summary(workbook: Workbook, paper: Paper) -> None:
    briefing = paper.briefing
    deviations = [(briefing.deviation_heading, sentence) for sentence in briefing.deviations[:1]]
    rows = [
        *deviations,
        (f"{briefing.symbol} {briefing.word}", briefing.sentence),
        (briefing.effect, briefing.meaning),
        *((fact.label, fact.text) for fact in briefing.facts),
    ]
    _fill(workbook, paper, "summary", briefing.title, rows)


def _add_section(workbook: Workbook, paper: Paper, section: Section) -> None:
    rows: list[tuple[str, ...]] = [*((text,) for text in section.paragraphs)]
    rows += [(f"{reason.symbol} {reason.label}", reason.sentence) for reason in section.reasons]
    rows += [(entry.label, entry.text) for entry in section.entries]
    rows += [(text,) for text in (*section.bullets, *section.notes)]
    table = list(_table_rows(section))
    _fill(workbook, paper, section.key, section.title, rows, table)


def _table_rows(section: Section) -> Iterator[tuple[str, ...]]:
    if section.table is not None:
        yield tuple(map(str, section.table.columns))
        yield from (tuple(map(str, row)) for row in section.table.itertuples(index=False, name=None))


def _fill(
    workbook: Workbook,
    paper: Paper,
    key: str,
    title: str,
    rows: Sequence[tuple[str, ...]],
    table: Sequence[tuple[str, ...]] = (),
) -> None:
    name = sheet_name(key, paper.language)
    sheet = workbook.create_sheet(name if name not in workbook.sheetnames else f"{name[:26]} ({paper.language})")
    _set(sheet, 1, 1, title, TITLE)
    line = 2
    for place, row in enumerate(table):
        line += 1
        for column, text in enumerate(row, 1):
            _set(sheet, line, column, text, HEADING if place == 0 else None)
    line += bool(table)
    for row in rows:
        line += 1
        for column, text in enumerate(row, 1):
            _set(sheet, line, column, text)
    _set(sheet, line + 2, 1, paper.footer, QUIET)
    sheet.oddFooter.left.text = paper.footer.replace("&", "&&")
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight, sheet.sheet_properties.pageSetUpPr.fitToPage = 0, True
    grid = [*table, *(row for row in rows if len(row) > 1)]
    for column in range(1, max((len(row) for row in grid), default=1) + 1):
        widest = max((_width(row[column - 1]) for row in grid if len(row) >= column), default=20)
        sheet.column_dimensions[get_column_letter(column)].width = min(WIDEST_COLUMN, widest + 2)


def _width(text: str) -> float:
    return sum(2.1 if ord(sign) > 0x2E7F else 1.1 for sign in text)


def _set(sheet: Any, row: int, column: int, text: str, font: Font | None = None) -> None:
    """A number as a number that looks as it is published, anything else as text that is never run."""
    cell = sheet.cell(row, column)
    if NUMBER.fullmatch(text):
        cell.value, cell.number_format = _number(text)
    else:
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)[:LONGEST_CELL]
        cell.data_type, cell.quotePrefix = "s", True
        cell.alignment = Alignment(vertical="top", wrap_text=row > 1 and len(text) > WIDEST_COLUMN // 2 and column > 1)
    if font:
        cell.font = font


def _number(text: str) -> tuple[float, str]:
    """The value, and the format that shows it as it was written."""
    plain = text.replace(",", "").replace(MINUS, "-").removesuffix("%")
    decimals = len(plain.partition(".")[2])
    value = round(float(plain) / (100 if text.endswith("%") else 1), decimals + 2)
    digits = "#,##0" + ("." + "0" * decimals if decimals else "") + ("%" if text.endswith("%") else "")
    negative = f'"{MINUS}"{digits}'
    return value, f"+{digits};{negative};{digits}" if text.startswith("+") else f"{digits};{negative}"
