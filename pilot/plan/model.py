"""The plan's parts. Every field is explained to its writer in `plan.yaml` itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated, Literal, get_args

from pydantic import Field

from pilot.documents import BilingualText, Contradiction, FormatOne, Page
from pilot.documents.page import Keys
from pilot.i18n import message
from pilot.instruments.model import Identifier
from pilot.plan.staggering import TEAMS_IN_A_COHORT, staggered_df, staggering_contradictions

Arm = Literal["pilot", "comparison"]
ARMS: tuple[Arm, ...] = get_args(Arm)
Design = Literal["waitlist", "staggered", "comparison", "before_after"]
WaveKind = Literal["baseline", "pulse", "endline", "follow_up"]
Grade = Literal["A", "B", "D"]

WaveId = Annotated[str, Field(pattern=r"^(baseline_[1-9]|pulse_[0-9]+|endline|follow_up(_[1-9])?)$")]
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
        estimator: `ancova` on the mean of the baselines (randomised teams only) or `change` from baseline.
        weighting: Whether each person or each team counts the same: part of the question, not a technicality.
        baseline: Waves whose mean is the starting point.
        outcome: Waves whose mean is the outcome. Of teams that start later, the waves so many weeks after their start.
        lasting: Later waves whose mean shows whether the effect lasts, likewise; none: *scale* cannot be said.
    """

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
        yield from _team_contradictions(self)
        yield from _too_few_teams_to_decide(self)
        yield from _calendar_contradictions(self)
        yield from staggering_contradictions(self)
        yield from _analysis_contradictions(self)
        yield from _repeated_entries(self)


def _team_contradictions(plan: Plan) -> Iterator[Contradiction]:
    for team, count in Counter(plan.teams.all).items():
        if count > 1:
            yield Contradiction(
                ("teams",),
                message("the team “{team}” is listed {count} times.", team=team, count=count),
                message("List every team once, in one arm."),
            )
    wanted: dict[Design, tuple[str, ...]] = {
        "waitlist": ("randomise",),
        "staggered": ("randomise",),
        "comparison": ("pilot", "comparison"),
        "before_after": ("pilot",),
    }
    for group in ("randomise", "pilot", "comparison"):
        n_teams = len(getattr(plan.teams, group))
        if group not in wanted[plan.design]:
            if n_teams:
                yield Contradiction(
                    ("teams", group),
                    message("the design “{design}” has no teams of this kind.", design=plan.design),
                    message("List the teams under: {groups}.", groups=list(wanted[plan.design])),
                )
        elif n_teams < smallest_team_count(plan):
            yield Contradiction(
                ("teams", group),
                message("{count} teams are too few: one team's luck looks like an effect.", count=n_teams),
                message(
                    "List at least {least}; with one treated team no test is valid.",
                    least=smallest_team_count(plan),
                ),
            )


def smallest_team_count(plan: Plan) -> int:
    """Teams of each listed kind with which there are two in every group that is compared."""
    if plan.design in RANDOMISED_DESIGNS:
        return TEAMS_IN_A_COHORT * (len(plan.starts) + 1)
    return TEAMS_IN_A_COHORT


UNEVEN_TEAMS_KEEP = 0.85  # share of the degrees of freedom that teams of ordinary, uneven size keep
TEAM_ROWS_KEEP = 0.75  # the same where every team is one row, and the baseline takes its part of so few


def likely_df(plan: Plan) -> float:
    """Degrees of freedom that the plan's teams can be expected to give.

    Drawn arms are alike, so Welch's formula with equal variances holds, less what uneven teams cost. Of two units
    the sizes are not known, so it is the most that they can give: all teams less two.
    """
    if plan.design == "comparison":
        return len(plan.teams.pilot) + len(plan.teams.comparison) - 2
    if plan.design == "before_after":
        return UNEVEN_TEAMS_KEEP * (len(plan.teams.pilot) - 1)
    by_team = plan.analysis.weighting == "team" and plan.analysis.estimator == "ancova"
    keep = TEAM_ROWS_KEEP if by_team else UNEVEN_TEAMS_KEEP
    if plan.design == "staggered":
        return keep * staggered_df(len(plan.teams.randomise), len(plan.starts))
    arms = (len(plan.teams.randomise) // 2, (len(plan.teams.randomise) + 1) // 2)
    if min(arms) <= 1:
        return 0.0
    return keep * sum(1 / n for n in arms) ** 2 / sum(1 / (n**2 * (n - 1)) for n in arms)


def _too_few_teams_to_decide(plan: Plan) -> Iterator[Contradiction]:
    df = likely_df(plan)
    more = message("List more teams: eight or more, about half of them in each arm; before_after needs seven.")
    if plan.design == "staggered":
        more = message("List more teams: ten or more with two starts, seventeen with three; or write fewer starts.")
    if 0 < df < plan.rule.minimum_df:
        yield Contradiction(
            ("teams",),
            message(
                "{count} teams give about {df} degrees of freedom, the rule wants {minimum}: every verdict would be "
                "inconclusive.",
                count=len(plan.teams.all),
                df=f"{df:.1f}",
                minimum=plan.rule.minimum_df,
            ),
            more,
        )


def _calendar_contradictions(plan: Plan) -> Iterator[Contradiction]:
    waves = plan.calendar.waves
    for index, (earlier, later) in enumerate(pairwise(waves), start=1):
        if later.week <= earlier.week:
            yield Contradiction(
                ("calendar", "waves", index),
                message("“{wave}” is not later than “{before}”.", wave=later.id, before=earlier.id),
                message("List the waves in the order of their weeks."),
            )
    for wave_id, count in Counter(plan.calendar.wave_ids).items():
        if count > 1:
            yield Contradiction(
                ("calendar", "waves"),
                message("the wave “{wave}” stands there {count} times.", wave=wave_id, count=count),
                message("Give every wave an id of its own."),
            )
    for index, wave in enumerate(waves):
        if (wave.kind == "baseline") != (wave.week <= 0):
            yield Contradiction(
                ("calendar", "waves", index),
                message("“{wave}” in week {week} does not fit the launch in week 0.", wave=wave.id, week=wave.week),
                message("Baselines lie in week 0 or before, all other waves after it."),
            )


def _analysis_contradictions(plan: Plan) -> Iterator[Contradiction]:
    weeks = {wave.id: wave.week for wave in plan.calendar.waves}
    roles = {
        "baseline": plan.analysis.baseline,
        "outcome": plan.analysis.outcome,
        "lasting": plan.analysis.lasting,
    }
    for role, wave_ids in roles.items():
        for index, wave_id in enumerate(wave_ids):
            if wave_id not in weeks:
                yield Contradiction(
                    ("analysis", role, index),
                    message("the calendar has no wave “{wave}”.", wave=wave_id),
                    message("Write one of: {choices}.", choices=list(weeks)),
                )
            elif (role == "baseline") != wave_id.startswith("baseline"):
                yield Contradiction(
                    ("analysis", role, index),
                    message("“{wave}” lies on the wrong side of the launch for this.", wave=wave_id),
                    message("Baselines come before the launch, outcome and lasting waves after it."),
                )
    known = [[weeks[wave] for wave in waves if wave in weeks] for waves in (roles["outcome"], roles["lasting"])]
    if all(known) and min(known[1]) <= max(known[0]):
        yield Contradiction(
            ("analysis", "lasting"),
            message("a lasting wave is not later than the last outcome wave."),
            message("Name follow-ups here that come after the outcome."),
        )
    if plan.analysis.estimator == "ancova" and plan.design not in RANDOMISED_DESIGNS:
        yield Contradiction(
            ("analysis", "estimator"),
            message("“ancova” is only unbiased where teams were randomised."),
            message("Write “change” for the design “{design}”.", design=plan.design),
        )
    if (plan.design == "comparison") != (plan.rule.drift_allowance_points > 0):
        yield Contradiction(
            ("rule", "drift_allowance_points"),
            message("a drift allowance belongs to a comparison of two units, and only there."),
            message("Write a number above 0 for the design “comparison” (0.09 is usual), else 0."),
        )


def _repeated_entries(plan: Plan) -> Iterator[Contradiction]:
    """Entries that would be counted twice, or of which one would hide the other."""
    outcomes, analysis = plan.outcomes, plan.analysis
    measures = [guardrail.measure for guardrail in outcomes.guardrails]
    lists: dict[Keys, list[str]] = {
        ("outcomes", "guardrails"): measures + ([outcomes.fidelity.measure] if outcomes.fidelity else []),
        ("outcomes", "secondary"): [outcomes.primary.scale, *outcomes.secondary],
        ("analysis",): [*analysis.baseline, *analysis.outcome, *analysis.lasting],
        ("instruments",): list(plan.instruments),
    }
    for keys, entries in lists.items():
        for entry, count in Counter(entries).items():
            if count > 1:
                yield Contradiction(
                    keys,
                    message("“{entry}” is named {count} times.", entry=entry, count=count),
                    message("Name it once."),
                )
