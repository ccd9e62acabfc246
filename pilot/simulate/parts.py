"""The parts of a scenario page. Every field is explained to its reader in the page itself.

Points are points of a 1-5 scale; on a questionnaire with another range they stand for the same share of it.
Half a year is the 24 weeks from launch to endline of the default calendar.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pilot.documents import Page

UnhappyLeave = Literal["none", "both", "pilot"]

Points = Annotated[float, Field(ge=-4, le=4, allow_inf_nan=False)]
SpreadPoints = Annotated[float, Field(ge=0, le=4, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
ShareBelowOne = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]
Weeks = Annotated[float, Field(ge=0, le=520, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]


class Population(Page):
    """The teams and who comes and goes.

    Attributes:
        people_per_team: Mean head count of a team at the first wave.
        people_per_team_sd: Standard deviation between teams.
        tenure_years: Mean time on the roster before the first wave.
        leavers_pct: Of the people on the roster, who leave within half a year.
        joiners_pct: New people within half a year, in percent of the head count.
        transfers_pct: Of the people on the roster, who move to another team of the plan within half a year.
    """

    people_per_team: float = Field(ge=1, le=500, allow_inf_nan=False)
    people_per_team_sd: float = Field(ge=0, le=200, allow_inf_nan=False)
    tenure_years: float = Field(ge=0, le=40, allow_inf_nan=False)
    leavers_pct: float = Field(ge=0, lt=100, allow_inf_nan=False)
    joiners_pct: float = Field(ge=0, le=100, allow_inf_nan=False)
    transfers_pct: float = Field(ge=0, lt=100, allow_inf_nan=False)


class Engagement(Page):
    """The primary scale as people with their mind on it answer at launch.

    Reliability and correlations are those of a composite of six items; a shorter scale has lower ones.

    Attributes:
        mean_points: Mean of the scale score.
        sd_points: Standard deviation between people.
        icc_1: Share of the score's variance between teams.
        retest_correlation: Of the same people's scores half a year apart.
        reliability: Cronbach's alpha; other lengths follow Spearman-Brown.
    """

    mean_points: float = Field(gt=1, lt=5, allow_inf_nan=False)
    sd_points: float = Field(gt=0, le=2, allow_inf_nan=False)
    icc_1: ShareBelowOne
    retest_correlation: ShareBelowOne
    reliability: float = Field(gt=0, lt=1, allow_inf_nan=False)


class Stability(Page):
    """How the state behind the answers moves.

    Attributes:
        one_wave_share: Share of a person's variance that lasts for one wave only.
        drift_half_life_weeks: After so many weeks half of a person's drift is gone.
        team_wave_share: Share of the teams' variance that belongs to one team in one wave.
    """

    one_wave_share: ShareBelowOne
    drift_half_life_weeks: float = Field(gt=0, le=5200, allow_inf_nan=False)
    team_wave_share: Share


class Items(Page):
    """How much the items of a scale differ.

    Attributes:
        mean_spread_points: How far the easiest and the hardest item lie from the middle.
        loading_spread: How far the strongest and the weakest loading lie from their mean of 1.
    """

    mean_spread_points: float = Field(ge=0, le=2, allow_inf_nan=False)
    loading_spread: float = Field(ge=0, le=0.9, allow_inf_nan=False)


class Secondary(Page):
    """Every scale that is not the primary one.

    Attributes:
        mean_points: Mean of the scale score.
        sd_points: Standard deviation between people.
        correlation: Of its score with the primary score in the same wave, both of six items.
    """

    mean_points: float = Field(gt=1, lt=5, allow_inf_nan=False)
    sd_points: float = Field(gt=0, le=2, allow_inf_nan=False)
    correlation: ShareBelowOne


class Trend(Page):
    """What happens to everybody, practice or not.

    Attributes:
        points_per_half_year: Secular change of the mean score.
    """

    points_per_half_year: Points


class Season(Page):
    """A yearly rise and fall of everybody's answers, practice or not. At launch scores are as stated.

    Attributes:
        points: How far every scale's mean score at the height of the year lies above its yearly mean.
        highest_in_week: A week after launch in which it is highest; so it is every 52 weeks.
    """

    points: SpreadPoints
    highest_in_week: float = Field(ge=-520, le=520, allow_inf_nan=False)


class Effect(Page):
    """What the practice does.

    Attributes:
        points: Mean over all people of the primary score with the practice minus without, when it is in full swing.
        secondary_points: The same for every other scale.
        between_team_sd_points: Standard deviation of the effect between teams.
        ramp_weeks: Weeks from launch until the effect is fully there.
        fades_from_week: Week from which it may fade.
        fades_until_week: Week in which the fading has ended.
        lasting_share: Share of the effect that is still there then.
    """

    points: Points
    secondary_points: Points
    between_team_sd_points: SpreadPoints
    ramp_weeks: Weeks
    fades_from_week: Weeks
    fades_until_week: Weeks
    lasting_share: Share


class Attention(Page):
    """What being watched does to the pilot teams' answers; no part of the practice's effect.

    Attributes:
        points: Lift of every scale's mean score while the attention lasts.
        fades_from_week: Week from which it fades.
        fades_until_week: Week in which it is gone.
    """

    points: Points
    fades_from_week: Weeks
    fades_until_week: Weeks


class Spillover(Page):
    """What the comparison teams take over from the pilot teams.

    Attributes:
        share: Of the effect.
    """

    share: Share


class Occasion(Page):
    """Something outside the practice that lifts the answers for a while, a bonus to come for instance.

    Attributes:
        points: Lift of every scale's mean score.
        from_week: First week of the lift.
        until_week: Last week of it.
        arms: Whose answers it lifts.
    """

    points: Points
    from_week: float = Field(ge=-520, le=520, allow_inf_nan=False)
    until_week: float = Field(ge=-520, le=520, allow_inf_nan=False)
    arms: Literal["both", "pilot"]


class Response(Page):
    """Who answers.

    Attributes:
        rate: Of the people on the roster, who answers a wave.
        retention: Of those who answered, who answers again half a year later; people who left count as lost.
        unhappy_leave: In whose teams the unhappy fall silent after the launch.
        unhappy_correlation: How strongly silence then hangs on the current state (correlation, 0 to 1).
    """

    rate: Share
    retention: Share
    unhappy_leave: UnhappyLeave
    unhappy_correlation: ShareBelowOne


class Careless(Page):
    """Answers given without reading.

    Attributes:
        share: Of the answered questionnaires.
        straight_line_share: Of these, with one answer all the way down; the others tick at random.
        too_fast_share: Of these, answered faster than anybody reads.
    """

    share: float = Field(ge=0, le=0.9, allow_inf_nan=False)
    straight_line_share: Share
    too_fast_share: Share


class ManagerHours(Page):
    """The measure `manager_hours`, in hours per report and week.

    Attributes:
        before: Mean before the launch, and without the practice.
        pilot_after: Mean of the pilot teams after the launch.
        between_team_sd: Standard deviation between teams.
        noise_sd: Standard deviation of one team from wave to wave.
    """

    before: Amount
    pilot_after: Amount
    between_team_sd: Amount
    noise_sd: Amount


class OtherGuardrails(Page):
    """Any other guardrail that a plan may name, in units of the margin which the plan gives it.

    Attributes:
        worsening_margins: How much worse it gets in the pilot teams.
        between_team_sd_margins: Standard deviation between teams.
        noise_sd_margins: Standard deviation of one team from wave to wave.
    """

    worsening_margins: float = Field(ge=-100, le=100, allow_inf_nan=False)
    between_team_sd_margins: Amount
    noise_sd_margins: Amount


class Fidelity(Page):
    """How far the pilot teams run the loop, in percent.

    Attributes:
        mean_pct: Mean of the pilot teams.
        between_team_sd_pct: Standard deviation between teams.
        noise_sd_pct: Standard deviation of one team from wave to wave.
    """

    mean_pct: float = Field(ge=0, le=100, allow_inf_nan=False)
    between_team_sd_pct: float = Field(ge=0, le=50, allow_inf_nan=False)
    noise_sd_pct: float = Field(ge=0, le=50, allow_inf_nan=False)
