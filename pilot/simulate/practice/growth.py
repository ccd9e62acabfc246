"""Development plans with their four parts, and opportunities."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pilot.simulate.practice.settings import RateLevel
from pilot.simulate.practice.workplace import CYCLE_WEEKS, WEEKS_A_MONTH, Workplace, choose

PLANNING_WEEKS = 8  # plans are made in the first weeks of a cycle
PARTS = ("has_strengths", "has_aim", "has_actions", "has_support")
KINDS = ("project", "rotation", "mentor", "training")
KIND_SHARES = (0.35, 0.05, 0.20, 0.40)  # assumption


def draw_development_plans(workplace: Workplace, rng: np.random.Generator) -> pd.DataFrame:
    """The development plans of all people and cycles."""
    model = workplace.settings.development
    made = workplace.once_every(model.plans, workplace.cycle_starts, PLANNING_WEEKS, rng)
    return pd.DataFrame(
        {
            "development_plan_id": pd.Series(workplace.keys(made.person, "D"), dtype="str"),
            "person_id": pd.Series(workplace.codes[made.person], dtype="str"),
            "made_on": made.on.astype("datetime64[us]"),
            **{part: made.draw(getattr(model, part), rng).astype("int64") for part in PARTS},
        }
    )


def draw_opportunities(workplace: Workplace, rng: np.random.Generator) -> pd.DataFrame:
    """The opportunities that people were granted."""
    per_cycle, months = workplace.settings.development.opportunities_per_cycle, CYCLE_WEEKS / WEEKS_A_MONTH
    granted = workplace.weekly(RateLevel(before=per_cycle.before / months, designed=per_cycle.designed / months), rng)
    shares = [np.full(len(granted), share) for share in KIND_SHARES[:-1]]
    return pd.DataFrame(
        {
            "opportunity_id": pd.Series(workplace.keys(granted.person, "O"), dtype="str"),
            "person_id": pd.Series(workplace.codes[granted.person], dtype="str"),
            "granted_on": granted.on.astype("datetime64[us]"),
            "kind": pd.Series(choose(KINDS, shares, rng), dtype="str"),
        }
    )
