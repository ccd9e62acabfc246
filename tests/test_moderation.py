"""The slope over the dose: recovered, and never made of comparison teams."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from pilot.effects.moderation import dose_response
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
