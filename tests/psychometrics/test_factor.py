"""One factor against R's lavaan and statsmodels, its derivatives against differences, its theory against simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.multivariate.factor import Factor

from pilot.psychometrics import one_factor, one_factor_of_answers
from pilot.psychometrics.blocks import BlockModel
from pilot.psychometrics.fit_indices import noncentrality
from pilot.psychometrics.moments import Moments
from pilot.psychometrics.structure import evaluate, information_at

LOADINGS = np.array([0.6, 0.7, 0.85, 0.75, 0.65, 0.8])
UNIQUENESSES = np.array([0.5, 0.6, 0.4, 0.55, 0.45, 0.5])
INDICES = {
    "chi2": ("chisq", 1e-6),
    "df": ("df", 0),
    "cfi": ("cfi", 1e-6),
    "rmsea": ("rmsea", 1e-6),
    "rmsea_lower": ("rmsea.ci.lower", 1e-6),
    "rmsea_upper": ("rmsea.ci.upper", 1e-6),
    "srmr": ("srmr", 1e-6),
}


def assert_fits_alike(ours, reference):
    for name, (in_r, tolerance) in INDICES.items():
        assert getattr(ours, name)[0] == pytest.approx(reference[in_r], abs=tolerance), name


def test_agrees_with_lavaan(from_r):
    reference = from_r["one_factor"]
    ours = one_factor(np.array(reference["covariance"])[None], reference["n"])
    assert_fits_alike(ours.indices, reference["fit"])
    assert ours.indices.p[0] == pytest.approx(reference["fit"]["pvalue"], rel=1e-6)
    assert ours.loadings[0] == pytest.approx(reference["loadings"], abs=1e-5)
    assert ours.loading_se[0] == pytest.approx(reference["loading_se"], abs=1e-5)
    assert ours.uniquenesses[0] == pytest.approx(reference["uniquenesses"], abs=1e-5)
    assert ours.uniqueness_se[0] == pytest.approx(reference["uniqueness_se"], abs=1e-5)
    assert ours.standardised_loadings[0] == pytest.approx(reference["standardised"], abs=1e-5)


def test_answers_lead_to_the_same(before, from_r):
    ours = one_factor_of_answers(before)
    assert ours.indices.n[0] == from_r["one_factor"]["n"]
    assert ours.loadings[0] == pytest.approx(from_r["one_factor"]["loadings"], abs=1e-5)


def test_three_items_are_saturated(before, from_r):
    whole = before[:, ~np.isnan(before[0]).any(axis=1)]
    ours = one_factor_of_answers(whole[..., :3])
    assert ours.loadings[0] == pytest.approx(from_r["one_factor"]["three_items"]["loadings"], abs=1e-5)
    assert (ours.indices.df[0], ours.indices.cfi[0], ours.indices.rmsea[0]) == (0, 1, 0)
    assert ours.indices.chi2[0] == pytest.approx(0, abs=1e-8)


def test_real_fit(agreeableness, real_in_r):
    answers = agreeableness.drop(columns="gender").to_numpy(dtype=float)[None]
    answers[..., 0] = 7 - answers[..., 0]
    ours = one_factor_of_answers(answers)
    reference = real_in_r["cfa_bfi_A_ml"]
    assert ours.indices.n[0] == reference["n"]
    assert_fits_alike(ours.indices, reference["fit"])
    assert ours.standardised_loadings[0] == pytest.approx(list(reference["std"].values()), abs=1e-6)
    # psych's own maximum likelihood stops earlier.
    assert ours.standardised_loadings[0] == pytest.approx(real_in_r["efa_bfi_A_1f"]["ml"], abs=1e-5)


def test_agrees_with_statsmodels(one_factor_answers):
    answers = one_factor_answers(1, n_replicates=1, n_people=120)
    theirs = Factor(answers[0], n_factor=1, method="ml").fit().loadings[:, 0]
    ours = one_factor_of_answers(answers)
    assert ours.standardised_loadings[0] == pytest.approx(np.abs(theirs), abs=1e-4)


@pytest.mark.parametrize("linked", [False, True])
def test_slope_is_that_of_the_discrepancy(linked):
    rng = np.random.default_rng(9)
    model = BlockModel(n_blocks=3, n_items=3, linked=linked)
    structure = model.structure()
    n_groups, _, n_variables, _ = structure.loading.shape
    drawn = rng.normal(size=(2, n_groups, 60, n_variables)) + rng.normal(size=(2, n_groups, 60, 1))
    centred = drawn - drawn.mean(axis=2, keepdims=True)
    sample = Moments(
        n=np.array([[60, 50, 40], [30, 60, 90]])[:, :n_groups],
        mean=drawn.mean(axis=2),
        covariance=np.swapaxes(centred, -1, -2) @ centred / 60,
    )
    theta = model.start(sample) + 0.05 * rng.normal(size=(2, model.n_parameters))
    theta[:, model.factor_mean] = 0.2
    everything = np.ones(theta.shape, dtype=bool)
    _, slope = information_at(sample, structure, evaluate(sample, structure, theta), everything)
    for parameter in range(model.n_parameters):
        step = np.zeros(model.n_parameters)
        step[parameter] = 1e-5
        ends = [evaluate(sample, structure, theta + sign * step).discrepancy for sign in (1, -1)]
        assert slope[:, parameter] == pytest.approx(-(ends[0] - ends[1]) / 4e-5, abs=1e-7), parameter


def test_truth_is_found_with_honest_uncertainty(one_factor_answers):
    n_replicates = 1500
    ours = one_factor_of_answers(one_factor_answers(2, n_replicates=n_replicates, n_people=200))
    assert ours.indices.proper.all()
    for estimate, se, truth in (
        (ours.loadings, ours.loading_se, LOADINGS),
        (ours.uniquenesses, ours.uniqueness_se, UNIQUENESSES),
    ):
        spread = estimate.std(axis=0)
        bias = np.abs(estimate.mean(axis=0) - truth)
        assert (bias < 4 * spread / np.sqrt(n_replicates) + 0.005).all()  # maximum likelihood is biased by order 1 / n
        assert se.mean(axis=0) == pytest.approx(spread, rel=0.08)
    assert abs(ours.indices.chi2.mean() - 9) < 4 * np.sqrt(18 / n_replicates) + 0.2
    assert stats.kstest(ours.indices.p[:300], "uniform").pvalue > 1e-3


def test_a_second_factor_is_noticed(one_factor_answers):
    answers = one_factor_answers(3, n_replicates=100, n_people=300)
    rng = np.random.default_rng(4)
    answers[..., :3] += 0.6 * rng.normal(size=(100, 300, 1))
    ours = one_factor_of_answers(answers).indices
    assert np.median(ours.p) < 0.001
    assert np.median(ours.rmsea) > 0.1
    assert np.median(ours.cfi) < 0.95
    assert ((ours.rmsea_lower <= ours.rmsea) & (ours.rmsea <= ours.rmsea_upper)).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.permutations(range(5)), st.floats(0.1, 10))
def test_order_and_unit_of_items(seed, order, unit):
    rng = np.random.default_rng(seed)
    answers = rng.normal(size=(1, 80, 1)) + rng.normal(size=(1, 80, 5))
    plain, moved = one_factor_of_answers(answers), one_factor_of_answers(unit * answers[..., order])
    assert moved.loadings == pytest.approx(unit * plain.loadings[:, order], rel=1e-5, abs=1e-6)
    assert moved.uniquenesses == pytest.approx(unit**2 * plain.uniquenesses[:, order], rel=1e-5, abs=1e-6)
    assert moved.indices.chi2 == pytest.approx(plain.indices.chi2, abs=1e-7)


def test_batch_equals_one_at_a_time(one_factor_answers):
    answers = one_factor_answers(6, n_replicates=5, n_people=25)
    answers[1, :, 0] = answers[1, :, 1]  # one that is refused among the others
    answers[2, 3, 2] = np.nan
    batch = one_factor_of_answers(answers)
    assert batch.indices.converged.tolist() == [True, False, True, True, True]
    for index in range(5):
        alone = one_factor_of_answers(answers[[index]])
        assert alone.loadings[0] == pytest.approx(batch.loadings[index], rel=1e-6, nan_ok=True)
        assert alone.loading_se[0] == pytest.approx(batch.loading_se[index], rel=1e-6, nan_ok=True)
        assert alone.indices.rmsea_upper[0] == pytest.approx(batch.indices.rmsea_upper[index], rel=1e-6, nan_ok=True)


def test_what_cannot_be_fitted_is_nan():
    rng = np.random.default_rng(8)
    for answers in (rng.normal(size=(1, 50, 2)), rng.normal(size=(1, 5, 6)), np.full((1, 30, 4), np.nan)):
        ours = one_factor_of_answers(answers)
        assert not ours.indices.converged[0]
        assert np.isnan([*ours.loadings[0], *ours.loading_se[0], ours.indices.chi2[0], ours.indices.cfi[0]]).all()
        assert np.isnan([ours.indices.p[0], ours.indices.rmsea[0], ours.indices.srmr[0]]).all()


def test_items_that_share_nothing_have_no_factor():
    ours = one_factor(np.eye(5)[None], 100)
    assert not ours.indices.converged[0]
    assert np.isnan(ours.loadings).all()


def test_a_negative_uniqueness_is_shown():
    heywood = np.array([[[1, 0.8, 0.8], [0.8, 1, 0.5], [0.8, 0.5, 1]]])
    ours = one_factor(heywood, 100)
    assert ours.indices.converged[0]
    assert not ours.indices.proper[0]
    assert ours.uniquenesses[0, 0] == pytest.approx(0.99 * (1 - 1.28), abs=1e-6)


def test_negative_items_keep_their_sign():
    loadings = np.array([-0.9, 0.8, 0.8, 0.7])
    covariance = np.outer(loadings, loadings) + np.diag(1 - loadings**2)
    ours = one_factor(covariance[None] * 1000 / 999, 1000)
    assert ours.loadings[0] == pytest.approx(loadings, abs=1e-5)


def test_noncentrality_is_the_inverse_of_the_distribution():
    df, truth = np.array([5, 18, 60]), np.array([3.0, 40.0, 200.0])
    for below in (0.05, 0.95):
        chi2 = stats.ncx2.ppf(below, df, truth)
        assert noncentrality(chi2, df, below) == pytest.approx(truth, rel=1e-6)
    assert noncentrality(np.array([1.0]), np.array([5]), 0.05)[0] == 0
