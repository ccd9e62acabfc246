"""A release in sentences, in both languages: reviewed wording for every finding, no estimation."""

from pilot.wording.briefing import Briefing, Reason, brief
from pilot.wording.effect import effect_sentence
from pilot.wording.findings import FINDINGS
from pilot.wording.method import Entry
from pilot.wording.names import arm_name, design_name, grade_name, wave_name, withheld_reason, word_name
from pilot.wording.people import asked_sentence, cost_sentence, total
from pilot.wording.tables import effect_table, guardrail_table, labelled_table, withheld_texts
from pilot.wording.turning_points import SENTENCES, TURNING_POINTS, finding_sentence
from pilot.wording.voice import Voice

__all__ = [
    "FINDINGS",
    "SENTENCES",
    "TURNING_POINTS",
    "Briefing",
    "Entry",
    "Reason",
    "Voice",
    "arm_name",
    "asked_sentence",
    "brief",
    "cost_sentence",
    "design_name",
    "effect_sentence",
    "effect_table",
    "finding_sentence",
    "grade_name",
    "guardrail_table",
    "labelled_table",
    "total",
    "wave_name",
    "withheld_reason",
    "withheld_texts",
    "word_name",
]
