"""The decision rule, batch first: what a rehearsal calibrates is what judges the real pilot."""

from pilot.verdict.rule import WORDS, Decision, DecisionRule, Evidence, Word, chance_worthwhile, decide

__all__ = ["WORDS", "Decision", "DecisionRule", "Evidence", "Word", "chance_worthwhile", "decide"]
