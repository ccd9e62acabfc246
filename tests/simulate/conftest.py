"""Fixtures: plans, layouts, and scenarios with one number changed."""

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest

from pilot.plan import PilotFolder, PlanAnswers, Protocol, read_plan, write_plan
from pilot.simulate import Layout, ScaleLayout, Scenario
from pilot.simulate.latent import AnswerOptions


def _changed(scenario: Scenario, **parts: object) -> Scenario:
    """`_changed(s, response={"rate": 1})`: one number changed; a part that is None is left out."""
    update = {}
    for name, part in parts.items():
        old = getattr(scenario, name)
        update[name] = old.model_copy(update=part) if isinstance(part, dict) and old is not None else part
    return scenario.model_copy(update=update)


@pytest.fixture
def changed() -> Callable[..., Scenario]:
    return _changed


@pytest.fixture
def everybody_answers(changed: Callable[..., Scenario]) -> Callable[[Scenario], Scenario]:
    """All people answer all waves with care, and nobody leaves."""

    def full(scenario: Scenario) -> Scenario:
        return changed(
            scenario,
            response={"rate": 1.0, "retention": 1.0, "unhappy_leave": "none", "unhappy_correlation": 0.0},
            careless={"share": 0.0},
            population={"leavers_pct": 0.0, "joiners_pct": 0.0},
        )

    return full


def _scale(scale_id: str, first: int, n_items: int, options: AnswerOptions, weeks: list[float]) -> ScaleLayout:
    reverse_keyed = np.arange(n_items) == n_items - 1
    items = np.arange(first, first + n_items)
    return ScaleLayout(scale_id, items, options, reverse_keyed, np.ones(len(weeks), bool))


@pytest.fixture
def make_layout() -> Callable[..., Layout]:
    """A layout without a plan: one scale, or two."""

    def make(
        *,
        n_teams: int = 16,
        n_people: int = 12,
        n_items: int = 6,
        weeks: list[float] | None = None,
        options: AnswerOptions | None = None,
        n_secondary_items: int = 0,
        treated: np.ndarray | None = None,
    ) -> Layout:
        weeks = weeks or [0.0, 24.0]
        options = options or AnswerOptions(1, 5, 1)
        scales = [_scale("engagement", 0, n_items, options, weeks)]
        if n_secondary_items:
            scales.append(_scale("binding", n_items, n_secondary_items, options, weeks))
        return Layout(
            team_ids=tuple(f"T{number}" for number in range(n_teams)),
            team=np.repeat(np.arange(n_teams), n_people),
            joins_later=np.zeros(n_teams * n_people, bool),
            start_week=None if treated is None else np.where(treated, 0.0, np.inf),
            wave_ids=tuple(f"wave_{number}" for number in range(len(weeks))),
            weeks=np.array(weeks),
            item_ids=tuple(f"item_{number}" for number in range(n_items + n_secondary_items)),
            scales=tuple(scales),
            outcome_waves=np.array([weeks.index(week) for week in weeks if 0 < week <= 24], dtype=np.intp),
            lasting_waves=np.array([weeks.index(week) for week in weeks if week > 24], dtype=np.intp),
        )

    return make


@pytest.fixture
def protocol_of(tmp_path) -> Callable[..., Protocol]:
    """The protocol that `pilot init` proposes."""

    def make(n_teams: int = 16, **answers: object) -> Protocol:
        teams = tuple(f"Team {number:02d}" for number in range(n_teams))
        folder = PilotFolder(tmp_path / f"plan_{n_teams}_{len(list(tmp_path.iterdir()))}")
        write_plan(folder, PlanAnswers("R&D", date(2027, 3, 1), teams=teams, **answers))
        return read_plan(folder)

    return make
