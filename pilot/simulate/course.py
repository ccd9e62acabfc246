"""How mean scores move over the weeks, and the truth that follows from it.

Every change is stated in points of the scores. What a person's trait must shift by is solved for, wave by wave,
through the thresholds, so that ceilings and careless answers do not eat a part of the stated effect.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pilot.simulate.correlation import HALF_YEAR_WEEKS
from pilot.simulate.latent import FloatArray, ItemModel
from pilot.simulate.layout import IntArray, Layout
from pilot.simulate.scenario import Scenario

NUDGE = 1e-3
DIGITS = 9  # of a truth; the solver is no finer


@dataclass(frozen=True)
class Course:
    """Shifts of the trait of one scale, points of the trait, each of shape (waves,).

    Attributes:
        comparison: Of a comparison team: trend, occasion, and what spills over from the pilot teams.
        pilot: Of a pilot team in which the practice does nothing: trend, occasion and attention.
        effect: What the practice adds in the average team.
        effect_sd: Its standard deviation between teams.
        effect_points: What it adds to the mean score of all people, points of the score.
    """

    comparison: FloatArray
    pilot: FloatArray
    effect: FloatArray
    effect_sd: FloatArray
    effect_points: FloatArray

    def truth_at(self, waves: IntArray) -> float:
        """The effect on the mean over some waves, points of the score; NaN where there are none."""
        return float(self.effect_points[waves].mean()) if len(waves) else np.nan


def course_of(scenario: Scenario, model: ItemModel, weeks: FloatArray, *, is_primary: bool) -> Course:
    """Solve for the shifts of one scale.

    The effect is stated for all people. Careless answers do not react, so the attentive ones react more.

    Args:
        scenario: The world.
        model: How the scale's items are answered.
        weeks: Weeks after launch, shape (waves,).
        is_primary: Whether it is the primary scale.

    Raises:
        PilotError: a change leads beyond the answer options.
    """
    points, attentive, sd = model.options.points, 1 - scenario.careless.share, model.trait_sd
    trend = scenario.trend.points_per_half_year * weeks / HALF_YEAR_WEEKS if scenario.trend else np.zeros_like(weeks)
    everybody, pilot_only = (part * points / attentive for part in _passing_points(scenario, weeks))
    base = model.shift_to(model.mean + points * trend + everybody, sd)
    pilot = model.shift_to(model.mean_score(base, sd) + pilot_only, sd)
    gain, spread = (part * points / attentive for part in _effect_points(scenario, weeks, is_primary=is_primary))
    spilled = gain * (scenario.spillover.share if scenario.spillover else 0.0)
    without = model.mean_score(pilot, sd)
    # A team's effect varies on the trait, its spread is stated on the scores: scores per point of trait.
    average = model.shift_to(without + gain, sd)
    slope = (model.mean_score(average + NUDGE, sd) - model.mean_score(average - NUDGE, sd)) / (2 * NUDGE)
    effect_sd = spread / np.maximum(slope, NUDGE)
    total_sd = np.sqrt(sd**2 + effect_sd**2)
    effect = model.shift_to(without + gain, total_sd) - pilot
    effect_points = attentive * (model.mean_score(pilot + effect, total_sd) - without)
    # The solver leaves a rounding error; where nothing is meant to happen, nothing may.
    idle = (gain == 0) & (spread == 0)
    return Course(
        comparison=np.where(spilled == 0, base, model.shift_to(model.mean_score(base, sd) + spilled, sd)),
        pilot=np.where(pilot_only == 0, base, pilot),
        effect=np.where(idle, 0.0, effect),
        effect_sd=effect_sd,
        effect_points=np.where(gain == 0, 0.0, effect_points),
    )


def truths(layout: Layout, courses: dict[str, Course]) -> dict[str, float]:
    """The estimands by the names of the plan, as values of the population the pilot's people are drawn from.

    | name | what |
    |---|---|
    | `primary_outcome_points` | mean over people of the primary score with the practice minus without, outcome waves |
    | `primary_lasting_points` | the same at the lasting waves, if the plan has any |
    | `<scale>_outcome_points` | the same of another scale, at the outcome waves that ask it |
    | `<measure>_worsening` | how much worse a guardrail gets, in its own unit |
    """
    primary, *others = layout.scales
    truth = {
        "primary_outcome_points": courses[primary.id].truth_at(layout.outcome_waves),
        "primary_lasting_points": courses[primary.id].truth_at(layout.lasting_waves),
    }
    for scale in others:
        asked = layout.outcome_waves[scale.asked[layout.outcome_waves]]
        truth[f"{scale.id}_outcome_points"] = courses[scale.id].truth_at(asked)
    # Rounded, so that a stated 0.4 is not written as 0.39999999999999813.
    return {name: round(value, DIGITS) for name, value in truth.items() if not np.isnan(value)}


def _passing_points(scenario: Scenario, weeks: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What lifts the answers and is no effect: of both arms, and of the pilot teams alone; points, shape (waves,)."""
    both, pilot = np.zeros_like(weeks), np.zeros_like(weeks)
    attention, occasion = scenario.attention, scenario.occasion
    if attention:
        fade = _faded(weeks, attention.fades_from_week, attention.fades_until_week, 0.0)
        pilot += np.where(weeks > 0, attention.points * fade, 0.0)
    if occasion:
        lift = np.where((occasion.from_week <= weeks) & (weeks <= occasion.until_week), occasion.points, 0.0)
        both, pilot = (both + lift, pilot) if occasion.arms == "both" else (both, pilot + lift)
    return both, pilot


def _effect_points(scenario: Scenario, weeks: FloatArray, *, is_primary: bool) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation between teams, points of a 1-5 scale, both of shape (waves,)."""
    effect = scenario.effect
    if effect is None:
        return np.zeros_like(weeks), np.zeros_like(weeks)
    ramp = np.clip(weeks / max(effect.ramp_weeks, NUDGE), 0, 1)
    strength = ramp * _faded(weeks, effect.fades_from_week, effect.fades_until_week, effect.lasting_share)
    return (
        effect.points if is_primary else effect.secondary_points
    ) * strength, effect.between_team_sd_points * strength


def _faded(weeks: FloatArray, from_week: float, until_week: float, lasting_share: float) -> FloatArray:
    """Share that is left: 1 until `from_week`, then falling in a line to `lasting_share` at `until_week`."""
    passed = np.clip((weeks - from_week) / max(until_week - from_week, NUDGE), 0, 1)
    left: FloatArray = 1 - (1 - lasting_share) * passed
    return left
