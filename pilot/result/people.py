"""Who took part, where they stood, and who left."""

from __future__ import annotations

from pilot.plan import Arm
from pilot.result.parts import EstimateOf, Part


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


class Attrition(Part):
    """Attrition by arm; see `pilot.effects.AttritionCheck`."""

    retention_pilot_pct: float | None
    retention_comparison_pct: float | None
    leavers_gap_points: float | None
    leavers_p: float | None
    inflating_points: float
    hiding_points: float
