"""What a verdict rests on and what would change it, as codes with values; `pilot.wording` has the sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator

from scipy import special

from pilot.effects import Estimates
from pilot.plan import Plan, Seal
from pilot.result import Finding
from pilot.verdict import Decision, Evidence, Word

SAID_ELSEWHERE = ("guardrail_not_measured", "fades", "no_follow_up")
POWER_PCT = 80
LATE_ANSWERS = Finding(code="late_answers_wait", role="note")


def findings(
    decision: Decision, estimates: Estimates, evidence: Evidence, plan: Plan, seal: Seal, awaited: tuple[str, ...]
) -> tuple[Finding, ...]:
    """Everything that speaks for, against or about the verdict of a real pilot."""
    found = list(_about_the_effect(evidence, plan))
    found += _about_both_answers(estimates, plan)
    found += _about_lasting(decision, plan, awaited)
    found += _about_guardrails(decision, plan)
    found += _about_fidelity(decision, evidence)
    found += _about_caps(decision, evidence, plan)
    found += _notes(plan, seal, awaited)
    return tuple(found)


def turning_points(
    word: Word,
    decision: Decision,
    estimates: Estimates,
    plan: Plan,
    awaited: tuple[str, ...],
) -> tuple[Finding, ...]:
    """What would change the verdict; for an inconclusive one, what would make it conclusive."""
    if awaited:
        return (_point("wait_for_waves", waves=list(awaited)),)
    if word == "inconclusive":
        return tuple(_missing_for_a_verdict(decision, estimates, plan)) or (_point("close_to_sesoi"),)
    points = [_point("bias_would_overturn", points=float(decision.slack_points[0]))]
    if word == "adjust":
        breached, troubled = decision.breached, decision.troubled
        points += [_point("relieve_guardrail", measure=each) for each, is_so in breached.items() if is_so[0]]
        unproven = [each for each, is_so in troubled.items() if is_so[0] and not breached[each][0]]
        points += [_point("prove_guardrail", measure=each) for each in unproven]
        points += [_point("raise_fidelity")] * bool(decision.low_fidelity[0])
    return tuple(points)


def _about_the_effect(evidence: Evidence, plan: Plan) -> Iterator[Finding]:
    estimate, lower, upper = (float(each[0]) for each in (evidence.estimate, evidence.lower, evidence.upper))
    sesoi = plan.outcomes.primary.sesoi_points
    if math.isnan(lower):
        return
    if lower > 0:
        yield Finding(code="interval_above_zero", role="for", values={"lower": lower})
    elif upper < 0:
        yield Finding(code="interval_below_zero", role="against", values={"upper": upper})
    else:
        yield Finding(code="interval_holds_zero", role="against", values={"lower": lower, "upper": upper})
    reached = estimate >= sesoi
    yield Finding(
        code="reaches_sesoi" if reached else "below_sesoi",
        role="for" if reached else "against",
        values={"estimate": estimate, "sesoi": sesoi},
    )
    if upper < sesoi:
        yield Finding(code="worthwhile_ruled_out", role="against", values={"upper": upper, "sesoi": sesoi})


def _about_both_answers(estimates: Estimates, plan: Plan) -> Iterator[Finding]:
    """Where linked people and all answers must both show the effect: what the second of them shows."""
    every = estimates.of_all_answers
    if every is None or math.isnan(float(every.lower[0])):
        return
    stands = bool(every.lower[0] > 0 and every.estimate[0] >= plan.outcomes.primary.sesoi_points)
    numbers = {name: float(getattr(every, name)[0]) for name in ("estimate", "lower", "upper")}
    yield Finding(code="all_answers", role="for" if stands else "against", values=numbers)


def _about_lasting(decision: Decision, plan: Plan, awaited: tuple[str, ...]) -> Iterator[Finding]:
    if not plan.analysis.lasting:
        yield Finding(code="no_follow_up", role="cap")
    elif not set(awaited) & set(plan.waves_of_all_starts(plan.analysis.lasting)):
        if decision.caps["fades"][0]:
            yield Finding(code="fades", role="cap")
        elif decision.lasts[0]:
            yield Finding(code="lasts", role="for")


def harm_ruled_out(measure: str, decision: Decision, plan: Plan) -> bool:
    """Whether the interval of a guardrail lies below its margin, and a lot stands behind the interval."""
    return plan.is_randomised and bool(decision.harm_ruled_out[measure][0])


def _about_guardrails(decision: Decision, plan: Plan) -> Iterator[Finding]:
    for measure, breached in decision.breached.items():
        if decision.not_measured[measure][0]:
            yield Finding(code="guardrail_not_measured", role="cap", values={"measure": measure})
        elif breached[0]:
            yield Finding(code="guardrail_breached", role="against", values={"measure": measure})
        elif decision.troubled[measure][0]:
            yield Finding(code="guardrail_unproven", role="against", values={"measure": measure})
        elif harm_ruled_out(measure, decision, plan):
            yield Finding(code="guardrail_ruled_out", role="for", values={"measure": measure})
        else:
            yield Finding(code="guardrail_kept", role="for", values={"measure": measure})


def _about_fidelity(decision: Decision, evidence: Evidence) -> Iterator[Finding]:
    if decision.low_fidelity[0]:
        yield Finding(code="fidelity_below_floor", role="against")
    elif not math.isnan(float(evidence.fidelity_pct[0])):
        yield Finding(code="fidelity_reached", role="for")


def _about_caps(decision: Decision, evidence: Evidence, plan: Plan) -> Iterator[Finding]:
    values = {
        "few_clusters": {"df": float(evidence.df[0]), "minimum": plan.rule.minimum_df},
        "comparison_needs_waves": {
            "baselines": plan.rule.comparison_minimum_baselines,
            "later": plan.rule.comparison_minimum_later_waves,
        },
    }
    for cap, applies in decision.caps.items():
        if applies[0] and cap not in SAID_ELSEWHERE:
            yield Finding(code=cap, role="cap", values=values.get(cap, {}))


def _notes(plan: Plan, seal: Seal, awaited: tuple[str, ...]) -> Iterator[Finding]:
    reasons = {
        "lowest_scores": "chosen_lowest",
        "highest_scores": "chosen_highest",
        "volunteered": "chosen_volunteered",
    }
    if seal.sealed_at.date() > plan.calendar.launch_on:
        yield Finding(code="sealed_after_launch", role="note")
    if plan.rule.drift_allowance_points > 0:
        yield Finding(code="drift_allowance", role="note", values={"points": plan.rule.drift_allowance_points})
    if plan.unit.chosen_because in reasons:
        yield Finding(code=reasons[plan.unit.chosen_because], role="note")
    yield Finding(code="blind_to_meaning", role="note")
    if plan.analysis.answers == "all":
        yield Finding(code="answers_not_linked", role="note")
    if plan.design == "comparison":
        yield Finding(code="blind_to_the_unit", role="note")
    near = [wave for wave in plan.calendar.waves_near_an_occasion() if wave in _waves_that_decide(plan)]
    if near:
        yield Finding(code="near_an_occasion", role="note", values={"waves": near})
    if awaited:
        yield Finding(code="awaiting_waves", role="note", values={"waves": list(awaited)})


def _waves_that_decide(plan: Plan) -> tuple[str, ...]:
    return (*plan.analysis.baseline, *plan.analysis.outcome)


def _missing_for_a_verdict(decision: Decision, estimates: Estimates, plan: Plan) -> Iterator[Finding]:
    caps = {cap for cap, applies in decision.caps.items() if applies[0]}
    if "refused" in caps:
        yield _point("two_teams_in_each_arm")
    needed = _teams_needed(estimates, plan)
    undecided = not (decision.stands[0] or decision.worthwhile_ruled_out[0])
    if needed and ("few_clusters" in caps or undecided):
        yield _point("more_teams", teams_now=int(estimates.primary.n_teams[0]), teams_needed=needed)
    no_number_would_do = plan.rule.drift_allowance_points > 0 and needed is None and undecided
    if "grade_d" in caps or "pre_trend" in caps or no_number_would_do:
        yield _point("randomise_teams")
    if "comparison_needs_waves" in caps:
        rule = plan.rule
        yield _point(
            "add_waves", baselines=rule.comparison_minimum_baselines, later=rule.comparison_minimum_later_waves
        )
    simple = {
        "no_follow_up": "add_follow_up",
        "fades": "test_lasting",
        "unequal_attrition": "reach_leavers",
        "shifted_items": "look_at_items",
        "not_linked": "link_answers",
    }
    yield from (_point(code) for cap, code in simple.items() if cap in caps)
    for measure, missing in decision.not_measured.items():
        if missing[0]:
            yield _point("measure_guardrail", measure=measure)
    if "fidelity_not_measured" in caps:
        yield _point("measure_fidelity")


def _teams_needed(estimates: Estimates, plan: Plan) -> int | None:
    """Teams of the same size with which the SESOI would be ruled out in 80 of 100 pilots in which nothing works.

    The standard error falls with the root of the number of teams; the normal quantiles stand in for those of t,
    and the drift allowance, which more teams do not shrink, is taken off first. None where no number of teams
    would do, or the present number should have.
    """
    reach = float(special.ndtri(0.5 + plan.rule.confidence_pct / 200) + special.ndtri(POWER_PCT / 100))
    room = (plan.outcomes.primary.sesoi_points / reach) ** 2 - plan.rule.drift_allowance_points**2
    se = max(float(each.se[0]) for each in (estimates.primary, estimates.of_all_answers or estimates.primary))
    teams_now = int(estimates.primary.n_teams[0])
    if math.isnan(se) or room <= 0:
        return None
    needed = math.ceil(teams_now * se**2 / room)
    return needed if needed > teams_now else None


def _point(code: str, **values: object) -> Finding:
    return Finding(code=code, role="note", values=values)
