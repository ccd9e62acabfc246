"""A large unit, block by block into a store: memory is bounded by a block of teams, not by the unit."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TimeRemainingColumn

from pilot.errors import Fault, PilotError
from pilot.i18n import message
from pilot.plan import Arm, Protocol
from pilot.schema.columns import TABLE_NAMES, TableName
from pilot.schema.tables import Draft
from pilot.simulate.layout import Layout, draw_layout, with_moves
from pilot.simulate.pilots import draw_pilots
from pilot.simulate.practice.phrases import Phrases
from pilot.simulate.scenario import Scenario
from pilot.simulate.tables import MANAGER_PREFIX, Codes, draw_codes, tables_of
from pilot.store import ImportRecord, Store

BLOCK_TEAMS = 256


@dataclass(frozen=True)
class Streamed:
    """What went into a store.

    Attributes:
        n_people: People of the unit, joiners too.
        n_blocks: Blocks of teams.
        n_rows: New rows of each table.
    """

    n_people: int
    n_blocks: int
    n_rows: Mapping[TableName, int]


def stream_tables(
    scenario: Scenario,
    protocol: Protocol,
    assignment: Mapping[str, Arm],
    seeds: np.random.SeedSequence,
    store: Store,
    simulated_at: datetime,
    *,
    starts: Mapping[str, int] | None = None,
    seal_sha256: str | None = None,
    console: Console | None = None,
    block_teams: int = BLOCK_TEAMS,
) -> Streamed:
    """Simulate one pilot of a plan straight into a store.

    Every block of teams draws from its own child of the seed, so a seed and a size of the blocks give the same rows
    on every machine, and a run that was broken off goes on where it stopped when it is started again. What a world
    does by comparing all teams (picking the worst, for instance) it does within a block, and transfers stay in it.

    Args:
        scenario: The world.
        protocol: The plan and its questionnaires.
        assignment: Arm of each team.
        seeds: Source of every random number; not spawned from before.
        store: Where the rows go; each table of each block is one transaction.
        simulated_at: Now.
        starts: Week of each pilot team's start; None: at the launch.
        seal_sha256: Of the sealed plan.
        console: Where a progress bar is drawn; None: nowhere.
        block_teams: Teams in a block.

    Raises:
        PilotError: a team has no arm or no start, the world cannot be had, or the store holds something else.
    """
    outline_seed, block_seed = seeds.spawn(2)
    rng = np.random.default_rng(outline_seed)
    layout = draw_layout(scenario, protocol, rng, assignment=assignment, starts=starts)
    codes = Codes(draw_codes(layout.n_people, rng), draw_codes(len(layout.team_ids), rng, MANAGER_PREFIX))
    phrases = Phrases.made_up(rng)
    blocks = _blocks(len(layout.team_ids), block_teams)
    n_rows: dict[TableName, int] = dict.fromkeys(TABLE_NAMES, 0)
    columns = (BarColumn(), MofNCompleteColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=console is None) as progress:
        for block, child in zip(progress.track(blocks), block_seed.spawn(len(blocks)), strict=True):
            rng, practice_rng = np.random.default_rng(child).spawn(2)
            part, part_codes = _part_of(layout, codes, block)
            part = with_moves(part, scenario.population.transfers_pct, *rng.spawn(1))
            pilots = draw_pilots(scenario, part, rng, 1)
            launch_on = protocol.plan.calendar.launch_on
            planes = tables_of(scenario, launch_on, pilots, part_codes, phrases, rng, practice_rng)
            frames = {name: frame for plane in planes for name, frame in vars(plane).items()}
            name = f"{scenario.id}-{seeds.entropy}-{block_teams}-{block.start}"
            for table in TABLE_NAMES:
                record = _record(table, name, simulated_at, seal_sha256)
                n_rows[table] += _save(store, table, frames[table], record)
    return Streamed(layout.n_people, len(blocks), n_rows)


def _blocks(n_teams: int, block_teams: int) -> list[slice]:
    return [slice(start, min(start + block_teams, n_teams)) for start in range(0, n_teams, block_teams)]


def _part_of(layout: Layout, codes: Codes, block: slice) -> tuple[Layout, Codes]:
    """The layout of some of the teams, and the codes of their people and managers."""
    people = slice(*np.searchsorted(layout.team, [block.start, block.stop]).tolist())
    part = replace(
        layout,
        team_ids=layout.team_ids[block],
        team=layout.team[people] - block.start,
        joins_later=layout.joins_later[people],
        start_week=None if layout.start_week is None else layout.start_week[block],
        chosen=None if layout.chosen is None else layout.chosen[block],
        moves=None,
    )
    return part, Codes(codes.people[people], codes.managers[block])


def _record(table: TableName, name: str, simulated_at: datetime, seal_sha256: str | None) -> ImportRecord:
    digest = hashlib.sha256(f"{name}/{table}".encode()).hexdigest()
    return ImportRecord(table, name, digest, simulated_at, 0, seal_sha256)


def _save(store: Store, table: TableName, frame: pd.DataFrame, record: ImportRecord) -> int:
    """Write one table of one block; returns the number of new rows."""
    if frame.empty:
        return 0
    draft = Draft(table, frame.assign(source_row=np.arange(2, len(frame) + 2), source_column="value"), {})
    saved, conflicts = store.save(draft, frame, record)
    if conflicts:
        found = message("other rows are stored under the same keys.")
        fault = Fault(f"{record.file_name} {table}", found, message("Take an empty database."))
        raise PilotError(message("The simulated unit was not written."), [fault])
    return saved.n_rows_new
