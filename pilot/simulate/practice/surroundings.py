"""What a roster says beside the team, the team's business result, and comments.

Comments belong to the confidential plane: they hang on a wave's answers, never on the practice tables.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pilot.schema.columns import TEAM_KPI
from pilot.simulate.pilots import SimulatedPilots
from pilot.simulate.practice.phrases import Phrases
from pilot.simulate.practice.settings import BusinessResult, Practice
from pilot.simulate.practice.workplace import TextArray, choose, numbered

ROLES = ("operations", "engineering", "sales", "service", "support")
ROLE_SHARES = (0.30, 0.30, 0.15, 0.15, 0.10)  # assumption
DAYS_A_YEAR = 365.25
CLARITY = 2.0  # how surely a comment's tone follows the score: log-odds per quarter of the scale


def describe_people(
    roster: pd.DataFrame,
    team_ids: tuple[str, ...],
    managers: TextArray,
    launch_on: np.datetime64,
    settings: Practice,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """The roster with its optional columns.

    Args:
        roster: Its required columns and dates.
        team_ids: Teams, in the order of their managers.
        managers: Code of each team's manager, who need not be on the roster.
        launch_on: Day for which tenure is stated.
        settings: How people work.
        rng: Source of every random number.
    """
    n_people = len(roster)
    team = pd.Index(list(team_ids)).get_indexer(pd.Index(roster["team_id"]))
    days = (launch_on - roster["joined_on"].to_numpy().astype("datetime64[D]")).astype(float)
    english = rng.random(n_people) < settings.english_share
    roles = choose(ROLES, [np.full(n_people, share) for share in ROLE_SHARES[:-1]], rng)
    return roster.assign(
        manager_id=pd.Series(managers[team], dtype="str"),
        tenure_years=np.round(np.maximum(days, 0) / DAYS_A_YEAR, 1),
        role=pd.Series(roles, dtype="str"),
        language=pd.Series(np.where(english, "en", "zh"), dtype="str"),
    )


def draw_business_results(pilots: SimulatedPilots, model: BusinessResult, rng: np.random.Generator) -> pd.DataFrame:
    """The measure `team_kpi_pct` of every team and wave, unless the plan has a measure of that name."""
    layout = pilots.layout
    shape = (len(layout.team_ids), len(layout.weeks))
    running = layout.weeks > pilots.start_week[0][:, None]
    lasting = model.between_team_sd_pct * rng.standard_normal((shape[0], 1))
    values = model.level_pct + model.change_pct * running + lasting + model.noise_sd_pct * rng.standard_normal(shape)
    team, wave = np.indices(shape).reshape(2, -1)
    results = pd.DataFrame(
        {
            "team_id": pd.Series(np.array(layout.team_ids, dtype=object)[team], dtype="str"),
            "wave_id": pd.Series(np.array(layout.wave_ids, dtype=object)[wave], dtype="str"),
            "measure_id": pd.Series(np.full(team.shape, TEAM_KPI, dtype=object), dtype="str"),
            "value": np.round(np.maximum(values, 0)[team, wave], 1),
        }
    )
    return results.iloc[:0] if TEAM_KPI in layout.measure_ids else results


def draw_comments(
    pilots: SimulatedPilots,
    roster: pd.DataFrame,
    codes: TextArray,
    settings: Practice,
    phrases: Phrases,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Comments at the end of answered questionnaires; their tone follows the primary score.

    Args:
        pilots: One replicate of a world.
        roster: With the language of each person.
        codes: Code of each person in the order of the world.
        settings: How people work.
        phrases: Texts to draw from.
        rng: Source of every random number.
    """
    order = np.argsort(codes)
    primary = pilots.layout.scales[0]
    answers = pilots.answers[0][order][..., primary.items]
    lowest, highest = primary.options.lowest, primary.options.highest
    keyed = np.where(primary.reverse_keyed, lowest + highest - answers, answers)
    answered = ~np.isnan(keyed).all(axis=-1)
    person, wave = (answered & (rng.random(answered.shape) < settings.comment_share)).nonzero()
    score = np.nanmean(keyed[person, wave], axis=-1)
    quarters = 4 * (score - lowest) / (highest - lowest) - 2  # -2 ... 2
    pull = CLARITY * quarters[:, None] * np.array([1.0, 0.0, -1.0])
    weight = np.exp(pull - pull.max(axis=1, keepdims=True))
    probability = weight / weight.sum(axis=1, keepdims=True)
    english = (roster["language"] == "en").to_numpy(dtype=bool)[person]
    texts = [phrases.pick(topic, english, rng) for topic in ("content", "mixed", "discontent")]
    tone = choose(("0", "1", "2"), [probability[:, 0], probability[:, 1]], rng).astype(int)
    person_ids = codes[order][person]
    return pd.DataFrame(
        {
            "comment_id": pd.Series(numbered(person_ids, "K"), dtype="str"),
            "person_id": pd.Series(person_ids, dtype="str"),
            "wave_id": pd.Series(np.array(pilots.layout.wave_ids, dtype=object)[wave], dtype="str"),
            "language": pd.Series(np.where(english, "en", "zh"), dtype="str"),
            "text": pd.Series(np.choose(tone, texts), dtype="str"),
        }
    )
