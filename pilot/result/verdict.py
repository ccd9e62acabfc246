"""The decision and what it rests on."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from pilot.plan.model import Grade
from pilot.result.parts import Part
from pilot.verdict import Word

State = Literal["in_evaluation", "finished"]


class Finding(Part):
    """One thing that speaks for, against or about the verdict.

    Attributes:
        code: Which sentence says it (see `pilot.wording`).
        role: `for`, `against`, `cap` (limits the verdict whatever the estimate) or `note`.
        values: What stands in the sentence's places.
    """

    code: str
    role: Literal["for", "against", "cap", "note"]
    values: dict[str, Any] = Field(default_factory=dict)


class Verdict(Part):
    """The decision.

    Attributes:
        state: `in_evaluation` until the planned waves are in: the word is then withheld.
        word: The verdict.
        grade: Evidence grade of the design.
        chance_worthwhile: How probable it is that the effect reaches the smallest worthwhile one, 0 to 1 (flat
            prior; the t distribution around the estimate).
        findings: What it rests on.
        turning_points: What would change it, or make it conclusive.
    """

    state: State
    word: Word | None
    grade: Grade
    chance_worthwhile: float | None
    findings: tuple[Finding, ...]
    turning_points: tuple[Finding, ...]
