"""Randomisation inference, wild cluster bootstrap and jackknife against R, statsmodels and brute force."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from pilot.effects.second_opinion import jackknife, randomisation_test, wild_bootstrap_test
from pilot.scores import Roster

REFERENCE = Path(__file__).parent / "reference"
MODELS = [(estimator, weighting) for estimator in ("change", "ancova") for weighting in ("person", "team")]


def roster_of(team: pd.Series, arm: pd.Series) -> Roster:
    team_ids = tuple(sorted(team.unique()))
    treated = [[bool(arm[team == each].iloc[0]) for each in team_ids]]
    index = np.searchsorted(np.array(team_ids, dtype=object), team.to_numpy(dtype=object))
    return Roster.of_arms(np.arange(len(team)).astype(object), index, team_ids, np.array(treated))


@pytest.fixture(scope="module")
def uneven():
    """Nine teams of 1 to 17 people, three of them pilot, with gaps: before, after, roster."""
    frame = pd.read_csv(REFERENCE / "uneven_teams.csv").sort_values("team", ignore_index=True)
    arrays = [frame[name].to_numpy()[None] for name in ("before", "after")]
    return *arrays, roster_of(frame["team"], frame["arm"])


def rows_of(before, after, roster, estimator: str, weighting: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Covariates, outcome and team of the model, for statsmodels; one replicate, linked people or teams only."""
    frame = pd.DataFrame({"before": before[0], "after": after[0], "team": roster.team}).dropna()
    if weighting == "team":
        frame = frame.groupby("team", as_index=False).mean()
    columns = [np.ones(len(frame))] + ([frame["before"].to_numpy()] if estimator == "ancova" else [])
    outcome = frame["after"] - (0 if estimator == "ancova" else frame["before"])
    return np.column_stack(columns), outcome.to_numpy(), frame["team"].to_numpy()


def t_of(z: np.ndarray, arm: np.ndarray, y: np.ndarray, team: np.ndarray) -> float:
    kwds = {"groups": team, "use_correction": False}
    return sm.OLS(y, np.column_stack([z, arm])).fit(cov_type="cluster", cov_kwds=kwds).tvalues[-1]


def brute_force_randomisation_p(z, y, team, treated, effect: float = 0.0) -> float:
    """Every assignment refitted."""
    teams = np.unique(team)
    y = y - effect * treated[team]
    observed = t_of(z, treated[team].astype(float), y, team)
    chosen = combinations(teams, treated[teams].sum())
    every = [t_of(z, np.isin(team, pilot).astype(float), y, team) for pilot in chosen]
    return float(np.mean(np.abs(every) >= abs(observed) * (1 - 1e-9)))


def brute_force_bootstrap_p(z, y, team, treated) -> float:
    """Every sign pattern refitted."""
    teams, arm = np.unique(team), treated[team].astype(float)
    under_null = sm.OLS(y, z).fit()
    observed = t_of(z, arm, y, team)
    every = []
    for signs in product((-1.0, 1.0), repeat=len(teams)):
        drawn = under_null.fittedvalues + under_null.resid * np.array(signs)[np.searchsorted(teams, team)]
        every.append(t_of(z, arm, drawn, team))
    return float(np.mean(np.abs(every) >= abs(observed) * (1 - 1e-9)))


def simulated(seed: int, n_replicates: int, *, n_pilot: int = 5, drawn: bool = True):
    """Nothing works; twelve teams of unequal size answer alike and are drawn anew in each replicate."""
    rng = np.random.default_rng(seed)
    sizes = np.array([4, 6, 9, 12, 12, 15, 20, 5, 8, 11, 14, 16])
    team = np.repeat(np.arange(len(sizes)), sizes)
    treated = np.tile(np.arange(12) < n_pilot, (n_replicates, 1))
    treated = rng.permuted(treated, axis=1) if drawn else treated
    roster = Roster.of_arms(np.arange(len(team)).astype(object), team, tuple(map(str, range(12))), treated)
    before = rng.normal(size=(n_replicates, len(team)))
    together = 0.4 * rng.normal(size=(n_replicates, 12))[:, team]
    after = 0.6 * before + 0.8 * rng.normal(size=before.shape) + together
    after[rng.random(after.shape) < 0.2] = np.nan
    return before, after, roster


def test_randomisation_agrees_with_r(real_data, r_values):
    entries = json.loads((r_values / "other_designs.json").read_text())["entries"]
    reference = next(entry["values"] for entry in entries if entry["id"] == "sherif_permutation_exact")
    long = pd.read_csv(real_data / "sherifdat.csv")
    wide = long.pivot_table(index=["group", "person", "condition"], columns="time", values="y").reset_index()
    before, after = (wide[time].to_numpy(dtype=float)[None] for time in (0, 2))
    ours = randomisation_test(
        before,
        after,
        roster_of(wide["group"], wide["condition"]),
        estimator="change",
        weighting="team",
        confidence_pct=95,
        rng=np.random.default_rng(1),
    )
    # R compared differences, we compare t: with equal arms the one grows with the other.
    assert ours.p[0] == pytest.approx(reference["p_two"], rel=1e-12)
    assert ours.estimate[0] == pytest.approx(reference["obs"], rel=1e-12)
    assert (ours.n_assignments[0], ours.is_exact[0]) == (reference["n_perm"], True)
    assert ours.smallest_p[0] == pytest.approx(2 / 70)


@pytest.mark.parametrize(("estimator", "weighting"), MODELS)
def test_randomisation_agrees_with_brute_force(uneven, estimator, weighting):
    roster = uneven[2]
    ours = randomisation_test(
        *uneven, estimator=estimator, weighting=weighting, confidence_pct=90, rng=np.random.default_rng(1)
    )
    z, y, team = rows_of(*uneven, estimator, weighting)
    treated = roster.treated[0]
    assert ours.p[0] == pytest.approx(brute_force_randomisation_p(z, y, team, treated), rel=1e-12)
    assert ours.lower[0] < ours.estimate[0] < ours.upper[0]
    for bound, outward in ((ours.lower[0], -1e-6), (ours.upper[0], 1e-6)):
        assert brute_force_randomisation_p(z, y, team, treated, bound - outward) > 0.10
        assert brute_force_randomisation_p(z, y, team, treated, bound + outward) <= 0.10


@pytest.mark.parametrize(("estimator", "weighting"), MODELS)
def test_bootstrap_agrees_with_brute_force(estimator, weighting):
    before, after, roster = simulated(2, 1)
    few = roster.team < 9  # of twelve: 512 refits
    treated = np.arange(9)[None] % 3 == 0
    pilot = (
        before[:, few],
        after[:, few],
        Roster.of_arms(roster.person_ids[few], roster.team[few], roster.team_ids[:9], treated),
    )
    ours = wild_bootstrap_test(
        *pilot, estimator=estimator, weighting=weighting, weights="rademacher", rng=np.random.default_rng(1)
    )
    z, y, team = rows_of(*pilot, estimator, weighting)
    expected = brute_force_bootstrap_p(z, y, team, treated[0])
    assert 0.1 < expected < 0.95  # in the middle, many draws are near the observed statistic
    assert ours.p[0] == pytest.approx(expected, rel=1e-12)
    assert (ours.n_draws[0], ours.is_exact[0]) == (512, True)


def test_weights_fit_the_number_of_teams(uneven):
    settings = {"estimator": "change", "weighting": "person", "max_draws": 99}
    few = wild_bootstrap_test(*uneven, **settings, rng=np.random.default_rng(1))
    webb = wild_bootstrap_test(*uneven, **settings, weights="webb", rng=np.random.default_rng(1))
    assert few.p[0] == webb.p[0]
    many = wild_bootstrap_test(*simulated(1, 1), **settings, rng=np.random.default_rng(1))
    signs = wild_bootstrap_test(*simulated(1, 1), **settings, weights="rademacher", rng=np.random.default_rng(1))
    assert many.p[0] == signs.p[0]
    assert few.is_exact.tolist() == many.is_exact.tolist() == [False]


@pytest.mark.parametrize(("estimator", "weighting"), MODELS)
def test_jackknife_agrees_with_statsmodels(uneven, estimator, weighting):
    ours = jackknife(*uneven, estimator=estimator, weighting=weighting, confidence_pct=95)
    z, y, team = rows_of(*uneven, estimator, weighting)
    x = np.column_stack([z, uneven[2].treated[0][team].astype(float)])
    theirs = sm.OLS(y, x).fit(cov_type="cluster-crv3", cov_kwds={"groups": team}, use_t=True)
    assert ours.estimate[0] == pytest.approx(theirs.params[-1], rel=1e-9)
    assert ours.se[0] == pytest.approx(theirs.bse[-1], rel=1e-9)
    assert ours.p[0] == pytest.approx(theirs.pvalues[-1], rel=1e-9)
    assert [ours.lower[0], ours.upper[0]] == pytest.approx(theirs.conf_int()[-1], rel=1e-9)


def test_jackknife_agrees_with_clubsandwich(real_data, r_values):
    wide = pd.read_csv(real_data / "univbct_wide.csv").sort_values("TEAM", ignore_index=True)
    before, after = (wide[name].to_numpy()[None] for name in ("JOBSAT1", "JOBSAT3"))
    entries = json.loads((r_values / "change_did.json").read_text())["entries"]
    reference = next(e["values"]["CR3"]["arm"] for e in entries if e["id"] == "did_btn3066_cr_diff")
    ours = jackknife(
        before,
        after,
        roster_of(wide["TEAM"], wide["PILOT"]),
        estimator="change",
        weighting="person",
        confidence_pct=95,
    )
    assert ours.estimate[0] == pytest.approx(reference["beta"], rel=1e-9)
    assert ours.df[0] == reference["df_t"] == 42
    assert ours.se[0] * np.sqrt(43 / 42) == pytest.approx(reference["SE"], rel=1e-9)  # clubSandwich has no factor


@pytest.mark.parametrize("estimator", ["change", "ancova"])
def test_randomisation_rejects_as_often_as_promised(estimator):
    ours = randomisation_test(
        *simulated(7, 1000),
        estimator=estimator,
        weighting="person",
        confidence_pct=95,
        rng=np.random.default_rng(1),
    )
    assert ours.is_exact.all()
    assert 0.029 < np.mean(ours.p <= 0.05) < 0.071  # exactly 39 of 792 assignments; three standard errors
    covered = (ours.lower <= 0) & (ours.upper >= 0)
    assert np.array_equal(covered, ours.p > 0.05)


def test_bootstrap_and_jackknife_reject_as_often_as_promised():
    pilots = simulated(8, 1000, drawn=False)
    settings = {"estimator": "change", "weighting": "person"}
    drawn = wild_bootstrap_test(*pilots, **settings, weights="webb", rng=np.random.default_rng(1), max_draws=399)
    assert 0.03 < np.mean(drawn.p <= 0.05) < 0.075
    left_out = jackknife(*pilots, **settings, confidence_pct=95)
    assert 0.02 < np.mean(left_out.p <= 0.05) < 0.07


def test_an_effect_is_found():
    before, after, roster = simulated(9, 200)
    after = after + 1.0 * roster.person_treated
    settings = {"estimator": "ancova", "weighting": "person"}
    drawn = randomisation_test(
        before, after, roster, **settings, confidence_pct=95, rng=np.random.default_rng(2), max_assignments=500
    )
    assert not drawn.is_exact.any()
    assert (drawn.n_assignments == 500).all()
    assert np.mean(drawn.p <= 0.05) > 0.8
    assert np.mean((drawn.lower <= 1) & (drawn.upper >= 1)) > 0.9
    weights = wild_bootstrap_test(
        before, after, roster, **settings, weights="rademacher", rng=np.random.default_rng(2), max_draws=500
    )
    assert np.mean(weights.p <= 0.05) > 0.8


def test_random_assignments_come_near_all_of_them(uneven):
    settings = {"estimator": "change", "weighting": "person", "confidence_pct": 90}
    every = randomisation_test(*uneven, **settings, rng=np.random.default_rng(1))
    some = randomisation_test(*uneven, **settings, rng=np.random.default_rng(1), max_assignments=40)
    assert some.is_exact[0] != every.is_exact[0]
    assert some.p[0] == pytest.approx(every.p[0], abs=0.15)


def test_too_few_teams_bound_nothing():
    before, after, roster = simulated(4, 2)
    few = roster.team < 6
    roster = Roster.of_arms(
        roster.person_ids[few], roster.team[few], roster.team_ids[:6], np.array([[True, False] * 3] * 2)
    )
    ours = randomisation_test(
        before[:, few],
        after[:, few],
        roster,
        estimator="change",
        weighting="person",
        confidence_pct=95,
        rng=np.random.default_rng(1),
    )
    assert ours.smallest_p == pytest.approx(2 / 20)
    assert (ours.p >= ours.smallest_p).all()
    assert np.isneginf(ours.lower).all()
    assert np.isposinf(ours.upper).all()


@pytest.mark.parametrize("estimator", ["change", "ancova"])
def test_batch_equals_one_at_a_time(estimator):
    before, after, roster = simulated(11, 5)
    after[1, roster.team == 7] = np.nan  # these two replicates have fewer measured teams
    after[3, roster.team <= 1] = np.nan
    settings = {"estimator": estimator, "weighting": "person"}

    def all_three(chosen: slice) -> list[np.ndarray]:
        pilots = before[chosen], after[chosen], replace(roster, start_week=roster.start_week[chosen])
        rng = np.random.default_rng(1)  # not used: all assignments and all signs
        drawn = randomisation_test(*pilots, **settings, confidence_pct=95, rng=rng)
        weights = wild_bootstrap_test(*pilots, **settings, weights="rademacher", rng=rng)
        left_out = jackknife(*pilots, **settings, confidence_pct=95)
        return [drawn.p, drawn.lower, drawn.upper, weights.p, left_out.se, left_out.df]

    batch = all_three(slice(None))
    for index in range(5):
        alone = all_three(slice(index, index + 1))
        assert [each[0] for each in alone] == pytest.approx([each[index] for each in batch], rel=1e-9)


def test_one_treated_team_is_refused():
    before, after, roster = simulated(3, 3)
    treated = np.stack([np.arange(12) == 4, np.arange(12) < 5, np.arange(12) == 0])
    one = replace(roster, start_week=np.where(treated, 0.0, np.inf))
    settings = {"estimator": "change", "weighting": "person"}
    rng = np.random.default_rng(1)
    drawn = randomisation_test(before, after, one, **settings, confidence_pct=95, rng=rng)
    weights = wild_bootstrap_test(before, after, one, **settings, weights="webb", rng=rng, max_draws=99)
    left_out = jackknife(before, after, one, **settings, confidence_pct=95)
    for refused in (drawn.estimate, drawn.p, drawn.lower, weights.p, left_out.estimate, left_out.se, left_out.p):
        assert np.isnan(refused).tolist() == [True, False, True]


def test_nothing_varies_and_nothing_is_mutated():
    before, after, roster = simulated(5, 2)
    after = np.where(np.isnan(after), np.nan, before + 1.0)
    kept = before.copy(), after.copy()
    settings = {"estimator": "change", "weighting": "person"}
    rng = np.random.default_rng(1)
    drawn = randomisation_test(before, after, roster, **settings, confidence_pct=95, rng=rng)
    weights = wild_bootstrap_test(before, after, roster, **settings, weights="rademacher", rng=rng)
    assert (drawn.p == 1).all()
    assert (weights.p == 1).all()
    assert drawn.lower == pytest.approx([0, 0], abs=1e-9)
    np.testing.assert_array_equal(before, kept[0])
    np.testing.assert_array_equal(after, kept[1])


def test_arms_that_do_not_overlap_give_the_smallest_p():
    before, _, roster = simulated(6, 2)
    after = before + 1.0 * roster.person_treated
    settings = {"estimator": "change", "weighting": "person"}
    rng = np.random.default_rng(1)
    drawn = randomisation_test(before, after, roster, **settings, confidence_pct=95, rng=rng)
    assert drawn.p == pytest.approx(np.array([1 / 792] * 2))
    assert drawn.smallest_p == pytest.approx(drawn.p)
    weights = wild_bootstrap_test(before, after, roster, **settings, weights="rademacher", rng=rng)
    assert (weights.p <= 4 / 2**12).all()
