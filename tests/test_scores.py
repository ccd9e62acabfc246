"""Scoring: reverse keys, the half rule, and what must not matter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pilot.instruments import read_instruments
from pilot.scores import mean_of_available, scale_scores

codes = st.sampled_from([1.0, 2.0, 3.0, 4.0, 5.0, np.nan])
answers = arrays.arrays(float, st.tuples(st.integers(1, 8), st.integers(1, 7)), elements=codes)


def scored(values: np.ndarray, keys: np.ndarray) -> np.ndarray:
    return scale_scores(values, reverse_keyed=keys, lowest=1, highest=5)


def test_by_hand():
    values = np.array([[1, 2, 3, 4.0], [5, np.nan, np.nan, 1], [5, np.nan, np.nan, np.nan]])
    assert scored(values, np.array([False, False, False, True]))[:2].tolist() == [2.0, 5.0]
    assert np.isnan(scored(values, np.array([False] * 4))[2])


@given(answers, st.data())
def test_half_rule_and_range(values, data):
    keys = np.array(data.draw(st.lists(st.booleans(), min_size=values.shape[1], max_size=values.shape[1])))
    scores = scored(values, keys)
    n_answered = (~np.isnan(values)).sum(axis=1)
    assert (np.isnan(scores) == (2 * n_answered < values.shape[1])).all()
    assert ((scores >= 1) & (scores <= 5) | np.isnan(scores)).all()


@given(answers, st.randoms(use_true_random=False))
def test_order_of_columns_does_not_matter(values, random):
    keys = np.arange(values.shape[1]) % 2 == 0
    order = list(range(values.shape[1]))
    random.shuffle(order)
    assert np.allclose(scored(values, keys), scored(values[:, order], keys[order]), equal_nan=True)


@given(answers)
def test_reversing_all_items_mirrors_the_score(values):
    keys = np.zeros(values.shape[1], dtype=bool)
    total = scored(values, keys) + scored(values, ~keys)
    assert np.allclose(total[~np.isnan(total)], 6)
    assert (np.isnan(total) == np.isnan(scored(values, keys))).all()


@given(answers)
def test_replicates_are_scored_like_one(values):
    keys = np.zeros(values.shape[1], dtype=bool)
    batch = scored(np.stack([values, values[::-1]]), keys)
    assert np.array_equal(batch[0], scored(values, keys), equal_nan=True)
    assert np.array_equal(batch[1], scored(values[::-1], keys), equal_nan=True)


@given(answers, st.data())
def test_a_missing_answer_counts_like_the_mean_of_the_others(values, data):
    """The mean of what was answered is what filling the gaps with it would give."""
    keys = np.array(data.draw(st.lists(st.booleans(), min_size=values.shape[1], max_size=values.shape[1])))
    scores = scored(values, keys)
    filled = np.where(keys, 6 - scores[:, None], scores[:, None])
    whole = scored(np.where(np.isnan(values), filled, values), keys)
    known = ~np.isnan(scores)
    assert np.allclose(whole[known], scores[known])


@given(answers, st.randoms(use_true_random=False))
def test_order_of_people_does_not_matter(values, random):
    keys = np.arange(values.shape[1]) % 3 == 0
    order = list(range(len(values)))
    random.shuffle(order)
    assert np.array_equal(scored(values, keys)[order], scored(values[order], keys), equal_nan=True)


@given(answers, st.integers(-3, 3), st.integers(1, 4))
def test_another_coding_of_the_same_options_moves_the_score_along(values, shift, step):
    """0 to 4, 1 to 5 or 10, 20 ... 50: the same answers, the same place between the ends."""
    keys = np.arange(values.shape[1]) % 2 == 0
    recoded = scale_scores(shift + step * values, reverse_keyed=keys, lowest=shift + step, highest=shift + 5 * step)
    assert np.allclose(recoded, shift + step * scored(values, keys), equal_nan=True)


@given(answers, st.integers(0, 6))
def test_a_higher_answer_never_lowers_the_score_unless_reversed(values, column):
    column %= values.shape[1]
    higher = values.copy()
    higher[:, column] = np.minimum(higher[:, column] + 1, 5)
    for reverse, sign in ((False, 1), (True, -1)):
        keys = np.zeros(values.shape[1], dtype=bool)
        keys[column] = reverse
        change = sign * (scored(higher, keys) - scored(values, keys))
        assert (change[~np.isnan(change)] >= 0).all()


@given(st.lists(st.integers(1, 5), min_size=6, max_size=6), st.sampled_from(["zh", "en"]), st.booleans())
def test_labels_score_like_their_codes(codes, language, shout):
    instruments = read_instruments(["engagement"], Path())
    labels = []
    for item, code in zip(instruments.items_of("engagement"), codes, strict=True):
        label = instruments.answers_of(item.id).anchors[code].text(language)
        labels.append((item.id, label.upper() if shout else label))
    back = [instruments.answers_of(item).codes_by_label()[label.casefold()] for item, label in labels]
    keys = np.array([item.reversed for item in instruments.items_of("engagement")])
    assert keys.any()
    assert scored(np.array([back]), keys) == scored(np.array([codes], dtype=float), keys)


def test_input_is_left_alone():
    values = np.array([[1.0, 5.0]])
    scored(values, np.array([True, True]))
    assert values.tolist() == [[1.0, 5.0]]


def test_nothing_there_is_no_mean():
    assert np.isnan(mean_of_available(np.full((2, 3), np.nan))).all()
