"""ICC and rwg against R's multilevel, and against simulated truth."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from pilot.psychometrics import intraclass_correlation, uniform_variance, within_team_agreement

FIELDS = {
    "n_people": "n",
    "n_teams": "groups",
    "mean_size": "mean_k",
    "n0": "n0_unbalanced",
    "ms_between": "msb",
    "ms_within": "msw",
    "f": "F",
    "df_between": "df1",
    "df_within": "df2",
    "p": "p",
    "icc_1_mean_size": "ICC1_multilevel",
    "icc_1_n0": "ICC1_n0",
    "icc_2": "ICC2_multilevel",
}


def index_of(names: pd.Series) -> tuple[np.ndarray, int, list]:
    known = sorted(names.unique())
    return np.searchsorted(np.array(known), names.to_numpy()), len(known), known


def assert_agrees(ours, reference):
    for name, in_r in FIELDS.items():
        assert getattr(ours, name)[0] == pytest.approx(reference[in_r], rel=1e-9), name


@pytest.mark.parametrize("column", ["JOBSAT", "COHES", "WLOAD"])
def test_real_equal_groups(real_data, real_in_r, column):
    data = pd.read_csv(real_data / "klein2000.csv")
    team, n_teams, _ = index_of(data["GRPID"])
    ours = intraclass_correlation(data[column].to_numpy(dtype=float)[None], team, n_teams)
    assert_agrees(ours, real_in_r["icc_klein2000"][column])
    if column == "JOBSAT":
        reference = real_in_r["icc_ci_klein"]
        bounds = [ours.icc_1_lower[0], ours.icc_1_upper[0], ours.icc_2_lower[0], ours.icc_2_upper[0]]
        expected = [reference[name] for name in ("lo", "hi", "icc2_lo", "icc2_hi")]
        assert bounds == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("level", "column"),
    [("team", "JOBSAT1"), ("team", "JOBSAT3"), ("team", "COMMIT1"), ("team", "READY1"), ("btn", "JOBSAT1")],
)
def test_real_unequal_groups(real_data, real_in_r, level, column):
    data = pd.read_csv(real_data / "univbct_wide.csv")
    team, n_teams, _ = index_of(data[level.upper()])
    ours = intraclass_correlation(data[column].to_numpy(dtype=float)[None], team, n_teams)
    assert_agrees(ours, real_in_r["icc_univbct"][level][column])


def test_teams_agree_with_r(before, two_waves, from_r):
    team = two_waves["team"].to_numpy() - 1
    reference = from_r["teams"]
    score = pd.DataFrame(before[0]).mean(axis=1, skipna=False).to_numpy()[None]
    ours = intraclass_correlation(score, team, 12)
    assert ours.icc_1_mean_size[0] == pytest.approx(reference["icc_1"], rel=1e-9)
    assert ours.icc_1_n0[0] == pytest.approx(reference["icc_1_n0"], rel=1e-9)
    assert ours.icc_2[0] == pytest.approx(reference["icc_2"], rel=1e-9)
    assert ours.n0[0] == pytest.approx(reference["n0"], rel=1e-12)
    assert ours.p[0] == pytest.approx(reference["p"], rel=1e-9)
    assert [ours.icc_1_lower[0], ours.icc_1_upper[0]] == pytest.approx(reference["icc_1_interval"], rel=1e-9)
    assert [ours.icc_2_lower[0], ours.icc_2_upper[0]] == pytest.approx(reference["icc_2_interval"], rel=1e-9)
    for answers, name in ((before, "rwg_j"), (before[..., :1], "rwg")):
        agreement = within_team_agreement(answers, team, 12, null_variance=uniform_variance(5))
        in_r = pd.DataFrame(reference[name]).sort_values("team")
        assert agreement.rwg[0] == pytest.approx(in_r["value"].to_numpy(), rel=1e-9)
        assert agreement.n[0].tolist() == in_r["n"].tolist()


def test_real_agreement_on_one_item(real_data, real_in_r):
    data = pd.read_csv(real_data / "bh1996.csv")
    team, n_teams, known = index_of(data["GRP"])
    ours = within_team_agreement(
        data["LEAD"].to_numpy(dtype=float)[None, :, None], team, n_teams, null_variance=uniform_variance(5)
    )
    reference = real_in_r["rwg_bh1996"]
    assert ours.rwg[0].mean() == pytest.approx(reference["mean"], rel=1e-9)
    assert np.median(ours.rwg[0]) == pytest.approx(reference["median"], rel=1e-9)
    assert ours.rwg[0].std(ddof=1) == pytest.approx(reference["sd"], rel=1e-9)
    for row in reference["first10"]:
        place = known.index(int(row["grpid"]))
        assert ours.rwg[0, place] == pytest.approx(row["rwg"], rel=1e-9)
        assert ours.n[0, place] == row["gsize"]


@pytest.mark.parametrize(
    ("entry", "value", "columns", "by"),
    [
        ("rwgj_platoon", "rwg.j", slice(0, 5), ["UNIT", "PLATOON"]),
        ("rwgj_unit", "rwg.j", slice(0, 5), ["UNIT"]),
        ("rwg_coh01", "rwg", slice(0, 1), ["UNIT", "PLATOON"]),
    ],
)
def test_real_tiny_groups(real_data, real_in_r, entry, value, columns, by):
    data = pd.read_csv(real_data / "cohesion.csv")
    team, n_teams, known = index_of(data[by].agg(" ".join, axis=1))
    answers = data[[f"COH0{number}" for number in range(1, 6)]].to_numpy(dtype=float)[None]
    ours = within_team_agreement(answers[..., columns], team, n_teams, null_variance=2.0)
    for row in real_in_r["rwg_cohesion"][entry]:
        place = known.index(row["grpid"])
        assert ours.rwg[0, place] == pytest.approx(row[value], rel=1e-9, abs=1e-12)
        assert ours.n[0, place] == row["gsize"]


def simulated(seed: int, n_replicates: int, icc: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    team = np.repeat(np.arange(15), [4, 6, 8, 10, 12, 14, 16, 5, 7, 9, 11, 13, 15, 8, 10])
    shared = np.sqrt(icc) * rng.normal(size=(n_replicates, 15))[:, team]
    return shared + np.sqrt(1 - icc) * rng.normal(size=shared.shape), team


@pytest.mark.parametrize("icc", [0.0, 0.1, 0.4])
def test_icc_finds_the_truth(icc):
    n_replicates = 3000
    scores, team = simulated(1, n_replicates, icc)
    ours = intraclass_correlation(scores, team, 15)
    covered = np.mean((ours.icc_1_lower <= icc) & (icc <= ours.icc_1_upper))
    assert 0.93 < covered < 0.97
    # The variance between teams by n0 is unbiased; the ratio nearly so.
    between = (ours.ms_between - ours.ms_within) / ours.n0
    assert abs(between.mean() - icc) < 4 * between.std() / np.sqrt(n_replicates)
    assert np.median(ours.icc_1_n0) == pytest.approx(icc, abs=0.03)
    if icc == 0:
        assert abs(np.mean(ours.p < 0.05) - 0.05) < 4 * np.sqrt(0.05 * 0.95 / n_replicates)


def test_batch_equals_one_at_a_time_and_gaps_are_people_who_are_not_there():
    scores, team = simulated(2, 4, 0.2)
    scores[1, team == 3] = np.nan
    scores[2, ::5] = np.nan
    batch = intraclass_correlation(scores, team, 15)
    assert batch.n_teams.tolist() == [15, 14, 15, 15]
    for index in range(4):
        kept = ~np.isnan(scores[index])
        alone = intraclass_correlation(scores[[index]][:, kept], team[kept], 15)
        for field in fields(batch):
            assert getattr(alone, field.name)[0] == pytest.approx(getattr(batch, field.name)[index], rel=1e-9)


def test_order_of_people_and_origin_do_not_matter():
    scores, team = simulated(3, 2, 0.2)
    order = np.random.default_rng(4).permutation(len(team))
    plain = intraclass_correlation(scores, team, 15)
    moved = intraclass_correlation(100 - 3 * scores[:, order], team[order], 15)
    assert moved.icc_1_n0 == pytest.approx(plain.icc_1_n0, rel=1e-9)
    assert moved.ms_within == pytest.approx(9 * plain.ms_within, rel=1e-9)


def test_what_cannot_be_had_is_nan():
    rng = np.random.default_rng(5)
    for scores, team, n_teams in (
        (rng.normal(size=(1, 9)), np.zeros(9, dtype=int), 1),  # one team
        (rng.normal(size=(1, 9)), np.arange(9), 9),  # nobody shares a team
        (np.full((1, 9), np.nan), np.arange(9) // 3, 3),
        (np.full((1, 9), 2.0), np.arange(9) // 3, 3),  # nothing varies
    ):
        ours = intraclass_correlation(scores, team, n_teams)
        assert np.isnan([ours.icc_1_n0[0], ours.icc_2[0], ours.p[0], ours.icc_1_lower[0]]).all()


def test_agreement_by_hand():
    answers = np.array([[[3, 3], [3, 3], [1, 5], [5, 1], [4, 4], [np.nan, 2]], [[2, 2]] * 6], dtype=float)
    team = np.array([0, 0, 1, 1, 2, 2])
    ours = within_team_agreement(answers, team, 4, null_variance=2.0)
    # Full agreement; more spread than by chance; one person left; nobody.
    assert ours.rwg[0, :2].tolist() == [1, 0]
    assert np.isnan(ours.rwg[0, 2:]).all()
    assert ours.n[0].tolist() == [2, 2, 1, 0]
    assert ours.rwg[1, :3].tolist() == [1, 1, 1]


def test_uniform_variance_is_that_of_equal_options():
    for n_options in (2, 5, 7):
        assert uniform_variance(n_options) == pytest.approx(np.var(np.arange(n_options)))
