"""CR2 and Satterthwaite against R's clubSandwich, and against simulated truth."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pilot.effects import Estimate, clustered_mean, effect_between_arms, hedges_g
from pilot.scores import Roster

REFERENCE = Path(__file__).parent / "reference"
FIELDS = {"estimate": "beta", "se": "SE", "df": "df_Satt", "p": "p_Satt", "lower": "lo", "upper": "hi"}


def roster_of(team: pd.Series, arm: pd.Series) -> Roster:
    team_ids = tuple(sorted(team.unique()))
    treated = [[bool(arm[team == each].iloc[0]) for each in team_ids]]
    index = np.searchsorted(np.array(team_ids, dtype=object), team.to_numpy(dtype=object))
    return Roster.of_arms(np.arange(len(team)).astype(object), index, team_ids, np.array(treated))


def assert_agrees(ours: Estimate, reference: dict[str, float], tolerance: float = 1e-9) -> None:
    for field, name in FIELDS.items():
        assert getattr(ours, field)[0] == pytest.approx(reference[name], rel=tolerance), field


@pytest.fixture(scope="module")
def uneven() -> pd.DataFrame:
    """Our own input: nine teams of 1 to 17 people, three of them pilot, with gaps."""
    return pd.read_csv(REFERENCE / "uneven_teams.csv").sort_values("team", ignore_index=True)


@pytest.fixture(scope="module")
def from_r() -> dict[str, dict[str, float]]:
    return json.loads((REFERENCE / "uneven_teams.json").read_text())


@pytest.mark.parametrize("weighting", ["person", "team"])
@pytest.mark.parametrize("estimator", ["change", "ancova"])
def test_agrees_with_clubsandwich(uneven, from_r, estimator, weighting):
    roster = roster_of(uneven["team"], uneven["arm"])
    before, after = uneven["before"].to_numpy()[None], uneven["after"].to_numpy()[None]
    ours = effect_between_arms(before, after, roster, estimator=estimator, weighting=weighting, confidence_pct=95)
    assert_agrees(ours, from_r[f"{estimator}_{weighting}"])


def test_mean_agrees_with_clubsandwich(uneven, from_r):
    roster = roster_of(uneven["team"], uneven["arm"])
    change = (uneven["after"] - uneven["before"]).to_numpy()[None]
    everybody = np.ones_like(roster.treated)
    ours = clustered_mean(change, roster, teams=everybody, weighting="person", confidence_pct=95)
    assert_agrees(ours, from_r["mean_person"])


@pytest.fixture(scope="module")
def soldiers(real_data):
    wide = pd.read_csv(real_data / "univbct_wide.csv").sort_values("TEAM", ignore_index=True)
    arrays = [wide[column].to_numpy()[None] for column in ("JOBSAT1", "JOBSAT3")]
    return roster_of(wide["TEAM"], wide["PILOT"]), *arrays


@pytest.fixture(scope="module")
def soldiers_in_r(r_values):
    entries = json.loads((r_values / "change_did.json").read_text())["entries"]
    return {entry["id"]: entry["values"] for entry in entries}


def test_real_change(soldiers, soldiers_in_r):
    roster, before, after = soldiers
    everybody = np.ones_like(roster.treated)
    ours = clustered_mean(after - before, roster, teams=everybody, weighting="person", confidence_pct=95)
    assert_agrees(ours, soldiers_in_r["chg_cr_team"]["CR2"]["(Intercept)"])


def test_real_change_by_team_has_the_other_sign(soldiers, soldiers_in_r):
    roster, before, after = soldiers
    everybody = np.ones_like(roster.treated)
    ours = clustered_mean(after - before, roster, teams=everybody, weighting="team", confidence_pct=95)
    reference = soldiers_in_r["chg_teammean_t"]
    assert ours.estimate[0] == pytest.approx(reference["mean"], rel=1e-9)
    assert [ours.lower[0], ours.upper[0]] == pytest.approx(reference["ci"], rel=1e-9)
    assert ours.df[0] == pytest.approx(42, rel=1e-9)


@pytest.mark.parametrize(
    ("estimator", "entry"), [("change", "did_btn3066_cr_diff"), ("ancova", "did_btn3066_ancova_cr2")]
)
def test_real_difference_between_arms(soldiers, soldiers_in_r, estimator, entry):
    roster, before, after = soldiers
    ours = effect_between_arms(before, after, roster, estimator=estimator, weighting="person", confidence_pct=95)
    assert_agrees(ours, soldiers_in_r[entry]["CR2"]["arm"])


def test_real_effect_size(soldiers, soldiers_in_r):
    roster, before, after = soldiers
    did = effect_between_arms(before, after, roster, estimator="change", weighting="person", confidence_pct=95)
    linked = np.where(np.isnan(after), np.nan, before)
    reference = soldiers_in_r["did_btn3066_es"]
    # R used the approximate small-sample factor 1 - 3 / (4 df - 1); ours is exact.
    assert hedges_g(did.estimate, linked, roster.person_treated)[0] == pytest.approx(
        reference["d_ppc2_morris2008"], rel=1e-6
    )


def simulated_null(seed: int, n_replicates: int) -> tuple[Roster, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    sizes = np.array([4, 6, 9, 12, 12, 15, 20, 5, 8, 11, 14, 16])
    team = np.repeat(np.arange(len(sizes)), sizes)
    treated = rng.permuted(np.tile(np.arange(12) < 5, (n_replicates, 1)), axis=1)
    roster = Roster.of_arms(np.arange(len(team)).astype(object), team, tuple(map(str, range(12))), treated)
    base = rng.normal(size=(n_replicates, len(team)))
    drift = 0.3 * rng.normal(size=(n_replicates, 12))[:, team]
    after = 0.6 * base + 0.8 * rng.normal(size=base.shape) + drift
    after[rng.random(after.shape) < 0.2] = np.nan
    return roster, base, after


@pytest.mark.parametrize("estimator", ["change", "ancova"])
def test_intervals_cover_the_truth(estimator):
    n_replicates = 4000
    roster, before, after = simulated_null(7, n_replicates)
    ours = effect_between_arms(before, after, roster, estimator=estimator, weighting="person", confidence_pct=95)
    covered = np.mean((ours.lower <= 0) & (ours.upper >= 0))
    assert 0.93 < covered < 0.97


def test_batch_equals_one_at_a_time():
    roster, before, after = simulated_null(11, 5)
    batch = effect_between_arms(before, after, roster, estimator="ancova", weighting="person", confidence_pct=95)
    for index in range(5):
        alone = effect_between_arms(
            before[[index]],
            after[[index]],
            replace(roster, start_week=roster.start_week[[index]]),
            estimator="ancova",
            weighting="person",
            confidence_pct=95,
        )
        assert alone.se[0] == pytest.approx(batch.se[index], rel=1e-12)
        assert alone.df[0] == pytest.approx(batch.df[index], rel=1e-12)


def test_one_treated_team_is_refused():
    roster, before, after = simulated_null(3, 1)
    one = replace(roster, start_week=np.where(np.arange(12)[None] == 4, 0.0, np.inf))
    ours = effect_between_arms(before, after, one, estimator="change", weighting="person", confidence_pct=95)
    assert np.isnan([ours.estimate[0], ours.se[0], ours.lower[0], ours.p[0]]).all()


def test_a_team_without_answers_changes_nothing():
    roster, before, after = simulated_null(5, 1)
    after[:, roster.team == 7] = np.nan
    with_empty = effect_between_arms(before, after, roster, estimator="change", weighting="person", confidence_pct=95)
    kept = roster.team != 7
    smaller = Roster.of_arms(
        roster.person_ids[kept],
        np.searchsorted(np.unique(roster.team[kept]), roster.team[kept]),
        tuple(name for index, name in enumerate(roster.team_ids) if index != 7),
        np.delete(roster.treated, 7, axis=1),
    )
    without = effect_between_arms(
        before[:, kept], after[:, kept], smaller, estimator="change", weighting="person", confidence_pct=95
    )
    assert with_empty.df[0] == pytest.approx(without.df[0], rel=1e-12)
    assert with_empty.se[0] == pytest.approx(without.se[0], rel=1e-12)
    assert with_empty.n_teams[0] == without.n_teams[0] == 11
