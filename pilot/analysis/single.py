"""The one replicate of a real pilot, taken out of the arrays."""

from __future__ import annotations

import math

from pilot.effects import Estimate
from pilot.result import EstimateOf
from pilot.scores import FloatArray


def finite(value: float) -> float | None:
    """A number; None for NaN and infinity."""
    return float(value) if math.isfinite(value) else None


def number(values: FloatArray) -> float | None:
    """The replicate's value; None where it could not be estimated."""
    return finite(values[0])


def estimate_of(estimate: Estimate) -> EstimateOf | None:
    """The replicate's estimate; None where it is refused."""
    if not math.isfinite(float(estimate.lower[0])):
        return None
    return EstimateOf(
        estimate=float(estimate.estimate[0]),
        se=float(estimate.se[0]),
        df=float(estimate.df[0]),
        p=float(estimate.p[0]),
        lower=float(estimate.lower[0]),
        upper=float(estimate.upper[0]),
        n_people=int(estimate.n_people[0]),
        n_teams=int(estimate.n_teams[0]),
        n_treated=int(estimate.n_treated[0]),
    )
