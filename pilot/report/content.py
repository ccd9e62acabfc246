"""What the decision paper says, once: every rendering takes its texts, pictures and tables from here.

Sentences and numbers come from `pilot.wording` and `pilot.figures`; a rendering decides where they stand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from pilot.figures import Picture, effect_picture, flow_picture, lines_picture
from pilot.i18n import Language, message
from pilot.publication import Release
from pilot.wording import Briefing, Entry, Reason, Voice, brief, cost_sentence, guardrail_table
from pilot.wording.loop import fidelity_sentence, loop_sentence, loop_table
from pilot.wording.promised import promised_sentences, promised_table
from pilot.wording.sheets import published_sentences, published_table
from pilot.wording.trust import ledger_sentence, ledger_table

ChapterKey = Literal["evidence", "price", "limits", "annex"]


@dataclass(frozen=True)
class Section:
    """One thing that the paper says.

    Attributes:
        key: Its name in every rendering.
        title: A heading, or a sentence with the finding.
        paragraphs: Whole sentences.
        bullets: Sentences in a list.
        reasons: What the verdict rests on.
        entries: Labels with what belongs to them.
        picture: A drawing; its table stands in `table`, its notes in `notes`.
        table: The numbers, as text.
        notes: How to read it, what is not shown and why.
    """

    key: str
    title: str
    paragraphs: tuple[str, ...] = ()
    bullets: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    entries: tuple[Entry, ...] = ()
    picture: Picture | None = None
    table: pd.DataFrame | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chapter:
    """Sections that belong on one page.

    Attributes:
        key: Which chapter.
        title: Its heading.
        sections: In the order of reading.
    """

    key: ChapterKey
    title: str
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class Paper:
    """The decision paper in one language.

    Attributes:
        language: Of all the texts.
        briefing: Title, verdict and facts of page one, and the footer of every page.
        effect: The picture of page one.
        chapters: What follows.
    """

    language: Language
    briefing: Briefing
    effect: Section
    chapters: tuple[Chapter, ...]

    @property
    def sections(self) -> tuple[Section, ...]:
        """All sections but that of page one."""
        return tuple(section for chapter in self.chapters for section in chapter.sections)

    @property
    def footer(self) -> str:
        """What stands below every page, slide and sheet."""
        return f"{self.briefing.footer} · {self.briefing.promise}"


def paper_of(release: Release, language: Language) -> Paper:
    """Put a release into a paper."""
    briefing, voice = brief(release, language), Voice(language)
    meaning = (briefing.meaning,) if briefing.meaning else ()
    chapters = (
        Chapter("evidence", voice.say(message("The evidence")), tuple(_evidence(release, voice))),
        Chapter("price", voice.say(message("How it was run, and the price")), tuple(_price(release, voice))),
        Chapter("limits", voice.say(message("Reasons and limits")), tuple(_limits(release, briefing, voice))),
        Chapter("annex", voice.say(message("Annex")), tuple(_annex(release, briefing, voice))),
    )
    return Paper(
        language=language,
        briefing=briefing,
        effect=_of_picture(effect_picture(release, language), meaning),
        chapters=chapters,
    )


def _of_picture(picture: Picture, paragraphs: tuple[str, ...] = ()) -> Section:
    return Section(
        key=picture.key,
        title=picture.title,
        paragraphs=paragraphs,
        picture=picture,
        table=picture.table,
        notes=picture.notes,
    )


def _evidence(release: Release, voice: Voice) -> Iterator[Section]:
    yield _of_picture(lines_picture(release, voice.language))
    yield _of_picture(flow_picture(release, voice.language))


def _price(release: Release, voice: Voice) -> Iterator[Section]:
    watched = guardrail_table(release, voice.language)
    if len(watched):
        yield Section(
            key="watched",
            title=voice.say(message("What must not suffer, and how far the practice was run")),
            paragraphs=(cost_sentence(release, voice), fidelity_sentence(release, voice.language)),
            table=watched,
        )
    else:
        yield Section(
            key="watched",
            title=voice.say(message("Cost in managers' hours")),
            paragraphs=(cost_sentence(release, voice),),
        )
    if release.loop:
        yield Section(
            key="loop",
            title=loop_sentence(release, voice.language),
            table=loop_table(release, voice.language),
        )


def _limits(release: Release, briefing: Briefing, voice: Voice) -> Iterator[Section]:
    yield Section(key="reasons", title=voice.say(message("What the verdict rests on")), reasons=briefing.reasons)
    if len(briefing.turning_points) > 1:
        yield Section(
            key="changes", title=voice.say(message("All that would change it")), bullets=briefing.turning_points
        )
    if release.promise is not None:
        yield Section(
            key="promise",
            title=voice.say(message("How often such a pilot is wrong: what the rehearsal said before the launch")),
            bullets=promised_sentences(release, voice.language),
            table=promised_table(release, voice.language),
        )
    if release.biases:
        yield Section(
            key="ledger",
            title=ledger_sentence(release, voice.language),
            table=ledger_table(release, voice.language),
        )
    if briefing.deviations:
        title = voice.say(message("Departures from the sealed plan"))
        yield Section(key="deviations", title=title, bullets=briefing.deviations)


def _annex(release: Release, briefing: Briefing, voice: Voice) -> Iterator[Section]:
    yield Section(key="method", title=voice.say(message("Method")), entries=briefing.method)
    measured = published_table(release, voice.language)
    if len(measured):
        yield Section(
            key="measured",
            title=voice.say(message("How well the questions measured")),
            bullets=published_sentences(release, voice.language),
            table=measured,
        )
