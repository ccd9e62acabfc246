"""Whom it concerned and what it cost them."""

from __future__ import annotations

from collections.abc import Iterable

from pilot.i18n import Message, message
from pilot.publication import Count, Release
from pilot.result import GuardrailOutcome
from pilot.wording.findings import guardrail
from pilot.wording.voice import Voice

COST_MEASURE = "manager_hours"


def asked_sentence(release: Release, voice: Voice) -> str:
    """How many people were invited and how many answered before and after."""
    invited = total(flow.n_invited for flow in release.flow)
    linked = total(flow.n_linked for flow in release.flow)
    n_teams = sum(flow.n_teams for flow in release.flow)
    if release.primary.answers == "all":
        return voice.say(_answers_of_all(release, n_teams, voice))
    if linked is None:
        return voice.say(
            message("People in {teams} teams were asked; the counts are not shown.", teams=voice.count(n_teams))
        )
    if not invited:
        return voice.say(
            message(
                "{linked} people in {teams} teams answered both before and after; how many were asked is not shown.",
                linked=voice.count(linked),
                teams=voice.count(n_teams),
            )
        )
    values = {
        "invited": voice.count(invited),
        "teams": voice.count(n_teams),
        "linked": voice.count(linked),
        "share": voice.count(round(100 * linked / invited)),
    }
    return voice.say(
        message(
            "{invited} people in {teams} teams were asked; {linked} answered both before and after ({share} in 100).",
            **values,
        )
    )


def _answers_of_all(release: Release, n_teams: int, voice: Voice) -> Message:
    """Where answers are not linked nobody knows of how many people they are."""
    before, after = (total(getattr(flow, step) for flow in release.flow) for step in ("n_baseline", "n_outcome"))
    teams = voice.count(n_teams)
    if before is None or after is None:
        return message("People in {teams} teams were asked; the counts are not shown.", teams=teams)
    return message(
        "In {teams} teams {before} answers came in before the launch and {after} after it, linked or not.",
        teams=teams,
        before=voice.count(before),
        after=voice.count(after),
    )


def total(counts: Iterable[Count]) -> int | None:
    """The sum over the arms; None where one of them is not shown."""
    numbers = [count.n for count in counts]
    shown = [n for n in numbers if n is not None]
    return sum(shown) if shown and len(shown) == len(numbers) else None


def cost_sentence(release: Release, voice: Voice) -> str:
    """What it cost in managers' hours."""
    outcome = guardrail(release, COST_MEASURE)
    if outcome is None:
        return voice.say(message("The plan does not measure managers' hours; the price is unknown."))
    if outcome.status == "not_measured":
        return voice.say(message("Managers' hours were not measured; the price is unknown."))
    if outcome.mean_before is None or outcome.mean_after is None:
        return voice.say(_cost_withheld(outcome, voice))
    levels = message(
        "{name}: {before} before the launch, {after} after it.",
        name=voice.name(outcome.name),
        before=voice.amount(outcome.mean_before),
        after=voice.amount(outcome.mean_after),
    )
    return voice.join(voice.say(levels), voice.say(_against_limit(outcome, release, voice)))


def _cost_withheld(outcome: GuardrailOutcome, voice: Voice) -> Message:
    name = voice.name(outcome.name)
    if outcome.status != "breached":
        return message("{name}: within the limit; too few teams to show the hours.", name=name)
    return message("{name}: over the limit; too few teams to show the hours.", name=name)


def _against_limit(outcome: GuardrailOutcome, release: Release, voice: Voice) -> Message:
    margin = voice.amount(outcome.margin)
    if outcome.worsening is None or release.pilot.design == "before_after":
        if outcome.status != "breached":
            return message("The limit is {margin} more; it is kept.", margin=margin)
        return message("The limit is {margin} more; it is exceeded.", margin=margin)
    added = voice.amount(abs(outcome.worsening.estimate))
    if outcome.worsening.estimate <= 0:
        return message(
            "Counted against the others it is {added} less; up to {margin} more is acceptable.",
            added=added,
            margin=margin,
        )
    if outcome.status != "breached":
        return message(
            "Counted against the others it is {added} more, within the limit of {margin}.",
            added=added,
            margin=margin,
        )
    return message(
        "Counted against the others it is {added} more, over the limit of {margin}.", added=added, margin=margin
    )
