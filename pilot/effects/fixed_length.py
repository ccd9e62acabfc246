"""Shortest fixed-length interval for an effect whose comparison may drift along a curve of bounded bend.

Rambachan & Roth (2023, Review of Economic Studies 90, 2555-2591, section 4), after Donoho (1994, Annals of Statistics
22, 238-270). `pre_trend.smooth_interval` says what is asked; here is how it is found.

Write the drift as a straight line plus kinks, s_k being the change of slope at wave k and g_k the weeks between the
middles of the two gaps beside it, |s_k| <= bound x g_k. An estimator sum_w u_w b_w of the coefficients b, u fixed at
the outcome waves, has a finite worst bias only if it is unbiased for every line; what remains of the weights before
launch is one load f_k for each kink there,

    u = base + turn f        worst bias = bound x (sum over kinks from launch on + sum_k g_k |f_k|)

and the half-length H(f) = cv(worst bias / se) se is convex in f. On the lines that trade variance for bias,
f = -Q^(-1) q - x Q^(-1) (g sign), with Q and q the variance's quadratic form on those f_k that are not zero, lies the
minimum; so each choice of signs (-1, 0, 1 for each f_k) gives one line, searched by golden section, and the shortest
interval of all lines is the minimum. No loop over replicates; with two waves before launch no f is left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy import special

from pilot.scores import BoolArray, FloatArray

NEWTON_STEPS = 5  # from below and near on a concave function: digits double and it cannot overshoot
GOLDEN_STEPS = 30  # the length is then exact to 1e-12, being flat at its minimum
GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True)
class Extrapolation:
    """What the calendar says of the estimators; the same for all replicates.

    Attributes:
        base: Weights of the waves when only the last two waves before launch carry the line on, shape (waves,); NaN
            where there are no two waves before launch or no outcome wave.
        turn: Change of the weights with each load, shape (waves, loads).
        gap: g_k of the kinks before the reference, weeks, shape (loads,).
        bias_later: Worst bias from kinks at the reference and later, points for each unit of the bound (points a week
            in a week).
    """

    base: FloatArray
    turn: FloatArray
    gap: FloatArray
    bias_later: float

    @classmethod
    def of(cls, weeks: FloatArray, reference: int, outcome: BoolArray) -> Extrapolation:
        """Lay out the waves.

        Args:
            weeks: Ascending, shape (waves,).
            reference: Index of the wave that the coefficients are relative to.
            outcome: Which waves are averaged; only those after the reference count, shape (waves,).
        """
        t = weeks - weeks[reference]
        averaged = outcome & (t > 0)
        if reference == 0 or not averaged.any():
            return cls(np.full(len(t), np.nan), np.zeros((len(t), 0)), np.zeros(0), np.nan)
        later = averaged / averaged.sum()
        gap = np.zeros(len(t))
        gap[1:-1] = (t[2:] - t[:-2]) / 2
        loads_later = np.maximum(t - t[reference:, None], 0.0) @ later
        # Loads of the kinks before, and of the reference, from the weights: f_k = sum_(w < k) u_w (t_k - t_w).
        loads = np.maximum(t[1 : reference + 1, None] - t[:reference], 0.0)
        weights = np.linalg.inv(loads)
        turn = np.zeros((len(t), reference - 1))
        turn[:reference] = weights[:, :-1]
        base = later.copy()
        base[:reference] += weights[:, -1] * (later @ t)  # the load at the reference is what unbiasedness asks
        return cls(base, turn, gap[1:reference], float(loads_later @ gap[reference:]))

    @property
    def used(self) -> BoolArray:
        """Waves that may have weight, shape (waves,)."""
        used: BoolArray = (self.base != 0) | (self.turn != 0).any(axis=1)
        return used

    def shortest(
        self, covariance: FloatArray, df: FloatArray, bound: FloatArray, *, confidence_pct: float
    ) -> tuple[FloatArray, FloatArray]:
        """Find the weights of the interval that would be shortest if the covariance were known to be this one.

        Args:
            covariance: Of the coefficients of the used waves, shape (replicates, used, used).
            df: Degrees of freedom, shape (replicates,).
            bound: Change of slope, points a week in a week, shape (replicates,).
            confidence_pct: Of the interval, percent.

        Returns:
            Weights of the used waves, shape (replicates, used), and worst bias, points, shape (replicates,).
        """
        base, turn = self.base[self.used], self.turn[self.used]
        loads = np.zeros((len(df), 1, turn.shape[1]))
        if turn.shape[1]:
            lines = _Lines.of(np.swapaxes(turn, 0, 1) @ covariance @ turn, covariance @ base @ turn, self.gap)

            def half_length(loads: FloatArray) -> FloatArray:
                se, bias = self._errors(loads, covariance, bound)
                return half_length_of(se, bias, df[:, None], confidence_pct=confidence_pct)

            loads = lines.shortest(half_length)
        _, bias = self._errors(loads, covariance, bound)
        return base + loads[:, 0] @ turn.T, bias[:, 0]

    def _errors(self, loads: FloatArray, covariance: FloatArray, bound: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Standard error and worst bias, each of shape (replicates, lines)."""
        weights = self.base[self.used] + loads @ self.turn[self.used].T
        variance = ((weights @ covariance) * weights).sum(axis=-1)
        return np.sqrt(np.maximum(variance, 0.0)), bound[:, None] * (self.bias_later + np.abs(loads) @ self.gap)


@dataclass(frozen=True)
class _Lines:
    """One line f = start - x move for each choice of signs, 0 <= x <= end.

    Attributes:
        start: Shape (replicates, lines, loads).
        move: Same shape.
        end: From where on the signs cannot hold, shape (replicates, lines).
    """

    start: FloatArray
    move: FloatArray
    end: FloatArray

    @classmethod
    def of(cls, quadratic: FloatArray, linear: FloatArray, gap: FloatArray) -> _Lines:
        n_loads = len(gap)
        signs = np.array(list(product((-1.0, 0.0, 1.0), repeat=n_loads)))
        free = signs != 0
        estimable = np.linalg.matrix_rank(np.nan_to_num(quadratic), hermitian=True) == n_loads
        quadratic = np.where(estimable[:, None, None], quadratic, np.eye(n_loads))[:, None]
        system = np.where(free[:, :, None] & free[:, None, :], quadratic, np.eye(n_loads))
        right = np.stack(np.broadcast_arrays(np.where(free, -linear[:, None], 0.0), gap * signs), axis=-1)
        solved = np.linalg.solve(system, right) + np.where(estimable, 0.0, np.nan)[:, None, None, None]
        start, move = solved[..., 0], solved[..., 1]
        # sum_k g_k |f_k| = sum_k g_k sign_k f_k falls along the line and cannot be negative.
        length, fall = ((part * gap * signs).sum(axis=-1) for part in (start, move))
        return cls(start, move, np.maximum(length, 0.0) / np.where(free.any(axis=1), fall, 1.0))

    def shortest(self, half_length: Callable[[FloatArray], FloatArray]) -> FloatArray:
        """Golden section on every line, then the best of them, shape (replicates, 1, loads)."""

        def at(x: FloatArray) -> FloatArray:
            return self.start - x[..., None] * self.move

        low, high = np.zeros_like(self.end), self.end
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        at_left, at_right = half_length(at(left)), half_length(at(right))
        for _ in range(GOLDEN_STEPS):
            shrink = at_left < at_right  # the minimum is not beyond the right point
            low, high = np.where(shrink, low, left), np.where(shrink, right, high)
            new = np.where(shrink, high - GOLDEN * (high - low), low + GOLDEN * (high - low))
            at_new = half_length(at(new))
            left, right = np.where(shrink, new, right), np.where(shrink, left, new)
            at_left, at_right = np.where(shrink, at_new, at_right), np.where(shrink, at_left, at_new)
        inside = (low + high) / 2
        is_start = half_length(self.start) <= half_length(at(inside))  # where no bend is allowed it is the minimum
        found = at(np.where(is_start, 0.0, inside))
        best = np.argmin(half_length(found), axis=1)
        return np.take_along_axis(found, best[:, None, None], axis=1)


def half_length_of(se: FloatArray, bias: FloatArray, df: FloatArray, *, confidence_pct: float) -> FloatArray:
    """Half-length se x cv(bias / se), cv(b) being the quantile of |T + b| for T with the t distribution.

    Args:
        se: Standard error, points, any shape.
        bias: Worst bias, points, not negative, the same shape.
        df: Degrees of freedom, broadcast to it.
        confidence_pct: Percent, at least 50.

    Returns:
        Points, the same shape; the bias itself where the standard error is 0.
    """
    level = confidence_pct / 100
    b = bias / np.where(se > 0, se, np.nan)
    scale = special.gammaln((df + 1) / 2) - special.gammaln(df / 2) - np.log(df * np.pi) / 2
    reach = np.maximum(b + special.stdtrit(df, level), special.stdtrit(df, (1 + level) / 2))
    for _ in range(NEWTON_STEPS):
        above, below = reach - b, -reach - b
        missing = level - special.stdtr(df, above) + special.stdtr(df, below)
        densities = [np.exp(scale - (df + 1) / 2 * np.log1p(x**2 / df)) for x in (above, below)]
        reach = reach + missing / (densities[0] + densities[1])
    half_length: FloatArray = np.where(se > 0, reach * se, bias + 0.0 * se)
    return half_length
