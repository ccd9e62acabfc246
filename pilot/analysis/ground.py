"""What a verdict stands on: how wrong the estimate would have to be for another one."""

from __future__ import annotations

from dataclasses import dataclass

from pilot.effects import Estimates
from pilot.plan import Plan
from pilot.verdict import WORDS, Decision, Evidence, Word


@dataclass(frozen=True)
class Ground:
    """What the verdict stands on.

    Attributes:
        word: The verdict.
        slack: Points by which the estimate would have to be too high (*stop*: too low, negative) for another verdict;
            None where it is inconclusive, since there is nothing to overturn.
        margin: Distance of the bound that decides, drift allowance included, from what it must not reach; else None.
    """

    word: Word
    slack: float | None
    margin: float | None

    @classmethod
    def of(cls, estimates: Estimates, decision: Decision, plan: Plan) -> Ground:
        """Read it off the decision."""
        word, evidence = WORDS[int(decision.word[0])], Evidence.of(estimates, plan)
        slack = float(decision.slack_points[0])
        if word == "stop":
            return cls(word, -slack, plan.outcomes.primary.sesoi_points - float(evidence.upper[0]))
        if word == "inconclusive":
            return cls(word, None, None)
        return cls(word, slack, float(evidence.lower[0]))

    @property
    def stands(self) -> bool:
        """Whether the verdict is that there is an effect."""
        return self.word in ("scale", "adjust")
