"""Who left the panel, and whether the two arms lost different people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pilot.effects.cluster_robust import Estimate, contrast, fit, moments_of
from pilot.scores import BoolArray, FloatArray, Roster


@dataclass(frozen=True)
class AttritionCheck:
    """Attrition between baseline and outcome, one value a replicate.

    Attributes:
        retention_pilot: Share of the pilot's baseline respondents who are linked, 0 to 1.
        retention_comparison: The same of the comparison.
        leavers_gap: By how many points more the pilot's leavers lie below its stayers at baseline than the
            comparison's do; positive where the pilot loses its unhappy.
        leavers_p: One-sided p of no such gap.
        bias_points: Largest part of the effect that this attrition may have made, points; 0 where not flagged.
    """

    retention_pilot: FloatArray
    retention_comparison: FloatArray
    leavers_gap: FloatArray
    leavers_p: FloatArray
    bias_points: FloatArray


def attrition_check(
    before: FloatArray,
    after: FloatArray,
    roster: Roster,
    *,
    retention_gap_pct: float,
    leavers_p: float,
    attrition_share: float,
) -> AttritionCheck:
    """Compare the leavers of the two arms.

    Flagged when retention differs by `retention_gap_pct` points, or when the pilot's leavers were unhappier,
    compared with its stayers, than the comparison's (one-sided p below `leavers_p`). Model, CR2 by team:
    before = a + b arm + c left + d arm x left; the gap is -d.

    Args:
        before: Points at the start, NaN where missing, shape (replicates, people).
        after: Points at the end, same shape.
        roster: People and teams with their arms.
        retention_gap_pct: Percentage points.
        leavers_p: Threshold of the one-sided p.
        attrition_share: Share of max(gap, retention difference x SD of the baseline) taken as possible bias.
    """
    treated = np.broadcast_to(roster.person_treated, before.shape)
    started = ~np.isnan(before)
    left = started & np.isnan(after)
    retention = [_share(started & ~left & arm, started & arm) for arm in (treated, ~treated)]
    gap = _leavers_gap(before, treated, left, roster)
    difference = np.abs(retention[0] - retention[1])
    one_sided = np.where(gap.estimate < 0, gap.p / 2, 1 - gap.p / 2)
    flagged = (one_sided < leavers_p) | (100 * difference >= retention_gap_pct)
    size = np.fmax(np.abs(gap.estimate), difference * _sd(before))
    return AttritionCheck(
        retention_pilot=retention[0],
        retention_comparison=retention[1],
        leavers_gap=-gap.estimate,
        leavers_p=one_sided,
        bias_points=np.where(flagged, attrition_share * size, 0.0),
    )


def _leavers_gap(
    before: FloatArray,
    treated: BoolArray,
    left: BoolArray,
    roster: Roster,
) -> Estimate:
    arm, gone = treated.astype(float), left.astype(float)
    x = np.stack([np.ones_like(before), arm, gone, arm * gone], axis=-1)
    moments = moments_of(x, before, roster.team, len(roster.team_ids))
    return contrast(fit(moments), [0, 0, 0, 1.0], moments, roster.treated, confidence_pct=95)


def _share(part: BoolArray, whole: BoolArray) -> FloatArray:
    total = whole.sum(axis=1)
    share: FloatArray = np.where(total > 0, part.sum(axis=1) / np.maximum(total, 1), np.nan)
    return share


def _sd(values: FloatArray) -> FloatArray:
    count = (~np.isnan(values)).sum(axis=1)
    mean = np.nansum(values, axis=1) / np.maximum(count, 1)
    squares = np.nansum((values - mean[:, None]) ** 2, axis=1)
    deviation: FloatArray = np.sqrt(squares / np.maximum(count - 1, 1))
    return deviation
