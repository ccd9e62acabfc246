"""The slope over the dose: recovered, and never made of comparison teams."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from pilot.effects.moderation import dose_response, spread_between_managers
from pilot.scores import Roster


def pilots(n_replicates, seed=1, slope=0.08):
    rng = np.random.default_rng(seed)
    team = np.repeat(np.arange(16), 12)
    treated = np.tile(np.arange(16) < 10, (n_replicates, 1))
    roster = Roster.of_arms(np.arange(192).astype(object), team, tuple(map(str, range(16))), treated)
    dose = rng.uniform(40, 95, (n_replicates, 16))
    before = rng.normal(3.5, 0.7, (n_replicates, 192))
    lift = np.where(treated, slope * dose / 10, 0.0) + 0.1 * rng.normal(size=treated.shape)
    after = before + lift[:, team] + rng.normal(0, 0.6, before.shape)
    after[rng.random(after.shape) < 0.2] = np.nan
    return roster, before, after, dose


def test_the_slope_is_recovered_with_its_interval():
    roster, before, after, dose = pilots(1500)
    found = dose_response(before, after, roster, dose, confidence_pct=95)
    assert found.estimate.mean() == pytest.approx(0.08, abs=4.5 * found.estimate.std() / np.sqrt(1500))
    covered = (found.lower <= 0.08) & (found.upper >= 0.08)
    assert covered.mean() == pytest.approx(0.95, abs=0.025)


def test_it_is_the_least_squares_slope_of_the_pilot_s_people():
    roster, before, after, dose = pilots(1)
    found = dose_response(before, after, roster, dose, confidence_pct=95)
    there = roster.person_treated[0] & ~np.isnan(after[0])
    x = sm.add_constant(dose[0][roster.team][there] / 10)
    assert found.estimate[0] == pytest.approx(sm.OLS((after - before)[0][there], x).fit().params[1])
    moved = np.where(roster.person_treated, after, after + 5)
    assert dose_response(before, moved, roster, dose, confidence_pct=95).estimate == found.estimate


def test_nothing_to_tell_is_nan():
    roster, before, after, dose = pilots(2)
    same = np.full_like(dose, 70.0)
    assert np.isnan(dose_response(before, after, roster, same, confidence_pct=95).estimate).all()
    assert np.isnan(dose_response(before, after, roster, np.full_like(dose, np.nan), confidence_pct=95).estimate).all()


def changes(n_replicates, sd_pilot, sd_comparison, seed=3):
    """Uneven teams, ten of the pilot and six others, in which people's changes have SD .6."""
    rng = np.random.default_rng(seed)
    team = np.repeat(np.arange(16), np.tile([6, 10, 14, 18], 4))
    treated = np.tile(np.arange(16) < 10, (n_replicates, 1))
    roster = Roster.of_arms(np.arange(len(team)).astype(object), team, tuple(map(str, range(16))), treated)
    of_team = np.where(treated, sd_pilot, sd_comparison) * rng.normal(size=treated.shape)
    change = of_team[:, team] + rng.normal(0, 0.6, (n_replicates, len(team)))
    change[rng.random(change.shape) < 0.2] = np.nan
    return roster, change


def test_the_spread_between_managers_is_recovered_in_each_arm():
    roster, change = changes(4000, 0.5, 0.3)
    found = spread_between_managers(change, roster, confidence_pct=95)
    covered = (found.pilot_bounds[0] <= 0.5) & (found.pilot_bounds[1] >= 0.5)
    assert covered.mean() == pytest.approx(0.95, abs=0.025)
    for spread, truth in ((found.pilot, 0.5), (found.comparison, 0.3)):
        error = 4.5 * (spread**2).std() / np.sqrt(4000)
        assert (spread**2).mean() == pytest.approx(truth**2, abs=error + 0.002)  # cut at 0, so a little above


def test_teams_that_differ_by_their_people_only_have_no_spread_and_one_team_tells_nothing():
    roster, change = changes(2000, 0.0, 0.0)
    found = spread_between_managers(change, roster, confidence_pct=95)
    assert (found.pilot == 0).mean() == pytest.approx(0.5, abs=0.15)
    one = np.where(roster.team == 0, change, np.nan)
    assert np.isnan(spread_between_managers(one, roster, confidence_pct=95).pilot).all()
    assert np.isnan(spread_between_managers(one, roster, confidence_pct=95).comparison).all()


def test_the_spread_is_that_of_one_way_analysis_of_variance():
    roster, change = changes(1, 0.5, 0.5)
    frame = pd.DataFrame({"team": roster.team, "y": change[0]})[roster.person_treated[0]].dropna()
    table = anova_lm(ols("y ~ C(team)", frame).fit())
    n = frame.groupby("team")["y"].size()
    usual_size = (n.sum() - (n**2).sum() / n.sum()) / (len(n) - 1)
    variance = (table["mean_sq"].iloc[0] - table["mean_sq"].iloc[1]) / usual_size
    assert spread_between_managers(change, roster, confidence_pct=95).pilot[0] == pytest.approx(np.sqrt(variance))
