"""Standardised effect size, always shown beside the scale's own points."""

from __future__ import annotations

import numpy as np
from scipy import special

from pilot.scores import BoolArray, FloatArray


def hedges_correction(df: FloatArray) -> FloatArray:
    """Exact small-sample factor J(df) = gamma(df/2) / (sqrt(df/2) gamma((df-1)/2)); Hedges 1981, eq. 6e."""
    df = np.asarray(df, dtype=float)
    df = np.where(df > 1, df, np.nan)  # the gamma function has its pole at zero
    factor: FloatArray = np.exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2)) / np.sqrt(df / 2)
    return factor


def hedges_g(estimate: FloatArray, before: FloatArray, treated: BoolArray) -> FloatArray:
    """The effect in standard deviations of the baseline, pooled within arms, with Hedges' correction.

    This is d_ppc2 of Morris (2008, Organizational Research Methods 11, 364-386) when `estimate` is a difference
    in mean change.

    Args:
        estimate: Points, shape (replicates,).
        before: Baseline of linked people, NaN elsewhere, shape (replicates, people).
        treated: Whether each person is in the pilot arm, shape (replicates, people).

    Returns:
        Standard deviations, shape (replicates,); NaN where there are no two people in an arm.
    """
    linked = ~np.isnan(before)
    squares, df = np.zeros(len(before)), np.zeros(len(before))
    for arm in (linked & treated, linked & ~treated):
        count = arm.sum(axis=1)
        mean = np.where(arm, before, 0).sum(axis=1) / np.maximum(count, 1)
        squares += (np.where(arm, before - mean[:, None], 0.0) ** 2).sum(axis=1)
        df += np.maximum(count - 1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        sd = np.sqrt(squares / df)
        return hedges_correction(df) * estimate / np.where(sd > 0, sd, np.nan)
