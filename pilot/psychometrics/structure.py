"""Mean and covariance structures: what a factor model implies, how far the sample is from it, and in which direction.

With loadings L, factor covariance P, residual covariance T, intercepts t and factor means k, each linear in the
parameters, group g has

    S(theta) = L P L' + T        m(theta) = t + L k

and the discrepancy of Joreskog (1967, Psychometrika 32, 443-482; 1971, Psychometrika 36, 409-426; with means
Sorbom 1974, British Journal of Mathematical and Statistical Psychology 27, 229-239) is

    F = sum_g (n_g / n) [log|S| + tr(C S^-1) - log|C| - p + (y - m)' S^-1 (y - m)]

with the sample's mean y and covariance C (divisor n). With W such that W S W' = I, every derivative dS, dm becomes a
column (W dS W' / sqrt(2), W dm): the expected information of one person is the cross-product of these columns and half
the gradient their product with the whitened residual, less its sign.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from pilot.psychometrics.moments import IntArray, Moments
from pilot.scores import BoolArray, FloatArray

SINGULAR = 1e-10  # smallest eigenvalue, relative to the largest


@dataclass(frozen=True)
class Structure:
    """Derivatives of the model's matrices with respect to the parameters; constant, since all are linear.

    Attributes:
        loading: Shape (groups, parameters, variables, factors).
        factor_covariance: Shape (groups, parameters, factors, factors).
        residual_covariance: Shape (groups, parameters, variables, variables).
        intercept: Shape (groups, parameters, variables).
        factor_mean: Shape (groups, parameters, factors).
        has_means: Whether means are modelled; if not, the sample's are reproduced and cost nothing.
    """

    loading: FloatArray
    factor_covariance: FloatArray
    residual_covariance: FloatArray
    intercept: FloatArray
    factor_mean: FloatArray
    has_means: bool

    @property
    def n_moments(self) -> int:
        """Means and covariances that are modelled."""
        n_groups, _, n_variables, _ = self.loading.shape
        return int(n_groups * (n_variables * (n_variables + 1) // 2 + n_variables * self.has_means))

    @classmethod
    def empty(cls, *, n_groups: int, n_parameters: int, n_variables: int, n_factors: int, has_means: bool) -> Structure:
        """All derivatives zero, to be filled in."""
        lead = (n_groups, n_parameters)
        return cls(
            loading=np.zeros((*lead, n_variables, n_factors)),
            factor_covariance=np.zeros((*lead, n_factors, n_factors)),
            residual_covariance=np.zeros((*lead, n_variables, n_variables)),
            intercept=np.zeros((*lead, n_variables)),
            factor_mean=np.zeros((*lead, n_factors)),
            has_means=has_means,
        )


@dataclass(frozen=True)
class Matrices:
    """The model's matrices at some parameters.

    Attributes:
        loading: Shape (replicates, groups, variables, factors).
        factor_covariance: Shape (replicates, groups, factors, factors).
        factor_mean: Shape (replicates, groups, factors).
        mean: Implied means, shape (replicates, groups, variables).
        covariance: Implied covariances, shape (replicates, groups, variables, variables).
    """

    loading: FloatArray
    factor_covariance: FloatArray
    factor_mean: FloatArray
    mean: FloatArray
    covariance: FloatArray


@dataclass(frozen=True)
class Evaluation:
    """The discrepancy at some parameters, with what its derivatives need.

    Attributes:
        discrepancy: F, infinite where the implied covariance is not positive definite, shape (replicates,).
        whitening: W, shape (replicates, groups, variables, variables).
        residual_covariance: W (C + (y - m)(y - m)') W' - I, same shape.
        residual_mean: W (y - m), shape (replicates, groups, variables).
        loading: As in `Matrices`, and so the following.
        factor_covariance: Shape (replicates, groups, factors, factors).
        factor_mean: Shape (replicates, groups, factors).
    """

    discrepancy: FloatArray
    whitening: FloatArray
    residual_covariance: FloatArray
    residual_mean: FloatArray
    loading: FloatArray
    factor_covariance: FloatArray
    factor_mean: FloatArray

    def of(self, chosen: BoolArray) -> Evaluation:
        """That of some replicates."""
        return Evaluation(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def where(self, chosen: BoolArray, other: Evaluation) -> Evaluation:
        """This one where chosen, else the other."""
        pairs = [(getattr(self, field.name), getattr(other, field.name)) for field in fields(self)]
        return Evaluation(*(np.where(chosen.reshape(-1, *(1,) * (a.ndim - 1)), a, b) for a, b in pairs))


def is_positive_definite(covariance: FloatArray) -> BoolArray:
    """Whether a covariance matrix (last two axes) is finite and has no eigenvalue near or below zero."""
    finite = np.isfinite(covariance).all(axis=(-2, -1), keepdims=True)
    values = np.linalg.eigvalsh(np.where(finite, covariance, 0.0))
    positive: BoolArray = (values[..., 0] > SINGULAR * values[..., -1]) & (values[..., -1] > 0)
    return positive


def matrices_at(structure: Structure, theta: FloatArray) -> Matrices:
    """The model's matrices at some parameters, shape (replicates, parameters)."""
    loading = _linear(theta, structure.loading)
    factor_covariance = _linear(theta, structure.factor_covariance)
    factor_mean = _linear(theta, structure.factor_mean)
    common = loading @ factor_covariance @ np.swapaxes(loading, -1, -2)
    return Matrices(
        loading=loading,
        factor_covariance=factor_covariance,
        factor_mean=factor_mean,
        mean=_linear(theta, structure.intercept) + (loading @ factor_mean[..., None])[..., 0],
        covariance=common + _linear(theta, structure.residual_covariance),
    )


def _linear(theta: FloatArray, derivative: FloatArray) -> FloatArray:
    """Parameters times constant derivatives of shape (groups, parameters, ...): shape (replicates, groups, ...)."""
    return np.tensordot(theta, derivative, axes=(1, 1))


def evaluate(sample: Moments, structure: Structure, theta: FloatArray) -> Evaluation:
    """The discrepancy at some parameters.

    Args:
        sample: With positive definite covariances.
        structure: The model.
        theta: Parameters, shape (replicates, parameters).
    """
    matrices = matrices_at(structure, theta)
    definite = is_positive_definite(matrices.covariance)
    n_variables = matrices.covariance.shape[-1]
    values, vectors = np.linalg.eigh(np.where(definite[..., None, None], matrices.covariance, np.eye(n_variables)))
    whitening = np.swapaxes(vectors / np.sqrt(values)[..., None, :], -1, -2)
    difference = (sample.mean - matrices.mean) * structure.has_means
    residual_mean = (whitening @ difference[..., None])[..., 0]
    whitened = whitening @ sample.covariance @ np.swapaxes(whitening, -1, -2)
    log_ratio = np.log(values).sum(axis=-1) - np.linalg.slogdet(sample.covariance)[1]
    by_group = log_ratio + np.einsum("rgpp->rg", whitened) - n_variables + (residual_mean**2).sum(axis=-1)
    share = sample.n / sample.n.sum(axis=1, keepdims=True)
    outer = residual_mean[..., :, None] * residual_mean[..., None, :]
    return Evaluation(
        discrepancy=np.where(definite.all(axis=1), (share * by_group).sum(axis=1), np.inf),
        whitening=whitening,
        residual_covariance=whitened + outer - np.eye(n_variables),
        residual_mean=residual_mean,
        loading=matrices.loading,
        factor_covariance=matrices.factor_covariance,
        factor_mean=matrices.factor_mean,
    )


def information_at(
    sample: Moments, structure: Structure, here: Evaluation, free: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Expected information of one person, and half the downward slope of F.

    Args:
        sample: The sample.
        structure: The model.
        here: The discrepancy at the parameters.
        free: Which parameters are free, shape (replicates, parameters); for the others the slope is zero, and a one on
            the diagonal of the information keeps them out of the way.

    Returns:
        Shapes (replicates, parameters, parameters) and (replicates, parameters).
    """
    by_covariance, by_mean = _whitened_derivatives(structure, here)
    n_replicates, n_groups, n_variables, n_parameters, _ = by_covariance.shape
    # A symmetric matrix counts its lower triangle twice and its diagonal once; halved, as in tr(AB) / 2.
    rows, columns = np.tril_indices(n_variables)
    weight = np.sqrt(np.where(rows == columns, 0.5, 1.0))
    lower = np.moveaxis(by_covariance, 3, 2)[..., rows, columns] * weight
    residual = here.residual_covariance[..., rows, columns] * weight
    share = np.sqrt(sample.n / sample.n.sum(axis=1, keepdims=True))
    jacobian = np.concatenate([lower, by_mean], axis=-1) * share[..., None, None]
    n_columns = n_groups * jacobian.shape[-1]
    jacobian = np.swapaxes(jacobian, 1, 2).reshape(n_replicates, n_parameters, n_columns) * free[..., None]
    residual = np.concatenate([residual, here.residual_mean], axis=-1) * share[..., None]
    information = jacobian @ np.swapaxes(jacobian, -1, -2)
    information += np.where(free, 0.0, 1.0)[..., None] * np.eye(n_parameters)
    return information, (jacobian @ residual.reshape(n_replicates, n_columns, 1))[..., 0]


def _whitened_derivatives(structure: Structure, here: Evaluation) -> tuple[FloatArray, FloatArray]:
    """Derivatives W dS W' and W dm with respect to each parameter.

    Each kind of parameter is computed by itself and by one matrix product a replicate: most derivatives are zero.

    Returns:
        Shapes (replicates, groups, variables, parameters, variables) and (replicates, groups, parameters, variables).
    """
    whitening, transposed = here.whitening, np.swapaxes(here.whitening, -1, -2)
    _, n_parameters, n_variables, n_factors = structure.loading.shape
    lead = whitening.shape[:2]  # no -1 in a reshape below: there may be no replicate
    by_covariance = np.zeros((*lead, n_variables, n_parameters, n_variables))
    by_mean = whitening @ np.swapaxes(structure.intercept, -1, -2)
    factors = whitening @ here.loading

    kind = _used(structure.loading)
    moved = whitening @ _side_by_side(structure.loading[:, kind])
    moved = moved.reshape(*lead, n_variables * len(kind), n_factors)
    product = moved @ (here.factor_covariance @ np.swapaxes(factors, -1, -2))
    product = product.reshape(*lead, n_variables, len(kind), n_variables)
    by_covariance[..., kind, :] += product + np.swapaxes(product, -1, -3)
    by_mean[..., kind] += (moved @ here.factor_mean[..., None]).reshape(*lead, n_variables, len(kind))

    kind = _used(structure.factor_covariance)
    moved = factors @ _side_by_side(structure.factor_covariance[:, kind])
    product = moved.reshape(*lead, n_variables * len(kind), n_factors) @ np.swapaxes(factors, -1, -2)
    by_covariance[..., kind, :] += product.reshape(*lead, n_variables, len(kind), n_variables)

    kind = _used(structure.residual_covariance)
    moved = whitening @ _side_by_side(structure.residual_covariance[:, kind])
    product = moved.reshape(*lead, n_variables * len(kind), n_variables) @ transposed
    by_covariance[..., kind, :] += product.reshape(*lead, n_variables, len(kind), n_variables)

    by_mean += factors @ np.swapaxes(structure.factor_mean, -1, -2)
    return by_covariance, np.swapaxes(by_mean, -1, -2) * structure.has_means


def _used(derivative: FloatArray) -> IntArray:
    """Places of the parameters with any derivative of this kind."""
    return np.flatnonzero(derivative.any(axis=(0, 2, 3)))


def _side_by_side(derivative: FloatArray) -> FloatArray:
    """Shape (groups, parameters, rows, columns) as (groups, rows, parameters x columns)."""
    return np.swapaxes(derivative, 1, 2).reshape(derivative.shape[0], derivative.shape[2], -1)
