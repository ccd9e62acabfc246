"""What must not get worse, and how the loop was run."""

from __future__ import annotations

from typing import Literal

from pilot.documents import BilingualText
from pilot.loop import IndicatorCode, Period
from pilot.plan import Arm
from pilot.result.parts import EstimateOf, Part

GuardrailStatus = Literal["ruled_out", "kept", "unproven", "breached", "not_measured"]


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
