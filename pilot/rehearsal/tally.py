"""What a rehearsal counts: sums over replicates that can be added up, and rates with their Monte Carlo interval."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from scipy import special

from pilot.rehearsal.judging import Judged
from pilot.scores import BoolArray, FloatArray
from pilot.verdict import WORDS

MONTE_CARLO_PCT = 95
NEXT_TO_NOTHING = 0.25  # of the effect at the outcome


@dataclass(frozen=True)
class Rate:
    """A share of replicates.

    Attributes:
        count: Replicates in which it is so.
        n: Replicates that could have been.
    """

    count: int
    n: int

    @property
    def share(self) -> float:
        """The share, 0 to 1; NaN where there was no replicate."""
        return self.count / self.n if self.n else float("nan")

    @property
    def bounds(self) -> tuple[float, float]:
        """Monte Carlo interval of the share (Wilson 1927), 0 to 1."""
        if not self.n:
            return float("nan"), float("nan")
        z2 = float(special.ndtri(0.5 + MONTE_CARLO_PCT / 200)) ** 2
        centre = (self.count + z2 / 2) / (self.n + z2)
        reach = float(np.sqrt(z2 * (self.count * (1 - self.share) + z2 / 4))) / (self.n + z2)
        return max(0.0, centre - reach), min(1.0, centre + reach)


@dataclass(frozen=True)
class Tally:
    """Counts and sums over the replicates of one world.

    Attributes:
        n: Replicates.
        words: How often each verdict was given.
        caps: How often each cap applied.
        troubles: How often each guardrail was in the way (`breached:<measure>`) or the loop was run too little.
        claims: How often each customary test claimed an improvement.
        n_estimated: Replicates with an estimate.
        n_above_zero: Of these, whose interval lies above 0.
        n_clear: Whose interval holds no 0.
        n_wrong_sign: Of the clear ones, whose sign is not the truth's (no effect has no sign: all of them are).
        n_covered: Of all estimated, whose interval holds the truth.
        sum_truth: Points.
        sum_lasting: Of the truth at the follow-ups, points; 0 where the plan has none.
        sum_error: Of estimate less truth, points.
        sum_error_squared: Points squared.
        sum_se: Points.
        sum_clear_size: Of the absolute estimates of the clear ones, points.
        sum_reach: Of t quantiles for the interval's bound and for 80 % times the standard error: the effect that 80 of
            100 such intervals would find, points.
    """

    n: int = 0
    words: dict[str, int] = field(default_factory=dict)
    caps: dict[str, int] = field(default_factory=dict)
    troubles: dict[str, int] = field(default_factory=dict)
    claims: dict[str, int] = field(default_factory=dict)
    n_estimated: int = 0
    n_above_zero: int = 0
    n_clear: int = 0
    n_wrong_sign: int = 0
    n_covered: int = 0
    sum_truth: float = 0.0
    sum_lasting: float = 0.0
    sum_error: float = 0.0
    sum_error_squared: float = 0.0
    sum_se: float = 0.0
    sum_clear_size: float = 0.0
    sum_reach: float = 0.0

    @classmethod
    def of(cls, judged: Judged, claims: dict[str, BoolArray], *, confidence_pct: float) -> Tally:
        """Count one batch of replicates."""
        effect, decision = judged.estimates.primary_with_drift, judged.decision
        there = np.isfinite(effect.lower)
        clear = there & ((effect.lower > 0) | (effect.upper < 0))
        error = np.where(there, effect.estimate - judged.truth, 0.0)
        with np.errstate(invalid="ignore"):
            quantiles = special.stdtrit(effect.df, 0.5 + confidence_pct / 200) + special.stdtrit(effect.df, 0.8)
        return cls(
            n=len(there),
            words={word: int((decision.word == place).sum()) for place, word in enumerate(WORDS)},
            caps={name: int(applies.sum()) for name, applies in decision.caps.items()},
            troubles={
                **{f"breached:{measure}": int(each.sum()) for measure, each in decision.troubled.items()},
                "low_fidelity": int(decision.low_fidelity.sum()),
            },
            claims={name: int(claim.sum()) for name, claim in claims.items()},
            n_estimated=int(there.sum()),
            n_above_zero=int((there & (effect.lower > 0)).sum()),
            n_clear=int(clear.sum()),
            n_wrong_sign=int((clear & (np.sign(effect.estimate) != np.sign(judged.truth))).sum()),
            n_covered=int((there & (effect.lower <= judged.truth) & (judged.truth <= effect.upper)).sum()),
            sum_truth=float(judged.truth.sum()),
            sum_lasting=float(np.nansum(judged.lasting_truth)),
            sum_error=float(error.sum()),
            sum_error_squared=float((error**2).sum()),
            sum_se=_sum(effect.se, there),
            sum_clear_size=_sum(np.abs(effect.estimate), clear),
            sum_reach=_sum(quantiles * effect.se, there),
        )

    def __add__(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(**{each.name: _plus(getattr(self, each.name), getattr(other, each.name)) for each in fields(self)})

    def said(self, word: str) -> Rate:
        """How often a verdict is given."""
        return Rate(self.words.get(word, 0), self.n)

    @property
    def detected(self) -> Rate:
        """How often the interval lies above 0: the power of the interval alone."""
        return Rate(self.n_above_zero, self.n)

    @property
    def covered(self) -> Rate:
        """How often the interval holds the truth."""
        return Rate(self.n_covered, self.n_estimated)

    @property
    def wrong_sign(self) -> Rate:
        """Type S error: of the clear results, how many point in the wrong direction (Gelman & Carlin 2014)."""
        return Rate(self.n_wrong_sign, self.n_clear)

    @property
    def truth(self) -> float:
        """Mean true effect, points."""
        return self.sum_truth / self.n if self.n else float("nan")

    @property
    def scale_is_wrong(self) -> bool:
        """Whether the practice does nothing here, or harm, or next to nothing of it lasts."""
        return self.truth <= 0 or self.sum_lasting <= NEXT_TO_NOTHING * self.sum_truth

    @property
    def bias(self) -> float:
        """Mean of estimate less truth, points."""
        return self.sum_error / self.n_estimated if self.n_estimated else float("nan")

    @property
    def mean_se(self) -> float:
        """Mean standard error, points."""
        return self.sum_se / self.n_estimated if self.n_estimated else float("nan")

    @property
    def sd_of_estimates(self) -> float:
        """Standard deviation of estimate less truth over replicates, points."""
        n = self.n_estimated
        return float(np.sqrt(max(self.sum_error_squared / n - self.bias**2, 0.0))) if n else float("nan")

    @property
    def exaggeration(self) -> float:
        """Type M error: how many times too large a clear result is on average (Gelman & Carlin 2014)."""
        return self.sum_clear_size / self.n_clear / abs(self.truth) if self.n_clear and self.truth else float("nan")

    @property
    def interval_mde(self) -> float:
        """Minimum detectable effect of the interval: 80 of 100 such pilots would find it, points."""
        return self.sum_reach / self.n_estimated if self.n_estimated else float("nan")


def _sum(values: FloatArray, where: BoolArray) -> float:
    return float(np.where(where, values, 0.0).sum())


def _plus(left: Any, right: Any) -> Any:
    if isinstance(left, dict):
        return {name: left.get(name, 0) + right.get(name, 0) for name in sorted(left.keys() | right.keys())}
    return left + right
