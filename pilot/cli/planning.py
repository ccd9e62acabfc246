"""The steps before the first answer. They load no statistics, so that they start at once."""

from __future__ import annotations

from datetime import UTC, datetime

from pilot.cli.speaking import Speaker
from pilot.i18n import message
from pilot.plan import PilotFolder, PlanAnswers, Seal, read_plan, record_deviation, seal_plan, write_plan
from pilot.plan.sealing import protocol_in_force


def now() -> datetime:
    """This moment, to the second, in UTC."""
    return datetime.now(UTC).replace(microsecond=0)


def init(folder: PilotFolder, answers: PlanAnswers, speaker: Speaker) -> None:
    """Write a plan."""
    write_plan(folder, answers)
    speaker.done(message("The plan is in {path}. Read it, change it, then seal it.", path=folder.plan))


def check(folder: PilotFolder, speaker: Speaker) -> None:
    """Read the plan and say whether it can be sealed."""
    plan = read_plan(folder).plan
    speaker.done(
        message(
            "The plan is in order: {teams} teams, {waves} waves, evidence grade {grade}.",
            teams=len(plan.teams.all),
            waves=len(plan.calendar.waves),
            grade=plan.grade,
        )
    )


def seal(folder: PilotFolder, seed: int, speaker: Speaker) -> None:
    """Freeze the plan and draw the teams."""
    sealed = seal_plan(folder, now(), seed)
    plan = protocol_in_force(sealed).plan
    arms = list(sealed.assignment.values())
    speaker.done(
        message(
            "The plan is sealed. Pilot teams: {pilot}, comparison teams: {comparison}.",
            pilot=arms.count("pilot"),
            comparison=arms.count("comparison"),
        )
    )
    if len(set(sealed.starts.values())) > 1:
        _say_cohorts(sealed, speaker)
    elif plan.is_randomised:
        drawn = [team for team, arm in sealed.assignment.items() if arm == "pilot"]
        speaker.say(message("The lot fell on: {teams}.", teams=drawn))
    if plan.calendar.launch_on < sealed.sealed_at.date():
        speaker.warn(
            message(
                "The launch, {date}, lies in the past: a plan sealed after it is no promise, and page one will say so.",
                date=plan.calendar.launch_on.isoformat(),
            )
        )
    speaker.say(
        message(
            "Keep this fingerprint outside of this folder, for example in an e-mail: {sha256}",
            sha256=sealed.sha256,
        )
    )


def _say_cohorts(sealed: Seal, speaker: Speaker) -> None:
    """Who starts when, where teams start in turns."""
    for week in sorted(set(sealed.starts.values())):
        teams = [team for team, start in sealed.starts.items() if start == week]
        speaker.say(message("They start in week {week}: {teams}.", week=week, teams=teams))
    held = [team for team in sealed.assignment if team not in sealed.starts]
    speaker.say(message("They wait until after the last follow-up: {teams}.", teams=held))


def deviate(folder: PilotFolder, reason: str, speaker: Speaker) -> None:
    """Record a change of the sealed plan."""
    deviation = record_deviation(folder, reason, now())
    paths = [change.path for change in deviation.changes]
    speaker.done(message("The deviation is recorded and will stand on page one: {paths}", paths=paths))
    speaker.say(message("Its fingerprint, to be kept like the first: {sha256}", sha256=deviation.sha256))
