"""What the plan says, what was changed since, and where the numbers come from."""

from __future__ import annotations

from datetime import datetime

from pilot.documents import BilingualText
from pilot.plan import Change, Design
from pilot.result.parts import Part


class DeviationNote(Part):
    """A departure from the sealed plan, for page one.

    Attributes:
        recorded_at: When it was recorded.
        reason: Why, in the words of the one who recorded it.
        changes: What was changed, from what to what.
        sha256: Of the deviation, in the seal's chain.
    """

    recorded_at: datetime
    reason: str
    changes: tuple[Change, ...]
    sha256: str


class PilotFacts(Part):
    """What the plan says about the pilot."""

    title: BilingualText
    unit: BilingualText
    chosen_because: str
    design: Design
    launch_on: str
    sealed_at: datetime
    seal_sha256: str
    seed: int
    waves: dict[str, int]
    start_weeks: tuple[int, ...] = (0,)
    primary_scale: str
    primary_name: BilingualText
    primary_range: tuple[float, float]
    sesoi_points: float
    confidence_pct: float
    drift_allowance_points: float
    minimum_cell_n: int
    baseline_waves: tuple[str, ...]
    outcome_waves: tuple[str, ...]
    lasting_waves: tuple[str, ...]


class SourceNote(Part):
    """A file that was imported, so that every number can be traced."""

    table_name: str
    file_name: str
    sha256: str
