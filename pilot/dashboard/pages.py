"""The six pages: a release's sentences and pictures in the order in which an executive asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import streamlit as st

from pilot.dashboard.frame import PageCode, draw_picture, draw_pictures
from pilot.dashboard.source import Download
from pilot.figures import (
    dots_picture,
    effect_picture,
    fidelity_picture,
    flow_picture,
    hours_picture,
    intervals_picture,
    ledger_picture,
    lines_picture,
    loop_picture,
)
from pilot.i18n import Language, message
from pilot.look import Mode
from pilot.publication import Release
from pilot.report import part
from pilot.wording import Briefing, Voice, guardrail_table, withheld_texts
from pilot.wording.loop import fidelity_sentence, loop_sentence
from pilot.wording.names import grade_name
from pilot.wording.next_steps import change_heading, glossary, next_heading, next_steps, other_steps
from pilot.wording.promised import promised_sentences
from pilot.wording.teams import alike_sentence, team_entries, teams_sentence, teams_table
from pilot.wording.trust import ledger_sentence, ledger_table


@dataclass(frozen=True)
class Reading:
    """What a page is drawn from.

    Attributes:
        release: The release.
        briefing: The same in words.
        language: Of the reader.
        mode: Light or dark.
        downloads: Files to take away.
    """

    release: Release
    briefing: Briefing
    language: Language
    mode: Mode
    downloads: tuple[Download, ...]

    def part(self, name: str, *arguments: object) -> None:
        """Put one of the shared parts on the page."""
        st.html(part(self.language, name, *arguments))


def _verdict(reading: Reading) -> None:
    release, briefing, language = reading.release, reading.briefing, reading.language
    reading.part("opening", briefing)
    draw_picture(effect_picture(release, language, reading.mode), language, briefing.meaning)
    reading.part("facts", briefing)
    reading.part("rest", briefing, guardrail_table(release, language), withheld_texts(language))


def _change(reading: Reading) -> None:
    drawn = [draw(reading.release, reading.language, reading.mode) for draw in (lines_picture, intervals_picture)]
    draw_pictures([*drawn, flow_picture(reading.release, reading.language, reading.mode)], reading.language)


def _loop(reading: Reading) -> None:
    release, language = reading.release, reading.language
    loop, hours, fidelity = (
        draw(release, language, reading.mode) for draw in (loop_picture, hours_picture, fidelity_picture)
    )
    if loop is None:
        reading.part("heading", loop_sentence(release, language), "")
    draw_pictures([loop, hours, fidelity], language)
    if fidelity is None:
        reading.part("heading", fidelity_sentence(release, language), "")


def _trust(reading: Reading) -> None:
    release, briefing, language = reading.release, reading.briefing, reading.language
    voice = Voice(language)
    dots = dots_picture(release, language, reading.mode)
    if dots is None:
        reading.part("statement", promised_sentences(release, language))
    draw_pictures([dots], language)
    reading.part("section", voice.say(grade_name(release.verdict.grade)))
    limits = [reason for reason in briefing.reasons if reason.role in ("cap", "note")]
    if limits:
        reading.part("reason_list", limits)
    reading.part("space")
    ledger = ledger_picture(release, language, reading.mode)
    draw_pictures([ledger], language)
    if ledger is None:
        reading.part("heading", ledger_sentence(release, language), "")
        if release.biases:
            reading.part("table", ledger_table(release, language), withheld_texts(language))


def _teams(reading: Reading) -> None:
    release, language = reading.release, reading.language
    reading.part("heading", teams_sentence(release, language), alike_sentence(release, language))
    reading.part("entries", team_entries(release, language))
    table = teams_table(release, language)
    if len(table):
        reading.part("folded", table, withheld_texts(language))


def _next(reading: Reading) -> None:
    release, briefing, language = reading.release, reading.briefing, reading.language
    voice, word = Voice(language), release.verdict.word
    reading.part("steps", voice.say(next_heading(word)), next_steps(release, language))
    if briefing.turning_points:
        reading.part("listed", voice.say(change_heading(word)), briefing.turning_points)
    reading.part("others", other_steps(release, language))
    reading.part("space")
    reading.part("unfold", voice.say(message("The words of these pages")), glossary(language))
    reading.part("unfold", voice.say(message("Method")), briefing.method)
    reading.part("section", voice.say(message("To take away")))
    for download in reading.downloads:
        st.download_button(
            voice.say(download.label),
            download.path.read_bytes(),
            download.path.name,
            download.mime,
            key=f"download-{download.path.name}",
            on_click="ignore",
        )


DRAW: Mapping[PageCode, Callable[[Reading], None]] = MappingProxyType(
    {"verdict": _verdict, "change": _change, "loop": _loop, "trust": _trust, "teams": _teams, "next": _next}
)
"""Each page by its name in the address."""
