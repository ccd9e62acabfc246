"""Ordinary least squares with the cluster-robust CR2 variance and Satterthwaite degrees of freedom, in batch.

Bell & McCaffrey (2002, Survey Methodology 28, 169-181) correct the residuals of each cluster so that the variance
is unbiased when errors are independent with equal variance, and give the degrees of freedom of the t test;
Pustejovsky & Tipton (2018, Journal of Business & Economic Statistics 36, 672-683) generalise both. Checked
against R's clubSandwich 0.5.8.

Everything is computed from the cross-products of each cluster, so that a replicate costs memory by teams and not
by people. With X_j the rows of cluster j, S_j = X_j'X_j, M = (sum S_j)^-1 = L L', r_j = X_j'y_j - S_j b:

    A_j = L (I - L'S_jL)^(-1/2) L'       V = sum_j A_j r_j r_j' A_j

which is M X_j'(I - H_jj)^(-1/2) e_j, since f(UV)U = U f(VU) for the square root. For a contrast c, with
w_j = A_j c and v_j = S_j w_j, the matrix of the quadratic form is P = diag(w_j'v_j) - V M V' (V with rows v_j'), and

    df = (trace P)^2 / sum of squares of P.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

FloatArray = NDArray[np.float64]
Number = TypeVar("Number", np.float64, np.intp)

LEVERAGE_TOLERANCE = 1e-6  # a team that leaves no more than this to the others carries a coefficient alone
NOTHING = 1e-12  # points; smaller is a rounding error


@dataclass(frozen=True)
class ClusterMoments:
    """Sufficient statistics of a linear model, by cluster.

    Attributes:
        xx: X_j'X_j, shape (replicates, clusters, columns, columns).
        xy: X_j'y_j, shape (replicates, clusters, columns).
        n: Rows used of each cluster, shape (replicates, clusters).
    """

    xx: FloatArray
    xy: FloatArray
    n: NDArray[np.intp]


@dataclass(frozen=True)
class LinearFit:
    """A fitted model.

    Attributes:
        coefficients: In units of y per unit of x, shape (replicates, columns); NaN where it cannot be estimated.
        covariance: CR2, shape (replicates, columns, columns).
        adjustment: A_j above, shape (replicates, clusters, columns, columns).
        xx: X_j'X_j, as in the moments.
        inverse: M above, shape (replicates, columns, columns).
    """

    coefficients: FloatArray
    covariance: FloatArray
    adjustment: FloatArray
    xx: FloatArray
    inverse: FloatArray


@dataclass(frozen=True)
class Estimate:
    """An estimate with its uncertainty, one value a replicate; NaN where it cannot be estimated.

    Attributes:
        estimate: In the scale's points.
        se: Standard error, points.
        df: Satterthwaite degrees of freedom.
        p: Two-sided p of no effect.
        lower: Lower bound of the interval, points.
        upper: Upper bound of the interval, points.
        n_people: People it rests on.
        n_teams: Teams they come from.
        n_treated: Of the people, those in the pilot arm.
    """

    estimate: FloatArray
    se: FloatArray
    df: FloatArray
    p: FloatArray
    lower: FloatArray
    upper: FloatArray
    n_people: NDArray[np.intp]
    n_teams: NDArray[np.intp]
    n_treated: NDArray[np.intp]


def moments_of(x: FloatArray, y: FloatArray, cluster: NDArray[np.intp], n_clusters: int) -> ClusterMoments:
    """Cross-products by cluster; rows with a missing entry are left out.

    Args:
        x: Columns of the model, shape (replicates, rows, columns).
        y: Outcome, shape (replicates, rows).
        cluster: Index of each row's cluster, ascending, shape (rows,).
        n_clusters: How many clusters there are.
    """
    complete = ~(np.isnan(y) | np.isnan(x).any(axis=-1))
    x = np.where(complete[..., None], x, 0.0)
    y = np.where(complete, y, 0.0)
    products = np.concatenate([x[..., :, None] * x[..., None, :], (x * y[..., None])[..., None]], axis=-1)
    totals = sum_by_cluster(products, cluster, n_clusters)
    n = sum_by_cluster(complete.astype(np.intp), cluster, n_clusters)
    return ClusterMoments(xx=totals[..., :-1], xy=totals[..., -1], n=n)


def sum_by_cluster(values: NDArray[Number], cluster: NDArray[np.intp], n_clusters: int) -> NDArray[Number]:
    """Sum over axis 1 within runs of the ascending `cluster`; empty clusters get zero."""
    present, starts = np.unique(cluster, return_index=True)
    totals = np.zeros((values.shape[0], n_clusters, *values.shape[2:]), dtype=values.dtype)
    if len(present):
        totals[:, present] = np.add.reduceat(values, starts, axis=1)
    return totals


def fit(moments: ClusterMoments) -> LinearFit:
    """Least squares and CR2 from the clusters' cross-products.

    A replicate whose columns are collinear, or in which one cluster alone carries a coefficient (one treated
    team), has NaN throughout: no cluster-robust test is valid there.
    """
    total = moments.xx.sum(axis=1)
    estimable = np.linalg.matrix_rank(total, hermitian=True) == total.shape[-1]
    identity = np.eye(total.shape[-1])
    root = np.linalg.inv(np.linalg.cholesky(np.where(estimable[:, None, None], total, identity)))
    root = np.swapaxes(root, -1, -2)  # L with M = L L'
    inverse = np.asarray(root @ np.swapaxes(root, -1, -2), dtype=np.float64)
    coefficients = np.einsum("rpq,rq->rp", inverse, moments.xy.sum(axis=1))

    leverage = np.swapaxes(root, -1, -2)[:, None] @ moments.xx @ root[:, None]
    eigenvalues, vectors = np.linalg.eigh(leverage)
    estimable &= (eigenvalues < 1 - LEVERAGE_TOLERANCE).all(axis=(1, 2))
    scaled = vectors / np.sqrt(np.maximum(1 - eigenvalues, LEVERAGE_TOLERANCE))[..., None, :]
    adjustment = root[:, None] @ scaled @ np.swapaxes(vectors, -1, -2) @ np.swapaxes(root, -1, -2)[:, None]

    score = moments.xy - np.einsum("rjpq,rq->rjp", moments.xx, coefficients)
    corrected = np.einsum("rjpq,rjq->rjp", adjustment, score)
    covariance = np.einsum("rjp,rjq->rpq", corrected, corrected)
    missing = np.where(estimable, 0.0, np.nan)
    return LinearFit(
        coefficients=coefficients + missing[:, None],
        covariance=covariance + missing[:, None, None],
        adjustment=adjustment,
        xx=moments.xx,
        inverse=inverse,
    )


def contrast(
    model: LinearFit, weights: ArrayLike, moments: ClusterMoments, treated: NDArray[np.bool_], *, confidence_pct: float
) -> Estimate:
    """Estimate a linear combination of the coefficients.

    Args:
        model: The fit.
        weights: The contrast c, shape (columns,).
        moments: What it was fitted to (for the counts).
        treated: Which clusters are pilot teams, shape (replicates, clusters) (for the counts).
        confidence_pct: Of the interval, percent.
    """
    c = np.asarray(weights, dtype=float)
    estimate = model.coefficients @ c
    se = np.sqrt(np.einsum("p,rpq,q->r", c, model.covariance, c))
    df = _satterthwaite_df(model, c) + 0.0 * estimate
    return t_estimate(estimate, se, df, moments.n, treated, confidence_pct=confidence_pct)


def t_estimate(
    estimate: FloatArray,
    se: FloatArray,
    df: FloatArray,
    n: NDArray[np.intp],
    treated: NDArray[np.bool_],
    *,
    confidence_pct: float,
) -> Estimate:
    """An estimate with its t test and interval.

    Args:
        estimate: Points, shape (replicates,).
        se: Standard error, same shape.
        df: Degrees of freedom, same shape.
        n: People of each cluster that it rests on, shape (replicates, clusters).
        treated: Which clusters are pilot teams, same shape.
        confidence_pct: Of the interval, percent.
    """
    se = np.where(se < NOTHING, 0.0, se)
    with np.errstate(invalid="ignore", divide="ignore"):
        # Where nothing varies there is nothing to test: zero stays zero, anything else is certain.
        t = np.where((se == 0) & (np.abs(estimate) < NOTHING), 0.0, estimate / se)
    lower, upper = interval(estimate, se, df, confidence_pct=confidence_pct)
    return Estimate(
        estimate=estimate,
        se=se,
        df=df,
        p=2 * special.stdtr(df, -np.abs(t)),
        lower=lower,
        upper=upper,
        n_people=n.sum(axis=1),
        n_teams=(n > 0).sum(axis=1),
        n_treated=np.where(treated, n, 0).sum(axis=1),
    )


def interval(
    estimate: FloatArray, se: FloatArray, df: FloatArray, *, confidence_pct: float
) -> tuple[FloatArray, FloatArray]:
    """Lower and upper bound of the t interval."""
    reach = special.stdtrit(df, 0.5 + confidence_pct / 200) * se
    return estimate - reach, estimate + reach


def _satterthwaite_df(model: LinearFit, c: FloatArray) -> FloatArray:
    w = model.adjustment @ c
    v = np.einsum("rjpq,rjq->rjp", model.xx, w)
    own = np.einsum("rjp,rjp->rj", w, v)
    shared = np.einsum("rjp,rpq,rjq->rj", v, model.inverse, v)
    gram = np.einsum("rjp,rjq->rpq", v, v) @ model.inverse
    trace = (own - shared).sum(axis=1)
    squares = (own**2 - 2 * own * shared).sum(axis=1) + np.einsum("rpq,rqp->r", gram, gram)
    with np.errstate(invalid="ignore", divide="ignore"):
        df: FloatArray = trace**2 / squares
    return df
