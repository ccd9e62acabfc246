"""Maximum likelihood for mean and covariance structures, in batch: the engine behind factor models.

Fisher scoring with Levenberg-Marquardt damping on the discrepancy F of `structure`, all replicates at once; chi2 = n F
with covariances of divisor n, as lavaan does by default (likelihood = "normal"), and standard errors from the inverse
expected information, as lavaan's. Memory is about 8 bytes x replicates x groups x parameters x variables^2, times
five.

Residual variances are not bounded, as in lavaan: a negative one (Heywood case) stays visible as an improper solution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pilot.psychometrics.moments import IntArray, Moments
from pilot.psychometrics.structure import (
    SINGULAR,
    Structure,
    evaluate,
    information_at,
    is_positive_definite,
    matrices_at,
)
from pilot.scores import BoolArray, FloatArray

MOST_ITERATIONS = 300
DECREMENT = 1e-13  # twice the drop of F that a further step could bring
ROUNDING = 1e-13
DAMPING = (1e-12, 1e-3, 1e8)  # least, at the start, most


@dataclass(frozen=True)
class StructureFit:
    """A fitted structure; NaN throughout a replicate that could not be fitted.

    Attributes:
        parameters: Shape (replicates, parameters).
        free: Which parameters were estimated, same shape.
        covariance: Of the estimates, inverse expected information; zero for fixed ones, shape (replicates,
            parameters, parameters).
        chi2: Likelihood ratio against the saturated model, shape (replicates,).
        df: Moments less free parameters, shape (replicates,).
        implied_mean: Points, shape (replicates, groups, variables).
        implied_covariance: Squared points, shape (replicates, groups, variables, variables).
        converged: Whether a minimum was found at which all free parameters are identified, shape (replicates,).
        n_iterations: Scoring steps taken, shape (replicates,).
    """

    parameters: FloatArray
    free: BoolArray
    covariance: FloatArray
    chi2: FloatArray
    df: IntArray
    implied_mean: FloatArray
    implied_covariance: FloatArray
    converged: BoolArray
    n_iterations: IntArray


def fit_structure(moments: Moments, structure: Structure, start: FloatArray, free: BoolArray) -> StructureFit:
    """Fit a structure to each replicate.

    Args:
        moments: Of the samples; a replicate whose covariance is not positive definite is refused.
        structure: The model.
        start: Starting values, and the values of fixed parameters, shape (replicates, parameters).
        free: Which parameters to estimate, shape (replicates, parameters).
    """
    usable = is_positive_definite(moments.covariance).all(axis=1) & np.isfinite(start).all(axis=1)
    usable &= free.sum(axis=1) <= structure.n_moments
    theta = start.copy()
    n_iterations = np.zeros(len(theta), dtype=np.intp)
    converged = np.zeros(len(theta), dtype=np.bool_)
    damping = np.full(len(theta), DAMPING[1])
    index = np.flatnonzero(usable)
    sample = _take(moments, index)
    current = evaluate(sample, structure, theta[index])
    for _ in range(MOST_ITERATIONS):
        information, slope = information_at(sample, structure, current, free[index])
        diagonal = np.maximum(np.einsum("rkk->rk", information), SINGULAR)
        damped = information + (damping[index, None] * diagonal)[..., None] * np.eye(theta.shape[1])
        step = np.linalg.solve(damped, slope[..., None])[..., 0] * free[index]
        # Heavy damping makes any step small: only a nearly free one tells that nothing more is to be had.
        done = (np.einsum("rk,rk->r", slope, step) < DECREMENT) & (damping[index] <= DAMPING[1])
        converged[index[done]] = True
        going = ~done & np.isfinite(current.discrepancy) & (damping[index] < DAMPING[2])
        if not going.any():
            break
        index, sample, current = index[going], _take(sample, going), current.of(going)
        trial = theta[index] + step[going]
        with np.errstate(over="ignore", invalid="ignore"):  # a step into nowhere is not taken
            new = evaluate(sample, structure, trial)
        better = new.discrepancy <= current.discrepancy + ROUNDING * (1 + np.abs(current.discrepancy))
        theta[index] = np.where(better[:, None], trial, theta[index])
        damping[index] = np.clip(np.where(better, damping[index] / 10, damping[index] * 10), DAMPING[0], DAMPING[2])
        n_iterations[index] += 1
        current = new.where(better, current)
    return _finished(moments, structure, theta, free, converged, n_iterations)


def score_test(moments: Moments, structure: Structure, fit: StructureFit, sets: IntArray) -> FloatArray:
    """By how much chi2 would fall, to first order, if fixed parameters were free: modification indices.

    The score statistic n s' (I_ss - I_sf I_ff^-1 I_fs)^-1 s of Rao (1948, Proceedings of the Cambridge Philosophical
    Society 44, 50-57), with gradient s and expected information I; as lavaan's `lavTestScore`.

    Args:
        moments: What the structure was fitted to.
        structure: The model.
        fit: The fit.
        sets: Places of parameters that are fixed and would be freed together, shape (sets, parameters of a set).

    Returns:
        Chi2 with as many degrees of freedom as a set has parameters, shape (replicates, sets); NaN where not fitted.
    """
    statistics = np.full((len(fit.parameters), len(sets)), np.nan)
    index = np.flatnonzero(fit.converged)
    sample = _take(moments, index)
    every = np.ones((len(index), fit.parameters.shape[1]), dtype=np.bool_)
    here = evaluate(sample, structure, fit.parameters[index])
    information, slope = information_at(sample, structure, here, every)
    n = moments.n[index].sum(axis=1).astype(float)
    explained = information @ (fit.covariance[index] * n[:, None, None]) @ information
    remaining = (information - explained)[:, sets[:, :, None], sets[:, None, :]]
    score = slope[:, sets]
    # A parameter that is free already has no information left and no score: nothing to gain.
    values, vectors = np.linalg.eigh(remaining)
    kept = values > SINGULAR * np.einsum("rkk->r", information)[:, None, None]
    inside = np.einsum("rsba,rsb->rsa", vectors, score)
    statistics[index] = n[:, None] * np.where(kept, inside**2 / np.where(kept, values, 1.0), 0.0).sum(axis=-1)
    return statistics


def _finished(
    moments: Moments,
    structure: Structure,
    theta: FloatArray,
    free: BoolArray,
    converged: BoolArray,
    n_iterations: IntArray,
) -> StructureFit:
    """Standard errors, chi2 and identification at the end."""
    n_parameters = theta.shape[1]
    index = np.flatnonzero(converged)
    sample = _take(moments, index)
    here = evaluate(sample, structure, theta[index])
    information, _ = information_at(sample, structure, here, free[index])
    scale = np.sqrt(np.maximum(np.einsum("rkk->rk", information), SINGULAR))
    identified = is_positive_definite(information / (scale[:, :, None] * scale[:, None, :]))
    n = sample.n.sum(axis=1)
    inverse = np.linalg.inv(np.where(identified[:, None, None], information, np.eye(n_parameters)))
    usable = np.zeros(len(theta), dtype=np.bool_)
    usable[index] = identified
    missing = np.where(usable, 0.0, np.nan)
    chi2, covariance = np.zeros(len(theta)), np.zeros((len(theta), n_parameters, n_parameters))
    chi2[index] = np.maximum(n * here.discrepancy, 0.0)
    covariance[index] = inverse * (free[index][:, :, None] & free[index][:, None, :]) / n[:, None, None]
    parameters = theta + missing[:, None]
    matrices = matrices_at(structure, parameters)
    return StructureFit(
        parameters=parameters,
        free=free.copy(),
        covariance=covariance + missing[:, None, None],
        chi2=chi2 + missing,
        df=(structure.n_moments - free.sum(axis=1)).astype(np.intp),
        implied_mean=matrices.mean,
        implied_covariance=matrices.covariance,
        converged=usable,
        n_iterations=n_iterations,
    )


def _take(moments: Moments, index: IntArray | BoolArray) -> Moments:
    return Moments(moments.n[index], moments.mean[index], moments.covariance[index])
