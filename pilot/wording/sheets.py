"""Scale sheets in words: the verdict with its reason first, how far a scale is read alike, tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from pilot.documents import BilingualText
from pilot.i18n import Language, Message, message
from pilot.publication import Release, ShownSheet
from pilot.result import Result
from pilot.result.sheets import (
    Bounded,
    Comparison,
    Fitness,
    InvarianceFinding,
    InvarianceStep,
    Reason,
    ReasonCode,
    ScaleSheet,
)
from pilot.wording.names import arm_name, wave_name, withheld_reason
from pilot.wording.tables import labelled_table
from pilot.wording.voice import Voice

Texts = Mapping[str, str]
"""What each item is called, by id."""

SYMBOLS: Mapping[Fitness, str] = {"fit": "✓", "with_care": "!", "not_fit": "✗"}


def item_texts(texts: Mapping[str, BilingualText], voice: Voice) -> dict[str, str]:
    """Wordings in quotation marks, to stand within a sentence."""
    return {item: f"“{voice.name(text).rstrip('。.')}”" for item, text in texts.items()}


def fitness_name(fitness: Fitness) -> Message:
    """The verdict in a few words."""
    names: Mapping[Fitness, Message] = {
        "fit": message("Fit to decide on"),
        "with_care": message("Read with care"),
        "not_fit": message("Not fit to decide on"),
    }
    return names[fitness]


def fitness_sentence(sheet: ScaleSheet | ShownSheet, texts: Texts, voice: Voice) -> str:
    """The reasons, then the verdict."""
    verdicts: Mapping[Fitness, Message] = {
        "fit": message("So it is fit to decide on."),
        "with_care": message("So read it with care."),
        "not_fit": message("So it is not fit to decide on."),
    }
    said = [reason_sentence(reason, texts, voice) for reason in sheet.reasons]
    return voice.join(*said, voice.say(verdicts[sheet.fitness])) if sheet.fitness else ""


def reason_sentence(reason: Reason, texts: Texts, voice: Voice) -> str:
    """Why a scale is judged as it is."""
    return voice.say(REASONS[reason.code](_said(reason, texts, voice)))


def _said(reason: Reason, texts: Texts, voice: Voice) -> dict[str, Any]:
    """The reason's values as they are read."""
    said: dict[str, Any] = {}
    for name, value in reason.values.items():
        if isinstance(value, tuple):
            said[name] = [texts.get(item, item) for item in value]
        elif isinstance(value, str):
            said[name] = wave_name(value)
        elif name.endswith("_pct"):
            said[name] = voice.percent(value)
        else:
            said[name] = voice.count(value) if isinstance(value, int) else voice.size(value)
    return said


def _some_items(said: dict[str, Any]) -> Message:
    if said["items"]:
        return message("Since {baseline} these items have moved by themselves: {items}.", **said)
    return message("Since {baseline} some items have moved by themselves; which ones cannot be told.", **said)


def _holds_together(said: dict[str, Any]) -> Message:
    if "baseline" in said:
        return message("Its items hang together (reliability {reliability}) and are read as in {baseline}.", **said)
    return message("Its items hang together (reliability {reliability}).", **said)


REASONS: Mapping[ReasonCode, Callable[[dict[str, Any]], Message]] = {
    "too_few_people": lambda said: message("Fewer than {fewest} people gave all answers.", **said),
    "does_not_vary": lambda _: message("Everybody has the same score."),
    "unreliable": lambda said: message(
        "Its items do not hang together: reliability {reliability}, surely below {least}.", **said
    ),
    "weak_reliability": lambda said: message(
        "Its items hang together loosely: reliability {reliability}, below {least}.", **said
    ),
    "reliability_unproven": lambda said: message(
        "Its reliability of {reliability} may in truth lie below {least}.", **said
    ),
    "no_factor_found": lambda _: message("The model of one thing behind all items found no proper solution."),
    "poor_factor": lambda said: message(
        "One thing behind all items does not explain the answers well (CFI {cfi}, SRMR {srmr}).", **said
    ),
    "item_against_the_rest": lambda said: message(
        "These items run against the others; were their answers turned before the import? {items}.", **said
    ),
    "read_differently": lambda said: message(
        "The items do not hang together as in {baseline}: they may be read differently.", **said
    ),
    "some_items_read_differently": _some_items,
    "invariance_not_fitted": lambda _: message(
        "Whether it is read as before could not be tested: the model found no solution."
    ),
    "small_sample": lambda said: message(
        "{n} people gave all answers: a small sample, so these figures are rough.", **said
    ),
    "many_gaps": lambda said: message("{share_pct} of the answers are missing.", **said),
    "piled_up_at_an_end": lambda said: message(
        "{share_pct} of the people stand at an end of the scale, where no further change can show.", **said
    ),
    "formative": lambda _: message(
        "A list of different things, not signs of one: it has no reliability and is read item by item."
    ),
    "single_item": lambda _: message("One question alone: its reliability cannot be computed."),
    "holds_together": _holds_together,
}


def step_name(step: InvarianceStep | None) -> Message:
    """How far a scale is read alike, short enough for a table."""
    names: Mapping[InvarianceStep | None, Message] = {
        None: message("not compared"),
        "not_fitted": message("model found no solution"),
        "none": message("no"),
        "configural": message("same items, other weights"),
        "metric": message("weights yes, levels no"),
        "partial": message("but for some items"),
        "scalar": message("yes"),
    }
    return names[step]


def comparison_name(across: Comparison) -> Message:
    """What is compared."""
    names: Mapping[Comparison, Message] = {
        "waves": message("Read as at the baseline"),
        "arms": message("Read alike in both arms"),
        "languages": message("Read alike in both languages"),
    }
    return names[across]


def invariance_sentence(finding: InvarianceFinding | None, texts: Texts, voice: Voice) -> str:
    """How far a scale is read alike, and what that is worth."""
    if finding is None:
        return voice.say(message("Not compared: too few people, or nothing to compare with."))
    said = [voice.say(_step_sentence(finding, texts))]
    if finding.step in ("metric", "partial") and finding.difference_all is not None:
        said.append(_differences(finding, voice))
    if finding.small:
        people = " / ".join(map(voice.count, dict.fromkeys(finding.n)))
        small = message("{people} people are few for this test; it errs often, either way.", people=people)
        said.append(voice.say(small))
    return voice.join(*said)


def _step_sentence(finding: InvarianceFinding, texts: Texts) -> Message:
    items = [texts.get(item, item) for item in finding.shifted]
    sentences: Mapping[InvarianceStep, Message] = {
        "not_fitted": message("Could not be tested: the model found no solution."),
        "none": message("No: one thing behind all items does not explain both sets of answers (configural fails)."),
        "configural": message("Same items, but they weigh differently (configural holds, metric fails)."),
        "metric": message(
            "The items weigh alike, but at the same feeling some are answered higher or lower (metric holds, scalar "
            "fails), too many to leave out."
        ),
        "partial": message(
            "Alike but for these items, which at the same feeling are answered higher or lower (partial scalar): "
            "{items}.",
            items=items,
        ),
        "scalar": message("Yes: equal weights and equal levels (scalar)."),
    }
    return sentences[finding.step]


def _differences(finding: InvarianceFinding, voice: Voice) -> str:
    every, unshifted = finding.difference_all, finding.difference_unshifted
    if every is None or unshifted is None:
        return ""
    return voice.say(
        message(
            "Difference of all items {every} points, without the moved ones {unshifted}.",
            every=voice.effect(every),
            unshifted=voice.effect(unshifted),
        )
    )


def block_name(finding: InvarianceFinding, block: str) -> Message:
    """A wave, an arm or a language in words."""
    if finding.across == "waves":
        return wave_name(block)
    if finding.across == "arms":
        return arm_name("pilot" if block == "pilot" else "comparison")
    return message("Chinese") if block == "zh" else message("English")


def bounded_text(value: Bounded | None, voice: Voice) -> str:
    """An estimate with its interval."""
    if value is None:
        return "–"
    if value.lower is None or value.upper is None:
        return voice.size(value.estimate)
    bounds = message(
        "{estimate} ({lower} to {upper})",
        estimate=signed(value.estimate, voice),
        lower=signed(value.lower, voice),
        upper=signed(value.upper, voice),
    )
    return voice.say(bounds)


def signed(value: float, voice: Voice) -> str:
    """Two decimals, a minus where it is negative."""
    return voice.effect(value).removeprefix("+")


def quality_table(sheets: Iterable[ScaleSheet], hidden: Iterable[ScaleSheet], language: Language) -> pd.DataFrame:
    """All scales and waves in a row each.

    Args:
        sheets: What may be shown.
        hidden: Waves with too few answers.
        language: Of the labels.
    """
    voice = Voice(language)
    columns = [
        message("Questionnaire scale"),
        message("Wave"),
        message("Verdict"),
        message("People"),
        message("Reliability"),
        message("Read as at the baseline"),
    ]
    rows = [_quality_row(sheet, voice) for sheet in sheets]
    few = voice.say(withheld_reason("too_few_people"))
    rows += [[voice.name(sheet.name), voice.say(wave_name(sheet.wave_id)), few, *["–"] * 3] for sheet in hidden]
    return labelled_table(columns, rows, voice)


def _quality_row(sheet: ScaleSheet, voice: Voice) -> list[str]:
    finding = sheet.against("waves")
    return [
        voice.name(sheet.name),
        voice.say(wave_name(sheet.wave_id)),
        f"{SYMBOLS[sheet.fitness]} {voice.say(fitness_name(sheet.fitness))}",
        voice.count(sheet.n_answered),
        bounded_text(sheet.omega or sheet.alpha, voice),
        "–" if finding is None else voice.say(step_name(finding.step)),
    ]


def published_table(release: Release, language: Language) -> pd.DataFrame:
    """The annex: how well the primary scale measured, wave by wave."""
    voice = Voice(language)
    columns = [
        message("Wave"),
        message("People, at least"),
        message("Reliability"),
        message("CFI"),
        message("SRMR"),
        message("Read as at the baseline"),
        message("Read alike in both arms"),
        message("Verdict"),
    ]
    return labelled_table(columns, [_published_row(sheet, voice) for sheet in release.scale_sheets], voice)


def _published_row(sheet: ShownSheet, voice: Voice) -> list[str]:
    wave = voice.say(wave_name(sheet.wave_id))
    if sheet.fitness is None:
        return [wave, *[voice.say(withheld_reason(sheet.withheld))] * 7]

    def number(value: float | None) -> str:
        return "–" if value is None else voice.size(value)

    return [
        wave,
        voice.count(sheet.n_people_at_least or 0),
        bounded_text(sheet.reliability, voice),
        number(sheet.cfi),
        number(sheet.srmr),
        voice.say(step_name(sheet.as_at_baseline)),
        voice.say(step_name(sheet.in_both_arms)),
        voice.say(fitness_name(sheet.fitness)),
    ]


def published_sentences(release: Release, language: Language) -> tuple[str, ...]:
    """What the annex's verdicts rest on where they are not simply good, and what no sheet can see."""
    voice = Voice(language)
    said = [
        voice.say(message("{wave}: {sentence}", wave=wave_name(sheet.wave_id), sentence=_published(sheet, voice)))
        for sheet in release.scale_sheets
        if sheet.fitness in ("with_care", "not_fit")
    ]
    return (*said, voice.say(unseen_shift())) if release.scale_sheets else ()


def _published(sheet: ShownSheet, voice: Voice) -> str:
    return fitness_sentence(sheet, item_texts(sheet.item_texts, voice), voice)


def read_as_before_sentences(result: Result, voice: Voice) -> tuple[str, ...]:
    """How the pilot teams read the primary scale after the launch, and what cannot be known of it."""
    finding = result.read_as_before
    if finding is None:
        return ()
    texts = item_texts({line.item: line.text for sheet in result.scale_sheets for line in sheet.items}, voice)
    said = message(
        "Do the pilot teams read the questions as before the launch? {answer}",
        answer=invariance_sentence(finding, texts, voice),
    )
    half = message("Where half of the items moved alike, leaving some out corrects little.")
    notes = [voice.say(half)] if finding.step in ("metric", "partial") else []
    return (voice.join(voice.say(said), *notes, voice.say(unseen_shift())),)


def unseen_shift() -> Message:
    """What no test of the answers can see."""
    return message("A change in how all items are read alike cannot be seen in the answers.")
