"""Where the files of one pilot lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PilotFolder:
    """One folder holds one pilot.

    Attributes:
        path: The folder.
    """

    path: Path

    @property
    def plan(self) -> Path:
        """The plan, edited by people until it is sealed."""
        return self.path / "plan.yaml"

    @property
    def plan_schema(self) -> Path:
        """JSON Schema of the plan, for editors."""
        return self.path / "plan.schema.json"

    @property
    def seal(self) -> Path:
        """The sealed plan, its assignment and its deviations."""
        return self.path / "seal.json"

    @property
    def database_url(self) -> str:
        """The embedded default store: a SQLite file in the folder."""
        return f"sqlite:///{self.path / 'pilot.sqlite'}"

    @property
    def has_database(self) -> bool:
        """Whether the embedded store exists."""
        return (self.path / "pilot.sqlite").exists()

    @property
    def rehearsal(self) -> Path:
        """What the rehearsal found."""
        return self.path / "rehearsal.json"

    @property
    def unfinished_rehearsal(self) -> Path:
        """Parts of a rehearsal that was broken off."""
        return self.path / "rehearsal.unfinished.jsonl"

    @property
    def rejected(self) -> Path:
        """Fault lists of files that were not imported."""
        return self.path / "rejected"

    @property
    def result(self) -> Path:
        """The analyst's result: aggregates before disclosure control; not for circulation."""
        return self.path / "result.json"

    @property
    def releases(self) -> Path:
        """Numbered releases: the only thing that views read."""
        return self.path / "releases"

    @property
    def ledger(self) -> Path:
        """Who stood behind each release: confidential, never published."""
        return self.path / "ledger.json"

    @property
    def report(self) -> Path:
        """The report in all its forms; `report.html` is the one with both languages."""
        return self.path / "report"

    @property
    def scale_sheets(self) -> Path:
        """How well the scales measure, for the analyst; not for circulation."""
        return self.path / "scale_sheets.html"
