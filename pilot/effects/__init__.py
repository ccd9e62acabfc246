"""Estimands to estimates, batch first.

| module | estimand | source |
|---|---|---|
| `cluster_robust` | contrasts of a linear model; CR2 and Satterthwaite | Bell & McCaffrey 2002; Pustejovsky & Tipton 2018 |
| `linked` | linked change, its difference between arms (change or ANCOVA) | |
| `attrition` | retention by arm, baseline of leavers against stayers | |
| `size` | Hedges' g beside the scale's own points | Hedges 1981 |
"""

from pilot.effects.attrition import AttritionCheck, attrition_check
from pilot.effects.cluster_robust import ClusterMoments, Estimate, LinearFit, contrast, fit, moments_of
from pilot.effects.linked import effect_between_arms, mean_change, with_drift
from pilot.effects.size import hedges_correction, hedges_g

__all__ = [
    "AttritionCheck",
    "ClusterMoments",
    "Estimate",
    "LinearFit",
    "attrition_check",
    "contrast",
    "effect_between_arms",
    "fit",
    "hedges_correction",
    "hedges_g",
    "mean_change",
    "moments_of",
    "with_drift",
]
