"""How people work with goals, talk and develop, before and with the practice: a part of a scenario page.

Every default is an assumption: no study gives these rates for old and new practice side by side. A level is stated
twice: `before` the launch (and without the practice), and as `designed`, in a team that runs the loop to 100 %. A
team in between lies in between. A month has four weeks, a cycle 24.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pilot.documents import Contradiction, Page
from pilot.i18n import message
from pilot.simulate.parts import Share

FloatArray = NDArray[np.float64]
Rate = Annotated[float, Field(ge=0, le=20, allow_inf_nan=False)]
Minutes = Annotated[float, Field(ge=5, le=240, allow_inf_nan=False)]


class RateLevel(Page):
    """How often something happens.

    Attributes:
        before: Without the practice.
        designed: Where the loop is run to 100 %.
    """

    before: Rate
    designed: Rate

    def at(self, dose: FloatArray) -> FloatArray:
        """The level at a dose (0 to 1), same shape."""
        return self.before + (self.designed - self.before) * dose


class ShareLevel(RateLevel):
    """Of how many something is true."""

    before: Share
    designed: Share


class GoalSettings(Page):
    """Goals of one person in one cycle. All defaults are assumptions.

    Attributes:
        per_cycle: Number of goals, at least one; more than six are not set.
        co_created: Share that manager and person make together; the rest of what nobody creates is assigned.
        self_created: Share that a person sets alone.
        development: Share of goals about the person's development.
        innovation: Share of goals about trying something new; the rest is aligned with the unit.
        linked: Share that names a strategic objective.
        says_why: Share of the linked ones that say why.
        changes: Changes of one goal in one cycle.
        approved: Share of changes that are approved.
        n_objectives: Strategic objectives of the unit.
    """

    per_cycle: RateLevel = RateLevel(before=2.5, designed=3.5)
    co_created: ShareLevel = ShareLevel(before=0.05, designed=0.80)
    self_created: ShareLevel = ShareLevel(before=0.0, designed=0.15)
    development: ShareLevel = ShareLevel(before=0.05, designed=0.30)
    innovation: ShareLevel = ShareLevel(before=0.02, designed=0.15)
    linked: ShareLevel = ShareLevel(before=0.30, designed=0.90)
    says_why: ShareLevel = ShareLevel(before=0.20, designed=0.85)
    changes: RateLevel = RateLevel(before=0.05, designed=0.40)
    approved: Share = 0.85
    n_objectives: int = Field(default=6, ge=1, le=99)

    def contradictions(self) -> Iterator[Contradiction]:
        """Shares of the same goals that come to more than all of them."""
        for first, second in (("co_created", "self_created"), ("development", "innovation")):
            one, other = getattr(self, first), getattr(self, second)
            if max(one.before + other.before, one.designed + other.designed) > 1:
                yield Contradiction(
                    (second,),
                    message("“{first}” and “{second}” come to more than 1.", first=first, second=second),
                    message("Write shares that come to 1 at most."),
                )


class DialogueSettings(Page):
    """Conversations with the manager. All defaults are assumptions.

    Attributes:
        check_ins_per_month: Short check-ins in a month.
        one_to_ones: Share of months with a one-to-one.
        milestone_reviews: Share of cycles with a review half way.
        cycle_reviews: Share of cycles with a review at the end.
        next_steps: Share of conversations that end with next steps in writing.
        check_in_minutes: Mean length of a check-in.
        one_to_one_minutes: Of a monthly one-to-one.
        milestone_review_minutes: Of a milestone review.
        cycle_review_minutes: Of a cycle review.
        minutes_spread: Standard deviation of a length, in shares of its mean.
    """

    check_ins_per_month: RateLevel = RateLevel(before=0.2, designed=2.0)
    one_to_ones: ShareLevel = ShareLevel(before=0.05, designed=0.95)
    milestone_reviews: ShareLevel = ShareLevel(before=0.0, designed=0.90)
    cycle_reviews: ShareLevel = ShareLevel(before=0.90, designed=0.97)
    next_steps: ShareLevel = ShareLevel(before=0.20, designed=0.85)
    check_in_minutes: Minutes = 12
    one_to_one_minutes: Minutes = 35
    milestone_review_minutes: Minutes = 40
    cycle_review_minutes: Minutes = 45
    minutes_spread: Share = 0.30


class FeedbackSettings(Page):
    """Feedback that a person receives. All defaults are assumptions.

    Attributes:
        per_month: Pieces in a month.
        from_others: Share that comes not from the manager but from peers, other teams, customers or oneself.
        recognition: Share that recognises; the rest guides.
        names_behaviour: Share that says what was done.
        names_causes: Share that says why.
        names_next_steps: Share that says what to do next.
        offers_support: Share that offers help with it.
    """

    per_month: RateLevel = RateLevel(before=0.15, designed=1.2)
    from_others: ShareLevel = ShareLevel(before=0.15, designed=0.50)
    recognition: ShareLevel = ShareLevel(before=0.40, designed=0.60)
    names_behaviour: ShareLevel = ShareLevel(before=0.40, designed=0.85)
    names_causes: ShareLevel = ShareLevel(before=0.20, designed=0.60)
    names_next_steps: ShareLevel = ShareLevel(before=0.20, designed=0.75)
    offers_support: ShareLevel = ShareLevel(before=0.15, designed=0.65)


class DevelopmentSettings(Page):
    """Development plans and opportunities. All defaults are assumptions.

    Attributes:
        plans: Share of people and cycles with a development plan.
        has_strengths: Share of plans that name strengths.
        has_aim: Share that name an aim.
        has_actions: Share that name actions.
        has_support: Share that say who supports them.
        opportunities_per_cycle: Projects, rotations, trainings and mentors granted to a person in a cycle.
    """

    plans: ShareLevel = ShareLevel(before=0.30, designed=0.95)
    has_strengths: ShareLevel = ShareLevel(before=0.60, designed=0.95)
    has_aim: ShareLevel = ShareLevel(before=0.50, designed=0.95)
    has_actions: ShareLevel = ShareLevel(before=0.40, designed=0.90)
    has_support: ShareLevel = ShareLevel(before=0.20, designed=0.85)
    opportunities_per_cycle: RateLevel = RateLevel(before=0.10, designed=0.50)


class BusinessResult(Page):
    """The team measure `team_kpi_pct`, in percent of a team's target. All defaults are assumptions.

    Attributes:
        level_pct: Mean without the practice.
        change_pct: What the practice adds in the pilot teams after the launch.
        between_team_sd_pct: Standard deviation between teams.
        noise_sd_pct: Standard deviation of one team from wave to wave.
    """

    level_pct: float = Field(default=100, ge=0, le=1000, allow_inf_nan=False)
    change_pct: float = Field(default=0, ge=-100, le=100, allow_inf_nan=False)
    between_team_sd_pct: float = Field(default=6, ge=0, le=100, allow_inf_nan=False)
    noise_sd_pct: float = Field(default=4, ge=0, le=100, allow_inf_nan=False)


class Practice(Page):
    """How people work, before and with the practice. All defaults are assumptions.

    Attributes:
        manager_spread: Standard deviation between managers of the log-odds of every share, at equal dose.
        english_share: Share of people who work in English; the others work in Chinese.
        comment_share: Share of answered questionnaires that end with a comment.
        goals: Goals.
        dialogue: Conversations.
        feedback: Feedback.
        development: Development plans and opportunities.
        business_result: The team's business result.
    """

    manager_spread: float = Field(default=0.3, ge=0, le=3, allow_inf_nan=False)
    english_share: Share = 0.10
    comment_share: Share = 0.15
    goals: GoalSettings = GoalSettings()
    dialogue: DialogueSettings = DialogueSettings()
    feedback: FeedbackSettings = FeedbackSettings()
    development: DevelopmentSettings = DevelopmentSettings()
    business_result: BusinessResult = BusinessResult()
