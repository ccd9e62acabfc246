"""The effect in points, and what that means."""

from __future__ import annotations

from pilot.i18n import Message, message
from pilot.publication import Release
from pilot.result import EstimateOf
from pilot.wording.names import grade_name
from pilot.wording.voice import Voice

LONGEST_ANSWER_SCALE = 10  # longer scales are not answered in steps


def effect_sentence(release: Release, voice: Voice) -> str:
    """The effect on the primary outcome with its interval; the heading of its picture."""
    name = voice.name(release.pilot.primary_name)
    estimate = release.primary.with_drift
    if estimate is None:
        return voice.say(message("{name}: the effect cannot be estimated with so few teams.", name=name))
    values = {
        "name": name,
        "estimate": voice.size(estimate.estimate),
        "lower": voice.effect(estimate.lower),
        "upper": voice.effect(estimate.upper),
    }
    if release.primary.estimator == "before_after":
        return voice.say(_change_sentence(estimate, values))
    return voice.say(_difference_sentence(estimate, values))


def _difference_sentence(estimate: EstimateOf, values: dict[str, str]) -> Message:
    if estimate.lower > 0:
        return message(
            "{name} is {estimate} points higher than without the practice; {lower} to {upper} fits the answers.",
            **values,
        )
    if estimate.upper < 0:
        return message(
            "{name} is {estimate} points lower than without the practice; {lower} to {upper} fits the answers.",
            **values,
        )
    return message("{name}: an effect cannot be told from none; {lower} to {upper} points fits the answers.", **values)


def _change_sentence(estimate: EstimateOf, values: dict[str, str]) -> Message:
    if estimate.lower > 0:
        return message(
            "{name} is {estimate} points higher than before the launch; {lower} to {upper} fits the answers.",
            **values,
        )
    if estimate.upper < 0:
        return message(
            "{name} is {estimate} points lower than before the launch; {lower} to {upper} fits the answers.",
            **values,
        )
    return message("{name}: a change cannot be told from none; {lower} to {upper} points fits the answers.", **values)


def meaning_sentence(release: Release, voice: Voice) -> str:
    """What the points mean; empty where the effect cannot be told from none.

    A mean that moved by 0.21 on a scale answered in steps of one is 21 people in 100 one step further on every
    question: the same number in other words, not an estimate of its own.
    """
    estimate = release.primary.with_drift
    lowest, highest = release.pilot.primary_range
    if estimate is None or estimate.lower <= 0 <= estimate.upper or highest - lowest > LONGEST_ANSWER_SCALE:
        return ""
    n_in_100 = round(100 * abs(estimate.estimate))
    values = {
        "n": voice.count(n_in_100),
        "lowest": voice.amount(lowest),
        "highest": voice.amount(highest),
    }
    if not 1 <= n_in_100 <= 100:
        return ""
    if estimate.estimate > 0:
        return voice.say(
            message(
                "That is as if {n} in 100 people had answered every question one step higher ({lowest} to {highest}).",
                **values,
            )
        )
    return voice.say(
        message(
            "That is as if {n} in 100 people had answered every question one step lower ({lowest} to {highest}).",
            **values,
        )
    )


def certainty_sentence(release: Release, voice: Voice) -> str:
    """How sure: a frequency of 100 and the evidence grade."""
    grade = voice.say(grade_name(release.verdict.grade))
    chance = release.verdict.chance_worthwhile
    if chance is None:
        return voice.join(voice.say(message("There is no number for it: no valid test exists here.")), grade)
    values = {
        "sesoi": voice.size(release.pilot.sesoi_points),
        "chances": voice.say(chances_of_100(chance)),
    }
    if release.primary.estimator == "before_after":
        sentence = message(
            "{chances} that the change reaches {sesoi} points; whether the practice caused it stays open.",
            **values,
        )
    else:
        sentence = message("{chances} that the effect is worthwhile ({sesoi} points or more).", **values)
    return voice.join(voice.say(sentence), grade)


def chances_of_100(chance: float) -> Message:
    """A probability as a frequency; never certainty."""
    n = round(100 * chance)
    if n < 1:
        return message("Fewer than 1 chance in 100")
    if n > 99:
        return message("More than 99 chances in 100")
    return message("About {n} chances in 100", n=n)
