"""What every part of a result is made of: an estimate, and the effect on one scale."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from pilot.documents import BilingualText
from pilot.plan.model import AnswersThatCount


class Part(BaseModel):
    """Base of the result's parts: frozen, and no field that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class EstimateOf(Part):
    """One estimate.

    Attributes:
        estimate: Points of the scale (or the measure's own unit).
        se: Standard error.
        df: Satterthwaite degrees of freedom.
        p: Two-sided p of no effect.
        lower: Lower bound of the interval.
        upper: Upper bound of the interval.
        n_people: Linked people it rests on (teams, for a team measure).
        n_teams: Teams they come from.
        n_treated: Of the people, those in the pilot arm.
    """

    estimate: float
    se: float
    df: float
    p: float
    lower: float
    upper: float
    n_people: int
    n_teams: int
    n_treated: int


class Effect(Part):
    """The effect on one scale.

    Attributes:
        scale: Scale id.
        name: What a reader calls it.
        estimator: `ancova`, `change`, or `before_after` where nobody is compared.
        answers: Whose answers the effect is of.
        weighting: Whether each person or each team counts the same.
        between_arms: The estimate; None where it is refused.
        with_drift: The same with the drift allowance in its interval; equal where there is none.
        hedges_g: In standard deviations of the baseline.
        p_holm: p adjusted by Holm among the secondary outcomes; None for the primary.
    """

    scale: str
    name: BilingualText
    answers: AnswersThatCount
    estimator: Literal["ancova", "change", "before_after"]
    weighting: Literal["person", "team"]
    between_arms: EstimateOf | None
    with_drift: EstimateOf | None
    hedges_g: float | None
    p_holm: float | None = None
