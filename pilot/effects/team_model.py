"""The models of this package, fitted from five sums a team: CR2 and Satterthwaite without a matrix a team.

In every model here the row of a person i in team j is

    x_ij = P_j + b_ij Q_j,

where P_j and Q_j depend on the team's arm only and b is one number of the person (the baseline, or whether they left):

| model | P_j | Q_j |
|---|---|---|
| mean | 1 | |
| change | 1, arm | |
| ancova | 1, arm, 0 | 0, 0, 1 |
| interaction | 1, arm, 0, 0 | 0, 0, 1, arm |

With B_j = [P_j Q_j], G_j = sum of (1, b)'(1, b) and g_j = sum of (1, b)'y over the people of team j, S_j = B_j G_j B_j'
and M = (sum S_j)^-1, every quantity of `cluster_robust` lives in two dimensions. Let N_j = B_j'M B_j and
Y_j = (I - G_j N_j)^(1/2), which of a 2 x 2 matrix has the closed form (Y^2 + sqrt(det Y^2) I) / sqrt(tr Y^2 +
2 sqrt(det Y^2)). Since f(UV)U = U f(VU), the adjustment of Bell & McCaffrey is

    A_j = M + M B_j H_j B_j'M,    H_j = [Y_j (I + Y_j)]^-1 G_j

(no division by a leverage that may be zero). For a contrast c, with d_j = B_j'M c, s_j = g_j - G_j B_j'beta and
e_j = (I + N_j H_j) d_j:

    V(c'beta) = sum_j (e_j's_j)^2,    w_j'v_j = e_j'G_j e_j,    v_j = B_j G_j e_j

and the degrees of freedom follow as in `cluster_robust`, against which all of this is tested.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pilot.effects.cluster_robust import LEVERAGE_TOLERANCE, ClusterMoments, Estimate, sum_by_cluster, t_estimate
from pilot.scores import BoolArray, FloatArray, Roster

Model = Literal["mean", "change", "ancova", "interaction"]

COLLINEAR = 1e-12  # of a column's square: what is left of it beside the others, where nothing is
# Columns of P (first) and Q (second) of a comparison team and of a pilot team, shape (arms, columns, 2).
BASES: dict[Model, tuple[ArrayLike, ArrayLike]] = {
    "mean": ([[1, 0]], [[1, 0]]),
    "change": ([[1, 0], [0, 0]], [[1, 0], [1, 0]]),
    "ancova": ([[1, 0], [0, 0], [0, 1]], [[1, 0], [1, 0], [0, 1]]),
    "interaction": ([[1, 0], [0, 0], [0, 1], [0, 0]], [[1, 0], [1, 0], [0, 1], [0, 1]]),
}


@dataclass(frozen=True)
class TeamSums:
    """Sums over the people of each team that have all that a model needs, each of shape (replicates, teams).

    Attributes:
        n: People.
        weight: Rows they count as: as many, or one a team where each team counts the same.
        b: Sum of b over those rows.
        bb: Of its square.
        y: Of the outcome.
        by: Of their product.
    """

    n: NDArray[np.intp]
    weight: FloatArray
    b: FloatArray
    bb: FloatArray
    y: FloatArray
    by: FloatArray

    @classmethod
    def of(cls, y: FloatArray, roster: Roster, b: FloatArray | None = None) -> TeamSums:
        """Sum over people; who misses y or b is left out.

        Args:
            y: Outcome, shape (replicates, people).
            roster: People and teams.
            b: The person's number in the model, same shape; None: the model has none.
        """
        present = ~np.isnan(y) if b is None else ~np.isnan(y + b)
        # What is summed stands in one array, so that it is summed in one pass.
        parts = np.empty((2 if b is None else 5, *y.shape))
        parts[0], parts[1] = present, np.where(present, y, 0.0)
        if b is not None:
            parts[2] = np.where(present, b, 0.0)
            np.multiply(parts[2], parts[2:0:-1], out=parts[3:])
        n_teams = len(roster.team_ids)
        totals = sum_by_cluster(parts.reshape(len(parts) * len(y), y.shape[1]), roster.team, n_teams)
        count, of_y, *of_b = totals.reshape(len(parts), len(y), n_teams)
        total_b, bb, by = of_b or [np.zeros_like(count)] * 3
        return cls(n=count.astype(np.intp), weight=count, b=total_b, bb=bb, y=of_y, by=by)

    def each_team_once(self) -> TeamSums:
        """The same with every team as one row of its means."""
        with np.errstate(invalid="ignore", divide="ignore"):
            b, y = (np.where(self.weight > 0, total / self.weight, 0.0) for total in (self.b, self.y))
        return replace(self, weight=(self.weight > 0).astype(np.float64), b=b, bb=b * b, y=y, by=b * y)

    @property
    def gram(self) -> FloatArray:
        """G, shape (2, 2, replicates, teams)."""
        return np.array([[self.weight, self.b], [self.b, self.bb]])

    @property
    def products(self) -> FloatArray:
        """g, shape (2, replicates, teams)."""
        return np.array([self.y, self.by])


def fit_contrast(
    model: Model, sums: TeamSums, treated: BoolArray, weights: ArrayLike, *, confidence_pct: float
) -> Estimate:
    """Least squares with CR2 and Satterthwaite degrees of freedom, for one contrast.

    NaN throughout a replicate whose columns are collinear, or in which one team alone carries a coefficient (one
    treated team): no cluster-robust test is valid there.

    Args:
        model: Which of the models.
        sums: What it is fitted to.
        treated: Which teams are pilot teams, shape (replicates, teams).
        weights: The contrast c, shape (columns,).
        confidence_pct: Of the interval, percent.
    """
    solved = _solve(_basis_of(model), sums, treated, weights)
    missing = np.where(solved.estimable, 0.0, np.nan)
    se = np.sqrt((solved.influence**2).sum(axis=-1)) + missing
    df = _degrees_of_freedom(solved) + missing
    return t_estimate(solved.estimate + missing, se, df, sums.n, treated, confidence_pct=confidence_pct)


@dataclass(frozen=True)
class Solved:
    """One model and contrast, for estimates that are put together of several; letters as above.

    Attributes:
        estimate: c'beta, shape (replicates,).
        influence: e_j's_j, each team's part in its error, shape (replicates, teams): their squares add up to the CR2
            variance, and those of one team in several models to its part in a weighted sum of their contrasts.
        estimable: Where `fit_contrast` does not refuse, shape (replicates,).
        e: Shape (2, replicates, teams).
        gram: G, shape (2, 2, replicates, teams).
        n_matrix: N, same shape.
        arms: Which teams are in the comparison and in the pilot, shape (arms, replicates, teams).
        basis: B of the two arms, shape (arms, columns, 2).
        inverse: M, shape (replicates, columns, columns).
        crossed: B'M B of an arm and an arm, shape (arms, 2, arms, 2, replicates).
    """

    estimate: FloatArray
    influence: FloatArray
    estimable: BoolArray
    e: FloatArray
    gram: FloatArray
    n_matrix: FloatArray
    arms: FloatArray
    basis: FloatArray
    inverse: FloatArray
    crossed: FloatArray


def solve(model: Model, sums: TeamSums, treated: BoolArray, weights: ArrayLike) -> Solved:
    """Fit a model; a team without people takes no part. Arguments as of `fit_contrast`."""
    return _solve(np.asarray(BASES[model], dtype=np.float64), sums, treated, weights)


def with_all_columns(model: Model, sums: TeamSums, treated: BoolArray) -> ClusterMoments:
    """S_j and B_j g_j, what `cluster_robust` fits. Arguments as of `fit_contrast`."""
    basis, arms = np.asarray(BASES[model], dtype=np.float64), _of_both_arms(treated)
    xx = np.einsum("apk,klrj,aql,arj->rjpq", basis, sums.gram, basis, arms, optimize=True)
    xy = np.einsum("apk,krj,arj->rjp", basis, sums.products, arms, optimize=True)
    return ClusterMoments(xx=xx, xy=xy, n=sums.n)


def _basis_of(model: Model) -> FloatArray:
    """B of the two arms, shape (arms, columns, 2); a model without b lives in one dimension instead of two."""
    basis = np.asarray(BASES[model], dtype=np.float64)
    return basis if basis[..., 1].any() else basis[..., :1]


def _solve(basis: FloatArray, sums: TeamSums, treated: BoolArray, weights: ArrayLike) -> Solved:
    """`solve`, in as many dimensions as the basis has.

    What belongs to the arms has the replicates on its last axis, so that a step is one product for all of them.
    """
    n_arms, n_columns, n = basis.shape
    flat = np.moveaxis(basis, 0, 1).reshape(n_columns, -1)  # B of both arms, side by side
    arms = _of_both_arms(treated)
    gram, products = sums.gram[:n, :n], sums.products[:n]
    gram_of_arms, products_of_arms = (np.einsum("...rj,arj->a...r", each, arms) for each in (gram, products))
    inverse, estimable = _inverse(_sandwich(basis, gram_of_arms))

    half = flat.T @ inverse  # of B'M, shape (columns, arms x n, replicates)
    crossed = _first_axis(flat.T, half).reshape(n_arms, n, n_arms, n, -1)  # B'M B
    d = _first_axis(np.asarray(weights, dtype=np.float64)[None], half).reshape(n_arms, n, -1)
    fitted = np.einsum("akblr,blr->akr", crossed, products_of_arms)  # B'beta
    n_matrix, d_of_teams, fitted_of_teams = (
        _of_teams(each, arms) for each in (np.einsum("akalr->aklr", crossed), d, fitted)
    )
    s = products - _apply(gram, fitted_of_teams)
    h_d, leverage_fits = _adjusted(gram, n_matrix, _apply(gram, d_of_teams))
    e = d_of_teams + _apply(n_matrix, h_d)
    return Solved(
        estimate=(d * products_of_arms).sum(axis=(0, 1)),
        influence=(e * s).sum(axis=0),
        estimable=estimable & leverage_fits,
        e=e,
        gram=gram,
        n_matrix=n_matrix,
        arms=arms,
        basis=basis,
        inverse=np.moveaxis(inverse, -1, 0),
        crossed=crossed,
    )


def _of_both_arms(treated: BoolArray) -> FloatArray:
    """Which teams are in the comparison and in the pilot, shape (arms, replicates, teams)."""
    return np.stack([~treated, treated]).astype(np.float64)


def _inverse(total: FloatArray) -> tuple[FloatArray, BoolArray]:
    """M, shape (columns, columns, replicates), given its inverse, and where it exists.

    By the sweep operator (Goodnight 1979, American Statistician 33, 149-158): of matrices this small, all replicates at
    once, it takes a sixth of the time of a decomposition of each.
    """
    inverse, diagonal = total.copy(), np.einsum("ppr->pr", total)
    estimable = np.ones(total.shape[-1], dtype=np.bool_)
    for place in range(len(total)):
        pivot = inverse[place, place]
        fits = pivot > COLLINEAR * diagonal[place]
        estimable &= fits
        pivot = np.where(fits, pivot, 1.0)
        row, column = inverse[place] / pivot, inverse[:, place].copy()
        inverse -= column[:, None] * row
        inverse[place], inverse[:, place] = row, -column / pivot
        inverse[place, place] = 1 / pivot
    return inverse, estimable


def _adjusted(gram: FloatArray, n_matrix: FloatArray, gd: FloatArray) -> tuple[FloatArray, BoolArray]:
    """H d, shape (dimensions, replicates, teams), and in which replicates no team alone carries a coefficient.

    Args:
        gram: G.
        n_matrix: N.
        gd: G d.
    """
    square = -_times(gram, n_matrix)  # Y^2
    for place in range(len(square)):
        square[place, place] += 1.0
    if len(square) == 1:
        fits = square[0, 0] > LEVERAGE_TOLERANCE
        own = np.where(fits, square[0, 0], 1.0)
        return gd / (np.sqrt(own) + own), fits.all(axis=-1)
    determinant, trace = _determinant(square), square[0, 0] + square[1, 1]
    smallest = (trace - np.sqrt(np.maximum(trace**2 - 4 * determinant, 0.0))) / 2  # 1 less the largest leverage
    fits = smallest > LEVERAGE_TOLERANCE
    root_determinant = np.sqrt(np.where(fits, determinant, 1.0))
    size = 1 / np.sqrt(np.where(fits, trace, 2.0) + 2 * root_determinant)
    whole = square * (1 + size)  # Y + Y^2
    for place in range(2):
        whole[place, place] += root_determinant * size
    (a, b), (c, d) = whole
    first, second = gd / np.where(fits, _determinant(whole), 1.0)
    return np.array([d * first - b * second, a * second - c * first]), fits.all(axis=-1)


def _degrees_of_freedom(solved: Solved) -> FloatArray:
    """Satterthwaite's; (trace P)^2 / sum of squares of P, P = diag(w_j'v_j) - V M V'."""
    ge = _apply(solved.gram, solved.e)
    own, shared = (solved.e * ge).sum(axis=0), (ge * _apply(solved.n_matrix, ge)).sum(axis=0)
    # V M V' has the squares of (sum of G_j e_j e_j'G_j) B'M B, both by arms.
    outer = np.einsum("krj,lrj,arj->aklr", ge, ge, solved.arms)
    product = np.einsum("aklr,albmr->akbmr", outer, solved.crossed)
    trace = (own - shared).sum(axis=-1)
    squares = (own**2 - 2 * own * shared).sum(axis=-1) + np.einsum("akbmr,bmakr->r", product, product)
    with np.errstate(invalid="ignore", divide="ignore"):
        df: FloatArray = trace**2 / squares
    return df


def _sandwich(basis: FloatArray, of_arms: FloatArray) -> FloatArray:
    """Sum over the arms of B C B', shape (columns, columns, replicates), given C, (arms, n, n, replicates)."""
    n_columns = basis.shape[1]
    constant = np.einsum("apk,aql->pqakl", basis, basis).reshape(n_columns**2, -1)
    total: FloatArray = (constant @ of_arms.reshape(constant.shape[1], -1)).reshape(n_columns, n_columns, -1)
    return total


def _first_axis(matrix: FloatArray, values: FloatArray) -> FloatArray:
    """Product with the first axis, shape (rows, ...)."""
    product: FloatArray = (matrix @ values.reshape(len(values), -1)).reshape(len(matrix), *values.shape[1:])
    return product


def _of_teams(of_arms: FloatArray, arms: FloatArray) -> FloatArray:
    """What holds for the two arms, (arms, ..., replicates), for the teams in them, (..., replicates, teams)."""
    comparison, pilot = of_arms[..., None]
    of_teams: FloatArray = comparison * arms[0] + pilot * arms[1]
    return of_teams


def _times(left: FloatArray, right: FloatArray) -> FloatArray:
    """Product of matrices whose two axes come first."""
    product: FloatArray = left[:, :1] * right[:1]
    for place in range(1, len(right)):
        product += left[:, place : place + 1] * right[place : place + 1]
    return product


def _apply(matrix: FloatArray, vector: FloatArray) -> FloatArray:
    """Product with a vector whose axis comes first."""
    product: FloatArray = matrix[:, 0] * vector[0]
    for place in range(1, len(vector)):
        product += matrix[:, place] * vector[place]
    return product


def _determinant(matrix: FloatArray) -> FloatArray:
    determinant: FloatArray = matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0]
    return determinant
