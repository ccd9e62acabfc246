"""Means and covariances of items from answers with gaps, in batch.

Two ways of treating gaps, as in R's `cov`: *listwise* keeps the people who answered every item, *pairwise* keeps for
each pair of items the people who answered both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pilot.scores import BoolArray, FloatArray

IntArray = NDArray[np.intp]
Missing = Literal["listwise", "pairwise"]


@dataclass(frozen=True)
class Moments:
    """What a mean and covariance structure is fitted to.

    Attributes:
        n: People, shape (replicates, groups).
        mean: Points, shape (replicates, groups, variables); NaN where there are no two people.
        covariance: Squared points, divisor n (maximum likelihood), shape (replicates, groups, variables, variables).
    """

    n: IntArray
    mean: FloatArray
    covariance: FloatArray


def complete(answers: FloatArray) -> BoolArray:
    """Who answered every item, shape (...) for answers of shape (..., items)."""
    return np.asarray(~np.isnan(answers).any(axis=-1), dtype=np.bool_)


def complete_moments(answers: FloatArray, members: BoolArray) -> Moments:
    """Moments of the people who answered everything, group by group.

    Args:
        answers: Points, NaN where not answered, shape (replicates, people, variables).
        members: Who belongs to which group, shape (replicates or 1, groups, people).
    """
    used = members & complete(answers)[:, None, :]
    weights = used.astype(float)
    n = used.sum(axis=-1)
    divisor = np.where(n > 1, n, np.nan)
    # Centred on a value near all means: sums of squares would lose digits otherwise.
    centre = _overall_mean(answers)
    values = np.where(complete(answers)[..., None], answers - centre, 0.0)
    mean = np.einsum("rgn,rnp->rgp", weights, values) / divisor[..., None]
    squares = np.matmul(np.swapaxes(weights[..., None] * values[:, None], -1, -2), values[:, None])
    covariance = squares / divisor[..., None, None] - mean[..., :, None] * mean[..., None, :]
    return Moments(n=n, mean=mean + centre, covariance=covariance)


def covariance_of(answers: FloatArray, *, missing: Missing) -> tuple[FloatArray, IntArray]:
    """Sample covariance of items with divisor n - 1; equals R's `cov(x, use = "pairwise"/"complete.obs")`.

    Args:
        answers: Points, NaN where not answered, shape (replicates, people, items).
        missing: What to do about gaps.

    Returns:
        Covariance in squared points, shape (replicates, items, items), and the people behind each entry, same
        shape. NaN where fewer than two people answered both items.
    """
    if missing == "listwise":
        answers = np.where(complete(answers)[..., None], answers, np.nan)
    present = (~np.isnan(answers)).astype(float)
    values = np.where(present > 0, answers - _overall_mean(answers), 0.0)
    n = np.matmul(np.swapaxes(present, -1, -2), present)
    # Sum of item i over the people who answered item j too, and its mirror image.
    total = np.matmul(np.swapaxes(values, -1, -2), present)
    products = np.matmul(np.swapaxes(values, -1, -2), values)
    with np.errstate(invalid="ignore", divide="ignore"):
        covariance = (products - total * np.swapaxes(total, -1, -2) / n) / (n - 1)
    return np.where(n > 1, covariance, np.nan), n.round().astype(np.intp)


def _overall_mean(answers: FloatArray) -> FloatArray:
    """Mean of all answers of a replicate, shape (replicates, 1, 1); zero where there are none."""
    present = ~np.isnan(answers)
    count = present.sum(axis=(-2, -1), keepdims=True)
    mean: FloatArray = np.where(present, answers, 0.0).sum(axis=(-2, -1), keepdims=True) / np.maximum(count, 1)
    return mean
