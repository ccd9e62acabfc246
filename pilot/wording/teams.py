"""What can be said of teams: how many, how alike their people answer, and why no single one is shown."""

from __future__ import annotations

import pandas as pd

from pilot.i18n import Language, Message, message
from pilot.publication import Release
from pilot.publication.release import ShownSheet
from pilot.wording.method import Entry
from pilot.wording.names import arm_name, wave_name
from pilot.wording.tables import labelled_table
from pilot.wording.voice import Voice

ENOUGH_TO_RANK = 0.7  # ICC(2) from which team means are told apart reliably (Bliese 2000)


def teams_sentence(release: Release, language: Language) -> str:
    """How many teams took part."""
    voice = Voice(language)
    parts = [message("{arm} {n}", arm=arm_name(flow.arm), n=voice.count(flow.n_teams)) for flow in release.flow]
    n_teams = voice.count(sum(flow.n_teams for flow in release.flow))
    return voice.say(message("{n} teams took part: {parts}. No single one is shown.", n=n_teams, parts=parts))


def team_entries(release: Release, language: Language) -> tuple[Entry, ...]:
    """Why no single team is shown, and what stands in its place."""
    voice = Voice(language)
    minimum = voice.count(release.pilot.minimum_cell_n)
    said: list[tuple[Message, Message]] = [
        (
            message("People"),
            message(
                "A team is a few people. No figure about fewer than {n} of them is shown, and two figures about a team "
                "could be subtracted down to one person.",
                n=minimum,
            ),
        ),
        (message("No ranking"), _ranking(release, voice)),
        (
            message("Managers"),
            message("The pilot judges a practice. It was not made to judge a manager, and its figures do not."),
        ),
        (
            message("Instead"),
            message(
                "A team talks about its own work best without any figures: what of the practice helped, what was in "
                "the way, what to try next."
            ),
        ),
    ]
    return tuple(Entry(voice.say(label), voice.say(text)) for label, text in said)


def _ranking(release: Release, voice: Voice) -> Message:
    sheet = newest_icc(release)
    if sheet is None or sheet.icc_2 is None:
        return message(
            "How reliably teams could be told apart was not computed, so that nothing would carry a ranking."
        )
    values = {"icc": voice.size(sheet.icc_2), "needed": voice.size(ENOUGH_TO_RANK), "wave": wave_name(sheet.wave_id)}
    if sheet.icc_2 < ENOUGH_TO_RANK:
        return message(
            "Team means tell teams apart with a reliability of {icc} ({wave}); below {needed} a ranking is mostly "
            "chance.",
            **values,
        )
    return message(
        "Team means tell teams apart with a reliability of {icc} ({wave}, {needed} is enough). A ranking would still "
        "be about a few people each, and nobody needs it for this decision.",
        **values,
    )


def newest_icc(release: Release) -> ShownSheet | None:
    """The newest sheet that knows how alike people of a team answer."""
    known = [sheet for sheet in release.scale_sheets if sheet.icc_1 is not None and sheet.icc_2 is not None]
    return known[-1] if known else None


def alike_sentence(release: Release, language: Language) -> str:
    """How much of the differences lies between teams; empty where it was not computed."""
    voice, sheet = Voice(language), newest_icc(release)
    if sheet is None or sheet.icc_1 is None:
        return ""
    n_in_100 = round(100 * max(sheet.icc_1, 0.0))
    if n_in_100 < 1:
        return voice.say(message("People of one team answer no more alike than people of different teams."))
    return voice.say(
        message(
            "Of the differences between people's answers {n} in 100 parts lie between teams; the rest lies within "
            "teams.",
            n=voice.count(n_in_100),
        )
    )


def teams_table(release: Release, language: Language) -> pd.DataFrame:
    """How alike people of a team answer, wave by wave; empty where it was not computed."""
    voice = Voice(language)
    columns = [message("Wave"), message("Between teams, in 100 parts"), message("Reliability of a team's mean")]
    rows = [
        [
            voice.say(wave_name(sheet.wave_id)),
            voice.count(round(100 * max(sheet.icc_1, 0.0))),
            voice.size(max(sheet.icc_2, 0.0)),
        ]
        for sheet in release.scale_sheets
        if sheet.icc_1 is not None and sheet.icc_2 is not None
    ]
    return labelled_table(columns, rows, voice)
