"""What has been published about whom: the confidential memory that keeps releases from being subtracted.

Two releases whose groups differ by a few people reveal those few. So the analysis leaves out late answers of fewer
people than the minimum, until enough have come; which answers were in is remembered here, by the hash of each
person's code. The file stays with the data and is never part of a release.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from pilot.errors import Fault, PilotError
from pilot.i18n import message
from pilot.plan import Plan
from pilot.scores import BoolArray, FloatArray, Panel

Seen = Mapping[str, tuple[str, ...]]
"""For each scale or measure and wave (`engagement|endline`): hashes of the people (teams) that had a value."""


class LedgerEntry(BaseModel):
    """One release.

    Attributes:
        number: Of the release.
        seen: What stood behind it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    seen: dict[str, tuple[str, ...]]


class Ledger(BaseModel):
    """All releases of a pilot, oldest first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entries: tuple[LedgerEntry, ...] = ()

    @property
    def last_number(self) -> int:
        """Number of the newest release; 0 before the first."""
        return self.entries[-1].number if self.entries else 0

    @property
    def last_seen(self) -> Seen:
        """What stood behind the newest release."""
        return self.entries[-1].seen if self.entries else {}


def read_ledger(path: Path) -> Ledger:
    """Read the ledger; an empty one where nothing was published yet.

    Raises:
        PilotError: the file is damaged.
    """
    if not path.exists():
        return Ledger()
    try:
        return Ledger.model_validate_json(path.read_text("utf-8"))
    except (ValidationError, UnicodeDecodeError):
        found = message("the memory of what was published cannot be read.")
        remedy = message("Restore the file from your backup; without it releases could be subtracted from each other.")
        raise PilotError(message("Nothing was published."), [Fault(path.name, found, remedy)]) from None


def write_ledger(path: Path, ledger: Ledger) -> None:
    """Write the ledger as a whole."""
    draft = path.with_suffix(".draft")
    draft.write_text(ledger.model_dump_json(), "utf-8")
    draft.replace(path)


def seen_in(panel: Panel, salt: str) -> dict[str, tuple[str, ...]]:
    """Who has a value where, in the one replicate of a real pilot."""
    hashes = _hashes(panel, salt)
    return {
        cell: tuple(sorted(map(str, hashes[cell.split("|")[0]][~np.isnan(values)]))) for cell, values in _cells(panel)
    }


def hold_back_a_few(panel: Panel, plan: Plan, published: Seen, salt: str) -> tuple[Panel, bool]:
    """Leave out what has come in since the last release from fewer people (teams) of an arm than the minimum.

    Checked for each scale or measure and wave, and for the linked panel and its follow-up, which can change by a few
    although each of their waves changed by many.

    Returns:
        The panel, and whether anything was left out.
    """
    minimum = plan.privacy.minimum_cell_n
    hashes = _hashes(panel, salt)
    before = {
        cell: np.isin(hashes[cell.split("|")[0]], published[cell]) for cell, _ in _cells(panel) if cell in published
    }
    kept = {name: values.copy() for name, values in [*panel.scores.items(), *panel.measures.items()]}
    for cell, was_there in before.items():
        name, wave = cell.split("|")
        values = kept[name][0, :, panel.wave_ids.index(wave)]
        values[_few_new(~np.isnan(values), was_there, _treated(panel, name), minimum)] = np.nan
    for scale in panel.scores:
        for waves in (plan.analysis.outcome, plan.analysis.lasting):
            _keep_linked(scale, kept[scale], before, panel, plan, waves)
    held = any(
        not np.array_equal(kept[name], values, equal_nan=True)
        for name, values in [*panel.scores.items(), *panel.measures.items()]
    )
    scores = {name: kept[name] for name in panel.scores}
    return replace(panel, scores=scores, measures={name: kept[name] for name in panel.measures}), held


def _keep_linked(
    scale: str, values: FloatArray, before: Mapping[str, BoolArray], panel: Panel, plan: Plan, waves: tuple[str, ...]
) -> None:
    """Take the waves behind a linked group back to what was published, where the group changed by a few."""
    behind = [*plan.analysis.baseline, *waves]
    if not waves or any(f"{scale}|{wave}" not in before for wave in behind):
        return

    def linked(there: Mapping[str, BoolArray]) -> BoolArray:
        start, end = (np.any([there[wave] for wave in part], axis=0) for part in (plan.analysis.baseline, waves))
        both: BoolArray = start & end
        return both

    places = {wave: panel.wave_ids.index(wave) for wave in behind}
    now = {wave: ~np.isnan(values[0, :, place]) for wave, place in places.items()}
    was = {wave: before[f"{scale}|{wave}"] for wave in behind}
    few = _few_new(linked(now), linked(was), panel.roster.person_treated[0], plan.privacy.minimum_cell_n)
    for arm in (panel.roster.person_treated[0], ~panel.roster.person_treated[0]):
        if (few & arm).any():
            for wave, place in places.items():
                values[0, arm & ~was[wave], place] = np.nan


def _few_new(present: BoolArray, was_there: BoolArray, treated: BoolArray, minimum: int) -> BoolArray:
    """Those who are new in an arm in which fewer than the minimum are."""
    new = present & ~was_there
    few = np.zeros(new.shape, dtype=np.bool_)
    for arm in (treated, ~treated):
        if 0 < (new & arm).sum() < minimum:
            few |= new & arm
    return few


def _cells(panel: Panel) -> Iterator[tuple[str, FloatArray]]:
    for name, values in [*panel.scores.items(), *panel.measures.items()]:
        for place, wave in enumerate(panel.wave_ids):
            yield f"{name}|{wave}", values[0, :, place]


def _treated(panel: Panel, name: str) -> BoolArray:
    return panel.roster.person_treated[0] if name in panel.scores else panel.roster.treated[0]


def _hashes(panel: Panel, salt: str) -> dict[str, NDArray[np.str_]]:
    """Hash of every person (team), by scale (measure)."""
    people, teams = (
        np.array([hashlib.sha256(f"{salt}|{code}".encode()).hexdigest()[:16] for code in codes], dtype=str)
        for codes in (panel.roster.person_ids, panel.roster.team_ids)
    )
    return dict.fromkeys(panel.scores, people) | dict.fromkeys(panel.measures, teams)
