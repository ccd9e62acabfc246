"""The model of `effect_between_arms` as sums within teams, for tests that re-assign or re-weight whole teams.

By the Frisch-Waugh theorem, with Z the columns other than the arm, a = arm - Z p the arm's residuals on Z, and
e = y - Z g the outcome's residuals on Z (the fit under the null of no effect), summed over people and over the people
i of team j,

    b = sum a e / sum a^2        u_j = sum_(i in j) a (e - b a)        t = sum a e / sqrt(sum_j u_j^2)

t is b over its standard error CR0. Only sums within teams enter (as in `cluster_robust`), so that an assignment or a
draw costs memory by teams and not by people.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pilot.effects.cluster_robust import NOTHING, ClusterMoments, fit
from pilot.effects.linked import Estimator, Weighting, rows_between_arms
from pilot.effects.team_model import with_all_columns
from pilot.scores import BoolArray, FloatArray, Roster

ARM_COLUMN = 1
TIE = 1e-9  # relative; statistics that are equal on paper differ by rounding
CERTAIN = 1e8  # a statistic as good as infinite, small enough that its square times a rounding error is one
BLOCK_NUMBERS = 4_000_000  # in one temporary array, so that thousands of replicates fit into memory
DOUBLINGS, HALVINGS = 12, 36  # of the distance from the estimate, in standard errors


@dataclass(frozen=True)
class NullModel:
    """Sums within teams under the null; of replicates with the same numbers of measured teams, in both arms.

    Attributes:
        zz: Z_j'Z_j, shape (replicates, teams, columns, columns); the first column is the constant.
        ze: Z_j'e_j, shape (replicates, teams, columns).
        treated: Whether the team is in the pilot arm, shape (replicates, teams).
    """

    zz: FloatArray
    ze: FloatArray
    treated: BoolArray


def arm_moments(
    before: FloatArray, after: FloatArray, roster: Roster, *, estimator: Estimator, weighting: Weighting
) -> ClusterMoments:
    """Cross-products by team of the model that `effect_between_arms` fits.

    Columns: constant, arm and, with `ancova`, the baseline less its mean. Weighted by team, each measured team is
    one row of its means, and `n` still counts people.

    Args:
        before: Points at the start, NaN where missing, shape (replicates, people).
        after: Points at the end, same shape.
        roster: People and teams with their arms.
        estimator: `change` or `ancova`.
        weighting: Whether each person or each team counts the same.
    """
    model, rows, _ = rows_between_arms(before, after, roster, estimator=estimator, weighting=weighting)
    return with_all_columns(model, rows, roster.treated)


def null_models(moments: ClusterMoments, treated: BoolArray) -> Iterator[tuple[NDArray[np.intp], NullModel]]:
    """The estimable replicates, together where they have as many measured teams in each arm."""
    estimable = np.isfinite(fit(moments).coefficients[:, ARM_COLUMN])
    measured = moments.n > 0
    sizes = np.stack([measured.sum(axis=1), (measured & treated).sum(axis=1)], axis=1)
    z = [column for column in range(moments.xx.shape[-1]) if column != ARM_COLUMN]
    for size in np.unique(sizes[estimable], axis=0):
        rows = np.flatnonzero(estimable & (sizes == size).all(axis=1))
        teams = np.argsort(~measured[rows], axis=1, kind="stable")[:, : size[0]]
        zz = moments.xx[rows[:, None], teams][..., z, :][..., z]
        zy = moments.xy[rows[:, None], teams][..., z]
        fitted = np.linalg.solve(zz.sum(axis=1), zy.sum(axis=1)[..., None])
        yield rows, NullModel(zz, zy - (zz @ fitted[:, None])[..., 0], treated[rows[:, None], teams])


def _arm_on_z(model: NullModel, arm: FloatArray) -> FloatArray:
    """Coefficients p of an assignment on Z, shape (replicates, assignments, columns)."""
    return np.asarray(arm @ model.zz[..., 0, :] @ np.linalg.inv(model.zz.sum(axis=1)), dtype=np.float64)


def arm_products_of(model: NullModel, own: FloatArray) -> FloatArray:
    """Z_j'a of the assignment that happened, shape (replicates, teams, columns)."""
    p = _arm_on_z(model, own)
    products: FloatArray = np.swapaxes(own, 1, 2) * model.zz[..., 0, :] - (model.zz @ p[..., None])[..., 0]
    return products


def arm_sums(model: NullModel, arm: FloatArray, ze: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Sum of a e and of a^2 in each team, each of shape (replicates, assignments, teams)."""
    p = _arm_on_z(model, arm)
    products = arm * ze[:, None, :, 0] - p @ np.swapaxes(ze, 1, 2)
    of_arm = p @ np.swapaxes(model.zz[..., 0, :], 1, 2)
    of_z = np.einsum("rap,rjpq,raq->raj", p, model.zz, p, optimize=True)
    return products, arm * model.zz[:, None, :, 0, 0] - 2 * arm * of_arm + of_z


def scores(model: NullModel, arm: FloatArray, ze: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Sum of a e over all, shape (replicates, assignments), and the scores u_j, shape (..., teams)."""
    products, squares = arm_sums(model, arm, ze)
    total = products.sum(axis=-1)
    return total, products - (total / squares.sum(axis=-1))[..., None] * squares


def ratio(size: FloatArray, se: FloatArray) -> FloatArray:
    """t; where nothing varies there is nothing to test, so that zero stays zero and anything else is certain."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(np.abs(size) < NOTHING, 0.0, size / np.where(se < NOTHING, 0.0, se))


@dataclass(frozen=True)
class ReferenceDistribution:
    """Statistics under all assignments compared, for any constant effect d taken off the pilot arm.

    Taking d off makes e into e - d a, a being the arm as it was, and every sum linear in d: under an assignment,
    t^2 = (S - d K)^2 / (q0 - 2 d q1 + d^2 q2).

    Attributes:
        observed: S, K, q0, q1, q2 of the assignment that happened, shape (5, replicates, 1).
        others: The same of the assignments compared, shape (5, replicates, assignments).
        missing: 1 if the one that happened is not among them for sure, 0 otherwise.
        n_ways: Assignments that always tie with it, itself included.
    """

    observed: FloatArray
    others: FloatArray
    missing: int
    n_ways: int

    @classmethod
    def of(cls, model: NullModel, assignments: BoolArray, *, observed_is_among: bool) -> ReferenceDistribution:
        """Compute the statistics of assignments, shape (assignments, teams)."""
        own = model.treated[:, None].astype(float)
        arm = arm_products_of(model, own)
        others = [_terms(model, block[None], arm) for block in blocks(assignments.astype(float), len(own))]
        n_treated = int(model.treated[0].sum())
        is_symmetric = observed_is_among and 2 * n_treated == model.treated.shape[1]  # swapping the arms ties
        return cls(_terms(model, own, arm), np.concatenate(others, axis=-1), 1 - observed_is_among, 1 + is_symmetric)

    def p(self, effect: FloatArray) -> FloatArray:
        """Two-sided p of a constant effect, points, shape (replicates,)."""
        d = effect[:, None]
        s, k, q0, q1, q2 = self.observed
        t = ratio(np.abs(s - d * k), np.sqrt(np.maximum(q0 + d * (d * q2 - 2 * q1), 0.0)))
        least = np.minimum(t * (1 - TIE), CERTAIN) ** 2
        s, k, q0, q1, q2 = self.others
        extreme = (s - d * k) ** 2 >= least * (q0 + d * (d * q2 - 2 * q1))  # no root, no division: this is the hot line
        share: FloatArray = (extreme.sum(axis=1) + self.missing) / (extreme.shape[1] + self.missing)
        return share

    def smallest_p(self) -> float:
        """Smallest p that can come out."""
        return float(self.n_ways / (self.others.shape[-1] + self.missing))

    def interval(self, level: float) -> tuple[FloatArray, FloatArray]:
        """Bounds of the constant effects whose p is above `level`, points, each of shape (replicates,)."""
        s, k, q0 = self.observed[:3, :, 0]
        estimate, se = s / k, np.sqrt(q0) / k
        varies = se >= NOTHING
        step = np.where(varies, se, 1.0)
        low, high = (estimate + sign * step * self._reach(estimate, sign * step, level) for sign in (-1, 1))
        return np.where(varies, low, estimate), np.where(varies, high, estimate)

    def _reach(self, estimate: FloatArray, step: FloatArray, level: float) -> FloatArray:
        """How many steps from the estimate p stays above the level."""
        inner, outer = np.zeros_like(estimate), np.full_like(estimate, np.inf)
        for distance in 2.0 ** np.arange(-1, DOUBLINGS):
            kept = self.p(estimate + distance * step) > level
            inner = np.where(kept, distance, inner)
            outer = np.where(kept, np.inf, np.minimum(outer, distance))
        is_bounded = np.isfinite(outer)
        for _ in range(HALVINGS):
            middle = np.where(is_bounded, (inner + outer) / 2, inner)
            kept = self.p(estimate + middle * step) > level
            inner, outer = np.where(kept, middle, inner), np.where(kept, outer, middle)
        return np.where(is_bounded, outer, np.inf)


def blocks(rows: FloatArray, n_replicates: int) -> Iterator[FloatArray]:
    """The rows in parts small enough for arrays of replicates x rows x teams."""
    size = max(1, BLOCK_NUMBERS // (n_replicates * rows.shape[1]))
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _terms(model: NullModel, arm: FloatArray, arm_products: FloatArray) -> FloatArray:
    """S, K, q0, q1, q2 of `ReferenceDistribution`."""
    total, score = scores(model, arm, model.ze)
    arm_total, arm_score = scores(model, arm, arm_products)
    squares = [(left * right).sum(axis=-1) for left, right in ((score, score), (score, arm_score), (arm_score,) * 2)]
    return np.stack([total, arm_total, *squares])
