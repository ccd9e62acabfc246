"""One factor behind the items of a scale: confirmatory factor analysis by maximum likelihood, in batch.

    x_i = t_i + l_i f + e_i,   var f = 1,   cov(x) = l l' + diag(u)

Joreskog (1969, Psychometrika 34, 183-202). Checked against `cfa(..., std.lv = TRUE)` of R's lavaan 0.6-14. Items
are taken as continuous, which is usual and harmless from five answer options on (Rhemtulla, Brosseau-Liard & Savalei
2012, Psychological Methods 17, 354-373). A formative list of items (a checklist, causes rather than signs) has no
such factor; do not ask for one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pilot.psychometrics.fit_indices import FitIndices, fit_indices
from pilot.psychometrics.maximum_likelihood import fit_structure
from pilot.psychometrics.moments import Moments, covariance_of
from pilot.psychometrics.structure import Structure, is_positive_definite
from pilot.scores import FloatArray

LEAST_UNIQUENESS = 0.05  # at the start, as a share of the item's variance


@dataclass(frozen=True)
class OneFactor:
    """A fitted one-factor model; NaN where it could not be fitted.

    Attributes:
        loadings: Points per standard deviation of the factor; their sum is not negative, shape (replicates, items).
        loading_se: Standard errors of the loadings, points, same shape.
        uniquenesses: Variance not explained, squared points, divisor n, same shape. Negative in an improper solution.
        uniqueness_se: Standard errors of the uniquenesses, squared points, same shape.
        standardised_loadings: Loadings over the model's standard deviations of the items, same shape.
        covariance: Of all loadings and uniquenesses, in this order, shape (replicates, 2 items, 2 items).
        indices: Fit; a model of three items is saturated and fits by construction (df 0).
    """

    loadings: FloatArray
    loading_se: FloatArray
    uniquenesses: FloatArray
    uniqueness_se: FloatArray
    standardised_loadings: FloatArray
    covariance: FloatArray
    indices: FitIndices


def one_factor(covariance: FloatArray, n: ArrayLike) -> OneFactor:
    """Fit one factor to covariance matrices.

    Fewer than three items, a covariance that is not positive definite (too few people, two items answered alike) and
    a failed minimisation give NaN.

    Args:
        covariance: Of the items, divisor n - 1 as `numpy.cov` gives, squared points, shape (replicates, items, items).
        n: People behind it, shape () or (replicates,).
    """
    n_replicates, n_items = covariance.shape[:2]
    people = np.broadcast_to(np.asarray(n, dtype=np.intp), (n_replicates,))
    shrink = (people - 1) / np.maximum(people, 1)
    moments = Moments(
        n=people[:, None],
        mean=np.zeros((n_replicates, 1, n_items)),
        covariance=(covariance * shrink[:, None, None])[:, None],
    )
    structure = _structure(n_items)
    # The last parameter is the factor's variance, fixed to one.
    start = np.concatenate([starting_values(moments.covariance[:, 0]), np.ones((n_replicates, 1))], axis=1)
    free = np.broadcast_to(np.arange(2 * n_items + 1) < 2 * n_items, start.shape)
    fit = fit_structure(moments, structure, start, free)
    loadings, uniquenesses = fit.parameters[:, :n_items], fit.parameters[:, n_items : 2 * n_items]
    se = np.sqrt(np.einsum("rkk->rk", fit.covariance))
    sign = np.where(loadings.sum(axis=1, keepdims=True) < 0, -1.0, 1.0)
    implied = np.einsum("rpp->rp", fit.implied_covariance[:, 0])
    signs = np.concatenate([np.repeat(sign, n_items, axis=1), np.ones((n_replicates, n_items))], axis=1)
    return OneFactor(
        loadings=sign * loadings,
        loading_se=se[:, :n_items],
        uniquenesses=uniquenesses,
        uniqueness_se=se[:, n_items : 2 * n_items],
        standardised_loadings=sign * loadings / np.sqrt(implied),
        covariance=signs[:, :, None] * fit.covariance[:, :-1, :-1] * signs[:, None, :],
        indices=fit_indices(moments, structure, fit),
    )


def one_factor_of_answers(answers: FloatArray) -> OneFactor:
    """Fit one factor to the people who answered every item.

    Args:
        answers: Points, keyed in one direction, NaN where not answered, shape (replicates, people, items).
    """
    covariance, n = covariance_of(answers, missing="listwise")
    return one_factor(covariance, n[:, 0, 0])


def starting_values(covariance: FloatArray) -> FloatArray:
    """Loadings and uniquenesses of the one-factor model with equal uniquenesses, which has a closed form.

    With eigenvalues e_1 >= ... >= e_p it is l = v_1 sqrt(e_1 - mean(e_2, ..., e_p)); Tipping & Bishop (1999, Journal
    of the Royal Statistical Society B 61, 611-622).

    Args:
        covariance: Shape (..., items, items).

    Returns:
        Loadings with a sum that is not negative, then uniquenesses, shape (..., 2 items); NaN where the matrix is not
        positive definite.
    """
    definite = is_positive_definite(covariance)[..., None]
    n_items = covariance.shape[-1]
    values, vectors = np.linalg.eigh(np.where(definite[..., None], covariance, np.eye(n_items)))
    rest = values[..., :-1].sum(axis=-1, keepdims=True) / max(n_items - 1, 1)
    loadings = vectors[..., -1] * np.sqrt(np.maximum(values[..., -1:] - rest, 0.0))
    loadings *= np.where(loadings.sum(axis=-1, keepdims=True) < 0, -1.0, 1.0)
    variances = np.einsum("...pp->...p", covariance)
    uniquenesses = np.maximum(variances - loadings**2, LEAST_UNIQUENESS * variances)
    return np.where(definite, np.concatenate([loadings, uniquenesses], axis=-1), np.nan)


def _structure(n_items: int) -> Structure:
    structure = Structure.empty(
        n_groups=1, n_parameters=2 * n_items + 1, n_variables=n_items, n_factors=1, has_means=False
    )
    item = np.arange(n_items)
    structure.loading[0, item, item, 0] = 1
    structure.residual_covariance[0, n_items + item, item, item] = 1
    structure.factor_covariance[0, -1, 0, 0] = 1
    return structure
