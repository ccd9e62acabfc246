"""Linear mixed model with a team effect, by REML, with Kenward-Roger or Satterthwaite degrees of freedom, in batch.

    y = X b + team effect + residual,    Var(y_j) = s (I + q 11') within team j

with s the residual variance and q the ratio of the team variance to it. For changes of linked people this is R's
`lmer(change ~ arm + (1 | team))`. A team of n people counts with weight n / (1 + q n): by person where teams do not
differ (q = 0), nearly by team where they differ much. So the estimand's weighting is chosen by the answers and not by
the plan; where persons and teams disagree, say which one is meant and take `linked` instead.

Let z = (x, y), W the sum of z'z around the team means, M_j = n_j times the outer product of team j's mean of z. The
eigenvector 1 of Var(y_j) gives every matrix of the model as W and the M_j with a weight, where d_j = 1 / (1 + q n_j):

    A = W + sum d_j M_j        B = -A' = sum n_j d_j^2 M_j        C = -B'/2 = sum n_j^2 d_j^3 M_j    (' is d/dq)

Sweeping the columns of x out of A (Goodnight 1979, The American Statistician 33, 149-158) leaves inverse(A_xx),
b, the residual sum of squares R, and the determinant as the product of the pivots. With N rows, p columns and
s = R / (N - p), twice the negative restricted log-likelihood is, up to a constant,

    D(q) = (N - p) log R + sum log(1 + q n_j) + log det A_xx,    q >= 0.

The information on (q, log s), with e = (-b, 1), G = inverse(A_xx) and B, C without y under the trace, is

    expected:  I_qq = sum (n_j d_j)^2 - 2 tr(G C) + tr(G B G B)    I_qs = sum n_j d_j - tr(G B)    I_ss = N - p
    observed:  I_qq = D'' + I_qs^2 / (N - p)                       I_qs = e'B e / s                I_ss = N - p

Kenward & Roger (1997, Biometrics 53, 983-997) with Var(y) linear in the two variances; the covariance of b becomes
(all other terms of their sum cancel here)

    s G + 2 s w G (C - B G B) G,    w = 2 I_ss / (I_qq I_ss - I_qs^2), expected.

For a contrast c with variance v = s c'G c, Satterthwaite's degrees of freedom 2 v^2 / Var(v) are

    (I_qq I_ss - I_qs^2) / (I_qq - 2 h I_qs + h^2 I_ss),    h = d log v / dq = c'G B G c / c'G c.

Kenward & Roger's are the same with the expected information, since their two moments agree for one degree of freedom
in the numerator; `satterthwaite` takes the observed one (Kuznetsova, Brockhoff & Christensen 2017, Journal of
Statistical Software 82(13)). Checked against R's lme4 1.1-31, pbkrtest 0.5.2 and lmerTest 3.1-3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pilot.effects.cluster_robust import Estimate, FloatArray, sum_by_cluster, t_estimate
from pilot.effects.linked import Estimator
from pilot.scores import BoolArray, Roster

SmallSample = Literal["kenward_roger", "satterthwaite"]

COLLINEAR = 1e-10  # share of a column's sum of squares that is left when the columns before it are taken out
NO_RESIDUAL = 1e-12  # the same share of the outcome's
# Where the minimum of D is first looked for: q times the mean team size. The last one is no answer but a refusal.
FIRST_LOOK = (0.0, *(4.0**power for power in range(-3, 11)))
MOST_STEPS = 100
STEP_TOLERANCE = 1e-9


@dataclass(frozen=True)
class MixedFit:
    """A fitted model; NaN throughout a replicate that cannot be estimated.

    Attributes:
        coefficients: In units of y per unit of x, shape (replicates, columns).
        covariance: Of the coefficients as if the variances were known, shape (replicates, columns, columns).
        adjusted_covariance: Kenward and Roger's, which adds the uncertainty of the variances, same shape.
        covariance_slope: Derivative of `covariance` by the variance ratio, same shape.
        expected_information: On (q, log s) above, shape (replicates, 2, 2).
        observed_information: The same at these answers, shape (replicates, 2, 2).
        variance_ratio: Team variance by residual variance, shape (replicates,); 0 in a singular fit.
        residual_variance: In squared units of y, shape (replicates,).
        n: Rows used of each team, shape (replicates, teams).
    """

    coefficients: FloatArray
    covariance: FloatArray
    adjusted_covariance: FloatArray
    covariance_slope: FloatArray
    expected_information: FloatArray
    observed_information: FloatArray
    variance_ratio: FloatArray
    residual_variance: FloatArray
    n: NDArray[np.intp]


@dataclass(frozen=True)
class MixedEstimate(Estimate):
    """An estimate with its uncertainty and the variances behind it, one value a replicate.

    The fields of `Estimate`, where `se` and `df` are Kenward and Roger's unless Satterthwaite's were asked for, and:

    Attributes:
        team_variance: Variance of the team effects, squared points; 0 where teams differ no more than chance.
        residual_variance: Variance of people within their team, squared points.
        icc: Share of the team variance in the two, 0 to 1.
    """

    team_variance: FloatArray
    residual_variance: FloatArray
    icc: FloatArray


def mixed_effect_between_arms(
    before: FloatArray,
    after: FloatArray,
    roster: Roster,
    *,
    estimator: Estimator,
    confidence_pct: float,
    small_sample: SmallSample = "kenward_roger",
) -> MixedEstimate:
    """Effect of the practice: pilot teams against comparison teams among linked people, with a team effect.

    `change`: after - before = a + b arm + team. `ancova`: after = a + b arm + g before + team. NaN where an arm has
    fewer than two teams with linked people.

    With several waves, give each person's mean of the waves before the launch and mean of those after it
    (`Panel.mean_of`). What moves a whole team between the two (a new manager, a reorganisation) is then the team
    effect of the change, and its variance is in the standard error. The customary model of the single waves,
    `y ~ arm * post + (1 | team / person)`, gives a team one effect for all time: what moves the team between waves
    is not in the model, people of one team count as if their changes were independent, and on Sherif's groups the
    standard error is less than half of the honest one. The price of the means: people with fewer waves count the
    same as people with all.

    Args:
        before: Points at the start, NaN where missing, shape (replicates, people).
        after: Points at the end, same shape.
        roster: People and teams with their arms.
        estimator: Which of the two models.
        confidence_pct: Of the interval, percent.
        small_sample: Whose standard error and degrees of freedom.
    """
    arm = np.broadcast_to(roster.person_treated, before.shape).astype(float)
    columns = [np.ones_like(before), arm]
    outcome = after - before
    if estimator == "ancova":
        columns.append(before)
        outcome = after
    weights = np.zeros(len(columns))
    weights[1] = 1
    model = fit_mixed(np.stack(columns, axis=-1), outcome, roster.team, len(roster.team_ids))
    return mixed_contrast(model, weights, roster.treated, confidence_pct=confidence_pct, small_sample=small_sample)


def mixed_mean(
    values: FloatArray,
    roster: Roster,
    *,
    teams: BoolArray,
    confidence_pct: float,
    small_sample: SmallSample = "kenward_roger",
) -> MixedEstimate:
    """Mean of a score, or of its change, over teams: y = a + team. Not an effect; see `linked.clustered_mean`.

    Args:
        values: Points, NaN where missing, shape (replicates, people).
        roster: People and teams.
        teams: Which teams take part, shape (replicates, teams).
        confidence_pct: Of the interval, percent.
        small_sample: Whose standard error and degrees of freedom.
    """
    chosen = np.where(teams[:, roster.team], values, np.nan)
    model = fit_mixed(np.ones((*chosen.shape, 1)), chosen, roster.team, len(roster.team_ids))
    return mixed_contrast(model, [1.0], roster.treated, confidence_pct=confidence_pct, small_sample=small_sample)


def mixed_contrast(
    model: MixedFit,
    weights: ArrayLike,
    treated: BoolArray,
    *,
    confidence_pct: float,
    small_sample: SmallSample = "kenward_roger",
) -> MixedEstimate:
    """Estimate a linear combination of the coefficients.

    In a singular fit (team variance 0) Satterthwaite's degrees of freedom are N - p, as in lmerTest: teams that
    happen to differ little are then taken for no teams at all, and a team variance slightly above 0 gives something
    else altogether. Kenward and Roger's stay of the order of the number of teams on both sides. Their price: with
    few teams that hardly differ the interval is too wide (with eight teams and ICC 0 it covers in 99 %).

    Args:
        model: The fit.
        weights: The contrast c, shape (columns,).
        treated: Which teams are pilot teams, shape (replicates, teams) (for the counts).
        confidence_pct: Of the interval, percent.
        small_sample: `kenward_roger`: adjusted standard error and degrees of freedom from the expected information;
            `satterthwaite`: plain standard error and degrees of freedom from the observed information.
    """
    c = np.asarray(weights, dtype=float)
    estimate = model.coefficients @ c
    variance = _quadratic(model.covariance, c)
    slope = _quadratic(model.covariance_slope, c) / variance
    if small_sample == "kenward_roger":
        variance = _quadratic(model.adjusted_covariance, c)
        df = _degrees_of_freedom(model.expected_information, slope)
    else:
        # At q = 0 the derivative of v by the team's standard deviation, which is lmerTest's parameter, is zero.
        singular = model.variance_ratio == 0
        observed = _degrees_of_freedom(model.observed_information, slope)
        df = np.where(singular, model.observed_information[:, 1, 1], observed)
    with np.errstate(invalid="ignore"):
        se = np.sqrt(variance)
    tested = t_estimate(estimate, se, df, model.n, treated, confidence_pct=confidence_pct)
    return MixedEstimate(
        **vars(tested),
        team_variance=model.variance_ratio * model.residual_variance,
        residual_variance=model.residual_variance,
        icc=model.variance_ratio / (1 + model.variance_ratio),
    )


def fit_mixed(x: FloatArray, y: FloatArray, team: NDArray[np.intp], n_teams: int) -> MixedFit:
    """Fit by REML; rows with a missing entry are left out.

    A replicate has NaN throughout where columns are collinear, where one team alone carries a coefficient (one
    treated team), where no team has two people, and where nothing varies within the teams: there the two variances
    cannot be told apart.

    Args:
        x: Columns of the model, shape (replicates, rows, columns).
        y: Outcome, shape (replicates, rows).
        team: Index of each row's team, ascending, shape (rows,).
        n_teams: How many teams there are.
    """
    products, sums, n = _team_products(x, y, team, n_teams)
    with np.errstate(all="ignore"):  # what cannot be estimated becomes NaN
        teams = _between_and_within(products, sums, n)
        estimable = _is_estimable(products, n)
        ratio, found = _best_ratio(teams, estimable)
        best = _restricted_likelihood(teams, ratio)
        missing = np.where(estimable & found, 0.0, np.nan)
        return _fitted(best, ratio + missing, n)


@dataclass(frozen=True)
class _Teams:
    """W, the M_j and the n_j above; shapes (replicates, z, z), (replicates, teams, z, z), (replicates, teams)."""

    within: FloatArray
    between: FloatArray
    n: FloatArray

    @property
    def rows_left(self) -> FloatArray:
        """N - p."""
        left: FloatArray = self.n.sum(axis=1) - (self.within.shape[-1] - 1)
        return left


@dataclass(frozen=True)
class _RestrictedLikelihood:
    """G, b, B and C (without y), R, D's derivatives and the two informations at one q for each replicate."""

    inverse: FloatArray
    coefficients: FloatArray
    first: FloatArray
    second: FloatArray
    residual_variance: FloatArray
    slope: FloatArray
    curvature: FloatArray
    expected: FloatArray
    observed: FloatArray


def _team_products(
    x: FloatArray, y: FloatArray, team: NDArray[np.intp], n_teams: int
) -> tuple[FloatArray, FloatArray, NDArray[np.intp]]:
    """Z_j'Z_j, Z_j'1 and n_j, summed product by product: one array of all products would be slow and large."""
    complete = ~(np.isnan(y) | np.isnan(x).any(axis=-1))
    z = [np.where(complete, column, 0.0) for column in (*np.moveaxis(x, -1, 0), y)]
    sums = np.stack([sum_by_cluster(column, team, n_teams) for column in z], axis=-1)
    products = np.empty((*sums.shape, len(z)))
    for k, left in enumerate(z):
        for m, right in enumerate(z[: k + 1]):
            products[..., k, m] = products[..., m, k] = sum_by_cluster(left * right, team, n_teams)
    return products, sums, sum_by_cluster(complete.astype(np.intp), team, n_teams)


def _between_and_within(products: FloatArray, sums: FloatArray, n: NDArray[np.intp]) -> _Teams:
    between = sums[..., :, None] * sums[..., None, :] / np.maximum(n, 1)[..., None, None]
    return _Teams(within=(products - between).sum(axis=1), between=between, n=n.astype(float))


def _is_estimable(products: FloatArray, n: NDArray[np.intp]) -> BoolArray:
    """Whether every column has something of its own, even without any one of the teams."""
    total = products.sum(axis=1)
    left = total[:, None] - products
    swept, pivots = _sweep(np.concatenate([total[:, None], left], axis=1))
    squares = np.diagonal(total, axis1=-2, axis2=-1)
    has_own = (pivots > COLLINEAR * squares[:, None, :-1]).all(axis=(1, 2))
    varies = swept[:, 0, -1, -1] > NO_RESIDUAL * squares[:, -1]
    return np.asarray(has_own & varies & (n > 1).any(axis=1), dtype=np.bool_)


def _sweep(a: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Sweep all columns but the last; also the pivots, shape (..., columns - 1)."""
    swept = a.copy()
    pivots = []
    for k in range(a.shape[-1] - 1):
        pivot = swept[..., k, k].copy()
        column = swept[..., :, k].copy()
        row = swept[..., k, :] / pivot[..., None]
        swept -= column[..., :, None] * row[..., None, :]
        swept[..., k, :] = row
        swept[..., :, k] = -column / pivot[..., None]
        swept[..., k, k] = 1 / pivot
        pivots.append(pivot)
    return swept, np.stack(pivots, axis=-1)


def _best_ratio(teams: _Teams, estimable: BoolArray) -> tuple[FloatArray, BoolArray]:
    """The q that minimises D, and whether there is one: first by looking, then by Newton's steps on D'.

    A step that leaves the bracket, or goes uphill, is replaced by halving.
    """
    mean_size = teams.n.sum(axis=1) / np.maximum((teams.n > 0).sum(axis=1), 1)
    looks = np.array(FIRST_LOOK)
    deviances = np.array([_deviance(teams, look / mean_size) for look in looks])
    lowest = np.argmin(deviances, axis=0)
    found = np.isfinite(deviances).all(axis=0) & (lowest < len(looks) - 1)
    # A replicate without an answer stays at 0: nothing is ever asked of it.
    scale = np.where(estimable & found, 1 / mean_size, 0.0)
    ratio = scale * looks[lowest]
    low = scale * looks[np.maximum(lowest - 1, 0)]
    high = scale * looks[np.minimum(lowest + 1, len(looks) - 1)]
    for _ in range(MOST_STEPS):
        now = _restricted_likelihood(teams, ratio)
        low = np.where(now.slope < 0, ratio, low)
        high = np.where(now.slope >= 0, ratio, high)
        target = ratio - now.slope / now.curvature
        inside = (now.curvature > 0) & (low < target) & (target < high)
        step = np.where(inside, target, (low + high) / 2) - ratio
        ratio = ratio + step
        if not (np.abs(step) > STEP_TOLERANCE * (ratio + scale)).any():
            break
    return ratio, found


def _deviance(teams: _Teams, ratio: FloatArray) -> FloatArray:
    """D above."""
    spread = 1 + ratio[:, None] * teams.n
    swept, pivots = _sweep(teams.within + _weighted(1 / spread, teams))
    determinants: FloatArray = np.log(spread).sum(axis=1) + np.log(pivots).sum(axis=1)
    return teams.rows_left * np.log(swept[:, -1, -1]) + determinants


def _weighted(weights: FloatArray, teams: _Teams) -> FloatArray:
    """Sum of the M_j with weights of shape (replicates, teams)."""
    total: FloatArray = np.einsum("rj,rjpq->rpq", weights, teams.between)
    return total


def _restricted_likelihood(teams: _Teams, ratio: FloatArray) -> _RestrictedLikelihood:
    d = 1 / (1 + ratio[:, None] * teams.n)
    nd = teams.n * d
    swept, _ = _sweep(teams.within + _weighted(d, teams))
    b_z, c_z = _weighted(nd * d, teams), _weighted(nd**2 * d, teams)
    inverse, coefficients, residual = swept[:, :-1, :-1], swept[:, :-1, -1], swept[:, -1, -1]
    e = np.concatenate([-coefficients, np.ones((len(ratio), 1))], axis=1)
    toward = np.einsum("rpq,rq->rp", b_z, e)
    e_b_e = np.einsum("rp,rp->r", e, toward)
    e_c_e = np.einsum("rp,rpq,rq->r", e, c_z, e)
    bend = e_c_e - np.einsum("rp,rpq,rq->r", toward[:, :-1], inverse, toward[:, :-1])
    first, second = b_z[:, :-1, :-1], c_z[:, :-1, :-1]
    g_b = inverse @ first
    left = teams.rows_left
    both = nd.sum(axis=1) - np.trace(g_b, axis1=1, axis2=2)
    own = (nd**2).sum(axis=1) + np.einsum("rpq,rqp->r", g_b, g_b) - 2 * np.einsum("rpq,rqp->r", inverse, second)
    cross = left * e_b_e / residual
    curvature = left * (2 * bend / residual - (e_b_e / residual) ** 2) - own
    return _RestrictedLikelihood(
        inverse=inverse,
        coefficients=coefficients,
        first=first,
        second=second,
        residual_variance=residual / left,
        slope=both - cross,
        curvature=curvature,
        expected=_symmetric(own, both, left),
        observed=_symmetric(curvature + cross**2 / left, cross, left),
    )


def _fitted(best: _RestrictedLikelihood, ratio: FloatArray, n: NDArray[np.intp]) -> MixedFit:
    """The fit at the minimum; where the ratio is NaN everything becomes so."""
    missing = 0.0 * ratio
    variance = best.residual_variance + missing
    scale = variance[:, None, None]
    g = best.inverse
    g_b_g = g @ best.first @ g
    own, both, left = best.expected[:, 0, 0], best.expected[:, 0, 1], best.expected[:, 1, 1]
    w = (2 * left / (own * left - both**2))[:, None, None]
    return MixedFit(
        coefficients=best.coefficients + missing[:, None],
        covariance=scale * g,
        adjusted_covariance=scale * (g + 2 * w * (g @ best.second @ g - g_b_g @ best.first @ g)),
        covariance_slope=scale * g_b_g,
        expected_information=best.expected + missing[:, None, None],
        observed_information=best.observed + missing[:, None, None],
        variance_ratio=ratio,
        residual_variance=variance,
        n=n,
    )


def _symmetric(own: FloatArray, both: FloatArray, other: FloatArray) -> FloatArray:
    """Two by two matrices from their entries."""
    return np.stack([np.stack([own, both], axis=-1), np.stack([both, other], axis=-1)], axis=-2)


def _quadratic(matrices: FloatArray, c: FloatArray) -> FloatArray:
    value: FloatArray = np.einsum("p,rpq,q->r", c, matrices, c)
    return value


def _degrees_of_freedom(information: FloatArray, slope: FloatArray) -> FloatArray:
    """Satterthwaite's, above."""
    own, both, other = information[:, 0, 0], information[:, 0, 1], information[:, 1, 1]
    df: FloatArray = (own * other - both**2) / (own - 2 * slope * both + slope**2 * other)
    return df
