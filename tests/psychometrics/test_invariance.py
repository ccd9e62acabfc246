"""Invariance against R's lavaan, against simulated shifts, and what must not matter."""

from __future__ import annotations

import numpy as np
import pytest

from pilot.psychometrics import Invariance, InvarianceRule, invariance_across_groups, invariance_across_waves
from pilot.psychometrics.blocks import BlockModel, fit_blocks
from pilot.psychometrics.fit_indices import FitIndices, fit_indices
from pilot.psychometrics.invariance import compare
from pilot.psychometrics.maximum_likelihood import score_test
from pilot.psychometrics.moments import complete_moments

LEVELS = ("configural", "metric", "scalar")
LOADINGS = np.array([0.6, 0.7, 0.85, 0.75, 0.65, 0.8])
CFI_ALONE = InvarianceRule(combination="cfi")
INDICES = {
    "chi2": "chisq",
    "df": "df",
    "cfi": "cfi",
    "rmsea": "rmsea",
    "rmsea_lower": "rmsea.ci.lower",
    "rmsea_upper": "rmsea.ci.upper",
    "srmr": "srmr",
}


def assert_fits_alike(ours: FitIndices, reference: dict[str, float]) -> None:
    for name, in_r in INDICES.items():
        assert getattr(ours, name)[0] == pytest.approx(reference[in_r], abs=1e-6), name


@pytest.fixture(scope="module")
def arm(two_waves):
    return two_waves["arm"].to_numpy()


@pytest.fixture(scope="module")
def by_arm(after, arm):
    return invariance_across_groups(after, arm, 2)


@pytest.fixture(scope="module")
def pilot_over_time(before, after, arm):
    return invariance_across_waves(np.stack([before, after], axis=2)[:, arm == 1], rule=CFI_ALONE)


@pytest.mark.parametrize("level", LEVELS)
def test_real_groups(agreeableness, real_in_r, level):
    answers = agreeableness.drop(columns="gender").to_numpy(dtype=float)[None]
    answers[..., 0] = 7 - answers[..., 0]
    ours = invariance_across_groups(answers, agreeableness["gender"].to_numpy() - 1, 2)
    reference = real_in_r["inv_bfi_A_gender"]
    assert ours.n[0].tolist() == reference["n"]
    assert_fits_alike(getattr(ours, level), reference["fits"][level])
    for step, row in ((ours.metric_step, 1), (ours.scalar_step, 2)):
        assert step.chi2[0] == pytest.approx(reference["lrt"][row]["Chisq diff"], abs=1e-6)
        assert step.df[0] == reference["lrt"][row]["Df diff"]
        assert step.p[0] == pytest.approx(reference["lrt"][row]["Pr(>Chisq)"], rel=1e-5)
    # .9668 falls to .9519: more than .010.
    assert (ours.metric_step.holds[0], ours.scalar_step.holds[0]) == (True, False)


def test_real_latent_mean(agreeableness, real_in_r):
    """lavaan counts in points of the first item: the mean times its loading, with the delta method."""
    answers = agreeableness.drop(columns="gender").to_numpy(dtype=float)[None]
    answers[..., 0] = 7 - answers[..., 0]
    model = BlockModel(n_blocks=2, n_items=5, linked=False)
    members = agreeableness["gender"].to_numpy() - 1 == np.arange(2)[:, None]
    moments = complete_moments(answers, members[None])
    none = np.zeros((1, 5), dtype=bool)
    start = model.with_equal_intercepts(model.with_equal_loadings(model.start(moments)))
    fit = fit_blocks(model, moments, "scalar", start, none)
    gradient = np.zeros(model.n_parameters)
    loading, mean = fit.parameters[0, 0], fit.parameters[0, model.factor_mean[0]]
    gradient[[0, model.factor_mean[0]]] = [mean, loading]
    reference = real_in_r["inv_bfi_A_gender"]["latent_mean_scalar"][1]
    assert loading * mean == pytest.approx(reference["est"], abs=1e-5)
    assert np.sqrt(gradient @ fit.covariance[0] @ gradient) == pytest.approx(reference["se"], abs=1e-5)


@pytest.mark.parametrize("level", LEVELS)
def test_arms_agree_with_lavaan(by_arm, from_r, level):
    assert by_arm.n[0].tolist() == list(from_r["groups"]["n"].values())
    assert_fits_alike(getattr(by_arm, level), from_r["groups"]["fits"][level])


def test_latent_difference_of_arms_agrees_with_lavaan(by_arm, from_r):
    reference = from_r["groups"]["none"]["latent"]
    assert by_arm.all_items.latent[0, 0] == pytest.approx(reference["est"], abs=1e-5)
    assert by_arm.all_items.latent_se[0, 0] == pytest.approx(reference["se"], abs=1e-5)


@pytest.mark.parametrize("level", LEVELS)
def test_three_groups_agree_with_lavaan(after, two_waves, from_r, level):
    ours = invariance_across_groups(after, two_waves["team"].to_numpy() % 3, 3)
    assert_fits_alike(getattr(ours, level), from_r["three_groups"][level])


def test_partial_model_and_score_tests_agree_with_lavaan(after, arm, from_r):
    model = BlockModel(n_blocks=2, n_items=6, linked=False)
    structure = model.structure()
    moments = complete_moments(after, (arm == np.arange(2)[:, None])[None])
    none = np.zeros((1, 6), dtype=bool)
    start = model.with_equal_intercepts(model.with_equal_loadings(model.start(moments)))
    scalar = fit_blocks(model, moments, "scalar", start, none)
    scores = score_test(moments, structure, scalar, model.intercept_shift.T)
    assert scores[0] == pytest.approx(from_r["groups"]["score_tests"], abs=1e-4)
    for item, chi2 in enumerate(from_r["groups"]["freeing_one"]):
        one = fit_blocks(model, moments, "scalar", start, np.arange(6)[None] == item)
        assert one.chi2[0] == pytest.approx(chi2, abs=1e-6)
    freed = np.isin(np.arange(6), [1, 4])[None]
    partial = fit_blocks(model, moments, "scalar", start, freed)
    assert_fits_alike(fit_indices(moments, structure, partial), from_r["groups"]["two"]["fit"])
    shifts = model.intercept_shift[0, [1, 4]]
    reference = from_r["groups"]["shift"]
    assert partial.parameters[0, shifts] == pytest.approx([each["est"] for each in reference], abs=1e-5)
    errors = np.sqrt(np.diag(partial.covariance[0]))[shifts]
    assert errors == pytest.approx([each["se"] for each in reference], abs=1e-5)
    # A parameter that is free already has nothing to gain.
    assert score_test(moments, structure, partial, model.intercept_shift.T)[0, [1, 4]] == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize("level", LEVELS)
def test_waves_agree_with_lavaan(before, after, from_r, level):
    ours = invariance_across_waves(np.stack([before, after], axis=2))
    assert ours.n[0].tolist() == [from_r["waves"]["n"]] * 2
    assert_fits_alike(getattr(ours, level), from_r["waves"]["fits"][level])
    reference = from_r["waves"]["none"]["latent"]
    assert ours.all_items.latent[0, 0] == pytest.approx(reference["est"], abs=1e-5)
    assert ours.all_items.latent_se[0, 0] == pytest.approx(reference["se"], abs=1e-5)


def test_shifted_items_of_the_pilot_arm_agree_with_lavaan(pilot_over_time, from_r):
    """Items 2 and 5 were shifted in this data; lavaan was told, ours had to find them."""
    reference = from_r["waves"]["pilot"]
    for level in LEVELS:
        assert_fits_alike(getattr(pilot_over_time, level), reference["fits"][level])
    assert pilot_over_time.rank[0].tolist() == [-1, 1, -1, -1, 0, -1]
    assert np.argsort(reference["freeing_one"])[0] == 4
    assert_fits_alike(pilot_over_time.partial, reference["two"]["fit"])
    ours = pilot_over_time.unshifted_items
    assert ours.latent[0, 0] == pytest.approx(reference["two"]["latent"]["est"], abs=1e-5)
    assert ours.latent_se[0, 0] == pytest.approx(reference["two"]["latent"]["se"], abs=1e-5)
    assert pilot_over_time.partial_step.holds[0]


def test_observed_difference_by_hand(before, after, arm, pilot_over_time):
    seen = ~np.isnan(np.concatenate([before, after], axis=2)[0]).any(axis=1) & (arm == 1)
    change = (after - before)[0, seen].mean(axis=0)
    assert pilot_over_time.n[0].tolist() == [seen.sum()] * 2
    assert pilot_over_time.all_items.observed[0, 0] == pytest.approx(change.mean())
    assert pilot_over_time.unshifted_items.observed[0, 0] == pytest.approx(change[[0, 2, 3, 5]].mean())


def test_without_a_shift_the_differences_in_chi2_are_chi2(two_wave_answers):
    n_replicates = 200
    ours = invariance_across_waves(
        two_wave_answers(1, n_replicates=n_replicates, n_people=300, effect=0.2), rule=CFI_ALONE
    )
    assert ours.configural.converged.all()
    assert ours.scalar.converged.all()
    for step in (ours.metric_step, ours.scalar_step):
        assert (step.df == 5).all()
        assert abs(step.chi2.mean() - 5) < 4 * np.sqrt(10 / n_replicates)
        assert abs(np.mean(step.p < 0.05) - 0.05) < 4 * np.sqrt(0.05 * 0.95 / n_replicates)
    assert ours.scalar_step.holds.mean() > 0.97
    found = ours.all_items.latent[:, 0]
    assert abs(found.mean() - 0.2) < 4 * found.std() / np.sqrt(n_replicates)
    assert ours.all_items.latent_se.mean() == pytest.approx(found.std(), rel=0.15)


def test_a_few_shifted_items_are_found_and_taken_out(two_wave_answers):
    answers = two_wave_answers(2, n_replicates=50, n_people=200, effect=0.1, shift={1: 0.5, 4: 0.6})
    ours = invariance_across_waves(answers, rule=CFI_ALONE)
    assert ours.scalar_step.holds.mean() < 0.05
    assert ours.metric_step.holds.mean() > 0.9
    assert np.mean((ours.shifted == np.isin(np.arange(6), [1, 4])).all(axis=1)) > 0.9
    found = ours.shifted[:, [1, 4]].all(axis=1)
    assert ours.intercept_shift[found, 0][:, [1, 4]].mean(axis=0) == pytest.approx([0.5, 0.6], abs=0.05)
    assert ours.all_items.latent.mean() > 0.2
    assert ours.unshifted_items.latent[found].mean() == pytest.approx(0.1, abs=0.03)
    assert ours.unshifted_items.observed[found].mean() == pytest.approx(0.1, abs=0.03)


def test_half_of_the_items_shifted_is_seen_but_not_which(two_wave_answers):
    answers = two_wave_answers(3, n_replicates=80, n_people=90, shift=dict.fromkeys((0, 2, 4), 0.4))
    ours = invariance_across_waves(answers, rule=CFI_ALONE)
    assert ours.scalar_step.holds.mean() < 0.1
    first = ours.rank == 0
    wrong = first[:, [1, 3, 5]].any(axis=1)[~ours.scalar_step.holds].mean()
    assert 0.2 < wrong < 0.8
    # By single items, the truth (0 by three of them, about .4 by the others) lies open.
    anchored = ours.anchored_on_item.mean(axis=0)[0]
    assert anchored[[1, 3, 5]] == pytest.approx(0, abs=0.04)
    assert (anchored[[0, 2, 4]] > 0.25).all()


def test_unequal_loadings_break_metric_invariance(two_wave_answers):
    answers = two_wave_answers(4, n_replicates=40, n_people=300)
    answers[:, :, 1, 0] = 3 + 3 * (answers[:, :, 1, 0] - 3)
    ours = invariance_across_waves(answers, rule=CFI_ALONE)
    assert ours.metric_step.holds.mean() < 0.05


def test_no_more_items_are_freed_than_leave_two(two_wave_answers):
    never = InvarianceRule(cfi=-1.0)
    ours = invariance_across_waves(two_wave_answers(5, n_replicates=4, n_people=100), rule=never)
    assert not ours.partial_step.holds.any()
    assert np.sort(ours.rank, axis=1).tolist() == [[-1, -1, 0, 1, 2, 3]] * 4
    assert (ours.partial_step.df == 1).all()


def test_a_model_without_a_minimum_is_refused(two_wave_answers):
    """Shifts of several standard deviations: no finite parameters fit best."""
    ours = invariance_across_waves(
        two_wave_answers(5, n_replicates=1, n_people=200, shift={0: 1.0, 1: -1.0, 2: 2.0, 3: -2.0, 4: 3.0})
    )
    assert ours.metric.converged[0]
    assert not ours.scalar.converged[0]
    assert not ours.scalar_step.holds[0]
    assert np.isnan([ours.scalar.chi2[0], ours.all_items.latent[0, 0], ours.partial.cfi[0]]).all()


def assert_same(one: Invariance, other: Invariance, rows: slice | list[int]) -> None:
    for level in (*LEVELS, "partial"):
        assert getattr(one, level).chi2 == pytest.approx(getattr(other, level).chi2[rows], abs=1e-6)
    for name in ("all_items", "unshifted_items"):
        for part in ("latent", "latent_se", "observed"):
            expected = getattr(getattr(other, name), part)[rows]
            assert getattr(getattr(one, name), part) == pytest.approx(expected, abs=1e-5), (name, part)


def test_order_of_items_does_not_matter(two_wave_answers):
    answers = two_wave_answers(6, n_replicates=6, n_people=80, shift={1: 0.7})
    order = [3, 1, 5, 0, 4, 2]
    plain, moved = invariance_across_waves(answers), invariance_across_waves(answers[..., order])
    assert_same(moved, plain, slice(None))
    assert np.array_equal(moved.rank, plain.rank[:, order])
    assert moved.anchored_on_item == pytest.approx(plain.anchored_on_item[..., order], abs=1e-5)


def test_batch_equals_one_at_a_time(two_wave_answers):
    answers = two_wave_answers(7, n_replicates=4, n_people=60, shift={1: 0.7})
    answers[2, 10:] = np.nan  # too few people: refused, and no harm to the others
    batch = invariance_across_waves(answers)
    assert batch.scalar.converged.tolist() == [True, True, False, True]
    assert np.isnan([batch.scalar.cfi[2], batch.all_items.latent[2, 0], batch.scalar_step.p[2]]).all()
    assert not batch.scalar_step.holds[2]
    for index in (0, 1, 3):
        alone = invariance_across_waves(answers[[index]])
        assert_same(alone, batch, [index])
        assert np.array_equal(alone.rank[0], batch.rank[index])


def test_groups_in_another_order_change_the_sign(two_wave_answers):
    answers = two_wave_answers(8, n_replicates=3, n_people=150, effect=0.3)[:, :, 0]
    answers[:, 75:] += 0.25
    group = np.arange(150) // 75
    there, back = (invariance_across_groups(answers, each, 2) for each in (group, 1 - group))
    assert back.all_items.observed == pytest.approx(-there.all_items.observed)
    assert back.all_items.latent == pytest.approx(-there.all_items.latent, abs=1e-5)
    assert back.scalar.chi2 == pytest.approx(there.scalar.chi2, abs=1e-6)


def test_who_belongs_nowhere_or_left_a_gap_does_not_count(after, arm):
    answers = np.concatenate([after, after[:, :20] + 1], axis=1)
    outside = invariance_across_groups(answers, np.concatenate([arm, np.full(20, -1)]), 2)
    answers[:, len(arm) :, 0] = np.nan
    gaps = invariance_across_groups(answers, np.concatenate([arm, np.ones(20, dtype=int)]), 2)
    plain = invariance_across_groups(after, arm, 2)
    assert_same(outside, plain, slice(None))
    assert_same(gaps, plain, slice(None))


def test_points_are_points(after, arm):
    plain, larger = invariance_across_groups(after, arm, 2), invariance_across_groups(3 * after + 7, arm, 2)
    assert larger.scalar.cfi == pytest.approx(plain.scalar.cfi, abs=1e-9)
    assert larger.all_items.latent == pytest.approx(3 * plain.all_items.latent, abs=1e-5)
    assert larger.all_items.latent_sd == pytest.approx(plain.all_items.latent_sd, abs=1e-5)
    assert larger.intercept_shift == pytest.approx(3 * plain.intercept_shift, abs=1e-4)


def indices_of(cfi: float, rmsea: float, srmr: float) -> FitIndices:
    value = np.array([1.0])
    certain = np.array([True])
    count = np.array([10])
    return FitIndices(
        n=count,
        chi2=value,
        df=count,
        p=value,
        cfi=np.array([cfi]),
        rmsea=np.array([rmsea]),
        rmsea_lower=value,
        rmsea_upper=value,
        srmr=np.array([srmr]),
        converged=certain,
        proper=certain,
    )


@pytest.mark.parametrize(
    ("change", "every", "cfi_and_another", "cfi"),
    [
        ((-0.009, 0.014, 0.009), True, True, True),
        ((-0.011, 0.014, 0.009), False, True, False),
        ((-0.011, 0.016, 0.009), False, False, False),
        ((-0.011, 0.014, 0.011), False, False, False),
        ((-0.009, 0.016, 0.011), False, True, True),
        ((0.02, -0.02, -0.02), True, True, True),
        ((np.nan, np.nan, np.nan), False, False, False),
    ],
)
def test_rules_by_hand(change, every, cfi_and_another, cfi):
    freer = indices_of(0.95, 0.05, 0.04)
    restricted = indices_of(0.95 + change[0], 0.05 + change[1], 0.04 + change[2])
    for combination, expected in {"every": every, "cfi_and_another": cfi_and_another, "cfi": cfi}.items():
        rule = InvarianceRule(combination=combination)
        assert compare(freer, restricted, srmr_limit=rule.srmr_scalar, rule=rule).holds[0] == expected, combination
