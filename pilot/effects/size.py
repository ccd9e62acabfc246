"""Standardised effect size, always shown beside the scale's own points."""

from __future__ import annotations

import numpy as np
from scipy import special

from pilot.effects.cluster_robust import FloatArray


def hedges_correction(df: FloatArray) -> FloatArray:
    """Exact small-sample factor J(df) = gamma(df/2) / (sqrt(df/2) gamma((df-1)/2)); Hedges 1981, eq. 6e."""
    df = np.asarray(df, dtype=float)
    factor: FloatArray = np.exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2)) / np.sqrt(df / 2)
    return factor


def hedges_g(estimate: FloatArray, before: FloatArray) -> FloatArray:
    """The effect in standard deviations of the baseline, with Hedges' correction.

    Args:
        estimate: Points, shape (replicates,).
        before: Baseline of linked people, NaN elsewhere, shape (replicates, people).

    Returns:
        Standard deviations, shape (replicates,).
    """
    count = (~np.isnan(before)).sum(axis=1)
    mean = np.nansum(before, axis=1) / np.maximum(count, 1)
    squares = np.nansum((before - mean[:, None]) ** 2, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        sd = np.sqrt(squares / (count - 1))
        return hedges_correction(count - 1.0) * estimate / sd
