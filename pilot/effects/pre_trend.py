"""Did the arms drift apart before launch, what could that have hidden, and how much bending would undo the effect?

- `event_study`: difference between arms wave by wave, against the last wave before launch.
- `placebo`: the drift before launch, and the smallest drift that it would have shown.
- `smooth_interval`: an interval for the effect when the drift may go on, and bend by so much (Rambachan & Roth 2023,
  Review of Economic Studies 90, 2555-2591).
- `breakdown_bound`: by how much it may bend until that interval holds 0.

For arms that are different units (evidence grade B). Where teams were randomised there is no drift to extrapolate and
the interval is needlessly wide. A placebo that shows nothing is no proof: choosing the analysis by it biases what
comes next (Roth 2022, American Economic Review: Insights 4, 305-322); read its smallest visible drift instead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from pilot.effects.arm_model import ARM_COLUMN, arm_moments
from pilot.effects.cluster_robust import NOTHING, Estimate, contrast, fit, interval
from pilot.effects.fixed_length import Extrapolation, half_length_of
from pilot.effects.linked import Weighting
from pilot.scores import BoolArray, FloatArray, Roster

WeighedBy = Literal["equal_waves", "estimated"]

DOUBLINGS, HALVINGS = np.arange(-6, 8), 34  # of the bound; below the first, halving starts from 0


@dataclass(frozen=True)
class EventStudy:
    """Difference between arms in the change from the reference wave to each wave; NaN where not estimable.

    Attributes:
        weeks: Weeks after launch, shape (waves,).
        reference: Index of the reference wave, the last one before launch (week 0 or less); all zero there.
        coefficients: Points, shape (replicates, waves).
        covariance: CR2, joint over the waves, points squared, shape (replicates, waves, waves).
        df: Satterthwaite degrees of freedom of each wave's coefficient, shape (replicates, waves).
        n_people: People linked with the reference wave, shape (replicates, waves).
        n_teams: Teams they come from, shape (replicates, waves).
        n_treated: Of the people, those in the pilot arm, shape (replicates, waves).
    """

    weeks: FloatArray
    reference: int
    coefficients: FloatArray
    covariance: FloatArray
    df: FloatArray
    n_people: NDArray[np.intp]
    n_teams: NDArray[np.intp]
    n_treated: NDArray[np.intp]


@dataclass(frozen=True)
class Placebo:
    """The drift of the arms before launch; NaN with one wave before launch.

    Attributes:
        slope: Slope of the difference between arms over the waves before launch, points a week; its counts are
            those of the first wave.
        detectable_slope: Smallest slope, of either sign, that this test finds with the power asked, points a week,
            shape (replicates,).
        detectable_points: What a drift of that slope, going on as before, adds to the outcome waves, points, shape
            (replicates,): a bias that the placebo may well have missed.
    """

    slope: Estimate
    detectable_slope: FloatArray
    detectable_points: FloatArray


@dataclass(frozen=True)
class SmoothInterval:
    """The effect when the drift of the arms may bend, one value a replicate; NaN where not estimable.

    Attributes:
        estimate: Mean difference between arms at the outcome waves less the drift carried on, points.
        se: Its standard error, points.
        worst_bias: Largest bias of the estimate that the bound allows, points.
        df: Smallest degrees of freedom of the waves used.
        lower: Lower bound of the interval, points.
        upper: Upper bound of the interval, points.
    """

    estimate: FloatArray
    se: FloatArray
    worst_bias: FloatArray
    df: FloatArray
    lower: FloatArray
    upper: FloatArray


def event_study(scores: FloatArray, weeks: FloatArray, roster: Roster, *, weighting: Weighting) -> EventStudy:
    """Estimate the difference between arms wave by wave.

    For each wave the model of linked change from the reference wave, y_iw - y_i0 = a_w + b_w arm_i, on the people
    linked in both. The joint covariance sums products of the teams' corrected scores over pairs of waves, which is CR2
    of all waves stacked in one regression.

    Args:
        scores: Points, NaN where missing, shape (replicates, people, waves).
        weeks: Weeks after launch, 0 or less before it, ascending, at least one of those, shape (waves,).
        roster: People and teams with their arms.
        weighting: Whether each person or each team counts the same.
    """
    n_replicates, n_people, n_waves = scores.shape
    reference = int(np.flatnonzero(weeks <= 0)[-1])
    after = np.swapaxes(scores, 1, 2).reshape(-1, n_people)
    before = np.repeat(scores[..., reference], n_waves, axis=0)
    each_wave = replace(roster, start_week=np.repeat(roster.start_week, n_waves, axis=0))
    moments = arm_moments(before, after, each_wave, estimator="change", weighting=weighting)
    model = fit(moments)
    own = contrast(model, np.eye(2)[ARM_COLUMN], moments, each_wave.treated, confidence_pct=95)
    score = moments.xy - (moments.xx @ model.coefficients[:, None, :, None])[..., 0]
    corrected = (model.adjustment @ score[..., None])[..., ARM_COLUMN, 0].reshape(n_replicates, n_waves, -1)
    shape = n_replicates, n_waves
    return EventStudy(
        weeks=weeks,
        reference=reference,
        coefficients=own.estimate.reshape(shape),
        covariance=np.asarray(corrected @ np.swapaxes(corrected, 1, 2), dtype=np.float64),
        df=own.df.reshape(shape),
        n_people=own.n_people.reshape(shape),
        n_teams=own.n_teams.reshape(shape),
        n_treated=own.n_treated.reshape(shape),
    )


def placebo(study: EventStudy, *, outcome: BoolArray, confidence_pct: float, power_pct: float = 80) -> Placebo:
    """Estimate the drift before launch, by least squares through the waves up to the reference.

    The smallest slope seen with power 1 - b solves P(T > t) = 1 - b for T noncentral t with the placebo's degrees of
    freedom and noncentrality slope / se, t being the critical value of the two-sided test; the standard error is taken
    as known.

    Not where teams were randomised, and not to decide whether the effect may be believed: see the module.

    Args:
        study: The event study.
        outcome: Which waves are outcome waves; only those after the reference count, shape (waves,).
        confidence_pct: Of the interval and the test, percent.
        power_pct: With which the smallest slope is found, percent.
    """
    before = np.arange(len(study.weeks)) <= study.reference
    centred = np.where(before, study.weeks - study.weeks[before].mean(), 0.0)
    spread = (centred**2).sum()
    weights = centred / spread if spread > 0 else np.full(len(centred), np.nan)
    estimate, se, df = _combined(study, np.where(before, weights, 0.0))
    lower, upper = interval(estimate, se, df, confidence_pct=confidence_pct)
    detectable = special.nctdtrinc(df, 1 - power_pct / 100, special.stdtrit(df, 0.5 + confidence_pct / 200)) * se
    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.where((se == 0) & (np.abs(estimate) < NOTHING), 0.0, estimate / se)
    averaged = outcome & (np.arange(len(study.weeks)) > study.reference)
    weeks_on = study.weeks[averaged].mean() - study.weeks[study.reference] if averaged.any() else np.nan
    slope = Estimate(
        estimate=estimate,
        se=se,
        df=df,
        p=2 * special.stdtr(df, -np.abs(t)),
        lower=lower,
        upper=upper,
        n_people=study.n_people[:, 0],
        n_teams=study.n_teams[:, 0],
        n_treated=study.n_treated[:, 0],
    )
    return Placebo(slope=slope, detectable_slope=detectable, detectable_points=detectable * weeks_on)


def smooth_interval(
    study: EventStudy,
    *,
    outcome: BoolArray,
    bound: ArrayLike,
    confidence_pct: float,
    weighed_by: WeighedBy = "equal_waves",
) -> SmoothInterval:
    """Interval for the mean effect at the outcome waves when the drift of the arms bends by at most the bound.

    Without the practice the difference between arms follows d(week), d = 0 at the reference. Its slope between two
    waves may differ from the slope between the two before by at most bound x the weeks between the middles of the two
    gaps: no curve with |d''| <= bound does more. With waves h weeks apart, Rambachan & Roth's M is h^2 x bound. Bound 0
    carries a straight line on.

    The estimate is the mean coefficient of the outcome waves plus a weighted sum of those before launch, the weights
    making it unbiased for every straight line, and otherwise the interval as short as can be: fixed-length confidence
    interval, half-length min over the weights of se x cv(worst bias / se), where cv(x) is the quantile of |T + x|, T
    having the t distribution (normal in the source; t because teams are few). With two waves before launch, h weeks
    apart, nothing is left to choose: the line through them is carried on, and the worst bias is
    bound x mean(u^2 + h u) / 2 over the outcome waves, u weeks after the reference.

    `weighed_by` says which covariance the weights are made for; the standard error is CR2 of the chosen weights either
    way. `equal_waves`: waves of equal, independent noise, of which only the size is estimated; bound 0 then carries on
    the least-squares line. `estimated`: the estimated covariance, as in the source and in R's HonestDiD. It fits the
    weights to its own errors: in simulations with four waves before launch and bound 0, its 95 % intervals covered 80 %
    with 8 teams, 92 % with 16, 94 % with 24. Not with fewer than about 30 teams.

    NaN with fewer than two waves before launch, or where an arm has fewer than two teams in a wave that is used. Work
    grows with 3^(waves before launch - 2).

    Args:
        study: The event study.
        outcome: Which waves are outcome waves; only those after the reference count, shape (waves,).
        bound: Change of slope, points a week in a week, a number or shape (replicates,).
        confidence_pct: Of the interval, percent.
        weighed_by: Which covariance makes the weights; the same with two waves before launch.
    """
    design = Extrapolation.of(study.weeks, study.reference, outcome)
    return _interval(study, design, np.broadcast_to(bound, len(study.df)).astype(float), confidence_pct, weighed_by)


def breakdown_bound(
    study: EventStudy, *, outcome: BoolArray, confidence_pct: float, weighed_by: WeighedBy = "equal_waves"
) -> FloatArray:
    """Find the smallest bound at which the interval holds 0: up to it, the effect stands.

    Searched upwards by doubling and then halving. To be read beside what is known: the bends between the waves before
    launch, or of units that tried nothing.

    Args:
        study: The event study.
        outcome: Which waves are outcome waves; only those after the reference count, shape (waves,).
        confidence_pct: Of the interval, percent.
        weighed_by: Which covariance makes the weights, as in `smooth_interval`.

    Returns:
        Points a week in a week, shape (replicates,); 0 where the interval holds 0 even with a straight drift, NaN
        where there is none.
    """
    design = Extrapolation.of(study.weeks, study.reference, outcome)

    def stands(bound: FloatArray) -> BoolArray:
        found = _interval(study, design, bound, confidence_pct, weighed_by)
        return (found.lower > 0) | (found.upper < 0)

    straight = _interval(study, design, np.zeros(len(study.df)), confidence_pct, weighed_by)
    furthest, _, _ = _combined(study, design.base)  # what the estimate comes to under a large bound
    start = (np.abs(straight.estimate) + np.abs(furthest) + straight.se) / design.bias_later
    low, high = np.zeros_like(start), np.full_like(start, np.inf)
    for bound in start * 2.0 ** DOUBLINGS[:, None]:
        apart = stands(bound)
        low, high = (
            np.where(np.isinf(high) & apart, bound, low),
            np.where(np.isinf(high) & ~apart, bound, high),
        )
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        apart = stands(middle)
        low, high = np.where(apart, middle, low), np.where(apart, high, middle)
    return np.where(stands(np.zeros_like(start)), low, 0.0 * straight.estimate)


def _interval(
    study: EventStudy, design: Extrapolation, bound: FloatArray, confidence_pct: float, weighed_by: WeighedBy
) -> SmoothInterval:
    used = design.used
    covariance, df = study.covariance[:, used][..., used], study.df[:, used].min(axis=1)
    assumed = covariance
    if weighed_by == "equal_waves":
        equal = np.eye(used.sum()) + 1.0  # all are differences from the same reference wave
        assumed = covariance.trace(axis1=1, axis2=2)[:, None, None] / np.trace(equal) * equal
    weights, bias = design.shortest(assumed, df, bound, confidence_pct=confidence_pct)
    estimate = (study.coefficients[:, used] * weights).sum(axis=1)
    se = _root_of_form(covariance, weights)
    reach = half_length_of(se, bias, df, confidence_pct=confidence_pct)
    return SmoothInterval(estimate, se, bias, df, estimate - reach, estimate + reach)


def _combined(study: EventStudy, weights: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Weighted sum of the coefficients, its standard error, and the smallest degrees of freedom of those used."""
    used = weights != 0
    se = _root_of_form(study.covariance[:, used][..., used], weights[used])
    return study.coefficients[:, used] @ weights[used], se, study.df[:, used].min(axis=1)


def _root_of_form(covariance: FloatArray, weights: FloatArray) -> FloatArray:
    variance = ((covariance @ weights[..., None])[..., 0] * weights).sum(axis=-1)
    root: FloatArray = np.sqrt(np.maximum(variance, 0.0))
    return root
