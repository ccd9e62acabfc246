"""Event study, placebo and the smoothness-restricted interval: R, brute force, simulated truth."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from pilot.effects import effect_between_arms
from pilot.effects.fixed_length import Extrapolation, half_length_of
from pilot.effects.pre_trend import EventStudy, breakdown_bound, event_study, placebo, smooth_interval
from pilot.scores import Roster

# What R's HonestDiD makes of its own BCdata_EventStudy (Benzarti & Carloni 2019; four coefficients before, four after),
# as printed in the tests of HonestDiD.jl (MIT). Its quantile is simulated there: three digits hold.
BC_COEFFICIENTS = [0.006696351804, 0.02934503369, -0.006472972222, 0.0730149895, 0.1959611177, 0.3120639026]
BC_COEFFICIENTS += [0.2395415455, 0.1260425001]
BC_COVARIANCE = np.array(
    [
        [8.428358124, 4.768686777, 2.618051076, 2.354220342, 1.676371467, 1.128707663, 0.1992816215, -1.368265366],
        [4.768686777, 6.425420288, 3.987425007, 2.435515198, 2.201960306, 1.804591157, 0.384376508, -0.2960421989],
        [2.618051076, 3.987425007, 5.229949602, 2.11768609, 1.840722252, 1.45852784, 0.7005197403, 0.5952994979],
        [2.354220342, 2.435515198, 2.11768609, 3.089595411, 1.197866077, 1.334081317, 1.016335009, 1.079051726],
        [1.676371467, 2.201960306, 1.840722252, 1.197866077, 3.59970436, 2.478818642, 1.749579242, 1.654256921],
        [1.128707663, 1.804591157, 1.45852784, 1.334081317, 2.478818642, 4.263949813, 2.171437809, 2.892747871],
        [0.1992816215, 0.384376508, 0.7005197403, 1.016335009, 1.749579242, 2.171437809, 4.886697861, 3.805322049],
        [-1.368265366, -0.2960421989, 0.5952994979, 1.079051726, 1.654256921, 2.892747871, 3.805322049, 7.61739444],
    ]
)
BC_INTERVALS = {0.0: (0.131411316, 0.2161696482), 0.1: (0.1194440001, 0.4185082143), 0.2: (0.01944400015, 0.5185082143)}

# HonestDiD 0.2.6 with an exact quantile, as printed in the benchmarks of diff-diff (MIT): waves before launch,
# correlation, outcome (first or all four), bound, centre, half-length. Coefficients 1, 0, 1 ... and 1.2 ... 1.7.
EXACT = [
    (3, 0.0, "first", 0.0, 1.48575528987607, 0.202875546401568),
    (3, 0.0, "first", 0.05, 1.52634895987866, 0.250459332503154),
    (3, 0.0, "first", 0.2, 2.03478246906161, 0.431217243166294),
    (3, 0.5, "first", 0.1, 1.19412747799138, 0.351476184950717),
    (3, 0.0, "all", 0.05, 2.203036571692, 0.476585989561021),
    (3, 0.0, "all", 0.5, 3.95000000031175, 2.91935703682469),
    (6, 0.0, "all", 0.05, 1.98684729321362, 0.476444800612413),
    (6, 0.5, "first", 0.0, 1.41738944166983, 0.175185374899793),
    (6, 0.5, "first", 0.2, 1.29928095956085, 0.484211636477307),
]

TWO_BASELINES = np.array([-12.0, 0, 4, 8, 12, 16, 20, 24])
FOUR_BASELINES = np.array([-40.0, -24, -12, 0, 4, 12, 20, 24])


def study_of(coefficients, covariance, n_before: int, *, df: float = 1e8, week: float = 1.0) -> EventStudy:
    """One replicate, equally spaced waves, the reference after the first `n_before`."""
    n_waves = len(coefficients) + 1
    others = np.delete(np.arange(n_waves), n_before)
    own, joint = np.zeros(n_waves), np.zeros((n_waves, n_waves))
    own[others], joint[np.ix_(others, others)] = coefficients, covariance
    counts = np.full((1, n_waves), 100)
    weeks = week * (np.arange(n_waves, dtype=float) - n_before)
    return EventStudy(weeks, n_before, own[None], joint[None], np.full((1, n_waves), df), counts, counts, counts)


def pilots(seed: int, n_replicates: int, weeks, *, bend: float = 0.0, slope: float = 0.01, effect: float = 0.0):
    """Sixteen teams, half of them pilot; the arms drift apart along a parabola."""
    rng = np.random.default_rng(seed)
    team = np.repeat(np.arange(16), 10)
    treated = np.tile(np.arange(16) % 2 == 0, (n_replicates, 1))
    roster = Roster.of_arms(np.arange(160).astype(object), team, tuple(map(str, range(16))), treated)
    of_team = rng.normal(0, 0.3, (n_replicates, 16, 1)) + rng.normal(0, 0.2, (n_replicates, 16, len(weeks)))
    drift = slope * weeks + bend / 2 * weeks**2 + effect * (weeks > 0)
    scores = 3.5 + of_team[:, team] + drift * roster.person_treated[..., None]
    return scores + rng.normal(0, 0.6, (n_replicates, 160, len(weeks))), weeks, roster


def test_smooth_interval_agrees_with_r_on_real_coefficients():
    study = study_of(BC_COEFFICIENTS, 1e-4 * BC_COVARIANCE, 4)
    for bound, (lower, upper) in BC_INTERVALS.items():
        ours = smooth_interval(study, outcome=study.weeks == 1, bound=bound, confidence_pct=95, weighed_by="estimated")
        assert [ours.lower[0], ours.upper[0]] == pytest.approx([lower, upper], abs=1e-4)


@pytest.mark.parametrize(("n_before", "correlation", "outcome", "bound", "centre", "half_length"), EXACT)
def test_smooth_interval_agrees_with_r(n_before, correlation, outcome, bound, centre, half_length):
    coefficients = [float(wave % 2 == 0) for wave in range(n_before)] + list(np.linspace(1.2, 1.7, 4))
    lag = np.abs(np.subtract.outer(np.arange(n_before + 4), np.arange(n_before + 4)))
    covariance = 0.01 * np.where(lag == 0, 1.0, correlation**lag)
    for week in (1.0, 4.0):  # R counts in waves: with waves four weeks apart its bound is 16 of ours
        study = study_of(coefficients, covariance, n_before, week=week)
        chosen = study.weeks == week if outcome == "first" else study.weeks > 0
        ours = smooth_interval(study, outcome=chosen, bound=bound / week**2, confidence_pct=95, weighed_by="estimated")
        assert (ours.upper[0] - ours.lower[0]) / 2 == pytest.approx(half_length, rel=1e-7)
        assert ours.estimate[0] == pytest.approx(centre, abs=1e-4)  # as exact as R's search for the minimum


def test_event_study_agrees_with_clubsandwich(real_data, r_values):
    wide = pd.read_csv(real_data / "univbct_wide.csv").sort_values("TEAM", ignore_index=True)
    team_ids = tuple(sorted(wide["TEAM"].unique()))
    index = np.searchsorted(np.array(team_ids, dtype=object), wide["TEAM"].to_numpy(dtype=object))
    treated = np.array([[bool(wide["PILOT"][index == each].iloc[0]) for each in range(len(team_ids))]])
    roster = Roster.of_arms(np.arange(len(wide)).astype(object), index, team_ids, treated)
    scores = wide[["JOBSAT1", "JOBSAT2", "JOBSAT3"]].to_numpy()[None]
    ours = event_study(scores, np.array([0.0, 26, 52]), roster, weighting="person")
    entries = json.loads((r_values / "change_did.json").read_text())["entries"]
    reference = next(e["values"]["CR2"]["arm"] for e in entries if e["id"] == "did_btn3066_cr_diff")
    assert ours.coefficients[0, 2] == pytest.approx(reference["beta"], rel=1e-9)
    assert np.sqrt(ours.covariance[0, 2, 2]) == pytest.approx(reference["SE"], rel=1e-9)
    assert ours.df[0, 2] == pytest.approx(reference["df_Satt"], rel=1e-9)


def test_joint_covariance_is_cr2_of_the_stacked_regression():
    scores, weeks, roster = pilots(1, 1, TWO_BASELINES)
    scores[np.random.default_rng(2).random(scores.shape) < 0.3] = np.nan
    scores[0, roster.team == 3, 4] = np.nan
    ours = event_study(scores, weeks, roster, weighting="person")
    change = scores[0] - scores[0, :, [1]].T
    person, wave = np.nonzero(~np.isnan(change))
    kept = wave != 1
    person, wave = person[kept], wave[kept]
    arm = roster.person_treated[0, person].astype(float)
    own = np.eye(8)[wave][:, [0, 2, 3, 4, 5, 6, 7]]
    x, y = np.column_stack([own, own * arm[:, None]]), change[person, wave]
    inverse = np.linalg.inv(x.T @ x)
    residual = y - x @ inverse @ x.T @ y
    joint = np.zeros_like(inverse)
    for each in range(16):
        rows = x[roster.team[person] == each]
        values, vectors = np.linalg.eigh(np.eye(len(rows)) - rows @ inverse @ rows.T)
        half = (vectors / np.sqrt(values)) @ vectors.T @ residual[roster.team[person] == each]
        joint += np.outer(inverse @ rows.T @ half, inverse @ rows.T @ half)
    expected = np.insert(np.insert(joint[7:, 7:], 1, 0.0, axis=0), 1, 0.0, axis=1)
    np.testing.assert_allclose(ours.covariance[0], expected, rtol=1e-8, atol=1e-14)
    np.testing.assert_allclose(np.delete(ours.coefficients[0], 1), (inverse @ x.T @ y)[7:], rtol=1e-8)


def worst_bias(weeks, reference, weights, bound) -> float:
    """Largest sum of weights x drift over all drifts of bounded bend, by linear programming."""
    gaps = np.diff(weeks)
    bends = np.zeros((len(weeks) - 2, len(weeks)))
    for row, (first, second) in enumerate(pairwise(gaps)):
        bends[row, row : row + 3] = [1 / first, -1 / first - 1 / second, 1 / second]
    most = bound * (gaps[:-1] + gaps[1:]) / 2
    limits = [(0, 0) if wave == reference else (-1e3, 1e3) for wave in range(len(weeks))]
    found = optimize.linprog(-weights, np.vstack([bends, -bends]), np.concatenate([most, most]), bounds=limits)
    return -found.fun


@pytest.mark.parametrize("bound", [0.0002, 0.002])
def test_weights_are_the_best_there_are_on_unequal_gaps(bound):
    scores, weeks, roster = pilots(3, 1, FOUR_BASELINES)
    study = event_study(scores, weeks, roster, weighting="team")
    outcome = weeks >= 12
    ours = smooth_interval(study, outcome=outcome, bound=bound, confidence_pct=95, weighed_by="estimated")
    df = study.df[:, [0]]
    later = outcome / outcome.sum()

    def half_length(free: np.ndarray, *, by_programme: bool = False) -> float:
        """Of any weights before launch that are unbiased for lines; two are free."""
        last = -(later @ weeks + free @ weeks[:2]) / weeks[2]
        weights = later + np.array([*free, last, 0, 0, 0, 0, 0])
        kinks = [np.maximum(weeks[1] - weeks, 0) @ weights, np.maximum(weeks[2] - weeks, 0) @ weights]
        kinks += [np.maximum(weeks - weeks[wave], 0) @ weights for wave in range(3, 7)]
        bias = bound * np.abs(kinks) @ (weeks[2:] - weeks[:-2]) / 2
        if by_programme:
            assert worst_bias(weeks, 3, weights, bound) == pytest.approx(bias, rel=1e-6)
        se = np.sqrt(weights @ study.covariance[0] @ weights)
        return float(half_length_of(np.array([[se]]), np.array([[bias]]), df, confidence_pct=95)[0, 0])

    starts = np.random.default_rng(1).normal(0, 1, (4, 2))
    options = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000}
    found = min(
        (optimize.minimize(half_length, start, method="Nelder-Mead", options=options) for start in starts),
        key=lambda each: each.fun,
    )
    half_length(found.x, by_programme=True)
    assert (ours.upper[0] - ours.lower[0]) / 2 == pytest.approx(found.fun, rel=1e-7)


def test_two_waves_before_launch_carry_their_line_on():
    scores, weeks, roster = pilots(4, 3, TWO_BASELINES)
    study = event_study(scores, weeks, roster, weighting="person")
    late = weeks >= 12
    ours = smooth_interval(study, outcome=late, bound=[0.0, 0.001, 0.002], confidence_pct=95)
    u = weeks[late]
    carried_on = study.coefficients[:, late].mean(axis=1) + study.coefficients[:, 0] * u.mean() / 12
    assert ours.estimate == pytest.approx(carried_on, rel=1e-12)
    assert ours.worst_bias == pytest.approx(np.array([0, 0.001, 0.002]) * np.mean(u**2 + 12 * u) / 2, rel=1e-12)
    other = smooth_interval(study, outcome=late, bound=[0.0, 0.001, 0.002], confidence_pct=95, weighed_by="estimated")
    assert other.upper == pytest.approx(ours.upper, rel=1e-12)


def test_critical_value_is_the_quantile():
    for df in (3.0, 14.0, 200.0):
        b = np.array([0.0, 0.2, 1, 3, 30])
        reach = half_length_of(np.ones(5), b, np.full(5, df), confidence_pct=90)
        assert stats.t.cdf(reach - b, df) - stats.t.cdf(-reach - b, df) == pytest.approx(0.9, rel=1e-12)
    assert half_length_of(np.zeros(1), np.ones(1), np.full(1, 9.0), confidence_pct=90)[0] == 1


@pytest.mark.parametrize(("weeks", "n_replicates"), [(TWO_BASELINES, 1500), (FOUR_BASELINES, 400)])
@pytest.mark.parametrize("bend", [0.0, 0.001])
def test_intervals_cover_the_truth_under_the_worst_bend(weeks, n_replicates, bend):
    study = event_study(*pilots(5, n_replicates, weeks, bend=bend, effect=0.3), weighting="person")
    ours = smooth_interval(study, outcome=weeks >= 12, bound=bend, confidence_pct=95)
    assert 0.925 < np.mean((ours.lower <= 0.3) & (ours.upper >= 0.3)) < 0.975
    if bend:
        straight = smooth_interval(study, outcome=weeks >= 12, bound=0, confidence_pct=95)
        assert np.mean((straight.lower <= 0.3) & (straight.upper >= 0.3)) < 0.93


def test_a_straight_drift_is_taken_off():
    study = event_study(*pilots(6, 200, FOUR_BASELINES, slope=0.02), weighting="team")
    outcome = FOUR_BASELINES >= 12
    assert np.mean(study.coefficients[:, outcome]) > 0.3
    ours = smooth_interval(study, outcome=outcome, bound=0.0, confidence_pct=95)
    assert np.mean(ours.estimate) == pytest.approx(0.0, abs=0.05)
    before = FOUR_BASELINES <= 0  # the least-squares line of the waves before launch
    line = np.polynomial.polynomial.polyfit(FOUR_BASELINES[before], study.coefficients[:, before].T, 1)
    expected = study.coefficients[:, outcome].mean(axis=1) - line[0] - line[1] * FOUR_BASELINES[outcome].mean()
    assert ours.estimate == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("weeks", [TWO_BASELINES, FOUR_BASELINES])
def test_breakdown_is_where_the_interval_meets_zero(weeks):
    study = event_study(*pilots(7, 8, weeks, effect=0.8, slope=0), weighting="person")
    settings = {"outcome": weeks >= 12, "confidence_pct": 95}
    breaks = breakdown_bound(study, **settings)
    straight = smooth_interval(study, bound=0, **settings)
    stands = straight.lower > 0
    assert 2 <= stands.sum() < 8
    assert ((breaks > 0) == stands).all()
    assert (smooth_interval(study, bound=0.999 * breaks, **settings).lower > 0)[stands].all()
    assert (smooth_interval(study, bound=1.001 * breaks, **settings).lower < 0)[stands].all()


def test_placebo_of_two_baselines_is_the_change_between_them():
    scores, weeks, roster = pilots(8, 3, TWO_BASELINES, slope=0.03)
    study = event_study(scores, weeks, roster, weighting="person")
    ours = placebo(study, outcome=weeks >= 12, confidence_pct=95)
    change = effect_between_arms(
        scores[..., 0], scores[..., 1], roster, estimator="change", weighting="person", confidence_pct=95
    )
    assert ours.slope.estimate == pytest.approx(change.estimate / 12, rel=1e-9)
    assert ours.slope.se == pytest.approx(change.se / 12, rel=1e-9)
    assert ours.slope.p == pytest.approx(change.p, rel=1e-9)
    assert ours.slope.upper == pytest.approx(change.upper / 12, rel=1e-9)
    assert ours.slope.n_people.tolist() == change.n_people.tolist()
    assert ours.detectable_points == pytest.approx(ours.detectable_slope * 18)


def test_smallest_visible_drift_is_seen_with_the_power_asked():
    flat = placebo(
        event_study(*pilots(9, 800, FOUR_BASELINES, slope=0), weighting="person"),
        outcome=FOUR_BASELINES >= 12,
        confidence_pct=95,
    )
    assert 0.025 < np.mean(flat.slope.p < 0.05) < 0.075
    df, ratio = flat.slope.df[0], flat.detectable_slope[0] / flat.slope.se[0]
    assert stats.nct.sf(stats.t.ppf(0.975, df), df, ratio) == pytest.approx(0.8, abs=1e-6)
    slope = np.sqrt(np.mean(flat.slope.se**2)) * ratio
    study = event_study(*pilots(10, 800, FOUR_BASELINES, slope=slope), weighting="person")
    seen = placebo(study, outcome=FOUR_BASELINES >= 12, confidence_pct=95).slope.p < 0.05
    assert np.mean(seen) == pytest.approx(0.8, abs=0.045)


def test_one_wave_before_launch_or_one_pilot_team_is_refused():
    scores, weeks, roster = pilots(11, 2, TWO_BASELINES)
    settings = {"confidence_pct": 95}
    study = event_study(scores[..., 1:], weeks[1:], roster, weighting="person")
    outcome = study.weeks >= 12
    assert np.isfinite(study.coefficients).all()
    assert np.isnan(smooth_interval(study, outcome=outcome, bound=0.001, **settings).lower).all()
    assert np.isnan(breakdown_bound(study, outcome=outcome, **settings)).all()
    assert np.isnan(placebo(study, outcome=outcome, **settings).slope.estimate).all()
    treated = np.stack([np.arange(16) == 2, np.arange(16) < 8])
    one = replace(roster, start_week=np.where(treated, 0.0, np.inf))
    study = event_study(scores, weeks, one, weighting="person")
    outcome = weeks >= 12
    assert np.isnan(study.coefficients).any(axis=1).tolist() == [True, False]
    assert np.isnan(smooth_interval(study, outcome=outcome, bound=0.001, **settings).lower).tolist() == [True, False]
    assert np.isnan(breakdown_bound(study, outcome=outcome, **settings)).tolist() == [True, False]
    assert np.isnan(placebo(study, outcome=outcome, **settings).detectable_slope).tolist() == [True, False]


def test_a_wave_not_in_yet_harms_only_what_uses_it():
    scores, weeks, roster = pilots(12, 1, FOUR_BASELINES)
    scores[..., -1] = np.nan
    study = event_study(scores, weeks, roster, weighting="person")
    with_it = smooth_interval(study, outcome=weeks >= 12, bound=0.001, confidence_pct=95)
    without = smooth_interval(study, outcome=(weeks >= 12) & (weeks < 24), bound=0.001, confidence_pct=95)
    assert np.isnan([with_it.estimate[0], with_it.lower[0]]).all()
    assert np.isfinite([without.estimate[0], without.lower[0]]).all()


@pytest.mark.parametrize("weighed_by", ["equal_waves", "estimated"])
def test_batch_equals_one_at_a_time(weighed_by):
    scores, weeks, roster = pilots(13, 2, FOUR_BASELINES, effect=0.5)
    scores[np.random.default_rng(3).random(scores.shape) < 0.2] = np.nan
    outcome = weeks >= 12
    settings = {"outcome": outcome, "confidence_pct": 90, "weighed_by": weighed_by}

    def numbers(chosen: slice) -> np.ndarray:
        some = replace(roster, start_week=roster.start_week[chosen])
        study = event_study(scores[chosen], weeks, some, weighting="person")
        found = smooth_interval(study, bound=0.001, **settings)
        before = placebo(study, outcome=outcome, confidence_pct=90)
        return np.stack(
            [
                *(getattr(found, field.name) for field in fields(found)),
                before.slope.p,
                before.detectable_slope,
            ],
            axis=1,
        )

    batch = numbers(slice(None))
    for index in range(2):
        np.testing.assert_allclose(numbers(slice(index, index + 1))[0], batch[index], rtol=1e-6)


def test_breakdown_of_a_batch_equals_one_at_a_time():
    scores, weeks, roster = pilots(15, 3, TWO_BASELINES, effect=1.0)
    settings = {"outcome": weeks >= 12, "confidence_pct": 95}
    batch = breakdown_bound(event_study(scores, weeks, roster, weighting="person"), **settings)
    assert (batch > 0).any()
    for index in range(3):
        one = slice(index, index + 1)
        some = replace(roster, start_week=roster.start_week[one])
        alone = breakdown_bound(event_study(scores[one], weeks, some, weighting="person"), **settings)
        assert alone[0] == pytest.approx(batch[index], rel=1e-9)


def test_too_many_waves_for_the_teams_are_refused_when_the_covariance_is_used():
    scores, weeks, roster = pilots(14, 1, np.array([-60.0, -48, -36, -24, -12, 0, 12]))
    few = roster.team < 5
    roster = Roster.of_arms(roster.person_ids[few], roster.team[few], roster.team_ids[:5], roster.treated[:, :5])
    study = event_study(scores[:, few], weeks, roster, weighting="person")
    ours = smooth_interval(study, outcome=weeks > 0, bound=0.001, confidence_pct=95, weighed_by="estimated")
    assert np.isnan(ours.lower[0])
    other = smooth_interval(study, outcome=weeks > 0, bound=0.001, confidence_pct=95)
    assert np.isfinite(other.lower[0])


def test_layout_leaves_lines_unbiased():
    design = Extrapolation.of(FOUR_BASELINES, 3, FOUR_BASELINES >= 12)
    assert design.base @ FOUR_BASELINES == pytest.approx(0, abs=1e-12)
    assert FOUR_BASELINES @ design.turn == pytest.approx(np.zeros(2), abs=1e-12)
