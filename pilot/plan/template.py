"""The plan that `pilot init` writes, with every entry explained in both languages."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from typing import Literal

import jinja2

from pilot.errors import Fault, PilotError
from pilot.i18n import message
from pilot.plan.folder import PilotFolder
from pilot.plan.model import RANDOMISED_DESIGNS, Design, Plan, Wave
from pilot.plan.protocol import read_plan

CalendarChoice = Literal["full", "one_baseline", "short"]

CALENDARS: dict[CalendarChoice, dict[str, int]] = {
    "full": {
        "baseline_1": -12,
        "baseline_2": 0,
        **{f"pulse_{number}": 4 * number for number in range(1, 6)},
        "endline": 24,
        "follow_up_1": 36,
        "follow_up_2": 44,
    },
    "one_baseline": {"baseline_1": 0, "endline": 24, "follow_up_1": 36},
    "short": {"baseline_1": 0, "endline": 12},
}
STARTS = (0, 12)  # of a staggered start; a later second start detects less, and decides later
STAGGERED_WAVES: dict[CalendarChoice, dict[str, int]] = {
    "full": {"pulse_6": 28, "pulse_7": 32, "follow_up_3": 48, "follow_up_4": 56},
    "one_baseline": {"follow_up_2": 48},
    "short": {"follow_up_1": 24},
}
"""What the second cohort needs beside the waves of the first: as many weeks after its own start."""
USUAL_DRIFT_POINTS = 0.09  # standard deviation between two units over half a year: .12 of a score's
FIRST_OUTCOME_WEEK = 12  # earlier pulses catch the novelty, not the practice


@dataclass(frozen=True)
class PlanAnswers:
    """What `pilot init` asks.

    Attributes:
        unit_name: The business unit.
        unit_name_en: Its name in English; the same if not said.
        launch_on: Day the practice starts.
        design: How the pilot teams get something to be compared with.
        teams: Teams to draw from (`waitlist`, `staggered`), or the pilot teams.
        comparison_teams: The other unit's teams, for the design `comparison`.
        calendar: Which of the calendars.
        sesoi_points: Smallest effect of interest on the 1-5 scale.
    """

    unit_name: str
    launch_on: date
    design: Design = "waitlist"
    teams: tuple[str, ...] = field(default_factory=tuple)
    comparison_teams: tuple[str, ...] = ()
    calendar: CalendarChoice = "full"
    sesoi_points: float = 0.15
    unit_name_en: str = ""


def write_plan(folder: PilotFolder, answers: PlanAnswers) -> None:
    """Write `plan.yaml` and the schema that editors check it with.

    Raises:
        PilotError: there is a plan already, or the answers do not make a plan; nothing is left behind.
    """
    if folder.plan.exists():
        found, remedy = message("there is a plan already."), message("Edit it, or choose another folder.")
        raise PilotError(message("No plan was written."), [Fault(str(folder.plan), found, remedy)])
    folder.path.mkdir(parents=True, exist_ok=True)
    folder.plan.write_text(render_plan(answers), "utf-8")
    try:
        read_plan(folder)
    except PilotError:
        folder.plan.unlink()
        raise
    schema = json.dumps(Plan.model_json_schema(), ensure_ascii=False, indent=1)
    folder.plan_schema.write_text(schema, "utf-8")


def render_plan(answers: PlanAnswers) -> str:
    """The plan's text."""
    template = (files("pilot.plan") / "plan.yaml.j2").read_text("utf-8")
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)  # noqa: S701 (YAML, not HTML)
    environment.filters["quoted"] = lambda text: json.dumps(text, ensure_ascii=False)
    own_waves = [Wave(id=wave_id, week=week) for wave_id, week in CALENDARS[answers.calendar].items()]
    staggered = answers.design == "staggered"
    return environment.from_string(template).render(
        answers=answers,
        unit_zh=answers.unit_name,
        unit_en=answers.unit_name_en or answers.unit_name,
        randomised=answers.design in RANDOMISED_DESIGNS,
        starts=STARTS if staggered else (),
        waves=calendar_waves(answers.calendar, answers.design),
        baseline=[wave.id for wave in own_waves if wave.kind == "baseline"],
        outcome=[
            wave.id for wave in own_waves if wave.kind in ("pulse", "endline") and wave.week >= FIRST_OUTCOME_WEEK
        ],
        lasting=[wave.id for wave in own_waves if wave.kind == "follow_up"],
        drift_allowance_points=USUAL_DRIFT_POINTS if answers.design == "comparison" else 0,
    )


def calendar_waves(choice: CalendarChoice, design: Design) -> tuple[Wave, ...]:
    """The waves of a calendar in order of time; a staggered start has those of its second cohort beside them."""
    weeks = CALENDARS[choice] | (STAGGERED_WAVES[choice] if design == "staggered" else {})
    in_order = sorted(weeks.items(), key=lambda wave: wave[1])
    return tuple(Wave(id=wave_id, week=week) for wave_id, week in in_order)
