"""What a rehearsal says of a plan, and the file it stands in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError
from scipy import special

from pilot import __version__
from pilot.documents import BilingualText, write_whole
from pilot.errors import Fault, PilotError
from pilot.i18n import message
from pilot.plan import Protocol
from pilot.plan.protocol import digest
from pilot.rehearsal.tally import Rate, Tally
from pilot.rehearsal.worlds import LARGE_SD, LITERATURE_SD, Cell, CellKind, literature_points

POWER = 0.8
AlternativeCode = Literal["second_baseline", "full_calendar", "comparison", "waitlist", "staggered", "more_teams"]


class Part(BaseModel):
    """Base of what the file holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CellOutcome(Part):
    """One world and what was said in it.

    Attributes:
        id: See `Cell`.
        kind: See `Cell`.
        title: The world in words.
        tally: What was counted.
    """

    id: str
    kind: CellKind
    title: BilingualText
    tally: Tally


class Alternative(Part):
    """Another plan, and what it would buy.

    Attributes:
        code: What is other.
        n_teams: Its teams.
        curve: What was counted along its curve of effects.
    """

    code: AlternativeCode
    n_teams: int
    curve: tuple[CellOutcome, ...]


class Rehearsal(Part):
    """A plan on thousands of pilots.

    Attributes:
        format: Of this file.
        made_at: When.
        made_with: Name and version of the software.
        protocol_sha256: Of the plan that was rehearsed.
        seed: Of every random number.
        n_replicates: Pilots a world.
        sizes_from_roster: Whether the teams' sizes are the roster's; else they are drawn.
        response_rate: Expected share of people who answer, 0 to 1; None: as each page has it.
        sesoi_points: The plan's smallest effect of interest.
        literature_points: The literature's mean effect on the plan's scale.
        large_points: What is called large.
        cells: Every world.
        alternatives: Other plans, where this one cannot answer its question.
    """

    format: Literal[1] = 1
    made_at: datetime
    made_with: str = f"pilot {__version__}"
    protocol_sha256: str
    seed: int
    n_replicates: int
    sizes_from_roster: bool
    response_rate: float | None
    sesoi_points: float
    literature_points: float
    large_points: float
    cells: tuple[CellOutcome, ...]
    alternatives: tuple[Alternative, ...] = ()

    @classmethod
    def of(
        cls,
        protocol: Protocol,
        cells: Iterable[Cell],
        tallies: Mapping[str, Tally],
        *,
        made_at: datetime,
        seed: int,
        n_replicates: int,
        sizes_from_roster: bool,
        response_rate: float | None = None,
        alternatives: Iterable[Alternative] = (),
    ) -> Rehearsal:
        """Put together what was counted."""
        literature = literature_points(protocol)
        return cls(
            made_at=made_at,
            protocol_sha256=digest(protocol.content),
            seed=seed,
            n_replicates=n_replicates,
            sizes_from_roster=sizes_from_roster,
            response_rate=response_rate,
            sesoi_points=protocol.plan.outcomes.primary.sesoi_points,
            literature_points=literature,
            large_points=literature * LARGE_SD / LITERATURE_SD,
            cells=outcomes_of(cells, tallies),
            alternatives=tuple(alternatives),
        )

    def at(self, points: float) -> CellOutcome:
        """The world along the curve of effects whose effect is nearest."""
        curve = [cell for cell in self.cells if cell.kind == "curve"]
        return min(curve, key=lambda cell: abs(cell.tally.truth - points))

    @property
    def promise(self) -> Promise:
        """What it comes to."""
        return promise_of(self.cells)


@dataclass(frozen=True)
class Promise:
    """What a plan can be trusted to say.

    Attributes:
        interval_mde: Effect that 80 of 100 such intervals would find, points.
        verdict_mde: Effect from which 80 of 100 such pilots say *scale*, points; None: none on the curve.
        nothing: What is said if the practice does nothing.
        worst_null: The null world in which *scale* is said most often, by its id; None: none was rehearsed.
        worst_false_scale: How often.
        answers: Whether 80 of 100 pilots say *scale* at a large effect at the latest.
    """

    interval_mde: float
    verdict_mde: float | None
    nothing: Tally
    worst_null: str | None
    worst_false_scale: Rate
    answers: bool


def outcomes_of(cells: Iterable[Cell], tallies: Mapping[str, Tally]) -> tuple[CellOutcome, ...]:
    """What was counted, with each world's title."""
    return tuple(
        CellOutcome(id=each.id, kind=each.kind, title=each.scenario.title, tally=tallies[each.id]) for each in cells
    )


def promise_of(cells: Iterable[CellOutcome]) -> Promise:
    """Read a plan's promise off its worlds; the curve of effects must be among them."""
    cells = tuple(cells)
    curve = sorted((cell.tally for cell in cells if cell.kind == "curve"), key=lambda tally: tally.truth)
    nulls = [cell for cell in cells if cell.kind == "scenario" and cell.tally.scale_is_wrong]
    worst = max(nulls, key=lambda cell: cell.tally.said("scale").share, default=None)
    verdict_mde = crossing([tally.truth for tally in curve], [tally.said("scale").share for tally in curve], POWER)
    return Promise(
        # With nothing to find nothing varies between teams: taken where such an effect is.
        interval_mde=min(curve, key=lambda tally: abs(tally.truth - curve[0].interval_mde)).interval_mde,
        verdict_mde=verdict_mde,
        nothing=curve[0],
        worst_null=worst.id if worst else None,
        worst_false_scale=worst.tally.said("scale") if worst else Rate(0, 0),
        answers=verdict_mde is not None,
    )


def crossing(points: list[float], shares: list[float], wanted: float) -> float | None:
    """Where a rising curve first reaches a share, a line on the probit scale between its points; None: nowhere."""
    z = special.ndtri(np.clip(shares, 1e-4, 1 - 1e-4))
    goal = float(special.ndtri(wanted))
    for (left, low), (right, high) in pairwise(zip(points, z, strict=True)):
        if low < goal <= high:
            return float(left + (right - left) * (goal - low) / (high - low))
    return None


def write_rehearsal(path: Path, rehearsal: Rehearsal) -> None:
    """Write the file as a whole."""
    write_whole(path, rehearsal.model_dump_json(indent=1))


def read_rehearsal(path: Path) -> Rehearsal:
    """Read a rehearsal.

    Raises:
        PilotError: there is none, or it is of another version.
    """
    headline = message("There is no rehearsal to read.")
    try:
        return Rehearsal.model_validate_json(path.read_text("utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        found = message("the plan was not rehearsed with this version.")
        raise PilotError(headline, [Fault(path.name, found, message("Run `pilot rehearse`."))]) from None
