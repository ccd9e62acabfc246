"""The models fitted from five sums a team, against the general algorithm that works with all columns."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilot.effects import contrast, fit, moments_of
from pilot.effects.team_model import TeamSums, fit_contrast
from pilot.scores import Roster

CONTRASTS = {"mean": [1.0], "change": [0, 1.0], "ancova": [0, 1.0, 0], "interaction": [0, 0, 0, 1.0]}


def columns(model, arm, b):
    one = np.ones_like(b)
    return np.stack(
        {"mean": [one], "change": [one, arm], "ancova": [one, arm, b]}.get(model, [one, arm, b, arm * b]), -1
    )


def pilots(seed, n_replicates, sizes, share_missing):
    """Replicates of uneven teams with missing people, some teams empty, arms drawn anew."""
    rng = np.random.default_rng(seed)
    team = np.repeat(np.arange(len(sizes)), sizes)
    treated = rng.permuted(np.tile(np.arange(len(sizes)) < len(sizes) // 2, (n_replicates, 1)), axis=1)
    roster = Roster.of_arms(np.arange(len(team)).astype(object), team, tuple(map(str, range(len(sizes)))), treated)
    b = rng.normal(3.0, 0.8, (n_replicates, len(team)))
    y = 0.5 * b + 0.3 * rng.normal(size=(n_replicates, len(sizes)))[:, team] + rng.normal(size=b.shape)
    y[rng.random(y.shape) < share_missing] = np.nan
    return roster, y, b


def general(model, roster, y, b, team_once):
    arm = np.broadcast_to(roster.person_treated, y.shape).astype(float)
    x = columns(model, arm, b)
    moments = moments_of(x, y, roster.team, len(roster.team_ids))
    if team_once:
        with np.errstate(invalid="ignore"):
            means = moments.xx[..., 0, :] / moments.n[..., None], moments.xy[..., 0] / moments.n
        once = moments_of(*means, np.arange(len(roster.team_ids)), len(roster.team_ids))
        moments = type(once)(once.xx, once.xy, moments.n)
    return contrast(fit(moments), CONTRASTS[model], moments, roster.treated, confidence_pct=95)


def special(model, roster, y, b, team_once):
    sums = TeamSums.of(y, roster, b if model in ("ancova", "interaction") else None)
    rows = sums.each_team_once() if team_once else sums
    return fit_contrast(model, rows, roster.treated, CONTRASTS[model], confidence_pct=95)


def assert_equal(ours, reference):
    for field in fields(reference):
        found, expected = getattr(ours, field.name), getattr(reference, field.name)
        np.testing.assert_allclose(found, expected, rtol=2e-7, atol=1e-10, err_msg=field.name)


@pytest.mark.parametrize("team_once", [False, True])
@pytest.mark.parametrize("model", CONTRASTS)
def test_agrees_with_the_general_algorithm(model, team_once):
    roster, y, b = pilots(1, 40, [1, 17, 5, 9, 0, 12, 12, 3, 8, 14], 0.3)
    assert_equal(special(model, roster, y, b, team_once), general(model, roster, y, b, team_once))


@settings(max_examples=40, deadline=None)
@given(
    model=st.sampled_from(sorted(CONTRASTS)),
    sizes=st.lists(st.integers(0, 9), min_size=2, max_size=8),
    share_missing=st.sampled_from([0.0, 0.4, 0.95]),
    seed=st.integers(0, 10**6),
)
def test_refuses_what_the_general_algorithm_refuses(model, sizes, share_missing, seed):
    """Nobody there, one team an arm, a single person: NaN in the same replicates, else the same numbers.

    Where a team leaves next to nothing to the others both lose digits, each in its own way.
    """
    roster, y, b = pilots(seed, 6, sizes, share_missing)
    ours, reference = (each(model, roster, y, b, False) for each in (special, general))
    clear = np.isfinite(reference.df) & (reference.df > 1e-3)
    assert (np.isfinite(ours.estimate) == np.isfinite(reference.estimate)).all()
    np.testing.assert_allclose(ours.se[clear], reference.se[clear], rtol=1e-2, atol=1e-9)
    np.testing.assert_allclose(ours.df[clear], reference.df[clear], rtol=2e-2)


def test_whether_people_left_is_a_column_like_any_other():
    roster, y, _ = pilots(3, 30, [12] * 10, 0.1)
    left = (np.random.default_rng(4).random(y.shape) < 0.3).astype(float)
    assert_equal(special("interaction", roster, y, left, False), general("interaction", roster, y, left, False))
