"""Measurement invariance of a one-factor scale across groups or waves, in batch.

The ladder (Meredith 1993, Psychometrika 58, 525-543; Vandenberg & Lance 2000, Organizational Research Methods 3,
4-70): *configural*, the same items measure one factor; *metric*, with equal loadings; *scalar*, with equal intercepts
too, so that equal people answer alike and means can be compared. If scalar invariance fails, *partial* scalar
invariance frees the intercepts of single items until it holds (Byrne, Shavelson & Muthen 1989, Psychological Bulletin
105, 456-466). Over time, a failure is a *response shift*: the answers moved, the trait need not have.

For waves, factors are correlated and so are the residuals of the same item in different waves. People with a gap in
any of the items are left out (listwise; no full information).

What it cannot tell. Means give away only that items did not move together. Where most items stayed, the few freed are
the shifted ones; where half of them moved by the same amount, freeing picks the wrong half as often as the right one,
and the corrected difference is no better than the plain one (`anchored_on_item` shows how far the items disagree). A
shift of all items by the same amount cannot be seen at all.

Latent differences are in points of the scale score: with effects coding (Little, Slegers & Card 2006, Structural
Equation Modeling 13, 59-72) a factor has mean and unit of the average item, so that the difference from the first block
is mean(l) k. Its standard error, by the delta method, takes people as independent: with teams it is too small, and the
estimators of `pilot.effects` are the place for uncertainty. The fit suffers little, as long as teams differ in the
trait and not in how they read an item.

Checked against R's lavaan 0.6-14: fit, latent means with standard errors, partial models, score tests; for groups and
for waves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from pilot.psychometrics.blocks import BlockModel, fit_blocks
from pilot.psychometrics.fit_indices import FitIndices, fit_indices
from pilot.psychometrics.maximum_likelihood import StructureFit, score_test
from pilot.psychometrics.moments import IntArray, Moments, complete_moments
from pilot.scores import BoolArray, FloatArray, mean_of_available

FEWEST_ANCHORS = 2  # items whose intercepts stay equal; with one alone it could not be told which item moved
NOT_FREED = -1


@dataclass(frozen=True)
class InvarianceRule:
    """How much worse a more restricted model may fit.

    Cheung & Rensvold (2002, Structural Equation Modeling 9, 233-255): CFI falls by at most .010. Chen (2007, same
    journal, 14, 464-504): supplemented by RMSEA and SRMR. She studied more than 300 people. With 90 an arm, six items
    of five options and reliability .86, 2,000 simulated pilots broke the rule for scalar invariance so often (percent,
    between two waves / between two arms):

        combination                                  every     cfi_and_another    cfi
        no item shifted                              8 / 14        2 / 6         6 / 7
        thresholds of three items .4 points lower   97 / 97       90 / 89       95 / 91
        the same, 8 % of answers careless           92 / 91       71 / 81       90 / 85

    Attributes:
        cfi: Largest fall of the CFI.
        rmsea: Largest rise of the RMSEA.
        srmr_metric: Largest rise of the SRMR when loadings become equal.
        srmr_scalar: Largest rise of the SRMR when intercepts become equal.
        combination: `every`: broken if any of the three limits is. `cfi_and_another`, Chen's words: broken if the
            CFI's limit is and, in support, one of the other two. `cfi`: the CFI alone.
        p: A step is broken only if p of its difference in chi2 lies below this too; None: whatever p is. In small
            samples fit indices move by luck alone, in large ones p rejects what does not matter.
    """

    cfi: float = 0.010
    rmsea: float = 0.015
    srmr_metric: float = 0.030
    srmr_scalar: float = 0.010
    combination: Literal["every", "cfi_and_another", "cfi"] = "every"
    p: float | None = None


@dataclass(frozen=True)
class Step:
    """What a restriction costs in fit, one value a replicate, shape (replicates,); NaN where a model was not fitted.

    Attributes:
        cfi: CFI of the restricted model less that of the freer one; worse is negative.
        rmsea: Difference in RMSEA; worse is positive.
        srmr: Difference in SRMR; worse is positive.
        chi2: Difference in chi2.
        df: Difference in degrees of freedom.
        p: Of the difference in chi2, if the restriction is true.
        holds: Whether the rule is kept; false where a model was not fitted.
    """

    cfi: FloatArray
    rmsea: FloatArray
    srmr: FloatArray
    chi2: FloatArray
    df: IntArray
    p: FloatArray
    holds: BoolArray


@dataclass(frozen=True)
class MeanDifference:
    """Difference from the first block, for each later block; NaN where it cannot be had.

    Attributes:
        latent: Of the factor, in points of the scale score, shape (replicates, blocks - 1).
        latent_se: Its standard error, points, same shape.
        latent_sd: The same difference in standard deviations of the factor in the first block, same shape.
        observed: Of the mean over items of the same people, points, same shape.
    """

    latent: FloatArray
    latent_se: FloatArray
    latent_sd: FloatArray
    observed: FloatArray


@dataclass(frozen=True)
class Invariance:
    """The ladder of models and what it says about means.

    Attributes:
        n: People with all answers by block, shape (replicates, blocks).
        configural: Fit of the same form.
        metric: Fit with equal loadings.
        scalar: Fit with equal loadings and intercepts.
        partial: Fit after the freeing of intercepts; the scalar fit where none was freed.
        metric_step: Metric against configural.
        scalar_step: Scalar against metric.
        partial_step: Partial against metric.
        shifted: Items whose intercepts were freed, shape (replicates, items).
        rank: In which turn an item was freed, from 0; -1 where it was not, shape (replicates, items).
        intercept_shift: What a freed item is answered higher by at the same trait than in the first block, points; 0
            where not freed, shape (replicates, blocks - 1, items).
        intercept_shift_se: Its standard error, points, same shape; 0 where not freed.
        anchored_on_item: Latent difference if this item alone were understood alike in all blocks, points of the scale
            score, from the metric model: dt_i mean(l) / l_i, shape (replicates, blocks - 1, items).
        all_items: Difference of means if all items count: latent from the scalar model.
        unshifted_items: Difference of means without the shifted items: latent from the partial model, in the same
            points; observed over the items that were not freed. Equals `all_items` where none was freed.
    """

    n: IntArray
    configural: FitIndices
    metric: FitIndices
    scalar: FitIndices
    partial: FitIndices
    metric_step: Step
    scalar_step: Step
    partial_step: Step
    shifted: BoolArray
    rank: IntArray
    intercept_shift: FloatArray
    intercept_shift_se: FloatArray
    anchored_on_item: FloatArray
    all_items: MeanDifference
    unshifted_items: MeanDifference


def invariance_across_groups(
    answers: FloatArray, group: ArrayLike, n_groups: int, *, rule: InvarianceRule | None = None
) -> Invariance:
    """Test invariance across groups of different people (arms, languages, units).

    Args:
        answers: Points, keyed in one direction, NaN where not answered, shape (replicates, people, items).
        group: Index of each person's group; the first is the reference; -1 belongs to none, shape (people,) or
            (replicates, people).
        n_groups: How many groups there are.
        rule: When a step holds; by default `InvarianceRule()`.
    """
    membership = np.atleast_2d(np.asarray(group))
    members = membership[:, None, :] == np.arange(n_groups)[:, None]
    model = BlockModel(n_blocks=n_groups, n_items=answers.shape[-1], linked=False)
    return _climb(model, complete_moments(answers, members), rule or InvarianceRule())


def invariance_across_waves(answers: FloatArray, *, rule: InvarianceRule | None = None) -> Invariance:
    """Test invariance across waves of the same people.

    Args:
        answers: Points, keyed in one direction, NaN where not answered, shape (replicates, people, waves, items);
            the first wave is the reference.
        rule: When a step holds; by default `InvarianceRule()`.
    """
    n_replicates, n_people, n_waves, n_items = answers.shape
    side_by_side = answers.reshape(n_replicates, n_people, n_waves * n_items)
    moments = complete_moments(side_by_side, np.ones((1, 1, n_people), dtype=np.bool_))
    return _climb(BlockModel(n_blocks=n_waves, n_items=n_items, linked=True), moments, rule or InvarianceRule())


def compare(freer: FitIndices, restricted: FitIndices, *, srmr_limit: float, rule: InvarianceRule) -> Step:
    """What a restriction costs in fit, and whether the rule is kept.

    Args:
        freer: Fit without the restriction.
        restricted: Fit with it.
        srmr_limit: Largest rise of the SRMR.
        rule: The other limits.
    """
    cfi, rmsea, srmr = restricted.cfi - freer.cfi, restricted.rmsea - freer.rmsea, restricted.srmr - freer.srmr
    kept = {"cfi": cfi >= -rule.cfi, "rmsea": rmsea <= rule.rmsea, "srmr": srmr <= srmr_limit}
    holds = {
        "every": kept["cfi"] & kept["rmsea"] & kept["srmr"],
        "cfi_and_another": kept["cfi"] | (kept["rmsea"] & kept["srmr"]),
        "cfi": kept["cfi"],
    }[rule.combination]
    chi2, df = np.maximum(restricted.chi2 - freer.chi2, 0.0), restricted.df - freer.df
    p = np.where(df > 0, special.chdtrc(np.maximum(df, 1), chi2), 1.0) + 0.0 * chi2
    if rule.p is not None:
        holds = holds | (p >= rule.p)
    return Step(
        cfi=cfi,
        rmsea=rmsea,
        srmr=srmr,
        chi2=chi2,
        df=df,
        p=p,
        holds=holds & freer.converged & restricted.converged,
    )


def _climb(model: BlockModel, moments: Moments, rule: InvarianceRule) -> Invariance:
    structure = model.structure()
    none = np.zeros((len(moments.n), model.n_items), dtype=np.bool_)
    start = model.start(moments)
    configural = fit_blocks(model, moments, "configural", start, none)
    start = model.with_equal_loadings(_or(configural, start))
    metric = fit_blocks(model, moments, "metric", start, none)
    start = model.with_equal_intercepts(_or(metric, start))
    scalar = fit_blocks(model, moments, "scalar", start, none)
    fits = [fit_indices(moments, structure, fit) for fit in (configural, metric, scalar)]
    scalar_step = compare(fits[1], fits[2], srmr_limit=rule.srmr_scalar, rule=rule)
    partial, partial_fit, partial_step, rank = _freed(model, moments, scalar, fits[1], fits[2], scalar_step, rule)
    shifted = rank > NOT_FREED
    return Invariance(
        n=model.n_by_block(moments),
        configural=fits[0],
        metric=fits[1],
        scalar=fits[2],
        partial=partial_fit,
        metric_step=compare(fits[0], fits[1], srmr_limit=rule.srmr_metric, rule=rule),
        scalar_step=scalar_step,
        partial_step=partial_step,
        shifted=shifted,
        rank=rank,
        intercept_shift=partial.parameters[:, model.intercept_shift],
        intercept_shift_se=np.sqrt(np.einsum("rkk->rk", partial.covariance))[:, model.intercept_shift],
        anchored_on_item=_anchored_on_item(model, metric),
        all_items=_mean_difference(model, moments, scalar, none),
        unshifted_items=_mean_difference(model, moments, partial, shifted),
    )


def _or(fit: StructureFit, start: FloatArray) -> FloatArray:
    """Estimates, or the starting values where there are none."""
    return np.where(fit.converged[:, None], fit.parameters, start)


def _freed(
    model: BlockModel,
    moments: Moments,
    scalar: StructureFit,
    metric_fit: FitIndices,
    scalar_fit: FitIndices,
    scalar_step: Step,
    rule: InvarianceRule,
) -> tuple[StructureFit, FitIndices, Step, IntArray]:
    """Free one intercept after the other, always that with the largest score statistic, until the rule is kept."""
    structure = model.structure()
    partial, partial_fit, step = scalar, scalar_fit, scalar_step
    rank = np.full((len(moments.n), model.n_items), NOT_FREED, dtype=np.intp)
    for turn in range(model.n_items - FEWEST_ANCHORS):
        index = np.flatnonzero(metric_fit.converged & partial_fit.converged & ~step.holds)
        if not len(index):
            break
        gain = score_test(moments, structure, partial, model.intercept_shift.T)
        worst = np.where(rank == NOT_FREED, gain, -np.inf)[index].argmax(axis=1)
        rank[index, worst] = turn
        partial = fit_blocks(model, moments, "scalar", _or(partial, scalar.parameters), rank > NOT_FREED)
        partial_fit = fit_indices(moments, structure, partial)
        step = compare(metric_fit, partial_fit, srmr_limit=rule.srmr_scalar, rule=rule)
    return partial, partial_fit, step, rank


def _mean_difference(model: BlockModel, moments: Moments, fit: StructureFit, left_out: BoolArray) -> MeanDifference:
    """Latent difference in points of the average item, and the observed one over the items that count."""
    loading, mean = fit.parameters[:, model.loading], fit.parameters[:, model.factor_mean]
    unit = loading.mean(axis=1, keepdims=True)
    gradient = np.zeros((*mean.shape, model.n_parameters))
    gradient[..., model.loading] = mean[..., None] / model.n_items
    for place, column in enumerate(model.factor_mean):
        gradient[:, place, column] = unit[:, 0]
    means, _ = model.by_block(moments)
    counted = np.where(left_out[:, None, :], np.nan, means[:, 1:] - means[:, :1])
    return MeanDifference(
        latent=unit * mean,
        latent_se=np.sqrt(np.einsum("rbk,rkl,rbl->rb", gradient, fit.covariance, gradient, optimize=True)),
        latent_sd=mean,
        observed=mean_of_available(counted),
    )


def _anchored_on_item(model: BlockModel, metric: StructureFit) -> FloatArray:
    loading = metric.parameters[:, model.loading]
    with np.errstate(divide="ignore"):
        weight = loading.mean(axis=1, keepdims=True) / loading
    difference: FloatArray = metric.parameters[:, model.intercept_shift] * weight[:, None, :]
    return difference
