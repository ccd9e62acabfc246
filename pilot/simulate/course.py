"""How mean scores move over the weeks, and the truth that follows from it.

Every change is stated in points of the scores. What a person's trait must shift by is solved for, wave by wave,
through the thresholds, so that ceilings and careless answers do not eat a part of the stated effect.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from pilot.i18n import message
from pilot.simulate.correlation import HALF_YEAR_WEEKS
from pilot.simulate.latent import BISECTIONS, GRID, GRID_WEIGHTS, SOLVED, FloatArray, ItemModel, unattainable
from pilot.simulate.layout import IntArray, Layout, ScaleLayout
from pilot.simulate.scenario import Scenario

NUDGE = 1e-3
WEEKS_A_YEAR = 52
DIGITS = 9  # of a truth; the solver is no finer


@dataclass(frozen=True)
class Course:
    """Shifts of the trait of one scale in teams that start in one week, points of the trait, each of shape (waves,).

    Trend, season, occasion and shocks run by the calendar; what comes with the practice runs from the teams' own start.

    Attributes:
        comparison: Of a comparison team: trend, season, occasion, and what spills over from the first pilot teams.
        pilot: Of a pilot team in which the practice does nothing: trend, season, occasion, attention; as in a
            comparison team until its start.
        effect: What the practice adds in the average team; where it follows the dose, in a team at full dose.
        effect_sd: Its standard deviation between teams.
        effect_points: What it adds to the mean score of all people, points of the score.
        volunteering: What a team that was on the rise anyway has more, with or without the practice.
        star: What the star team has more.
        shock_sd: Standard deviation of a unit's shocks.
        shock_level: What a shocked team has more, so that ceilings leave the mean score over all shocks as stated.
    """

    comparison: FloatArray
    pilot: FloatArray
    effect: FloatArray
    effect_sd: FloatArray
    effect_points: FloatArray
    volunteering: FloatArray
    star: FloatArray
    shock_sd: FloatArray
    shock_level: FloatArray

    @classmethod
    def still(cls, n_waves: int) -> Course:
        """The course of what never moves."""
        return cls(**{each.name: np.zeros(n_waves) for each in fields(cls)})

    def truth_at(self, waves: IntArray) -> float:
        """The effect on the mean over some waves, points of the score; NaN where there are none."""
        return float(self.effect_points[waves].mean()) if len(waves) else np.nan


def course_of(
    scenario: Scenario, model: ItemModel, weeks: FloatArray, *, is_primary: bool, chosen: bool, start: float = 0.0
) -> Course:
    """Solve for the shifts of one scale.

    The effect is stated for all people. Careless answers do not react, so the attentive ones react more.

    Args:
        scenario: The world.
        model: How the scale's items are answered.
        weeks: Weeks after launch, shape (waves,).
        is_primary: Whether it is the primary scale.
        chosen: Whether somebody chose the pilot teams, so that there can be volunteers among them.
        start: Week after launch in which the pilot teams start.

    Raises:
        PilotError: a change leads beyond the answer options.
    """
    points, attentive, since = model.options.points, 1 - scenario.careless.share, weeks - start
    trend = scenario.trend.points_per_half_year * weeks / HALF_YEAR_WEEKS if scenario.trend else np.zeros_like(weeks)
    everybody, pilot_only = (part * points / attentive for part in _passing_points(scenario, weeks, since))
    rise, leap, shock = (part * points / attentive for part in _other_points(scenario, weeks, since, chosen=chosen))
    shock_sd, sd = _with_shocks(model, shock)
    expected = model.mean + points * trend + everybody
    calm, base = model.shift_to(expected, model.trait_sd), model.shift_to(expected, sd)
    risen = model.shift_to(model.mean_score(base, sd) + rise, sd)
    gain, spread = (part * points / attentive for part in _effect_points(scenario, since, is_primary=is_primary))
    first_gain, _ = (part * points / attentive for part in _effect_points(scenario, weeks, is_primary=is_primary))
    doses = dose_at(scenario, GRID) if scenario.dose else np.ones_like(GRID)
    mean_dose = float(GRID_WEIGHTS @ doses) if scenario.dose else 1.0
    mean_gain, spilled = gain * mean_dose, first_gain * mean_dose * _spillover_share(scenario)
    beside = pilot_only + np.where(since > 0, 0.0, spilled)
    pilot = model.shift_to(model.mean_score(risen, sd) + beside, sd)
    without = model.mean_score(pilot, sd)
    # A team's effect varies on the trait, its spread is stated on the scores: scores per point of trait.
    effect_sd = spread / slope_at(model, model.shift_to(without + mean_gain, sd), sd)
    total_sd = np.sqrt(sd**2 + effect_sd**2)
    if scenario.dose:
        effect = _effect_by_dose(model, pilot, without + mean_gain, total_sd, doses)
        with_it = GRID_WEIGHTS @ model.mean_score(pilot + effect * doses[:, None], total_sd)
    else:
        effect = model.shift_to(without + mean_gain, total_sd) - pilot
        with_it = model.mean_score(pilot + effect, total_sd)
    # The solver leaves a rounding error; where nothing is meant to happen, nothing may.
    idle = (mean_gain == 0) & (spread == 0)
    volunteering = np.where(rise == 0, 0.0, risen - base)
    level = np.where(shock_sd == 0, 0.0, base - calm)
    return Course(
        comparison=np.where(spilled == 0, base, model.shift_to(model.mean_score(base, sd) + spilled, sd)) - level,
        pilot=np.where(beside == 0, base, pilot - volunteering) - level,
        effect=np.where(idle, 0.0, effect),
        effect_sd=effect_sd,
        effect_points=np.where(mean_gain == 0, 0.0, attentive * (with_it - without)),
        volunteering=volunteering,
        star=np.where(leap == 0, 0.0, model.shift_to(without + leap, sd) - pilot),
        shock_sd=shock_sd,
        shock_level=level,
    )


def _spillover_share(scenario: Scenario) -> float:
    return scenario.spillover.share if scenario.spillover else 0.0


def slope_at(model: ItemModel, shift: FloatArray, sd: FloatArray | float) -> FloatArray:
    """By how much the mean score moves for a point of the trait, shape (waves,)."""
    slope = (model.mean_score(shift + NUDGE, sd) - model.mean_score(shift - NUDGE, sd)) / (2 * NUDGE)
    return np.maximum(slope, NUDGE)


def dose_at(scenario: Scenario, luck: FloatArray) -> FloatArray:
    """Share of the full effect that teams with this luck (standard normal) in their managers get, same shape."""
    fidelity, dose = scenario.fidelity, scenario.dose
    if dose is None:
        return np.ones_like(luck)
    run_pct = np.clip(fidelity.mean_pct + fidelity.between_team_sd_pct * luck, 0, 100)
    share: FloatArray = run_pct / dose.full_effect_pct
    return share


def _with_shocks(model: ItemModel, shock: FloatArray) -> tuple[FloatArray, FloatArray | float]:
    """The unit's shocks on the trait, and the SD of a person's trait with them, points, shape (waves,)."""
    if not shock.any():
        return np.zeros_like(shock), model.trait_sd
    shock_sd = shock / slope_at(model, np.zeros_like(shock), model.trait_sd)
    return shock_sd, np.sqrt(model.trait_sd**2 + shock_sd**2)


def _effect_by_dose(
    model: ItemModel, pilot: FloatArray, score: FloatArray, sd: FloatArray, doses: FloatArray
) -> FloatArray:
    """The shift at full dose that brings the mean score over all doses to where it is wanted, shape (waves,)."""
    reach = 4 * (model.options.highest - model.options.lowest)
    lower, upper = np.full_like(score, -reach), np.full_like(score, reach)
    for _ in range(BISECTIONS):
        middle = (lower + upper) / 2
        below = GRID_WEIGHTS @ model.mean_score(pilot + middle * doses[:, None], sd) < score
        lower, upper = np.where(below, middle, lower), np.where(below, upper, middle)
    found = GRID_WEIGHTS @ model.mean_score(pilot + lower * doses[:, None], sd)
    if (np.abs(found - score) > SOLVED * model.options.points).any():
        raise unattainable(
            message("so little of the loop is run that no effect at full dose gives the stated mean."),
            message("Write a higher “mean_pct” of the fidelity, a smaller spread between teams or a smaller effect."),
        )
    return lower


def truths(layout: Layout, courses: dict[str, tuple[Course, ...]]) -> dict[str, float]:
    """The estimands by the names of the plan, as values of the population the pilot's people are drawn from.

    Of teams that start later, the waves so many weeks after their own start; cohorts weigh by their teams.

    | name | what |
    |---|---|
    | `primary_outcome_points` | mean over people of the primary score with the practice minus without, outcome waves |
    | `primary_lasting_points` | the same at the lasting waves, if the plan has any |
    | `<scale>_outcome_points` | the same of another scale, at the outcome waves that ask it |
    | `<measure>_worsening` | how much worse a guardrail gets, in its own unit |
    """
    primary, *others = layout.scales

    def truth_at(scale: ScaleLayout, waves: IntArray) -> float:
        own = [layout.waves_after(start, waves) for start in layout.starts]
        effects = [
            course.truth_at(places[scale.asked[places]]) for course, places in zip(courses[scale.id], own, strict=True)
        ]
        return float(np.dot(layout.cohort_shares, effects))

    truth = {
        "primary_outcome_points": truth_at(primary, layout.outcome_waves),
        "primary_lasting_points": truth_at(primary, layout.lasting_waves),
    }
    for scale in (each for each in others if not each.instructed):
        truth[f"{scale.id}_outcome_points"] = truth_at(scale, layout.outcome_waves)
    # Rounded, so that a stated 0.4 is not written as 0.39999999999999813.
    return {name: round(value, DIGITS) for name, value in truth.items() if not np.isnan(value)}


def _passing_points(scenario: Scenario, weeks: FloatArray, since: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What lifts the answers and is no effect: of both arms, and of the pilot teams alone; points, shape (waves,).

    Args:
        scenario: The world.
        weeks: Weeks after launch, shape (waves,).
        since: Weeks after the pilot teams' start, same shape.
    """
    both, pilot = np.zeros_like(weeks), np.zeros_like(weeks)
    attention, occasion, season = scenario.attention, scenario.occasion, scenario.season
    if attention:
        fade = _faded(since, attention.fades_from_week, attention.fades_until_week, 0.0)
        pilot += np.where(since > 0, attention.points * fade, 0.0)
    if occasion:
        lift = np.where((occasion.from_week <= weeks) & (weeks <= occasion.until_week), occasion.points, 0.0)
        both, pilot = (both + lift, pilot) if occasion.arms == "both" else (both, pilot + lift)
    if season:
        turn = 2 * np.pi / WEEKS_A_YEAR
        height = np.cos(turn * (weeks - season.highest_in_week)) - np.cos(turn * season.highest_in_week)
        both = both + season.points * height
    return both, pilot


def _other_points(
    scenario: Scenario, weeks: FloatArray, since: FloatArray, *, chosen: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Rise of volunteers, leap of the star team, standard deviation of a unit's shocks; points, shape (waves,)."""
    rise, leap, shock = (np.zeros_like(weeks) for _ in range(3))
    volunteers, star, shocks = scenario.volunteers, scenario.star, scenario.unit_shocks
    if volunteers and chosen:
        risen_for = np.clip(weeks, volunteers.from_week, volunteers.until_week) - volunteers.from_week
        rise = volunteers.points_per_half_year * risen_for / HALF_YEAR_WEEKS
    if star:
        leap = np.where(since > 0, star.points, 0.0)
    if shocks:
        shock = np.where(weeks >= shocks.from_week, shocks.sd_points, 0.0)
    return rise, leap, shock


def _effect_points(scenario: Scenario, since: FloatArray, *, is_primary: bool) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation between teams, points of a 1-5 scale, so many weeks after their start, (waves,)."""
    effect = scenario.effect
    if effect is None:
        return np.zeros_like(since), np.zeros_like(since)
    ramp = np.clip(since / max(effect.ramp_weeks, NUDGE), 0, 1)
    strength = ramp * _faded(since, effect.fades_from_week, effect.fades_until_week, effect.lasting_share)
    return (
        effect.points if is_primary else effect.secondary_points
    ) * strength, effect.between_team_sd_points * strength


def _faded(weeks: FloatArray, from_week: float, until_week: float, lasting_share: float) -> FloatArray:
    """Share that is left: 1 until `from_week`, then falling in a line to `lasting_share` at `until_week`."""
    passed = np.clip((weeks - from_week) / max(until_week - from_week, NUDGE), 0, 1)
    left: FloatArray = 1 - (1 - lasting_share) * passed
    return left
