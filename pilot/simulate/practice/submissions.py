"""When questionnaires are handed in, in which language, and how long answering took."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from pilot.simulate.pilots import SimulatedPilots
from pilot.simulate.practice.workplace import TextArray
from pilot.simulate.scenario import Scenario

SECONDS_A_QUESTION = 7.0  # median of who reads; assumption
SECONDS_TOO_FAST = 1.2  # a question in less than 2 seconds is not read (Huang et al. 2012, J Bus Psychol 27, 99-114)
PACE_SPREAD = 0.35  # standard deviation of the logarithm, between people and between waves; assumption
DAYS_OPEN = 10  # a wave takes answers for so many days
SHARE_A_DAY = 0.4  # of those who have not answered yet; assumption


def draw_submissions(
    scenario: Scenario,
    pilots: SimulatedPilots,
    roster: pd.DataFrame,
    codes: TextArray,
    launch_on: date,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """One row a questionnaire that was answered, in the order of code and wave.

    Args:
        scenario: The world.
        pilots: One replicate of it.
        roster: With the language of each person, sorted by code.
        codes: Code of each person in the order of the world.
        launch_on: Day of the launch.
        rng: Source of every random number.
    """
    order, layout = np.argsort(codes), pilots.layout
    n_answers = (~np.isnan(pilots.answers[0][order])).sum(axis=-1)
    person, wave = n_answers.nonzero()
    pace = np.exp(
        PACE_SPREAD * (rng.standard_normal(len(codes))[person] + rng.standard_normal(len(person))) / np.sqrt(2)
    )
    careless = pilots.careless[0][order][person, wave]
    too_fast = careless & (rng.random(len(person)) < scenario.careless.too_fast_share)
    seconds = n_answers[person, wave] * pace * np.where(too_fast, SECONDS_TOO_FAST, SECONDS_A_QUESTION)
    days_late = np.minimum(rng.geometric(SHARE_A_DAY, len(person)), DAYS_OPEN) - 1
    opened = np.datetime64(launch_on, "D") + (7 * layout.weeks[wave]).astype("timedelta64[D]")
    return pd.DataFrame(
        {
            "person_id": pd.Series(codes[order][person], dtype="str"),
            "wave_id": pd.Series(np.array(layout.wave_ids, dtype=object)[wave], dtype="str"),
            "submitted_on": pd.Series((opened + days_late.astype("timedelta64[D]")).astype("datetime64[us]")),
            "seconds": np.maximum(np.rint(seconds), 1.0),
            "language": pd.Series(roster["language"].to_numpy(dtype=object)[person], dtype="str"),
        }
    )
