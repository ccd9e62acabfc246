"""Entries of a plan that do not go together: each said in a sentence, with what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from pilot.documents import Contradiction
from pilot.documents.page import Keys
from pilot.i18n import message
from pilot.plan.staggering import TEAMS_IN_A_COHORT, staggered_df, staggering_contradictions

if TYPE_CHECKING:
    from pilot.plan.model import Design, Plan


def plan_contradictions(plan: Plan) -> Iterator[Contradiction]:
    """All of them."""
    yield from _team_contradictions(plan)
    yield from _too_few_teams_to_decide(plan)
    yield from _calendar_contradictions(plan)
    yield from staggering_contradictions(plan)
    yield from _analysis_contradictions(plan)
    yield from _repeated_entries(plan)


def _team_contradictions(plan: Plan) -> Iterator[Contradiction]:
    for team, count in Counter(plan.teams.all).items():
        if count > 1:
            yield Contradiction(
                ("teams",),
                message("the team “{team}” is listed {count} times.", team=team, count=count),
                message("List every team once, in one arm."),
            )
    wanted: dict[Design, tuple[str, ...]] = {
        "waitlist": ("randomise",),
        "staggered": ("randomise",),
        "comparison": ("pilot", "comparison"),
        "before_after": ("pilot",),
    }
    for group in ("randomise", "pilot", "comparison"):
        n_teams = len(getattr(plan.teams, group))
        if group not in wanted[plan.design]:
            if n_teams:
                yield Contradiction(
                    ("teams", group),
                    message("the design “{design}” has no teams of this kind.", design=plan.design),
                    message("List the teams under: {groups}.", groups=list(wanted[plan.design])),
                )
        elif n_teams < smallest_team_count(plan):
            yield Contradiction(
                ("teams", group),
                message("{count} teams are too few: one team's luck looks like an effect.", count=n_teams),
                message(
                    "List at least {least}; with one treated team no test is valid.",
                    least=smallest_team_count(plan),
                ),
            )


def smallest_team_count(plan: Plan) -> int:
    """Teams of each listed kind with which there are two in every group that is compared."""
    if plan.is_randomised:
        return TEAMS_IN_A_COHORT * (len(plan.starts) + 1)
    return TEAMS_IN_A_COHORT


UNEVEN_TEAMS_KEEP = 0.85  # share of the degrees of freedom that teams of ordinary, uneven size keep
TEAM_ROWS_KEEP = 0.75  # the same where every team is one row, and the baseline takes its part of so few


def likely_df(plan: Plan) -> float:
    """Degrees of freedom that the plan's teams can be expected to give.

    Drawn arms are alike, so Welch's formula with equal variances holds, less what uneven teams cost. Of two units
    the sizes are not known, so it is the most that they can give: all teams less two.
    """
    if plan.design == "comparison":
        return len(plan.teams.pilot) + len(plan.teams.comparison) - 2
    if plan.design == "before_after":
        return UNEVEN_TEAMS_KEEP * (len(plan.teams.pilot) - 1)
    by_team = plan.analysis.weighting == "team" and plan.analysis.estimator == "ancova"
    keep = TEAM_ROWS_KEEP if by_team else UNEVEN_TEAMS_KEEP
    if plan.design == "staggered":
        return keep * staggered_df(len(plan.teams.randomise), len(plan.starts))
    arms = (len(plan.teams.randomise) // 2, (len(plan.teams.randomise) + 1) // 2)
    if min(arms) <= 1:
        return 0.0
    return keep * sum(1 / n for n in arms) ** 2 / sum(1 / (n**2 * (n - 1)) for n in arms)


def _too_few_teams_to_decide(plan: Plan) -> Iterator[Contradiction]:
    df = likely_df(plan)
    more = message("List more teams: eight or more, about half of them in each arm; before_after needs seven.")
    if plan.design == "staggered":
        more = message("List more teams: ten or more with two starts, seventeen with three; or write fewer starts.")
    if 0 < df < plan.rule.minimum_df:
        yield Contradiction(
            ("teams",),
            message(
                "{count} teams give about {df} degrees of freedom, the rule wants {minimum}: every verdict would be "
                "inconclusive.",
                count=len(plan.teams.all),
                df=f"{df:.1f}",
                minimum=plan.rule.minimum_df,
            ),
            more,
        )


def _calendar_contradictions(plan: Plan) -> Iterator[Contradiction]:
    waves = plan.calendar.waves
    for index, (earlier, later) in enumerate(pairwise(waves), start=1):
        if later.week <= earlier.week:
            yield Contradiction(
                ("calendar", "waves", index),
                message("“{wave}” is not later than “{before}”.", wave=later.id, before=earlier.id),
                message("List the waves in the order of their weeks."),
            )
    for wave_id, count in Counter(plan.calendar.wave_ids).items():
        if count > 1:
            yield Contradiction(
                ("calendar", "waves"),
                message("the wave “{wave}” stands there {count} times.", wave=wave_id, count=count),
                message("Give every wave an id of its own."),
            )
    for index, wave in enumerate(waves):
        if (wave.kind == "baseline") != (wave.week <= 0):
            yield Contradiction(
                ("calendar", "waves", index),
                message("“{wave}” in week {week} does not fit the launch in week 0.", wave=wave.id, week=wave.week),
                message("Baselines lie in week 0 or before, all other waves after it."),
            )


def _analysis_contradictions(plan: Plan) -> Iterator[Contradiction]:
    weeks = {wave.id: wave.week for wave in plan.calendar.waves}
    roles = {
        "baseline": plan.analysis.baseline,
        "outcome": plan.analysis.outcome,
        "lasting": plan.analysis.lasting,
    }
    for role, wave_ids in roles.items():
        for index, wave_id in enumerate(wave_ids):
            if wave_id not in weeks:
                yield Contradiction(
                    ("analysis", role, index),
                    message("the calendar has no wave “{wave}”.", wave=wave_id),
                    message("Write one of: {choices}.", choices=list(weeks)),
                )
            elif (role == "baseline") != wave_id.startswith("baseline"):
                yield Contradiction(
                    ("analysis", role, index),
                    message("“{wave}” lies on the wrong side of the launch for this.", wave=wave_id),
                    message("Baselines come before the launch, outcome and lasting waves after it."),
                )
    known = [[weeks[wave] for wave in waves if wave in weeks] for waves in (roles["outcome"], roles["lasting"])]
    if all(known) and min(known[1]) <= max(known[0]):
        yield Contradiction(
            ("analysis", "lasting"),
            message("a lasting wave is not later than the last outcome wave."),
            message("Name follow-ups here that come after the outcome."),
        )
    if plan.analysis.estimator == "ancova" and not plan.is_randomised:
        yield Contradiction(
            ("analysis", "estimator"),
            message("“ancova” is only unbiased where teams were randomised."),
            message("Write “change” for the design “{design}”.", design=plan.design),
        )
    yield from _answers_contradictions(plan)
    if plan.rule.guardrail_proof == "ruled_out" and not plan.is_randomised:
        yield Contradiction(
            ("rule", "guardrail_proof"),
            message("harm can be ruled out only where teams were drawn: elsewhere it may have come by itself."),
            message("Write “seen” for the design “{design}”.", design=plan.design),
        )
    if (plan.design == "comparison") != (plan.rule.drift_allowance_points > 0):
        yield Contradiction(
            ("rule", "drift_allowance_points"),
            message("a drift allowance belongs to a comparison of two units, and only there."),
            message("Write a number above 0 for the design “comparison” (0.09 is usual), else 0."),
        )


def _answers_contradictions(plan: Plan) -> Iterator[Contradiction]:
    """All answers have a model of two arms and two times, of people, without a baseline of each person."""
    keys = ("analysis", "answers")
    if plan.analysis.answers != "linked" and plan.design in ("staggered", "before_after"):
        yield Contradiction(
            keys,
            message("“{answers}” needs two arms whose teams start at once.", answers=plan.analysis.answers),
            message("Write “linked” for the design “{design}”.", design=plan.design),
        )
    if plan.analysis.answers == "both" and plan.analysis.weighting != "person":
        yield Contradiction(
            keys,
            message("all answers have no team's change of people, so the two would answer different questions."),
            message("Write “weighting: person”, or “answers: linked”."),
        )
    if plan.analysis.answers == "all" and (plan.analysis.estimator, plan.analysis.weighting) != ("change", "person"):
        yield Contradiction(
            keys,
            message("answers that are not linked have no start of the same person, and no team's change of people."),
            message("Write “estimator: change” and “weighting: person”, or “answers: linked”."),
        )


def _repeated_entries(plan: Plan) -> Iterator[Contradiction]:
    """Entries that would be counted twice, or of which one would hide the other."""
    outcomes, analysis = plan.outcomes, plan.analysis
    measures = [guardrail.measure for guardrail in outcomes.guardrails]
    lists: dict[Keys, list[str]] = {
        ("outcomes", "guardrails"): measures + ([outcomes.fidelity.measure] if outcomes.fidelity else []),
        ("outcomes", "secondary"): [outcomes.primary.scale, *outcomes.secondary],
        ("analysis",): [*analysis.baseline, *analysis.outcome, *analysis.lasting],
        ("instruments",): list(plan.instruments),
    }
    for keys, entries in lists.items():
        for entry, count in Counter(entries).items():
            if count > 1:
                yield Contradiction(
                    keys,
                    message("“{entry}” is named {count} times.", entry=entry, count=count),
                    message("Name it once."),
                )
