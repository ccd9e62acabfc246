"""Signs that a questionnaire was filled in without reading, in batch.

Each index catches another way of not reading (Meade & Craig 2012, Psychological Methods 17, 437-455; Curran 2016,
Journal of Experimental Social Psychology 66, 4-19), and each catches honest people too: nobody is excluded for a
single one. All work on answers *as given*, before keying, in the order of the questionnaire.

Checked against base R (`rle`, `sd`, `mahalanobis`), as R's careless package computes them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from pilot.psychometrics.moments import IntArray, covariance_of
from pilot.psychometrics.structure import is_positive_definite
from pilot.scores import BoolArray, FloatArray, mean_of_available


@dataclass(frozen=True)
class CarelessLimits:
    """From where on an index is a sign. The first two depend on the questionnaire and have no general value.

    Attributes:
        longest_run: So many equal answers in a row, items. Curran (2016): half of a long questionnaire; more on a
            page without reverse-keyed items, where a satisfied person may well tick one column.
        least_variability: A standard deviation of a person's answers below this, points.
        mahalanobis_p: Probability of answers this unusual or more so, below this. Meade & Craig (2012) and R's
            careless use .01 to .001.
        seconds_per_item: Faster than this on average. Huang et al. (2012, Journal of Business and Psychology 27,
            99-114): 2 seconds.
        signs_to_exclude: From so many signs on a questionnaire is left out.
    """

    longest_run: int
    least_variability: float
    mahalanobis_p: float = 0.001
    seconds_per_item: float = 2.0
    signs_to_exclude: int = 2


@dataclass(frozen=True)
class CarelessFlags:
    """Who shows which sign; arrays have the shape (replicates, people) unless said otherwise.

    Attributes:
        straight_line: Too many equal answers in a row.
        low_variability: Answers vary too little.
        unusual: An answer pattern far from everybody's (Mahalanobis).
        too_fast: Too few seconds per item; false where no time was taken.
        instruction_missed: The item that says which option to tick was answered otherwise; false if left out.
        n_signs: Of these, how many. A straight line cannot vary, so these two count as one sign together.
        excluded: Enough signs to leave the questionnaire out.
        n_answered: People who answered anything, shape (replicates,).
        n_excluded: Of them, who is left out, shape (replicates,).
    """

    straight_line: BoolArray
    low_variability: BoolArray
    unusual: BoolArray
    too_fast: BoolArray
    instruction_missed: BoolArray
    n_signs: IntArray
    excluded: BoolArray
    n_answered: IntArray
    n_excluded: IntArray


@dataclass(frozen=True)
class MahalanobisDistance:
    """Distance of each person's answers from the mean answers; arrays have the shape (replicates, people).

    Attributes:
        squared: Squared distance, without unit; NaN where nothing was answered or no covariance can be had.
        p: Probability of one as large among normal answers (chi2 with as many degrees of freedom as answers).
    """

    squared: FloatArray
    p: FloatArray


def careless_flags(
    answers: FloatArray,
    limits: CarelessLimits,
    *,
    seconds: FloatArray | None = None,
    instructed: FloatArray | None = None,
    expected: ArrayLike | None = None,
) -> CarelessFlags:
    """Flag questionnaires by reason, and exclude those with two signs (or as many as the limits say).

    Args:
        answers: Points as given, NaN where not answered, shape (replicates, people, items), in the order asked,
            without instructed items.
        limits: From where on an index is a sign.
        seconds: Time on the questionnaire, NaN where unknown, shape (replicates, people); none was taken if left out.
        instructed: Answers to the items that say which option to tick, shape (replicates, people, instructed items).
        expected: The options to tick, shape (instructed items,).
    """
    straight = long_string(answers) >= limits.longest_run
    flat = intra_individual_variability(answers) < limits.least_variability
    unusual = mahalanobis_distance(answers).p < limits.mahalanobis_p
    none = np.zeros(answers.shape[:2], dtype=np.bool_)
    n_given = (~np.isnan(answers)).sum(axis=-1)
    fast = none if seconds is None else seconds_per_item(seconds, n_given) < limits.seconds_per_item
    missed = none if instructed is None or expected is None else instruction_missed(instructed, expected)
    n_signs = ((straight | flat).astype(np.intp) + unusual + fast + missed).astype(np.intp)
    excluded = n_signs >= limits.signs_to_exclude
    return CarelessFlags(
        straight_line=straight,
        low_variability=flat,
        unusual=unusual,
        too_fast=fast,
        instruction_missed=missed,
        n_signs=n_signs,
        excluded=excluded,
        n_answered=(n_given > 0).sum(axis=-1),
        n_excluded=excluded.sum(axis=-1),
    )


def long_string(answers: FloatArray) -> IntArray:
    """Longest run of equal answers in a row; an item left out neither breaks nor lengthens a run.

    Johnson (2005, Journal of Research in Personality 39, 103-129).

    Args:
        answers: Points as given, NaN where not answered, shape (replicates, people, items), in the order asked.

    Returns:
        Items, shape (replicates, people); 0 where nothing was answered.
    """
    last = np.full(answers.shape[:-1], np.nan)
    run = np.zeros(answers.shape[:-1], dtype=np.intp)
    longest = run.copy()
    for place in range(answers.shape[-1]):
        answer = answers[..., place]
        given = ~np.isnan(answer)
        run = np.where(given, np.where(answer == last, run + 1, 1), run)
        last = np.where(given, answer, last)
        longest = np.maximum(longest, run)
    return longest


def intra_individual_variability(answers: FloatArray) -> FloatArray:
    """Standard deviation of one person's answers (IRV): low for straight lines, high for random ticks.

    Dunn, Heggestad, Shanock & Theilgard (2018, Journal of Business and Psychology 33, 105-121).

    Args:
        answers: Points as given, NaN where not answered, shape (replicates, people, items).

    Returns:
        Points, divisor n - 1, shape (replicates, people); NaN with fewer than two answers.
    """
    count = (~np.isnan(answers)).sum(axis=-1)
    squares = mean_of_available((answers - mean_of_available(answers)[..., None]) ** 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        variability: FloatArray = np.sqrt(squares * count / np.where(count > 1, count - 1, np.nan))
    return variability


def mahalanobis_distance(answers: FloatArray) -> MahalanobisDistance:
    """How far a person's answers lie from everybody's, given how items hang together.

    D^2 = (x - m)' C^-1 (x - m), with C from the people who answered everything and m from all; for a person with gaps
    over the answered items only, with the part of C that belongs to them. Mahalanobis (1936).

    Args:
        answers: Points as given, NaN where not answered, shape (replicates, people, items).
    """
    given = ~np.isnan(answers)
    covariance, _ = covariance_of(answers, missing="listwise")
    usable = is_positive_definite(covariance)
    n_items = answers.shape[-1]
    covariance = np.where(usable[:, None, None], covariance, np.eye(n_items))
    centre = mean_of_available(np.swapaxes(answers, -1, -2))
    difference = np.where(given, answers - centre[:, None, :], 0.0)
    # Rows and columns of items left out become those of the identity, so that they add nothing.
    both = given[..., :, None] & given[..., None, :]
    own = np.where(both, covariance[:, None], np.eye(n_items))
    squared = (difference * np.linalg.solve(own, difference[..., None])[..., 0]).sum(axis=-1)
    count = given.sum(axis=-1)
    squared = np.where(usable[:, None] & (count > 0), squared, np.nan)
    return MahalanobisDistance(squared=squared, p=special.chdtrc(np.maximum(count, 1), squared))


def seconds_per_item(seconds: FloatArray, n_items: ArrayLike) -> FloatArray:
    """Mean time on an item.

    Args:
        seconds: Time on the questionnaire, NaN where unknown, shape (...).
        n_items: Items answered in this time, shape () or (...).

    Returns:
        Seconds per item, shape (...); NaN where nothing was answered.
    """
    count = np.asarray(n_items)
    return seconds / np.where(count > 0, count, np.nan)


def instruction_missed(instructed: FloatArray, expected: ArrayLike) -> BoolArray:
    """Whether any item that says which option to tick was answered otherwise; leaving it out is no miss.

    Args:
        instructed: Answers, NaN where not answered, shape (replicates, people, instructed items).
        expected: The options to tick, shape (instructed items,).

    Returns:
        Shape (replicates, people).
    """
    missed: BoolArray = (~np.isnan(instructed) & (instructed != np.asarray(expected))).any(axis=-1)
    return missed
