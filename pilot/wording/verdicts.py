"""The verdict's sentence: what to do, and the one reason that weighs most."""

from __future__ import annotations

from pilot.i18n import Message, message
from pilot.publication import Release
from pilot.result import Finding
from pilot.wording.findings import guardrail_name
from pilot.wording.turning_points import finding_sentence
from pilot.wording.voice import Voice

REASONS_NOT_TO_TELL = (
    "refused",
    "grade_d",
    "few_clusters",
    "unequal_attrition",
    "shifted_items",
    "pre_trend",
    "fades",
    "interval_holds_zero",
    "below_sesoi",
    "comparison_needs_waves",
    "no_follow_up",
    "guardrail_not_measured",
    "fidelity_not_measured",
)
"""What an inconclusive verdict is blamed on: the first of these that the release names."""


def verdict_sentence(release: Release, voice: Voice) -> str:
    """The sentence beside the verdict's word."""
    word = release.verdict.word
    if word is None:
        return _in_evaluation(release, voice)
    if word == "scale":
        return voice.say(_scale(release))
    if word == "adjust":
        return voice.say(_adjust(release, voice))
    if word == "stop":
        return voice.say(_stop(release))
    sentence = voice.say(message("This pilot could not tell."))
    reason = main_reason_not_to_tell(release)
    return voice.join(sentence, finding_sentence(reason, release, voice)) if reason else sentence


def main_reason_not_to_tell(release: Release) -> Finding | None:
    """The finding that an inconclusive verdict is blamed on."""
    by_code = {finding.code: finding for finding in release.verdict.findings}
    return next((by_code[code] for code in REASONS_NOT_TO_TELL if code in by_code), None)


def _in_evaluation(release: Release, voice: Voice) -> str:
    sentence = message("What is in so far may be read; the verdict waits for the last planned wave.")
    awaited = [finding for finding in release.verdict.findings if finding.code == "awaiting_waves"]
    return voice.join(voice.say(sentence), *(finding_sentence(finding, release, voice) for finding in awaited))


def _scale(release: Release) -> Message:
    if release.guardrails:
        return message("The practice works, the effect lasts, and nothing that had to be protected got worse.")
    return message("The practice works and the effect lasts; the plan protected nothing else.")


def _adjust(release: Release, voice: Voice) -> Message:
    codes = {finding.code for finding in release.verdict.findings}
    names = [
        message("“{name}”", name=guardrail_name(release, finding.values["measure"], voice))
        for finding in release.verdict.findings
        if finding.code == "guardrail_breached"
    ]
    if not names and "guardrail_unproven" in codes:
        return message(
            "The practice works, but the plan wants proof that what it protects got no worse, and there is none yet: "
            "extend and measure on."
        )
    if names and "fidelity_below_floor" in codes:
        return message(
            "The practice works, but {names} got worse by more than is acceptable and it was run only in part: "
            "put both right, then extend.",
            names=names,
        )
    if names:
        return message(
            "The practice works, but {names} got worse by more than is acceptable: put that right, then extend.",
            names=names,
        )
    return message("The practice works although it was run only in part: run it fully, then extend.")


def _stop(release: Release) -> Message:
    codes = {finding.code for finding in release.verdict.findings}
    if "interval_below_zero" in codes and release.verdict.grade == "D":
        return message("Scores fell. Whether the practice did it nobody can tell; a worthwhile rise is ruled out.")
    if "interval_below_zero" in codes:
        return message("The practice does harm: end it and tell people why.")
    return message("An effect worth scaling is ruled out: end it with thanks and use the time elsewhere.")
