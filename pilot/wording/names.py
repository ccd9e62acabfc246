"""What the codes in a release are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pilot.i18n import Message, message
from pilot.plan import Arm, Design
from pilot.plan.model import AnswersThatCount
from pilot.publication import Withheld
from pilot.verdict import Word

Grade = Literal["A", "B", "D"]


def wave_name(wave_id: str) -> Message:
    """A wave in words: `pulse_3` is "Pulse 3"."""
    stem, _, number = wave_id.rpartition("_")
    if not number.isdigit():
        stem, number = wave_id, ""
    numbered = {
        "baseline": message("Baseline {number}", number=number),
        "pulse": message("Pulse {number}", number=number),
        "follow_up": message("Follow-up {number}", number=number),
    }
    plain = {"endline": message("Endline"), "follow_up": message("Follow-up")}
    return (numbered if number else plain).get(stem, message("Wave {wave}", wave=wave_id))


def arm_name(arm: Arm) -> Message:
    """An arm in words."""
    return message("Pilot") if arm == "pilot" else message("Comparison")


def word_name(word: Word | None) -> Message:
    """The verdict in one word; None while it is withheld."""
    names: Mapping[Word | None, Message] = {
        "scale": message("Scale"),
        "adjust": message("Adjust and extend"),
        "stop": message("Stop"),
        "inconclusive": message("Inconclusive"),
        None: message("In evaluation"),
    }
    return names[word]


def grade_name(grade: Grade) -> Message:
    """The evidence grade and what it stands for."""
    names: Mapping[Grade, Message] = {
        "A": message("Evidence grade A: the lot decided which teams start when."),
        "B": message("Evidence grade B: another unit is the comparison."),
        "D": message("Evidence grade D: before and after only, nobody is compared."),
    }
    return names[grade]


def design_name(design: Design) -> Message:
    """The design in a sentence."""
    names: Mapping[Design, Message] = {
        "waitlist": message(
            "The unit's own teams were drawn by lot: half started now, the others start one cycle later."
        ),
        "staggered": message(
            "The unit's own teams were drawn by lot to start in turns; the last ones wait until after the last "
            "follow-up."
        ),
        "comparison": message("The pilot unit's teams are compared with the teams of another unit."),
        "before_after": message("The pilot teams are compared with themselves before the launch."),
    }
    return names[design]


def choice_name(chosen_because: str) -> Message:
    """Why the unit was chosen."""
    names = {
        "representative": message("The unit was chosen because it is like the others."),
        "volunteered": message("The unit volunteered."),
        "lowest_scores": message("The unit was chosen for its low scores."),
        "highest_scores": message("The unit was chosen for its high scores."),
        "convenient": message("The unit was chosen because it was convenient."),
    }
    return names.get(chosen_because, message("Why the unit was chosen is not recorded."))


def estimator_name(estimator: str) -> Message:
    """How the effect was estimated."""
    names = {
        "ancova": message("Outcome of pilot against comparison, people with the same starting point compared."),
        "change": message("Change of the pilot teams minus change of the comparison teams."),
        "before_after": message("Change of the pilot teams from before to after."),
    }
    return names.get(estimator, message("Not recorded."))


def answers_name(answers: AnswersThatCount) -> Message:
    """Whose answers decide."""
    names: Mapping[AnswersThatCount, Message] = {
        "linked": message("People who answered before and after."),
        "all": message("All answers, whether or not the same person answered twice."),
        "both": message("People who answered before and after, and all answers: each must stand by itself."),
    }
    return names[answers]


def weighting_name(weighting: str) -> Message:
    """Who counts how much."""
    if weighting == "team":
        return message("Every team counts the same.")
    return message("Every person counts the same.")


def withheld_reason(reason: Withheld | None) -> Message:
    """Why a figure is not shown, short enough for a table cell."""
    if reason == "too_few_people":
        return message("not shown: too few people")
    if reason == "could_be_subtracted":
        return message("not shown: would give away a small group")
    if reason == "all_alike":
        return message("not shown: nearly all are alike, so that it would be about each of them")
    if reason == "no_records":
        return message("nothing was recorded")
    return message("not available")
