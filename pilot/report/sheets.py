"""The analyst's page of scale sheets: one HTML file, both languages, a sheet for each scale and wave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pandas as pd

from pilot.documents import BilingualText, write_whole
from pilot.i18n import LANGUAGES, TAGS, Language, message
from pilot.look import DARK, FONT_STACK, LIGHT
from pilot.publication.sheets import DISTRIBUTION_MINIMUM, without_small_cells
from pilot.report.rendering import environment, shared_style, template_text
from pilot.result.sheets import Comparison, Fitness, ScaleSheet
from pilot.wording import Entry, Voice, wave_name, withheld_texts
from pilot.wording.sheet_facts import item_table, ladder_table, rule_sentence, sheet_facts
from pilot.wording.sheets import (
    SYMBOLS,
    block_name,
    comparison_name,
    fitness_name,
    fitness_sentence,
    invariance_sentence,
    item_texts,
    quality_table,
    unseen_shift,
)

TONES: dict[Fitness, str] = {"fit": "good", "with_care": "worthwhile", "not_fit": "harm"}


@dataclass(frozen=True)
class Bar:
    """One bar of a distribution.

    Attributes:
        label: From where to where.
        count: People.
        width: In points, relative to the others.
        height: Percent of the highest bar; people per point, since bars may have unequal widths.
    """

    label: str
    count: str
    width: float
    height: float


@dataclass(frozen=True)
class Reading:
    """One comparison.

    Attributes:
        entry: What is compared and what came out.
        blocks: Of what, with the number of people; empty where nothing could be compared.
        ladder: What each step costs; None likewise.
    """

    entry: Entry
    blocks: str
    ladder: pd.DataFrame | None


@dataclass(frozen=True)
class SheetPage:
    """One sheet in one language, ready for the template.

    Attributes:
        key: Of the anchor.
        title: Scale and wave.
        symbol: Of the verdict.
        tone: Role of its colour.
        word: The verdict.
        sentence: The reasons and the verdict.
        facts: Who answered, reliability, factor, team agreement.
        readings: How far it is read alike.
        bars: The distribution; empty where too few answered.
        distribution: Its text alternative, or that it is not shown.
        items: The item table.
    """

    key: str
    title: str
    symbol: str
    tone: str
    word: str
    sentence: str
    facts: tuple[Entry, ...]
    readings: tuple[Reading, ...]
    bars: tuple[Bar, ...]
    distribution: str
    items: pd.DataFrame


def write_sheets(sheets: Sequence[ScaleSheet], path: Path, *, minimum: int, title: BilingualText) -> None:
    """Write the page as a whole; an earlier one at the same place is replaced."""
    write_whole(path, render_sheets(sheets, minimum=minimum, title=title))


def render_sheets(sheets: Sequence[ScaleSheet], *, minimum: int, title: BilingualText) -> str:
    """The page's HTML.

    Args:
        sheets: What was found.
        minimum: Smallest number of people in any cell.
        title: The pilot's name.
    """
    safe = [(sheet, without_small_cells(sheet, minimum)) for sheet in sheets]
    shown = [cleaned for _, cleaned in safe if cleaned]
    hidden = [sheet for sheet, cleaned in safe if cleaned is None]
    return (
        environment("zh")
        .get_template("sheets.html.j2")
        .render(
            title=title.text("zh"),
            light=LIGHT.css,
            dark=DARK.css,
            font=FONT_STACK,
            style=shared_style(),
            editions=[_edition(shown, hidden, title, language) for language in LANGUAGES],
            script=template_text("sheets.js"),
        )
    )


def _edition(
    shown: Sequence[ScaleSheet], hidden: Sequence[ScaleSheet], title: BilingualText, language: Language
) -> str:
    voice = Voice(language)
    compared = [finding for sheet in shown for finding in sheet.invariance]
    notes = [rule_sentence(compared[0], voice)] if compared else []
    return (
        environment(language)
        .get_template("sheets_edition.html.j2")
        .render(
            language=language,
            tag=TAGS[language],
            title=title.text(language),
            table=quality_table(shown, hidden, language),
            pages=[_page(sheet, voice) for sheet in shown],
            notes=[*notes, voice.say(unseen_shift())],
            withheld=withheld_texts(language),
        )
    )


def _page(sheet: ScaleSheet, voice: Voice) -> SheetPage:
    texts = item_texts({line.item: line.text for line in sheet.items}, voice)
    compared: tuple[Comparison, ...] = get_args(Comparison) if sheet.alpha else ()
    return SheetPage(
        key=f"{sheet.scale}-{sheet.wave_id}",
        title=f"{voice.name(sheet.name)} · {voice.say(wave_name(sheet.wave_id))}",
        symbol=SYMBOLS[sheet.fitness],
        tone=TONES[sheet.fitness],
        word=voice.say(fitness_name(sheet.fitness)),
        sentence=fitness_sentence(sheet, texts, voice),
        facts=sheet_facts(sheet, voice),
        readings=tuple(_reading(sheet, across, texts, voice) for across in compared),
        bars=_bars(sheet, voice),
        distribution=_distribution(sheet, voice),
        items=item_table(sheet, voice),
    )


def _reading(sheet: ScaleSheet, across: Comparison, texts: dict[str, str], voice: Voice) -> Reading:
    finding = sheet.against(across)
    entry = Entry(voice.say(comparison_name(across)), invariance_sentence(finding, texts, voice))
    if finding is None:
        return Reading(entry, "", None)
    blocks = [
        message("{block}: {n} people", block=block_name(finding, block), n=voice.count(n))
        for block, n in zip(finding.blocks, finding.n, strict=True)
    ]
    return Reading(entry, voice.listing(blocks), ladder_table(finding, voice))


def _bars(sheet: ScaleSheet, voice: Voice) -> tuple[Bar, ...]:
    density = [each.n / (each.upper - each.lower) for each in sheet.bins]
    highest = max(density, default=0) or 1
    single = len(sheet.items) == 1
    return tuple(
        Bar(
            label=voice.amount((each.lower + each.upper) / 2)
            if single
            else f"{voice.amount(each.lower)}–{voice.amount(each.upper)}",
            count=voice.count(each.n),
            width=each.upper - each.lower,
            height=100 * per_point / highest,
        )
        for each, per_point in zip(sheet.bins, density, strict=True)
    )


def _distribution(sheet: ScaleSheet, voice: Voice) -> str:
    if not sheet.bins:
        return voice.say(message("Distribution not shown: fewer than {n} people.", n=DISTRIBUTION_MINIMUM))
    parts = [message("{range}: {n}", range=bar.label, n=bar.count) for bar in _bars(sheet, voice)]
    return voice.say(message("People by score. {parts}", parts=parts))
