"""The protocol: the plan together with the questionnaires that it names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pilot.documents import PageSource, read_page
from pilot.documents.page import Keys
from pilot.errors import Fault, PilotError
from pilot.i18n import message
from pilot.instruments import Instruments, read_instruments
from pilot.plan.folder import PilotFolder
from pilot.plan.model import Plan


@dataclass(frozen=True)
class Protocol:
    """What is agreed: changing any of it after sealing is a deviation.

    Attributes:
        plan: The plan.
        instruments: The questionnaires in their exact wording.
    """

    plan: Plan
    instruments: Instruments

    @property
    def content(self) -> dict[str, Any]:
        """Everything agreed, as plain JSON."""
        instruments = {name: page.model_dump(mode="json") for name, page in self.instruments.by_id.items()}
        return {"plan": self.plan.model_dump(mode="json"), "instruments": instruments}


def digest(content: object) -> str:
    """SHA-256 of plain JSON in canonical form (sorted keys, no spaces, UTF-8)."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def read_plan(folder: PilotFolder) -> Protocol:
    """Read `plan.yaml` and its questionnaires.

    Raises:
        PilotError: with every fault of the plan, or of the questionnaires, or between the two.
    """
    headline = message("The plan cannot be used.")
    plan, source = read_page(folder.plan, Plan, headline)
    instruments = read_instruments(plan.instruments, folder.path)
    faults = list(_unknown_scales(plan, instruments, source))
    if faults:
        raise PilotError(headline, faults)
    return Protocol(plan, instruments)


def _unknown_scales(plan: Plan, instruments: Instruments, source: PageSource) -> Iterator[Fault]:
    named: list[tuple[Keys, str]] = [(("outcomes", "primary", "scale"), plan.outcomes.primary.scale)]
    named += [(("outcomes", "secondary", index), scale) for index, scale in enumerate(plan.outcomes.secondary)]
    scored = sorted(scale.id for scale in instruments.scales.values() if scale.kind != "check")
    for keys, scale in named:
        if scale in instruments.scales and scale not in scored:
            yield Fault(
                source.place(keys),
                message("“{scale}” only shows who reads the questions; it is never scored.", scale=scale),
                message("Write one of: {choices}.", choices=scored),
            )
        elif scale not in instruments.scales:
            yield Fault(
                source.place(keys),
                message("no questionnaire of this plan has a scale “{scale}”.", scale=scale),
                message("Write one of: {choices}.", choices=scored),
            )
