"""A reviewed sentence for everything that a verdict may rest on, by the finding's code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pilot.i18n import Message, message
from pilot.publication import Release
from pilot.result import GuardrailOutcome
from pilot.wording.names import wave_name
from pilot.wording.voice import Voice

Values = Mapping[str, Any]
Sayer = Callable[[Values, Release, Voice], Message]


def guardrail(release: Release, measure: str) -> GuardrailOutcome | None:
    """What the release says about one guardrail."""
    return next((outcome for outcome in release.guardrails if outcome.measure == measure), None)


def guardrail_name(release: Release, measure: str, voice: Voice) -> str:
    """What a reader calls a guardrail."""
    outcome = guardrail(release, measure)
    return voice.name(outcome.name) if outcome else measure


def plain(sentence: Message) -> Sayer:
    """The same sentence whatever the values."""
    return lambda _values, _release, _voice: sentence


def _interval_above_zero(values: Values, _release: Release, voice: Voice) -> Message:
    return message(
        "Every value that fits the answers lies above zero; the lowest is {lower} points.",
        lower=voice.effect(values["lower"]),
    )


def _interval_holds_zero(values: Values, _release: Release, voice: Voice) -> Message:
    return message(
        "Everything from {lower} to {upper} points fits the answers, no effect at all included.",
        lower=voice.effect(values["lower"]),
        upper=voice.effect(values["upper"]),
    )


def _interval_below_zero(values: Values, _release: Release, voice: Voice) -> Message:
    return message(
        "Every value that fits the answers lies below zero; the highest is {upper} points.",
        upper=voice.effect(values["upper"]),
    )


def _reaches_sesoi(values: Values, _release: Release, voice: Voice) -> Message:
    return message(
        "The best estimate, {estimate} points, reaches the smallest effect worth scaling, {sesoi} points.",
        estimate=voice.effect(values["estimate"], values["sesoi"]),
        sesoi=voice.effect(values["sesoi"], values["estimate"]),
    )


def _below_sesoi(values: Values, _release: Release, voice: Voice) -> Message:
    return message(
        "The best estimate, {estimate} points, falls short of the smallest effect worth scaling, {sesoi} points.",
        estimate=voice.effect(values["estimate"], values["sesoi"]),
        sesoi=voice.effect(values["sesoi"], values["estimate"]),
    )


def _worthwhile_ruled_out(values: Values, _release: Release, voice: Voice) -> Message:
    return message(
        "A worthwhile effect is ruled out: even the best value that fits the answers, {upper} points, "
        "is below {sesoi}.",
        upper=voice.effect(values["upper"], values["sesoi"]),
        sesoi=voice.effect(values["sesoi"], values["upper"]),
    )


def _all_answers(values: Values, _release: Release, voice: Voice) -> Message:
    return message(
        "All answers, linked or not, give {estimate} points ({lower} to {upper}); the plan wants both to stand.",
        estimate=voice.effect(values["estimate"]),
        lower=voice.effect(values["lower"]),
        upper=voice.effect(values["upper"]),
    )


def _guardrail_kept(values: Values, release: Release, voice: Voice) -> Message:
    outcome = guardrail(release, values["measure"])
    name = guardrail_name(release, values["measure"], voice)
    if outcome is None or outcome.worsening is None:
        return message("“{name}” stayed within its limit.", name=name)
    if outcome.worsening.estimate <= 0:
        return message("“{name}” did not get worse on average.", name=name)
    return message(
        "“{name}” stayed within its limit: worse by {worsening}, and {margin} is acceptable.",
        name=name,
        worsening=voice.amount(outcome.worsening.estimate),
        margin=voice.amount(outcome.margin),
    )


def _guardrail_ruled_out(values: Values, release: Release, voice: Voice) -> Message:
    outcome = guardrail(release, values["measure"])
    name = guardrail_name(release, values["measure"], voice)
    if outcome is None or outcome.worsening is None:
        return message("“{name}” stayed within its limit, and more than that is ruled out.", name=name)
    return message(
        "“{name}” stayed within its limit: even the worst value that fits is worse by {upper} only, and {margin} is "
        "acceptable.",
        name=name,
        upper=voice.amount(max(outcome.worsening.upper, 0.0)),
        margin=voice.amount(outcome.margin),
    )


def _guardrail_unproven(values: Values, release: Release, voice: Voice) -> Message:
    outcome = guardrail(release, values["measure"])
    name = guardrail_name(release, values["measure"], voice)
    if outcome is None or outcome.worsening is None:
        return message("That “{name}” stayed within its limit is not proven, and the plan wants proof.", name=name)
    return message(
        "The plan wants proof that “{name}” stayed within its limit: it may be worse by up to {upper}, and {margin} is "
        "acceptable.",
        name=name,
        upper=voice.amount(outcome.worsening.upper),
        margin=voice.amount(outcome.margin),
    )


def _guardrail_breached(values: Values, release: Release, voice: Voice) -> Message:
    outcome = guardrail(release, values["measure"])
    name = guardrail_name(release, values["measure"], voice)
    if outcome is None or outcome.worsening is None:
        return message("“{name}” got worse by more than is acceptable.", name=name)
    return message(
        "“{name}” got worse by {worsening}; at most {margin} is acceptable.",
        name=name,
        worsening=voice.amount(outcome.worsening.estimate),
        margin=voice.amount(outcome.margin),
    )


def _guardrail_not_measured(values: Values, release: Release, voice: Voice) -> Message:
    name = guardrail_name(release, values["measure"], voice)
    return message("“{name}” was not measured, although the plan wants it watched.", name=name)


def _fidelity_reached(_values: Values, release: Release, voice: Voice) -> Message:
    fidelity = release.fidelity
    if fidelity.mean_pct is None or fidelity.floor_pct is None:
        return message("The practice was run as designed, above the plan's floor.")
    return message(
        "The practice was really tried: on average {mean} of it was run as designed; the plan's floor is {floor}.",
        mean=voice.percent(fidelity.mean_pct),
        floor=voice.percent(fidelity.floor_pct),
    )


def _fidelity_below_floor(_values: Values, release: Release, voice: Voice) -> Message:
    fidelity = release.fidelity
    if fidelity.mean_pct is None or fidelity.floor_pct is None:
        return message("The practice was run only in part, below the plan's floor.")
    return message(
        "The practice was not fully tried: on average {mean} of it was run as designed; the plan's floor is {floor}.",
        mean=voice.percent(fidelity.mean_pct),
        floor=voice.percent(fidelity.floor_pct),
    )


def _few_clusters(values: Values, _release: Release, voice: Voice) -> Message:
    return message(
        "Too few teams carry the result: together they weigh like {df} independent comparisons; "
        "the rule wants at least {minimum}.",
        df=voice.amount(values["df"]),
        minimum=voice.amount(values["minimum"]),
    )


def _comparison_needs_waves(values: Values, _release: Release, voice: Voice) -> Message:
    return message(
        "Two units can be compared safely only with at least {baselines} baselines and {later} later waves.",
        baselines=voice.count(values["baselines"]),
        later=voice.count(values["later"]),
    )


def _drift_allowance(values: Values, _release: Release, voice: Voice) -> Message:
    return message(
        "Two units drift apart by themselves, typically by {points} points in half a year; "
        "the interval is wider for it.",
        points=voice.size(values["points"]),
    )


def _awaiting_waves(values: Values, _release: Release, _voice: Voice) -> Message:
    return message("Still to come: {waves}.", waves=wave_names(values["waves"]))


def _near_an_occasion(values: Values, _release: Release, _voice: Voice) -> Message:
    return message(
        "Asked close to a bonus date or the like, which moves answers by itself: {waves}.",
        waves=wave_names(values["waves"]),
    )


def wave_names(wave_ids: Sequence[str]) -> list[Message]:
    """What some waves are called."""
    return [wave_name(wave_id) for wave_id in wave_ids]


FINDINGS: Mapping[str, Sayer] = MappingProxyType(
    {
        "interval_above_zero": _interval_above_zero,
        "interval_holds_zero": _interval_holds_zero,
        "interval_below_zero": _interval_below_zero,
        "reaches_sesoi": _reaches_sesoi,
        "below_sesoi": _below_sesoi,
        "worthwhile_ruled_out": _worthwhile_ruled_out,
        "lasts": plain(message("At the follow-up the effect was still there.")),
        "fades": plain(
            message(
                "At the follow-up the effect could no longer be told from zero, or less than half of it was left; "
                "it may have been the attraction of the new."
            )
        ),
        "no_follow_up": plain(message("The plan asks nobody again later, so whether the effect lasts is unknown.")),
        "all_answers": _all_answers,
        "all_answers_withheld": plain(
            message("What all answers give is not shown: compared with the linked ones it would be about a few people.")
        ),
        "guardrail_kept": _guardrail_kept,
        "guardrail_ruled_out": _guardrail_ruled_out,
        "guardrail_unproven": _guardrail_unproven,
        "guardrail_breached": _guardrail_breached,
        "guardrail_not_measured": _guardrail_not_measured,
        "fidelity_reached": _fidelity_reached,
        "fidelity_below_floor": _fidelity_below_floor,
        "fidelity_not_measured": plain(message("Whether the practice was really run was not measured.")),
        "refused": plain(
            message(
                "The effect cannot be estimated: an arm has fewer than two teams with people who answered before and "
                "after, or the answers do not vary."
            )
        ),
        "few_clusters": _few_clusters,
        "unequal_attrition": plain(
            message("Different people dropped out in the two arms; that alone could turn the verdict.")
        ),
        "shifted_items": plain(
            message(
                "Only some of the questions moved: people may have come to read their words differently, "
                "and not to feel differently."
            )
        ),
        "pre_trend": plain(
            message("The two units moved apart before the launch already; what came later may be no more than that.")
        ),
        "grade_d": plain(message("Nobody is compared: what changed may have changed without the practice.")),
        "comparison_needs_waves": _comparison_needs_waves,
        "sealed_after_launch": plain(
            message("The plan was sealed only after the launch; by then something could already be seen.")
        ),
        "drift_allowance": _drift_allowance,
        "chosen_lowest": plain(
            message("The unit was chosen for its low scores; low scores rise by themselves, pilot or not.")
        ),
        "chosen_highest": plain(
            message("The unit was chosen for its high scores; high scores fall by themselves, pilot or not.")
        ),
        "chosen_volunteered": plain(message("The unit volunteered; what keen people achieve, others may not.")),
        "awaiting_waves": _awaiting_waves,
        "near_an_occasion": _near_an_occasion,
        "blind_to_meaning": plain(
            message(
                "What no survey can see: if people came to read all questions differently, that looks exactly like an "
                "effect."
            )
        ),
        "blind_to_the_unit": plain(
            message(
                "A lasting change that hit only the pilot's unit, for whatever reason, looks exactly like an effect."
            )
        ),
        "not_linked": plain(
            message(
                "Nobody's answers before and after could be linked, so that nobody knows whether other people answered "
                "in the end than in the beginning."
            )
        ),
        "answers_not_linked": plain(
            message(
                "All answers count, linked or not: who came and who went is mixed in, and only larger effects can be "
                "told."
            )
        ),
        "late_answers_wait": plain(
            message("A few late answers wait until more have come, so that nobody can be recognised by them.")
        ),
    }
)
