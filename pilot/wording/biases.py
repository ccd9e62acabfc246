"""The bias ledger and the second opinions, for the analyst."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from pilot.i18n import Language, Message, message
from pilot.publication.release import ShownBias
from pilot.result import Bias, Exploration, Result, SecondOpinion
from pilot.wording.sheets import read_as_before_sentences
from pilot.wording.tables import labelled_table
from pilot.wording.voice import Voice

WEEKS_IN_A_MONTH = 52 / 12


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
        "marker": message("Something else was at work: how far a scale moved that the practice should not move"),
    }


def bias_label(bias: Bias | ShownBias, voice: Voice) -> str:
    """What a row of the ledger is about."""
    what = voice.say(bias_names()[bias.code])
    return what if bias.name is None else voice.say(message("{what} ({name})", what=what, name=voice.name(bias.name)))


def method_names() -> dict[str, Message]:
    """What each method is called."""
    return {
        "randomisation_test": message("Randomisation test over the draw of the teams"),
        "wild_bootstrap": message("Wild cluster bootstrap"),
        "cr3": message("Jackknife by team (CR3)"),
        "mixed_model": message("Mixed model with a team effect (REML, Kenward-Roger)"),
        "change_score": message("Change since the baseline, CR2"),
        "unlinked": message("All answers, linked or not, CR2"),
        "linked": message("People who answered before and after only, change, CR2"),
        "straight_trend": message("Less what the drift before the launch, gone on in a line, would have made"),
        "interrupted_series": message("Against the trend before the launch"),
    }


def bias_table(result: Result, language: Language) -> pd.DataFrame:
    """How large each possible lie looks, and how large it would have to be."""
    voice = Voice(language)
    columns = [
        message("How could we be wrong? (points)"),
        message("Looks like"),
        message("Would have to be to overturn"),
        message("Would have been seen from"),
    ]

    def points(value: float | None) -> str:
        return "–" if value is None else voice.effect(value)

    def row(bias: Bias) -> list[str]:
        return [bias_label(bias, voice), *map(points, (bias.looks_like, bias.overturns_at, bias.smallest_seen))]

    return labelled_table(columns, [row(bias) for bias in result.biases], voice)


def bias_sentences(result: Result, language: Language) -> list[str]:
    """What stands behind some rows of the ledger."""
    voice = Voice(language)
    told = [voice.say(sentence) for bias in result.biases for sentence in _details(bias, voice)]
    return [*told, *read_as_before_sentences(result, voice)]


def _details(bias: Bias, voice: Voice) -> Iterator[Message]:
    values = {name: voice.effect(value) for name, value in bias.values.items()}
    if "tipping_points" in values:
        yield _tipping(bias.values["tipping_points"], voice)
    if {"trimmed_lower", "trimmed_upper"} <= values.keys():
        yield message(
            "Of people who stay whatever their arm, the best estimate of their change would lie between {lower} and "
            "{upper} points (Lee's bounds); chance comes on top.",
            lower=values["trimmed_lower"],
            upper=values["trimmed_upper"],
        )
    if {"worst_lower", "worst_upper"} <= values.keys():
        yield message(
            "Had those who left scored anything at all, it would lie between {lower} and {upper} points; nearly always "
            "wide.",
            lower=values["worst_lower"],
            upper=values["worst_upper"],
        )
    if {"with_points", "without_points"} <= values.keys():
        yield message(
            "With every questionnaire {everyone} points, without the {n} that show two signs of not having been read "
            "{careful}.",
            everyone=values["with_points"],
            n=voice.count(round(bias.values["n_questionnaires"])),
            careful=values["without_points"],
        )
    if "bend_points_per_week_squared" in bias.values:
        yield message(
            "The effect is told from zero as long as the difference in trend bends by no more than {points} points a "
            "month from one month to the next.",
            points=voice.size(bias.values["bend_points_per_week_squared"] * WEEKS_IN_A_MONTH**2),
        )


def _tipping(points: float, voice: Voice) -> Message:
    if points < 0:
        return message(
            "Those who left would have to have scored {points} points above what was to be expected of them for the "
            "effect to be gone.",
            points=voice.size(points),
        )
    return message(
        "Those who left would have to have scored {points} points below what was to be expected of them for the "
        "effect to be gone.",
        points=voice.size(points),
    )


def exploration_sentences(result: Result, language: Language) -> list[str]:
    """Where the effect is larger; empty where that is not known."""
    voice, explored = Voice(language), result.exploration
    return [voice.say(sentence) for sentence in _explored(explored, voice)]


def _explored(explored: Exploration, voice: Voice) -> Iterator[Message]:
    slope, pilot, comparison = (
        explored.per_10_pct_of_the_loop,
        explored.sd_between_pilot_teams,
        explored.sd_between_comparison_teams,
    )
    if slope is not None:
        yield message(
            "Exploratory, it decides nothing: pilot teams that ran 10 percentage points more of the loop changed by "
            "{estimate} points more ({lower} to {upper}); they may differ in other ways.",
            estimate=voice.effect(slope.estimate),
            lower=voice.effect(slope.lower),
            upper=voice.effect(slope.upper),
        )
    if pilot is not None and comparison is not None:
        yield message(
            "Exploratory likewise: from team to team, each with its manager, the change differs by {pilot} points "
            "({pilot_lower} to {pilot_upper}; standard deviation) in pilot teams and by {comparison} "
            "({comparison_lower} to {comparison_upper}) in comparison teams, beyond what single people differ by.",
            pilot=voice.size(pilot[0]),
            pilot_lower=voice.size(pilot[1]),
            pilot_upper=voice.size(pilot[2]),
            comparison=voice.size(comparison[0]),
            comparison_lower=voice.size(comparison[1]),
            comparison_upper=voice.size(comparison[2]),
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
