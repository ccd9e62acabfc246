"""Unequal attrition is flagged, equal attrition is not."""

from __future__ import annotations

import numpy as np
import pytest

from pilot.effects import attrition_check
from pilot.scores import Roster

SETTINGS = {"retention_gap_pct": 15, "leavers_p": 0.05, "attrition_share": 0.5}


def drawn(n_replicates: int, leaves: str, seed: int = 1):
    rng = np.random.default_rng(seed)
    team = np.repeat(np.arange(16), 12)
    treated = np.tile(np.arange(16) % 2 == 0, (n_replicates, 1))
    roster = Roster.of_arms(np.arange(192).astype(object), team, tuple(map(str, range(16))), treated)
    before = rng.normal(3.6, 0.75, (n_replicates, 192))
    chance = {
        "at random": np.full_like(before, 0.25),
        "more in pilot": np.where(roster.person_treated, 0.5, 0.1),
        "happy in pilot": np.where(roster.person_treated & (before > 4.0), 0.75, 0.15),
        "unhappy in pilot, nobody elsewhere": np.where(roster.person_treated & (before < 3.2), 0.6, 0.0),
        "unhappy in pilot": np.where(roster.person_treated & (before < 3.2), 0.75, 0.15),
    }[leaves]
    after = np.where(rng.random(before.shape) < chance, np.nan, before)
    return before, after, roster


def test_equal_attrition_is_flagged_as_rarely_as_promised():
    before, after, roster = drawn(2000, "at random")
    check = attrition_check(before, after, roster, **SETTINGS)
    # one-sided 5 % for the leavers' gap, and a retention gap of 15 points by chance in under 3 %
    assert 0.03 < np.mean(check.inflating_points > 0) < 0.09
    assert np.mean(check.retention_pilot) == pytest.approx(0.75, abs=0.005)


def test_each_direction_is_flagged_for_what_it_does():
    happy = attrition_check(*drawn(300, "happy in pilot"), **SETTINGS)
    assert np.mean(happy.hiding_points > 0) > 0.9
    unhappy = attrition_check(*drawn(300, "unhappy in pilot"), **SETTINGS)
    assert np.mean(unhappy.inflating_points > 0) > 0.9
    gap_only = {**SETTINGS, "retention_gap_pct": 100}
    assert np.mean(attrition_check(*drawn(300, "happy in pilot"), **gap_only).inflating_points > 0) < 0.05


def test_an_arm_that_lost_nobody_is_no_excuse():
    check = attrition_check(*drawn(300, "unhappy in pilot, nobody elsewhere"), **{**SETTINGS, "retention_gap_pct": 100})
    assert not np.isnan(check.leavers_p).any()
    assert np.mean(check.inflating_points > 0) > 0.9


@pytest.mark.parametrize("leaves", ["more in pilot", "unhappy in pilot"])
def test_unequal_attrition_is_flagged(leaves):
    before, after, roster = drawn(300, leaves)
    check = attrition_check(before, after, roster, **SETTINGS)
    assert np.mean(check.inflating_points > 0) > 0.9


def test_the_sign_of_the_gap():
    before, after, roster = drawn(300, "unhappy in pilot")
    check = attrition_check(before, after, roster, **SETTINGS)
    assert np.mean(check.leavers_gap) > 0.3
    assert np.mean(check.leavers_p) < 0.05


def test_nobody_left():
    before, _, roster = drawn(2, "at random")
    check = attrition_check(before, before.copy(), roster, **SETTINGS)
    assert (check.inflating_points == 0).all()
    assert (check.hiding_points == 0).all()
    assert (check.retention_pilot == 1).all()
