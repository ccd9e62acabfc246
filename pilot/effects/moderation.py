"""Where the effect is larger: by dose. Exploratory; it decides nothing and is never ranked by p.

Managers chose how far they ran the loop. Teams that ran it further may differ in other ways, so the slope is no causal
effect of running it further: it says where to look, not what to do.
"""

from __future__ import annotations

import numpy as np

from pilot.effects.cluster_robust import Estimate, contrast, fit, moments_of
from pilot.scores import FloatArray, Roster

STEP_PCT = 10.0


def dose_response(
    before: FloatArray, after: FloatArray, roster: Roster, dose_pct: FloatArray, *, confidence_pct: float
) -> Estimate:
    """How much more people changed, on average, in pilot teams that ran 10 percentage points more of the loop.

    change = a + b (dose - mean dose) / 10 among linked people of the pilot arm, CR2 by team. Comparison teams have no
    dose: to take theirs as 0 would mix the effect itself into the slope.

    Args:
        before: Points at the start, NaN where missing, shape (replicates, people).
        after: Points at the end, same shape.
        roster: People and teams with their arms.
        dose_pct: How far each team ran the loop, 0 to 100, NaN where not measured, shape (replicates, teams).
        confidence_pct: Of the interval, percent.

    Returns:
        Points per 10 percentage points; NaN with fewer than three pilot teams, or where all ran it equally far.
    """
    dose = np.where(roster.treated, dose_pct, np.nan)
    count = np.maximum((~np.isnan(dose)).sum(axis=1, keepdims=True), 1)
    centred = (dose - np.nansum(dose, axis=1, keepdims=True) / count) / STEP_PCT
    x = np.stack([np.ones_like(before), centred[:, roster.team]], axis=-1)
    moments = moments_of(x, after - before, roster.team, len(roster.team_ids))
    return contrast(fit(moments), [0.0, 1.0], moments, roster.treated, confidence_pct=confidence_pct)
