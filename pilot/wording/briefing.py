"""Everything a view says in words, ready in one language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pilot.i18n import Language, Message, message
from pilot.publication import Release
from pilot.result import DeviationNote, Finding
from pilot.wording.effect import certainty_sentence, effect_sentence, meaning_sentence
from pilot.wording.method import Entry, method_entries
from pilot.wording.names import grade_name, word_name
from pilot.wording.people import asked_sentence, cost_sentence
from pilot.wording.promised import promise_line
from pilot.wording.turning_points import finding_sentence
from pilot.wording.verdicts import verdict_sentence
from pilot.wording.voice import Voice

Tone = Literal["good", "harm", "uncertain", "worthwhile", "quiet"]
"""Role of the verdict's colour; the word and the symbol say the same without it."""

TONES: dict[str | None, tuple[Tone, str]] = {
    "scale": ("good", "▲"),
    "adjust": ("worthwhile", "◆"),
    "stop": ("harm", "■"),
    "inconclusive": ("uncertain", "?"),
    None: ("quiet", "…"),
}
MOST_CHANGES_SHOWN = 3
SYMBOLS = {"for": "+", "against": "−", "cap": "!", "note": "·"}


@dataclass(frozen=True)
class Reason:
    """One thing the verdict rests on.

    Attributes:
        role: `for`, `against`, `cap` or `note`.
        symbol: The role as a sign.
        label: The role in words.
        sentence: What was found.
    """

    role: str
    symbol: str
    label: str
    sentence: str


@dataclass(frozen=True)
class Briefing:
    """A release in sentences.

    Attributes:
        language: Of all the texts.
        title: The pilot's name.
        unit: The business unit's name.
        deviations: Departures from the sealed plan, one sentence each, newest first; the heading counts them.
        deviation_heading: Empty where there is none.
        word: The verdict, or that it is still withheld.
        tone: Role of its colour.
        symbol: Its shape.
        sentence: What to do and why.
        effect: The effect in points with its interval.
        meaning: What that means; may be empty.
        facts: How sure, what would change it, cost, who was asked: label and sentence.
        turning_points: All that would change the verdict.
        reasons: What the verdict rests on.
        method: For the analyst.
        footer: Release, date, fingerprint.
        promise: What the numbers are not for.
    """

    language: Language
    title: str
    unit: str
    deviation_heading: str
    deviations: tuple[str, ...]
    word: str
    tone: Tone
    symbol: str
    sentence: str
    effect: str
    meaning: str
    facts: tuple[Entry, ...]
    turning_points: tuple[str, ...]
    reasons: tuple[Reason, ...]
    method: tuple[Entry, ...]
    footer: str
    promise: str


def brief(release: Release, language: Language) -> Briefing:
    """Put a release into words."""
    voice = Voice(language)
    tone, symbol = TONES[release.verdict.word]
    points = tuple(finding_sentence(point, release, voice) for point in release.verdict.turning_points)
    return Briefing(
        language=language,
        title=voice.name(release.pilot.title),
        unit=voice.name(release.pilot.unit),
        deviation_heading=_deviation_heading(release, voice),
        deviations=tuple(_deviation(note, voice) for note in reversed(release.deviations)),
        word=voice.say(word_name(release.verdict.word)),
        tone=tone,
        symbol=symbol,
        sentence=verdict_sentence(release, voice),
        effect=effect_sentence(release, voice),
        meaning=meaning_sentence(release, voice),
        facts=_facts(release, points, voice),
        turning_points=points,
        reasons=tuple(_reason(finding, release, voice) for finding in release.verdict.findings),
        method=method_entries(release, voice),
        footer=_footer(release, voice),
        promise=voice.say(message("Not for the appraisal of individuals.")),
    )


def _facts(release: Release, points: tuple[str, ...], voice: Voice) -> tuple[Entry, ...]:
    change = points[0] if points else voice.say(message("The release names nothing that would change it."))
    return (
        Entry(voice.say(message("How sure")), _how_sure(release, voice)),
        Entry(voice.say(message("What would change it")), change),
        Entry(voice.say(message("Cost in managers' hours")), cost_sentence(release, voice)),
        Entry(voice.say(message("Who was asked")), asked_sentence(release, voice)),
    )


def _how_sure(release: Release, voice: Voice) -> str:
    """The verdict's own error rate where the plan was rehearsed; else how probable a worthwhile effect is."""
    if release.promise is None:
        return certainty_sentence(release, voice)
    grade = voice.say(grade_name(release.verdict.grade))
    line = promise_line(release.promise, voice)
    return voice.join(line, grade) if release.promise.of_plan_in_force else line


def _reason(finding: Finding, release: Release, voice: Voice) -> Reason:
    labels: dict[str, Message] = {
        "for": message("Speaks for it"),
        "against": message("Speaks against it"),
        "cap": message("Limits the verdict"),
        "note": message("To bear in mind"),
    }
    return Reason(
        role=finding.role,
        symbol=SYMBOLS[finding.role],
        label=voice.say(labels[finding.role]),
        sentence=finding_sentence(finding, release, voice),
    )


def _deviation_heading(release: Release, voice: Voice) -> str:
    n = len(release.deviations)
    if not n:
        return ""
    if n == 1:
        return voice.say(message("One departure from the sealed plan:"))
    return voice.say(message("{n} departures from the sealed plan, the latest:", n=voice.count(n)))


def _deviation(note: DeviationNote, voice: Voice) -> str:
    shown = [
        message("{path}: {before} → {after}", path=change.path, before=change.before or "–", after=change.after or "–")
        for change in note.changes[:MOST_CHANGES_SHOWN]
    ]
    hidden = len(note.changes) - len(shown)
    if hidden:
        shown.append(message("{count} more", count=hidden))
    return voice.say(
        message("{date}: {reason} ({changes})", date=voice.date(note.recorded_at), reason=note.reason, changes=shown)
    )


def _footer(release: Release, voice: Voice) -> str:
    return voice.say(
        message(
            "Release {number} of {date}, fingerprint {sha256}",
            number=voice.count(release.number),
            date=voice.date(release.published_at),
            sha256=release.sha256[:16],
        )
    )
