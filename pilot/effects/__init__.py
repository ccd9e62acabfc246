"""Estimands to estimates, batch first.

- `cluster_robust`: contrasts of a linear model with CR2 and Satterthwaite degrees of freedom
- `linked`: linked change, and its difference between arms (change or ANCOVA)
- `attrition`: retention by arm, baseline of leavers against stayers
- `size`: Hedges' g, beside the scale's own points
- `battery`: everything that a plan asks for, from one panel
"""

from pilot.effects.attrition import AttritionCheck, attrition_check
from pilot.effects.battery import Estimates, Worsening, estimate_pilot
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
    "effect_between_arms",
    "estimate_pilot",
    "fit",
    "hedges_correction",
    "hedges_g",
    "moments_of",
    "with_drift",
]
