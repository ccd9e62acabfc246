"""How well a factor model fits: chi2, CFI, RMSEA with its interval, SRMR.

Formulas and conventions as in R's lavaan 0.6-14, against which they are checked:

- chi2 = n F with covariances of divisor n (`likelihood = "normal"`);
- CFI (Bentler 1990, Psychological Bulletin 107, 238-246) against the independence model, in which all means and
  variances are free in all groups and waves;
- RMSEA (Steiger & Lind 1980; several groups: Steiger 1998, Structural Equation Modeling 5, 411-419)
  = sqrt(G max(chi2 - df, 0) / (n df)), with the 90 % interval of the noncentral chi2 usual for it;
- SRMR as in Bentler's EQS: root mean square of (c_ij - s_ij) / sqrt(c_ii c_jj) over the lower triangle and, where
  means are modelled, (y_i - m_i) / sqrt(c_ii); averaged over groups by their size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from pilot.psychometrics.maximum_likelihood import StructureFit
from pilot.psychometrics.moments import IntArray, Moments
from pilot.psychometrics.structure import Structure, is_positive_definite
from pilot.scores import BoolArray, FloatArray


@dataclass(frozen=True)
class FitIndices:
    """Fit of one model, one value a replicate, shape (replicates,); NaN where it could not be fitted.

    Attributes:
        n: People.
        chi2: Likelihood ratio against the saturated model.
        df: Degrees of freedom of chi2.
        p: Of chi2 under exact fit.
        cfi: Comparative fit index, 0 to 1.
        rmsea: Root mean square error of approximation.
        rmsea_lower: Lower bound of its 90 % interval.
        rmsea_upper: Upper bound of its 90 % interval.
        srmr: Standardised root mean square residual.
        converged: Whether a minimum with all parameters identified was found.
        proper: Whether no residual variance and no factor variance is negative.
    """

    n: IntArray
    chi2: FloatArray
    df: IntArray
    p: FloatArray
    cfi: FloatArray
    rmsea: FloatArray
    rmsea_lower: FloatArray
    rmsea_upper: FloatArray
    srmr: FloatArray
    converged: BoolArray
    proper: BoolArray


def fit_indices(moments: Moments, structure: Structure, fit: StructureFit) -> FitIndices:
    """Fit indices of a fitted structure.

    Args:
        moments: What it was fitted to.
        structure: The model.
        fit: The fit.
    """
    n = moments.n.sum(axis=1)
    n_groups, n_variables = moments.n.shape[1], moments.mean.shape[-1]
    baseline_df = n_groups * n_variables * (n_variables - 1) // 2
    excess = np.maximum(fit.chi2 - fit.df, 0.0)
    baseline_excess = np.maximum(independence_chi2(moments) - baseline_df, excess)
    with np.errstate(invalid="ignore", divide="ignore"):
        cfi = np.where(baseline_excess > 0, 1 - excess / baseline_excess, 1.0)
        lower, upper = (noncentrality(fit.chi2, fit.df, below) for below in (0.95, 0.05))
        per_person = np.where(fit.df > 0, n_groups / (n * np.maximum(fit.df, 1)), 0.0)
    missing = np.where(fit.converged, 0.0, np.nan)
    return FitIndices(
        n=n,
        chi2=fit.chi2,
        df=fit.df,
        p=np.where(fit.df > 0, special.chdtrc(np.maximum(fit.df, 1), fit.chi2), 1.0) + missing,
        cfi=cfi + missing,
        rmsea=np.sqrt(excess * per_person) + missing,
        rmsea_lower=np.sqrt(lower * per_person) + missing,
        rmsea_upper=np.sqrt(upper * per_person) + missing,
        srmr=_srmr(moments, structure, fit) + missing,
        converged=fit.converged,
        proper=_is_proper(structure, fit),
    )


def independence_chi2(moments: Moments) -> FloatArray:
    """Chi2 of the model in which no two variables are correlated: n_g (sum log c_ii - log|C|), summed over groups."""
    definite = is_positive_definite(moments.covariance)
    covariance = np.where(definite[..., None, None], moments.covariance, np.eye(moments.mean.shape[-1]))
    logs = np.log(np.einsum("...pp->...p", covariance)).sum(axis=-1) - np.linalg.slogdet(covariance)[1]
    chi2: FloatArray = np.where(definite, moments.n * logs, np.nan).sum(axis=1)
    return chi2


def noncentrality(chi2: FloatArray, df: IntArray, below: float) -> FloatArray:
    """The noncentrality at which a chi2 as small as this one has probability `below`; 0 where there is none.

    Args:
        chi2: Shape (replicates,).
        df: Degrees of freedom, shape (replicates,).
        below: Probability, 0 to 1.
    """
    known = np.isfinite(chi2)
    safe_chi2, safe_df = np.where(known, chi2, 1.0), np.maximum(df, 1)
    exists = special.chdtr(safe_df, safe_chi2) > below
    # Where there is none, the inverse is asked for one that exists.
    solution = special.chndtrinc(safe_chi2, safe_df, np.where(exists, below, special.chdtr(safe_df, safe_chi2) / 2))
    return np.where(known, np.where(exists, solution, 0.0), np.nan)


def _srmr(moments: Moments, structure: Structure, fit: StructureFit) -> FloatArray:
    n_variables = moments.mean.shape[-1]
    variances = np.einsum("...pp->...p", moments.covariance)
    rows, columns = np.tril_indices(n_variables)
    difference = (moments.covariance - fit.implied_covariance)[..., rows, columns]
    with np.errstate(invalid="ignore", divide="ignore"):
        squares = (difference**2 / (variances[..., rows] * variances[..., columns])).sum(axis=-1)
        if structure.has_means:
            squares += ((moments.mean - fit.implied_mean) ** 2 / variances).sum(axis=-1)
    n_moments = len(rows) + n_variables * structure.has_means
    share = moments.n / np.maximum(moments.n.sum(axis=1, keepdims=True), 1)
    srmr: FloatArray = (share * np.sqrt(squares / n_moments)).sum(axis=1)
    return srmr


def _is_proper(structure: Structure, fit: StructureFit) -> BoolArray:
    theta = np.nan_to_num(fit.parameters)
    residual = np.einsum("rk,gkpq->rgpq", theta, structure.residual_covariance)
    factors = np.einsum("rk,gkef->rgef", theta, structure.factor_covariance)
    least = np.minimum(np.linalg.eigvalsh(residual)[..., 0], np.linalg.eigvalsh(factors)[..., 0])
    proper: BoolArray = fit.converged & (least >= 0).all(axis=1)
    return proper
