"""What a rehearsal found, in sentences and as a table."""

from __future__ import annotations

from collections.abc import Iterator

from pilot.i18n import Message, message
from pilot.rehearsal import Rehearsal
from pilot.rehearsal.promise import Alternative, AlternativeCode, CellOutcome, Promise, promise_of
from pilot.rehearsal.tally import Rate
from pilot.wording.voice import Voice

NAIVE_TEST = "paired_t"


def promise_sentences(rehearsal: Rehearsal, voice: Voice) -> list[str]:
    """Whether the pilot can answer its question, how often it would be wrong, and what would help."""
    return [voice.say(sentence) for sentence in _sentences(rehearsal, voice)]


def _sentences(rehearsal: Rehearsal, voice: Voice) -> Iterator[Message]:
    promise = rehearsal.promise
    yield _answer(rehearsal, promise, voice)
    yield message(
        "If the practice does nothing: of 100 such pilots {scale} say scale, {stop} say stop, {inconclusive} could not "
        "tell.",
        **{word: per_100(promise.nothing.said(word), voice) for word in ("scale", "stop", "inconclusive")},
    )
    if promise.worst_null is not None:
        yield message(
            "Most easily fooled by “{title}”: {scale} of 100 say scale although nothing works, or nothing lasts.",
            title=next(voice.name(cell.title) for cell in rehearsal.cells if cell.id == promise.worst_null),
            scale=per_100(promise.worst_false_scale, voice),
        )
    for points, text in (
        (rehearsal.sesoi_points, message("the smallest effect worth scaling")),
        (rehearsal.literature_points, message("the mean effect in the literature")),
        (rehearsal.large_points, message("a large effect")),
    ):
        at = rehearsal.at(points)
        yield message(
            "If it lifts by {points} points ({what}): {scale} of 100 say scale, {stop} say stop.",
            points=voice.size(at.tally.truth),
            what=text,
            scale=per_100(at.tally.said("scale"), voice),
            stop=per_100(at.tally.said("stop"), voice),
        )
    yield from (_alternative(each, voice) for each in rehearsal.alternatives)


def _answer(rehearsal: Rehearsal, promise: Promise, voice: Voice) -> Message:
    if promise.verdict_mde is None:
        return message(
            "This pilot cannot answer its question: even of a large effect ({points} points) fewer than 80 of 100 such "
            "pilots would say scale.",
            points=voice.size(rehearsal.large_points),
        )
    return message(
        "This pilot finds effects from about {points} points: 80 of 100 such pilots would then say scale.",
        points=voice.size(promise.verdict_mde),
    )


def _alternative(alternative: Alternative, voice: Voice) -> Message:
    promise = promise_of(alternative.curve)
    names: dict[AlternativeCode, Message] = {
        "more_teams": message("{teams} teams", teams=voice.count(alternative.n_teams)),
        "full_calendar": message("two baselines, five pulses and two follow-ups"),
        "second_baseline": message("a second baseline twelve weeks before the first"),
        "comparison": message("another unit of as many teams to compare with"),
        "staggered": message("the unit's own teams drawn by lot to start in turns, some held back to the end"),
        "waitlist": message("the unit's own teams drawn by lot, half of them starting now"),
    }
    if promise.verdict_mde is None:
        return message("With {change} it could not answer either.", change=names[alternative.code])
    return message(
        "With {change} it would find effects from about {points} points.",
        change=names[alternative.code],
        points=voice.size(promise.verdict_mde),
    )


def rehearsal_columns() -> list[Message]:
    """Headings of the table."""
    return [
        message("World"),
        message("True effect"),
        message("Scale"),
        message("Adjust and extend"),
        message("Stop"),
        message("Inconclusive"),
        message("Before/after t-test: “better”"),
    ]


def rehearsal_row(cell: CellOutcome, voice: Voice) -> list[str]:
    """One world: of 100 pilots so many are told this, with the Monte Carlo interval of *scale*."""
    tally = cell.tally
    said = {word: tally.said(word) for word in ("scale", "adjust", "stop", "inconclusive")}
    low, high = said["scale"].bounds
    claim = Rate(tally.claims[NAIVE_TEST], tally.n) if NAIVE_TEST in tally.claims else None
    title = voice.name(cell.title) if cell.kind == "scenario" else voice.say(message("Effect of this size"))
    return [
        title,
        voice.effect(tally.truth),
        f"{per_100(said['scale'], voice)} ({_tenths(low, voice)}–{_tenths(high, voice)})",
        *(per_100(said[word], voice) for word in ("adjust", "stop", "inconclusive")),
        per_100(claim, voice) if claim else "–",
    ]


def per_100(rate: Rate, voice: Voice) -> str:
    """A share as a frequency of 100; small ones with a decimal, never as nothing at all."""
    if 0 < rate.share < 0.0005:
        return f"<{voice.amount(0.1)}"
    return _tenths(rate.share, voice)


def _tenths(share: float, voice: Voice) -> str:
    percent = 100 * share
    return voice.amount(round(percent, 1) if percent < 10 else round(percent))
