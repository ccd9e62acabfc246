"""From the scores that a scenario states to the latent world behind them.

A state z (standard normal) stands behind a person's answers to one scale in one wave. Item i has the latent answer
x_i = offset_i + loading_i * (trait_sd * z + shift) + noise_sd * e_i in points, and the answer given is the option
nearest to it: thresholds lie halfway between options. Scenarios state moments of the *scores*, so offset, trait
SD and noise SD are solved for such that mean, SD and Cronbach's alpha of the composite come out as stated.

Two states that correlate with r give scores with covariance sum_h c_h^2 r^h, where c_h are the Hermite
coefficients of E(score | z) (Mehler's formula); it is inverted for the team ICC, the retest correlation and the
correlation of two scales.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from pilot.errors import Fault, PilotError
from pilot.i18n import Message, message

FloatArray = NDArray[np.float64]

GRID = np.linspace(-7, 7, 281)  # of z; trapezoid sums over it are exact to rounding for the smooth curves here
GRID_WEIGHTS = np.exp(-(GRID**2) / 2) / np.exp(-(GRID**2) / 2).sum()
HERMITE_ORDERS = 24
SOLVED = 1e-7
BISECTIONS = 60


def unattainable(found: Message, remedy: Message) -> PilotError:
    """No world has these scores."""
    return PilotError(message("This world cannot be simulated."), [Fault("scenario", found, remedy)])


def beyond_the_options() -> PilotError:
    """No shift has this mean score."""
    return unattainable(
        message("trend and effect would move a mean score beyond the answer options."),
        message("Write smaller changes."),
    )


@dataclass(frozen=True)
class AnswerOptions:
    """What can be answered to the items of one scale.

    Attributes:
        lowest: Smallest code.
        highest: Largest code.
        step: From one code to the next.
    """

    lowest: float
    highest: float
    step: float

    @property
    def n_steps(self) -> int:
        """Steps from the lowest to the highest code."""
        return round((self.highest - self.lowest) / self.step)

    @property
    def thresholds(self) -> FloatArray:
        """Halfway between neighbouring codes, shape (steps,)."""
        thresholds: FloatArray = self.lowest + self.step * np.arange(0.5, self.n_steps)
        return thresholds

    @property
    def points(self) -> float:
        """Own points that stand for one point of a 1-5 scale."""
        return (self.highest - self.lowest) / 4


@dataclass(frozen=True)
class ScoreTarget:
    """What the scores of one scale must look like, in points of a 1-5 scale.

    Attributes:
        mean: Mean score.
        sd: Standard deviation of the score.
        reliability: Cronbach's alpha of a composite of `n_items` items.
        n_items: See `reliability`.
        mean_spread: How far the easiest and the hardest item lie from the middle.
        loading_spread: How far the strongest and the weakest loading lie from 1.
    """

    mean: float
    sd: float
    reliability: float
    n_items: int
    mean_spread: float
    loading_spread: float

    def reliability_of(self, n_items: int) -> float:
        """Reliability of a longer or shorter composite (Spearman-Brown)."""
        length = n_items / self.n_items
        return length * self.reliability / (1 + (length - 1) * self.reliability)


@dataclass(frozen=True)
class ItemModel:
    """How the items of one scale are answered; see the module's equation.

    Attributes:
        options: Answer options.
        offsets: In points, shape (items,).
        loadings: Around 1, shape (items,).
        trait_sd: Points per unit of z.
        noise_sd: Points.
    """

    options: AnswerOptions
    offsets: FloatArray
    loadings: FloatArray
    trait_sd: float
    noise_sd: float

    @classmethod
    def for_scores(cls, target: ScoreTarget, options: AnswerOptions, n_items: int) -> ItemModel:
        """The model whose scores have the target's mean, SD and reliability.

        Raises:
            PilotError: no answers on these options have them.
        """
        if options.n_steps < 1:
            raise _no_such_scores(target)
        places = np.linspace(-1, 1, n_items) if n_items > 1 else np.zeros(1)
        mean = options.lowest + (target.mean - 1) * options.points
        sd = target.sd * options.points
        reliability = target.reliability_of(n_items)
        start = cls(
            options=options,
            offsets=mean + target.mean_spread * options.points * places,
            # Rolled, so that the easiest item is not the strongest one too.
            loadings=1 + target.loading_spread * np.roll(places, n_items // 2),
            trait_sd=sd * np.sqrt(reliability),
            noise_sd=sd * np.sqrt(n_items * (1 - reliability)),
        )

        def model_at(x: FloatArray) -> ItemModel:
            stretch = np.exp(np.clip(x[1:], -6, 6))
            return replace(
                start,
                offsets=start.offsets + x[0] * sd,
                trait_sd=start.trait_sd * stretch[0],
                noise_sd=start.noise_sd * stretch[1],
            )

        def misses(x: FloatArray) -> FloatArray:
            model = model_at(x)
            return np.array([(model.mean - mean) / sd, model.variance / sd**2 - 1, model.reliability - reliability])

        solution = optimize.root(misses, np.zeros(3), tol=SOLVED / 10)
        if not (np.abs(solution.fun) < SOLVED).all():
            raise _no_such_scores(target)
        return model_at(solution.x)

    def mean_score(self, shift: ArrayLike, trait_sd: ArrayLike) -> FloatArray:
        """Mean score where the trait is normal around `shift` (points); both of shape (...)."""
        shift, spread = np.asarray(shift, float)[..., None], np.asarray(trait_sd, float)[..., None]
        location = self.offsets + self.loadings * shift
        scale = np.sqrt((self.loadings * spread) ** 2 + self.noise_sd**2)
        above = special.ndtr((location[..., None] - self.options.thresholds) / scale[..., None])
        scores: FloatArray = self.options.lowest + self.options.step * above.sum(axis=-1).mean(axis=-1)
        return scores

    def shift_to(self, score: FloatArray, trait_sd: ArrayLike) -> FloatArray:
        """The shift (points) that makes the mean score as wanted, shape (...).

        Raises:
            PilotError: a score lies beyond what the options allow.
        """
        reach = 4 * (self.options.highest - self.options.lowest)
        lower, upper = np.full_like(score, -reach), np.full_like(score, reach)
        for _ in range(BISECTIONS):
            middle = (lower + upper) / 2
            below = self.mean_score(middle, trait_sd) < score
            lower, upper = np.where(below, middle, lower), np.where(below, upper, middle)
        if (np.abs(self.mean_score(lower, trait_sd) - score) > SOLVED * self.options.points).any():
            raise beyond_the_options()
        return lower

    @cached_property
    def _above(self) -> FloatArray:
        """P(answer above a threshold | z), shape (grid, items, steps)."""
        latent = self.offsets + self.loadings * self.trait_sd * GRID[:, None]
        above: FloatArray = special.ndtr((latent[..., None] - self.options.thresholds) / self.noise_sd)
        return above

    @cached_property
    def _item_curves(self) -> FloatArray:
        """E(answer | z), shape (grid, items)."""
        curves: FloatArray = self.options.lowest + self.options.step * self._above.sum(axis=-1)
        return curves

    @cached_property
    def mean(self) -> float:
        """Mean score."""
        return float(GRID_WEIGHTS @ self._item_curves.mean(axis=1))

    @cached_property
    def _item_variances(self) -> FloatArray:
        steps = np.arange(self.options.n_steps)
        probability = np.einsum("g,gik->ik", GRID_WEIGHTS, self._above)
        mean, square = probability.sum(axis=1), probability @ (2 * steps + 1.0)
        variances: FloatArray = self.options.step**2 * (square - mean**2)
        return variances

    @cached_property
    def _item_covariances(self) -> FloatArray:
        centred = self._item_curves - GRID_WEIGHTS @ self._item_curves
        covariances: FloatArray = (centred * GRID_WEIGHTS[:, None]).T @ centred
        np.fill_diagonal(covariances, self._item_variances)
        return covariances

    @cached_property
    def variance(self) -> float:
        """Variance of the score."""
        return float(self._item_covariances.mean())

    @cached_property
    def reliability(self) -> float:
        """Cronbach's alpha; of a single item the share of its variance that z explains."""
        n_items = len(self.offsets)
        if n_items == 1:
            curve = self._item_curves[:, 0]
            return float(GRID_WEIGHTS @ (curve - self.mean) ** 2 / self.variance)
        total = self._item_covariances.sum()
        return float(n_items / (n_items - 1) * (1 - self._item_variances.sum() / total))

    @cached_property
    def hermite(self) -> FloatArray:
        """Coefficients of E(score | z) from order 1, shape (orders,)."""
        curve = GRID_WEIGHTS * self._item_curves.mean(axis=1)
        before, current = np.ones_like(GRID), GRID
        coefficients = [curve @ current]
        for order in range(2, HERMITE_ORDERS + 1):
            before, current = current, (GRID * current - np.sqrt(order - 1) * before) / np.sqrt(order)
            coefficients.append(curve @ current)
        return np.array(coefficients)

    def correlation_behind(self, correlation: float, other: ItemModel) -> float:
        """The correlation of two states whose scores (of this scale and another) correlate as given.

        Raises:
            PilotError: the noise in the answers leaves no room for so high a correlation.
        """
        powers = np.arange(1, HERMITE_ORDERS + 1)
        wanted = correlation * np.sqrt(self.variance * other.variance)

        def miss(r: float) -> float:
            return float((self.hermite * other.hermite) @ r**powers - wanted)

        if miss(1.0) < 0:
            raise unattainable(
                message("scores of this reliability cannot correlate with {correlation}.", correlation=correlation),
                message("Write a lower correlation or a higher reliability."),
            )
        return float(optimize.brentq(miss, 0.0, 1.0)) if correlation > 0 else 0.0


def _no_such_scores(target: ScoreTarget) -> PilotError:
    return unattainable(
        message(
            "no answers have mean {mean}, standard deviation {sd} and reliability {reliability} at once.",
            mean=target.mean,
            sd=target.sd,
            reliability=target.reliability,
        ),
        message("Take a mean nearer to the middle, a standard deviation nearer to 0.75 or a lower reliability."),
    )
