"""Interrupted time series against t tests, a dense brute force, and simulated truth."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from scipy import stats

from pilot.effects import Estimate, with_drift
from pilot.effects.interrupted import InterruptedSeries, interrupted_series
from pilot.scores import Roster

WEEKS = np.array([-24.0, -12, -4, 0, 4, 8, 12, 20, 24])
LATE = WEEKS >= 12
SIZES = np.array([4, 6, 9, 12, 12, 15, 7, 5])
SETTINGS = {"outcome": LATE, "confidence_pct": 95}


def unit(seed: int, n_replicates: int, *, gaps: float = 0.0, shock: float = 0.0, effect: float = 0.0):
    """Eight teams on a common line, each with its own intercept and slope, and waves that are alike within teams."""
    rng = np.random.default_rng(seed)
    team = np.repeat(np.arange(len(SIZES)), SIZES)
    treated = np.ones((n_replicates, len(SIZES)), dtype=bool)
    roster = Roster.of_arms(np.arange(len(team)).astype(object), team, tuple(map(str, range(len(SIZES)))), treated)
    shape = n_replicates, len(SIZES), len(WEEKS)
    own = rng.normal(0, 0.3, shape[:2])[..., None] + rng.normal(0, 0.01, shape[:2])[..., None] * WEEKS
    of_team = 3.5 + 0.01 * WEEKS + own + rng.normal(0, 0.15, shape) + effect * (WEEKS > 0)
    of_team = of_team + rng.normal(0, shock, (n_replicates, 1, len(WEEKS))) if shock else of_team
    scores = of_team[:, team] + rng.normal(0, 0.5, (n_replicates, len(team), len(WEEKS)))
    scores[rng.random(scores.shape) < gaps] = np.nan
    return scores, WEEKS, roster, treated


def series(unit_of, weighting: str = "person", **changes) -> InterruptedSeries:
    scores, weeks, roster, teams = unit_of
    return interrupted_series(scores, weeks, roster, teams=teams, weighting=weighting, **{**SETTINGS, **changes})


def team_means(scores: np.ndarray, roster: Roster) -> np.ndarray:
    """Of one replicate, teams by waves."""
    answered = ~np.isnan(scores[0])
    members = np.eye(len(roster.team_ids))[roster.team].T
    with np.errstate(invalid="ignore"):
        return (members @ np.nan_to_num(scores[0])) / (members @ answered)


def assert_is_t_test(ours: Estimate, of_teams: np.ndarray) -> None:
    theirs = stats.ttest_1samp(of_teams, 0)
    bounds = theirs.confidence_interval(0.95)
    assert ours.estimate[0] == pytest.approx(of_teams.mean(), rel=1e-9)
    assert ours.df[0] == pytest.approx(len(of_teams) - 1, rel=1e-9)
    assert ours.p[0] == pytest.approx(theirs.pvalue, rel=1e-9)
    assert [ours.lower[0], ours.upper[0]] == pytest.approx([bounds.low, bounds.high], rel=1e-9)


def test_complete_teams_are_one_number_each():
    scores, weeks, roster, teams = unit(1, 1)
    ours = series((scores, weeks, roster, teams), "team")
    means = team_means(scores, roster)
    before, after = weeks <= 0, weeks > 0
    lines = [np.polyfit(weeks[before], each[before], 1) for each in means]
    above = [each[LATE].mean() - np.polyval(line, weeks[LATE]).mean() for each, line in zip(means, lines, strict=True)]
    assert_is_t_test(ours.effect, np.array(above))
    assert_is_t_test(ours.slope_before, np.array([line[0] for line in lines]))
    later = [np.polyfit(weeks[after], each[after], 1) for each in means]
    assert_is_t_test(ours.level_change, np.array(later)[:, 1] - np.array(lines)[:, 1])
    assert_is_t_test(ours.slope_change, np.array(later)[:, 0] - np.array(lines)[:, 0])
    assert (ours.effect.n_people[0], ours.effect.n_teams[0], ours.n_waves_before[0]) == (SIZES.sum(), 8, 4)


def dense_cr2(x, y, weight, team, c) -> tuple[float, float, float]:
    """Estimate, standard error and Satterthwaite df of c'b with all intercepts in the model and whole matrices."""
    x, y = x * np.sqrt(weight)[:, None], y * np.sqrt(weight)
    inverse = np.linalg.inv(x.T @ x)
    b, residual_maker = inverse @ x.T @ y, np.eye(len(y)) - x @ inverse @ x.T
    columns, total = [], 0.0
    for each in np.unique(team):
        rows = team == each
        values, vectors = np.linalg.eigh(residual_maker[np.ix_(rows, rows)])
        # Inverse root on what is not zero: the team's own intercept explains one direction fully.
        root = (vectors * np.where(values > 1e-8, 1 / np.sqrt(np.maximum(values, 1e-8)), 0.0)) @ vectors.T
        weights = root @ x[rows] @ inverse @ c
        total += (weights @ (y - x @ b)[rows]) ** 2
        columns.append(residual_maker[:, rows] @ weights)
    g = np.array(columns) @ np.array(columns).T
    return c @ b, np.sqrt(total), np.trace(g) ** 2 / (g**2).sum()


@pytest.mark.parametrize("weighting", ["person", "team"])
def test_gaps_agree_with_dense_matrices(weighting):
    scores, weeks, roster, teams = unit(2, 1, gaps=0.3)
    scores[0, roster.team == 2, 6] = np.nan  # whole teams miss a wave
    scores[0, roster.team == 5, 1] = np.nan
    scores[0, :3] = np.nan  # three of the first team's four never answer
    ours = series((scores, weeks, roster, teams), weighting)
    means = team_means(scores, roster)
    team, wave = np.nonzero(~np.isnan(means))
    people = np.array([(~np.isnan(scores[0, roster.team == each])).any(axis=1).sum() for each in range(8)])
    weight = people[team] if weighting == "person" else np.ones(len(team))
    own = np.eye(8)[team]

    kept = (weeks[wave] <= 0) | LATE[wave]
    x = np.column_stack([own, weeks[wave], np.eye(9)[wave][:, LATE]])[kept]
    c = np.array([0.0] * 8 + [0, 1, 1, 1]) / 3
    expected = dense_cr2(x, means[team, wave][kept], weight[kept], team[kept], c)
    assert [ours.effect.estimate[0], ours.effect.se[0], ours.effect.df[0]] == pytest.approx(expected, rel=1e-7)

    later = weeks[wave] > 0
    x = np.column_stack([own, weeks[wave], later, later * weeks[wave]])
    for estimate, column in ((ours.level_change, 9), (ours.slope_change, 10)):
        expected = dense_cr2(x, means[team, wave], weight, team, np.eye(11)[column])
        assert [estimate.estimate[0], estimate.se[0], estimate.df[0]] == pytest.approx(expected, rel=1e-7)
    assert ours.effect.n_people[0] == people.sum() == SIZES.sum() - 3


def test_a_line_with_a_jump_and_a_bend_is_found_exactly():
    scores, weeks, roster, teams = unit(3, 1)
    course = 3 + 0.02 * weeks + np.where(weeks > 0, 0.5 + 0.01 * weeks, 0.0)
    ours = series((np.broadcast_to(course, scores.shape), weeks, roster, teams))
    assert ours.slope_before.estimate[0] == pytest.approx(0.02)
    assert ours.level_change.estimate[0] == pytest.approx(0.5)
    assert ours.slope_change.estimate[0] == pytest.approx(0.01)
    assert ours.effect.estimate[0] == pytest.approx(0.5 + 0.01 * weeks[LATE].mean())


@pytest.mark.parametrize("weighting", ["person", "team"])
def test_intervals_cover_the_truth(weighting):
    ours = series(unit(4, 4000, gaps=0.2, effect=0.2), weighting)
    covered = (ours.effect.lower <= 0.2) & (ours.effect.upper >= 0.2)
    assert 0.93 < np.mean(covered) < 0.97
    assert np.mean(ours.effect.estimate) == pytest.approx(0.2, abs=0.02)
    assert 0.93 < np.mean((ours.slope_change.lower <= 0) & (ours.slope_change.upper >= 0)) < 0.97


def test_shocks_of_the_whole_unit_are_seen_only_with_their_factor():
    pilots = unit(5, 3000, shock=0.2)
    ours = series(pilots, "team")
    alone, quiet = series(unit(5, 3000), "team"), ours.effect
    added = np.var(quiet.estimate) - np.var(alone.effect.estimate)
    assert np.sqrt(added) == pytest.approx(0.2 * ours.shock_factor[0], rel=0.1)
    assert np.mean(quiet.lower > 0) + np.mean(quiet.upper < 0) > 0.12  # what a reader must be told
    allowed = with_drift(quiet, 0.2 * ours.shock_factor[0], confidence_pct=95)
    assert np.mean((allowed.lower <= 0) & (allowed.upper >= 0)) > 0.94


def values_of(result: InterruptedSeries, index: int) -> list[float]:
    numbers = [result.n_waves_before[index], result.shock_factor[index]]
    for name in ("effect", "level_change", "slope_change", "slope_before"):
        estimate = getattr(result, name)
        numbers += [getattr(estimate, field.name)[index] for field in fields(estimate)]
    return numbers


def test_batch_equals_one_at_a_time():
    scores, weeks, roster, teams = unit(6, 4, gaps=0.3)
    scores[1, :, :2] = np.nan  # only two waves before launch
    teams = teams.copy()
    teams[2, :3] = False
    batch = series((scores, weeks, roster, teams))
    for index in range(4):
        one = slice(index, index + 1)
        alone = series((scores[one], weeks, replace(roster, start_week=roster.start_week[one]), teams[one]))
        assert values_of(alone, 0) == pytest.approx(values_of(batch, index), rel=1e-9, nan_ok=True)
    assert np.isnan(batch.effect.estimate).tolist() == [False, True, False, False]
    assert batch.effect.n_teams.tolist() == [8, 0, 5, 8]


def test_two_waves_before_launch_are_refused():
    scores, weeks, roster, teams = unit(7, 1)
    ours = series((scores[..., 2:], weeks[2:], roster, teams), outcome=LATE[2:])
    assert ours.n_waves_before[0] == 2
    for estimate in (ours.effect, ours.level_change, ours.slope_change, ours.slope_before):
        assert np.isnan([estimate.estimate[0], estimate.se[0], estimate.p[0], estimate.lower[0]]).all()
    assert np.isnan(ours.shock_factor[0])


def test_one_team_or_an_outcome_wave_not_in_yet_is_refused():
    scores, weeks, roster, teams = unit(8, 2)
    ours = series((scores, weeks, roster, np.arange(8) == [[3], [9]]))
    assert np.isnan(ours.effect.estimate).all()
    later = scores.copy()
    later[0, :, -1] = np.nan
    assert np.isnan(series((later, weeks, roster, teams)).effect.estimate).tolist() == [True, False]
    assert np.isnan(series((scores, weeks, roster, teams), outcome=weeks < 0).effect.estimate).all()
    one_wave = np.where(weeks == 24, True, weeks <= 0)
    ours = series((scores[..., one_wave], weeks[one_wave], roster, teams), outcome=LATE[one_wave])
    assert np.isfinite(ours.effect.estimate).all()
    assert np.isnan(ours.level_change.estimate).all()
