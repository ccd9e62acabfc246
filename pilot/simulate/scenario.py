"""A scenario: one simulated world, as a page of `simulations/` that an HR director can read and edit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pilot.documents import BilingualText, Contradiction, FormatOne, Page, read_page
from pilot.errors import Fault, PilotError
from pilot.i18n import message
from pilot.instruments.model import Identifier
from pilot.resources import shipped_pages
from pilot.simulate.correlation import Correlations
from pilot.simulate.latent import AnswerOptions, ItemModel, ScoreTarget
from pilot.simulate.parts import (
    Attention,
    Careless,
    Effect,
    Engagement,
    Fidelity,
    Items,
    ManagerHours,
    Occasion,
    OtherGuardrails,
    Population,
    Response,
    Season,
    Secondary,
    Spillover,
    Stability,
    Trend,
)
from pilot.simulate.practice.settings import Practice
from pilot.simulate.threats import Dose, Picked, ResponseShift, Star, UnitShocks, Volunteers

REFERENCE_ITEMS = 6  # reliability and correlations on a page are those of a composite of so many items on 1-5
REFERENCE_OPTIONS = AnswerOptions(lowest=1, highest=5, step=1)
SDS_ABOVE_ZERO = 3  # hours this far from zero are never cut off there, so their mean is the one on the page


class Scenario(Page):
    """A simulated world. A part that a page may leave out (trend ... response_shift) is then not in its world.

    Scales answered in one wave hang together more than over time, because all of them share the state of that day:
    this is the variance that comes from asking everything by one method at once.
    """

    format: FormatOne
    id: Identifier
    title: BilingualText
    teaches: BilingualText
    population: Population
    engagement: Engagement
    stability: Stability
    items: Items
    secondary: Secondary
    trend: Trend | None = None
    season: Season | None = None
    effect: Effect | None = None
    dose: Dose | None = None
    attention: Attention | None = None
    spillover: Spillover | None = None
    occasion: Occasion | None = None
    picked: Picked | None = None
    volunteers: Volunteers | None = None
    unit_shocks: UnitShocks | None = None
    star: Star | None = None
    response_shift: ResponseShift | None = None
    response: Response
    careless: Careless
    manager_hours: ManagerHours
    other_guardrails: OtherGuardrails
    fidelity: Fidelity
    practice: Practice = Practice()

    @property
    def primary_target(self) -> ScoreTarget:
        """What the primary scale's scores must look like."""
        return self._target(self.engagement)

    @property
    def secondary_target(self) -> ScoreTarget:
        """What every other scale's scores must look like."""
        return self._target(self.secondary)

    @property
    def stays_on_roster(self) -> float:
        """Share of people who are still there after half a year."""
        return 1 - self.population.leavers_pct / 100

    def correlations(self) -> Correlations:
        """How people in a team and one person's waves hang together behind the answers.

        Raises:
            PilotError: no such world exists.
        """
        model = ItemModel.for_scores(self.primary_target, REFERENCE_OPTIONS, REFERENCE_ITEMS)
        return Correlations.behind(
            model,
            icc_1=self.engagement.icc_1,
            retest_correlation=self.engagement.retest_correlation,
            one_wave_share=self.stability.one_wave_share,
            drift_half_life_weeks=self.stability.drift_half_life_weeks,
            team_wave_share=self.stability.team_wave_share,
        )

    def correlation_of_scales(self) -> float:
        """Correlation of the states behind the primary and another scale.

        Raises:
            PilotError: no such world exists.
        """
        primary = ItemModel.for_scores(self.primary_target, REFERENCE_OPTIONS, REFERENCE_ITEMS)
        secondary = ItemModel.for_scores(self.secondary_target, REFERENCE_OPTIONS, REFERENCE_ITEMS)
        return primary.correlation_behind(self.secondary.correlation, secondary)

    def contradictions(self) -> Iterator[Contradiction]:
        """Entries that no world can have together."""
        yield from _fading_contradictions(self)
        yield from _side_contradictions(self)
        yield from _threat_contradictions(self)
        yield from _response_contradictions(self)
        yield from _hours_contradictions(self)
        yield from _score_contradictions(self)

    def _target(self, scale: Engagement | Secondary) -> ScoreTarget:
        return ScoreTarget(
            mean=scale.mean_points,
            sd=scale.sd_points,
            reliability=self.engagement.reliability,
            n_items=REFERENCE_ITEMS,
            mean_spread=self.items.mean_spread_points,
            loading_spread=self.items.loading_spread,
        )


def _fading_contradictions(scenario: Scenario) -> Iterator[Contradiction]:
    for name, part in (("effect", scenario.effect), ("attention", scenario.attention)):
        if part and part.fades_until_week < part.fades_from_week:
            yield Contradiction(
                (name, "fades_until_week"),
                message("the fading would end before it begins."),
                message("Write a week that is not before “fades_from_week”."),
            )
    if scenario.effect and scenario.effect.fades_from_week < scenario.effect.ramp_weeks:
        yield Contradiction(
            ("effect", "fades_from_week"),
            message("the effect would fade before it is fully there."),
            message("Write a week that is not before “ramp_weeks”."),
        )


def _side_contradictions(scenario: Scenario) -> Iterator[Contradiction]:
    if scenario.spillover and not scenario.effect:
        yield Contradiction(
            ("spillover",),
            message("there is no effect that could spill over."),
            message("Add the part “effect”, or remove this one."),
        )
    if scenario.dose and not scenario.effect:
        yield Contradiction(
            ("dose",),
            message("there is no effect that could follow the dose."),
            message("Add the part “effect”, or remove this one."),
        )
    if scenario.occasion and scenario.occasion.until_week < scenario.occasion.from_week:
        yield Contradiction(
            ("occasion", "until_week"),
            message("the occasion would end before it begins."),
            message("Write a week that is not before “from_week”."),
        )


def _threat_contradictions(scenario: Scenario) -> Iterator[Contradiction]:
    volunteers = scenario.volunteers
    if volunteers and volunteers.until_week < volunteers.from_week:
        yield Contradiction(
            ("volunteers", "until_week"),
            message("the rise would end before it begins."),
            message("Write a week that is not before “from_week”."),
        )
    for name, part in (("picked", scenario.picked), ("star", scenario.star)):
        if part and scenario.effect:
            yield Contradiction(
                (name,),
                message("next to this part the effect that the page states would not be the true one."),
                message("Remove this part or “effect”; a world with both is not simulated."),
            )


def _response_contradictions(scenario: Scenario) -> Iterator[Contradiction]:
    response = scenario.response
    least, most = (share * scenario.stays_on_roster for share in (response.rate, 1.0))
    if not least - 1e-9 <= response.retention <= most + 1e-9:
        yield Contradiction(
            ("response", "retention"),
            message(
                "with this rate and these leavers the retention lies between {least} and {most}.",
                least=round(least, 3),
                most=round(most, 3),
            ),
            message("Write a number between the two."),
        )
    if (response.unhappy_leave == "none") != (response.unhappy_correlation == 0):
        yield Contradiction(
            ("response", "unhappy_correlation"),
            message("“unhappy_leave” and “unhappy_correlation” do not go together."),
            message("Write 0 for “none”, else a number above 0."),
        )


def _hours_contradictions(scenario: Scenario) -> Iterator[Contradiction]:
    hours = scenario.manager_hours
    spread = float((hours.between_team_sd**2 + hours.noise_sd**2) ** 0.5)
    if min(hours.before, hours.pilot_after) < SDS_ABOVE_ZERO * spread:
        yield Contradiction(
            ("manager_hours",),
            message(
                "hours that vary by {spread} around so small a mean would fall below zero.", spread=round(spread, 2)
            ),
            message("Write smaller standard deviations or more hours."),
        )


def _score_contradictions(scenario: Scenario) -> Iterator[Contradiction]:
    """Scores that the answers of six items on 1-5 cannot have."""
    try:
        scenario.correlations()
    except PilotError as error:
        yield from (Contradiction(("engagement",), fault.found, fault.remedy) for fault in error.faults)
        return
    try:
        scenario.correlation_of_scales()
    except PilotError as error:
        yield from (Contradiction(("secondary",), fault.found, fault.remedy) for fault in error.faults)


def read_scenario(name_or_path: str | Path) -> Scenario:
    """Read a scenario: a shipped one by its name (`works`), or a page of one's own by its path.

    Raises:
        PilotError: there is no such scenario, or the page is faulty.
    """
    headline = message("The scenario cannot be used.")
    shipped = shipped_pages("simulations")
    if isinstance(name_or_path, str) and name_or_path in shipped:
        return read_page(shipped[name_or_path], Scenario, headline)[0]
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        found = message("there is no scenario “{name}”.", name=name_or_path)
        remedy = message("Write one of {choices}, or the path of a page of your own.", choices=sorted(shipped))
        raise PilotError(headline, [Fault("simulations", found, remedy)])
    return read_page(path, Scenario, headline)[0]
