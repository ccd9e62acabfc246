"""Alpha, omega and item statistics against R's psych, lavaan and semTools, and against simulated truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilot.psychometrics import (
    Reliability,
    bootstrap_interval,
    cronbach_alpha,
    feldt_interval,
    mcdonald_omega,
    omega_interval,
    one_factor_of_answers,
    scale_reliability,
)
from pilot.psychometrics.moments import covariance_of

LOADINGS = np.array([0.6, 0.7, 0.85, 0.75, 0.65, 0.8])
UNIQUENESSES = np.array([0.5, 0.6, 0.4, 0.55, 0.45, 0.5])
PAD = {"Work": 3, "Man": 3, "Car": 4, "Ben": 3}


def judged(answers: np.ndarray, **options: object) -> Reliability:
    settings_ = {"reverse_keyed": np.zeros(answers.shape[-1], dtype=bool), "lowest": 1, "highest": 5, **options}
    return scale_reliability(answers, **settings_)


def assert_agrees(ours: Reliability, alpha: float, if_deleted: list[float], item_rest: list[float]) -> None:
    assert ours.cronbach_alpha[0] == pytest.approx(alpha, rel=1e-9)
    assert ours.items.cronbach_alpha_if_deleted[0] == pytest.approx(if_deleted, rel=1e-9)
    assert ours.items.corrected_item_total[0] == pytest.approx(item_rest, rel=1e-9)


@pytest.mark.parametrize("missing", ["listwise", "pairwise"])
def test_agrees_with_psych(before, from_r, missing):
    reference = from_r["reliability"][missing]
    for confidence_pct, name in ((95, "feldt"), (90, "feldt_90")):
        ours = judged(before, missing=missing, confidence_pct=confidence_pct)
        bounds = [ours.cronbach_alpha_lower[0], ours.cronbach_alpha_upper[0]]
        # psych counts the rows of its input, whoever answered nothing included.
        df = {"listwise": ours.n_complete[0], "pairwise": before.shape[1]}[missing]
        if missing == "listwise":
            assert bounds == pytest.approx(reference[name], rel=1e-9)
        whole = feldt_interval(ours.cronbach_alpha, df, 6, confidence_pct=confidence_pct)
        assert [bound[0] for bound in whole] == pytest.approx(reference[name], rel=1e-9)
    assert_agrees(ours, reference["cronbach_alpha"], reference["if_deleted"], reference["item_rest"])


def test_covariance_agrees_with_r(before, from_r):
    covariance, n = covariance_of(before, missing="pairwise")
    assert covariance[0] == pytest.approx(np.array(from_r["reliability"]["covariance_pairwise"]), rel=1e-12)
    assert n[0, 0, 1] == np.sum(~np.isnan(before[0, :, :2]).any(axis=1))


def test_omega_agrees_with_lavaan(before, from_r):
    ours = judged(before)
    assert ours.mcdonald_omega[0] == pytest.approx(from_r["reliability"]["omega_model_variance"], rel=1e-6)
    assert ours.mcdonald_omega_observed[0] == pytest.approx(from_r["reliability"]["omega_observed_variance"], rel=1e-6)


@pytest.mark.parametrize("missing", ["listwise", "pairwise"])
def test_real_alpha(agreeableness, real_in_r, missing):
    answers = agreeableness.drop(columns="gender").to_numpy(dtype=float)[None]
    ours = judged(answers, reverse_keyed=[True, False, False, False, False], highest=6, missing=missing)
    reference = real_in_r[f"alpha_bfi_A_{missing}"]
    columns = ["A1", "A2", "A3", "A4", "A5"]
    assert_agrees(
        ours,
        reference["raw_alpha"],
        [reference["drop_raw_alpha"][column] for column in columns],
        [reference["item_r_drop"][column] for column in columns],
    )
    assert ours.cronbach_alpha_lower[0] == pytest.approx(reference["feldt_lo"], abs=1e-4)
    assert ours.cronbach_alpha_upper[0] == pytest.approx(reference["feldt_hi"], abs=1e-4)


def test_real_omega(agreeableness, real_in_r):
    answers = agreeableness.drop(columns="gender").to_numpy(dtype=float)[None]
    ours = judged(answers, reverse_keyed=[True, False, False, False, False], highest=6)
    reference = real_in_r["omega_bfi_A"]
    assert ours.n_complete[0] == reference["n"]
    assert ours.mcdonald_omega[0] == pytest.approx(reference["cfa_omega_model_var"], abs=1e-6)
    assert ours.mcdonald_omega_observed[0] == pytest.approx(reference["compRelSEM"], abs=5e-6)
    # The other reference divides loadings of divisor n by a covariance of divisor n - 1.
    mixed = ours.mcdonald_omega_observed[0] * (reference["n"] - 1) / reference["n"]
    assert mixed == pytest.approx(reference["cfa_omega_obs_var"], abs=5e-6)


@pytest.mark.parametrize("scale", PAD)
def test_real_employee_survey(real_data, real_in_r, scale):
    columns = [f"{scale}{number}" for number in range(1, PAD[scale] + 1)]
    answers = pd.read_csv(real_data / "pad_employee_survey.csv")[columns].to_numpy(dtype=float)[None]
    reference = real_in_r["alpha_pad"][scale]
    ours = judged(answers)
    assert_agrees(
        ours,
        reference["raw_alpha"],
        [reference["drop_raw_alpha"][column] for column in columns],
        [reference["item_r_drop"][column] for column in columns],
    )
    assert ours.cronbach_alpha_lower[0] == pytest.approx(reference["feldt_lo"], rel=1e-9)
    # An omega from three items is a closed form; from four, lavaan stops within 5e-6.
    assert ours.mcdonald_omega_observed[0] == pytest.approx(reference["omega"], abs=5e-6)


@pytest.mark.parametrize("missing", ["listwise", "pairwise"])
def test_real_eleven_people(real_data, real_in_r, missing):
    columns = [f"COH0{number}" for number in range(1, 6)]
    answers = pd.read_csv(real_data / "cohesion.csv")[columns].to_numpy(dtype=float)[None]
    reference = real_in_r["alpha_cohesion"][missing]
    ours = judged(answers, missing=missing)
    assert_agrees(
        ours,
        reference["raw_alpha"],
        [reference["drop_raw_alpha"][column] for column in columns],
        [reference["item_r_drop"][column] for column in columns],
    )
    bounds = [ours.cronbach_alpha_lower[0], ours.cronbach_alpha_upper[0]]
    assert bounds == pytest.approx([reference["feldt_lo"], reference["feldt_hi"]], rel=1e-9)
    assert (ours.n[0], ours.n_complete[0]) == (11, 10)


def test_feldt_interval_covers_the_truth():
    rng = np.random.default_rng(3)
    n_replicates, n_people, n_items = 4000, 30, 5
    answers = rng.normal(size=(n_replicates, n_people, 1)) + rng.normal(size=(n_replicates, n_people, n_items))
    truth = n_items / (n_items + 1)
    ours = cronbach_alpha(covariance_of(answers, missing="listwise")[0])
    lower, upper = feldt_interval(ours, n_people, n_items, confidence_pct=90)
    covered = np.mean((lower <= truth) & (truth <= upper))
    assert abs(covered - 0.90) < 4 * np.sqrt(0.9 * 0.1 / n_replicates)


def test_omega_finds_the_truth_and_alpha_falls_below(one_factor_answers):
    common = LOADINGS.sum() ** 2
    truth = common / (common + UNIQUENESSES.sum())
    ours = judged(one_factor_answers(5, n_replicates=300, n_people=400))
    spread = ours.mcdonald_omega.std() / np.sqrt(300)
    assert abs(ours.mcdonald_omega.mean() - truth) < 4 * spread + 0.001  # small-sample bias is of order 1 / n
    assert np.mean(ours.mcdonald_omega > ours.cronbach_alpha) > 0.9


def test_bootstrap_covers_the_truth(one_factor_answers):
    answers = one_factor_answers(7, n_replicates=300, n_people=60)
    population = np.outer(LOADINGS, LOADINGS) + np.diag(UNIQUENESSES)
    truth = cronbach_alpha(population)
    lower, upper = bootstrap_interval(answers, np.random.default_rng(1), n_resamples=400)
    covered = np.mean((lower <= truth) & (truth <= upper))
    assert 0.89 < covered < 0.98
    again = bootstrap_interval(answers, np.random.default_rng(1), n_resamples=400)
    assert np.array_equal(lower, again[0])


def test_bootstrap_is_that_of_resampled_rows():
    rng = np.random.default_rng(2)
    answers = np.round(rng.normal(3, 1, size=(1, 50, 1)) + rng.normal(size=(1, 50, 4)))
    answers[0, :3, 0] = np.nan
    whole = answers[0, 3:]
    drawn = whole[rng.integers(0, len(whole), size=(4000, len(whole)))]
    by_rows = np.quantile(cronbach_alpha(covariance_of(drawn, missing="listwise")[0]), [0.05, 0.95])
    lower, upper = bootstrap_interval(answers, rng, n_resamples=4000, confidence_pct=90)
    assert [lower[0], upper[0]] == pytest.approx(by_rows, abs=0.012)


def test_shares_by_hand():
    answers = np.array([[[1, 1, 5.0], [1, 1, np.nan], [5, 5, 1], [3, np.nan, np.nan], [np.nan] * 3]])
    ours = judged(answers, reverse_keyed=[False, False, True])
    assert ours.n[0] == 4
    assert ours.n_complete[0] == 2
    assert ours.missing_share[0] == pytest.approx(3 / 12)
    assert ours.items.missing_share[0] == pytest.approx([0, 1 / 4, 2 / 4])
    # The fourth answered one item of three and has no score.
    assert ours.floor_share[0] == pytest.approx(2 / 3)
    assert ours.ceiling_share[0] == pytest.approx(1 / 3)
    assert ours.items.floor_share[0] == pytest.approx([2 / 4, 2 / 3, 1 / 2])
    assert ours.items.ceiling_share[0] == pytest.approx([1 / 4, 1 / 3, 1 / 2])
    assert ours.items.mean[0] == pytest.approx([2.5, 7 / 3, 3])
    assert ours.items.sd[0] == pytest.approx([np.std([1, 1, 5, 3], ddof=1), np.std([1, 1, 5], ddof=1), np.sqrt(8)])
    assert ours.items.n[0].tolist() == [4, 3, 2]


def scale_of(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    answers = np.clip(np.round(3 + rng.normal(size=(2, 40, 1)) + rng.normal(size=(2, 40, 5))), 1, 5)
    answers[rng.random(answers.shape) < 0.05] = np.nan
    return answers


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.permutations(range(5)), st.lists(st.booleans(), min_size=5, max_size=5))
def test_order_and_direction_do_not_matter(seed, order, keys):
    answers, keys = scale_of(seed), np.array(keys)
    plain = judged(answers, missing="pairwise", reverse_keyed=keys)
    moved = judged(answers[..., order], missing="pairwise", reverse_keyed=keys[order])
    mirrored = judged(answers, missing="pairwise", reverse_keyed=~keys)
    for other in (moved, mirrored):
        assert other.cronbach_alpha == pytest.approx(plain.cronbach_alpha, rel=1e-9)
        assert other.mcdonald_omega == pytest.approx(plain.mcdonald_omega, rel=1e-6, nan_ok=True)
    for name in ("corrected_item_total", "cronbach_alpha_if_deleted", "missing_share", "floor_share"):
        assert getattr(moved.items, name) == pytest.approx(getattr(plain.items, name)[:, order], rel=1e-9)
    assert mirrored.floor_share == pytest.approx(plain.ceiling_share)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_batch_equals_one_at_a_time(seed):
    answers = scale_of(seed)
    batch = judged(answers)
    for index in range(2):
        alone = judged(answers[[index]])
        for name in ("cronbach_alpha", "cronbach_alpha_lower", "mcdonald_omega", "mcdonald_omega_observed"):
            assert getattr(alone, name)[0] == pytest.approx(getattr(batch, name)[index], rel=1e-8, nan_ok=True), name


def test_what_cannot_be_had_is_nan():
    rng = np.random.default_rng(1)
    two_items = judged(rng.normal(size=(1, 20, 2)))
    assert np.isfinite(two_items.cronbach_alpha[0])
    assert np.isnan([two_items.mcdonald_omega[0], *two_items.items.cronbach_alpha_if_deleted[0]]).all()
    alike = judged(np.full((1, 20, 4), 3.0))
    assert np.isnan([alike.cronbach_alpha[0], alike.mcdonald_omega[0], alike.cronbach_alpha_lower[0]]).all()
    assert np.isnan(alike.items.corrected_item_total).all()
    nobody = judged(np.full((1, 20, 4), np.nan))
    assert np.isnan([nobody.cronbach_alpha[0], nobody.missing_share[0], nobody.floor_share[0]]).all()
    one_item = judged(rng.normal(size=(1, 20, 1)))
    assert np.isnan([one_item.cronbach_alpha[0], one_item.cronbach_alpha_upper[0]]).all()
    lower, _ = bootstrap_interval(np.full((2, 5, 3), np.nan), rng, n_resamples=10)
    assert np.isnan(lower).all()


def test_an_improper_model_has_no_omega():
    heywood = np.array([[[1, 0.8, 0.8], [0.8, 1, 0.5], [0.8, 0.5, 1]]])
    assert np.isnan([omega[0] for omega in mcdonald_omega(heywood, 100)]).all()


def test_input_is_left_alone(before):
    copy = before.copy()
    judged(before, reverse_keyed=[True] * 6)
    bootstrap_interval(before, np.random.default_rng(1), n_resamples=5)
    assert np.array_equal(before, copy, equal_nan=True)


def test_omega_interval_covers_as_it_says(one_factor_answers):
    answers = one_factor_answers(n_replicates=2000, n_people=120, seed=5)
    factor = one_factor_of_answers(answers)
    lower, upper = omega_interval(factor, confidence_pct=95)
    truth = LOADINGS.sum() ** 2 / (LOADINGS.sum() ** 2 + UNIQUENESSES.sum())
    assert np.mean((lower <= truth) & (truth <= upper)) == pytest.approx(0.95, abs=0.015)
    narrower = omega_interval(factor, confidence_pct=80)
    assert (narrower[0] > lower).all()
    assert (narrower[1] < upper).all()


def test_omega_interval_is_refused_where_omega_is():
    nobody = one_factor_of_answers(np.full((2, 5, 4), np.nan))
    assert np.isnan(omega_interval(nobody, confidence_pct=95)).all()
