"""The bias ledger and the second opinions, for the analyst."""

from __future__ import annotations

import pandas as pd

from pilot.i18n import Language, Message, message
from pilot.result import Bias, Result, SecondOpinion
from pilot.wording.tables import labelled_table
from pilot.wording.voice import Voice


def bias_names() -> dict[str, Message]:
    """What each lie is called, and what its number is."""
    return {
        "pre_trend": message("The arms were drifting apart before the launch already: what that would have become"),
        "drift": message("Two units drift apart by themselves: typical distance"),
        "regression_to_the_mean": message(
            "The unit was picked for its scores: what it gains or loses by itself, at most"
        ),
        "attrition": message("The unhappy of the pilot left: how much lower they lay"),
        "novelty": message("Only the new attracted: what was gone at the follow-up"),
        "shifted_items": message("Some questions are read differently: what the others show less"),
        "careless": message("Answers given without reading: what they add"),
        "occasion": message("Asked close to a bonus date or the like: what those waves add"),
        "one_team": message("One team carries it: what it adds"),
    }


def method_names() -> dict[str, Message]:
    """What each method is called."""
    return {
        "randomisation_test": message("Randomisation test over the draw of the teams"),
        "wild_bootstrap": message("Wild cluster bootstrap"),
        "cr3": message("Jackknife by team (CR3)"),
        "mixed_model": message("Mixed model with a team effect (REML, Kenward-Roger)"),
        "change_score": message("Change since the baseline, CR2"),
        "unlinked": message("All answers, linked or not, CR2"),
        "interrupted_series": message("Against the trend before the launch"),
    }


def bias_table(result: Result, language: Language) -> pd.DataFrame:
    """How large each possible lie looks, and how large it would have to be."""
    voice, names = Voice(language), bias_names()
    columns = [
        message("How could we be wrong? (points)"),
        message("Looks like"),
        message("Would have to be to overturn"),
        message("Would have been seen from"),
    ]

    def points(value: float | None) -> str:
        return "–" if value is None else voice.effect(value)

    def row(bias: Bias) -> list[str]:
        return [voice.say(names[bias.code]), *map(points, (bias.looks_like, bias.overturns_at, bias.smallest_seen))]

    return labelled_table(columns, [row(bias) for bias in result.biases], voice)


def exploration_sentence(result: Result, language: Language) -> str:
    """Where the effect is larger; empty where that is not known."""
    voice, slope = Voice(language), result.exploration.per_10_pct_of_the_loop
    if slope is None:
        return ""
    return voice.say(
        message(
            "Exploratory, it decides nothing: pilot teams that ran 10 percentage points more of the loop changed by "
            "{estimate} points more ({lower} to {upper}); they may differ in other ways.",
            estimate=voice.effect(slope.estimate),
            lower=voice.effect(slope.lower),
            upper=voice.effect(slope.upper),
        )
    )


def opinion_table(result: Result, language: Language) -> pd.DataFrame:
    """The effect by other methods."""
    voice, names = Voice(language), method_names()
    columns = [
        message("Second opinion"),
        message("Best estimate"),
        message("Lowest that fits"),
        message("Highest that fits"),
        message("p"),
    ]

    def row(opinion: SecondOpinion) -> list[str]:
        numbers = (opinion.estimate, opinion.lower, opinion.upper)
        shown = ["–" if value is None else voice.effect(value) for value in numbers]
        return [voice.say(names[opinion.method]), *shown, "–" if opinion.p is None else f"{opinion.p:.3f}"]

    return labelled_table(columns, [row(opinion) for opinion in result.second_opinions], voice)
