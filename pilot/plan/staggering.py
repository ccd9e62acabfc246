"""The staggered start: cohorts that are drawn by lot and start in turns, the last one held back.

The first cohort follows the calendar as it stands. A later one is asked the same weeks after its own start, so each
start needs its own waves; what `analysis` calls an outcome or a lasting wave counts from a team's own start. The
cohort that is held back waits until after the last of these waves: without it a lift that comes with being watched
would look like an effect.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pilot.documents import Contradiction
from pilot.errors import Fault, PilotError
from pilot.i18n import message

if TYPE_CHECKING:
    from pilot.plan.model import Arm, Plan

FEWEST_STARTS = 2  # with one, and a cohort held back, the design is a waitlist
TEAMS_IN_A_COHORT = 2


def cohort_sizes(n_teams: int, n_starts: int) -> tuple[int, ...]:
    """Teams of each drawn cohort in the order of their starts, and of the one that is held back.

    As even as can be. Of a waitlist the spare team starts now; in a staggered start everybody is compared with the
    cohort that is held back, so spare teams go there first, then to the last to start.
    """
    n_cohorts = n_starts + 1
    smallest, spare = divmod(n_teams, n_cohorts)
    if n_starts == 1:
        return (smallest + spare, smallest)
    return tuple(smallest + (place >= n_cohorts - spare) for place in range(n_cohorts))


def staggered_df(n_teams: int, n_starts: int) -> float:
    """Degrees of freedom of the mean of the started cohorts against the one held back, all teams alike.

    Welch's formula with equal variances; the started cohorts weigh by their teams. 0 where a cohort has one team.
    """
    sizes = cohort_sizes(n_teams, n_starts)
    if min(sizes) <= 1:
        return 0.0
    *started, held = sizes
    parts = [(n / sum(started)) ** 2 / n for n in started] + [1 / held]
    return float(sum(parts) ** 2 / sum(part**2 / (n - 1) for part, n in zip(parts, sizes, strict=True)))


def start_weeks(
    plan: Plan, team_ids: Sequence[str], assignment: Mapping[str, Arm], starts: Mapping[str, int] | None
) -> NDArray[np.float64]:
    """Week after the launch in which each team starts, infinite for comparison teams, shape (teams,).

    Args:
        plan: The plan.
        team_ids: Teams, in the order of the result.
        assignment: Arm of each team.
        starts: Week of each pilot team's start; None: at the launch, which is so but for a staggered start.

    Raises:
        PilotError: a pilot team of a staggered start has no week.
    """
    known = starts or {}
    at_launch = starts is None and plan.starts == (0,)
    faults = [
        Fault(team_id, message("this team has no start."), message("Take assignment and starts from one seal."))
        for team_id in team_ids
        if assignment[team_id] == "pilot" and team_id not in known and not at_launch
    ]
    if faults:
        raise PilotError(message("The teams' starts are not known."), faults)
    weeks = [known.get(team_id, 0) if assignment[team_id] == "pilot" else np.inf for team_id in team_ids]
    return np.array(weeks, dtype=np.float64)


def staggering_contradictions(plan: Plan) -> Iterator[Contradiction]:
    """Starts that do not go with the design or with the calendar."""
    starts = plan.calendar.starts
    if plan.design != "staggered":
        if starts:
            yield Contradiction(
                ("calendar", "starts"),
                message("the design “{design}” has one start for all pilot teams: the launch.", design=plan.design),
                message("Remove this entry, or write the design “staggered”."),
            )
        return
    if len(starts) < FEWEST_STARTS:
        yield Contradiction(
            ("calendar", "starts"),
            message("{count} starts are too few for the design “staggered”.", count=len(starts)),
            message("Write at least two weeks, [0, 12] for instance; with a single start the design is “waitlist”."),
        )
        return
    if starts[0] != 0 or any(later <= earlier for earlier, later in pairwise(starts)):
        yield Contradiction(
            ("calendar", "starts"),
            message("the starts are {starts}.", starts=list(starts)),
            message("The first cohort starts with the launch, in week 0; list the weeks in ascending order."),
        )
        return
    yield from _missing_waves(plan)


def _missing_waves(plan: Plan) -> Iterator[Contradiction]:
    weeks = {wave.id: wave.week for wave in plan.calendar.waves}
    asked = set(weeks.values())
    for place, start in enumerate(plan.calendar.starts[1:], start=1):
        for wave_id in (*plan.analysis.outcome, *plan.analysis.lasting):
            if wave_id in weeks and start + weeks[wave_id] not in asked:
                yield Contradiction(
                    ("calendar", "starts", place),
                    message(
                        "teams that start in week {start} are to be asked {after} weeks later (“{wave}”), but there "
                        "is no wave in week {week}.",
                        start=start,
                        after=weeks[wave_id],
                        wave=wave_id,
                        week=start + weeks[wave_id],
                    ),
                    message("Add a wave in that week, or move the start."),
                )
