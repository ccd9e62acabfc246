"""The result file: everything that an analysis found, before disclosure control.

`result.json` is for the analyst. It holds aggregates of small groups too, so it does not circulate: views read a
release instead.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from pilot.documents import BilingualText
from pilot.errors import Fault, PilotError
from pilot.i18n import message
from pilot.loop import IndicatorCode, Period
from pilot.plan import Arm, Change, Design
from pilot.plan.model import AnswersThatCount, Grade
from pilot.plan.protocol import digest
from pilot.sheets import InvarianceFinding, ScaleSheet
from pilot.verdict import Word

State = Literal["in_evaluation", "finished"]
GuardrailStatus = Literal["ruled_out", "kept", "unproven", "breached", "not_measured"]


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


class ArmFlow(Part):
    """Participants of one arm from invitation to the linked panel.

    Attributes:
        arm: Which arm.
        n_teams: Teams on the roster.
        n_invited: People on the roster when the first baseline or the last outcome wave opened.
        n_baseline: Of them with a score at baseline.
        n_outcome: Of them with a score at the outcome.
        n_linked: With both.
        n_leavers: With a baseline and no outcome.
        n_joiners: With an outcome and no baseline.
    """

    arm: Arm
    n_teams: int
    n_invited: int
    n_baseline: int
    n_outcome: int
    n_linked: int
    n_leavers: int
    n_joiners: int


class WaveMean(Part):
    """The linked panel's mean in one wave.

    Attributes:
        arm: Which arm.
        wave_id: Which wave.
        week: Weeks after launch.
        n_people: Linked people with a score in this wave.
        largest_share: Of one person in the mean, 0 to 1.
        mean: Points.
        lower: Lower bound of the interval (CR2 by team); None where it cannot be computed.
        upper: Upper bound.
    """

    arm: Arm
    wave_id: str
    week: int
    n_people: int
    largest_share: float
    mean: float
    lower: float | None
    upper: float | None


class LinkedSummary(Part):
    """Linked people of both arms together, before and after.

    Attributes:
        n_people: Linked people.
        n_teams: Their teams.
        mean_before: Points.
        mean_after: Points.
        sd_before: Points.
        sd_after: Points.
        correlation: Between before and after.
        change: Mean change of everybody, clustered by team.
        sd_change: Points.
    """

    n_people: int
    n_teams: int
    mean_before: float
    mean_after: float
    sd_before: float
    sd_after: float
    correlation: float
    change: EstimateOf
    sd_change: float


class ArmChange(Part):
    """Mean change of one arm's linked people, clustered by team; None where one team is all there is."""

    arm: Arm
    mean_before: float
    mean_after: float
    change: EstimateOf | None


class GuardrailOutcome(Part):
    """How one guardrail came out.

    Attributes:
        measure: Its id.
        name: What a reader calls it.
        worse: Which direction is worse.
        margin: Largest acceptable worsening.
        worsening: Estimated worsening in the pilot teams compared with the others; None when not measured.
        mean_before: Pilot teams' mean before the launch; None when not measured.
        mean_after: Pilot teams' mean after it; None when not measured.
        n_pilot_teams: Pilot teams behind the two means.
        status: `ruled_out`, harm beyond the margin does not fit the data (noninferiority); `kept`, such harm was not
            seen, yet not ruled out; `unproven`, the same where the plan wants it ruled out; `breached`;
            `not_measured`.
    """

    measure: str
    name: BilingualText
    worse: Literal["higher", "lower"]
    margin: float
    worsening: EstimateOf | None
    mean_before: float | None
    mean_after: float | None
    n_pilot_teams: int
    status: GuardrailStatus


class LoopIndicator(Part):
    """One mechanism of the loop in one arm and period (see `pilot.loop.Indicator`)."""

    code: IndicatorCode
    arm: Arm
    period: Period
    value: float | None
    n_people: int
    n_teams: int


class FidelityOutcome(Part):
    """How far the loop was run.

    Attributes:
        mean_pct: Mean of the pilot teams after launch, 0 to 100; None when not measured.
        floor_pct: The plan's floor.
        n_teams: Pilot teams with a measurement.
        status: `reached`, `below_floor` or `not_measured`.
    """

    mean_pct: float | None
    floor_pct: float | None
    n_teams: int
    status: Literal["reached", "below_floor", "not_measured"]


class Attrition(Part):
    """Attrition by arm; see `pilot.effects.AttritionCheck`."""

    retention_pilot_pct: float | None
    retention_comparison_pct: float | None
    leavers_gap_points: float | None
    leavers_p: float | None
    inflating_points: float
    hiding_points: float


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
    values: dict[str, float] = {}


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


class Finding(Part):
    """One thing that speaks for, against or about the verdict.

    Attributes:
        code: Which sentence says it (see `pilot.wording`).
        role: `for`, `against`, `cap` (limits the verdict whatever the estimate) or `note`.
        values: What stands in the sentence's places.
    """

    code: str
    role: Literal["for", "against", "cap", "note"]
    values: dict[str, Any] = {}


class Verdict(Part):
    """The decision.

    Attributes:
        state: `in_evaluation` until the planned waves are in: the word is then withheld.
        word: The verdict.
        grade: Evidence grade of the design.
        chance_worthwhile: How probable it is that the effect reaches the smallest worthwhile one, 0 to 1 (flat
            prior; the t distribution around the estimate).
        findings: What it rests on.
        turning_points: What would change it, or make it conclusive.
    """

    state: State
    word: Word | None
    grade: Grade
    chance_worthwhile: float | None
    findings: tuple[Finding, ...]
    turning_points: tuple[Finding, ...]


class DeviationNote(Part):
    """A departure from the sealed plan, for page one.

    Attributes:
        recorded_at: When it was recorded.
        reason: Why, in the words of the one who recorded it.
        changes: What was changed, from what to what.
        sha256: Of the deviation, in the seal's chain.
    """

    recorded_at: datetime
    reason: str
    changes: tuple[Change, ...]
    sha256: str


class PilotFacts(Part):
    """What the plan says about the pilot."""

    title: BilingualText
    unit: BilingualText
    chosen_because: str
    design: Design
    launch_on: str
    sealed_at: datetime
    seal_sha256: str
    seed: int
    waves: dict[str, int]
    start_weeks: tuple[int, ...] = (0,)
    primary_scale: str
    primary_name: BilingualText
    primary_range: tuple[float, float]
    sesoi_points: float
    confidence_pct: float
    drift_allowance_points: float
    minimum_cell_n: int
    baseline_waves: tuple[str, ...]
    outcome_waves: tuple[str, ...]
    lasting_waves: tuple[str, ...]


class SourceNote(Part):
    """A file that was imported, so that every number can be traced."""

    table_name: str
    file_name: str
    sha256: str


class Result(Part):
    """Everything that an analysis found.

    Attributes:
        of_all_answers: The effect of all answers, linked or not, drift allowance included, where the plan wants both to
            stand; else None.
        biases: The bias ledger: how large each possible lie looks, how large it would have to be.
        exploration: Where the effect is larger.
        read_as_before: Whether the pilot arm reads the primary scale after the launch as before.
        loop: How the loop was run, by mechanism, arm and period.
        scale_sheets: How well each scale measured in each wave: of everybody, and of the linked panel for release.
        second_opinions: The same question by other methods; they decide nothing.
        released: Number of the newest release when it was made; another one since makes it stale.
        seen: Who stands behind it (see `pilot.ledger`).
        protocol_sha256: Of the protocol in force; a result of an earlier one is stale.
        sha256: Of all the rest; a result that was changed by hand is not published.
    """

    format: Literal[1] = 1
    protocol_sha256: str
    made_at: datetime
    made_with: str
    pilot: PilotFacts
    deviations: tuple[DeviationNote, ...]
    sources: tuple[SourceNote, ...]
    flow: tuple[ArmFlow, ...]
    linked: LinkedSummary | None
    arm_changes: tuple[ArmChange, ...]
    waves: tuple[WaveMean, ...]
    primary: Effect
    of_all_answers: EstimateOf | None
    lasting: EstimateOf | None
    secondary: tuple[Effect, ...]
    attrition: Attrition
    guardrails: tuple[GuardrailOutcome, ...]
    fidelity: FidelityOutcome
    verdict: Verdict
    biases: tuple[Bias, ...]
    second_opinions: tuple[SecondOpinion, ...]
    exploration: Exploration
    read_as_before: InvarianceFinding | None = None
    loop: tuple[LoopIndicator, ...] = ()
    scale_sheets: tuple[ScaleSheet, ...] = ()
    released: int
    seen: dict[str, tuple[str, ...]]
    sha256: str = ""

    @property
    def fingerprint(self) -> str:
        """The hash that the content should have."""
        return digest(self.model_dump(mode="json", exclude={"sha256"}))


def write_result(path: Path, result: Result) -> None:
    """Write the result file as a whole."""
    draft = path.with_suffix(".draft")
    draft.write_text(result.model_dump_json(indent=1), "utf-8")
    draft.replace(path)


def read_result(path: Path) -> Result:
    """Read a result file.

    Raises:
        PilotError: there is none, or it was made by a version whose format is another.
    """
    headline = message("There is no result to read.")
    if not path.exists():
        found = message("the pilot was not analysed yet.")
        raise PilotError(headline, [Fault(path.name, found, message("Run `pilot analyse` first."))])
    try:
        result = Result.model_validate_json(path.read_text("utf-8"))
    except (ValidationError, UnicodeDecodeError):
        found = message("the file is not a result of this version.")
        raise PilotError(headline, [Fault(path.name, found, message("Run `pilot analyse` again."))]) from None
    if result.sha256 != result.fingerprint:
        found = message("the content does not match its fingerprint: it was changed by hand.")
        raise PilotError(headline, [Fault(path.name, found, message("Run `pilot analyse` again."))])
    return result
