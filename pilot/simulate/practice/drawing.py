"""The practice plane of one unit."""

from __future__ import annotations

import numpy as np

from pilot.schema.tables import PracticeTables
from pilot.simulate.practice.dialogue import draw_conversations, draw_feedback
from pilot.simulate.practice.goals import draw_goal_changes, draw_goals
from pilot.simulate.practice.growth import draw_development_plans, draw_opportunities
from pilot.simulate.practice.phrases import Phrases
from pilot.simulate.practice.workplace import Workplace


def draw_practice(workplace: Workplace, phrases: Phrases, rng: np.random.Generator) -> PracticeTables:
    """Goals, conversations, feedback, development plans and opportunities of one unit, in the order of their keys."""
    goals = draw_goals(workplace, phrases, rng)
    return PracticeTables(
        goals=goals,
        goal_changes=draw_goal_changes(workplace, goals, phrases, rng),
        conversations=draw_conversations(workplace, phrases, rng),
        feedback=draw_feedback(workplace, rng),
        development_plans=draw_development_plans(workplace, rng),
        opportunities=draw_opportunities(workplace, rng),
    )
