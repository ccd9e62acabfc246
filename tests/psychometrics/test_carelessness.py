"""Signs of careless answering against base R, by hand, and on simulated careless people."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pilot.psychometrics import (
    CarelessLimits,
    careless_flags,
    instruction_missed,
    intra_individual_variability,
    long_string,
    mahalanobis_distance,
    seconds_per_item,
)

codes = st.sampled_from([1.0, 2.0, 3.0, 4.0, 5.0, np.nan])
questionnaires = arrays.arrays(float, (2, 6, 8), elements=codes)
LIMITS = CarelessLimits(longest_run=7, least_variability=0.3)


@pytest.fixture(scope="module")
def both(before, after):
    return np.concatenate([before, after], axis=2)


def test_agrees_with_base_r(both, from_r):
    reference = from_r["careless"]
    assert long_string(both)[0].tolist() == reference["long_string"]
    in_r = np.array([np.nan if value in (None, "NA") else value for value in reference["variability"]])
    assert intra_individual_variability(both)[0] == pytest.approx(in_r, rel=1e-9, nan_ok=True)
    in_r = np.array([np.nan if value in (None, "NA") else value for value in reference["mahalanobis"]])
    ours = mahalanobis_distance(both).squared[0]
    complete = ~np.isnan(both[0]).any(axis=1)
    assert ours[complete] == pytest.approx(in_r[complete], rel=1e-9)
    whole = mahalanobis_distance(both[:, complete]).squared[0]
    assert whole == pytest.approx(reference["mahalanobis_complete"], rel=1e-9)


def test_distance_with_gaps_is_that_of_the_answered_items(both):
    complete = ~np.isnan(both[0]).any(axis=1)
    covariance = np.cov(both[0, complete], rowvar=False)
    centre = np.nanmean(both[0], axis=0)
    ours = mahalanobis_distance(both)
    for person in np.flatnonzero(~complete & ~np.isnan(both[0]).all(axis=1))[:10]:
        given_ = ~np.isnan(both[0, person])
        difference = (both[0, person] - centre)[given_]
        expected = difference @ np.linalg.solve(covariance[np.ix_(given_, given_)], difference)
        assert ours.squared[0, person] == pytest.approx(expected, rel=1e-9)


def test_distances_of_normal_answers_are_chi2():
    rng = np.random.default_rng(1)
    answers = rng.normal(size=(20, 500, 1)) + rng.normal(size=(20, 500, 6))
    answers[rng.random(answers.shape) < 0.1] = np.nan
    p = mahalanobis_distance(answers).p
    assert abs(np.nanmean(p < 0.05) - 0.05) < 0.008
    assert abs(np.nanmean(p) - 0.5) < 0.015


def test_long_string_by_hand():
    answers = np.array([[[3, 3, 3, 2, 2, 1], [1, 2, 3, 4, 5, 1], [2, np.nan, 2, 2, 1, 1], [np.nan] * 6, [4] * 6]])
    assert long_string(answers)[0].tolist() == [3, 1, 3, 0, 6]


@settings(max_examples=40, deadline=None)
@given(questionnaires)
def test_what_must_not_matter(answers):
    longest = long_string(answers)
    assert np.array_equal(longest, long_string(answers[..., ::-1]))
    assert np.array_equal(longest, long_string(6 - answers))
    assert (longest <= (~np.isnan(answers)).sum(axis=-1)).all()
    assert ((longest > 0) == (~np.isnan(answers)).any(axis=-1)).all()
    spread = intra_individual_variability(answers)
    assert intra_individual_variability(6 - answers[..., ::-1]) == pytest.approx(spread, abs=1e-12, nan_ok=True)
    flat = (longest == (~np.isnan(answers)).sum(axis=-1)) & (longest > 1)
    assert np.array_equal(flat, spread == 0)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.permutations(range(5)))
def test_distance_has_no_unit(seed, order):
    rng = np.random.default_rng(seed)
    answers = rng.normal(size=(1, 40, 1)) + rng.normal(size=(1, 40, 5))
    units = rng.uniform(0.5, 3, size=5)
    plain, moved = mahalanobis_distance(answers), mahalanobis_distance(7 + (units * answers)[..., order])
    assert moved.squared == pytest.approx(plain.squared, rel=1e-7)


def test_seconds_and_instructions_by_hand():
    seconds = np.array([[30.0, 12.0, np.nan]])
    assert seconds_per_item(seconds, np.array([[10, 0, 10]]))[0] == pytest.approx([3, np.nan, np.nan], nan_ok=True)
    instructed = np.array([[[2.0, 4.0], [2.0, 5.0], [np.nan, 4.0], [np.nan, np.nan]]])
    assert instruction_missed(instructed, [2, 4])[0].tolist() == [False, True, False, False]


def test_two_signs_exclude_and_a_straight_line_is_one():
    rng = np.random.default_rng(2)
    answers = np.clip(np.round(3.2 + rng.normal(size=(1, 60, 1)) + 0.8 * rng.normal(size=(1, 60, 12))), 1, 5)
    seconds = np.full((1, 60), 90.0)
    instructed = np.full((1, 60, 1), 2.0)
    answers[0, :3] = 4.0  # three straight lines: slow, fast, fast and blind to the instruction
    seconds[0, 1:3] = 12.0
    instructed[0, 2] = 4.0
    seconds[0, 5] = 12.0  # fast, but otherwise sound
    answers[0, 6], seconds[0, 6] = np.nan, 3.0  # nothing answered
    flags = careless_flags(answers, LIMITS, seconds=seconds, instructed=instructed, expected=[2])
    assert flags.straight_line[0, :3].all()
    assert flags.low_variability[0, :3].all()
    assert flags.n_signs[0, [0, 1, 2, 5, 6]].tolist() == [1, 2, 3, 1, 0]
    assert flags.excluded[0, [0, 1, 2, 5, 6]].tolist() == [False, True, True, False, False]
    assert flags.n_answered[0] == 59
    assert flags.n_excluded[0] == flags.excluded.sum()
    # Without time and instructed item nobody is blamed for them.
    fewer = careless_flags(answers, LIMITS)
    assert not (fewer.too_fast | fewer.instruction_missed).any()
    assert not fewer.excluded[0, :3].any()


def test_careless_people_are_caught_and_others_spared():
    rng = np.random.default_rng(3)
    n_replicates, n_people, n_items = 40, 200, 16
    trait = rng.normal(size=(n_replicates, n_people, 1))
    keys = np.where(np.arange(n_items) % 4 == 3, -1, 1)
    answers = np.clip(np.round(3 + keys * 0.8 * trait + 0.7 * rng.normal(size=(*trait.shape[:2], n_items))), 1, 5)
    seconds = 16 * rng.lognormal(1.6, 0.4, size=trait.shape[:2])
    careless = rng.random(trait.shape[:2]) < 0.08
    ticks = rng.integers(1, 6, size=answers.shape)
    answers = np.where(careless[..., None], ticks, answers)
    seconds = np.where(careless, 16 * rng.lognormal(0.2, 0.4, size=careless.shape), seconds)
    flags = careless_flags(answers, LIMITS, seconds=seconds)
    assert flags.unusual[careless].mean() > 0.5
    assert flags.too_fast[careless].mean() > 0.8
    assert flags.excluded[careless].mean() > 0.45
    assert flags.excluded[~careless].mean() < 0.005


def test_batch_equals_one_at_a_time(both):
    batch = np.concatenate([both, both[:, ::-1]])
    limits = CarelessLimits(longest_run=5, least_variability=0.4, mahalanobis_p=0.05, signs_to_exclude=1)
    flags = careless_flags(batch, limits)
    alone = careless_flags(both, limits)
    for name in ("straight_line", "low_variability", "unusual", "excluded", "n_signs"):
        assert np.array_equal(getattr(flags, name)[0], getattr(alone, name)[0]), name
        assert np.array_equal(getattr(flags, name)[1], getattr(alone, name)[0, ::-1]), name
    assert alone.excluded.any()
    assert not alone.excluded.all()


def test_too_few_people_have_no_distance():
    distance = mahalanobis_distance(np.random.default_rng(4).normal(size=(1, 4, 6)))
    assert np.isnan(distance.squared).all()
    assert np.isnan(distance.p).all()
