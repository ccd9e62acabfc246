"""One pilot as lifelike tables: the same world, one replicate, with codes, dates and names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from faker import Faker
from numpy.typing import NDArray

from pilot.errors import Fault, PilotError
from pilot.i18n import message
from pilot.plan import Arm, Protocol
from pilot.schema.columns import TABLE_NAMES
from pilot.schema.tables import PracticeTables, Tables
from pilot.simulate.latent import FloatArray
from pilot.simulate.layout import IntArray, Layout, draw_layout
from pilot.simulate.pilots import SimulatedPilots, draw_pilots
from pilot.simulate.practice.drawing import draw_practice
from pilot.simulate.practice.phrases import Phrases
from pilot.simulate.practice.submissions import draw_submissions
from pilot.simulate.practice.surroundings import describe_people, draw_business_results, draw_comments
from pilot.simulate.practice.workplace import Workplace
from pilot.simulate.scenario import Scenario

CODE_LETTERS = np.array(list("ABCDEFGHJKLMNPQRSTUVWXYZ23456789"))  # without I, O, 0 and 1, which people mix up
CODE_LENGTH = 6
MANAGER_PREFIX = "M-"
DAYS_A_YEAR = 365.25


@dataclass(frozen=True)
class Codes:
    """Pseudonymous codes.

    Attributes:
        people: In the order of the world, shape (people,).
        managers: One a team, shape (teams,).
    """

    people: NDArray[np.object_]
    managers: NDArray[np.object_]


@dataclass(frozen=True)
class SimulatedPilot:
    """One pilot and what is true of it.

    Attributes:
        scenario_id: The world it comes from.
        tables: Roster and confidential plane, as an import would leave them.
        item_ids: The questions, in the order of the questionnaires.
        wave_ids: In order of time.
        names: `person_id` and display name; kept apart, as a company keeps them.
        truth: The estimands by name (see `course.truths`).
        practice: The practice plane, as an import would leave it.
    """

    scenario_id: str
    tables: Tables
    item_ids: tuple[str, ...]
    wave_ids: tuple[str, ...]
    names: pd.DataFrame
    truth: Mapping[str, float]
    practice: PracticeTables = field(default_factory=PracticeTables)


def simulate_tables(
    scenario: Scenario,
    protocol: Protocol,
    assignment: Mapping[str, Arm],
    rng: np.random.Generator,
    starts: Mapping[str, int] | None = None,
) -> SimulatedPilot:
    """Simulate one pilot of a plan.

    Args:
        scenario: The world.
        protocol: The plan and its questionnaires.
        assignment: Arm of each team.
        rng: Source of every random number.
        starts: Week of each pilot team's start; None: at the launch.

    Raises:
        PilotError: a team has no arm or no start, or the world cannot be had with the plan's questionnaires.
    """
    # A stream of its own for the practice: the same seed gives the same answers with any practice.
    (practice_rng,) = rng.spawn(1)
    layout = draw_layout(scenario, protocol, rng, assignment=assignment, starts=starts)
    pilots = draw_pilots(scenario, layout, rng, 1)
    codes = Codes(draw_codes(layout.n_people, rng), draw_codes(len(layout.team_ids), practice_rng, MANAGER_PREFIX))
    launch_on, phrases = protocol.plan.calendar.launch_on, Phrases.made_up(practice_rng)
    tables, practice = tables_of(scenario, launch_on, pilots, codes, phrases, rng, practice_rng)
    return SimulatedPilot(
        scenario_id=scenario.id,
        tables=tables,
        item_ids=layout.item_ids,
        wave_ids=layout.wave_ids,
        names=_names(tables.roster["person_id"], rng),
        truth={name: float(value[0]) for name, value in pilots.truth.items()},
        practice=practice,
    )


def tables_of(
    scenario: Scenario,
    launch_on: date,
    pilots: SimulatedPilots,
    codes: Codes,
    phrases: Phrases,
    rng: np.random.Generator,
    practice_rng: np.random.Generator,
) -> tuple[Tables, PracticeTables]:
    """Both planes of one replicate as tables.

    Args:
        scenario: The world.
        launch_on: Day of the launch.
        pilots: One replicate of it.
        codes: Of its people and managers.
        phrases: Texts to draw from.
        rng: Source of the random numbers of the roster's dates.
        practice_rng: Source of all other random numbers.
    """
    settings, launch = scenario.practice, np.datetime64(launch_on, "D")
    (submission_rng,) = practice_rng.spawn(1)
    roster = _roster(scenario, launch_on, pilots, codes.people, rng)
    roster = describe_people(roster, pilots.layout.team_ids, codes.managers, launch, settings, practice_rng)
    workplace = Workplace.of(scenario, pilots, roster, launch_on, practice_rng)
    results = draw_business_results(pilots, settings.business_result, practice_rng)
    tables = Tables(
        roster=roster,
        responses=_responses(pilots, codes.people),
        team_measures=pd.concat([_team_measures(pilots), results], ignore_index=True),
        comments=draw_comments(pilots, roster, codes.people, settings, phrases, practice_rng),
        submissions=draw_submissions(scenario, pilots, roster, codes.people, launch_on, submission_rng),
    )
    return tables, draw_practice(workplace, phrases, practice_rng)


def write_simulated_files(simulated: SimulatedPilot, folder: Path) -> None:
    """Write the tables as a company's exports would look, and the truth beside them.

    One CSV a table, named like the table: `roster.csv`, `goals.csv` ...; `responses.csv` has one row a person and
    wave that was answered, and one column a question; `truth.json`. Names are not written.

    Raises:
        PilotError: the folder cannot be written to.
    """
    truth = {"scenario": simulated.scenario_id, "truth": dict(simulated.truth)}
    frames = vars(simulated.tables) | vars(simulated.practice) | {"responses": _one_row_a_questionnaire(simulated)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for table in TABLE_NAMES:
            # The byte order mark tells Excel that it is UTF-8.
            frames[table].to_csv(
                folder / f"{table}.csv",
                index=False,
                encoding="utf-8-sig",
                lineterminator="\n",
                float_format="%.10g",
                date_format="%Y-%m-%d",
            )
        text = json.dumps(truth, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        (folder / "truth.json").write_text(text, "utf-8", newline="\n")
    except OSError as error:
        found = message("cannot be written: {reason}.", reason=error.strerror)
        remedy = message("Choose a folder that you may write to.")
        raise PilotError(
            message("The simulated files were not written."), [Fault(str(folder), found, remedy)]
        ) from None


def draw_codes(n: int, rng: np.random.Generator, prefix: str = "") -> NDArray[np.object_]:
    """Pseudonymous codes, all different, that say nothing about team or name."""
    base = len(CODE_LETTERS)
    numbers = rng.choice(base**CODE_LENGTH, size=n, replace=False)
    digits = numbers[:, None] // base ** np.arange(CODE_LENGTH) % base
    letters = np.ascontiguousarray(CODE_LETTERS[digits])
    if not n:
        return np.empty(0, dtype=object)
    codes: NDArray[np.object_] = np.strings.add(prefix, letters.view(f"<U{CODE_LENGTH}")[:, 0]).astype(object)
    return codes


def _roster(
    scenario: Scenario,
    launch_on: date,
    pilots: SimulatedPilots,
    codes: NDArray[np.object_],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Dates that put everybody on the roster in the same waves as in the world; sorted by code."""
    layout = pilots.layout
    tenure_weeks = rng.exponential(scenario.population.tenure_years * DAYS_A_YEAR / 7, len(codes))
    joined = np.where(layout.joins_later, pilots.joined_week[0], layout.weeks[0] - tenure_weeks)
    left = np.where(pilots.left_week[0] <= layout.weeks[-1], pilots.left_week[0], np.nan)
    team_ids = np.array(layout.team_ids, dtype=object)
    moved, moved_to = _moves(layout, joined, left)
    roster = pd.DataFrame(
        {
            "person_id": pd.Series(codes, dtype="str"),
            "team_id": pd.Series(team_ids[layout.team], dtype="str"),
            "joined_on": _dates(launch_on, joined),
            "left_on": _dates(launch_on, left),
            "moved_on": _dates(launch_on, moved),
            "moved_to_team_id": pd.Series(team_ids[moved_to], dtype="str").where(~np.isnan(moved)),
        }
    )
    return roster.sort_values("person_id", ignore_index=True)


def _moves(layout: Layout, joined: FloatArray, left: FloatArray) -> tuple[FloatArray, IntArray]:
    """Week of each person's transfer and index of the new team; NaN for who stays, or was not there to be moved."""
    if layout.moves is None:
        return np.full(layout.n_people, np.nan), layout.team
    week = layout.moves.week
    there = np.isfinite(week) & (joined < week) & ~(left <= week)
    return np.where(there, week, np.nan), layout.moves.to_team


def _dates(launch_on: date, weeks: NDArray[np.float64]) -> pd.Series[pd.Timestamp]:
    """The day that begins after so many weeks, missing for NaN.

    Rounded up: a wave opens on a whole day, and who joins during the day before is there.
    """
    known = np.isfinite(weeks)
    days = np.ceil(7 * np.where(known, weeks, 0)).astype("timedelta64[D]")
    dates = np.where(known, np.datetime64(launch_on, "D") + days, np.datetime64("NaT", "D"))
    return pd.Series(dates.astype("datetime64[us]"))


def _responses(pilots: SimulatedPilots, codes: NDArray[np.object_]) -> pd.DataFrame:
    """One row an answer, in the order of code, wave and question."""
    layout, order = pilots.layout, np.argsort(codes)
    answers = pilots.answers[0][order]
    person, wave, item = (~np.isnan(answers)).nonzero()
    return pd.DataFrame(
        {
            "person_id": pd.Series(codes[order][person], dtype="str"),
            "wave_id": pd.Series(np.array(layout.wave_ids, dtype=object)[wave], dtype="str"),
            "item_id": pd.Series(np.array(layout.item_ids, dtype=object)[item], dtype="str"),
            # Single precision in the world; rounding takes the noise beyond it off.
            "value": np.round(answers[person, wave, item], 4),
        }
    )


def _team_measures(pilots: SimulatedPilots) -> pd.DataFrame:
    layout = pilots.layout
    team, wave, measure = (~np.isnan(pilots.team_measures[0])).nonzero()
    return pd.DataFrame(
        {
            "team_id": pd.Series(np.array(layout.team_ids, dtype=object)[team], dtype="str"),
            "wave_id": pd.Series(np.array(layout.wave_ids, dtype=object)[wave], dtype="str"),
            "measure_id": pd.Series(np.array(layout.measure_ids, dtype=object)[measure], dtype="str"),
            "value": np.round(pilots.team_measures[0][team, wave, measure], 3),
        }
    )


def _names(codes: pd.Series[str], rng: np.random.Generator) -> pd.DataFrame:
    faker = Faker("zh_CN")
    faker.seed_instance(int(rng.integers(2**63)))
    return pd.DataFrame({"person_id": codes, "name": pd.Series([faker.name() for _ in codes], dtype="str")})


def _one_row_a_questionnaire(simulated: SimulatedPilot) -> pd.DataFrame:
    responses = simulated.tables.responses
    wide = responses.pivot_table(index=["person_id", "wave_id"], columns="item_id", values="value")
    wide = wide.reindex(columns=list(simulated.item_ids)).reset_index()
    wave = pd.Categorical(wide["wave_id"], categories=list(simulated.wave_ids), ordered=True)
    wide = wide.assign(wave_id=wave).sort_values(["person_id", "wave_id"], ignore_index=True)
    return wide.astype({"wave_id": "str"})
