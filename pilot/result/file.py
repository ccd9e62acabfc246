"""The result file: everything that an analysis found, before disclosure control.

`result.json` is for the analyst. It holds aggregates of small groups too, so it does not circulate: views read a
release instead.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from pilot.documents import write_whole
from pilot.errors import Fault, PilotError
from pilot.i18n import message
from pilot.plan.protocol import digest
from pilot.result.doubts import Bias, Exploration, SecondOpinion
from pilot.result.facts import DeviationNote, PilotFacts, SourceNote
from pilot.result.parts import Effect, EstimateOf, Part
from pilot.result.people import ArmChange, ArmFlow, Attrition, LinkedSummary, WaveMean
from pilot.result.practice import FidelityOutcome, GuardrailOutcome, LoopIndicator
from pilot.result.sheets import InvarianceFinding, ScaleSheet
from pilot.result.verdict import Verdict


class Result(Part):
    """Everything that an analysis found.

    Attributes:
        of_all_answers: The effect of all answers, linked or not, drift allowance included, where the plan wants both to
            stand; else None.
        biases: The bias ledger: how large each possible lie looks, how large it would have to be.
        exploration: Where the effect is larger.
        read_as_before: Whether the pilot arm reads the primary scale after the launch as before.
        loop: How the loop was run, by mechanism, arm and period.
        scale_sheets: How well each scale measured in each wave: of everybody, and of the linked panel for release.
        second_opinions: The same question by other methods; they decide nothing.
        released: Number of the newest release when it was made; another one since makes it stale.
        seen: Who stands behind it (see `pilot.ledger`).
        protocol_sha256: Of the protocol in force; a result of an earlier one is stale.
        sha256: Of all the rest; a result that was changed by hand is not published.
    """

    format: Literal[1] = 1
    protocol_sha256: str
    made_at: datetime
    made_with: str
    pilot: PilotFacts
    deviations: tuple[DeviationNote, ...]
    sources: tuple[SourceNote, ...]
    flow: tuple[ArmFlow, ...]
    linked: LinkedSummary | None
    arm_changes: tuple[ArmChange, ...]
    waves: tuple[WaveMean, ...]
    primary: Effect
    of_all_answers: EstimateOf | None
    lasting: EstimateOf | None
    secondary: tuple[Effect, ...]
    attrition: Attrition
    guardrails: tuple[GuardrailOutcome, ...]
    fidelity: FidelityOutcome
    verdict: Verdict
    biases: tuple[Bias, ...]
    second_opinions: tuple[SecondOpinion, ...]
    exploration: Exploration
    read_as_before: InvarianceFinding | None = None
    loop: tuple[LoopIndicator, ...] = ()
    scale_sheets: tuple[ScaleSheet, ...] = ()
    released: int
    seen: dict[str, tuple[str, ...]]
    sha256: str = ""

    @property
    def fingerprint(self) -> str:
        """The hash that the content should have."""
        return digest(self.model_dump(mode="json", exclude={"sha256"}))


def write_result(path: Path, result: Result) -> None:
    """Write the result file as a whole."""
    write_whole(path, result.model_dump_json(indent=1))


def read_result(path: Path) -> Result:
    """Read a result file.

    Raises:
        PilotError: there is none, or it was made by a version whose format is another.
    """
    headline = message("There is no result to read.")
    if not path.exists():
        found = message("the pilot was not analysed yet.")
        raise PilotError(headline, [Fault(path.name, found, message("Run `pilot analyse` first."))])
    try:
        result = Result.model_validate_json(path.read_text("utf-8"))
    except (ValidationError, UnicodeDecodeError):
        found = message("the file is not a result of this version.")
        raise PilotError(headline, [Fault(path.name, found, message("Run `pilot analyse` again."))]) from None
    if result.sha256 != result.fingerprint:
        found = message("the content does not match its fingerprint: it was changed by hand.")
        raise PilotError(headline, [Fault(path.name, found, message("Run `pilot analyse` again."))])
    return result
