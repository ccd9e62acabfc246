"""Goals of each cycle, and their changes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pilot.simulate.latent import FloatArray
from pilot.simulate.layout import IntArray
from pilot.simulate.practice.phrases import Phrases
from pilot.simulate.practice.workplace import CYCLE_WEEKS, Events, Workplace, choose, numbered

MOST_GOALS = 6
SETTING_WEEKS = 3  # goals are set within so many weeks after a cycle starts, or after joining
WEIGHT_STEP_PCT = 5


def draw_goals(workplace: Workplace, phrases: Phrases, rng: np.random.Generator) -> pd.DataFrame:
    """The goals of all people and cycles."""
    model = workplace.settings.goals
    moments = _setting_days(workplace, rng)
    count = 1 + rng.poisson(np.maximum(model.per_cycle.at(moments.dose) - 1, 0))
    count = np.minimum(count, MOST_GOALS)
    goals = moments.pick(np.repeat(np.arange(len(moments)), count))
    co_created, self_created = goals.probability(model.co_created), goals.probability(model.self_created)
    development, innovation = goals.probability(model.development), goals.probability(model.innovation)
    kind = choose(("development", "innovation", "aligned"), _at_most_all(development, innovation), rng)
    linked = (kind == "aligned") & goals.draw(model.linked, rng)
    objective = np.array([f"O{number}" for number in range(1, model.n_objectives + 1)], dtype=object)
    objective = objective[rng.integers(0, model.n_objectives, len(goals))]
    objective[~linked] = None
    return pd.DataFrame(
        {
            "goal_id": pd.Series(workplace.keys(goals.person, "G"), dtype="str"),
            "person_id": pd.Series(workplace.codes[goals.person], dtype="str"),
            "set_on": goals.on.astype("datetime64[us]"),
            "origin": pd.Series(
                choose(("co_created", "self_created", "assigned"), _at_most_all(co_created, self_created), rng),
                dtype="str",
            ),
            "kind": pd.Series(kind, dtype="str"),
            "weight_pct": _weights(count, rng),
            "objective_id": pd.Series(objective, dtype="str"),
            "why": phrases.draw(
                "why", workplace.speaks_english[goals.person], rng, where=linked & goals.draw(model.says_why, rng)
            ),
        }
    )


def draw_goal_changes(
    workplace: Workplace, goals: pd.DataFrame, phrases: Phrases, rng: np.random.Generator
) -> pd.DataFrame:
    """Changes of goals between the day they were set and the end of their cycle."""
    model = workplace.settings.goals
    person = pd.Index(workplace.codes).get_indexer(pd.Index(goals["person_id"]))
    set_on = goals["set_on"].to_numpy().astype("datetime64[D]")
    week = (set_on - workplace.launch_on).astype(int) // 7
    column = np.clip(week - workplace.first_week, 0, workplace.dose.shape[1] - 1)
    count = rng.poisson(model.changes.at(workplace.dose[workplace.team_on(person, set_on), column]))
    goal = np.repeat(np.arange(len(goals)), count)
    end = workplace.day((week // CYCLE_WEEKS + 1) * CYCLE_WEEKS)
    end = np.minimum(np.minimum(end, workplace.left_on[person]), workplace.day(workplace.weeks[-1:] + 1))[goal]
    days_left = (end - set_on[goal]).astype(int)
    later = 1 + np.floor(rng.random(len(goal)) * np.maximum(days_left - 1, 0)).astype(int)
    changed_on = np.busday_offset(set_on[goal] + later.astype("timedelta64[D]"), 0, roll="forward")
    kept = changed_on < end
    goal, changed_on = goal[kept], changed_on[kept]
    order = np.lexsort((changed_on, goal))
    goal, changed_on = goal[order], changed_on[order]
    goal_ids = goals["goal_id"].to_numpy(dtype=object)[goal]
    return pd.DataFrame(
        {
            "goal_change_id": pd.Series(numbered(goal_ids, "C"), dtype="str"),
            "goal_id": pd.Series(goal_ids, dtype="str"),
            "changed_on": changed_on.astype("datetime64[us]"),
            "reason": phrases.draw("reason", workplace.speaks_english[person[goal]], rng),
            "approved": (rng.random(len(goal)) < model.approved).astype("int64"),
        }
    )


def _setting_days(workplace: Workplace, rng: np.random.Generator) -> Events:
    """When each person sets the goals of each cycle; who joins in a cycle does it after joining."""
    cycles = workplace.day(workplace.cycle_starts)
    person = np.repeat(np.arange(len(workplace.team)), len(cycles))
    start, end = (np.tile(days, len(workplace.team)) for days in (cycles, cycles + CYCLE_WEEKS * 7))
    begins = np.maximum(start, workplace.joined_on[person])
    on = begins + rng.integers(0, SETTING_WEEKS * 7, len(person)).astype("timedelta64[D]")
    in_time = np.busday_offset(on, 0, roll="forward") < end
    return workplace.events(person[in_time], on[in_time])


def _at_most_all(first: FloatArray, second: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Probabilities of two codes; a manager's style must not carry them beyond 1."""
    total = np.maximum(first + second, 1)
    return first / total, second / total


def _weights(count: IntArray, rng: np.random.Generator) -> FloatArray:
    """Weights of the goals of each set in steps of 5 %, together 100 %."""
    if not len(count):
        return np.empty(0)
    raw = rng.uniform(0.7, 1.3, int(count.sum()))
    first = np.concatenate([[0], np.cumsum(count)[:-1]])
    upto = np.cumsum(raw)
    before = np.repeat(upto[first] - raw[first], count)
    total = np.repeat(np.add.reduceat(raw, first), count)
    steps = 100 / WEIGHT_STEP_PCT
    # Differences of rounded running sums add up to the whole.
    reached, started = (np.rint(steps * (sums - before) / total) for sums in (upto, upto - raw))
    return np.asarray(WEIGHT_STEP_PCT * (reached - started), dtype=float)
