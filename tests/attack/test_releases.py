"""Whatever was ever published of a unit: nothing about fewer people than the minimum can be computed from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pilot import ledger
from pilot.figures import flow_picture, lines_picture
from pilot.i18n import LANGUAGES
from pilot.publication import disclosure, publishing
from pilot.wording import effect_table, guardrail_table, withheld_texts
from tests.attack.attacker import (
    determined_groups,
    equations_of_people,
    equations_of_teams,
    scores_of,
    tightest_bound,
)
from tests.attack.units import HIGHEST, LOWEST, Unit, sealed_plan, unit

MINIMUM = 5
N_UNITS, N_PARTS = 500, 10
N_BOUND = 100
HALF_OF_THE_SCALE = (HIGHEST - LOWEST) / 2


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    return sealed_plan(tmp_path_factory.mktemp("attack"))


def drawn(sealed, folder: Path, seed: int) -> Unit:
    (folder / str(seed)).mkdir()
    return unit(*sealed, folder / str(seed), np.random.default_rng(seed))


def broken(units: list[Unit]) -> list[int]:
    """Which of the units the attacker learns something about a few people of."""
    return [
        place
        for place, each in enumerate(units)
        if determined_groups(equations_of_people(each), scores_of(each), MINIMUM)
    ]


@pytest.mark.parametrize("part", range(N_PARTS))
def test_nothing_about_a_few_is_determined_by_all_releases_together(sealed, tmp_path, part):
    n_releases = []
    for seed in range(part, N_UNITS, N_PARTS):
        published = drawn(sealed, tmp_path, seed)
        n_releases.append(len(published.shown))
        equations, truth = equations_of_people(published), scores_of(published)
        for equation in equations:  # else the attacker attacks something that was not published
            value = sum(np.nansum(truth[name][0] * row) for name, row in equation.coefficients.items())
            assert value == pytest.approx(equation.value, abs=0.00051), (seed, equation.about)
        assert determined_groups(equations, truth, MINIMUM) == [], seed
        assert determined_groups(equations_of_teams(published), published.truth.measures, MINIMUM) == [], seed
    assert sum(n > 1 for n in n_releases) > len(n_releases) / 4  # there was something to attack


def test_the_attack_succeeds_where_nothing_is_withheld(sealed, tmp_path, monkeypatch):
    monkeypatch.setattr(disclosure, "too_close", lambda *_: False)
    monkeypatch.setattr(publishing, "waves_that_tell_of_the_missing", lambda *_: set())
    monkeypatch.setattr(disclosure, "too_few_answered", lambda *_: False)
    monkeypatch.setattr(ledger, "_without_waves_of_a_few", lambda panel, *_: panel)
    assert broken([drawn(sealed, tmp_path, seed) for seed in (4, 25, 38)])


def test_the_attack_succeeds_where_late_answers_do_not_wait(sealed, tmp_path, monkeypatch):
    monkeypatch.setattr(ledger, "hold_back_a_few", lambda panel, *_: (panel, False))
    monkeypatch.setattr(publishing, "changed_by_a_few", lambda *_: [])
    assert broken([drawn(sealed, tmp_path, seed) for seed in range(20)])


@pytest.mark.parametrize("part", range(2))
def test_nobody_is_bound_to_less_than_half_of_the_scale(sealed, tmp_path, part):
    for seed in range(part, N_BOUND, 2):
        published = drawn(sealed, tmp_path, seed)
        assert tightest_bound(equations_of_people(published), scores_of(published)) >= HALF_OF_THE_SCALE - 0.01, seed


def test_people_are_bound_where_means_at_the_end_of_the_scale_are_shown(sealed, tmp_path, monkeypatch):
    monkeypatch.setattr(disclosure, "tells_of_each", lambda *_: False)
    units = [drawn(sealed, tmp_path, seed) for seed in range(30)]
    bounds = [tightest_bound(equations_of_people(each), scores_of(each)) for each in units]
    assert min(bounds) < HALF_OF_THE_SCALE / 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_cell_that_is_not_shown_says_why(sealed, tmp_path, language):
    releases = [shown.release for seed in range(12) for shown in drawn(sealed, tmp_path, seed).shown]
    said = set()
    for release in releases:
        tables = [lines_picture(release, language).table, flow_picture(release, language).table]
        tables += [effect_table(release, language), guardrail_table(release, language)]
        cells = [cell for table in tables for cell in table.to_numpy().ravel()]
        assert all(cell.strip() and cell not in ("None", "nan") for cell in cells)
        said |= withheld_texts(language) & set(cells)
    assert len(said) > 1
