"""Answers before and after that cannot be linked, or are not: a repeated cross-section.

    y = a + b arm + c after + d arm x after

over all answers before and all answers after, CR2 by team: d is the difference between the arms in the change of the
*mean of whoever answered*. Where people can be linked this has lower power, since what people keep from wave to wave
does not cancel, and it mixes the change of people with the exchange of people. It decides where the plan says so
(`answers: all`), shares the decision (`both`), and is a second opinion otherwise: it shows what the linked panel
leaves out.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pilot.effects.cluster_robust import Estimate, sum_by_cluster
from pilot.effects.team_model import TeamSums, fit_contrast
from pilot.scores import FloatArray, Roster


def unlinked_effect(before: FloatArray, after: FloatArray, roster: Roster, *, confidence_pct: float) -> Estimate:
    """Difference between arms in the change of the mean of all who answered, by person.

    Args:
        before: Points at the start, NaN where missing, shape (replicates, people).
        after: Points at the end, same shape; nobody needs to have both.
        roster: People and teams with their arms.
        confidence_pct: Of the interval, percent.

    Returns:
        The estimate; `n_people` counts who answered at the start, at the end or both. NaN with fewer than two teams
        in an arm.
    """
    # Each person twice, side by side, so that teams stay together.
    answers = np.stack([before, after], axis=-1).reshape(len(before), -1)
    is_after = np.tile([0.0, 1.0], before.shape[1])
    twice = replace(roster, person_ids=np.repeat(roster.person_ids, 2), team=np.repeat(roster.team, 2))
    sums = TeamSums.of(answers, twice, np.broadcast_to(is_after, answers.shape))
    answered = ~(np.isnan(before) & np.isnan(after))
    sums = replace(sums, n=sum_by_cluster(answered.astype(np.intp), roster.team, len(roster.team_ids)))
    return fit_contrast("interaction", sums, roster.treated, [0, 0, 0, 1.0], confidence_pct=confidence_pct)
