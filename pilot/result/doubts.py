"""How wrong the estimate could be, what other methods say, and where the effect is larger."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pilot.documents import BilingualText
from pilot.result.parts import EstimateOf, Part

BiasCode = Literal[
    "pre_trend",
    "drift",
    "regression_to_the_mean",
    "attrition",
    "novelty",
    "shifted_items",
    "careless",
    "one_team",
    "occasion",
    "marker",
]


class Bias(Part):
    """One row of the bias ledger, in points of the scale.

    Attributes:
        code: Which lie.
        looks_like: How large it looks; of the kind that its sentence names.
        overturns_at: How large it would have to be for another verdict; None where the verdict rests on nothing that
            it could overturn.
        smallest_seen: The smallest that these answers would have shown in 80 of 100 such pilots; None: not computed.
        name: What it was seen on, of a scale that the practice should not move; else None.
        values: What else its sentences say.
    """

    code: BiasCode
    looks_like: float
    overturns_at: float | None
    smallest_seen: float | None = None
    name: BilingualText | None = None
    values: dict[str, float] = Field(default_factory=dict)


class SecondOpinion(Part):
    """The same question by another method.

    Attributes:
        method: Which.
        estimate: Points; None where the method gives none of its own.
        p: Two-sided p of no effect.
        lower: Lower bound of its interval, points.
        upper: Upper bound.
    """

    method: Literal[
        "randomisation_test",
        "wild_bootstrap",
        "cr3",
        "mixed_model",
        "change_score",
        "unlinked",
        "linked",
        "straight_trend",
        "interrupted_series",
    ]
    estimate: float | None
    p: float | None
    lower: float | None = None
    upper: float | None = None


class Exploration(Part):
    """Where the effect is larger; exploratory, it decides nothing.

    Attributes:
        per_10_pct_of_the_loop: How much more people changed in pilot teams that ran 10 percentage points more of the
            loop, points; None where their dose was not measured or is the same everywhere.
        sd_between_pilot_teams: How far teams, each with its manager, differ in their change beyond their people,
            points, with lower and upper bound; None where it cannot be told.
        sd_between_comparison_teams: The same where no practice made a difference.
    """

    per_10_pct_of_the_loop: EstimateOf | None
    sd_between_pilot_teams: tuple[float, float, float] | None
    sd_between_comparison_teams: tuple[float, float, float] | None
