"""Disclosure control: what would let a reader compute somebody's answer is not shown.

- No figure about fewer people than the minimum.
- All score figures are about the linked panel of their arm or a part of it. A part that lacks one to four people is
  not shown, for the difference is a figure about those few. The same holds for counts and their parts.
- Numbers are rounded to what a reader can use: full digits are equations that a few answers can be solved from, and
  exact degrees of freedom are a list of how many people answered in each team.
- Releases are kept from being subtracted by `pilot.ledger`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from pilot.loop import IndicatorCode
from pilot.plan import Arm
from pilot.publication.release import Count, Mean, ShownFlow, ShownIndicator, ShownWave, Withheld
from pilot.result import (
    ArmFlow,
    Effect,
    EstimateOf,
    FidelityOutcome,
    Finding,
    GuardrailOutcome,
    LoopIndicator,
    Result,
    Verdict,
    WaveMean,
)

DECIMALS = 3
HOURS: IndicatorCode = "conversation_hours"  # the only indicator that is no share


def too_close(larger: int, smaller: int, minimum: int) -> bool:
    """Whether two nested groups differ by somebody, but by fewer people than the minimum."""
    return 0 < larger - smaller < minimum


def safe_flow(flow: ArmFlow, minimum: int) -> ShownFlow:
    """Counts of one arm.

    Leavers, joiners and the silent are the parts of the invited that are not linked. A part of one to four people is
    hidden, with every count that it could be computed from: the whole it belongs to, and the invited.
    """
    parts = {
        "n_leavers": flow.n_leavers,
        "n_joiners": flow.n_joiners,
        "n_silent": flow.n_invited - flow.n_linked - flow.n_leavers - flow.n_joiners,
    }
    wholes = {"n_leavers": "n_baseline", "n_joiners": "n_outcome"}
    withheld: dict[str, Withheld] = {}
    for part, n in parts.items():
        if 0 < n < minimum:
            withheld |= {part: "too_few_people", "n_invited": "could_be_subtracted"}
            if part in wholes:
                withheld[wholes[part]] = "could_be_subtracted"
    steps = ("n_invited", "n_baseline", "n_outcome", "n_linked", "n_leavers", "n_joiners")
    shown = {
        step: Count(n=None, withheld=withheld[step]) if step in withheld else Count(n=getattr(flow, step))
        for step in steps
    }
    return ShownFlow(arm=flow.arm, n_teams=flow.n_teams, **shown)


def groups_of_waves(result: Result) -> dict[tuple[Arm, str], int]:
    """Size of the published group that each wave's people are a part of, by arm and wave.

    The linked panel of the arm; where all answers count, everybody who answered before the launch, or in the outcome.
    """
    planned = {
        "n_baseline": set(result.pilot.baseline_waves),
        "n_outcome": set(result.pilot.outcome_waves),
    }
    groups = {}
    for wave in result.waves:
        flow = next(each for each in result.flow if each.arm == wave.arm)
        if result.primary.answers == "all":
            whole = next((getattr(flow, step) for step, ids in planned.items() if wave.wave_id in ids), 0)
        else:
            whole = flow.n_linked
        groups[wave.arm, wave.wave_id] = whole
    return groups


def safe_estimate_of_all(result: Result, minimum: int) -> EstimateOf | None:
    """The effect of all answers beside that of linked people: the two differ by what the others answered."""
    others = sum(flow.n_leavers + flow.n_joiners for flow in result.flow)
    return None if 0 < others < minimum else result.of_all_answers


def safe_waves(waves: Iterable[WaveMean], groups: Mapping[tuple[Arm, str], int], minimum: int) -> tuple[ShownWave, ...]:
    """Means by arm and wave: not of a part of a group that lacks only a few of it."""
    shown = []
    for wave in waves:
        reason: Withheld | None = None
        if wave.n_people < minimum:
            reason = "too_few_people"
        elif too_close(groups[wave.arm, wave.wave_id], wave.n_people, minimum):
            reason = "could_be_subtracted"
        people = Count(n=None, withheld=reason) if reason else Count(n=wave.n_people)
        score = Mean(mean=None, withheld=reason) if reason else Mean(mean=wave.mean, lower=wave.lower, upper=wave.upper)
        shown.append(ShownWave(arm=wave.arm, wave_id=wave.wave_id, week=wave.week, people=people, score=score))
    return tuple(shown)


def is_about_a_few(estimate: EstimateOf, minimum: int) -> bool:
    """Whether one of the two arms has somebody in it, but fewer than the minimum."""
    return any(0 < n < minimum for n in by_arm(estimate).values())


def by_arm(estimate: EstimateOf) -> dict[Arm, int]:
    """People behind an estimate in each arm."""
    return {"pilot": estimate.n_treated, "comparison": estimate.n_people - estimate.n_treated}


def safe_estimate(estimate: EstimateOf | None, n_linked: Mapping[Arm, int], minimum: int) -> EstimateOf | None:
    """An estimate on a part of the linked panel: only with enough people, and not when it lacks only a few."""
    if estimate is None or is_about_a_few(estimate, minimum):
        return None
    nearly_all = any(too_close(n_linked.get(arm, 0), n, minimum) for arm, n in by_arm(estimate).items())
    return None if nearly_all else estimate


def safe_effects(effects: Iterable[Effect], n_linked: Mapping[Arm, int], minimum: int) -> tuple[Effect, ...]:
    """Secondary effects, each with all that is computed from it or without.

    Holm's adjusted p of one outcome hangs on the p of all: where one is withheld, none has an adjusted one.
    """
    shown = tuple(_safe_effect(effect, n_linked, minimum) for effect in effects)
    if all(effect.between_arms for effect in shown):
        return shown
    return tuple(effect.model_copy(update={"p_holm": None}) for effect in shown)


def _safe_effect(effect: Effect, n_linked: Mapping[Arm, int], minimum: int) -> Effect:
    if effect.between_arms and safe_estimate(effect.between_arms, n_linked, minimum) is None:
        return effect.model_copy(update=dict.fromkeys(("between_arms", "with_drift", "hedges_g")))
    return effect


def safe_verdict(result: Result, minimum: int) -> Verdict:
    """The verdict; how wrong the estimate would have to be only where no few people can be computed from it.

    That distance is taken after the possible bias by attrition, which is a figure about the leavers, and may be that
    of the follow-ups.
    """
    n_linked = {flow.arm: flow.n_linked for flow in result.flow}
    few_leavers = any(0 < flow.n_leavers < minimum for flow in result.flow)
    biased = max(result.attrition.inflating_points, result.attrition.hiding_points) > 0
    withheld = result.lasting is not None and safe_estimate(result.lasting, n_linked, minimum) is None
    if not (biased and few_leavers) and not withheld:
        return result.verdict
    points = tuple(
        Finding(code="distance_withheld", role=point.role) if point.code == "bias_would_overturn" else point
        for point in result.verdict.turning_points
    )
    return result.verdict.model_copy(update={"turning_points": points})


def safe_guardrail(outcome: GuardrailOutcome, minimum: int) -> GuardrailOutcome:
    """A guardrail's means and estimate only when enough teams (each one manager) of each arm stand behind them."""
    few_estimated = outcome.worsening and is_about_a_few(outcome.worsening, minimum)
    if few_estimated or outcome.n_pilot_teams < minimum:
        return outcome.model_copy(update={"worsening": None, "mean_before": None, "mean_after": None})
    return outcome


def safe_indicator(indicator: LoopIndicator, minimum: int) -> ShownIndicator:
    """A mechanism of the loop: whole percent of enough people, and never "nobody" or "everybody"."""
    value = indicator.value
    reason: Withheld | None = None
    if indicator.n_people < minimum:
        reason = "too_few_people"
    elif value is None:
        reason = "no_records"
    elif indicator.code != HOURS and round(value) in (0, 100):
        reason = "all_alike"
    if reason:
        value = None
    elif value is not None and indicator.code != HOURS:
        value = float(round(value))
    people = Count(n=None, withheld=reason) if reason == "too_few_people" else Count(n=indicator.n_people)
    return ShownIndicator(
        code=indicator.code,
        arm=indicator.arm,
        period=indicator.period,
        value=value,
        people=people,
        withheld=reason,
    )


def safe_fidelity(outcome: FidelityOutcome, minimum: int) -> FidelityOutcome:
    """The mean of the pilot teams only when enough teams stand behind it."""
    return outcome if outcome.n_teams >= minimum else outcome.model_copy(update={"mean_pct": None})


def rounded(content: Any, key: str = "") -> Any:
    """Plain data with every float rounded: three decimals; degrees of freedom down to whole ones."""
    if isinstance(content, dict):
        return {name: rounded(value, str(name)) for name, value in content.items()}
    if isinstance(content, (list, tuple)):
        return tuple(rounded(value, key) for value in content)
    if isinstance(content, float):
        return float(math.floor(content)) if key == "df" else round(content, DECIMALS)
    return content
