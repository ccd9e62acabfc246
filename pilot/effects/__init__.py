"""Estimands to estimates, batch first.

- `cluster_robust`: contrasts of a linear model with CR2 and Satterthwaite degrees of freedom
- `linked`: linked change, and its difference between arms (change or ANCOVA)
- `attrition`: retention by arm, baseline of leavers against stayers
- `size`: Hedges' g, beside the scale's own points
- `items`: whether the effect is in all items of the scale
- `staggered`: teams that start in turns, each cohort against those who wait
- `team_model`: all of these models from five sums a team; what a rehearsal spends its time in
- `battery`: everything that a plan asks for, from one panel
- `second_opinion`: randomisation test, wild bootstrap and CR3 beside the estimate that decides
- `redrawn`: the randomisation test of a staggered start
- `mixed`: the same change with a team effect, by REML with Kenward-Roger
- `moderation`: where the effect is larger, by dose and by manager, exploratory
- `unlinked`: answers of people who cannot be linked
- `interrupted`: a series of waves with nobody to compare with
- `pre_trend`: what the waves before the launch say, and how far a trend may bend
- `bounds`: attrition at its worst
"""

from pilot.effects.attrition import AttritionCheck, attrition_check
from pilot.effects.battery import Estimates, Worsening, deciding_effect, effect_on, estimate_pilot, two_arms
from pilot.effects.cluster_robust import ClusterMoments, Estimate, LinearFit, contrast, fit, moments_of
from pilot.effects.linked import clustered_mean, effect_between_arms, with_drift
from pilot.effects.size import hedges_correction, hedges_g

__all__ = [
    "AttritionCheck",
    "ClusterMoments",
    "Estimate",
    "Estimates",
    "LinearFit",
    "Worsening",
    "attrition_check",
    "clustered_mean",
    "contrast",
    "deciding_effect",
    "effect_between_arms",
    "effect_on",
    "estimate_pilot",
    "fit",
    "hedges_correction",
    "hedges_g",
    "moments_of",
    "two_arms",
    "with_drift",
]
