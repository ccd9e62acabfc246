"""Disclosure control: what would let a reader compute somebody's answer is not shown.

- No figure about fewer people than the minimum.
- All score figures are about the linked panel of their arm or a part of it; where the plan lets all answers decide,
  about everybody who answered, and none about the linked panel. A part that lacks one to four people is not shown, for
  the difference is a figure about those few. The same holds for counts and their parts.
- Numbers are rounded to what a reader can use: full digits are equations that a few answers can be solved from, and
  exact degrees of freedom are a list of how many people answered in each team.
- Releases are kept from being subtracted by `pilot.ledger`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Set
from typing import Any

from pilot.ledger import MISSING, LedgerEntry, differ_by_a_few
from pilot.loop import HOURS
from pilot.plan import Arm
from pilot.publication.release import Bound, Count, Mean, ShownFlow, ShownIndicator, ShownWave, Withheld
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
HALF_A_DIGIT = 0.5 * 10**-DECIMALS
OF_THE_EFFECT = (
    "interval_above_zero",
    "interval_below_zero",
    "interval_holds_zero",
    "reaches_sesoi",
    "below_sesoi",
    "worthwhile_ruled_out",
)
TENS = 10  # where a group changes from day to day its people are counted in tens


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

    The linked panel of the arm; where all answers count, everybody who answered before the launch, in the outcome or
    later.
    """
    planned = {
        "baseline": set(result.pilot.baseline_waves),
        "outcome": set(result.pilot.outcome_waves),
        "lasting": set(result.pilot.lasting_waves),
    }
    groups = {}
    for wave in result.waves:
        if result.primary.answers == "all":
            part = next((name for name, waves in planned.items() if wave.wave_id in waves), None)
            whole = n_answered(result, wave.arm, result.primary.scale, part) if part else 0
        else:
            whole = next(flow.n_linked for flow in result.flow if flow.arm == wave.arm)
        groups[wave.arm, wave.wave_id] = whole
    return groups


def n_answered(result: Result, arm: Arm, scale: str, part: str) -> int:
    """People of an arm who answered a scale in any wave of a part of the plan, where all answers count."""
    return len(result.seen.get(f"{arm}|{scale}|{part}|any", ()))


def too_few_answered(result: Result, scale: str, part: str) -> bool:
    """Whether an effect of all answers is of too few people of an arm, at the start or at the end."""
    minimum, arms = result.pilot.minimum_cell_n, [flow.arm for flow in result.flow]
    return any(n_answered(result, arm, scale, each) < minimum for arm in arms for each in ("baseline", part))


def waves_that_tell_of_the_missing(result: Result, entries: Iterable[LedgerEntry]) -> set[tuple[Arm, str]]:
    """Waves whose mean would tell, beside the effects of this and of earlier releases, of a few who are missing in it.

    The effect holds who is missing in a wave; with the wave's mean it tells what they added. So those who are missing
    must be nobody or enough, now and in every earlier release with the same people behind the wave (which this mean
    would complete), and differ by nobody or enough from those who are missing in any other.
    """
    minimum, entries = result.pilot.minimum_cell_n, tuple(entries)
    whole, part = ("any", "") if result.primary.answers == "all" else ("linked", "|linked")
    told = set()
    for wave in result.waves:
        group, missing = f"{wave.arm}|{result.primary.scale}|{wave.wave_id}{part}", f"{wave.arm}|{wave.wave_id}|{whole}"
        known = [entry.seen[missing + MISSING] for entry in entries if missing + MISSING in entry.seen]
        completed = [result.seen.get(missing + MISSING, ())]
        completed += [
            entry.seen[missing + MISSING]
            for entry in entries
            if missing + MISSING in entry.seen and entry.seen.get(group) == result.seen.get(group)
        ]
        if any(differ_by_a_few(each, other, minimum) for each in completed for other in ((), *known)):
            told.add((wave.arm, wave.wave_id))
    return told


def safe_estimate_of_all(result: Result, minimum: int) -> EstimateOf | None:
    """The effect of all answers beside that of linked people: the two differ by what the others answered.

    It counts every person the same. Where the means count every team the same, people in teams of an unusual size are
    what the two differ by.
    """
    few_others = any(0 < flow.n_leavers + flow.n_joiners < minimum for flow in result.flow)
    return None if few_others or result.primary.weighting == "team" else result.of_all_answers


def tells_of_each(wave: WaveMean, lowest: float, highest: float) -> bool:
    """Whether a mean lies so near an end of the scale that everybody behind it does.

    Nobody can be farther from the end than all of them together: the distance of the mean, divided by the largest
    share that one person has in it. Less than half of the scale would tell on which half each of them is.
    """
    from_end = min(wave.mean - lowest, highest - wave.mean) - HALF_A_DIGIT
    return bool(from_end / wave.largest_share < (highest - lowest) / 2)


def safe_waves(
    waves: Iterable[WaveMean],
    groups: Mapping[tuple[Arm, str], int],
    minimum: int,
    ends: tuple[float, float],
    missing_told: Set[tuple[Arm, str]] = frozenset(),
) -> tuple[ShownWave, ...]:
    """Means by arm and wave: not of a part of a group that lacks only a few of it, and not where all are alike.

    Args:
        waves: The means.
        groups: Size of what each is a part of (see `groups_of_waves`).
        minimum: Smallest number of people in any figure.
        ends: Of the scale.
        missing_told: Waves that are withheld, too (see `waves_that_tell_of_the_missing`).
    """
    shown = []
    for wave in waves:
        reason: Withheld | None = None
        if wave.n_people < minimum:
            reason = "too_few_people"
        elif (
            too_close(groups[wave.arm, wave.wave_id], wave.n_people, minimum)
            or (wave.arm, wave.wave_id) in missing_told
        ):
            reason = "could_be_subtracted"
        elif tells_of_each(wave, *ends):
            reason = "all_alike"
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


def safe_lasting(result: Result, minimum: int) -> EstimateOf | None:
    """The effect at the follow-ups, where enough people of each arm stand behind it."""
    return _safe_estimate_on(result, result.lasting, result.primary.scale, "lasting", minimum)


def safe_effects(result: Result, minimum: int) -> tuple[Effect, ...]:
    """Secondary effects, each with all that is computed from it or without.

    Holm's adjusted p of one outcome hangs on the p of all: where one is withheld, none has an adjusted one.
    """
    shown = tuple(_safe_effect(result, effect, minimum) for effect in result.secondary)
    if all(effect.between_arms for effect in shown):
        return shown
    return tuple(effect.model_copy(update={"p_holm": None}) for effect in shown)


def _safe_effect(result: Result, effect: Effect, minimum: int) -> Effect:
    if effect.between_arms and _safe_estimate_on(result, effect.between_arms, effect.scale, "outcome", minimum) is None:
        return effect.model_copy(update=dict.fromkeys(("between_arms", "with_drift", "hedges_g")))
    return effect


def _safe_estimate_on(
    result: Result, estimate: EstimateOf | None, scale: str, part: str, minimum: int
) -> EstimateOf | None:
    if result.primary.answers == "all":
        return None if too_few_answered(result, scale, part) else safe_estimate(estimate, {}, minimum)
    return safe_estimate(estimate, {flow.arm: flow.n_linked for flow in result.flow}, minimum)


def safe_verdict(result: Result, minimum: int) -> Verdict:
    """The verdict; how wrong the estimate would have to be only where no few people can be computed from it.

    That distance is taken after the possible bias by attrition, which is a figure about the leavers, and may be that
    of the follow-ups.
    """
    few_leavers = any(0 < flow.n_leavers < minimum for flow in result.flow)
    biased = max(result.attrition.inflating_points, result.attrition.hiding_points) > 0
    withheld = result.lasting is not None and safe_lasting(result, minimum) is None
    of_all_withheld = result.of_all_answers is not None and safe_estimate_of_all(result, minimum) is None
    verdict = _without_all_answers(result) if of_all_withheld else result.verdict
    if not (biased and few_leavers) and not withheld and not of_all_withheld:
        return verdict
    points = tuple(
        Finding(code="distance_withheld", role=point.role) if point.code == "bias_would_overturn" else point
        for point in verdict.turning_points
    )
    return verdict.model_copy(update={"turning_points": points})


def _without_all_answers(result: Result) -> Verdict:
    """The verdict without the numbers of the effect of all answers; the worse of the two stands in its sentences."""
    own = result.primary.with_drift
    shown = [own.estimate, own.lower, own.upper] if own else []
    findings = []
    for finding in result.verdict.findings:
        if finding.code == "all_answers":
            findings.append(Finding(code="all_answers_withheld", role=finding.role))
        elif finding.code not in OF_THE_EFFECT or all(
            number in shown for name, number in finding.values.items() if name != "sesoi"
        ):
            findings.append(finding)
    return result.verdict.model_copy(update={"findings": tuple(findings)})


def safe_guardrail(outcome: GuardrailOutcome, minimum: int) -> GuardrailOutcome:
    """A guardrail's means and estimate only when enough teams (each one manager) of each arm stand behind them."""
    few_estimated = outcome.worsening and is_about_a_few(outcome.worsening, minimum)
    if few_estimated or outcome.n_pilot_teams < minimum:
        return outcome.model_copy(update={"worsening": None, "mean_before": None, "mean_after": None})
    return outcome


def safe_indicator(indicator: LoopIndicator, minimum: int) -> ShownIndicator:
    """A mechanism of the loop: whole percent, or hours, of enough people; people in tens.

    A share that stands for fewer people than the minimum, or for all but as few, is about those few: it is shown as a
    bound that holds whoever they are.
    """
    value, n_people = indicator.value, indicator.n_people
    reason: Withheld | None = None
    bound: Bound | None = None
    if value is None:
        reason = "no_records"
    elif n_people < max(minimum, TENS):
        reason = "too_few_people"
    elif indicator.code != HOURS:
        n, least_pct = round(value / 100 * n_people), 100 * minimum / n_people
        if n < minimum:
            value, bound = float(math.ceil(least_pct)), "at_most"
        elif n_people - n < minimum:
            value, bound = float(math.floor(100 - least_pct)), "at_least"
        else:
            value = float(round(value))
    return ShownIndicator(
        code=indicator.code,
        arm=indicator.arm,
        period=indicator.period,
        value=None if reason else value,
        bound=bound,
        people=Count(n=None, withheld="too_few_people") if reason else Count(n=in_tens(n_people)),
        withheld=reason,
    )


def in_tens(n: int) -> int:
    """Rounded down to tens."""
    return n // TENS * TENS


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
