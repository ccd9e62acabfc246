"""Small random units whose answers come in bit by bit, and what is published of them.

Everything is as in a real pilot, from the panel on: late answers wait, the plan is departed from between releases, and
`analyse` and `publish` decide what is shown. Only what no attack uses is left out of the analysis, for it takes most of
its time: second opinions, bias ledger, scale sheets.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from pilot import ledger as memory
from pilot.analysis import analyse, analysing
from pilot.errors import PilotError
from pilot.ledger import begin_ledger
from pilot.plan import PilotFolder, Plan, PlanAnswers, seal_plan, sealed_protocol, write_plan
from pilot.plan.protocol import Protocol
from pilot.publication import Release, publish
from pilot.result import Exploration
from pilot.scores import Panel, Roster

NOW = datetime(2028, 1, 10, tzinfo=UTC)
WAVES = {"baseline_1": -12, "baseline_2": 0, "pulse_1": 8, "endline": 24, "follow_up_1": 36, "follow_up_2": 44}
PRIMARY, SECONDARY, HOURS, DOSE = "engagement", "development_binding", "manager_hours", "loop_fidelity_pct"
LOWEST, HIGHEST = 1.0, 5.0
N_ITEMS = 2


@dataclass(frozen=True)
class Shown:
    """One release, and what an attacker may know about how it was made.

    Attributes:
        release: The release.
        plan: The plan in force.
        panel: Who had answered what when it was made; the attacker knows everything in it but the values.
    """

    release: Release
    plan: Plan
    panel: Panel


@dataclass(frozen=True)
class Unit:
    """A unit with everything that was ever published of it.

    Attributes:
        truth: Every answer that was ever given.
        shown: The releases, oldest first.
    """

    truth: Panel
    shown: tuple[Shown, ...]


def sealed_plan(folder: Path):
    """A sealed plan to draw others from, with its seal."""
    pilot = PilotFolder(folder / "unit")
    teams = tuple(f"T{number:02d}" for number in range(16))
    write_plan(pilot, PlanAnswers(unit_name="某单位", launch_on=date(2027, 3, 1), teams=teams))
    seal_plan(pilot, NOW, seed=2)
    return sealed_protocol(pilot)


def unit(protocol: Protocol, seal, folder: Path, rng: np.random.Generator) -> Unit:
    """Draw a unit, let answers come in, depart from the plan now and then, and publish all that may be published."""
    plan = _calendar(protocol.plan, rng)
    truth = _panel(rng)
    shown = []
    for panel in _arriving(truth, rng):
        if shown and rng.random() < 0.3:
            plan = _departed(plan, rng)
        released = _published(replace(protocol, plan=plan), seal, panel, folder)
        if released:
            shown.append(released)
    return Unit(truth, tuple(shown))


def _calendar(plan: Plan, rng: np.random.Generator) -> Plan:
    """The plan with the waves of these units, and an analysis drawn by lot."""
    waves = tuple(
        wave.model_copy(update={"id": wave_id, "week": week})
        for wave, (wave_id, week) in zip(plan.calendar.waves, WAVES.items(), strict=False)
    )
    design = str(rng.choice(["waitlist", "comparison", "before_after"], p=[0.45, 0.45, 0.1]))
    rule = plan.rule.model_copy(update={"drift_allowance_points": 0.09 if design == "comparison" else 0.0})
    calendar = plan.calendar.model_copy(update={"waves": waves})
    drawn = plan.model_copy(update={"design": design, "calendar": calendar, "rule": rule})
    return _analysis(drawn, rng)


def _analysis(plan: Plan, rng: np.random.Generator) -> Plan:
    entries: dict[str, object] = {
        "answers": "linked",
        "estimator": "change",
        "weighting": str(rng.choice(["person", "team"], p=[0.7, 0.3])),
        "baseline": [("baseline_1",), ("baseline_1", "baseline_2")][rng.integers(2)],
        "outcome": [("endline",), ("pulse_1", "endline")][rng.integers(2)],
        "lasting": [(), ("follow_up_1",), ("follow_up_1", "follow_up_2")][rng.integers(3)],
    }
    if plan.design != "before_after":
        entries["answers"] = str(rng.choice(["linked", "all", "both"]))
    if plan.design == "waitlist" and entries["answers"] != "all":
        entries["estimator"] = str(rng.choice(["change", "ancova"], p=[0.6, 0.4]))
    if entries["answers"] == "all":
        entries["weighting"] = "person"
    return plan.model_copy(update={"analysis": plan.analysis.model_copy(update=entries)})


def _departed(plan: Plan, rng: np.random.Generator) -> Plan:
    """One entry of the analysis as a deviation would leave it."""
    other = _analysis(plan, rng).analysis
    entry = str(rng.choice(["answers", "weighting", "baseline", "outcome", "lasting", "estimator"]))
    changed = plan.analysis.model_copy(update={entry: getattr(other, entry)})
    if changed.answers == "all":
        changed = changed.model_copy(update={"estimator": "change", "weighting": "person"})
    return plan.model_copy(update={"analysis": changed})


def _panel(rng: np.random.Generator) -> Panel:
    """Every answer that will ever be given."""
    n_teams = rng.integers(2, 7, size=2)
    largest = rng.choice([4, 8, 12])
    sizes = rng.integers(1, largest + 1, size=n_teams.sum())
    if rng.random() < 0.3:  # like teams, but for one
        sizes[:] = largest
        sizes[rng.integers(len(sizes))] = rng.integers(1, 5)
    team = np.repeat(np.arange(len(sizes)), sizes)
    n_people = len(team)
    treated = np.arange(len(sizes)) < n_teams[0]
    names = tuple(f"T{number:02d}" for number in range(len(sizes)))
    codes = np.array([f"P{number:03d}" for number in range(n_people)], dtype=object)
    roster = Roster.of_arms(codes, team, names, treated[None])
    centre, spread = rng.choice([2.0, 3.5, 4.9]), rng.choice([0.1, 0.7])
    shape = (1, n_people, len(WAVES))
    silent = rng.choice([0.02, 0.1, 0.2, 0.4]) * rng.choice([0.3, 1.0, 1.5], size=(n_people, 1))
    answered = rng.random(shape[1:]) >= silent
    late_teams = np.isin(team, rng.choice(len(sizes), size=2))
    late_teams &= rng.random() < 0.3
    answered[late_teams] &= rng.random((late_teams.sum(), len(WAVES))) < 0.5
    items = tuple(
        np.where(answered, np.clip(np.round(rng.normal(centre, spread, shape)), LOWEST, HIGHEST), np.nan)
        for _ in range(N_ITEMS)
    )
    also = answered & (rng.random(answered.shape) >= rng.choice([0.0, 0.05]))
    other = np.where(also, np.clip(np.round(rng.normal(3.5, 0.8, shape)), LOWEST, HIGHEST), np.nan)
    measured = rng.random((1, len(sizes), len(WAVES))) < rng.choice([0.5, 1.0])
    return Panel(
        roster=roster,
        wave_ids=tuple(WAVES),
        invited=np.ones(shape[1:], dtype=bool),
        scores={PRIMARY: np.mean(items, axis=0), SECONDARY: other},
        items=items,
        measures={
            HOURS: np.where(measured, rng.uniform(1, 4, measured.shape), np.nan),
            DOSE: np.where(measured & treated[:, None], rng.uniform(50, 90, measured.shape), np.nan),
        },
    )


def _arriving(truth: Panel, rng: np.random.Generator) -> Iterator[Panel]:
    """The panel at each of two or three dates, the last of which has all answers."""
    n_dates = int(rng.integers(2, 4))
    late = rng.random(truth.invited.shape) < rng.choice([0.03, 0.15, 0.4])
    whole = rng.random(len(truth.invited)) < rng.choice([0.0, 0.15, 0.3])  # who comes late with everything
    arrives = np.where(late | whole[:, None], rng.integers(1, n_dates, size=truth.invited.shape), 0)
    arrives[whole] = arrives[whole].max(axis=1, keepdims=True, initial=0)
    for now in range(n_dates):
        there = arrives <= now
        yield replace(
            truth,
            scores={scale: np.where(there, values, np.nan) for scale, values in truth.scores.items()},
            items=tuple(np.where(there, values, np.nan) for values in truth.items),
        )


def _published(protocol: Protocol, seal, panel: Panel, folder: Path) -> Shown | None:
    """Analyse and publish; None where nothing may be published."""
    kept: list[Panel] = []
    with _nothing_else_analysed(panel, kept):
        ledger = begin_ledger(folder / "ledger.json")
        nobody = SimpleNamespace(roster=pd.DataFrame({"team_id": []}))
        try:
            result = analyse(protocol, seal, nobody, [], NOW, ledger, SimpleNamespace())
            release = publish(result, folder / "releases", folder / "ledger.json", NOW)
        except PilotError:
            return None
    return Shown(release, protocol.plan, kept[0])


@contextmanager
def _nothing_else_analysed(panel: Panel, kept: list[Panel]) -> Iterator[None]:
    def hold_back(*arguments):
        held = memory.hold_back_a_few(*arguments)
        kept.append(held[0])
        return held

    nothing = Exploration(per_10_pct_of_the_loop=None, sd_between_pilot_teams=None, sd_between_comparison_teams=None)
    stand_ins = {
        "panel_from_tables": lambda *_: panel,
        "hold_back_a_few": hold_back,
        "questionnaires_of": lambda *_: None,
        "languages_of": lambda *_: None,
        "bias_ledger": lambda *_: (),
        "second_opinions": lambda *_: (),
        "scale_sheets": lambda *_: (),
        "linked_sheets": lambda *_: (),
        "read_as_before": lambda *_: None,
        "loop_indicators": lambda *_: (),
        "explore": lambda *_: nothing,
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gc, "collect", lambda: 0)  # statsmodels calls it for each Holm
        for name, stand_in in stand_ins.items():
            patch.setattr(analysing, name, stand_in)
        yield
