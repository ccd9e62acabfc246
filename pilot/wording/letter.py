"""The letter to the people who were asked: what we asked, what we found, what happens now; no term of the method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pilot.i18n import Language, Message, message
from pilot.publication import Release
from pilot.verdict import Word
from pilot.wording.findings import guardrail_name
from pilot.wording.method import Entry
from pilot.wording.people import total
from pilot.wording.voice import Voice


@dataclass(frozen=True)
class Letter:
    """One page for everybody who was asked.

    Attributes:
        language: Of all the texts.
        title: What the letter is about.
        greeting: To whom.
        parts: What we asked, what we found, what happens now: heading and sentences.
        thanks: The last word.
    """

    language: Language
    title: str
    greeting: str
    parts: tuple[Entry, ...]
    thanks: str


def letter_of(release: Release, language: Language) -> Letter:
    """The letter that a release allows."""
    voice = Voice(language)
    return Letter(
        language=language,
        title=voice.say(message("What came of our pilot: {title}", title=voice.name(release.pilot.title))),
        greeting=voice.say(message("Dear colleagues,")),
        parts=(
            Entry(voice.say(message("What we asked")), voice.join(*map(voice.say, _asked(release, voice)))),
            Entry(voice.say(message("What we found")), voice.join(*map(voice.say, _found(release, voice)))),
            Entry(voice.say(message("What happens now")), voice.join(*map(voice.say, _next(release)))),
        ),
        thanks=voice.say(
            message(
                "Thank you for your answers and your time. What single people answered is shown to nobody, your "
                "manager included, and is never used to judge anyone."
            )
        ),
    )


def _asked(release: Release, voice: Voice) -> list[Message]:
    question = message(
        "Some teams set their goals together with their managers, talked with them often and tied their development to "
        "the results. We wanted to know whether that makes work better ({name}).",
        name=voice.name(release.pilot.primary_name),
    )
    linked = total(flow.n_linked for flow in release.flow)
    if linked is None:
        return [question]
    return [question, message("{linked} of you answered both before and after.", linked=voice.count(linked))]


def _found(release: Release, voice: Voice) -> list[Message]:
    return [_effect(release), *_watched(release, voice)]


def _effect(release: Release) -> Message:
    estimate, alone = release.primary.with_drift, release.primary.estimator == "before_after"
    if estimate is None:
        return message("With so few teams nobody can say whether it helped.")
    if alone and estimate.lower > 0:
        return message("Since then the answers have become better; whether that is the reason cannot be told.")
    if alone and estimate.upper < 0:
        return message("Since then the answers have become worse; whether that is the reason cannot be told.")
    if release.verdict.word == "inconclusive":
        return message("The answers do not show clearly whether it helped. That is a finding too, and nobody's fault.")
    if estimate.lower > 0 and release.verdict.word == "stop":
        return message("It helped a little, but too little to be worth everybody's time.")
    if estimate.lower > 0:
        return message("Where teams worked that way, the answers became better than in other teams.")
    if estimate.upper < 0:
        return message("Where teams worked that way, the answers became worse than in other teams.")
    if release.verdict.word == "stop":
        return message("It made no difference that would be worth everybody's time.")
    return message("So far the answers do not show clearly whether it helped.")


def _watched(release: Release, voice: Voice) -> list[Message]:
    names = [
        message("“{name}”", name=guardrail_name(release, outcome.measure, voice))
        for outcome in release.guardrails
        if outcome.status == "breached"
    ]
    return [message("It cost more than we had set as the limit: {names}.", names=names)] if names else []


def _next(release: Release) -> list[Message]:
    if release.verdict.word == "adjust":
        return [_adjustment(release)]
    sentences: Mapping[Word | None, Message] = {
        "scale": message(
            "We recommend that other teams start too, step by step. Your manager will tell you when it is your turn."
        ),
        "stop": message(
            "We recommend that this way of working ends as a programme. What helped you in your own team you may keep."
        ),
        "inconclusive": message(
            "We do not recommend extending it yet. We will say openly whether and how we try again."
        ),
        None: message("We go on asking until the last planned survey. Then you will hear from us again."),
    }
    return [sentences[release.verdict.word]]


def _adjustment(release: Release) -> Message:
    codes = {finding.code for finding in release.verdict.findings}
    if "guardrail_breached" in codes:
        return message("First we recommend putting right what it costs; then more teams follow.")
    if "fidelity_below_floor" in codes:
        return message("First we recommend doing fully what was done only in part; then more teams follow.")
    return message("First we go on measuring whether anything suffers from it; then more teams may follow.")
