"""One factor in several blocks (groups, or waves of the same people): the parameters of all invariance models.

In block b, item i is answered

    x_bi = (t_i + dt_bi) + (l_i + dl_bi) f_b + e_bi,   mean f_b = k_b,   var f_b = v_b,   k_1 = 0, v_1 = 1

so that the configural, metric, scalar and partial models are one model with more or fewer of its parameters free.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np

from pilot.psychometrics.factor import starting_values
from pilot.psychometrics.maximum_likelihood import StructureFit, fit_structure
from pilot.psychometrics.moments import IntArray, Moments
from pilot.psychometrics.structure import Structure
from pilot.scores import BoolArray, FloatArray

Level = Literal["configural", "metric", "scalar"]

STRONGEST_CORRELATION = 0.9  # of two waves' factors, at the start


@dataclass(frozen=True)
class BlockModel:
    """Where each parameter stands; b counts the blocks after the first, pairs are pairs of waves.

    Attributes:
        n_blocks: Groups or waves.
        n_items: Items of the scale.
        linked: Whether the blocks are waves of the same people.
    """

    n_blocks: int
    n_items: int
    linked: bool

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Pairs of waves; none between groups of different people."""
        return tuple(combinations(range(self.n_blocks), 2)) if self.linked else ()

    @property
    def loading(self) -> IntArray:
        """Places of l, shape (items,)."""
        return np.arange(self.n_items)

    @property
    def intercept(self) -> IntArray:
        """Places of t, shape (items,)."""
        return self.n_items + self.loading

    @property
    def loading_shift(self) -> IntArray:
        """Places of dl, shape (b, items)."""
        return self._table(2 * self.n_items, self.n_blocks - 1)

    @property
    def intercept_shift(self) -> IntArray:
        """Places of dt, shape (b, items)."""
        return self._table((self.n_blocks + 1) * self.n_items, self.n_blocks - 1)

    @property
    def uniqueness(self) -> IntArray:
        """Places of the residual variances, shape (blocks, items)."""
        return self._table(2 * self.n_blocks * self.n_items, self.n_blocks)

    @property
    def residual_covariance(self) -> IntArray:
        """Places of the covariances between an item's residuals in two waves, shape (pairs, items)."""
        return self._table(3 * self.n_blocks * self.n_items, len(self.pairs))

    @property
    def factor_variance(self) -> IntArray:
        """Places of v, shape (blocks,); the first is never free."""
        return (3 * self.n_blocks + len(self.pairs)) * self.n_items + np.arange(self.n_blocks)

    @property
    def factor_mean(self) -> IntArray:
        """Places of k, shape (b,)."""
        return int(self.factor_variance[-1]) + 1 + np.arange(self.n_blocks - 1)

    @property
    def factor_covariance(self) -> IntArray:
        """Places of the covariances of two waves' factors, shape (pairs,)."""
        return int(self.factor_variance[-1]) + self.n_blocks + np.arange(len(self.pairs))

    @property
    def n_parameters(self) -> int:
        """All of them, free or not."""
        return int(self.factor_variance[-1]) + self.n_blocks + len(self.pairs)

    def _table(self, first: int, n_rows: int) -> IntArray:
        return first + np.arange(n_rows * self.n_items).reshape(n_rows, self.n_items)

    def structure(self) -> Structure:
        """The model's matrices: one group of people a block, or all blocks side by side where people are the same."""
        side = self.n_blocks if self.linked else 1
        structure = Structure.empty(
            n_groups=1 if self.linked else self.n_blocks,
            n_parameters=self.n_parameters,
            n_variables=side * self.n_items,
            n_factors=side,
            has_means=True,
        )
        for block in range(self.n_blocks):
            group, factor = (0, block) if self.linked else (block, 0)
            variable = factor * self.n_items + np.arange(self.n_items)
            structure.loading[group, self.loading, variable, factor] = 1
            structure.intercept[group, self.intercept, variable] = 1
            structure.residual_covariance[group, self.uniqueness[block], variable, variable] = 1
            structure.factor_covariance[group, self.factor_variance[block], factor, factor] = 1
            if block > 0:
                structure.loading[group, self.loading_shift[block - 1], variable, factor] = 1
                structure.intercept[group, self.intercept_shift[block - 1], variable] = 1
                structure.factor_mean[group, self.factor_mean[block - 1], factor] = 1
        for row, (one, other) in enumerate(self.pairs):
            first, second = (block * self.n_items + np.arange(self.n_items) for block in (one, other))
            for left, right in ((first, second), (second, first)):
                structure.residual_covariance[0, self.residual_covariance[row], left, right] = 1
            structure.factor_covariance[0, self.factor_covariance[row], [one, other], [other, one]] = 1
        return structure

    def free(self, level: Level, shifted: BoolArray) -> BoolArray:
        """Which parameters are estimated.

        Args:
            level: What is equal across blocks.
            shifted: Items whose intercepts are free in the scalar model, shape (replicates, items).

        Returns:
            Shape (replicates, parameters).
        """
        free = np.ones((len(shifted), self.n_parameters), dtype=np.bool_)
        free[:, self.factor_variance[0]] = False
        if level == "configural":
            free[:, self.factor_variance] = False
        else:
            free[:, self.loading_shift] = False
        if level == "scalar":
            free[:, self.intercept_shift] = shifted[:, None, :]
        else:
            free[:, self.factor_mean] = False
        return free

    def start(self, moments: Moments) -> FloatArray:
        """Starting values of the configural model, block by block, shape (replicates, parameters)."""
        mean, covariance = self.by_block(moments)
        values = starting_values(covariance)
        loading, uniqueness = values[..., : self.n_items], values[..., self.n_items :]
        theta = np.zeros((len(mean), self.n_parameters))
        theta[:, self.loading] = loading[:, 0]
        theta[:, self.loading_shift] = loading[:, 1:] - loading[:, :1]
        theta[:, self.intercept] = mean[:, 0]
        theta[:, self.intercept_shift] = mean[:, 1:] - mean[:, :1]
        theta[:, self.uniqueness] = uniqueness
        theta[:, self.factor_variance] = 1.0
        between = moments.covariance[:, 0].reshape(len(mean), -1, self.n_items, moments.mean.shape[-1])
        for row, (one, other) in enumerate(self.pairs):
            block = between[:, one, :, other * self.n_items :][..., : self.n_items]
            # Different items only: the same item's residuals are correlated too.
            shared = block.sum(axis=(1, 2)) - np.einsum("rpp->r", block)
            products = loading[:, one].sum(axis=1) * loading[:, other].sum(axis=1)
            products = products - (loading[:, one] * loading[:, other]).sum(axis=1)
            with np.errstate(invalid="ignore", divide="ignore"):
                correlation = np.clip(shared / products, -STRONGEST_CORRELATION, STRONGEST_CORRELATION)
            theta[:, self.factor_covariance[row]] = correlation
        return theta

    def with_equal_loadings(self, theta: FloatArray) -> FloatArray:
        """Starting values of the metric model from those of the configural one."""
        theta = theta.copy()
        ratio = np.ones((len(theta), self.n_blocks))
        base = theta[:, self.loading].sum(axis=1, keepdims=True)
        ratio[:, 1:] = 1 + theta[:, self.loading_shift].sum(axis=2) / np.where(base == 0, np.nan, base)
        loadings = theta[:, None, self.loading] + np.concatenate(
            [np.zeros((len(theta), 1, self.n_items)), theta[:, self.loading_shift]], axis=1
        )
        theta[:, self.loading] = (loadings / ratio[..., None]).mean(axis=1)
        theta[:, self.loading_shift] = 0.0
        theta[:, self.factor_variance] = ratio**2
        for row, (one, other) in enumerate(self.pairs):
            theta[:, self.factor_covariance[row]] *= ratio[:, one] * ratio[:, other]
        return theta

    def with_equal_intercepts(self, theta: FloatArray) -> FloatArray:
        """Starting values of the scalar model from those of the metric one."""
        theta = theta.copy()
        base = theta[:, self.loading].sum(axis=1, keepdims=True)
        theta[:, self.factor_mean] = theta[:, self.intercept_shift].sum(axis=2) / np.where(base == 0, np.nan, base)
        theta[:, self.intercept_shift] = 0.0
        return theta

    def by_block(self, moments: Moments) -> tuple[FloatArray, FloatArray]:
        """Means, shape (replicates, blocks, items), and covariances, shape (replicates, blocks, items, items)."""
        if not self.linked:
            return moments.mean, moments.covariance
        mean = moments.mean[:, 0].reshape(-1, self.n_blocks, self.n_items)
        covariance = moments.covariance[:, 0].reshape(-1, self.n_blocks, self.n_items, self.n_blocks, self.n_items)
        return mean, np.einsum("rbpbq->rbpq", covariance)

    def n_by_block(self, moments: Moments) -> IntArray:
        """People, shape (replicates, blocks)."""
        return np.broadcast_to(moments.n, (len(moments.n), self.n_blocks)).copy()


def fit_blocks(
    model: BlockModel, moments: Moments, level: Level, start: FloatArray, shifted: BoolArray
) -> StructureFit:
    """Fit one model of the ladder.

    Args:
        model: Groups or waves.
        moments: Of the samples.
        level: What is equal across blocks.
        start: Starting values, shape (replicates, parameters).
        shifted: Items whose intercepts are free in the scalar model, shape (replicates, items).
    """
    fit = fit_structure(moments, model.structure(), start, model.free(level, shifted))
    # A factor and its mirror image fit alike: the loadings of the first block point upwards.
    flipped = fit.parameters[:, model.loading].sum(axis=1) < 0
    signs = np.ones(model.n_parameters)
    signs[np.concatenate([model.loading, model.loading_shift.ravel(), model.factor_mean])] = -1.0
    signs = np.where(flipped[:, None], signs, 1.0)
    return replace(
        fit,
        parameters=fit.parameters * signs,
        covariance=fit.covariance * signs[:, :, None] * signs[:, None, :],
    )
