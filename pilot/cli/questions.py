"""The few questions of `pilot init`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

import typer

from pilot.cli.speaking import Speaker
from pilot.i18n import Message, message
from pilot.plan import Design, PlanAnswers
from pilot.plan.template import CalendarChoice

WEEKS_TO_LAUNCH = 13  # room for the first baseline, twelve weeks before the launch
EXAMPLE_TEAMS = tuple(f"T{number:02d}" for number in range(1, 17))
EXAMPLE_COMPARISON_TEAMS = tuple(f"C{number:02d}" for number in range(1, 17))
USUAL_SESOI_POINTS = 0.15


@dataclass(frozen=True)
class GivenAnswers:
    """What the options of `pilot init` said; empty where they did not."""

    unit_name: str
    launch_on: date | None
    design: Design
    teams: tuple[str, ...]
    comparison_teams: tuple[str, ...]
    calendar: CalendarChoice
    sesoi_points: float | None


def ask_plan(given: GivenAnswers, speaker: Speaker, today: date, *, silent: bool) -> PlanAnswers:
    """Ask what the options did not say; silently take the usual answers."""
    usual_launch = today + timedelta(weeks=WEEKS_TO_LAUNCH, days=(7 - today.weekday()) % 7)
    asker = _Asker(speaker, silent)
    unit_name = given.unit_name or asker.text(
        message("Which business unit?"), message("Example unit").text(speaker.language)
    )
    teams = given.teams or asker.names(message("Which teams, separated by commas?"), EXAMPLE_TEAMS)
    comparison_teams = given.comparison_teams
    if given.design == "comparison" and not comparison_teams:
        comparison_teams = asker.names(message("Which teams of the other unit?"), EXAMPLE_COMPARISON_TEAMS)
    return PlanAnswers(
        unit_name=unit_name,
        launch_on=given.launch_on or asker.day(message("On which day does it start?"), usual_launch),
        design=given.design,
        teams=teams,
        comparison_teams=comparison_teams,
        calendar=given.calendar,
        sesoi_points=given.sesoi_points
        or asker.points(message("Smallest effect worth scaling, in points of the 1-5 scale?"), USUAL_SESOI_POINTS),
    )


def split_names(names: str) -> tuple[str, ...]:
    """Team names separated by commas of either width."""
    parts = names.replace("，", ",").replace("、", ",").split(",")
    return tuple(name.strip() for name in parts if name.strip())


@dataclass(frozen=True)
class _Asker:
    speaker: Speaker
    silent: bool

    def text(self, question: Message, usual: str) -> str:
        if self.silent:
            return usual
        answer: str = typer.prompt(question.text(self.speaker.language), default=usual)
        return answer

    def names(self, question: Message, usual: tuple[str, ...]) -> tuple[str, ...]:
        return split_names(self.text(question, ",".join(usual)))

    def day(self, question: Message, usual: date) -> date:
        while True:
            answer = self.text(question, usual.isoformat())
            try:
                return date(*map(int, re.findall(r"\d+", answer)))
            except (ValueError, TypeError):
                self.speaker.say(message("Write it as 2027-03-01."))

    def points(self, question: Message, usual: float) -> float:
        while True:
            answer = self.text(question, str(usual))
            try:
                return float(answer)
            except ValueError:
                self.speaker.say(message("Write a number, with a point for decimals."))
