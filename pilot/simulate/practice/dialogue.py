"""Conversations with the manager, and feedback."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pilot.simulate.practice.phrases import Phrases
from pilot.simulate.practice.workplace import CYCLE_WEEKS, WEEKS_A_MONTH, Workplace, choose

MINUTES_STEP = 5
MILESTONE_WEEK = 12  # of a cycle
REVIEW_WEEKS = 3  # the last weeks of a cycle
OTHER_SOURCES = ("peer", "cross_team", "customer", "self")
OTHER_SHARES = (0.55, 0.20, 0.10, 0.15)  # of the feedback that does not come from the manager; assumption
PARTS = ("names_behaviour", "names_causes", "names_next_steps", "offers_support")


def draw_conversations(workplace: Workplace, phrases: Phrases, rng: np.random.Generator) -> pd.DataFrame:
    """All conversations of all people."""
    model, weeks, cycles = workplace.settings.dialogue, workplace.weeks, workplace.cycle_starts
    drawn = {
        "check_in": workplace.weekly(model.check_ins_per_month, rng),
        "monthly_one_to_one": workplace.once_every(model.one_to_ones, weeks[::WEEKS_A_MONTH], WEEKS_A_MONTH, rng),
        "milestone_review": workplace.once_every(model.milestone_reviews, cycles + MILESTONE_WEEK, REVIEW_WEEKS, rng),
        "cycle_review": workplace.once_every(
            model.cycle_reviews, cycles + CYCLE_WEEKS - REVIEW_WEEKS, REVIEW_WEEKS, rng
        ),
    }
    means = (
        model.check_in_minutes,
        model.one_to_one_minutes,
        model.milestone_review_minutes,
        model.cycle_review_minutes,
    )
    kind = np.repeat(np.arange(len(drawn)), [len(each) for each in drawn.values()])
    person, on = (np.concatenate([getattr(each, name) for each in drawn.values()]) for name in ("person", "on"))
    kind = kind[np.lexsort((on, person))]  # the order that `events` brings them into
    held = workplace.events(person, on)
    spread = np.sqrt(np.log1p(model.minutes_spread**2))
    minutes = np.array(means)[kind] * np.exp(spread * rng.standard_normal(len(held)) - spread**2 / 2)
    return pd.DataFrame(
        {
            "conversation_id": pd.Series(workplace.keys(held.person, "V"), dtype="str"),
            "person_id": pd.Series(workplace.codes[held.person], dtype="str"),
            "held_on": held.on.astype("datetime64[us]"),
            "kind": pd.Series(np.array(list(drawn), dtype=object)[kind], dtype="str"),
            "minutes": np.clip(MINUTES_STEP * np.rint(minutes / MINUTES_STEP), MINUTES_STEP, 480.0),
            "next_steps": phrases.draw(
                "next_steps", workplace.speaks_english[held.person], rng, where=held.draw(model.next_steps, rng)
            ),
        }
    )


def draw_feedback(workplace: Workplace, rng: np.random.Generator) -> pd.DataFrame:
    """All feedback that people received."""
    model = workplace.settings.feedback
    given = workplace.weekly(model.per_month, rng)
    others = given.probability(model.from_others)
    recognises = given.draw(model.recognition, rng)
    return pd.DataFrame(
        {
            "feedback_id": pd.Series(workplace.keys(given.person, "F"), dtype="str"),
            "person_id": pd.Series(workplace.codes[given.person], dtype="str"),
            "given_on": given.on.astype("datetime64[us]"),
            "source": pd.Series(
                choose((*OTHER_SOURCES, "manager"), [others * share for share in OTHER_SHARES], rng), dtype="str"
            ),
            "purpose": pd.Series(
                np.array(["guidance", "recognition"], dtype=object)[recognises.astype(int)], dtype="str"
            ),
            **{part: given.draw(getattr(model, part), rng).astype("int64") for part in PARTS},
        }
    )
