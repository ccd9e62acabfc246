"""Bounds and tipping point against linear programming, refitting, and simulated truth."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from scipy import optimize

from pilot.effects import effect_between_arms
from pilot.effects.bounds import tipping_point, trimming_bounds, worst_case_bounds
from pilot.scores import Roster

SIZES = np.array([6, 9, 12, 12, 15, 7, 8, 11, 14, 10])


def pilots(seed: int, n_replicates: int, *, leave_pilot: float = 0.2, leave_comparison: float = 0.2):
    """Ten teams, every other one pilot; people leave for no reason."""
    rng = np.random.default_rng(seed)
    team = np.repeat(np.arange(10), SIZES)
    treated = np.tile(np.arange(10) % 2 == 0, (n_replicates, 1))
    roster = Roster.of_arms(np.arange(len(team)).astype(object), team, tuple(map(str, range(10))), treated)
    before = rng.normal(3.5, 0.7, (n_replicates, len(team)))
    after = 1.4 + 0.6 * before + rng.normal(0, 0.5, before.shape) + rng.normal(0, 0.2, (n_replicates, 10))[:, team]
    before[rng.random(before.shape) < 0.1] = np.nan
    leaves = np.where(roster.person_treated, leave_pilot, leave_comparison)
    after[rng.random(after.shape) < leaves] = np.nan
    return before, after, roster


def extreme_mean(values: np.ndarray, count: float, sign: int) -> float:
    """Lowest (1) or highest (-1) mean of a part of so many people, by linear programming."""
    found = optimize.linprog(sign * values, A_eq=np.ones((1, len(values))), b_eq=[count], bounds=(0, 1))
    return sign * found.fun / count


@pytest.mark.parametrize(("leave_pilot", "leave_comparison"), [(0.1, 0.4), (0.4, 0.1), (0.0, 0.0)])
def test_trimming_agrees_with_linear_programming(leave_pilot, leave_comparison):
    before, after, roster = pilots(1, 1, leave_pilot=leave_pilot, leave_comparison=leave_comparison)
    ours = trimming_bounds(before, after, roster)
    change, arms = (after - before)[0], (roster.person_treated[0], ~roster.person_treated[0])
    started = [(arm & ~np.isnan(before[0])).sum() for arm in arms]
    linked = [change[arm & ~np.isnan(change)] for arm in arms]
    retention = [len(each) / n for each, n in zip(linked, started, strict=True)]
    kept = [n * min(retention) for n in started]
    low, high = ([extreme_mean(each, n, sign) for each, n in zip(linked, kept, strict=True)] for sign in (1, -1))
    assert ours.lower[0] == pytest.approx(low[0] - high[1], rel=1e-9)
    assert ours.upper[0] == pytest.approx(high[0] - low[1], rel=1e-9)
    assert [ours.retention_pilot[0], ours.retention_comparison[0]] == pytest.approx(retention)
    assert ours.trimmed_share[0] == pytest.approx(1 - min(retention) / max(retention))
    if leave_pilot == leave_comparison:
        plain = effect_between_arms(before, after, roster, estimator="change", weighting="person", confidence_pct=95)
        assert ours.lower[0] == pytest.approx(plain.estimate[0]) == pytest.approx(ours.upper[0])


def test_a_small_case_by_hand():
    team = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    roster = Roster.of_arms(np.arange(8).astype(object), team, ("a", "b"), np.array([[True, False]]))
    before = np.zeros((1, 8))
    after = np.array([[1.0, 2, 3, 4, 1, 2, np.nan, np.nan]])
    ours = trimming_bounds(before, after, roster)
    # half of the pilot's four is trimmed: {1, 2} or {3, 4} against {1, 2}
    assert (ours.lower[0], ours.upper[0], ours.trimmed_share[0]) == pytest.approx((0.0, 2.0, 0.5))
    assert np.isnan([ours.lower_se[0], ours.upper_se[0]]).all()  # one team in each arm
    worst = worst_case_bounds(before, after, roster, lowest=1, highest=5)
    assert (worst.lower[0], worst.upper[0]) == pytest.approx((2.5 - 13 / 4, 2.5 - 5 / 4))


def test_trimming_brackets_the_effect_on_those_who_would_always_stay():
    rng = np.random.default_rng(2)
    before, _, roster = pilots(2, 3000, leave_pilot=0, leave_comparison=0)
    before = np.where(np.isnan(before), 3.5, before)
    treated = roster.person_treated
    gain = rng.normal(0, 0.6, before.shape) + 0.25 * treated
    stays_anyway = rng.random(before.shape) < 0.6
    # The practice keeps in only those of the others who gained least: the plain difference is too low.
    kept_by_practice = ~stays_anyway & (gain < 0.0)
    after = np.where(stays_anyway | (treated & kept_by_practice), before + gain, np.nan)
    ours = trimming_bounds(before, after, roster)
    plain = effect_between_arms(before, after, roster, estimator="change", weighting="person", confidence_pct=95)
    assert np.mean(plain.estimate) < 0.18
    assert np.mean(ours.lower) < 0.25 < np.mean(ours.upper)
    assert np.mean((ours.lower - 2 * ours.lower_se < 0.25) & (ours.upper + 2 * ours.upper_se > 0.25)) > 0.95
    # Sharp: where those kept in are the lowest of all, the upper bound is the effect.
    own = gain - 0.25 * treated
    stays_anyway = (own > -0.5) & (rng.random(before.shape) < 0.7)
    after = np.where(stays_anyway | (treated & (own < -0.5)), before + gain, np.nan)
    assert np.mean(trimming_bounds(before, after, roster).upper) == pytest.approx(0.25, abs=0.01)


def test_standard_errors_of_trimming_are_those_of_repeated_pilots():
    ours = trimming_bounds(*pilots(3, 4000, leave_pilot=0.05, leave_comparison=0.45))
    for bound, se in ((ours.lower, ours.lower_se), (ours.upper, ours.upper_se)):
        assert np.sqrt(np.mean(se**2)) == pytest.approx(np.std(bound), rel=0.12)


def test_worst_case_contains_whatever_the_missing_scored():
    before, after, roster = pilots(4, 50)
    ours = worst_case_bounds(before, after, roster, lowest=1, highest=5)
    rng = np.random.default_rng(4)
    for filled in (rng.uniform(1, 5, after.shape), np.where(roster.person_treated, 1.0, 5.0), 3.0):
        complete = np.where(np.isnan(after), filled, after)
        whole = effect_between_arms(
            before, complete, roster, estimator="change", weighting="person", confidence_pct=95
        ).estimate
        assert (ours.lower <= whole + 1e-12).all()
        assert (ours.upper >= whole - 1e-12).all()
    worst = np.where(np.isnan(after), np.where(roster.person_treated, 1.0, 5.0), after)
    whole = effect_between_arms(before, worst, roster, estimator="change", weighting="person", confidence_pct=95)
    assert ours.lower == pytest.approx(whole.estimate)


@pytest.mark.parametrize("estimator", ["change", "ancova"])
def test_tipping_point_refitted_with_the_missing_filled_in_is_nothing(estimator):
    before, after, roster = pilots(5, 6, leave_pilot=0.3)
    after = after + 0.4 * roster.person_treated
    settings = {"estimator": estimator, "weighting": "person", "confidence_pct": 95}
    ours = tipping_point(before, after, roster, **settings)
    assert ours.to_doubt_points == pytest.approx(ours.effect.lower / ours.missing_share)
    for index in range(6):
        arm, start, end = roster.person_treated[index], before[index], after[index]
        linked, started = ~np.isnan(end - start), ~np.isnan(start)
        x = np.column_stack([np.ones_like(start), arm, start if estimator == "ancova" else np.zeros_like(start)])
        y = end if estimator == "ancova" else end - start
        b = np.linalg.lstsq(x[linked], y[linked], rcond=None)[0]
        assert b[1] == pytest.approx(ours.effect.estimate[index])
        filled = np.where(linked, y, np.nan_to_num(x) @ b - ours.to_zero_points[index] * arm)
        assert np.linalg.lstsq(x[started], filled[started], rcond=None)[0][1] == pytest.approx(0, abs=1e-12)


def test_tipping_point_by_team_with_team_mates_as_the_rule():
    before, after, roster = pilots(6, 1, leave_pilot=0.3)
    ours = tipping_point(before, after + 0.3 * roster.person_treated, roster, **SETTINGS_BY_TEAM)
    change = (after + 0.3 * roster.person_treated - before)[0]
    means = []
    for each in range(10):
        of_team = change[(roster.team == each) & ~np.isnan(before[0])]
        missing = ours.to_zero_points[0] if roster.treated[0, each] else 0.0
        means.append(np.where(np.isnan(of_team), np.nanmean(of_team) - missing, of_team).mean())
    treated = roster.treated[0]
    assert np.mean(np.array(means)[treated]) - np.mean(np.array(means)[~treated]) == pytest.approx(0, abs=1e-12)


SETTINGS_BY_TEAM = {"estimator": "change", "weighting": "team", "confidence_pct": 95}


def test_nobody_missing_can_undo_nothing():
    before, after, roster = pilots(7, 2, leave_pilot=0, leave_comparison=0.2)
    after = after + 2.0 * roster.person_treated
    settings = {"estimator": "change", "weighting": "person", "confidence_pct": 95}
    ours = tipping_point(before, after, roster, **settings)
    assert np.isposinf(ours.to_zero_points).all()
    assert np.isposinf(ours.to_doubt_points).all()
    assert np.isneginf(
        tipping_point(before, after - 4.0 * roster.person_treated, roster, **settings).to_zero_points
    ).all()


def test_batch_equals_one_at_a_time_and_one_pilot_team_is_refused():
    before, after, roster = pilots(8, 4, leave_pilot=0.3)
    after[1, roster.person_treated[1]] = np.nan  # nobody of the pilot is linked
    roster = replace(roster, start_week=roster.start_week.copy())
    roster.start_week[2] = np.where(np.arange(10) == 3, 0.0, np.inf)
    settings = {"estimator": "ancova", "weighting": "person", "confidence_pct": 95}

    def numbers(chosen: slice) -> np.ndarray:
        some = before[chosen], after[chosen], replace(roster, start_week=roster.start_week[chosen])
        results = [
            trimming_bounds(*some),
            worst_case_bounds(*some, lowest=1, highest=5),
            tipping_point(*some, **settings),
        ]
        named = [(result, field.name) for result in results for field in fields(result)]
        return np.stack([getattr(*each) for each in named if each[1] != "effect"], axis=1)

    batch = numbers(slice(None))
    for index in range(4):
        np.testing.assert_allclose(numbers(slice(index, index + 1))[0], batch[index], rtol=1e-9)
    tipped = tipping_point(before, after, roster, **settings)
    assert np.isnan(tipped.to_zero_points).tolist() == [False, True, True, False]
    trimmed = trimming_bounds(before, after, roster)
    assert np.isnan(trimmed.lower).tolist() == [False, True, False, False]
    assert np.isnan(trimmed.lower_se).tolist() == [False, True, True, False]
