"""Do people of a team answer alike? ICC(1) and ICC(2) across teams, rwg within a team, in batch.

One-way analysis of variance by team with mean squares MSB between and MSW within (Shrout & Fleiss 1979, Psychological
Bulletin 86, 420-428; Bliese 2000, in Klein & Kozlowski, Multilevel Theory, 349-381):

    icc_1 = (MSB - MSW) / (MSB + (k - 1) MSW)       share of variance between teams
    icc_2 = (MSB - MSW) / MSB                       reliability of team means

Unequal teams need a single size k for ICC(1); both usual ones are given:

    mean size   k = people / teams, as in R's multilevel
    n0          k = (people - sum n_j^2 / people) / (teams - 1), which makes the estimate of variance unbiased

Agreement within a team of J items (James, Demaree & Wolf 1984, Journal of Applied Psychology 69, 85-98), with the
mean v of the items' variances and the variance s of answers without agreement:

    rwg(j) = J (1 - v / s) / (J (1 - v / s) + v / s),        rwg = 1 - v / s for one item

Checked against R's multilevel 2.7 (`ICC1`, `ICC2`, `rwg`, `rwg.j`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from pilot.psychometrics.moments import IntArray, complete
from pilot.scores import FloatArray


@dataclass(frozen=True)
class IntraclassCorrelation:
    """Variance between teams; one value a replicate, shape (replicates,).

    NaN where there are fewer than two teams, nobody shares a team, or nothing varies.

    Attributes:
        n_people: People with a score.
        n_teams: Teams with anybody.
        mean_size: People per team.
        n0: Size that makes the variance between teams unbiased.
        ms_between: Mean square between teams, squared points.
        ms_within: Mean square within teams, squared points.
        f: Their ratio.
        df_between: Teams less one.
        df_within: People less teams.
        p: Of F, if teams do not differ.
        icc_1_mean_size: ICC(1) by the mean team size; can be negative.
        icc_1_n0: ICC(1) by n0; can be negative.
        icc_1_lower: Lower bound for ICC(1) by n0; the F interval is exact for equal teams.
        icc_1_upper: Upper bound of it.
        icc_2: Reliability of team means, from the mean squares; can be negative.
        icc_2_lower: Lower bound of its F interval.
        icc_2_upper: Upper bound of it.
    """

    n_people: IntArray
    n_teams: IntArray
    mean_size: FloatArray
    n0: FloatArray
    ms_between: FloatArray
    ms_within: FloatArray
    f: FloatArray
    df_between: IntArray
    df_within: IntArray
    p: FloatArray
    icc_1_mean_size: FloatArray
    icc_1_n0: FloatArray
    icc_1_lower: FloatArray
    icc_1_upper: FloatArray
    icc_2: FloatArray
    icc_2_lower: FloatArray
    icc_2_upper: FloatArray


@dataclass(frozen=True)
class WithinTeamAgreement:
    """Agreement within each team; arrays have the shape (replicates, teams).

    Attributes:
        rwg: 0 to 1; values below 0 (more spread than without agreement) are set to 0, as usual; NaN where fewer than
            two people of a team answered every item.
        n: People it rests on.
    """

    rwg: FloatArray
    n: IntArray


def intraclass_correlation(
    scores: FloatArray, team: IntArray, n_teams: int, *, confidence_pct: float = 95.0
) -> IntraclassCorrelation:
    """ICC(1) and ICC(2) of a score.

    Args:
        scores: Points, NaN where there is no score, shape (replicates, people).
        team: Index of each person's team, shape (people,).
        n_teams: How many teams there are.
        confidence_pct: Of the intervals, percent.
    """
    sizes, means, variances = _by_team(scores[..., None], team, n_teams)
    size, mean = sizes.astype(float), np.nan_to_num(means[..., 0])
    within = (variances[..., 0] * np.maximum(size - 1, 0)).sum(axis=-1)
    people, teams = sizes.sum(axis=-1), (sizes > 0).sum(axis=-1)
    df_between, df_within = teams - 1, people - teams
    possible = (df_between > 0) & (df_within > 0)
    n_between, n_within = np.where(possible, df_between, np.nan), np.where(possible, df_within, np.nan)
    grand = (size * mean).sum(axis=-1) / np.maximum(people, 1)
    ms_between = (size * (mean - grand[:, None]) ** 2).sum(axis=-1) / n_between
    ms_within = within / n_within
    mean_size = people / np.where(teams > 0, teams, np.nan)
    n0 = (people - (size**2).sum(axis=-1) / np.maximum(people, 1)) / n_between
    with np.errstate(invalid="ignore", divide="ignore"):
        f = ms_between / ms_within
        tail = 0.5 - confidence_pct / 200
        lower, upper = (f / special.fdtri(n_between, n_within, q) for q in (1 - tail, tail))
        return IntraclassCorrelation(
            n_people=people,
            n_teams=teams,
            mean_size=mean_size,
            n0=n0,
            ms_between=ms_between,
            ms_within=ms_within,
            f=f,
            df_between=df_between,
            df_within=df_within,
            p=np.asarray(special.fdtrc(n_between, n_within, f), dtype=np.float64),
            icc_1_mean_size=_icc_1(f, mean_size),
            icc_1_n0=_icc_1(f, n0),
            icc_1_lower=_icc_1(lower, n0),
            icc_1_upper=_icc_1(upper, n0),
            icc_2=1 - 1 / f,
            icc_2_lower=1 - 1 / lower,
            icc_2_upper=1 - 1 / upper,
        )


def uniform_variance(n_options: int) -> float:
    """Variance of answers without agreement, all options alike: (A^2 - 1) / 12 for A options one point apart."""
    return (n_options**2 - 1) / 12


def within_team_agreement(
    answers: FloatArray, team: IntArray, n_teams: int, *, null_variance: float
) -> WithinTeamAgreement:
    """rwg(j) of each team; rwg for one item.

    Args:
        answers: Points, keyed in one direction, NaN where not answered, shape (replicates, people, items); people with
            a gap are left out, as in R's multilevel.
        team: Index of each person's team, shape (people,).
        n_teams: How many teams there are.
        null_variance: Variance of answers without agreement, squared points; usually `uniform_variance`.
    """
    whole = np.where(complete(answers)[..., None], answers, np.nan)
    sizes, _, variances = _by_team(whole, team, n_teams)
    n_items = answers.shape[-1]
    ratio = np.where(sizes > 1, variances.mean(axis=-1), np.nan) / null_variance
    agreement = n_items * (1 - ratio)
    with np.errstate(invalid="ignore", divide="ignore"):
        rwg = np.where(ratio >= 1, 0.0, agreement / (agreement + ratio))
    return WithinTeamAgreement(rwg=np.where(np.isnan(ratio), np.nan, rwg), n=sizes)


def _icc_1(f: FloatArray, size: FloatArray) -> FloatArray:
    """ICC(1) from the ratio of mean squares: (F - 1) / (F + k - 1)."""
    return (f - 1) / (f + size - 1)


def _by_team(values: FloatArray, team: IntArray, n_teams: int) -> tuple[IntArray, FloatArray, FloatArray]:
    """Size, shape (replicates, teams), mean and variance (divisor n - 1), shape (replicates, teams, items).

    The first item says who counts.
    """
    belongs = (np.asarray(team)[:, None] == np.arange(n_teams)).astype(float)
    present = ~np.isnan(values)
    count = np.einsum("rp,pt->rt", present[..., 0].astype(float), belongs)
    total = np.einsum("rpi,pt->rti", np.where(present, values, 0.0), belongs)
    mean = total / np.where(count > 0, count, np.nan)[..., None]
    own = np.take(mean, np.asarray(team), axis=1)
    squares = np.where(present, values - own, 0.0) ** 2
    variance = np.einsum("rpi,pt->rti", squares, belongs) / np.maximum(count - 1, 1)[..., None]
    return count.round().astype(np.intp), mean, variance
