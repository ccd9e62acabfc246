"""Scale quality: can the answers bear the weight that a decision puts on them? Batch first.

- `reliability`: Cronbach's alpha, McDonald's omega, item statistics, floor, ceiling, gaps
- `factor`: one factor behind a scale, by maximum likelihood
- `invariance`: do groups, or waves, understand the items alike (response shift)
- `agreement`: do people of a team answer alike (ICC, rwg)
- `carelessness`: questionnaires filled in without reading
- `blocks`, `structure`, `maximum_likelihood`, `fit_indices`, `moments`: the models behind `factor` and `invariance`
"""

from pilot.psychometrics.agreement import (
    IntraclassCorrelation,
    WithinTeamAgreement,
    intraclass_correlation,
    uniform_variance,
    within_team_agreement,
)
from pilot.psychometrics.carelessness import (
    CarelessFlags,
    CarelessLimits,
    MahalanobisDistance,
    careless_flags,
    instruction_missed,
    intra_individual_variability,
    long_string,
    mahalanobis_distance,
    seconds_per_item,
)
from pilot.psychometrics.factor import OneFactor, one_factor, one_factor_of_answers
from pilot.psychometrics.fit_indices import FitIndices
from pilot.psychometrics.invariance import (
    Invariance,
    InvarianceRule,
    MeanDifference,
    Step,
    invariance_across_groups,
    invariance_across_waves,
)
from pilot.psychometrics.reliability import (
    ItemStatistics,
    Reliability,
    bootstrap_interval,
    cronbach_alpha,
    feldt_interval,
    mcdonald_omega,
    omega_interval,
    scale_reliability,
)

__all__ = [
    "CarelessFlags",
    "CarelessLimits",
    "FitIndices",
    "IntraclassCorrelation",
    "Invariance",
    "InvarianceRule",
    "ItemStatistics",
    "MahalanobisDistance",
    "MeanDifference",
    "OneFactor",
    "Reliability",
    "Step",
    "WithinTeamAgreement",
    "bootstrap_interval",
    "careless_flags",
    "cronbach_alpha",
    "feldt_interval",
    "instruction_missed",
    "intra_individual_variability",
    "intraclass_correlation",
    "invariance_across_groups",
    "invariance_across_waves",
    "long_string",
    "mahalanobis_distance",
    "mcdonald_omega",
    "omega_interval",
    "one_factor",
    "one_factor_of_answers",
    "scale_reliability",
    "seconds_per_item",
    "uniform_variance",
    "within_team_agreement",
]
