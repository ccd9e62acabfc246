"""Before the launch: whether this pilot can answer its question, and how often its verdict would be wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import product

import pandas as pd
from rich.console import Console

from pilot.cli.planning import now
from pilot.cli.speaking import Speaker
from pilot.errors import Fault, PilotError
from pilot.i18n import message
from pilot.plan import PilotFolder, Protocol, read_plan, sealed_protocol
from pilot.rehearsal import Rehearsal, Run, cells_of, rehearse, write_rehearsal
from pilot.rehearsal.planning import GridPoint, alternatives_to, sizes_at, sizes_like, with_teams
from pilot.rehearsal.promise import Alternative, outcomes_of, promise_of
from pilot.rehearsal.worlds import curve_cells
from pilot.resources import shipped_pages
from pilot.store import Store
from pilot.wording import Voice, labelled_table
from pilot.wording.rehearsed import per_100, promise_sentences, rehearsal_columns, rehearsal_row

RANGE = re.compile(r"(\d+):(\d+)(?::(\d+))?")
USUAL_STEP = {"teams": 4, "people": 4}
MOST_VALUES = 1000  # of a range; more are out of bounds anyway
LEAST, MOST = {"teams": 4, "people": 2}, {"teams": 400, "people": 500}


def rehearse_plan(
    folder: PilotFolder,
    scenarios: Iterable[str],
    run: Run,
    speaker: Speaker,
    *,
    database: str,
    response_rate: float | None,
    n_jobs: int,
    cluster: str | None,
) -> Rehearsal:
    """Rehearse the plan of a folder, write `rehearsal.json` and say what it comes to."""
    protocol = _protocol_of(folder)
    sizes = _sizes_of(folder, protocol, database)
    run = Run(run.n_replicates, run.seed, sizes, run.with_customary_tests)
    cells = cells_of(protocol, tuple(scenarios) or sorted(shipped_pages("simulations")), response_rate=response_rate)
    progress = Console(stderr=True)
    tallies = rehearse(
        protocol, cells, run, n_jobs=n_jobs, cluster=cluster, unfinished=folder.unfinished_rehearsal, console=progress
    )
    promise = promise_of(outcomes_of(cells, tallies))
    alternatives = () if promise.answers else _alternatives(protocol, run, response_rate, n_jobs, cluster, progress)
    rehearsal = Rehearsal.of(
        protocol,
        cells,
        tallies,
        made_at=now(),
        seed=run.seed,
        n_replicates=run.n_replicates,
        sizes_from_roster=sizes is not None,
        response_rate=response_rate,
        alternatives=alternatives,
    )
    write_rehearsal(folder.rehearsal, rehearsal)
    folder.unfinished_rehearsal.unlink(missing_ok=True)
    _say(rehearsal, speaker)
    speaker.done(message("The rehearsal is in {path}.", path=folder.rehearsal))
    return rehearsal


def rehearse_grid(
    folder: PilotFolder,
    grid: Iterable[str],
    run: Run,
    speaker: Speaker,
    *,
    response_rate: float | None,
    n_jobs: int,
    cluster: str | None,
) -> None:
    """Try the plan at other numbers of teams and people, and say what each could tell."""
    protocol, voice = _protocol_of(folder), Voice(speaker.language)
    points = grid_points(grid)
    headings = [
        message("Teams"),
        message("People per team"),
        message("Finds effects from"),
        message("Scale if nothing works"),
        message("Stop if nothing works"),
    ]
    rows = []
    for point in points:
        other = with_teams(protocol, point.n_teams)
        cells = curve_cells(other, response_rate=response_rate)
        sized = Run(run.n_replicates, run.seed, sizes_at(other, point.n_people), with_customary_tests=False)
        tallies = rehearse(other, cells, sized, n_jobs=n_jobs, cluster=cluster, console=Console(stderr=True))
        promise = promise_of(outcomes_of(cells, tallies))
        mde = promise.verdict_mde
        rows.append(
            [
                voice.count(point.n_teams),
                voice.count(point.n_people),
                voice.say(message("none up to “large”")) if mde is None else voice.size(mde),
                per_100(promise.nothing.said("scale"), voice),
                per_100(promise.nothing.said("stop"), voice),
            ]
        )
    speaker.table(labelled_table(headings, rows, voice))


def grid_points(grid: Iterable[str]) -> list[GridPoint]:
    """`teams=8:24:4 people=8,12` as all combinations.

    Raises:
        PilotError: it is not written so.
    """
    values: dict[str, list[int]] = {}
    for entry in grid:
        name, _, text = entry.partition("=")
        values[name] = _numbers(text, USUAL_STEP.get(name, 1))
    in_bounds = all(
        LEAST[name] <= number <= MOST[name] for name, numbers in values.items() if name in LEAST for number in numbers
    )
    if set(values) != set(USUAL_STEP) or not all(values.values()) or not in_bounds:
        found = message("“{grid}” cannot be read.", grid=" ".join(grid))
        remedy = message(
            "Write it like teams=8:24:4 people=8,12,20; {least} to {most} teams, {fewest} to {largest} people.",
            least=LEAST["teams"],
            most=MOST["teams"],
            fewest=LEAST["people"],
            largest=MOST["people"],
        )
        raise PilotError(message("The rehearsal did not start."), [Fault("--grid", found, remedy)])
    return [GridPoint(*point) for point in product(values["teams"], values["people"])]


def _numbers(text: str, usual_step: int) -> list[int]:
    span = RANGE.fullmatch(text)
    if span:
        first, last, step = int(span[1]), int(span[2]), int(span[3] or usual_step)
        return list(range(first, min(last, MOST_VALUES * step + first) + 1, step)) if step else []
    parts = text.replace("，", ",").split(",")
    return list(dict.fromkeys(int(part) for part in parts)) if all(part.strip().isdecimal() for part in parts) else []


def _protocol_of(folder: PilotFolder) -> Protocol:
    return sealed_protocol(folder)[0] if folder.seal.exists() else read_plan(folder)


def _sizes_of(folder: PilotFolder, protocol: Protocol, database: str) -> Mapping[str, int] | None:
    """People of each team at the first wave, as on the roster; None where no roster was imported yet.

    Raises:
        PilotError: the roster lacks some of the teams.
    """
    if database == folder.database_url and not folder.has_database:
        return None
    with Store(database) as store:
        roster = store.tables().roster
    if roster.empty:
        return None
    opens = pd.Timestamp(protocol.plan.calendar.wave_on(protocol.plan.calendar.wave_ids[0]))
    there = ~(roster["joined_on"] > opens) & ~(roster["left_on"] <= opens)
    counted = roster.loc[there, "team_id"].value_counts()
    faults = [
        Fault(team, message("the roster has nobody in this team."), message("Import the whole roster first."))
        for team in protocol.plan.teams.all
        if team not in counted.index
    ]
    if faults:
        raise PilotError(message("The rehearsal did not start."), faults)
    return {team: int(counted[team]) for team in protocol.plan.teams.all}


def _alternatives(
    protocol: Protocol, run: Run, response_rate: float | None, n_jobs: int, cluster: str | None, console: Console
) -> list[Alternative]:
    """Other plans along the curve of effects, with teams as large as the plan's."""
    found = []
    for code, other in alternatives_to(protocol):
        cells = curve_cells(other, response_rate=response_rate)
        sized = Run(run.n_replicates, run.seed, sizes_like(run.team_sizes, other), with_customary_tests=False)
        tallies = rehearse(other, cells, sized, n_jobs=n_jobs, cluster=cluster, console=console)
        found.append(Alternative(code=code, n_teams=len(other.plan.teams.all), curve=outcomes_of(cells, tallies)))
    return found


def _say(rehearsal: Rehearsal, speaker: Speaker) -> None:
    voice = Voice(speaker.language)
    rows = [rehearsal_row(cell, voice) for cell in rehearsal.cells]
    speaker.table(labelled_table(rehearsal_columns(), rows, voice))
    for sentence in promise_sentences(rehearsal, voice):
        speaker.say(f"· {sentence}")
