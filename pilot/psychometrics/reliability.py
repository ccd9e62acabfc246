"""How well the items of a scale measure one thing together, in batch.

Cronbach's alpha (1951, Psychometrika 16, 297-334) of k items with covariance C, and McDonald's omega (1999, Test
Theory) from the one-factor model with loadings l and uniquenesses u:

    cronbach_alpha = k / (k - 1) (1 - trace C / sum C)
    mcdonald_omega = (sum l)^2 / ((sum l)^2 + sum u)      model variance of the sum score
    mcdonald_omega = (sum l)^2 / sum C                    observed variance of the sum score

Alpha assumes equal loadings and is a lower bound otherwise; omega does not. Both belong to *reflective* scales, whose
items are signs of one trait. A *formative* list (a checklist of practices, hours of different tasks) has no
reliability of this kind; that a list is formative is known to who wrote it and cannot be seen in the answers.

Checked against R's psych 2.2.9 (alpha, item statistics), lavaan 0.6-14 (omega, model variance) and semTools 0.5-6
(`compRelSEM`: omega, observed variance).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from pilot.psychometrics.factor import OneFactor, one_factor
from pilot.psychometrics.moments import IntArray, Missing, complete, covariance_of
from pilot.scores import BoolArray, FloatArray, mean_of_available, scale_scores


@dataclass(frozen=True)
class ItemStatistics:
    """What each item adds; arrays have the shape (replicates, items).

    Attributes:
        n: People who answered the item.
        missing_share: Of the people who answered anything, who left this item out, 0 to 1.
        mean: Points, after keying.
        sd: Points, divisor n - 1.
        corrected_item_total: Correlation with the sum of the other items; NaN for a constant item.
        cronbach_alpha_if_deleted: Cronbach's alpha of the other items; NaN for fewer than three items.
        floor_share: Of the answers, how many are the lowest possible (after keying), 0 to 1.
        ceiling_share: Of the answers, how many are the highest possible, 0 to 1.
    """

    n: IntArray
    missing_share: FloatArray
    mean: FloatArray
    sd: FloatArray
    corrected_item_total: FloatArray
    cronbach_alpha_if_deleted: FloatArray
    floor_share: FloatArray
    ceiling_share: FloatArray


@dataclass(frozen=True)
class Reliability:
    """Reliability of a scale; arrays have the shape (replicates,) and are NaN where nothing can be estimated.

    Attributes:
        n: People who answered anything.
        n_complete: People who answered every item; both omegas rest on them.
        n_items: Items of the scale.
        cronbach_alpha: From the covariance that `missing` asked for; can be negative.
        cronbach_alpha_lower: Lower bound of Feldt's interval, on `n` people (`n_complete` if listwise).
        cronbach_alpha_upper: Upper bound of it.
        mcdonald_omega: By the model's variance; NaN for fewer than three items or where the model is improper.
        mcdonald_omega_observed: By the observed variance; NaN likewise.
        missing_share: Of all answers that these people could have given, how many are missing, 0 to 1.
        floor_share: Of the people with a score, how many have the lowest possible one, 0 to 1.
        ceiling_share: Of the people with a score, how many have the highest possible one, 0 to 1.
        items: Item by item.
    """

    n: IntArray
    n_complete: IntArray
    n_items: int
    cronbach_alpha: FloatArray
    cronbach_alpha_lower: FloatArray
    cronbach_alpha_upper: FloatArray
    mcdonald_omega: FloatArray
    mcdonald_omega_observed: FloatArray
    missing_share: FloatArray
    floor_share: FloatArray
    ceiling_share: FloatArray
    items: ItemStatistics


def scale_reliability(
    answers: FloatArray,
    *,
    reverse_keyed: ArrayLike,
    lowest: float,
    highest: float,
    missing: Missing = "listwise",
    confidence_pct: float = 95.0,
) -> Reliability:
    """Judge a reflective scale.

    Args:
        answers: Points as given, NaN where not answered, shape (replicates, people, items).
        reverse_keyed: Whether each item is reverse-keyed, shape (items,).
        lowest: Smallest code.
        highest: Largest code.
        missing: People used for alpha and the item-total correlations: `listwise`, those who answered every item, or
            `pairwise`, as R's psych does.
        confidence_pct: Of Feldt's interval, percent.
    """
    keyed = np.where(np.asarray(reverse_keyed, dtype=bool), lowest + highest - answers, answers)
    answered = ~np.isnan(keyed)
    n = answered.any(axis=-1).sum(axis=-1)
    n_complete = complete(keyed).sum(axis=-1)
    covariance, _ = covariance_of(keyed, missing=missing)
    estimate = cronbach_alpha(covariance)
    lower, upper = feldt_interval(
        estimate, n_complete if missing == "listwise" else n, keyed.shape[-1], confidence_pct=confidence_pct
    )
    omega, omega_observed = mcdonald_omega(covariance_of(keyed, missing="listwise")[0], n_complete)
    scores = scale_scores(answers, reverse_keyed=reverse_keyed, lowest=lowest, highest=highest)
    possible = n * keyed.shape[-1]
    return Reliability(
        n=n,
        n_complete=n_complete,
        n_items=keyed.shape[-1],
        cronbach_alpha=estimate,
        cronbach_alpha_lower=lower,
        cronbach_alpha_upper=upper,
        mcdonald_omega=omega,
        mcdonald_omega_observed=omega_observed,
        missing_share=_share(possible - answered.sum(axis=(-2, -1)), possible),
        floor_share=_share((scores <= lowest).sum(axis=-1), (~np.isnan(scores)).sum(axis=-1)),
        ceiling_share=_share((scores >= highest).sum(axis=-1), (~np.isnan(scores)).sum(axis=-1)),
        items=_item_statistics(keyed, covariance, n, lowest=lowest, highest=highest),
    )


def cronbach_alpha(covariance: FloatArray) -> FloatArray:
    """Cronbach's alpha from covariances.

    Args:
        covariance: Of keyed items, any divisor, shape (..., items, items).

    Returns:
        Shape (...); NaN for fewer than two items or where the sum score does not vary.
    """
    n_items = covariance.shape[-1]
    total = covariance.sum(axis=(-2, -1))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.einsum("...ii->...", covariance) / np.where(total > 0, total, np.nan)
        estimate: FloatArray = (n_items / (n_items - 1) if n_items > 1 else np.nan) * (1 - ratio)
    return estimate


def mcdonald_omega(covariance: FloatArray, n: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """McDonald's omega by the model's and by the observed variance of the sum score.

    Args:
        covariance: Of keyed items, divisor n - 1, shape (replicates, items, items).
        n: People behind it, shape () or (replicates,).

    Returns:
        Both of shape (replicates,); NaN where the one-factor model cannot be fitted or is improper (a negative
        uniqueness), since a share of variance above one means nothing. The observed variance has the divisor n of the
        loadings, as in semTools; with n - 1 it would be (n - 1) / n of this.
    """
    factor = one_factor(covariance, n)
    people = np.asarray(n, dtype=float)
    common = np.where(factor.indices.proper, factor.loadings.sum(axis=-1) ** 2, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = covariance.sum(axis=(-2, -1)) * (people - 1) / people
        return common / (common + factor.uniquenesses.sum(axis=-1)), common / observed


def omega_interval(factor: OneFactor, *, confidence_pct: float) -> tuple[FloatArray, FloatArray]:
    """Interval of McDonald's omega by the model's variance, by the delta method on the logit.

    With a = sum l and u = sum of the uniquenesses, logit omega = log(a^2 / u), whose gradient is 2 / a for each loading
    and -1 / u for each uniqueness (Raykov 2002, Structural Equation Modeling 9, 195-212; on the logit: Kelley &
    Pornprasertmanit 2016, Psychological Methods 21, 69-92). People count as independent: with teams that answer alike
    it is somewhat too narrow.

    Args:
        factor: The fitted one-factor model.
        confidence_pct: Of the interval, percent.

    Returns:
        Lower and upper bound, both of shape (replicates,); NaN where omega is.
    """
    n_items = factor.loadings.shape[-1]
    common, unique = factor.loadings.sum(axis=-1), factor.uniquenesses.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        logit = np.where(factor.indices.proper, np.log(common**2 / unique), np.nan)
        gradient = np.repeat(np.stack([2 / common, -1 / unique], axis=-1), n_items, axis=-1)
    se = np.sqrt(np.einsum("rk,rkl,rl->r", gradient, factor.covariance, gradient))
    reach = special.ndtri(0.5 + confidence_pct / 200) * se
    return special.expit(logit - reach), special.expit(logit + reach)


def feldt_interval(
    estimate: FloatArray, n: ArrayLike, n_items: int, *, confidence_pct: float
) -> tuple[FloatArray, FloatArray]:
    """Interval of Cronbach's alpha: 1 - (1 - alpha) F with n - 1 and (n - 1)(k - 1) degrees of freedom.

    Feldt (1965, Psychometrika 30, 357-370). Exact for normal answers with equal item covariances and variances.

    Args:
        estimate: Cronbach's alpha, shape (replicates,).
        n: People, shape () or (replicates,).
        n_items: Items of the scale.
        confidence_pct: Of the interval, percent.

    Returns:
        Lower and upper bound, both of the shape of `estimate`.
    """
    df = np.asarray(n, dtype=float) - 1
    df = np.where((df > 0) & (n_items > 1), df, np.nan)
    tail = 0.5 - confidence_pct / 200
    lower, upper = (1 - (1 - estimate) * special.fdtri(df, df * (n_items - 1), p) for p in (1 - tail, tail))
    return lower, upper


def bootstrap_interval(
    answers: FloatArray, rng: np.random.Generator, *, n_resamples: int = 2000, confidence_pct: float = 95.0
) -> tuple[FloatArray, FloatArray]:
    """Percentile interval of Cronbach's alpha from resampled people; for answers far from normal.

    Who left an item out is not used. Resampled are counts of people (a multinomial), so that no resample is built
    person by person. Memory: 8 bytes x replicates x resamples x people.

    Args:
        answers: Points, keyed in one direction, NaN where not answered, shape (replicates, people, items).
        rng: Source of randomness.
        n_resamples: How often to resample.
        confidence_pct: Of the interval, percent.

    Returns:
        Lower and upper bound, both of shape (replicates,); NaN where fewer than two people are complete.
    """
    used = complete(answers)
    count = used.sum(axis=-1)
    centred = np.where(used[..., None], answers, 0.0)
    mean = centred.sum(axis=-2, keepdims=True) / np.maximum(count, 1)[:, None, None]
    centred = np.where(used[..., None], centred - mean, 0.0)
    chances = np.where(count[:, None] > 1, used, 1.0)
    chances = chances / chances.sum(axis=-1, keepdims=True)
    times = rng.multinomial(np.maximum(count, 2)[:, None], chances[:, None, :], size=(len(answers), n_resamples))
    # Alpha needs the items' variances and that of their sum, no covariance.
    columns = np.concatenate([centred, centred.sum(axis=-1, keepdims=True)], axis=-1)
    weights = times / np.maximum(count, 2)[:, None, None]
    variances = weights @ columns**2 - (weights @ columns) ** 2
    n_items = answers.shape[-1]
    factor = n_items / (n_items - 1) if n_items > 1 else np.nan
    with np.errstate(invalid="ignore", divide="ignore"):
        total = np.where(variances[..., -1] > 0, variances[..., -1], np.nan)
        resampled = factor * (1 - variances[..., :-1].sum(axis=-1) / total)
    tail = 0.5 - confidence_pct / 200
    refused = np.where(count > 1, 0.0, np.nan)
    lower, upper = (_quantile_of_available(resampled, q) + refused for q in (tail, 1 - tail))
    return lower, upper


def _quantile_of_available(values: FloatArray, q: float) -> FloatArray:
    """Quantile over the last axis of what is not NaN; a resample in which nobody differs has no alpha."""
    ordered = np.sort(values, axis=-1)  # NaN last
    place = q * np.maximum((~np.isnan(values)).sum(axis=-1, keepdims=True) - 1, 0)
    below = np.floor(place).astype(np.intp)
    above = np.ceil(place).astype(np.intp)
    left, right = (np.take_along_axis(ordered, index, axis=-1) for index in (below, above))
    quantile: FloatArray = (left + (place - below) * (right - left))[..., 0]
    return quantile


def _item_statistics(
    keyed: FloatArray, covariance: FloatArray, n: IntArray, *, lowest: float, highest: float
) -> ItemStatistics:
    n_items = keyed.shape[-1]
    answered: BoolArray = ~np.isnan(keyed)
    count = answered.sum(axis=-2)
    mean = mean_of_available(np.swapaxes(keyed, -1, -2))
    squares = np.where(answered, keyed - mean[:, None, :], 0.0) ** 2
    variance = np.einsum("rii->ri", covariance)
    with_others = covariance.sum(axis=-1) - variance
    # Variance of the sum of the other items: all, less this item's row and column.
    others = covariance.sum(axis=(-2, -1))[:, None] - 2 * with_others - variance
    others_trace = variance.sum(axis=-1, keepdims=True) - variance
    with np.errstate(invalid="ignore", divide="ignore"):
        product = variance * others
        correlation = with_others / np.sqrt(np.where(product > 0, product, np.nan))
        factor = (n_items - 1) / (n_items - 2) if n_items > 2 else np.nan
        deleted = factor * (1 - others_trace / np.where(others > 0, others, np.nan))
        sd = np.sqrt(squares.sum(axis=-2) / np.where(count > 1, count - 1, np.nan))
    return ItemStatistics(
        n=count,
        missing_share=_share(n[:, None] - count, np.broadcast_to(n[:, None], count.shape)),
        mean=mean,
        sd=sd,
        corrected_item_total=correlation,
        cronbach_alpha_if_deleted=deleted,
        floor_share=_share((keyed <= lowest).sum(axis=-2), count),
        ceiling_share=_share((keyed >= highest).sum(axis=-2), count),
    )


def _share(part: IntArray, whole: IntArray) -> FloatArray:
    share: FloatArray = np.where(whole > 0, part / np.maximum(whole, 1), np.nan)
    return share
