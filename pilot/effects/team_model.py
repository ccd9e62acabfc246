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

from pilot.effects.cluster_robust import LEVERAGE_TOLERANCE, Estimate, sum_by_cluster, t_estimate
from pilot.scores import BoolArray, FloatArray, Roster

Model = Literal["mean", "change", "ancova", "interaction"]

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
        n_teams = len(roster.team_ids)

        def total(values: FloatArray) -> FloatArray:
            return sum_by_cluster(values, roster.team, n_teams)

        count = total(present.astype(np.float64))
        y = np.where(present, y, 0.0)
        nothing = np.zeros_like(count)
        if b is None:
            return cls(count.astype(np.intp), count, nothing, nothing, total(y), nothing)
        b = np.where(present, b, 0.0)
        return cls(count.astype(np.intp), count, total(b), total(b * b), total(y), total(b * y))

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
    solved = solve(model, sums, treated, weights)
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


def solve(model: Model, sums: TeamSums, treated: BoolArray, weights: ArrayLike) -> Solved:
    """Fit a model; a team without people takes no part. Arguments as of `fit_contrast`."""
    basis, c = np.asarray(BASES[model], dtype=np.float64), np.asarray(weights, dtype=np.float64)
    arms = np.stack([~treated, treated]).astype(np.float64)  # 0: comparison, 1: pilot
    gram, products = sums.gram, sums.products
    inverse, estimable = _inverse(basis, np.einsum("klrj,arj->rakl", gram, arms))
    of_arm = np.einsum("apk,akr->rp", basis, np.einsum("krj,arj->akr", products, arms))
    beta = np.einsum("rpq,rq->rp", inverse, of_arm)

    spread = np.einsum("rpq,aqk->rapk", inverse, basis)  # M B
    n_matrix = _of_team(np.einsum("apk,rapl->klra", basis, spread), treated)  # N
    d = _of_team(np.einsum("rapk,p->kra", spread, c), treated)
    fitted = _of_team(np.einsum("apk,rp->kra", basis, beta), treated)
    s = products - _apply(gram, fitted)
    h, leverage_fits = _adjustment(gram, n_matrix)
    e = d + _apply(n_matrix, _apply(h, d))
    return Solved(
        estimate=np.asarray(beta @ c, dtype=np.float64),
        influence=(e * s).sum(axis=0),
        estimable=estimable & leverage_fits,
        e=e,
        gram=gram,
        n_matrix=n_matrix,
        arms=arms,
        basis=basis,
        inverse=inverse,
    )


def _inverse(basis: FloatArray, gram_of_arms: FloatArray) -> tuple[FloatArray, BoolArray]:
    """M, shape (replicates, columns, columns), and where it exists."""
    total = _sandwich(basis, gram_of_arms)
    values, vectors = np.linalg.eigh(total)
    least = values[:, -1] * total.shape[-1] * np.finfo(np.float64).eps
    estimable: BoolArray = (values[:, 0] > least) & (values[:, 0] > 0)
    safe = np.where(estimable[:, None], values, 1.0)
    return np.asarray((vectors / safe[:, None, :]) @ np.swapaxes(vectors, -1, -2), dtype=np.float64), estimable


def _adjustment(gram: FloatArray, n_matrix: FloatArray) -> tuple[FloatArray, BoolArray]:
    """H, shape (2, 2, replicates, teams), and in which replicates no team alone carries a coefficient."""
    identity = np.eye(2)[..., None, None]
    square = identity - _times(gram, n_matrix)
    determinant, trace = _determinant(square), square[0, 0] + square[1, 1]
    smallest = (trace - np.sqrt(np.maximum(trace**2 - 4 * determinant, 0.0))) / 2  # 1 less the largest leverage
    fits = smallest > LEVERAGE_TOLERANCE
    square = np.where(fits, square, identity)
    root_determinant = np.sqrt(np.where(fits, determinant, 1.0))
    root = (square + root_determinant * identity) / np.sqrt(np.where(fits, trace, 2.0) + 2 * root_determinant)
    whole = _times(root, identity + root)
    adjugate = np.array([[whole[1, 1], -whole[0, 1]], [-whole[1, 0], whole[0, 0]]])
    estimable: BoolArray = fits.all(axis=-1)
    return _times(adjugate / _determinant(whole), gram), estimable


def _degrees_of_freedom(solved: Solved) -> FloatArray:
    """Satterthwaite's; (trace P)^2 / sum of squares of P, P = diag(w_j'v_j) - V M V'."""
    ge = _apply(solved.gram, solved.e)
    own, shared = (solved.e * ge).sum(axis=0), (ge * _apply(solved.n_matrix, ge)).sum(axis=0)
    # Sum of v_j v_j' from its two arms, in which B_j is the same.
    outer = np.einsum("krj,lrj,arj->rakl", ge, ge, solved.arms, optimize=True)
    gram = np.einsum("apk,rakl,aql->rpq", solved.basis, outer, solved.basis, optimize=True) @ solved.inverse
    trace = (own - shared).sum(axis=-1)
    squares = (own**2 - 2 * own * shared).sum(axis=-1) + np.einsum("rpq,rqp->r", gram, gram)
    with np.errstate(invalid="ignore", divide="ignore"):
        df: FloatArray = trace**2 / squares
    return df


def _sandwich(basis: FloatArray, of_arms: FloatArray) -> FloatArray:
    """Sum over the arms of B C B', shape (replicates, columns, columns), given C, (replicates, arms, 2, 2)."""
    total: FloatArray = np.einsum("rapl,aql->rpq", np.einsum("apk,rakl->rapl", basis, of_arms), basis)
    return total


def _of_team(of_arms: FloatArray, treated: BoolArray) -> FloatArray:
    """What holds for the two arms, (..., replicates, arms), for the teams in them, (..., replicates, teams)."""
    of_teams: FloatArray = np.where(treated, of_arms[..., 1:], of_arms[..., :1])
    return of_teams


def _times(left: FloatArray, right: FloatArray) -> FloatArray:
    """Product of matrices whose two axes come first."""
    product: FloatArray = left[:, :1] * right[:1] + left[:, 1:] * right[1:]
    return product


def _apply(matrix: FloatArray, vector: FloatArray) -> FloatArray:
    """Product with a vector whose axis comes first."""
    product: FloatArray = matrix[:, 0] * vector[0] + matrix[:, 1] * vector[1]
    return product


def _determinant(matrix: FloatArray) -> FloatArray:
    determinant: FloatArray = matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0]
    return determinant
