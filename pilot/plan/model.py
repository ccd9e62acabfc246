"""The plan's parts. Every field is explained to its writer in `plan.yaml` itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Literal, get_args

from pydantic import Field

from pilot.documents import BilingualText, Contradiction, FormatOne, Page
from pilot.instruments.model import Identifier
from pilot.plan.contradictions import plan_contradictions

Arm = Literal["pilot", "comparison"]
ARMS: tuple[Arm, ...] = get_args(Arm)
Design = Literal["waitlist", "staggered", "comparison", "before_after"]
WaveKind = Literal["baseline", "pulse", "endline", "follow_up"]
Grade = Literal["A", "B", "D"]
AnswersThatCount = Literal["linked", "all", "both"]

WAVE_PATTERN = r"^(baseline_[1-9]|pulse_[0-9]+|endline|follow_up(_[1-9])?)$"
WaveId = Annotated[str, Field(pattern=WAVE_PATTERN)]
TeamId = Annotated[str, Field(min_length=1, max_length=60)]

GRADE_OF_DESIGN: dict[Design, Grade] = {"waitlist": "A", "staggered": "A", "comparison": "B", "before_after": "D"}
RANDOMISED_DESIGNS: tuple[Design, ...] = ("waitlist", "staggered")


WEEKS_NEAR_AN_OCCASION = 4


class Unit(Page):
    """The business unit.

    Attributes:
        name: What people call it.
        chosen_because: Why this unit; a unit chosen for its low scores rises by itself.
    """

    name: BilingualText
    chosen_because: Literal["representative", "volunteered", "lowest_scores", "highest_scores", "convenient"]


class Teams(Page):
    """The teams by arm, or all of them for the draw that `pilot seal` makes."""

    randomise: tuple[TeamId, ...] = ()
    pilot: tuple[TeamId, ...] = ()
    comparison: tuple[TeamId, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Every team."""
        return self.randomise + self.pilot + self.comparison


class Wave(Page):
    """One survey round.

    Attributes:
        id: `baseline_1`, `pulse_3`, `endline`, `follow_up_1` ...
        week: Weeks after launch; negative before it.
    """

    id: WaveId
    week: int = Field(ge=-104, le=208)

    @property
    def kind(self) -> WaveKind:
        """What the round is for."""
        kinds: tuple[WaveKind, ...] = get_args(WaveKind)
        return next(kind for kind in kinds if self.id.startswith(kind))


class Calendar(Page):
    """When the practice starts and when people are asked.

    Attributes:
        launch_on: Day on which the first teams start.
        starts: Weeks after it in which each drawn cohort of a staggered start starts; one more is held back until
            after the last lasting wave.
        waves: In order of time.
        occasions: Days on which something else moves the answers: bonuses or ratings are announced, for instance.
    """

    launch_on: date
    starts: tuple[Annotated[int, Field(ge=0, le=208)], ...] = ()
    waves: tuple[Wave, ...] = Field(min_length=2)
    occasions: tuple[date, ...] = ()

    def waves_near_an_occasion(self) -> tuple[str, ...]:
        """Waves that open within four weeks before or after an occasion."""
        near = timedelta(weeks=WEEKS_NEAR_AN_OCCASION)
        return tuple(
            wave.id for wave in self.waves if any(abs(self.wave_on(wave.id) - day) <= near for day in self.occasions)
        )

    def wave_on(self, wave_id: str) -> date:
        """The day a wave opens."""
        week = next(wave.week for wave in self.waves if wave.id == wave_id)
        return self.launch_on + timedelta(weeks=week)

    @property
    def wave_ids(self) -> tuple[str, ...]:
        """Wave ids in order of time."""
        return tuple(wave.id for wave in self.waves)


class Primary(Page):
    """The one outcome that decides.

    Attributes:
        scale: A scale of the instruments.
        sesoi_points: Smallest effect of interest, in points of that scale.
    """

    scale: Identifier
    sesoi_points: float = Field(gt=0, le=10)


class Guardrail(Page):
    """Something that must not get worse by more than its margin.

    Attributes:
        measure: Name in the team measures that are imported.
        name: What a reader calls it.
        worse: Which direction is worse.
        margin: Largest worsening that is still acceptable, in the measure's own unit.
    """

    measure: Identifier
    name: BilingualText
    worse: Literal["higher", "lower"]
    margin: float = Field(gt=0)


class Fidelity(Page):
    """How far the loop must have been run for the pilot to count as a test of it.

    Attributes:
        measure: Name in the team measures that are imported: percent of the loop run as designed.
        floor_pct: Mean of the pilot teams below which the practice was not tried, 0 to 100.
    """

    measure: Identifier
    floor_pct: float = Field(ge=0, le=100)


class Outcomes(Page):
    """What the pilot should change, and what it must not harm."""

    primary: Primary
    secondary: tuple[Identifier, ...] = ()
    guardrails: tuple[Guardrail, ...] = ()
    fidelity: Fidelity | None = None


class Analysis(Page):
    """How the effect is estimated.

    Attributes:
        answers: Whose answers decide: `linked`, people with a start and an end; `all` answers, linked or not, which
            mixes in who came and who went; `both`, where each of the two must show the effect (whether it lasts and is
            in all items is looked at in linked people).
        estimator: `ancova` on the mean of the baselines (randomised teams only) or `change` from baseline.
        weighting: Whether each person or each team counts the same: part of the question, not a technicality.
        baseline: Waves whose mean is the starting point.
        outcome: Waves whose mean is the outcome. Of teams that start later, the waves so many weeks after their start.
        lasting: Later waves whose mean shows whether the effect lasts, likewise; none: *scale* cannot be said.
    """

    answers: AnswersThatCount = "linked"
    estimator: Literal["ancova", "change"]
    weighting: Literal["person", "team"]
    baseline: tuple[WaveId, ...] = Field(min_length=1)
    outcome: tuple[WaveId, ...] = Field(min_length=1)
    lasting: tuple[WaveId, ...] = ()


class Rule(Page):
    """The numbers of the decision rule.

    Attributes:
        confidence_pct: Of every interval, percent.
        minimum_df: Satterthwaite degrees of freedom below which too few teams carry the result.
        retention_gap_pct: Percentage points by which the arms' retention may differ before it is looked into.
        leavers_p: One-sided p below which leavers of the two arms count as different people.
        attrition_share: Share of the attrition gap that is taken off the effect before it may decide.
        weak_items_points: Effect on the weaker half of the items below which it is in some items only.
        items_gap_z: Gap between the stronger and the weaker half of the items, over its standard error, from which
            some items are taken to be read differently ...
        weak_items_share: ... unless the weaker half moved by this share of the whole effect.
        lasting_confidence_pct: Of the interval at the follow-ups, whose lower bound must be above 0, percent.
        lasting_share: Share of the effect that must still be there at the follow-ups.
        drift_allowance_points: How far two units drift apart in half a year with no pilot (standard deviation).
        comparison_minimum_baselines: Baselines a comparison of units needs before it may say *scale*.
        comparison_minimum_later_waves: Later waves it needs.
        guardrail_proof: What keeps a guardrail: no harm beyond its margin is `seen`, or such harm is `ruled_out` by the
            interval (noninferiority), which few units are large enough for.
    """

    confidence_pct: float = Field(default=95, ge=80, lt=100)
    minimum_df: float = Field(default=5, ge=3)
    retention_gap_pct: float = Field(default=15, gt=0, le=100)
    leavers_p: float = Field(default=0.05, gt=0, lt=1)
    attrition_share: float = Field(default=0.25, gt=0, le=1)
    weak_items_points: float = Field(default=0.10, ge=0)
    items_gap_z: float = Field(default=2.3, gt=0)
    weak_items_share: float = Field(default=0.65, ge=0, le=1)
    lasting_confidence_pct: float = Field(default=90, ge=80, lt=100)
    lasting_share: float = Field(default=0.5, ge=0, le=1)
    drift_allowance_points: float = Field(default=0, ge=0)
    comparison_minimum_baselines: int = Field(default=2, ge=1)
    comparison_minimum_later_waves: int = Field(default=3, ge=1)
    guardrail_proof: Literal["seen", "ruled_out"] = "seen"


class Privacy(Page):
    """Thresholds below which nothing is shown; they can only be raised.

    Attributes:
        minimum_cell_n: Smallest number of people in any published figure.
    """

    minimum_cell_n: int = Field(default=5, ge=5)


class Plan(Page):
    """A pilot, as agreed before the first answer."""

    format: FormatOne
    title: BilingualText
    unit: Unit
    design: Design
    teams: Teams
    calendar: Calendar
    instruments: tuple[str, ...] = Field(min_length=1)
    outcomes: Outcomes
    analysis: Analysis
    rule: Rule = Rule()
    privacy: Privacy = Privacy()

    @property
    def grade(self) -> Grade:
        """Evidence grade of the design: A randomised teams, B comparison unit, D before/after only."""
        return GRADE_OF_DESIGN[self.design]

    @property
    def is_randomised(self) -> bool:
        """Whether the lot decides which teams start when."""
        return self.design in RANDOMISED_DESIGNS

    @property
    def starts(self) -> tuple[int, ...]:
        """Weeks after the launch in which pilot teams start; only a staggered start has several."""
        return self.calendar.starts or (0,)

    def waves_after(self, start: int, wave_ids: tuple[str, ...]) -> tuple[str, ...]:
        """The waves as many weeks after a start as the named ones are after the launch; the calendar may lack some."""
        if start == 0:
            return wave_ids
        by_week = {wave.week: wave.id for wave in self.calendar.waves}
        weeks = (start + wave.week for wave in self.calendar.waves if wave.id in wave_ids)
        return tuple(by_week[week] for week in weeks if week in by_week)

    def waves_of_all_starts(self, wave_ids: tuple[str, ...]) -> tuple[str, ...]:
        """The waves that count as the named ones for some cohort, in order of time."""
        counted = {wave_id for start in self.starts for wave_id in self.waves_after(start, wave_ids)}
        return tuple(wave.id for wave in self.calendar.waves if wave.id in counted)

    def contradictions(self) -> Iterator[Contradiction]:
        """Entries that do not go together."""
        yield from plan_contradictions(self)
