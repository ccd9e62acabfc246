"""How states hang together: people of one team, one person's waves, one person's willingness to answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from pilot.i18n import message
from pilot.simulate.latent import FloatArray, ItemModel, unattainable

HALF_YEAR_WEEKS = 24.0  # from launch to endline in the default calendar


@dataclass(frozen=True)
class Mixing:
    """Matrices that turn independent normals into states at some weeks, each of shape (waves, waves).

    Attributes:
        person: Of a person's own states.
        team: Of a team's states.
    """

    person: NDArray[np.float32]
    team: NDArray[np.float32]


@dataclass(frozen=True)
class Correlations:
    """How states hang together; shares of their variance.

    Attributes:
        team: What people of one team have in common in one wave.
        team_wave_share: Part of `team` that belongs to this wave only.
        stable: Part of a person's own variance that stays.
        drift: Part that changes slowly and for long.
        drift_half_life_weeks: After so many weeks half of it is gone.
    """

    team: float
    team_wave_share: float
    stable: float
    drift: float
    drift_half_life_weeks: float

    @classmethod
    def behind(
        cls,
        model: ItemModel,
        *,
        icc_1: float,
        retest_correlation: float,
        one_wave_share: float,
        drift_half_life_weeks: float,
        team_wave_share: float,
    ) -> Correlations:
        """What gives the model's scores this ICC(1) and this correlation half a year apart.

        Raises:
            PilotError: these numbers do not go together.
        """
        team = model.correlation_behind(icc_1, model)
        retest = model.correlation_behind(retest_correlation, model)
        own = (retest - team * (1 - team_wave_share)) / (1 - team) if team < 1 else np.nan
        kept = 0.5 ** (HALF_YEAR_WEEKS / drift_half_life_weeks)
        stable = (own - (1 - one_wave_share) * kept) / (1 - kept) if kept < 1 else np.nan
        if not 0 <= stable <= 1 - one_wave_share:
            raise unattainable(
                message(
                    "a retest correlation of {retest} does not go with this ICC, one-wave share and drift.",
                    retest=retest_correlation,
                ),
                message("A shorter “drift_half_life_weeks” or a smaller “one_wave_share” leaves more room."),
            )
        return cls(team, team_wave_share, stable, 1 - one_wave_share - stable, drift_half_life_weeks)

    def team_covariance(self, weeks: FloatArray) -> FloatArray:
        """Covariance of a team's states at these weeks, shape (waves, waves)."""
        shared = np.full((len(weeks), len(weeks)), 1 - self.team_wave_share)
        return self.team * (shared + self.team_wave_share * np.eye(len(weeks)))

    def person_covariance(self, weeks: FloatArray) -> FloatArray:
        """The same of a person's own states."""
        apart = np.abs(weeks[:, None] - weeks)
        covariance = self.stable + self.drift * 0.5 ** (apart / self.drift_half_life_weeks)
        np.fill_diagonal(covariance, 1.0)
        return (1 - self.team) * covariance

    def mixing(self, weeks: FloatArray) -> Mixing:
        """What turns independent normals into states at these weeks."""
        person, team = (
            root_of(each(weeks)).astype(np.float32) for each in (self.person_covariance, self.team_covariance)
        )
        return Mixing(person, team)


def root_of(covariance: FloatArray) -> FloatArray:
    """The symmetric square root: unlike a Cholesky factor it exists where a variance is zero."""
    values, vectors = np.linalg.eigh(covariance)
    root: FloatArray = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return root


def answer_correlation(rate: float, retention: float) -> float:
    """Correlation of the propensities to answer two waves, so that `retention` of those who answered answer again.

    P(both) = rate - 2 T(q, sqrt((1 - r) / (1 + r))) with Owen's T and q the normal quantile of the rate.
    """
    if rate in (0, 1) or retention <= rate:
        return 0.0
    quantile = special.ndtri(rate)

    def miss(r: float) -> float:
        return float(rate - 2 * special.owens_t(quantile, np.sqrt((1 - r) / (1 + r))) - rate * retention)

    return float(optimize.brentq(miss, 0.0, 1.0)) if miss(1.0) > 0 else 1.0
