"""The result file: everything that an analysis found, before disclosure control.

- `file`: the whole, written and read
- `facts`: what the plan says, what was changed since, where the numbers come from
- `people`: who took part, where they stood, who left
- `parts`: an estimate, and the effect on one scale
- `practice`: guardrails, fidelity, how the loop was run
- `doubts`: the bias ledger, second opinions, where the effect is larger
- `verdict`: the decision and what it rests on
- `sheets`: how well each scale measured
"""

from pilot.result.doubts import Bias, BiasCode, Exploration, SecondOpinion
from pilot.result.facts import DeviationNote, PilotFacts, SourceNote
from pilot.result.file import Result, read_result, write_result
from pilot.result.parts import Effect, EstimateOf, Part
from pilot.result.people import ArmChange, ArmFlow, Attrition, LinkedSummary, WaveMean
from pilot.result.practice import FidelityOutcome, GuardrailOutcome, GuardrailStatus, LoopIndicator
from pilot.result.verdict import Finding, State, Verdict

__all__ = [
    "ArmChange",
    "ArmFlow",
    "Attrition",
    "Bias",
    "BiasCode",
    "DeviationNote",
    "Effect",
    "EstimateOf",
    "Exploration",
    "FidelityOutcome",
    "Finding",
    "GuardrailOutcome",
    "GuardrailStatus",
    "LinkedSummary",
    "LoopIndicator",
    "Part",
    "PilotFacts",
    "Result",
    "SecondOpinion",
    "SourceNote",
    "State",
    "Verdict",
    "WaveMean",
    "read_result",
    "write_result",
]
