"""What other draws of a staggered start would have shown: a randomisation test beside the estimate that decides.

Under "no effect on anybody, nor on who answers" the answers would have been the same whatever the lot had said, so
that the effect can be computed for other draws (Fisher's test; Shaikh & Toulis 2021, Journal of the American
Statistical Association 116, 1835-1848, for starts in turns). Each draw gives the same numbers of teams to the same
starts, with each team's own baseline and outcome waves counted from the start it would have had. Studentised, as
`second_opinion.randomisation_test` is and for its reasons.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pilot.effects.battery import deciding_effect
from pilot.effects.cluster_robust import Estimate
from pilot.plan import Plan
from pilot.scores import Panel

N_DRAWS = 999
TIE = 1e-9  # of |t|; a smaller distance is a rounding error


def staggered_randomisation_p(
    panel: Panel, plan: Plan, observed: Estimate, rng: np.random.Generator, n_draws: int = N_DRAWS
) -> float:
    """Two-sided p of no effect: the share of draws, the one that happened included, with as large a |t|.

    Args:
        panel: What was seen of one pilot.
        plan: Its plan; the design is `staggered`.
        observed: The effect that decides, without drift allowance.
        rng: Draws the other starts.
        n_draws: How many of them; draws that allow no estimate are left out.

    Returns:
        Between 1 / (`n_draws` + 1) and 1; NaN where the effect itself is refused.
    """
    roster = panel.roster
    starts = rng.permuted(np.tile(roster.start_week[:1], (n_draws, 1)), axis=1)
    redrawn = replace(panel, roster=replace(roster, start_week=starts))
    everybody = np.ones((n_draws, len(roster.team)), dtype=np.bool_)
    others = deciding_effect(redrawn, plan, everybody)
    with np.errstate(invalid="ignore", divide="ignore"):  # where nothing varies |t| is infinite, and as extreme as that
        t = np.abs(others.estimate / others.se)
        own = float(np.abs(observed.estimate / observed.se)[0])
    t = t[~np.isnan(t)]
    return float("nan") if np.isnan(own) else float((1 + (t >= own - TIE).sum()) / (1 + len(t)))
