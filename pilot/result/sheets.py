"""The schema of a scale sheet: what can be said about one scale in one wave, before disclosure control."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pilot.documents import BilingualText
from pilot.instruments.model import ScaleKind
from pilot.result.parts import Part

Fitness = Literal["fit", "with_care", "not_fit"]
InvarianceStep = Literal["not_fitted", "none", "configural", "metric", "partial", "scalar"]
Comparison = Literal["waves", "arms", "languages"]
ReasonCode = Literal[
    "too_few_people",
    "does_not_vary",
    "unreliable",
    "weak_reliability",
    "reliability_unproven",
    "no_factor_found",
    "poor_factor",
    "item_against_the_rest",
    "read_differently",
    "some_items_read_differently",
    "invariance_not_fitted",
    "small_sample",
    "many_gaps",
    "piled_up_at_an_end",
    "formative",
    "single_item",
    "holds_together",
]
"""Why a scale is judged as it is (see `pilot.analysis.fitness`)."""


class Bounded(Part):
    """An estimate with its 95 % interval; a bound is None where it cannot be had."""

    estimate: float
    lower: float | None
    upper: float | None


class ItemLine(Part):
    """One item of the item table; answers to reverse-keyed items are turned. None: cannot be had.

    Attributes:
        item: Item id.
        text: Its wording.
        reversed: Whether agreement means less of the construct.
        n: People who answered it.
        missing_pct: Of the people who answered anything, who left it out.
        mean: Points.
        sd: Points.
        corrected_item_total: Correlation with the sum of the other items.
        loading: Standardised, on the one factor.
        floor_pct: Of the answers, how many are the lowest possible.
        ceiling_pct: Of the answers, how many are the highest possible.
    """

    item: str
    text: BilingualText
    reversed: bool
    n: int
    missing_pct: float | None
    mean: float | None
    sd: float | None
    corrected_item_total: float | None
    loading: float | None
    floor_pct: float | None
    ceiling_pct: float | None


class Bin(Part):
    """People with a score from `lower` on, below `upper`; the last bin holds its upper end too."""

    lower: float
    upper: float
    n: int


class FactorFit(Part):
    """Fit of one factor.

    Attributes:
        converged: Whether the model could be fitted; if not, all else is None.
        proper: Whether no residual variance came out negative.
        n: People who answered every item.
        df: Degrees of freedom; with 0 (three items) the model fits by construction.
        chi2: Likelihood ratio against the saturated model.
        p: Of it.
        cfi: Comparative fit index.
        rmsea: Root mean square error of approximation, with its 90 % interval.
        rmsea_lower: Its lower bound.
        rmsea_upper: Its upper bound.
        srmr: Standardised root mean square residual.
    """

    converged: bool
    proper: bool
    n: int
    df: int
    chi2: float | None = None
    p: float | None = None
    cfi: float | None = None
    rmsea: float | None = None
    rmsea_lower: float | None = None
    rmsea_upper: float | None = None
    srmr: float | None = None


class Rung(Part):
    """What one more restriction costs in fit; None where one of the two models was not fitted."""

    cfi: float | None
    rmsea: float | None
    srmr: float | None
    holds: bool


class FitRule(Part):
    """When a step of the ladder is broken; see `pilot.psychometrics.InvarianceRule`."""

    combination: Literal["every", "cfi_and_another", "cfi"]
    cfi: float
    rmsea: float
    srmr_metric: float
    srmr_scalar: float
    p: float | None


class InvarianceFinding(Part):
    """How far a scale is read alike.

    Attributes:
        across: What is compared.
        blocks: Waves, arms or languages; the first is the reference.
        n: People with every answer in each.
        small: Whether these are fewer than the rule was studied on.
        rule: By which the steps hold or not.
        step: The highest step that holds; `partial`: with the intercepts of the shifted items left free.
        configural: Fit of the same form in all blocks.
        metric: Cost of equal loadings.
        scalar: Cost of equal intercepts.
        partial: Cost of equal intercepts but those of the shifted items; None where none was freed.
        shifted: Items whose intercepts were freed.
        difference_all: Difference of the means, all items taken as read alike, points; None where it cannot be had.
        difference_unshifted: The same without the shifted items.
    """

    across: Comparison
    blocks: tuple[str, ...]
    n: tuple[int, ...]
    small: bool
    rule: FitRule
    step: InvarianceStep
    configural: FactorFit | None = None
    metric: Rung | None = None
    scalar: Rung | None = None
    partial: Rung | None = None
    shifted: tuple[str, ...] = ()
    difference_all: float | None = None
    difference_unshifted: float | None = None


class TeamAgreement(Part):
    """Whether people of a team answer alike; None where too few teams have enough people.

    Attributes:
        n_teams: Teams with a score.
        icc_1: Share of the variance between teams.
        icc_2: Reliability of team means.
        rwg_median: Median of rwg(j) over teams with two people or more.
        n_teams_rwg: Those teams.
    """

    n_teams: int
    icc_1: Bounded | None
    icc_2: Bounded | None
    rwg_median: float | None
    n_teams_rwg: int


class Reason(Part):
    """Why a scale is judged as it is.

    Attributes:
        code: Which sentence says it (see `pilot.wording.sheets`).
        values: What stands in the sentence's places.
    """

    code: ReasonCode
    values: dict[str, float | int | str | tuple[str, ...]] = Field(default_factory=dict)


class ScaleSheet(Part):
    """One scale in one wave.

    Attributes:
        scale: Scale id.
        name: What a reader calls it.
        kind: Of scale; only a reflective one has reliability and a factor.
        wave_id: The wave.
        group: `everybody` who answered, or the `linked` panel only.
        n_invited: People on the roster when the wave opened; of the linked panel, all of it.
        n_answered: People who answered any item.
        n_scored: People with a score, by the half rule.
        n_complete: People who answered every item.
        missing_pct: Of all answers that those who answered could have given, how many are missing.
        lowest: Smallest possible score.
        highest: Largest possible score.
        mean: Of the score, points.
        sd: Of the score, points.
        floor_pct: Of the people with a score, how many have the lowest possible.
        ceiling_pct: Of the people with a score, how many have the highest possible.
        bins: Distribution of the score.
        items: Item by item, in the order of the questionnaire.
        alpha: Cronbach's alpha; None where there is none.
        omega: McDonald's omega; None where there is none.
        factor: One factor; None where it was not asked for.
        invariance: Read alike as at the baseline, in both arms, in both languages; what could be compared.
        agreement: Within teams.
        fitness: Verdict.
        reasons: Behind it, the weightiest first.
    """

    scale: str
    name: BilingualText
    kind: ScaleKind
    wave_id: str
    group: Literal["everybody", "linked"]
    n_invited: int
    n_answered: int
    n_scored: int
    n_complete: int
    missing_pct: float | None
    lowest: float
    highest: float
    mean: float | None
    sd: float | None
    floor_pct: float | None
    ceiling_pct: float | None
    bins: tuple[Bin, ...]
    items: tuple[ItemLine, ...]
    alpha: Bounded | None
    omega: Bounded | None
    factor: FactorFit | None
    invariance: tuple[InvarianceFinding, ...]
    agreement: TeamAgreement | None
    fitness: Fitness
    reasons: tuple[Reason, ...]

    def against(self, across: Comparison) -> InvarianceFinding | None:
        """One of the comparisons; None where it could not be made."""
        return next((each for each in self.invariance if each.across == across), None)
